"""Parcels as values: a shipment and its way, the waybill that names it, a wish for another address."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, NewType

import msgspec
from msgspec import Meta

from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ShopId
from yellowcart.orders.model import DeliveryAddress, OrderState

ShipmentId = NewType("ShipmentId", int)
AddressChangeId = NewType("AddressChangeId", int)

LineId = OrderLineId


class ShipmentState(StrEnum):
    """How far a parcel is, as its carrier tells. The names follow Kdniao's states 1–4 and 406 (the package kept in
    `data/manifest.toml` has their table)."""

    SHIPPED = "shipped"
    """The shop named carrier and waybill; the carrier has told nothing yet."""
    COLLECTED = "collected"
    """The carrier has it (已揽收)."""
    IN_TRANSIT = "in_transit"
    """Between depots (在途中)."""
    OUT_FOR_DELIVERY = "out_for_delivery"
    """With the courier, or in a locker (派件中)."""
    PROBLEM = "problem"
    """Something went wrong on the way: refused, lost, damaged, nobody there (问题件)."""
    DELIVERED = "delivered"
    """Signed for (已签收)."""
    RETURNED = "returned"
    """Given back to who sent it (退货签收)."""


SHIPMENT_MOVES: dict[ShipmentState, frozenset[ShipmentState]] = {
    ShipmentState.SHIPPED: frozenset(
        {
            ShipmentState.COLLECTED,
            ShipmentState.IN_TRANSIT,
            ShipmentState.OUT_FOR_DELIVERY,
            ShipmentState.PROBLEM,
            ShipmentState.DELIVERED,
            ShipmentState.RETURNED,
        }
    ),
    ShipmentState.COLLECTED: frozenset(
        {
            ShipmentState.IN_TRANSIT,
            ShipmentState.OUT_FOR_DELIVERY,
            ShipmentState.PROBLEM,
            ShipmentState.DELIVERED,
            ShipmentState.RETURNED,
        }
    ),
    ShipmentState.IN_TRANSIT: frozenset(
        {
            ShipmentState.OUT_FOR_DELIVERY,
            ShipmentState.PROBLEM,
            ShipmentState.DELIVERED,
            ShipmentState.RETURNED,
        }
    ),
    ShipmentState.OUT_FOR_DELIVERY: frozenset(
        {
            ShipmentState.IN_TRANSIT,
            ShipmentState.PROBLEM,
            ShipmentState.DELIVERED,
            ShipmentState.RETURNED,
        }
    ),
    ShipmentState.PROBLEM: frozenset(
        {
            ShipmentState.IN_TRANSIT,
            ShipmentState.OUT_FOR_DELIVERY,
            ShipmentState.DELIVERED,
            ShipmentState.RETURNED,
        }
    ),
    ShipmentState.DELIVERED: frozenset(),
    ShipmentState.RETURNED: frozenset(),
}

ARRIVED = frozenset({ShipmentState.DELIVERED, ShipmentState.RETURNED})
"""States that no event changes."""


class ShipmentPurpose(StrEnum):
    """What a parcel is for. Only parcels of the first kind count among the order's pieces."""

    ORDER = "order"
    """Brings what was bought."""
    REPLACEMENT = "replacement"
    """Brings what an after-sale promised: the exchanged or the resent piece."""
    RETURN = "return"
    """Brings goods back to the shop."""
    NEED = "need"
    """Goes by a shipping need that is of no order."""


class WaybillDirection(StrEnum):
    """Which way a parcel goes."""

    OUTBOUND = "outbound"
    """From the shop to the buyer."""
    RETURN = "return"
    """From the buyer to the shop."""


class NewShipment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The carrier's code (or name), the number it gave the parcel, and what is in it: pieces by order line, or
    None for everything that still has to leave."""

    carrier: Annotated[str, Meta(max_length=40)]
    waybill: Annotated[str, Meta(max_length=60)]
    pieces: dict[OrderLineId, int] | None = None


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a shipping: the parcel, the order's state after it, and whether it had been done before."""

    shipment_id: ShipmentId
    order_state: OrderState
    repeated: bool = False


class ParcelLine(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces of one order line in a parcel."""

    order_line_id: OrderLineId
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    quantity: int


class TrackEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a carrier told of a parcel. `text` is the carrier's own words."""

    status: ShipmentState
    happened_at: datetime
    place: str
    text: str


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel with what is in it and its track, the newest event first. `moved_at` is when something was last
    heard of it, or when it was shipped; `subject` names the after-sale that it belongs to, such as
    `aftersale:12`; `may_correct_until` is until when its waybill may be corrected while no event came."""

    shop_id: ShopId
    shipment_id: ShipmentId
    order_id: OrderId | None
    purpose: ShipmentPurpose
    subject: str
    carrier: str
    waybill: str
    state: ShipmentState
    shipped_at: datetime
    moved_at: datetime
    delivered_at: datetime | None
    may_correct_until: datetime | None
    lines: list[ParcelLine] = []
    track: list[TrackEvent] = []


class AddressChangeState(StrEnum):
    """What became of a wish for another address."""

    ASKED = "asked"
    """The other side has not answered yet."""
    ACCEPTED = "accepted"
    """The order goes to the new address."""
    REFUSED = "refused"
    """The order goes to the old address."""
    WITHDRAWN = "withdrawn"
    """Who asked took it back."""
    OVERTAKEN = "overtaken"
    """The order moved on before anybody answered."""


ADDRESS_CHANGE_MOVES: dict[AddressChangeState, frozenset[AddressChangeState]] = {
    AddressChangeState.ASKED: frozenset(
        {
            AddressChangeState.ACCEPTED,
            AddressChangeState.REFUSED,
            AddressChangeState.WITHDRAWN,
            AddressChangeState.OVERTAKEN,
        }
    ),
    AddressChangeState.ACCEPTED: frozenset(),
    AddressChangeState.REFUSED: frozenset(),
    AddressChangeState.WITHDRAWN: frozenset(),
    AddressChangeState.OVERTAKEN: frozenset(),
}


class AddressChange(msgspec.Struct, frozen=True, kw_only=True):
    """A wish for another address. `by_shop`: the shop proposed it, so the buyer answers; else the shop does."""

    shop_id: ShopId
    order_id: OrderId
    change_id: AddressChangeId
    state: AddressChangeState
    by_shop: bool
    asked_by: PersonId
    old_address: DeliveryAddress
    new_address: DeliveryAddress
    note: str
    asked_at: datetime
    decided_at: datetime | None
    answer: str
