"""The order lane over HTTP on one hot SKU: every order durable, with token, price, address, limit and
outbox.

Rounds alternate, for each number of connections: plain orders (usual price, no coupon), orders with everything
(special price with quota, coupon, freight, note), the same with a second coupon, the foundation's lane where its
commit is at hand, and the empty endpoint of the same server; then PostgreSQL's own batched insert. A machine that
is slow for a while is slow for neighbours alike, so that ratios hold where rates waver.
"""

from collections.abc import Callable
from contextlib import ExitStack

from bench.attempts import attempts
from bench.foundation import COMMIT, Foundation, foundation_checkout, foundation_under_test
from bench.frame import Surroundings
from bench.load import LoadResult, LoadSpec, run_load_apart
from bench.machine import postgres_cpu_s, session_cpu_s, spent_s
from bench.order_lane_figures import sections_of
from bench.order_lane_rounds import LaneResult, LaneRounds, LaneShape, OrderRounds
from bench.platform_under_test import (
    PlatformUnderTest,
    platform_under_test,
    require_durable,
    scratch_database,
)
from bench.postgres_insert import InsertResult, measure_insert
from bench.promoted import FIRST_NUMBER, Promoted, prepare_promoted, read_used_up, require_used_up
from bench.report import Section
from bench.sales import Sales, count_placed, read_sales, require_right
from bench.served import EMPTY_PATH
from tests.small_world import SmallWorld, make_small_world

PIECES = 10_000_000
LIMIT_PER_BUYER = 5
WARM_UP_SECONDS = 1.0
NOT_IN_CLONE = f"not measured: the commit {COMMIT[:7]} is not in this clone"


def run_order_lane(surroundings: Surroundings) -> tuple[Section, ...]:
    """The bench. Raises NotDurableError, SalesWrongError, and RuntimeError when a process fails."""
    shape = LaneShape()
    surroundings.step("starting the platform")
    checkout = foundation_checkout(surroundings.foundation)
    with ExitStack() as stack:
        database_url = stack.enter_context(scratch_database(surroundings.server_url))
        require_durable(database_url)
        platform = stack.enter_context(platform_under_test(database_url))
        foundation = None
        if checkout is not None:
            surroundings.step("starting the foundation")
            foundation = stack.enter_context(
                foundation_under_test(
                    surroundings.server_url, checkout, pieces=PIECES, limit_per_buyer=LIMIT_PER_BUYER
                )
            )
        result = measure_order_lane(platform, shape, surroundings.step, foundation)
    return sections_of(result)


def measure_order_lane(
    platform: PlatformUnderTest,
    shape: LaneShape,
    step: Callable[[str], None],
    foundation: Foundation | None = None,
) -> LaneResult:
    """All rounds, and the look into the tables after them. Raises as `run_order_lane`."""
    step("preparing buyers with coupons")
    world = platform.in_database(
        lambda database: make_small_world(database, pieces=PIECES, limit_per_buyer=LIMIT_PER_BUYER)
    )
    promoted = platform.in_database(
        lambda database: prepare_promoted(
            database, pieces=PIECES, limit_per_buyer=LIMIT_PER_BUYER, buyers=shape.promoted_buyers
        )
    )
    crowd = _Crowd(platform, world, promoted, foundation, shape)
    step("warming up")
    crowd.warm_up()
    at = {
        connections: LaneRounds(foundation=OrderRounds() if foundation else None)
        for connections in shape.connections
    }
    inserts: list[InsertResult] = []
    for number in range(1, shape.rounds + 1):
        for connections, rounds in at.items():
            step(f"round {number} of {shape.rounds}, {connections} connections")
            crowd.one_round(connections, rounds)
        step(f"round {number} of {shape.rounds}, PostgreSQL's own inserts")
        inserts.append(measure_insert(platform.database_url, seconds=shape.insert_seconds))
    step("counting in the tables")
    return crowd.counted(at, inserts)


