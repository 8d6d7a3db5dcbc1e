"""Numbers against orders made by hand; what is expected is added up in the test, not asked of the code."""

from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.web.insight.small_world import SmallWorld, insert, small_world
from yellowcart.insight.metrics import (
    creator_figures,
    jump_outs,
    measure,
    orders_per_minute,
    room_figures,
    source_share,
)
from yellowcart.insight.model import MetricName, Scope, Window
from yellowcart.insight.rules import PLAIN_METRICS
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import CreatorId, RoomId, ShopId, new_id

HOUR = timedelta(hours=1)
WINDOW = Window(MORNING - 3 * HOUR, MORNING + HOUR)


async def orders_of_every_state(world: SmallWorld) -> None:
    """Ten orders: 1, 2, 4, ... yuan, so that every wrong sum is a different number."""
    own = await world.own_listing()
    two, one = MORNING - 2 * HOUR, MORNING - HOUR
    await world.order(own, 100, at=two)  # waits for payment
    await world.order(own, 200, at=two, state="closed", close_reason="lapsed", closed_at=one)
    await world.order(own, 400, at=two, state="paid", paid_at=one)
    await world.order(own, 800, at=two, state="shipped", paid_at=one, shipped_at=one)
    await world.order(own, 1_600, at=two, state="received", paid_at=one, shipped_at=one, received_at=one)
    await world.order(
        own, 3_200, at=two, state="completed", paid_at=one, shipped_at=one, received_at=one, completed_at=one
    )
    back = await world.order(
        own, 6_400, at=two, state="closed", close_reason="refunded", paid_at=one, closed_at=one
    )
    await world.refund(back, 6_400, paid_at=one, at=MORNING)
    # Submitted and paid before the window, refunded in it.
    early = await world.order(
        own,
        12_800,
        at=MORNING - 9 * HOUR,
        state="closed",
        close_reason="refunded",
        paid_at=MORNING - 8 * HOUR,
        closed_at=one,
    )
    await world.refund(early, 12_800, paid_at=MORNING - 8 * HOUR, at=one)
    # Submitted before the window, paid in it; its refund is under way and not yet money.
    late = await world.order(
        own,
        25_600,
        at=MORNING - 4 * HOUR,
        state="closed",
        close_reason="refunded",
        paid_at=MORNING - 2 * HOUR,
        closed_at=one,
    )
    await world.refund(late, 25_600, paid_at=MORNING - 2 * HOUR, at=None)
    # On the borders of the half-open window: its first moment is in, its end is not.
    await world.order(own, 51_200, at=WINDOW.begins)
    await world.order(own, 102_400, at=WINDOW.ends)


async def test_gmv_of_every_basis_is_the_sum_made_by_hand(world: SmallWorld) -> None:
    await orders_of_every_state(world)
    found = await measure(world.writer, PLAIN_METRICS, WINDOW, as_of=MORNING)
    submitted = 100 + 200 + 400 + 800 + 1_600 + 3_200 + 6_400 + 51_200
    paid = 400 + 800 + 1_600 + 3_200 + 6_400 + 25_600
    assert found[MetricName.GMV_SUBMITTED].value == submitted
    assert found[MetricName.ORDERS_SUBMITTED].value == 8
    assert found[MetricName.GMV_PAID].value == paid
    assert found[MetricName.ORDERS_PAID].value == 6
    assert found[MetricName.GMV_NET_COHORT].value == paid - 6_400
    assert found[MetricName.GMV_NET_CASH].value == paid - 6_400 - 12_800
    assert found[MetricName.PAY_RATE].value == 6_250  # 5 of 8


async def test_the_past_answers_as_it_was_then(world: SmallWorld) -> None:
    await orders_of_every_state(world)
    half_past = MORNING - HOUR - timedelta(minutes=30)
    found = await measure(world.writer, PLAIN_METRICS, WINDOW, as_of=half_past)
    assert found[MetricName.GMV_SUBMITTED].value == 63_900
    assert found[MetricName.GMV_PAID].value == 25_600  # the others were paid at MORNING - 1 h
    assert found[MetricName.GMV_NET_CASH].value == 25_600
    assert found[MetricName.PAY_RATE].value == 0
    assert found[MetricName.GMV_SUBMITTED].as_of == half_past


