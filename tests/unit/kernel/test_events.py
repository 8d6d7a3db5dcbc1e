"""The outbox: every event reaches its subscribers once, whatever goes wrong on the way."""

import asyncio
from collections import defaultdict
from datetime import timedelta

import psycopg
import pytest

from tests.conftest import MORNING
from yellowcart.kernel import clock, events
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import (
    ATTEMPTS,
    Envelope,
    Event,
    again_after,
    deliver_events,
    publish,
    subscribe,
)
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.parked_events import parked_events, tell_again


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
    database: Database, still_clock: clock.Clock
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
    for attempt in range(1, 5):
        await deliver_events(database)
        still_clock.freeze(clock.now() + again_after(attempt))
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


async def test_an_event_that_fails_waits_longer_each_time_and_is_parked_with_its_last_error(
    database: Database, still_clock: clock.Clock
) -> None:
    calls = 0

    @subscribe(Rang)
    async def hear(_: Writer, __: Envelope, ___: Rang) -> None:
        nonlocal calls
        calls += 1
        raise OSError(f"failure {calls}")

    await ring(database, 1)
    waits = []
    while await deliver_events(database):
        assert await deliver_events(database) == 0, "its turn has not come again"
        wait = again_after(calls)
        still_clock.freeze(clock.now() + wait - timedelta.resolution)
        assert await deliver_events(database) == 0
        still_clock.freeze(clock.now() + timedelta.resolution)
        waits.append(int(wait.total_seconds()))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert calls == ATTEMPTS
    async with database.reading() as reader:
        (parked,) = (await parked_events(reader)).items
    assert (parked.attempts, parked.last_error) == (ATTEMPTS, f"OSError: failure {ATTEMPTS}")
    assert parked.parked_at == MORNING + timedelta(seconds=sum(waits[:-1]))


async def test_trouble_that_passes_parks_nothing(database: Database, still_clock: clock.Clock) -> None:
    @subscribe(Rang)
    async def hear(writer: Writer, _: Envelope, event: Rang) -> None:
        if clock.now() < MORNING + timedelta(minutes=10):
            raise TimeoutError("for ten minutes")
        await note(writer, event.number)

    await ring(database, 1)
    for _ in range(4 * 60 * 15):
        await deliver_events(database)
        if not await waiting(database):
            break
        still_clock.freeze(clock.now() + timedelta(seconds=15))
    assert await noted(database) == ["rang 1"]


async def test_a_parked_event_that_is_told_again_has_all_of_its_tries(
    database: Database, still_clock: clock.Clock
) -> None:
    broken = True

    @subscribe(Rang)
    async def hear(writer: Writer, _: Envelope, event: Rang) -> None:
        if broken:
            raise OSError("still broken")
        await note(writer, event.number)

    await ring(database, 1, 2)
    await park_all(database, still_clock)
    async with database.writing() as writer:
        first, second = await writer.column("SELECT event_id FROM outbox_event ORDER BY event_id")
        assert await tell_again(writer, kind="test.rang", event_id=first) == [first]
        assert await tell_again(writer, kind="test.rang", event_id=first) == [], "it is not parked any more"
        assert await tell_again(writer, kind="test.other", event_id=second) == []
    await deliver_events(database)
    async with database.reading() as reader:
        assert await reader.value("SELECT attempts FROM outbox_event WHERE event_id = %(id)s", id=first) == 1
        assert [event.event_id for event in (await parked_events(reader)).items] == [second]
    await park_all(database, still_clock)
    broken = False
    async with database.writing() as writer:
        assert sorted(await tell_again(writer, kind="test.rang")) == [first, second]
    await deliver_events(database)
    assert await noted(database) == ["rang 1", "rang 2"]


async def park_all(database: Database, still_clock: clock.Clock) -> None:
    """Let time pass until every event that fails is parked."""
    while await waiting(database):
        await deliver_events(database)
        still_clock.freeze(clock.now() + timedelta(minutes=5))


async def test_an_error_whose_words_cannot_be_stored_holds_no_other_back(database: Database) -> None:
    @subscribe(Rang)
    async def hear(writer: Writer, _: Envelope, event: Rang) -> None:
        if event.number == 1:
            raise OSError("a NUL \x00 and half a character \ud800")
        await note(writer, event.number)

    await ring(database, 1, 2)
    await deliver_events(database)
    assert await noted(database) == ["rang 2"]
    async with database.reading() as reader:
        error = await reader.value("SELECT last_error FROM outbox_event WHERE attempts = 1")
    assert error == "OSError: a NUL \N{REPLACEMENT CHARACTER} and half a character ?"


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
