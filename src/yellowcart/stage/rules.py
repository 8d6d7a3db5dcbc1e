"""Decisions of the stage: which step is possible, in what order listings stand, what may be said."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ListingId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.links.model import Action, Grace, Surface, Terms, Verdict
from yellowcart.stage.errors import ListingMoveImpossible, OnlyOwnShop, RoomMoveImpossible
from yellowcart.stage.model import (
    LISTING_MOVES,
    ROOM_MOVES,
    Creator,
    CreatorKind,
    ListingState,
    RoomState,
)

Problem = str | tuple[str, dict[str, object]]
"""What is wrong with a field, as InvalidFields takes it."""

LISTINGS_PER_CART_MAX = 200
"""Listings that stand in one cart at a time, queued ones included."""
LISTINGS_PER_PLACE_MAX = 1_000
"""Listings that one room or video ever had: what was taken off still counts."""
ROOMS_AHEAD_MAX = 20
"""Rooms that one creator has announced and not begun."""
SCHEDULE_AHEAD_MAX = timedelta(days=90)
SCHEDULE_LATE_MAX = timedelta(minutes=10)
"""How far in the past a start may lie when it is announced: a form takes a while to fill in."""
TITLE_LENGTH_MAX = 60
GOODS_TITLE_LENGTH_MAX = 120
NAME_LENGTH_MAX = 40
BIO_LENGTH_MAX = 300
PRICE_FEN_MAX = 100_000_000
CHANNEL_TASK_SIGNS = re.compile(r"[!-~\u3001-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff5e]+")
CHANNEL_TASK_LENGTH_MIN = 4
CHANNEL_TASK_LENGTH_MAX = 64
HOLD_S_DEFAULT = 1_800
HOLD_S_MIN = 60
HOLD_S_MAX = 86_400
LIMIT_PER_BUYER_MAX = 999
CHAT_LENGTH_MAX = 200
CHAT_WINDOW_S = 10
CHAT_PER_WINDOW_MAX = 5
"""Messages that one person may send within `CHAT_WINDOW_S` seconds, over all rooms."""
PASTE_LENGTH_MAX = 5_000


ROOM_WORDS: dict[RoomState, str] = {
    RoomState.SCHEDULED: N_("Scheduled"),
    RoomState.LIVE: N_("Live now"),
    RoomState.PAUSED: N_("Paused"),
    RoomState.ENDED: N_("Ended"),
}
LISTING_WORDS: dict[ListingState, str] = {
    ListingState.QUEUED: N_("Queued"),
    ListingState.ON_CART: N_("On cart"),
    ListingState.EXPLAINING: N_("Explaining now"),
    ListingState.OFF_CART: N_("Off cart"),
}


def room_move_refused(state: RoomState) -> RoomMoveImpossible:
    """The refusal that names the state a room is in."""
    return RoomMoveImpossible(state=ROOM_WORDS[state])


def listing_move_refused(state: ListingState) -> ListingMoveImpossible:
    """The refusal that names the state a listing is in."""
    return ListingMoveImpossible(state=LISTING_WORDS[state])


def require_room_move(state: RoomState, wanted: RoomState) -> None:
    """Raises RoomMoveImpossible for a step that ROOM_MOVES does not have."""
    if wanted not in ROOM_MOVES[state]:
        raise room_move_refused(state)


def require_listing_move(state: ListingState, wanted: ListingState) -> None:
    """Raises ListingMoveImpossible for a step that LISTING_MOVES does not have."""
    if wanted not in LISTING_MOVES[state]:
        raise listing_move_refused(state)


def require_may_sell(creator: Creator, shop_id: ShopId) -> None:
    """Raises OnlyOwnShop when a shop's own account lists another shop's goods: self-broadcast is what makes
    its orders free of commission, so it must not carry anybody else's."""
    if creator.kind is CreatorKind.SHOP_ACCOUNT and creator.shop_id != shop_id:
        raise OnlyOwnShop


def reordered(order: Sequence[ListingId], listing_id: ListingId, to_position: int) -> list[ListingId]:
    """The order with one listing moved to a position counted from 1; a position beyond the ends is the end."""
    rest = [each for each in order if each != listing_id]
    rest.insert(min(max(to_position, 1), len(rest) + 1) - 1, listing_id)
    return rest


def item_key(item_id: str | None, url: str) -> str:
    """What names an outside product within its source, over all carts: its item id, else its address. In SQL:
    `coalesce(item_id, url)`."""
    return item_id if item_id is not None else url


def leaves_cart(action: Action, channel_task: str | None) -> bool:
    """Whether a listing leaves its cart when a rule with this action begins.

    A refusal takes everything. Where a channel is required, only a listing without a task number of it leaves:
    on Douyin, from 2020-09-06, goods of other platforms were sold only as tasks placed through 巨量星图 (domain.md
    §0). A fee changes the terms of a listing and not its place, and an allowance puts nothing back.
    """
    return action is Action.REFUSE or (action is Action.REQUIRE_CHANNEL and not channel_task)


def task_still_counts(before: Terms, after: Terms, channel_task: str | None) -> str | None:
    """The task number under new terms: one of another channel than the one required now is worth nothing."""
    changed = None not in (before.channel, after.channel) and before.channel != after.channel
    return None if changed else channel_task


