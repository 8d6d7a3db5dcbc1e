"""What a notice would do, in a world whose numbers were added up by hand (`simulated_world` tells them)."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.conftest import MORNING
from tests.stage_world import YEAR_2018, line, notice
from tests.web.insight.simulated_world import (
    CUT_AND_FEE,
    IN_TEN_DAYS,
    LIVE,
    VIDEO,
    SimulatedWorld,
    proposed,
    report_orders,
    simulated_world,
)
from tests.web.insight.small_world import insert
from yellowcart.insight.action_list import SORTS, action_list, action_page
from yellowcart.insight.errors import NoticeUnknown, SimulationWindowWrong, SourceOfNoticeUnknown
from yellowcart.insight.metrics import measure
from yellowcart.insight.model import MetricName, Scope, Window
from yellowcart.insight.simulate import proposal_by_code, simulate
from yellowcart.insight.simulation_model import (
    ActionLine,
    Basis,
    Effect,
    Figures,
    ProposalState,
    ScenarioName,
    Simulation,
)
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import CursorBroken
from yellowcart.links.errors import RulesCollide
from yellowcart.links.model import Action, NoticeLine, SourceScope, Surface
from yellowcart.links.store import enact


@pytest.fixture
async def carts(database: Database) -> AsyncIterator[SimulatedWorld]:
    async with database.writing() as writer:
        yield await simulated_world(database, writer)


async def cut_and_fee(carts: SimulatedWorld) -> Simulation:
    return await simulate(carts.small.writer, proposed(*CUT_AND_FEE))


def of(found: Simulation, surface: Surface, source: str) -> Figures:
    (figures,) = [each.figures for each in found.pairs if each.hit.pair == (surface, source)]
    assert figures is not None
    return figures


async def test_listings_goods_and_creators_are_those_counted_by_hand(carts: SimulatedWorld) -> None:
    found = await cut_and_fee(carts)
    total = found.total
    assert (total.goods, total.listings) == (4, 7)
    assert (total.open_goods, total.open_listings) == (5, 6)
    assert total.creators == 2
    assert (total.jump_outs, total.tapped_fen, total.unpriced_jump_outs) == (6, 3 * 1_000 + 5_000, 2)
    assert (total.cut_goods, total.cut_jump_outs) == (3, 5)
    assert (total.twinned_goods, total.cut_twinned_goods, total.cut_twinned_jump_outs) == (1, 1, 3)


async def test_each_surface_and_source_has_its_own_numbers(carts: SimulatedWorld) -> None:
    found = await cut_and_fee(carts)
    assert [(each.hit.surface, each.hit.source, each.hit.effect) for each in found.pairs] == [
        (LIVE, "jd_union", Effect.FEE),
        (LIVE, "taobao_union", Effect.CUT),
        (VIDEO, "taobao_union", Effect.CUT),
    ]
    live, video, jd = (
        of(found, LIVE, "taobao_union"),
        of(found, VIDEO, "taobao_union"),
        of(found, LIVE, "jd_union"),
    )
    assert (live.goods, live.listings, live.open_listings, live.creators) == (3, 5, 4, 2)
    assert (video.goods, video.listings, video.open_listings, video.creators) == (1, 1, 1, 1)
    assert (jd.goods, jd.listings, jd.cut_goods, jd.jump_outs) == (1, 1, 0, 1)
    # t1 stands in both carts and is one thing of its source.
    assert {group.key: group.figures.goods for group in found.by_source} == {"taobao_union": 3, "jd_union": 1}
    assert {group.key: group.figures.goods for group in found.by_surface} == {"live_cart": 4, "video_cart": 1}


async def test_a_category_is_the_twins_else_the_creators_else_unknown(carts: SimulatedWorld) -> None:
    found = await cut_and_fee(carts)
    (food,) = [str(each.category_id) for each in found.categories if each.name_en == "Food"]
    assert {group.key: group.figures.goods for group in found.by_category} == {food: 1, None: 3}
    await carts.small.writer.run("UPDATE creator SET category_id = %(id)s", id=int(food))
    again = await cut_and_fee(carts)
    assert {group.key: group.figures.goods for group in again.by_category} == {food: 4}


async def test_money_is_unknown_while_no_network_has_reported_and_never_zero(carts: SimulatedWorld) -> None:
    found = await cut_and_fee(carts)
    assert found.total.reported_fen is None
    assert found.total.cut_reported_fen is None
    assert found.total.own_fen is None, "no own goods are touched"
    assert found.twinned_gmv_share is None
    assert found.fee_fen is None
    assert found.coverage == []
    assert found.unheard == ["jd_union", "taobao_union"]
    assert {each.basis for each in found.outcomes} == {Basis.JUMP_OUTS}
    assert all(each.gmv_share_basis_points is None and each.cut_reported_fen is None for each in found.creators)
    assert all(line.reported_fen is None for line in await action_list(carts.small.writer, found))


async def test_what_networks_report_is_counted_where_a_listing_was_found(carts: SimulatedWorld) -> None:
    await report_orders(carts)
    found = await cut_and_fee(carts)
    assert (found.total.reported_fen, found.total.cut_reported_fen) == (3_000, 3_000)
    assert found.total.cut_twinned_fen == 1_000
    assert found.twinned_gmv_share == 3_333
    assert of(found, LIVE, "taobao_union").reported_fen == 3_000
    assert of(found, VIDEO, "taobao_union").reported_fen == 0, "reported, and nothing was sold there"
    assert of(found, LIVE, "jd_union").reported_fen is None, "its network has said nothing"
    assert found.fee_fen is None
    (heard,) = found.coverage
    assert (heard.source, heard.lines, heard.unplaced_fen) == ("taobao_union", 4, 700)
    assert found.unheard == ["jd_union"]


async def test_creators_are_told_by_how_much_of_their_carts_is_hit(carts: SimulatedWorld) -> None:
    await report_orders(carts)
    found = await cut_and_fee(carts)
    xiaobo, dabei = found.creators
    assert (xiaobo.creator_id, xiaobo.hit_goods, xiaobo.all_goods) == (carts.xiaobo, 4, 5)
    assert (xiaobo.share_basis_points, xiaobo.main_source) == (8_000, ("taobao_union", 6_000))
    assert (dabei.creator_id, dabei.share_basis_points) == (carts.dabei, 5_000)
    # 10.00 of 90.00 own and 10.00 outside; 20.00 of 20.00.
    assert (xiaobo.cut_reported_fen, xiaobo.gmv_share_basis_points) == (1_000, 1_000)
    assert (dabei.cut_reported_fen, dabei.gmv_share_basis_points) == (2_000, 10_000)
    assert found.creator_count == 2
    assert found.spread == [0, 0, 0, 0, 0, 1, 0, 0, 1, 0]


async def test_a_creator_without_live_carts_depends_by_the_video_carts(carts: SimulatedWorld) -> None:
    only_video = await simulate(carts.small.writer, proposed(line(Action.REFUSE, ("taobao_union",), VIDEO)))
    (xiaobo,) = only_video.creators
    assert (xiaobo.surface, xiaobo.hit_goods, xiaobo.all_goods, xiaobo.share_basis_points) == (VIDEO, 1, 1, 10_000)


async def test_scenarios_are_reckoned_on_each_basis_by_itself(carts: SimulatedWorld) -> None:
    await report_orders(carts)
    found = await cut_and_fee(carts)
    middle = {each.basis: each for each in found.outcomes if each.scenario is ScenarioName.MIDDLE}
    assert set(middle) == {Basis.REPORTED, Basis.JUMP_OUTS}
    money, jumps = middle[Basis.REPORTED], middle[Basis.JUMP_OUTS]
    assert (money.kept_by_twin, money.kept_otherwise, money.lost) == (400, 200, 2_400)
    assert (jumps.kept_by_twin, jumps.kept_otherwise, jumps.lost) == (1, 0, 4)


async def test_own_goods_that_are_cut_are_measured_by_paid_orders(carts: SimulatedWorld) -> None:
    found = await simulate(carts.small.writer, proposed(line(Action.REFUSE, ("own",), LIVE)))
    assert (found.total.own_fen, found.total.cut_own_fen) == (9_000, 9_000)
    assert found.total.reported_fen is None
    assert found.unheard == []
    assert {each.basis for each in found.outcomes} == {Basis.OWN, Basis.JUMP_OUTS}


async def test_a_fee_is_known_once_its_network_has_reported(carts: SimulatedWorld) -> None:
    await report_orders(carts)
    fee = CUT_AND_FEE[1]
    asked = type(fee)(
        action=Action.ALLOW_WITH_FEE, sources=("taobao_union",), surfaces=(LIVE,), fee_basis_points=2_000
    )
    found = await simulate(carts.small.writer, proposed(asked))
    assert found.fee_fen == 600
    assert found.total.cut_reported_fen is None, "nothing is cut"
    assert (found.total.reported_fen, found.total.cut_goods) == (3_000, 0)


async def test_who_lists_with_a_task_is_not_hit_where_a_channel_is_required(carts: SimulatedWorld) -> None:
    draft = proposed(
        NoticeLine(action=Action.REQUIRE_CHANNEL, sources=("taobao_union",), surfaces=(LIVE,), channel="巨量星图")
    )
    before = await simulate(carts.small.writer, draft)
    await carts.small.writer.run(
        "UPDATE listing SET channel_task = 'XT-1' WHERE listing_id = ANY(%(ids)s)",
        ids=[carts.listings["t1"], carts.listings["t1 ended"], carts.listings["t2 dabei"]],
    )
    after = await simulate(carts.small.writer, draft)
    assert [each.hit.effect for each in after.pairs] == [Effect.CHANNEL]
    assert (before.total.goods, before.total.listings, before.total.creators) == (3, 5, 2)
    assert (after.total.goods, after.total.listings, after.total.creators) == (2, 2, 1)
    assert after.total.cut_goods == 0
    assert [(each.hit_goods, each.all_goods) for each in before.creators] == [(3, 5), (1, 2)]
    assert [(each.hit_goods, each.all_goods) for each in after.creators] == [(2, 5)]


async def test_a_twin_that_a_creator_does_not_want_is_not_on_their_line(carts: SimulatedWorld) -> None:
    writer = carts.small.writer
    await insert(
        writer,
        "twin_dismissal",
        {
            "creator_id": carts.xiaobo,
            "source": "taobao_union",
            "item_key": "t1",
            "shop_id": carts.small.shop_id,
            "product_id": carts.small.product_id,
            "dismissed_at": MORNING,
        },
    )
    found = await cut_and_fee(carts)
    assert found.total.twinned_goods == 1, "it is one for everybody else"
    assert all(each.twin is None for each in await action_list(writer, found))


async def test_a_surface_without_carts_is_named_and_not_counted(carts: SimulatedWorld) -> None:
    found = await simulate(
        carts.small.writer, proposed(line(Action.REFUSE, ("taobao_union",), Surface.PRODUCT_PAGE))
    )
    assert [(each.hit.surface, each.figures) for each in found.pairs] == [(Surface.PRODUCT_PAGE, None)]
    assert found.total == Figures()
    assert await action_list(carts.small.writer, found) == []


async def test_a_notice_that_repeats_what_holds_hits_nothing(carts: SimulatedWorld) -> None:
    found = await simulate(carts.small.writer, proposed(line(Action.ALLOW, SourceScope.EVERY)))
    assert found.changes == ()
    assert (found.pairs, found.creators, found.total) == ([], [], Figures())


async def test_the_window_decides_what_is_counted(carts: SimulatedWorld) -> None:
    writer, draft = carts.small.writer, proposed(*CUT_AND_FEE)
    early = await simulate(writer, draft, begins=date(2022, 1, 14), ends=date(2022, 1, 18))
    assert (early.total.goods, early.total.listings, early.total.open_listings) == (1, 1, 6)
    one_day = await simulate(writer, draft, begins=date(2022, 2, 20), ends=date(2022, 2, 21))
    assert (one_day.total.listings, one_day.total.creators) == (2, 2), "t1 of the video, t2 of 大北's evening"
    with pytest.raises(SimulationWindowWrong):
        await simulate(writer, draft, begins=date(2021, 1, 1), ends=date(2022, 1, 1))


async def test_a_notice_in_force_is_simulated_as_if_it_were_still_to_come(carts: SimulatedWorld) -> None:
    writer = carts.small.writer
    begun = notice("begun", MORNING - timedelta(hours=1), line(Action.REFUSE, ("taobao_union",), LIVE))
    await enact(writer, begun, by=None, history=True)
    proposal = await proposal_by_code(writer, "begun")
    assert proposal.state is ProposalState.BEGUN
    found = await simulate(writer, proposal)
    assert [(change.pair, change.is_cut) for change in found.changes] == [((LIVE, "taobao_union"), True)]
    assert not found.is_late
    # What is published already has nothing left to do for a draft that says the same later.
    again = await simulate(writer, proposed(line(Action.REFUSE, ("taobao_union",), LIVE)))
    assert again.changes == ()


async def test_a_source_that_came_after_a_notice_was_not_meant_by_it(carts: SimulatedWorld) -> None:
    writer = carts.small.writer
    await enact(writer, notice("all", IN_TEN_DAYS, line(Action.REFUSE, SourceScope.THIRD_PARTY, LIVE)), by=None)
    await writer.run("INSERT INTO source VALUES ('weidian', '微店', 'Weidian', 'store_system', 9)")
    found = await simulate(writer, await proposal_by_code(writer, "all"))
    assert {each.hit.source for each in found.pairs} == {"taobao_union", "jd_union", "youzan", "mockuai"}


async def test_a_draft_that_collides_or_names_an_unknown_source_is_refused(carts: SimulatedWorld) -> None:
    writer = carts.small.writer
    await enact(writer, notice("coming", IN_TEN_DAYS, line(Action.REFUSE, ("youzan",), LIVE)), by=None)
    with pytest.raises(RulesCollide):
        await simulate(writer, proposed(line(Action.ALLOW, ("youzan",), LIVE)))
    with pytest.raises(SourceOfNoticeUnknown):
        await simulate(writer, proposed(line(Action.REFUSE, ("nowhere",), LIVE)))
    with pytest.raises(NoticeUnknown):
        await proposal_by_code(writer, "nobody-wrote-this")


async def test_a_draft_whose_moment_has_passed_says_so(carts: SimulatedWorld) -> None:
    late = proposed(line(Action.REFUSE, ("taobao_union",), LIVE), at=MORNING - timedelta(days=3))
    found = await simulate(carts.small.writer, late)
    assert found.is_late
    assert found.window.ends == MORNING - timedelta(days=3, hours=12), "the days before it would have begun"


async def test_a_listing_put_on_again_after_the_window_was_in_it_all_the_same(carts: SimulatedWorld) -> None:
    writer = carts.small.writer
    await writer.run(
        """
        UPDATE listing SET put_on_at = %(now)s, taken_off_at = %(then)s WHERE listing_id = %(listing_id)s
        """,
        now=MORNING,
        then=MORNING - timedelta(days=1),
        listing_id=carts.listings["t3"],
    )
    found = await cut_and_fee(carts)
    assert found.total.listings == 7


async def test_the_list_to_act_on_has_a_line_for_each_creator_and_thing(carts: SimulatedWorld) -> None:
    await report_orders(carts)
    found = await cut_and_fee(carts)
    lines = {(each.creator_name, each.item_key): each for each in await action_list(carts.small.writer, found)}
    assert set(lines) == {("大北", "t2"), *(("小波", item) for item in ("t1", "t2", "t3", "t4", "j1"))}
    t1 = lines["小波", "t1"]
    assert (t1.surfaces, t1.effect) == ([LIVE, VIDEO], Effect.CUT)
    assert (t1.listings, t1.open_listings, t1.price_fen) == (3, 2, 1_000)
    assert (t1.jump_outs, t1.reported_fen) == (3, 1_000)
    assert t1.twin is not None
    assert (t1.twin.score_basis_points, t1.twin.title) == (9_000, "一件商品")
    assert lines["小波", "t2"].twin is None, "dismissed"
    assert (lines["小波", "t4"].listings, lines["小波", "t4"].open_listings) == (0, 1)
    assert (lines["小波", "j1"].effect, lines["小波", "j1"].reported_fen) == (Effect.FEE, None)
    assert lines["小波", "t3"].price_fen is None


def shown(each: ActionLine) -> dict[str, Any]:
    """A line by the names that the list is sorted by."""
    return {
        "title": each.title,
        "creator": each.creator_name,
        "source": each.source,
        "carts": each.open_listings,
        "price": each.price_fen,
        "jumps": each.jump_outs,
        "gmv": each.reported_fen,
        "twin": None if each.twin is None else each.twin.score_basis_points,
    }


@pytest.mark.parametrize("key", SORTS)
async def test_the_list_is_sorted_by_every_column_both_ways_with_the_unknown_last(
    carts: SimulatedWorld, key: str
) -> None:
    await report_orders(carts)
    found = await cut_and_fee(carts)
    for sort, falling in ((key, False), (f"-{key}", True)):
        read = [shown(each)[key] for each in await action_list(carts.small.writer, found, sort=sort)]
        known = [value for value in read if value is not None]
        assert len(read) == 6
        assert known == sorted(known, reverse=falling)
        assert read[len(known) :] == [None] * (6 - len(known))


async def test_the_pages_of_the_list_add_up_to_the_whole_of_it(carts: SimulatedWorld) -> None:
    found = await cut_and_fee(carts)
    whole = await action_list(carts.small.writer, found, sort="jumps")
    read, cursor = [], None
    while True:
        page = await action_page(carts.small.writer, found, sort="jumps", cursor=cursor, size=4)
        read += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert read == whole
    assert await action_list(carts.small.writer, found, sort="; DROP TABLE listing") == await action_list(
        carts.small.writer, found
    )
    with pytest.raises(CursorBroken):
        await action_page(carts.small.writer, found, cursor="no cursor of ours")


async def test_outside_gmv_and_closed_loop_share_are_known_once_a_network_reports(carts: SimulatedWorld) -> None:
    window = Window(MORNING - timedelta(days=7), MORNING + timedelta(days=1))
    names = [
        MetricName.CLOSED_LOOP_SHARE,
        MetricName.OUTSIDE_GMV_REPORTED,
        MetricName.OUTSIDE_COMMISSION_REPORTED,
    ]
    before = await measure(carts.small.writer, names, window)
    assert [before[name].value for name in names] == [None, None, None]
    await report_orders(carts)
    after = await measure(carts.small.writer, names, window)
    # 90.00 own; 10.00, 20.00 and 7.00 outside. Commission 1.00 estimated, 1.50 settled, 0.70 estimated.
    assert [after[name].value for name in names] == [7_087, 3_700, 320]
    assert all(after[name].provisional for name in names), "two of the lines are not settled"


async def test_outside_gmv_is_a_creators_a_rooms_and_never_a_shops(carts: SimulatedWorld) -> None:
    await report_orders(carts)
    window = Window(MORNING - timedelta(days=7), MORNING + timedelta(days=1))
    name = MetricName.OUTSIDE_GMV_REPORTED

    async def value(scope: Scope) -> int | None:
        return (await measure(carts.small.writer, [name], window, scope=scope))[name].value

    assert await value(Scope(creator_id=carts.dabei)) == 2_000
    assert await value(Scope(room_id=carts.small.room_id)) == 1_000
    assert await value(Scope(shop_id=carts.small.shop_id)) is None


async def test_orders_that_became_invalid_are_heard_of_and_count_nothing(carts: SimulatedWorld) -> None:
    await report_orders(carts)
    await carts.small.writer.run("UPDATE conversion SET state = 'invalid'")
    window = Window(MORNING - timedelta(days=7), MORNING + timedelta(days=1))
    found = await measure(
        carts.small.writer, [MetricName.OUTSIDE_GMV_REPORTED, MetricName.CLOSED_LOOP_SHARE], window
    )
    assert found[MetricName.OUTSIDE_GMV_REPORTED].value == 0
    assert found[MetricName.CLOSED_LOOP_SHARE].value == 10_000
    simulated = await cut_and_fee(carts)
    assert simulated.total.cut_reported_fen == 0
    assert simulated.window.begins > YEAR_2018
