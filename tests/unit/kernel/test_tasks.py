"""A run of a sweep: it goes on while there is something to do, and ends when its time is up."""

import pytest

from yellowcart.kernel import tasks
from yellowcart.kernel.database import Database
from yellowcart.kernel.setbacks import act_on_each
from yellowcart.kernel.tasks import Queue, time_is_up
from yellowcart.sweeps import register_sweeps

GO_OUTSIDE = {
    "yellowcart.catalog.imports.timers.fetch_pictures",
    "yellowcart.parcels.timers.ask_tracking_sources",
    "yellowcart.payments.timers.ask_for_silent_payments",
    "yellowcart.payments.timers.carry_out_refunds",
    "yellowcart.payments.timers.compare_bills",
    "yellowcart.uploads.remove.remove_unused_uploads",
}


async def run(queue: Queue, name: str) -> None:
    """One run of a sweep, as the worker has it."""
    await tasks.apps[queue].tasks[name].func()


@pytest.fixture
def a_sweep(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A sweep that does one thing for each entry of the list; afterwards nobody knows it any more."""
    done: list[bool] = []
    for app in tasks.apps.values():
        monkeypatch.setattr(app, "tasks", dict(app.tasks))
        monkeypatch.setattr(app.periodic_registry, "periodic_tasks", dict(app.periodic_registry.periodic_tasks))
    monkeypatch.setattr(tasks, "_sweeps", dict(tasks._sweeps))
    monkeypatch.setattr(tasks, "_sweep_tasks", dict(tasks._sweep_tasks))

    @tasks.sweep(every_s=5, queue=Queue.OUTSIDE)
    async def ring(_: Database) -> int:
        done.append(time_is_up())
        return 1 if len(done) < 10 else 0

    return done


RING = f"{__name__}.ring"


async def test_a_run_goes_on_until_there_is_nothing_to_do(a_sweep: list[bool]) -> None:
    await run(Queue.OUTSIDE, RING)
    assert a_sweep == [False] * 10


async def test_a_run_whose_time_is_up_ends_with_its_set_and_goes_on_in_the_next(
    a_sweep: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "RUN_S", dict.fromkeys(Queue, 0.0))
    for turn in range(1, 4):
        await run(Queue.OUTSIDE, RING)
        assert a_sweep == [True] * turn
    assert not time_is_up(), "outside of a run there is no hurry"


async def test_a_set_whose_time_is_up_is_left_at_the_row() -> None:
    seen: list[int] = []

    async def act(row: int) -> None:
        seen.append(row)
        if row == 2:
            tasks._run_ends.set(0.0)

    with tasks.a_run(3_600):
        assert await act_on_each("test", [1, 2, 3], act, act) == 2
    assert seen == [1, 2]


def test_sweeps_that_go_outside_and_no_others_stand_in_the_queue_for_it() -> None:
    register_sweeps()
    assert {name for name, task in tasks._sweep_tasks.items() if task.queue == Queue.OUTSIDE} == GO_OUTSIDE
    for queue in Queue:
        planned = {name for name, _ in tasks.apps[queue].periodic_registry.periodic_tasks}
        assert planned == {name for name, task in tasks._sweep_tasks.items() if task.queue == queue.value}
