"""Ids never repeat, always grow, fit into a JavaScript number, and tell the time but not the count."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yellowcart.kernel import ids
from yellowcart.kernel.ids import EPOCH_TICKS, LARGEST_ID, NODES, SEQUENCES, TICK_NS, IdSequence, OrderId


def tick_of(number: int) -> int:
    """The tick that an id names."""
    return number // (NODES * SEQUENCES)


def node_of(number: int) -> int:
    """The node that made an id."""
    return number // SEQUENCES % NODES


def make_ids(node: int, count: int) -> list[int]:
    """Ids of one node; for another process."""
    sequence = IdSequence(node)
    return [sequence.next() for _ in range(count)]


class SystemTime:
    """The machine's clock of a test."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def time_ns(self) -> int:
        """As time.time_ns."""
        return self.now_ns


@pytest.fixture
def system_time(monkeypatch: pytest.MonkeyPatch) -> SystemTime:
    """A clock that only the test moves."""
    made = SystemTime(time.time_ns())
    monkeypatch.setattr(time, "time_ns", made.time_ns)
    return made


@given(
    steps=st.lists(st.integers(min_value=-3_600 * 10**9, max_value=60 * 10**9), min_size=1, max_size=60),
    burst=st.integers(min_value=1, max_value=1_200),
    node=st.integers(min_value=0, max_value=NODES - 1),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_grow_however_the_clock_steps(
    system_time: SystemTime, steps: list[int], burst: int, node: int
) -> None:
    sequence = IdSequence(node)
    made: list[int] = []
    for step in steps:
        system_time.now_ns += step
        made += [sequence.next() for _ in range(burst)]
    assert all(before < after for before, after in pairwise(made))
    assert made[-1] <= LARGEST_ID
    assert {node_of(number) for number in made} == {node}


def test_ids_of_different_nodes_never_meet_over_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make_ids, range(8), [20_000] * 8))
    assert len({number for each in made for number in each}) == 160_000


def test_ids_of_different_nodes_never_meet_over_processes() -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.starmap(make_ids, [(node, 20_000) for node in (3, 4, 5, 6)])
    assert len({number for each in made for number in each}) == 80_000


def test_an_id_tells_when_it_was_made(system_time: SystemTime) -> None:
    sequence = IdSequence(0)
    for seconds in (1, 60, 3_600, 86_400):
        system_time.now_ns += seconds * 10**9
        assert tick_of(sequence.next()) == system_time.now_ns // TICK_NS - EPOCH_TICKS


def test_ids_of_a_later_process_are_larger(system_time: SystemTime) -> None:
    first = make_ids(9, 100)
    system_time.now_ns += TICK_NS
    assert min(make_ids(2, 100)) > max(first)


def test_a_process_that_takes_over_a_node_repeats_nothing_of_the_last_tick(system_time: SystemTime) -> None:
    for _ in range(20):
        system_time.now_ns += 10 * TICK_NS
        first = make_ids(1, 1)
        system_time.now_ns += TICK_NS
        assert tick_of(first[0]) == system_time.now_ns // TICK_NS - EPOCH_TICKS
        assert min(make_ids(1, 1_000)) > first[0]


def test_two_ids_do_not_tell_how_many_lie_between(system_time: SystemTime) -> None:
    sequence = IdSequence(0)
    starts: set[int] = set()
    for _ in range(200):
        system_time.now_ns += TICK_NS
        starts.add(sequence.next() % SEQUENCES)
    assert len(starts) > 100, "the sequence of a tick starts anywhere"


def test_the_last_id_of_the_century_is_a_safe_javascript_number(system_time: SystemTime) -> None:
    system_time.now_ns = 4_102_444_799 * 10**9  # 2099-12-31 23:59:59 UTC
    assert max(make_ids(NODES - 1, 3_000)) <= LARGEST_ID == 2**53 - 1


@pytest.mark.parametrize("node", [-1, NODES])
def test_a_node_is_one_of_thirty_two(node: int) -> None:
    with pytest.raises(ValueError, match="node"):
        IdSequence(node)


async def test_every_process_leases_a_node_of_its_own_until_none_is_left(
    postgres_url: str, database_url: str
) -> None:
    connections = [await psycopg.AsyncConnection.connect(database_url, autocommit=True) for _ in range(NODES + 1)]
    try:
        leased = [await ids.lease_node(connection) for connection in connections[:NODES]]
        assert sorted(leased) == list(range(NODES))
        with pytest.raises(RuntimeError, match="nodes are leased"):
            await ids.lease_node(connections[NODES])
        await connections[7].close()
        assert await ids.lease_node(connections[NODES]) == leased[7]
    finally:
        for connection in connections:
            await connection.close()


def test_no_id_is_made_before_a_node_is_leased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_sequence", None)
    with pytest.raises(RuntimeError, match="open the database first"):
        ids.new_id(OrderId)
