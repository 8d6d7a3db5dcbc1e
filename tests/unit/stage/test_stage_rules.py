"""Decisions of the stage, in tables."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import CreatorId, ListingId, RoomId, ShopId, VideoId
from yellowcart.links.model import Action, Surface
from yellowcart.stage.errors import ListingMoveImpossible, OnlyOwnShop, RoomMoveImpossible
from yellowcart.stage.model import (
    Creator,
    CreatorKind,
    ListingState,
    Place,
    RoomState,
    in_room,
    in_video,
)
from yellowcart.stage.rules import (
    CHAT_LENGTH_MAX,
    leaves_cart,
    reordered,
    require_listing_move,
    require_may_sell,
    require_room_move,
    require_terms,
    said,
    schedule_problem,
)

NOON = datetime(2022, 2, 25, 4, 0, tzinfo=UTC)

LEGAL_ROOM_MOVES = {
    ("scheduled", "live"),
    ("scheduled", "ended"),
    ("live", "paused"),
    ("live", "ended"),
    ("paused", "live"),
    ("paused", "ended"),
}
LEGAL_LISTING_MOVES = {
    ("queued", "on_cart"),
    ("queued", "off_cart"),
    ("on_cart", "explaining"),
    ("on_cart", "queued"),
    ("on_cart", "off_cart"),
    ("explaining", "on_cart"),
    ("explaining", "off_cart"),
    ("off_cart", "on_cart"),
}


@pytest.mark.parametrize(("state", "wanted"), list(itertools.product(RoomState, RoomState)))
def test_a_room_moves_only_along_its_table(state: RoomState, wanted: RoomState) -> None:
    if (state.value, wanted.value) in LEGAL_ROOM_MOVES:
        require_room_move(state, wanted)
    else:
        with pytest.raises(RoomMoveImpossible):
            require_room_move(state, wanted)


@pytest.mark.parametrize(("state", "wanted"), list(itertools.product(ListingState, ListingState)))
def test_a_listing_moves_only_along_its_table(state: ListingState, wanted: ListingState) -> None:
    if (state.value, wanted.value) in LEGAL_LISTING_MOVES:
        require_listing_move(state, wanted)
    else:
        with pytest.raises(ListingMoveImpossible):
            require_listing_move(state, wanted)


@pytest.mark.parametrize(
    ("to_position", "order"),
    [
        (1, [3, 1, 2, 4]),
        (2, [1, 3, 2, 4]),
        (3, [1, 2, 3, 4]),
        (4, [1, 2, 4, 3]),
        (0, [3, 1, 2, 4]),
        (99, [1, 2, 4, 3]),
    ],
)
def test_a_listing_goes_to_the_place_asked_for(to_position: int, order: list[int]) -> None:
    cart = [ListingId(each) for each in (1, 2, 3, 4)]
    assert reordered(cart, ListingId(3), to_position) == order


@pytest.mark.parametrize("action", Action)
def test_only_a_refusal_takes_a_listing_that_has_its_task_number(action: Action) -> None:
    assert leaves_cart(action, "XT-20200906") is (action is Action.REFUSE)


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("action", Action)
def test_without_a_task_number_a_required_channel_takes_it_too(action: Action, nothing: str | None) -> None:
    assert leaves_cart(action, nothing) is (action in {Action.REFUSE, Action.REQUIRE_CHANNEL})


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("  三二一\n\n上链接 ", "三二一 上链接"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("<b>'; DROP TABLE room;--</b>", "<b>'; DROP TABLE room;--</b>"),
        ("好" * CHAT_LENGTH_MAX, "好" * CHAT_LENGTH_MAX),
    ],
)
def test_a_message_is_one_clean_line(written: str, text: str) -> None:
    assert said(written) == text


@pytest.mark.parametrize("written", ["", " \n\t", "\u202e\u200b", "好" * (CHAT_LENGTH_MAX + 1)])
def test_a_message_without_words_or_with_too_many_is_refused(written: str) -> None:
    with pytest.raises(InvalidFields):
        said(written)


@pytest.mark.parametrize(
    ("offset", "is_wrong"),
    [
        (timedelta(minutes=-11), True),
        (timedelta(minutes=-10), False),
        (timedelta(), False),
        (timedelta(days=90), False),
        (timedelta(days=90, seconds=1), True),
    ],
)
def test_a_room_is_announced_for_the_near_future(offset: timedelta, is_wrong: bool) -> None:
    assert (schedule_problem(NOON + offset, NOON) is not None) is is_wrong


@pytest.mark.parametrize(
    ("limit", "hold_s", "wrong"),
    [
        (None, 1_800, set()),
        (1, 60, set()),
        (0, 1_800, {"limit_per_buyer"}),
        (1_000, 59, {"limit_per_buyer", "hold_s"}),
        (2, 86_401, {"hold_s"}),
    ],
)
def test_limit_and_holding_time_have_bounds(limit: int | None, hold_s: int, wrong: set[str]) -> None:
    if not wrong:
        require_terms(limit_per_buyer=limit, hold_s=hold_s)
        return
    with pytest.raises(InvalidFields) as refused:
        require_terms(limit_per_buyer=limit, hold_s=hold_s)
    assert set(refused.value.problems) == wrong


def test_only_a_shops_own_account_is_bound_to_its_shop() -> None:
    def account(kind: CreatorKind, shop_id: ShopId | None) -> Creator:
        return Creator(
            creator_id=CreatorId(1), person_id=1, name="小波", name_en="", kind=kind, shop_id=shop_id,
            follower_count=0, bio="", bio_en="", region="",
        )  # fmt: skip

    require_may_sell(account(CreatorKind.CREATOR, None), ShopId(9))
    require_may_sell(account(CreatorKind.SHOP_ACCOUNT, ShopId(9)), ShopId(9))
    with pytest.raises(OnlyOwnShop):
        require_may_sell(account(CreatorKind.SHOP_ACCOUNT, ShopId(8)), ShopId(9))


def test_a_cart_is_that_of_one_room_or_of_one_video() -> None:
    assert in_room(RoomId(1)).surface is Surface.LIVE_CART
    assert in_video(VideoId(1)).surface is Surface.VIDEO_CART
    for surface, room_id, video_id in (
        (Surface.LIVE_CART, None, None),
        (Surface.VIDEO_CART, RoomId(1), None),
        (Surface.LIVE_CART, RoomId(1), VideoId(1)),
        (Surface.PROFILE_PAGE, None, None),
    ):
        with pytest.raises(ValueError, match="cart"):
            Place(surface, room_id=room_id, video_id=video_id)
