"""A creating request and its repeat get the same answer, and the thing is there once."""

import asyncio

import msgspec
import pytest

from tests.conftest import sign_in_as
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import (
    KEPT_FOR,
    KEY_LENGTH_MAX,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    forget_old_answers,
    hash_of,
    once,
    request_key,
)
from yellowcart.kernel.ids import PersonId


class Made(msgspec.Struct, frozen=True):
    """What a test's request creates."""

    number: int
    name: str


class Maker:
    """Creates, and counts how often."""

    def __init__(self, name: str = "a shop") -> None:
        self.name = name
        self.times = 0

    async def __call__(self) -> Made:
        self.times += 1
        return Made(self.times, self.name)


async def person_of(database: Database) -> PersonId:
    """Somebody who asks."""
    return (await sign_in_as(database)).person.person_id


async def ask(
    database: Database, person_id: PersonId, make: Maker, *, key: str = "k", body: object = "b", what: str = "shop"
) -> Made:
    """One request, in a transaction of its own."""
    async with database.writing() as writer:
        return await once(writer, what, request_key(person_id, key, body), Made, make)


async def until_somebody_waits_for_a_lock(database: Database) -> None:
    """Until another connection to this database stands at a lock."""
    for _ in range(1_000):
        # A transaction of its own each time: within one, PostgreSQL shows its activity as it was first seen.
        async with database.reading() as reader:
            if await reader.value(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            ):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_a_repeat_gets_the_first_answer_and_makes_nothing(database: Database) -> None:
    person_id, make = await person_of(database), Maker()
    first = await ask(database, person_id, make)
    assert await ask(database, person_id, make) == first == Made(1, "a shop")
    assert make.times == 1


async def test_a_repeat_that_arrives_while_the_first_is_at_work_waits_and_gets_its_answer(
    database: Database,
) -> None:
    person_id, make = await person_of(database), Maker()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> Made:
        begun.set()
        await go_on.wait()
        return await make()

    async def first() -> Made:
        async with database.writing() as writer:
            return await once(writer, "shop", request_key(person_id, "k", "b"), Made, slowly)

    one = asyncio.create_task(first())
    await begun.wait()
    two = asyncio.create_task(ask(database, person_id, make))
    await until_somebody_waits_for_a_lock(database)
    assert not two.done()
    go_on.set()
    assert [await one, await two] == [Made(1, "a shop"), Made(1, "a shop")]
    assert make.times == 1


async def test_twenty_repeats_at_once_make_one_thing(database: Database) -> None:
    person_id, make = await person_of(database), Maker()
    answers = await asyncio.gather(*(ask(database, person_id, make) for _ in range(20)))
    assert set(answers) == {Made(1, "a shop")}


async def test_a_key_used_again_for_something_else_is_refused(database: Database) -> None:
    person_id, make = await person_of(database), Maker()
    await ask(database, person_id, make, body={"name": "one"})
    with pytest.raises(IdempotencyKeyReused):
        await ask(database, person_id, make, body={"name": "two"})
    assert make.times == 1


async def test_one_key_serves_other_people_and_other_things(database: Database) -> None:
    make = Maker()
    one, other = await person_of(database), await person_of(database)
    await ask(database, one, make)
    await ask(database, other, make)
    await ask(database, one, make, what="room")
    assert make.times == 3


async def test_a_request_that_failed_may_be_sent_again_with_its_key(database: Database) -> None:
    person_id, make = await person_of(database), Maker()

    async def fail() -> Made:
        raise OSError("not now")

    with pytest.raises(OSError, match="not now"):
        async with database.writing() as writer:
            await once(writer, "shop", request_key(person_id, "k", "b"), Made, fail)
    assert await ask(database, person_id, make) == Made(1, "a shop")


async def test_answers_are_forgotten_after_their_time_and_not_before(
    database: Database, still_clock: clock.Clock
) -> None:
    person_id, make = await person_of(database), Maker()
    await ask(database, person_id, make)
    async with database.writing() as writer:
        still_clock.freeze(clock.now() + KEPT_FOR)
        assert await forget_old_answers(writer) == 0
        still_clock.freeze(clock.now() + KEPT_FOR)
        assert await forget_old_answers(writer) == 1


@pytest.mark.parametrize("key", [None, "", "k" * (KEY_LENGTH_MAX + 1), "a\nb", "a\x00b"])
def test_a_creating_request_needs_a_key_that_can_be_kept(key: str | None) -> None:
    with pytest.raises(IdempotencyKeyMissing):
        request_key(PersonId(1), key, "b")


def test_equal_content_has_one_hash_in_whatever_order_it_was_sent() -> None:
    assert hash_of({"a": 1, "b": 2}) == hash_of({"b": 2, "a": 1})
    assert hash_of({"a": 1}) != hash_of({"a": "1"})
    assert hash_of(b"a") != hash_of(b"b")
