"""Sources that are asked: when, about what, and what they answer, odd things too."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.conftest import MORNING
from tests.outside_internet import OutsideInternet, answer, open_internet
from tests.parcels.packing import SF, PackingTable, told
from yellowcart.kernel import clock
from yellowcart.kernel.outbound import IpAddress
from yellowcart.parcels.rules import next_poll
from yellowcart.parcels.tracking.ask import ask_sources
from yellowcart.parcels.tracking.signature import ask_token
from yellowcart.parcels.tracking.sources import save_source, tracking_sources

SECRET = "a secret for tests, long enough to sign with"
ASK_URL = "https://hub.test/{carrier}/{waybill}"


@pytest.fixture
async def internet(tmp_path: Path) -> AsyncIterator[OutsideInternet]:
    async with open_internet(tmp_path, ["hub.test"]) as opened:
        yield opened


async def test_a_source_is_asked_about_what_is_due_and_ever_more_rarely(
    table: PackingTable, internet: OutsideInternet, still_clock: clock.Clock
) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    events = [told("collected", -1), told("collected", -1, waybill="SF0000000002")]
    internet.answers[f"hub.test/SF/{SF}"] = answer(200, msgspec.json.encode({"events": events}))
    async with table.database.writing() as writer:
        await save_source(
            writer,
            table.merchant,
            source="hub",
            name="Hub",
            ask_url="https://hub.test/{carrier}/{waybill}",
            is_active=True,
        )
    assert await ask_sources(table.database, SECRET, internet.network) == 1
    assert await ask_sources(table.database, SECRET, internet.network) == 0
    assert internet.asked[0].headers["authorization"] == f"bearer {ask_token(SECRET, 'hub', 1)}".lower()
    (parcel,) = await table.parcels(order_id)
    assert [event.status.value for event in parcel.track] == ["collected"]
    still_clock.freeze(MORNING + timedelta(hours=1))
    assert await ask_sources(table.database, SECRET, internet.network) == 1


@pytest.mark.parametrize("said", [answer(500), answer(200, "<html>"), answer(200, '{"events": [{"x": 1}]}')])
async def test_a_source_that_answers_nonsense_is_noted_and_not_asked_at_once(
    table: PackingTable, internet: OutsideInternet, said: bytes
) -> None:
    await table.ship(await table.paid())
    internet.answers[f"hub.test/SF/{SF}"] = said
    async with table.database.writing() as writer:
        await save_source(
            writer,
            table.merchant,
            source="hub",
            name="Hub",
            ask_url="https://hub.test/{carrier}/{waybill}",
            is_active=True,
        )
    assert await ask_sources(table.database, SECRET, internet.network) == 1
    assert await ask_sources(table.database, SECRET, internet.network) == 0
    async with table.database.reading() as reader:
        (source,) = await tracking_sources(reader)
    assert source.last_failure


NESTED = '{"events": [], "more": ' + "[" * 20_000 + "]" * 20_000 + "}"


@pytest.mark.parametrize(
    "said",
    [
        answer(200, '{"events": [{"place": "泉州"}]}'.encode("gbk")),
        answer(200, b'{"events": [{"carrier": "\xe6\xb3"}]}'),
        answer(200, NESTED),
        answer(200, "{"),
    ],
    ids=["GBK", "half a character", "nested without end", "half an answer"],
)
async def test_one_unreadable_answer_stops_neither_the_other_parcels_nor_the_other_sources(
    table: PackingTable, internet: OutsideInternet, still_clock: clock.Clock, said: bytes
) -> None:
    await table.ship(await table.paid())
    second = await table.paid()
    await table.ship(second, waybill="SF0000000002")
    events = {"events": [told("collected", waybill="SF0000000002")]}
    internet.answers[f"hub.test/SF/{SF}"] = said
    internet.answers["hub.test/SF/SF0000000002"] = answer(200, msgspec.json.encode(events))
    for waybill in (SF, "SF0000000002"):
        internet.answers[f"hub.test/later/SF/{waybill}"] = answer(200, '{"events": []}')
    async with table.database.writing() as writer:
        for source, path in (("first", ""), ("later", "later/")):
            await save_source(
                writer,
                table.merchant,
                source=source,
                name=source,
                ask_url=f"https://hub.test/{path}{{carrier}}/{{waybill}}",
                is_active=True,
            )
    assert await ask_sources(table.database, SECRET, internet.network) == 2
    assert len(internet.asked) == 4
    (parcel,) = await table.parcels(second)
    assert [event.status.value for event in parcel.track] == ["collected"]
    async with table.database.reading() as reader:
        first, later = await tracking_sources(reader)
    assert first.last_failure
    assert (later.last_failure, later.asked_at) == ("", MORNING)
    assert await ask_sources(table.database, SECRET, internet.network) == 0
    still_clock.freeze(MORNING + timedelta(hours=1))
    assert await ask_sources(table.database, SECRET, internet.network) == 2


async def test_a_defect_on_the_way_to_a_source_is_noted_and_put_off_all_the_same(
    table: PackingTable, internet: OutsideInternet
) -> None:
    await table.ship(await table.paid())
    async with table.database.writing() as writer:
        await save_source(
            writer,
            table.merchant,
            source="hub",
            name="Hub",
            ask_url="https://hub.test/{carrier}/{waybill}",
            is_active=True,
        )

    async def look_up(host: str) -> tuple[IpAddress, ...]:
        raise ZeroDivisionError("\0 odd\nerror")

    broken = msgspec.structs.replace(internet.network, look_up=look_up)
    assert await ask_sources(table.database, SECRET, broken) == 1
    assert await ask_sources(table.database, SECRET, broken) == 0
    async with table.database.reading() as reader:
        (source,) = await tracking_sources(reader)
    assert source.last_failure == "ZeroDivisionError:   odd error"


def test_a_silent_parcel_is_asked_about_within_a_day_and_not_for_ever() -> None:
    asked = [next_poll(MORNING, MORNING, MORNING + timedelta(hours=hours)) for hours in (0, 8, 400, 30 * 24 + 1)]
    assert [moment and moment - MORNING for moment in asked] == [
        timedelta(hours=1),
        timedelta(hours=10),
        timedelta(hours=424),
        None,
    ]


async def test_what_cannot_be_kept_of_one_parcel_keeps_nothing_back_of_the_next(
    table: PackingTable, internet: OutsideInternet
) -> None:
    await table.ship(await table.paid())
    second = await table.paid()
    await table.ship(second, waybill="SF0000000002")
    for waybill in (SF, "SF0000000002"):
        events = {"events": [told("collected", waybill=waybill, place="泉州" if waybill == SF else "")]}
        internet.answers[f"hub.test/SF/{waybill}"] = answer(200, msgspec.json.encode(events))
    async with table.database.writing() as writer:
        await save_source(writer, table.merchant, source="hub", name="Hub", ask_url=ASK_URL, is_active=True)
        await writer.run("ALTER TABLE track_event ADD CONSTRAINT nowhere CHECK (place = '')")
    assert await ask_sources(table.database, SECRET, internet.network) == 2
    assert await ask_sources(table.database, SECRET, internet.network) == 0
    (parcel,) = await table.parcels(second)
    assert [event.status.value for event in parcel.track] == ["collected"]
    async with table.database.reading() as reader:
        (source,) = await tracking_sources(reader)
    assert source.last_failure.startswith("CheckViolation")
