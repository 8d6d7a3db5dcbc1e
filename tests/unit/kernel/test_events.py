"""The outbox: every event reaches its subscribers once, whatever goes wrong on the way."""

import asyncio
from collections import defaultdict

import psycopg
import pytest

from yellowcart.kernel import events
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import ATTEMPTS, Envelope, Event, deliver_events, publish, subscribe
from yellowcart.kernel.ids import ShopId


class Rang(Event, frozen=True, kw_only=True, tag="test.rang"):
    """A bell of a test rang."""

    number: int


@pytest.fixture(autouse=True)
def no_other_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the test's own subscribers are told."""
    monkeypatch.setattr(events, "_subscribers", defaultdict(list))
    monkeypatch.setattr(events, "_kinds", {})


async def ring(database: Database, *numbers: int, shop_id: ShopId = events.PLATFORM) -> None:
    """Publish an event for each number, in one transaction."""
    async with database.writing() as writer:
        for number in numbers:
            await publish(writer, Rang(number=number), shop_id=shop_id)


async def note(writer: Writer, number: int) -> None:
    """An effect in the delivering transaction that the test can read back."""
    await writer.run(
        "INSERT INTO kill_switch (name, closed, changed_at) VALUES (%(name)s, false, %(now)s)",
        name=f"rang {number}",
        now="2022-02-25T00:00:00Z",
    )


async def noted(database: Database) -> list[str]:
    """The effects that are there."""
    async with database.reading() as reader:
        return await reader.column("SELECT name FROM kill_switch ORDER BY name")


async def waiting(database: Database) -> int:
    """How many events are neither delivered nor parked."""
    async with database.reading() as reader:
        return int(
            await reader.value(
                "SELECT count(*) FROM outbox_event WHERE delivered_at IS NULL AND parked_at IS NULL"
            )
        )


async def test_an_event_is_told_once_with_what_it_carries(database: Database) -> None:
    heard: list[tuple[ShopId, Rang]] = []

    @subscribe(Rang)
    async def hear(_: Writer, envelope: Envelope, event: Rang) -> None:
        heard.append((envelope.shop_id, event))

    await ring(database, 1, 2, shop_id=ShopId(5))
    assert await deliver_events(database) == 2
    assert await deliver_events(database) == 0
    assert heard == [(5, Rang(number=1)), (5, Rang(number=2))]


async def test_an_event_of_a_transaction_that_failed_never_happened(database: Database) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):  # noqa: PT012 - the whole transaction is what fails
        async with database.writing() as writer:
            await publish(writer, Rang(number=1))
            await writer.run("SELECT 1 / 0")
    assert await deliver_events(database) == 0


async def test_an_event_is_told_again_until_its_subscriber_takes_it_and_its_effect_is_there_once(
    database: Database,
) -> None:
    calls = 0

    @subscribe(Rang)
    async def hear(writer: Writer, _: Envelope, event: Rang) -> None:
        nonlocal calls
        calls += 1
        await note(writer, event.number)
        if calls < 3:
            raise OSError("not now")

    await ring(database, 1)
    for _ in range(4):
        await deliver_events(database)
    assert calls == 3
    assert await noted(database) == ["rang 1"]
    assert await waiting(database) == 0


async def test_an_event_that_fails_holds_no_other_back(database: Database) -> None:
    @subscribe(Rang)
    async def hear(writer: Writer, _: Envelope, event: Rang) -> None:
        await note(writer, event.number)
        if event.number == 2:
            await writer.run("SELECT 1 / 0")

    await ring(database, 1, 2, 3)
    await deliver_events(database)
    assert await noted(database) == ["rang 1", "rang 3"]
    assert await waiting(database) == 1


async def test_an_event_that_always_fails_is_parked_with_its_last_error(database: Database) -> None:
    calls = 0

    @subscribe(Rang)
    async def hear(_: Writer, __: Envelope, ___: Rang) -> None:
        nonlocal calls
        calls += 1
        raise OSError(f"failure {calls}")

    await ring(database, 1)
    for _ in range(ATTEMPTS + 3):
        await deliver_events(database)
    assert calls == ATTEMPTS
    async with database.reading() as reader:
        assert await reader.records(
            "SELECT attempts, last_error, parked_at IS NOT NULL AS parked, delivered_at FROM outbox_event"
        ) == [{"attempts": ATTEMPTS, "last_error": f"failure {ATTEMPTS}", "parked": True, "delivered_at": None}]


async def test_two_consumers_at_once_tell_every_event_once(database: Database) -> None:
    heard: list[int] = []
    both_inside = asyncio.Barrier(2)
    met = False

    @subscribe(Rang)
    async def hear(writer: Writer, _: Envelope, event: Rang) -> None:
        nonlocal met
        if not met and event.number == 0:
            # The other consumer looks for work while this one holds everything in its hands.
            await asyncio.wait_for(both_inside.wait(), 20)
            met = True
        heard.append(event.number)
        await note(writer, event.number)

    async def the_other() -> int:
        await asyncio.wait_for(both_inside.wait(), 20)
        return await deliver_events(database)

    await ring(database, *range(50))
    first, second = await asyncio.gather(deliver_events(database), the_other())
    while await deliver_events(database):
        pass
    assert first + second >= 50
    assert sorted(heard) == list(range(50))
    assert len(await noted(database)) == 50


async def test_events_are_told_in_the_order_in_which_they_were_published(database: Database) -> None:
    heard: list[int] = []

    @subscribe(Rang)
    async def hear(_: Writer, __: Envelope, event: Rang) -> None:
        heard.append(event.number)

    for number in range(events.BATCH + 20):
        await ring(database, number)
    while await deliver_events(database):
        pass
    assert heard == list(range(events.BATCH + 20))


async def test_an_event_that_nobody_listens_to_is_done(database: Database) -> None:
    await ring(database, 1)
    assert await deliver_events(database) == 1
    assert await waiting(database) == 0
