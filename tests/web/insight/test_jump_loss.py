"""The leak, counted by hand beside the functions that count it."""

from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.web.insight.small_world import SmallWorld, insert
from yellowcart.insight import jump_loss as measured
from yellowcart.insight.jump_loss import jump_loss
from yellowcart.insight.jump_loss_rules import OWN_CLICKS_MIN, PRICE_BANDS
from yellowcart.insight.model import Window
from yellowcart.kernel.ids import CreatorId, ListingId, new_id

WINDOW = Window(MORNING - timedelta(days=1), MORNING + timedelta(days=1))
LATER = MORNING + timedelta(days=2)


async def jump(
    world: SmallWorld, listing_id: ListingId, source: str, price_fen: int | None, **values: object
) -> None:
    """A viewer who left in the morning."""
    row: dict[str, object] = {
        "jump_id": new_id(int),
        "jump_key": f"key-{new_id(int)}",
        "listing_id": listing_id,
        "creator_id": world.creator_id,
        "surface": "live_cart",
        "room_id": world.room_id,
        "source": source,
        "price_fen": price_fen,
        "visitor": "a-visitor",
        "clicked_at": MORNING,
    } | values
    await insert(world.writer, "jump_out", row)


async def report(world: SmallWorld, network: str, *orders: tuple[ListingId, str]) -> None:
    """A network reports paid orders through listings, each with its state."""
    report_id, person_id = new_id(int), new_id(int)
    await world.writer.run(
        """
        INSERT INTO person (person_id, login, name, password_hash, state, created_at)
        VALUES (%(id)s, %(login)s, '运营', '', 'active', %(now)s)
        """,
        id=person_id,
        login=f"operator{person_id}",
        now=MORNING,
    )
    counts = dict.fromkeys(
        ("row_count", "created_count", "changed_count", "unchanged_count", "stale_count", "wrong_count"), 0
    )
    await world.writer.run(
        f"""
        INSERT INTO conversion_report (report_id, network, file_name, format, content_hash, person_id,
                                       received_at, finished_at,
                                       {", ".join(counts)}, problems)
        VALUES (%(report_id)s, %(network)s, 'orders.csv', 'csv', %(report_id)s::text, %(person_id)s, %(at)s,
                %(at)s, 0, 0, 0, 0, 0, 0, '[]')
        """,
        report_id=report_id,
        network=network,
        person_id=person_id,
        at=MORNING + timedelta(hours=2),
    )
    for number, (listing_id, known_as) in enumerate(orders):
        row: dict[str, object] = {
            "network": network,
            "order_line_id": f"{report_id}-{number}",
            "order_id": f"{report_id}-{number}",
            "state": known_as,
            "network_word": "12",
            "paid_fen": 5_000,
            "placed_at": MORNING + timedelta(hours=1),
            "ordered_at": MORNING + timedelta(hours=1),
            "attributed_by": "jump",
            "creator_id": world.creator_id,
            "listing_id": listing_id,
            "surface": "live_cart",
            "revision": 1,
            "report_id": report_id,
            "first_reported_at": MORNING,
            "last_reported_at": MORNING,
        }
        await insert(world.writer, "conversion", row)


async def own_clicks(world: SmallWorld, price_fen: int, clicks: int, orders: int) -> None:
    """Clicks on a listing of own goods, some of them followed by a paid order."""
    listing_id = await world.own_listing(price_fen=price_fen)
    for _ in range(clicks):
        await world.audience("tap", "a-visitor", at=MORNING, listing_id=listing_id)
    for _ in range(orders):
        await world.order(listing_id, price_fen, at=MORNING, state="paid", paid_at=MORNING + timedelta(minutes=1))


async def test_a_price_falls_into_the_one_band_that_holds_it(world: SmallWorld) -> None:
    edges = {0: 0, 999: 0, 1_000: 1, 2_999: 1, 3_000: 2, 9_999: 2, 10_000: 3, 30_000: 4, 100_000: 5, 99_999_999: 5}
    taobao = await world.outside_listing("taobao_union", "1")
    for price_fen in edges:
        await jump(world, taobao, "taobao_union", price_fen)
    found = await jump_loss(world.writer, WINDOW, as_of=LATER)
    assert [each.leak.clicked for each in found.by_band] == [
        list(edges.values()).count(band.number) for band in PRICE_BANDS
    ]
    for price_fen, number in edges.items():
        band = PRICE_BANDS[number]
        assert band.least_fen <= price_fen
        assert band.below_fen is None or price_fen < band.below_fen


