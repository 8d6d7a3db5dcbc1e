"""The crowd of a demo world as its file tells it: who they are, what they say and how they behave."""

from enum import Enum
from typing import Annotated

from msgspec import Meta

from yellowcart.demo.model import BasisPoints, Count, Entry, Line, Text


class ChatMoment(Enum):
    """When the crowd says a line."""

    GREETING = "greeting"
    """on entering a room"""
    ASKING = "asking"
    """about the thing being explained"""
    BUYING = "buying"
    """around the moment of ordering"""
    PRAISING = "praising"
    """about what came home earlier, or the host"""
    HURRYING = "hurrying"
    """just before the host opens the link"""
    JUMPING_OUT = "jumping_out"
    """when the cart leads elsewhere"""
    AFTER_NOTICE = "after_notice"
    """after a notice was announced, and after it took listings off"""


class Chat(Entry, frozen=True):
    """The lines that the crowd says at one moment."""

    moment: ChatMoment
    lines: Annotated[tuple[Text, ...], Meta(min_length=1)]


class Place(Entry, frozen=True):
    """A plainly fictitious stretch of addresses: the street's name with its range of house numbers."""

    province: Line
    city: Line
    district: Line
    street: Line
    houses: Annotated[int, Meta(ge=1, le=999)]


class Crowd(Entry, frozen=True):
    """How the simulated crowd behaves.

    `*_per_minute` are means per hundred viewers of a room; `*_basis_points` are probabilities in
    ten-thousandths; `*_seconds` are spans of the platform clock.
    """

    joins_per_minute: Count
    leaves_per_minute: Count
    chats_per_minute: Count
    likes_per_minute: Count
    cart_opens_per_minute: Count
    product_taps_per_minute: Count
    jump_outs_per_minute: Count
    orders_per_minute: Count
    explain_seconds_min: Count
    explain_seconds_max: Count
    pay_probability_basis_points: BasisPoints
    pay_refused_probability_basis_points: BasisPoints
    cancel_probability_basis_points: BasisPoints
    pay_delay_seconds_min: Count
    pay_delay_seconds_max: Count
    refund_probability_basis_points: BasisPoints
    outside_order_probability_basis_points: BasisPoints
    notice_chat_probability_basis_points: BasisPoints


class Audience(Entry, frozen=True):
    """The crowd: its nicknames, the names on its parcels, its addresses, its words and its habits."""

    nicknames: tuple[Line, ...]
    recipients: tuple[Line, ...]
    places: tuple[Place, ...]
    chats: tuple[Chat, ...]
    crowd: Crowd