def stays_until_room_ends(
    judged: Verdict, *, room_started_at: datetime | None, put_on_at: datetime | None
) -> bool:
    """Whether a listing that the rule in force takes out of carts may stay in this room until it ends.

    It may if the notice says so (`Grace.ROOM_ENDS`), its room was on air when the rule began (a room that paused
    at that moment was), and the listing stood in its cart by then. Asked of rooms that have not ended.
    """
    return (
        judged.surface is Surface.LIVE_CART
        and judged.notice is not None
        and judged.notice.grace is Grace.ROOM_ENDS
        and judged.since is not None
        and room_started_at is not None
        and room_started_at <= judged.since
        and put_on_at is not None
        and put_on_at < judged.since
    )


def may_be_shown(
    judged: Verdict, channel_task: str | None, *, room_started_at: datetime | None, put_on_at: datetime | None
) -> bool:
    """Whether the rules let a listing stand in its cart and be tapped at the moment of the verdict."""
    return not leaves_cart(judged.action, channel_task) or stays_until_room_ends(
        judged, room_started_at=room_started_at, put_on_at=put_on_at
    )


def require_channel_task(judged: Verdict, channel_task: str | None) -> str | None:
    """The task number that a listing is written with, without the spaces around it; None for none.

    Each channel numbers as it likes: ASCII and Chinese characters and signs, without spaces. A number may be given
    before a rule asks for it, so that the listing stays when the rule begins. Raises InvalidFields for one that is
    missing where the verdict requires its channel, and for one that makes no sense.
    """
    task = (channel_task or "").strip()
    if not task:
        if judged.action is Action.REQUIRE_CHANNEL:
            raise InvalidFields(
                {
                    "channel_task": (
                        N_("This source is listed here only as a task of %(channel)s. Give the task number."),
                        {"channel": judged.channel or ""},
                    )
                }
            )
        return None
    fits = CHANNEL_TASK_LENGTH_MIN <= len(task) <= CHANNEL_TASK_LENGTH_MAX
    if not fits or not CHANNEL_TASK_SIGNS.fullmatch(task):
        raise InvalidFields(
            {
                "channel_task": (
                    N_("%(least)s to %(most)s letters, digits or Chinese characters, without spaces."),
                    {"least": CHANNEL_TASK_LENGTH_MIN, "most": CHANNEL_TASK_LENGTH_MAX},
                )
            }
        )
    return task


def said(body: str) -> str:
    """What a chat message says: one line without control or formatting characters, its spaces single.

    Formatting characters include the marks that turn the direction of writing: one of them would turn the
    lines of everybody else. Raises InvalidFields when nothing or too much is left.
    """
    kept = "".join(" " if each.isspace() else each for each in body if each.isspace() or _may_stand(each))
    text = " ".join(kept.split())
    if not 1 <= len(text) <= CHAT_LENGTH_MAX:
        raise InvalidFields({"body": (N_("1 to %(most)s characters."), {"most": CHAT_LENGTH_MAX})})
    return text


def _may_stand(character: str) -> bool:
    # The joiner (U+200D) holds emoji together; every other control or formatting character goes.
    return character == "\u200d" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def title_problem(
    title: str, most: int = TITLE_LENGTH_MAX, *, least: int = 1
) -> tuple[str, dict[str, object]] | None:
    """What is wrong with a title, or None."""
    if least <= len(title.strip()) <= most and title.isprintable():
        return None
    return (N_("%(least)s to %(most)s characters."), {"least": least, "most": most})


def schedule_problem(scheduled_at: datetime, now: datetime) -> Problem | None:
    """What is wrong with the announced start of a room, or None."""
    if scheduled_at < now - SCHEDULE_LATE_MAX:
        return N_("The start lies in the past.")
    if scheduled_at > now + SCHEDULE_AHEAD_MAX:
        return N_("At most 90 days ahead.")
    return None


def require_terms(*, limit_per_buyer: int | None, hold_s: int) -> None:
    """Raises InvalidFields for a limit or a holding time out of bounds."""
    problems: dict[str, Problem] = {}
    if limit_per_buyer is not None and not 1 <= limit_per_buyer <= LIMIT_PER_BUYER_MAX:
        problems["limit_per_buyer"] = (N_("1 to %(most)s pieces."), {"most": LIMIT_PER_BUYER_MAX})
    if not HOLD_S_MIN <= hold_s <= HOLD_S_MAX:
        problems["hold_s"] = N_("Between one minute and one day.")
    if problems:
        raise InvalidFields(problems)


class NewProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a creator says of themselves."""

    name: str
    name_en: str = ""
    bio: str = ""
    bio_en: str = ""
    region: str = ""

    def values(self) -> dict[str, str]:
        """The fields without the spaces around them."""
        return {name: str(value).strip() for name, value in msgspec.structs.asdict(self).items()}


def profile_problems(profile: NewProfile) -> dict[str, Problem]:
    """What is wrong with a profile, by field; empty when nothing is."""
    problems = {
        "name": title_problem(profile.name, NAME_LENGTH_MAX),
        "name_en": title_problem(profile.name_en, NAME_LENGTH_MAX, least=0),
        "bio": title_problem(profile.bio, BIO_LENGTH_MAX, least=0),
        "bio_en": title_problem(profile.bio_en, BIO_LENGTH_MAX, least=0),
        "region": title_problem(profile.region, NAME_LENGTH_MAX, least=0),
    }
    return {name: problem for name, problem in problems.items() if problem is not None}
