"""A lane answers everybody, in order, after the commit, and refuses at once when its queue is full."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yellowcart.kernel.batching import BatchLane, QueueFull


class Asked(NamedTuple):
    """A request of a test: its place in the order of arrival, and who asks."""

    number: int
    buyer: str


class Counter:
    """Commits by remembering; can be held at the door."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[Asked]]] = []
        self.committed: set[int] = set()
        self.door = asyncio.Event()
        self.door.set()

    async def commit(self, key: str, requests: Sequence[Asked]) -> list[int]:
        """Answer each request with its own number."""
        await self.door.wait()
        await asyncio.sleep(0)
        self.batches.append((key, list(requests)))
        self.committed |= {request.number for request in requests}
        return [request.number for request in requests]


def buyer_of(request: Asked) -> str:
    """Who may stand in a batch only once."""
    return request.buyer


requests = st.lists(
    st.tuples(st.sampled_from(["shop 1", "shop 2", "shop 3"]), st.sampled_from("abcd")), max_size=80
)


@given(requests, st.integers(min_value=1, max_value=9), st.lists(st.booleans(), max_size=80))
@example([("shop 1", buyer) for buyer in "aababab"], 2, [])
@settings(deadline=None, max_examples=60)
def test_everybody_is_answered_with_their_own_and_in_order(
    asked: list[tuple[str, str]], batch_max: int, pauses: list[bool]
) -> None:
    async def run() -> None:
        counter = Counter()
        lane = BatchLane(counter.commit, batch_max=batch_max, queue_max=1_000, holds_back=buyer_of)
        answers = []
        for number, (shop, buyer) in enumerate(asked):
            answers.append(lane.submit(shop, Asked(number, buyer)))
            if number < len(pauses) and pauses[number]:
                await asyncio.sleep(0)
        assert await asyncio.gather(*answers) == list(range(len(asked)))
        await lane.drain()
        for _, batch in counter.batches:
            assert 0 < len(batch) <= batch_max
            assert len({request.buyer for request in batch}) == len(batch), "a name stands in a batch once"
        for shop in {shop for shop, _ in asked}:
            for buyer in "abcd":
                order = [
                    request.number
                    for key, batch in counter.batches
                    for request in batch
                    if (key, request.buyer) == (shop, buyer)
                ]
                assert order == sorted(order), "one buyer's requests keep their order"

    asyncio.run(run())


@given(st.integers(min_value=1, max_value=60), st.integers(min_value=1, max_value=9))
@settings(deadline=None, max_examples=30)
def test_without_names_the_order_of_arrival_is_the_order_of_commits(count: int, batch_max: int) -> None:
    async def run() -> None:
        counter = Counter()
        lane = BatchLane(counter.commit, batch_max=batch_max, queue_max=1_000)
        await asyncio.gather(*(lane.submit("shop", Asked(number, "same")) for number in range(count)))
        committed = [request.number for _, batch in counter.batches for request in batch]
        assert committed == list(range(count))
        assert len(counter.batches) == -(-count // batch_max)

    asyncio.run(run())


async def test_nobody_is_answered_before_the_commit() -> None:
    counter = Counter()
    counter.door.clear()
    lane = BatchLane(counter.commit, batch_max=10, queue_max=10)
    answer = lane.submit("shop", Asked(0, "a"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not answer.done()
    counter.door.set()
    assert await answer == 0
    assert counter.committed == {0}


async def test_what_arrives_during_a_commit_gathers_into_the_next() -> None:
    counter = Counter()
    counter.door.clear()
    lane = BatchLane(counter.commit, batch_max=100, queue_max=100)
    answers = [lane.submit("shop", Asked(0, "a"))]
    await asyncio.sleep(0)
    answers += [lane.submit("shop", Asked(number, "a")) for number in range(1, 50)]
    counter.door.set()
    await asyncio.gather(*answers)
    assert [len(batch) for _, batch in counter.batches] == [1, 49]


async def test_a_full_queue_refuses_at_once_and_only_its_own_shop() -> None:
    counter = Counter()
    counter.door.clear()
    lane = BatchLane(counter.commit, batch_max=1, queue_max=3)
    answers = [lane.submit("shop", Asked(0, "a"))]
    await asyncio.sleep(0)  # the first is being committed and waits no more
    answers += [lane.submit("shop", Asked(number, "a")) for number in (1, 2, 3)]
    with pytest.raises(QueueFull):
        lane.submit("shop", Asked(4, "a"))
    answers.append(lane.submit("another shop", Asked(5, "a")))
    counter.door.set()
    assert await asyncio.gather(*answers) == [0, 1, 2, 3, 5]
    assert await lane.submit("shop", Asked(6, "a")) == 6


async def test_a_failed_commit_is_told_to_everyone_who_waits_for_it_and_to_nobody_else() -> None:
    failures = iter([True, False])

    async def commit(_: str, batch: Sequence[Asked]) -> list[int]:
        if next(failures):
            raise OSError("the disk is gone")
        return [request.number for request in batch]

    lane = BatchLane(commit, batch_max=3, queue_max=10)
    answers = await asyncio.gather(
        *(lane.submit("shop", Asked(number, "a")) for number in range(5)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [OSError, OSError, OSError, int, int]
    await lane.drain()


async def test_a_commit_with_the_wrong_number_of_answers_leaves_nobody_waiting() -> None:
    async def commit(_: str, batch: Sequence[Asked]) -> list[int]:
        return [request.number for request in batch[1:]]

    lane = BatchLane(commit, batch_max=3, queue_max=10)
    asked = [lane.submit("shop", Asked(number, "a")) for number in range(5)]
    done, waiting = await asyncio.wait(asked, timeout=5)
    assert not waiting
    assert all(answer.exception() for answer in done)


async def test_a_buyer_who_left_disturbs_no_other() -> None:
    counter = Counter()
    counter.door.clear()
    lane = BatchLane(counter.commit, batch_max=10, queue_max=10)
    answers = [lane.submit("shop", Asked(number, "a")) for number in range(3)]
    answers[1].cancel()
    counter.door.set()
    assert await answers[0] == 0
    assert await answers[2] == 2
    await lane.drain()
