"""Kuaishou from October 2021 to March 2022, day by day: what domain.md §0 says, the platform does.

The table below is written from domain.md §0, not from the world's files: 有赞 and 魔筷 leave live carts on
2021-11-01 and nothing else; on 2022-03-01 淘宝联盟 leaves live carts, short-video carts and product pages,
京东联盟 live carts alone. Everything else stays allowed.
"""

from datetime import date, datetime, timedelta

import httpx
import pytest

from tests.worlds.expected import ALLOW, REFUSE, SHANGHAI, Expected, Step, days, midnight, moments, told
from tests.worlds.replaying import Replay, begin
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import run_all_sweeps
from yellowcart.links.model import Surface
from yellowcart.links.rules import verdict

STORE_SYSTEMS, UNIONS = date(2021, 11, 1), date(2022, 3, 1)
TOLD_OF_STORE_SYSTEMS = datetime(2021, 10, 25, 10, tzinfo=SHANGHAI)
TOLD_OF_UNIONS = datetime(2022, 2, 22, 10, tzinfo=SHANGHAI)
FIRST, LAST = STORE_SYSTEMS - timedelta(days=8), UNIONS + timedelta(days=7)

KUAISHOU = Expected(
    ("own", "taobao_union", "jd_union", "youzan", "mockuai", "pinduoduo", "course", "flash_sale", "other"),
    (
        Step(STORE_SYSTEMS, ("live_cart",), ("youzan", "mockuai"), REFUSE),
        Step(UNIONS, ("live_cart", "video_cart", "product_page"), ("taobao_union",), REFUSE),
        Step(UNIONS, ("live_cart",), ("jd_union",), REFUSE),
    ),
)
LEFT = {
    ("live_cart", "youzan"): ("store-systems-2021", STORE_SYSTEMS),
    ("live_cart", "mockuai"): ("store-systems-2021", STORE_SYSTEMS),
    ("live_cart", "taobao_union"): ("unions-2022", UNIONS),
    ("video_cart", "taobao_union"): ("unions-2022", UNIONS),
    ("live_cart", "jd_union"): ("unions-2022", UNIONS),
}
MESSAGES = [
    (date(2021, 10, 25), "rule.warning"),
    (date(2021, 10, 29), "rule.warning"),
    (date(2021, 10, 31), "rule.warning"),
    (STORE_SYSTEMS, "rule.enforced"),
    (date(2022, 2, 22), "rule.warning"),
    (date(2022, 2, 26), "rule.warning"),
    (date(2022, 2, 28), "rule.warning"),
    (UNIONS, "rule.enforced"),
]
"""Both were told of a week ahead: warned of as soon as they were announced, then 3 days and 1 day before."""


def is_tried(day: date) -> bool:
    """Creators try every pair around each change; in the quiet months between, on Mondays."""
    return day.weekday() == 0 or any(abs((day - change).days) <= 7 for change in (STORE_SYSTEMS, UNIONS))


async def require_answers(replay: Replay, at: datetime) -> None:
    """What a creator meets at this moment is what the table says."""
    met = {pair: await replay.try_out(*pair) for pair in replay.probed}
    assert met == {pair: KUAISHOU.answer(*pair, at) for pair in replay.probed}, at


@pytest.fixture
async def replay(database: Database) -> Replay:
    return await begin(database, "kuaishou_2022", midnight(FIRST))


async def codes_of_the_feed(client: httpx.AsyncClient) -> list[str]:
    return [each["code"] for each in (await client.get("/api/v1/notices.json")).json()["notices"]]


@pytest.mark.timeout(240)
async def test_kuaishou_day_by_day(replay: Replay, client: httpx.AsyncClient) -> None:
    await replay.put_everything()
    standing = await replay.standing()
    assert {pair for pair, (state, *_) in standing.items() if state == "on_cart"} == set(replay.probed)
    bought = []
    for day in days(FIRST, LAST):
        await replay.be(midnight(day))
        assert await run_all_sweeps(replay.database) == 0, "what is done is done"
        if is_tried(day):
            await require_answers(replay, midnight(day))
        await replay.be(midnight(day) + timedelta(hours=12))
        if day + timedelta(days=1) in (STORE_SYSTEMS, UNIONS):
            bought.append(await replay.buy())
        last = midnight(day + timedelta(days=1)) - timedelta(microseconds=1)
        await replay.be(last)
        if is_tried(day):
            await require_answers(replay, last)
        # Orders of yesterday are what they were, whatever became of the carts.
        assert [await replay.order(each) for each in bought] == [("paid", None)] * len(bought), day

    timeline = await replay.timeline()
    for at in moments(FIRST, LAST):
        for surface, source in KUAISHOU.pairs():
            judged = verdict(timeline, Surface(surface), source, at)
            assert told(judged) == KUAISHOU.answer(surface, source, at), (surface, source, at)

    standing = await replay.standing()
    assert {pair: gone[1:] for pair, gone in standing.items() if gone[0] == "off_cart"} == LEFT
    assert {pair for pair, stays in standing.items() if stays[0] == "on_cart"} == set(replay.probed) - LEFT.keys()
    departures = await replay.departures()
    assert len(departures) == len(LEFT)
    assert set(departures.values()) == {1}, "each leaves exactly once"
    assert await replay.messages() == MESSAGES
    assert await codes_of_the_feed(client) == ["cart-opens-2018", "store-systems-2021", "unions-2022"]


async def test_kuaishou_announces_each_notice_at_its_hour_and_not_before(
    replay: Replay, client: httpx.AsyncClient
) -> None:
    known = ["cart-opens-2018"]
    for announced_at, code in ((TOLD_OF_STORE_SYSTEMS, "store-systems-2021"), (TOLD_OF_UNIONS, "unions-2022")):
        await replay.be(announced_at - timedelta(seconds=1))
        assert await codes_of_the_feed(client) == known
        assert code not in (await client.get("/notices.ics")).text
        await replay.be(announced_at)
        known.append(code)
        assert await codes_of_the_feed(client) == known
        assert code in (await client.get("/notices.ics")).text


async def test_one_leap_over_both_notices_ends_where_the_days_end(
    replay: Replay, client: httpx.AsyncClient
) -> None:
    await replay.put_everything()
    order = await replay.buy()
    await replay.leap(midnight(LAST))
    standing = await replay.standing()
    assert {pair: gone[1] for pair, gone in standing.items() if gone[0] == "off_cart"} == {
        pair: code for pair, (code, _) in LEFT.items()
    }
    departures = await replay.departures()
    assert (len(departures), set(departures.values())) == (len(LEFT), {1})
    timeline = await replay.timeline()
    for at in moments(FIRST, LAST):
        for surface, source in KUAISHOU.pairs():
            judged = verdict(timeline, Surface(surface), source, at)
            assert told(judged) == KUAISHOU.answer(surface, source, at), (surface, source, at)
    assert await replay.order(order) == ("paid", None)
    assert await codes_of_the_feed(client) == ["cart-opens-2018", "store-systems-2021", "unions-2022"]
    assert [kind for _, kind in await replay.messages()] == ["rule.enforced"] * 2, "too late to warn"
    assert await replay.try_out("video_cart", "jd_union") == ALLOW
