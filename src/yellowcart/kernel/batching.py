"""Group commit for a crowd: while one set of requests commits, the next gathers; nobody waits on a timer.

A `BatchLane` keeps a queue per key (a shop, a room). One worker per key takes what has gathered, hands it to
`commit` and answers every waiting request with its own result only after that returned. A full queue refuses
at once, so that a crowd is told to wait instead of waiting in memory.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from yellowcart.kernel.errors import TooMany
from yellowcart.kernel.translation import N_

Key = TypeVar("Key", bound=Hashable)
Request = TypeVar("Request")
Result = TypeVar("Result")


class QueueFull(TooMany):
    """More is waiting than the platform promises to answer soon."""

    code = "queue_full"
    message = N_("Very many people are here at this moment. Please try again in a second.")


class BatchLane(Generic[Key, Request, Result]):
    """Requests that are committed in sets, in order of arrival within their key."""

    def __init__(
        self,
        commit: Callable[[Key, Sequence[Request]], Awaitable[Sequence[Result]]],
        *,
        batch_max: int,
        queue_max: int,
        holds_back: Callable[[Request], Hashable] | None = None,
    ) -> None:
        """`holds_back` names what may stand in a batch only once (a buyer): a second request of the same name
        waits for the next batch, so that a set never has to judge two requests that depend on each other."""
        self._commit = commit
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._holds_back = holds_back
        self._queues: dict[Key, deque[tuple[Request, asyncio.Future[Result]]]] = {}
        self._workers: dict[Key, asyncio.Task[None]] = {}

    def submit(self, key: Key, request: Request) -> "asyncio.Future[Result]":
        """Join the queue of `key`; the future is answered after the commit. Raises QueueFull."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = deque()
        if len(queue) >= self._queue_max:
            raise QueueFull
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        queue.append((request, answer))
        if key not in self._workers:
            self._workers[key] = asyncio.create_task(self._work(key, queue))
        return answer

    async def drain(self) -> None:
        """Wait until everything that was submitted is answered."""
        while self._workers:
            await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def _work(self, key: Key, queue: deque[tuple[Request, asyncio.Future[Result]]]) -> None:
        try:
            while queue:
                await self._commit_batch(key, self._take(queue))
                # One turn of the loop, so that those who were just answered and come again join this batch.
                await asyncio.sleep(0)
        finally:
            del self._workers[key]
            if queue:
                self._workers[key] = asyncio.create_task(self._work(key, queue))
            else:
                self._queues.pop(key, None)

    def _take(
        self, queue: deque[tuple[Request, asyncio.Future[Result]]]
    ) -> list[tuple[Request, asyncio.Future[Result]]]:
        taken: list[tuple[Request, asyncio.Future[Result]]] = []
        seen: set[Hashable] = set()
        back: list[tuple[Request, asyncio.Future[Result]]] = []
        while queue and len(taken) < self._batch_max:
            entry = queue.popleft()
            if self._holds_back is not None:
                name = self._holds_back(entry[0])
                if name in seen:
                    back.append(entry)
                    continue
                seen.add(name)
            taken.append(entry)
        queue.extendleft(reversed(back))
        return taken

    async def _commit_batch(self, key: Key, batch: list[tuple[Request, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._commit(key, [request for request, _ in batch])
        except Exception as error:
            self._fail(batch, error)
            return
        if len(results) != len(batch):
            self._fail(batch, RuntimeError(f"{len(results)} answers for {len(batch)} requests"))
            return
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)

    @staticmethod
    def _fail(batch: list[tuple[Request, asyncio.Future[Result]]], error: Exception) -> None:
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(error)
