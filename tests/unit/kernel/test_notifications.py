"""Every process hears what another commits, also after its connection broke."""

import asyncio

import psycopg
import pytest

from yellowcart.kernel import notifications as module
from yellowcart.kernel.database import Database
from yellowcart.kernel.notifications import Notifications


class Ear:
    """Remembers what it heard and lets a test wait for it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.gaps = 0
        self._changed = asyncio.Condition()

    async def hear(self, payload: str) -> None:
        """A notification."""
        async with self._changed:
            self.heard.append(payload)
            self._changed.notify_all()

    async def gap(self) -> None:
        """Notifications may have been missed."""
        async with self._changed:
            self.gaps += 1
            self._changed.notify_all()

    async def until_heard(self, payload: str) -> None:
        """Wait for a notification."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: payload in self.heard), 20)

    async def until_gaps(self, number: int) -> None:
        """Wait for so many gaps."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: self.gaps >= number), 20)


async def say(database: Database, payload: str, channel: str = "a channel") -> None:
    """Commit a notification."""
    async with database.writing() as writer:
        await writer.notify(channel, payload)


async def break_connection(database: Database) -> None:
    """End the listening connection from the server's side."""
    async with database.writing() as writer:
        ended = await writer.value(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'yellowcart notifications'
            """
        )
    assert ended == 1


async def test_what_is_committed_is_heard_and_what_is_rolled_back_is_not(database: Database) -> None:
    ear, notifications = Ear(), Notifications(database)
    notifications.on("a channel", ear.hear)
    await notifications.start()
    with pytest.raises(psycopg.errors.DivisionByZero):  # noqa: PT012 - the whole transaction is what fails
        async with database.writing() as writer:
            await writer.notify("a channel", "never")
            await writer.run("SELECT 1 / 0")
    await say(database, "elsewhere", channel="another channel")
    await say(database, "小黄车 'quoted' \"text\"")
    await ear.until_heard("小黄车 'quoted' \"text\"")
    assert ear.heard == ["小黄车 'quoted' \"text\""]
    await notifications.stop()


async def test_a_broken_connection_is_made_anew_and_the_gap_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, notifications = Ear(), Notifications(database)
    notifications.on("a channel", ear.hear)
    notifications.on_gap(ear.gap)
    await notifications.start()
    monkeypatch.setattr(module, "RECONNECT_AFTER_S", 0.01)
    for time in (1, 2):
        before = ear.gaps
        await break_connection(database)
        await ear.until_gaps(before + 1)
        await say(database, f"after break {time}")
        await ear.until_heard(f"after break {time}")
    await notifications.stop()


async def test_a_listener_that_fails_silences_no_other(database: Database) -> None:
    ear, notifications = Ear(), Notifications(database)

    async def fail(_: str) -> None:
        raise OSError("deaf")

    notifications.on("a channel", fail)
    notifications.on("a channel", ear.hear)
    await notifications.start()
    await say(database, "one")
    await say(database, "two")
    await ear.until_heard("two")
    assert ear.heard == ["one", "two"]
    await notifications.stop()


async def test_a_gap_that_cannot_be_closed_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_AFTER_S", 0.01)
    ear, notifications, failures = Ear(), Notifications(database), iter([True, True])

    async def fail_twice() -> None:
        if next(failures, False):
            raise OSError("the table could not be read")
        await ear.gap()

    notifications.on("a channel", ear.hear)
    await notifications.start()
    notifications.on_gap(fail_twice)
    await break_connection(database)
    await ear.until_gaps(1)
    await say(database, "again")
    await ear.until_heard("again")
    await notifications.stop()


async def test_stopping_ends_the_listening_and_can_be_repeated(database: Database) -> None:
    notifications = Notifications(database)
    await notifications.stop()
    await notifications.start()
    await notifications.stop()
    await notifications.stop()
    async with database.reading() as reader:
        assert (
            await reader.value(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'yellowcart notifications'"
            )
            == 0
        )