async def test_a_number_is_provisional_while_it_can_change(world: SmallWorld) -> None:
    own = await world.own_listing()
    await world.order(own, 100, at=MORNING - 2 * HOUR, state="paid", paid_at=MORNING - 2 * HOUR)
    over = Window(MORNING - 3 * HOUR, MORNING - HOUR)
    found = await measure(world.writer, PLAIN_METRICS, over, as_of=MORNING)
    assert not found[MetricName.GMV_PAID].provisional
    assert not found[MetricName.PAY_RATE].provisional  # nobody is left who could pay
    assert found[MetricName.GMV_NET_COHORT].provisional  # the paid order may still be refunded
    running = await measure(world.writer, [MetricName.GMV_PAID], WINDOW, as_of=MORNING)
    assert running[MetricName.GMV_PAID].provisional


async def test_closed_loop_share_is_unknown_and_not_a_hundred_percent(world: SmallWorld) -> None:
    await orders_of_every_state(world)
    found = await measure(world.writer, [MetricName.CLOSED_LOOP_SHARE], WINDOW)
    assert found[MetricName.CLOSED_LOOP_SHARE].value is None


async def test_gpm_and_uv_value_name_different_denominators(world: SmallWorld) -> None:
    own = await world.own_listing()
    await world.order(own, 9_000, at=MORNING - HOUR, state="paid", paid_at=MORNING)
    for visitor in ("a", "a", "a", "b"):
        await world.audience("enter", visitor, at=MORNING - HOUR)
    await world.audience("like", "c", at=MORNING - HOUR)
    found = await measure(world.writer, PLAIN_METRICS, WINDOW)
    assert found[MetricName.VIEWS].value == 4
    assert found[MetricName.VIEWERS].value == 2
    assert found[MetricName.GPM].value == 2_250_000  # 90 yuan / 4 views * 1,000
    assert found[MetricName.UV_VALUE].value == 4_500


async def test_taps_and_jump_outs_are_told_apart_by_source(world: SmallWorld) -> None:
    own = await world.own_listing()
    taobao = await world.outside_listing("taobao_union", "1")
    jd = await world.outside_listing("jd_union", "2")
    for listing_id, taps in ((own, 3), (taobao, 4), (jd, 1)):
        for _ in range(taps):
            await world.audience("tap", "a", at=MORNING, listing_id=listing_id)
    for listing_id in (taobao, taobao, jd):
        await world.audience("jump_out", "a", at=MORNING, listing_id=listing_id)
    share = await measure(world.writer, [MetricName.OWN_CLICK_SHARE], WINDOW)
    assert share[MetricName.OWN_CLICK_SHARE].value == 3_750  # 3 of 8
    left = await jump_outs(world.writer, WINDOW)
    assert [(each.source, each.count) for each in left.counts] == [("taobao_union", 2), ("jd_union", 1)]
    assert left.share_of("taobao_union") == 6_667
    assert left.share_of("own") == 0


async def test_a_scope_counts_only_its_own(world: SmallWorld) -> None:
    own = await world.own_listing()
    await world.order(own, 500, at=MORNING)
    for scope in (
        Scope(shop_id=world.shop_id),
        Scope(creator_id=world.creator_id),
        Scope(room_id=world.room_id),
    ):
        found = await measure(world.writer, [MetricName.GMV_SUBMITTED], WINDOW, scope=scope)
        assert found[MetricName.GMV_SUBMITTED].value == 500
    for stranger in (
        Scope(shop_id=new_id(ShopId)),
        Scope(creator_id=new_id(CreatorId)),
        Scope(room_id=new_id(RoomId)),
    ):
        found = await measure(world.writer, [MetricName.GMV_SUBMITTED], WINDOW, scope=stranger)
        assert found[MetricName.GMV_SUBMITTED].value == 0


async def test_a_series_shows_quiet_minutes_too(world: SmallWorld) -> None:
    own = await world.own_listing()
    begins = MORNING - timedelta(minutes=5)
    for seconds in (0, 59, 61, 250):
        await world.order(own, 100, at=begins + timedelta(seconds=seconds))
    series = await orders_per_minute(world.writer, Window(begins, begins + timedelta(minutes=10)))
    assert series.bucket_s == 60
    assert [point.value for point in series.points] == [2, 1, 0, 0, 1, 0]  # the sixth begins now
    assert series.provisional