async def test_the_loss_is_what_own_clicks_of_the_same_price_would_have_brought(world: SmallWorld) -> None:
    taobao = await world.outside_listing("taobao_union", "1", price_fen=4_000)
    await own_clicks(world, 5_000, clicks=40, orders=10)
    for number in range(20):
        arrived = MORNING + timedelta(seconds=3) if number < 16 else None
        back = MORNING + timedelta(minutes=5) if number < 6 else None
        await jump(world, taobao, "taobao_union", 4_000, landed_at=arrived, returned_at=back)
    await report(
        world, "taobao_union", (taobao, "paid"), (taobao, "settled"), (taobao, "invalid"), (taobao, "placed")
    )
    found = await jump_loss(world.writer, WINDOW, as_of=LATER)
    total = found.total
    assert (total.clicked, total.landed, total.returned, total.orders) == (20, 16, 6, 2)
    assert (total.landed_basis_points, total.returned_basis_points) == (8_000, 3_000)
    assert (total.ordered_basis_points, total.without_order_basis_points) == (1_000, 9_000)
    assert total.loss_basis_points == 6_000, "20 own clicks of this price bring 5 orders; 2 came"
    assert total.paid_fen == 10_000
    (band,) = [each for each in found.by_band if each.leak.clicked]
    assert (band.band.least_fen, band.own.rate_basis_points, band.leak.loss_basis_points) == (3_000, 2_500, 6_000)


async def test_what_no_network_reported_is_unknown_and_not_zero(world: SmallWorld) -> None:
    taobao = await world.outside_listing("taobao_union", "1", price_fen=4_000)
    youzan = await world.outside_listing("youzan", "2", price_fen=4_000)
    await own_clicks(world, 5_000, clicks=40, orders=10)
    for listing_id, source in ((taobao, "taobao_union"), (youzan, "youzan")):
        for _ in range(4):
            await jump(world, listing_id, source, 4_000)
    before = await jump_loss(world.writer, WINDOW, as_of=LATER)
    assert (before.total.clicked, before.total.orders, before.total.loss_basis_points) == (8, None, None)
    await report(world, "taobao_union", (taobao, "invalid"))
    after = await jump_loss(world.writer, WINDOW, as_of=LATER)
    known = {each.key: (each.orders, each.loss_basis_points) for each in after.by_source}
    assert known == {"taobao_union": (0, 10_000), "youzan": (None, None)}
    assert after.total.loss_basis_points == 10_000, "of the four clicks whose network speaks"


async def test_a_band_with_few_own_clicks_compares_nothing(world: SmallWorld) -> None:
    taobao = await world.outside_listing("taobao_union", "1", price_fen=4_000)
    await own_clicks(world, 5_000, clicks=OWN_CLICKS_MIN - 1, orders=10)
    await jump(world, taobao, "taobao_union", 4_000)
    await jump(world, taobao, "taobao_union", None)
    await report(world, "taobao_union", (taobao, "paid"))
    found = await jump_loss(world.writer, WINDOW, as_of=LATER)
    assert (found.total.orders, found.total.loss_basis_points, found.unpriced_clicks) == (1, None, 1)


async def test_a_creator_is_held_against_their_own_clicks(world: SmallWorld) -> None:
    taobao = await world.outside_listing("taobao_union", "1", price_fen=4_000)
    await own_clicks(world, 5_000, clicks=40, orders=10)
    await jump(world, taobao, "taobao_union", 4_000)
    mine = await jump_loss(world.writer, WINDOW, creator_id=world.creator_id, as_of=LATER)
    nobody = await jump_loss(world.writer, WINDOW, creator_id=type(world.creator_id)(1), as_of=LATER)
    assert (mine.total.clicked, sum(each.own.clicks for each in mine.by_band)) == (1, 40)
    assert (nobody.total.clicked, sum(each.own.clicks for each in nobody.by_band)) == (0, 0)


async def second_creator(world: SmallWorld) -> CreatorId:
    """Somebody else, without a room."""
    creator_id = new_id(CreatorId)
    person = {
        "login": f"c{creator_id}",
        "name": "老K",
        "password_hash": "",
        "state": "active",
        "created_at": MORNING,
    }
    await insert(world.writer, "person", person | {"person_id": creator_id})
    creator = {"creator_id": creator_id, "person_id": creator_id, "name": "老K", "kind": "creator"}
    await insert(world.writer, "creator", creator | {"created_at": MORNING})
    return creator_id


async def test_the_whole_counts_creators_that_are_not_shown(
    world: SmallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "CREATORS_SHOWN_MAX", 1)
    outside = await world.outside_listing("taobao_union", "1", price_fen=5_000)
    another = await second_creator(world)
    for creator_id in (world.creator_id, world.creator_id, another):
        await jump(world, outside, "taobao_union", 5_000, creator_id=creator_id)
    found = await jump_loss(world.writer, WINDOW, as_of=LATER)
    assert found.total.clicked == 3
    assert [(leak.key, leak.clicked) for leak in found.by_creator] == [(str(world.creator_id), 2)]
    assert (await jump_loss(world.writer, WINDOW, creator_id=another, as_of=LATER)).total.clicked == 1
