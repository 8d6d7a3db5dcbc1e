"""What becomes of one cart when a twin takes a place in it, or gives it back: every case as a table."""

from datetime import UTC, datetime

import msgspec
import pytest

from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, ProductId, RoomId, ShopId
from yellowcart.links.model import Surface
from yellowcart.stage.model import Listing, ListingState, OffReason
from yellowcart.stage.replace_rules import (
    Outcome,
    may_be_replaced,
    order_with,
    putting_back_outcome,
    replacement_state,
    replacing_outcome,
)
from yellowcart.stage.rules import LISTINGS_PER_CART_MAX, LISTINGS_PER_PLACE_MAX, item_key

NOON = datetime(2022, 3, 1, 4, tzinfo=UTC)
OUTSIDE = Listing(
    listing_id=ListingId(1),
    creator_id=CreatorId(1),
    surface=Surface.LIVE_CART,
    room_id=RoomId(1),
    video_id=None,
    position=3,
    state=ListingState.ON_CART,
    source="taobao_union",
    storefront="taobao",
    shop_id=None,
    product_id=None,
    title="铁锅",
    title_en="",
    picture_url="",
    price_fen=5_900,
    url="https://item.taobao.com/item.htm?id=1",
    limit_per_buyer=None,
    hold_s=1_800,
    off_reason=None,
    off_notice_id=None,
    put_on_at=NOON,
    taken_off_at=None,
    item_id="1",
)
OWN = msgspec.structs.replace(
    OUTSIDE,
    listing_id=ListingId(2),
    source="own",
    shop_id=ShopId(7),
    product_id=ProductId(8),
    url=None,
    item_id=None,
    position=1,
)
CUT = msgspec.structs.replace(
    OUTSIDE, state=ListingState.OFF_CART, off_reason=OffReason.LINK_RULE, off_notice_id=NoticeId(1)
)
TAKEN_OFF = msgspec.structs.replace(OUTSIDE, state=ListingState.OFF_CART, off_reason=OffReason.CREATOR)


def many(count: int) -> list[Listing]:
    return [msgspec.structs.replace(OUTSIDE, listing_id=ListingId(100 + each)) for each in range(count)]


@pytest.mark.parametrize(
    ("listing", "state"),
    [
        (OUTSIDE, ListingState.ON_CART),
        (msgspec.structs.replace(OUTSIDE, state=ListingState.EXPLAINING), ListingState.EXPLAINING),
        (msgspec.structs.replace(OUTSIDE, state=ListingState.QUEUED, put_on_at=None), ListingState.QUEUED),
        (CUT, ListingState.ON_CART),
        (msgspec.structs.replace(CUT, put_on_at=None), ListingState.QUEUED),
    ],
)
def test_the_twin_stands_where_the_outside_listing_stood(listing: Listing, state: ListingState) -> None:
    assert replacement_state(listing) is state


def test_only_what_stands_or_was_cut_by_a_rule_has_a_place() -> None:
    assert may_be_replaced(OUTSIDE)
    assert may_be_replaced(CUT)
    assert not may_be_replaced(TAKEN_OFF)
    assert not may_be_replaced(OWN)


@pytest.mark.parametrize(
    ("old", "cart", "admitted", "ever", "outcome"),
    [
        (OUTSIDE, [OUTSIDE], True, 1, Outcome.DONE),
        (OUTSIDE, [OUTSIDE], False, 1, Outcome.RULE_REFUSES),
        (TAKEN_OFF, [], True, 1, Outcome.GONE),
        (OUTSIDE, [OUTSIDE, OWN], True, 2, Outcome.THERE_ALREADY),
        (OUTSIDE, many(LISTINGS_PER_CART_MAX), True, 500, Outcome.DONE),
        (CUT, many(LISTINGS_PER_CART_MAX), True, 500, Outcome.CART_FULL),
        (CUT, many(LISTINGS_PER_CART_MAX - 1), True, 500, Outcome.DONE),
        (OUTSIDE, [OUTSIDE], True, LISTINGS_PER_PLACE_MAX, Outcome.CART_FULL),
        (OUTSIDE, [OUTSIDE], True, LISTINGS_PER_PLACE_MAX - 1, Outcome.DONE),
    ],
)
def test_replacing(old: Listing, cart: list[Listing], admitted: bool, ever: int, outcome: Outcome) -> None:
    found = replacing_outcome(old, cart, ShopId(7), ProductId(8), admitted=admitted, ever_listed=ever)
    assert found is outcome


@pytest.mark.parametrize(
    ("old", "twin", "cart", "admitted", "outcome"),
    [
        (TAKEN_OFF, OWN, [OWN], True, Outcome.DONE),
        (CUT, OWN, [OWN], True, Outcome.DONE),
        (TAKEN_OFF, OWN, [OWN], False, Outcome.RULE_REFUSES),
        (TAKEN_OFF, msgspec.structs.replace(OWN, state=ListingState.OFF_CART), [], True, Outcome.GONE),
        (OUTSIDE, OWN, [OWN, OUTSIDE], True, Outcome.THERE_ALREADY),
        (TAKEN_OFF, OWN, [OWN, *many(1)], True, Outcome.THERE_ALREADY),
    ],
)
def test_putting_back(old: Listing, twin: Listing, cart: list[Listing], admitted: bool, outcome: Outcome) -> None:
    assert putting_back_outcome(old, twin, cart, admitted=admitted) is outcome


def test_who_enters_stands_before_what_has_its_position() -> None:
    first, third = (
        msgspec.structs.replace(OUTSIDE, listing_id=ListingId(11), position=1),
        msgspec.structs.replace(OUTSIDE, listing_id=ListingId(12), position=2),
    )
    entering = msgspec.structs.replace(OWN, listing_id=ListingId(99), position=2)
    assert order_with([third, first], [entering]) == [11, 99, 12]


def test_an_item_is_named_by_its_id_else_by_its_address() -> None:
    assert item_key("1", "https://a.test/") == "1"
    assert item_key(None, "https://a.test/") == "https://a.test/"