async def test_twenty_two_of_twenty_five_are_eighty_eight_percent(world: SmallWorld) -> None:
    for number in range(22):
        await world.outside_listing("taobao_union", f"t{number}")
    await world.outside_listing("taobao_union", "t3")  # the same item again counts once
    await world.outside_listing("jd_union", "j1")
    await world.outside_listing("youzan", "t3")  # the same id at another source is another item
    await world.own_listing()
    found = await source_share(world.writer, world.creator_id, as_of=MORNING)
    assert found.total == 25
    assert found.share_of("taobao_union") == 8_800
    assert found.share_of("own") == 400


@pytest.mark.parametrize(
    ("put_on", "taken_off", "counts"),
    [
        ("2022-02-24T23:59:59+08:00", None, True),  # yesterday's last second
        ("2022-02-25T00:00:00+08:00", None, False),  # today
        ("2022-02-10T12:00:00+08:00", "2022-02-18T00:00:01+08:00", True),  # left in the first second
        ("2022-02-10T12:00:00+08:00", "2022-02-18T00:00:00+08:00", False),  # left before it began
        ("2022-02-25T09:00:00+08:00", "2022-02-20T12:00:00+08:00", True),  # left within, came back today
        (None, None, False),  # never shown
    ],
)
async def test_the_seven_days_are_half_open_at_both_ends(
    database: Database, put_on: str | None, taken_off: str | None, counts: bool
) -> None:
    async with database.writing() as writer:
        world = await small_world(database, writer, room={"started_at": "2022-02-10T00:00:00+08:00"})
        await world.outside_listing("taobao_union", "t1", put_on_at=put_on, taken_off_at=taken_off)
        assert (await source_share(writer, as_of=MORNING)).total == int(counts)


async def test_rooms_that_were_not_on_air_in_the_seven_days_do_not_count(database: Database) -> None:
    async with database.writing() as writer:
        world = await small_world(
            database,
            writer,
            room={
                "state": "ended",
                "started_at": "2022-02-10T00:00:00+08:00",
                "ended_at": "2022-02-17T23:00:00+08:00",
            },
        )
        await world.outside_listing("taobao_union", "t1", put_on_at="2022-02-10T00:00:00+08:00")
        found = await source_share(writer, as_of=MORNING)
    assert found.total == 0
    assert found.share_of("taobao_union") is None


async def test_a_room_has_its_figures_whole_and_by_listing(world: SmallWorld) -> None:
    own = await world.own_listing()
    taobao = await world.outside_listing("taobao_union", "1")
    await world.audience("enter", "a", at=MORNING - HOUR)
    await world.audience("tap", "a", at=MORNING - HOUR, listing_id=own)
    await world.audience("jump_out", "a", at=MORNING, listing_id=taobao)
    await world.order(own, 300, at=MORNING - HOUR, state="paid", paid_at=MORNING)
    await world.order(own, 500, at=MORNING)
    await world.order(own, 700, at=MORNING, room_id=new_id(RoomId))  # another room's
    found = await room_figures(world.writer, world.room_id, MORNING)
    assert found.metrics[MetricName.GMV_SUBMITTED].value == 800
    assert found.metrics[MetricName.GMV_PAID].value == 300
    assert found.audience.viewers == 1
    assert found.listings[own].orders_submitted == 2
    assert found.listings[own].gmv_paid_fen == 300
    assert found.listings[own].taps == 1
    assert found.listings[taobao].jump_outs == 1
    assert found.provisional
    before = await room_figures(world.writer, world.room_id, MORNING - HOUR)
    assert before.metrics[MetricName.GMV_PAID].value == 0


async def test_a_creators_figures_span_rooms_and_videos(world: SmallWorld) -> None:
    own = await world.own_listing()
    await world.order(own, 300, at=MORNING)
    video_id = new_id(int)
    await insert(
        world.writer,
        "video",
        {
            "video_id": video_id,
            "creator_id": world.creator_id,
            "title": "一支视频",
            "state": "published",
            "published_at": MORNING,
        },
    )
    await world.order(own, 500, at=MORNING, surface="video_cart", room_id=None, video_id=video_id)
    await world.audience("enter", "a", at=MORNING)
    await insert(
        world.writer,
        "audience_event",
        {"event_id": new_id(int), "kind": "enter", "video_id": video_id, "visitor": "b", "happened_at": MORNING},
    )
    found = await creator_figures(world.writer, world.creator_id, WINDOW)
    assert found.metrics[MetricName.GMV_SUBMITTED].value == 800
    assert found.audience.viewers == 2
    assert found.source_share.total == 1