class _Crowd:
    """Sends rounds to the servers; no buyer and no key comes twice."""

    def __init__(
        self,
        platform: PlatformUnderTest,
        world: SmallWorld,
        promoted: Promoted,
        foundation: Foundation | None,
        shape: LaneShape,
    ) -> None:
        self._platform = platform
        self._world = world
        self._promoted = promoted
        self._foundation = foundation
        self._shape = shape
        self._next_number = 1
        self._next_promoted = FIRST_NUMBER
        self._plain: list[LoadResult] = []
        self._everything: list[LoadResult] = []
        self._before: list[LoadResult] = []

    def warm_up(self) -> None:
        """A second of each kind."""
        connections = self._shape.connections[-1]
        self.order(connections, WARM_UP_SECONDS)
        self.order_everything(connections, WARM_UP_SECONDS)
        if self._foundation is not None:
            self.order_at_foundation(self._foundation, connections, WARM_UP_SECONDS)

    def one_round(self, connections: int, rounds: LaneRounds) -> None:
        """Orders of each kind, then as many seconds of empty requests."""
        seconds = self._shape.seconds
        self._watch(self._platform, rounds.plain, lambda: self.order(connections, seconds))
        self._watch(self._platform, rounds.everything, lambda: self.order_everything(connections, seconds))
        self._watch(
            self._platform, rounds.both_coupons, lambda: self.order_everything(connections, seconds, both=True)
        )
        foundation = self._foundation
        if foundation is not None and rounds.foundation is not None:
            self._watch(
                foundation.platform,
                rounds.foundation,
                lambda: self.order_at_foundation(foundation, connections, seconds),
            )
        rounds.empty.append(self._ask_nothing(connections))

    def order(self, connections: int, seconds: float) -> LoadResult:
        """One piece at the usual price for each of very many buyers."""
        spec = attempts(
            self._platform,
            self._world,
            first_number=self._next_number,
            requests=self._shape.orders_max,
            connections=connections,
            seconds=seconds,
        )
        self._next_number += self._shape.orders_max
        self._plain.append(run_load_apart(spec))
        return self._plain[-1]

    def order_everything(self, connections: int, seconds: float, *, both: bool = False) -> LoadResult:
        """One piece at the special price, with the shop's coupon or with both, for each of very many buyers."""
        spec = self._promoted.attempts(
            self._platform,
            first_number=self._next_promoted,
            requests=self._shape.promoted_max,
            connections=connections,
            seconds=seconds,
            both=both,
        )
        self._next_promoted += self._shape.promoted_max
        self._everything.append(run_load_apart(spec))
        return self._everything[-1]

    def order_at_foundation(self, foundation: Foundation, connections: int, seconds: float) -> LoadResult:
        """One piece at the usual price, asked of the foundation."""
        spec = foundation.attempts(
            first_number=self._next_number,
            requests=self._shape.orders_max,
            connections=connections,
            seconds=seconds,
        )
        self._next_number += self._shape.orders_max
        self._before.append(run_load_apart(spec))
        return self._before[-1]

    def counted(self, at: dict[int, LaneRounds], inserts: list[InsertResult]) -> LaneResult:
        """What the tables hold, which must agree with every answer. Raises SalesWrongError."""
        url = self._platform.database_url
        everything = _agreed(url, self._promoted.world, self._everything)
        used_up = read_used_up(url, self._promoted)
        require_used_up(used_up, everything, self._promoted.buyers)
        if self._foundation is not None:
            _agreed(self._foundation.platform.database_url, self._foundation.world, self._before)
        return LaneResult(
            at=at,
            inserts=inserts,
            answered=count_placed(self._plain),
            answered_everything=count_placed(self._everything),
            sales=_agreed(url, self._world, self._plain),
            sales_everything=everything,
            used_up=used_up,
            foundation_note=None if self._foundation is not None else NOT_IN_CLONE,
        )

    def _watch(self, platform: PlatformUnderTest, rounds: OrderRounds, order: Callable[[], LoadResult]) -> None:
        server_s = session_cpu_s(platform.process_id)
        postgres_s = postgres_cpu_s(platform.database_url)
        result = order()
        rounds.results.append(result)
        rounds.server_cores.append((session_cpu_s(platform.process_id) - server_s) / result.wall_s)
        postgres_after_s = postgres_cpu_s(platform.database_url)
        if postgres_s is not None and postgres_after_s is not None:
            rounds.postgres_cores.append(spent_s(postgres_s, postgres_after_s) / result.wall_s)

    def _ask_nothing(self, connections: int) -> LoadResult:
        return run_load_apart(
            LoadSpec(
                port=self._platform.port,
                path=EMPTY_PATH,
                connections=connections,
                requests=self._shape.empty_max,
                seconds=self._shape.seconds,
            )
        )


def _agreed(database_url: str, world: SmallWorld, placed: list[LoadResult]) -> Sales:
    sales = read_sales(database_url, world)
    require_right(
        sales,
        pieces=PIECES,
        answered=count_placed(placed),
        lost=sum(each.broken + each.unanswered for each in placed),
    )
    return sales
