"""Douyin from August to October 2020, day by day: a fee, then a channel, then refused; short video as before.

The table below is written from domain.md §0, not from the world's files: in live carts third-party goods cost 20 %
and own goods 5 % from 2020-08-20, third-party goods need 巨量星图 from 2020-09-06 and are refused from 2020-10-09.
"""

from datetime import date, datetime, timedelta

import httpx
import pytest

from tests.worlds.expected import REFUSE, SHANGHAI, Expected, Step, days, midnight, moments, told
from tests.worlds.replaying import TASK, Replay, begin
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import run_all_sweeps
from yellowcart.links.model import Surface
from yellowcart.links.rules import verdict

FEE, CHANNEL, CUT = date(2020, 8, 20), date(2020, 9, 6), date(2020, 10, 9)
FIRST, LAST = FEE - timedelta(days=8), CUT + timedelta(days=7)
OUTSIDE = ("taobao_union", "jd_union", "pinduoduo", "suning")

DOUYIN = Expected(
    ("own", *OUTSIDE),
    (
        Step(FEE, ("live_cart",), OUTSIDE, "allow_with_fee 2000"),
        Step(FEE, ("live_cart",), ("own",), "allow_with_fee 500"),
        Step(CHANNEL, ("live_cart",), OUTSIDE, "require_channel 巨量星图"),
        Step(CUT, ("live_cart",), OUTSIDE, REFUSE),
    ),
)
MESSAGES = [
    # Announced on 13 August for the 20th: warned of at once, then 3 days and 1 day before.
    (date(2020, 8, 13), "rule.warning"),
    (date(2020, 8, 17), "rule.warning"),
    (date(2020, 8, 19), "rule.warning"),
    (FEE, "rule.terms"),
    (date(2020, 8, 30), "rule.warning"),
    (date(2020, 9, 3), "rule.warning"),
    (date(2020, 9, 5), "rule.warning"),
    (CHANNEL, "rule.enforced"),
    (date(2020, 10, 2), "rule.warning"),
    (date(2020, 10, 6), "rule.warning"),
    (date(2020, 10, 8), "rule.warning"),
    (CUT, "rule.enforced"),
]
ANNOUNCED = (
    (datetime(2020, 8, 13, 10, tzinfo=SHANGHAI), "live-fee-2020"),
    (datetime(2020, 8, 28, 10, tzinfo=SHANGHAI), "live-channel-2020"),
    (datetime(2020, 9, 25, 10, tzinfo=SHANGHAI), "live-cut-2020"),
)
CODES = ["carts-open", "live-fee-2020", "live-channel-2020", "live-cut-2020"]


async def require_answers(replay: Replay, at: datetime) -> None:
    """What a creator meets at this moment is what the table says."""
    met = {pair: await replay.try_out(*pair) for pair in replay.probed}
    assert met == {pair: DOUYIN.answer(*pair, at) for pair in replay.probed}, at


async def require_verdicts(replay: Replay) -> None:
    """The rules answer every moment of these weeks as the table does."""
    timeline = await replay.timeline()
    for at in moments(FIRST, LAST):
        for surface, source in DOUYIN.pairs():
            judged = verdict(timeline, Surface(surface), source, at)
            assert told(judged) == DOUYIN.answer(surface, source, at), (surface, source, at)


@pytest.fixture
async def replay(database: Database) -> Replay:
    return await begin(database, "douyin_2020", midnight(FIRST))


async def codes_of_the_feed(client: httpx.AsyncClient) -> list[str]:
    return [each["code"] for each in (await client.get("/api/v1/notices.json")).json()["notices"]]


async def fees_of_jumps(replay: Replay) -> list[int | None]:
    """The fee of every jump-out so far, in basis points."""
    async with replay.database.reading() as reader:
        return await reader.column("SELECT fee_basis_points FROM jump_out ORDER BY jump_id")


@pytest.mark.timeout(240)
async def test_douyin_day_by_day(replay: Replay) -> None:
    await replay.put_everything()
    bought = []
    for day in days(FIRST, LAST):
        await replay.be(midnight(day))
        assert await run_all_sweeps(replay.database) == 0, "what is done is done"
        await require_answers(replay, midnight(day))
        await replay.be(midnight(day) + timedelta(hours=12))
        if day + timedelta(days=1) in (FEE, CHANNEL, CUT):
            bought.append(await replay.buy())
        if day == CHANNEL:
            # What left for want of a task is listed again under one, and stays until the cut.
            for source in replay.goods:
                await replay.put(replay.room, source, task=TASK)
        last = midnight(day + timedelta(days=1)) - timedelta(microseconds=1)
        await replay.be(last)
        if day + timedelta(days=1) in (FEE, CHANNEL, CUT):
            await require_answers(replay, last)
        assert [await replay.order(each) for each in bought] == [("paid", None)] * len(bought), day

    await require_verdicts(replay)
    standing = await replay.standing()
    assert {pair: gone[1:] for pair, gone in standing.items() if gone[0] == "off_cart"} == {
        ("live_cart", source): ("live-cut-2020", CUT) for source in replay.goods
    }
    stays = {("live_cart", "own"), ("video_cart", "own"), *(("video_cart", source) for source in replay.goods)}
    assert {pair for pair, (state, *_) in standing.items() if state == "on_cart"} == stays
    departures = await replay.departures()
    assert len(departures) == 2 * len(replay.goods), "once without a task, once for good"
    assert set(departures.values()) == {1}
    assert await replay.messages() == MESSAGES


async def test_douyin_announces_each_notice_at_its_hour_and_not_before(
    replay: Replay, client: httpx.AsyncClient
) -> None:
    known = CODES[:1]
    for announced_at, code in ANNOUNCED:
        await replay.be(announced_at - timedelta(seconds=1))
        assert await codes_of_the_feed(client) == known
        assert code not in (await client.get("/notices.ics")).text
        await replay.be(announced_at)
        known = [*known, code]
        assert await codes_of_the_feed(client) == known
        assert code in (await client.get("/notices.ics")).text


async def test_a_listing_with_a_task_given_in_time_stays_until_the_cut(replay: Replay) -> None:
    await replay.put(replay.room, "taobao_union", task=TASK)
    await replay.put(replay.room, "jd_union")
    for day in days(FIRST, LAST):
        await replay.be(midnight(day))
    standing = await replay.standing()
    assert standing["live_cart", "taobao_union"] == ("off_cart", "live-cut-2020", CUT)
    assert standing["live_cart", "jd_union"] == ("off_cart", "live-channel-2020", CHANNEL)


async def test_a_jump_bears_the_fee_of_its_moment(replay: Replay, client: httpx.AsyncClient) -> None:
    live = await replay.put(replay.room, "taobao_union")
    video = await replay.put(replay.video, "taobao_union")
    token = (await client.get("/login")).cookies["csrf"]
    for day in (FEE - timedelta(days=1), FEE):
        await replay.be(midnight(day))
        for listing in (live, video):
            answer = await client.post(f"/out/{listing.listing_id}", data={"_csrf_token": token})
            assert answer.status_code == 302, answer.text
    assert await fees_of_jumps(replay) == [None, None, 2_000, None]


@pytest.mark.parametrize("stops", [(), (FEE, CUT), (CHANNEL - timedelta(days=1),)])
async def test_leaps_over_several_notices_end_where_the_days_end(
    replay: Replay, client: httpx.AsyncClient, stops: tuple[date, ...]
) -> None:
    await replay.put_everything()
    order = await replay.buy()
    for day in (*stops, LAST):
        await replay.leap(midnight(day))
    await require_verdicts(replay)
    await require_answers(replay, midnight(LAST))
    standing = await replay.standing()
    # Nobody gave a task number, so the channel's day took them.
    assert {pair: gone[1] for pair, gone in standing.items() if gone[0] == "off_cart"} == {
        ("live_cart", source): "live-channel-2020" for source in replay.goods
    }
    departures = await replay.departures()
    assert (len(departures), set(departures.values())) == (len(replay.goods), {1})
    assert await replay.order(order) == ("paid", None)
    assert await codes_of_the_feed(client) == CODES
