"""The order lane over HTTP on one hot SKU: every order durable, with token check, limit, hold and outbox.

Rounds alternate: the lane, then the empty endpoint of the same server, for each number of connections, then
PostgreSQL's own batched insert. A machine that is slow for a while is slow for neighbours alike, so that ratios
hold where rates waver.
"""

from collections.abc import Callable

import msgspec

from bench.attempts import attempts
from bench.frame import Surroundings
from bench.load import LoadResult, LoadSpec, run_load_apart
from bench.machine import postgres_cpu_s, session_cpu_s
from bench.platform_under_test import (
    PlatformUnderTest,
    platform_under_test,
    require_durable,
    scratch_database,
)
from bench.postgres_insert import BATCH_ROWS, InsertResult, measure_insert
from bench.report import Figure, Ratio, Section, latency_figures, load_figures, median_figure
from bench.sales import Sales, count_placed, read_sales, require_right
from bench.served import EMPTY_PATH
from tests.small_world import SmallWorld, make_small_world

PIECES = 10_000_000
LIMIT_PER_BUYER = 5
ORDERS_PER_S_AIM = 6_000
EMPTY_RATIO_AIM = 0.5
WARM_UP_SECONDS = 1.0


class LaneShape(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much. Requests are built before a round; the two bounds say how many there can be."""

    connections: tuple[int, ...] = (64, 256)
    rounds: int = 5
    seconds: float = 3.0
    insert_seconds: float = 2.0
    orders_max: int = 60_000
    empty_max: int = 400_000


class LaneRounds(msgspec.Struct):
    """What was seen with one number of connections, round by round."""

    lane: list[LoadResult] = []
    empty: list[LoadResult] = []
    server_cores: list[float] = []
    """Used by the web process while it took orders."""
    postgres_cores: list[float] = []
    """The same of PostgreSQL; empty where it runs on another machine."""


class LaneResult(msgspec.Struct, frozen=True, kw_only=True):
    """All rounds by number of connections, PostgreSQL's own inserts, and what the tables held afterwards."""

    at: dict[int, LaneRounds]
    inserts: list[InsertResult]
    answered: int
    """Buyers who were told that they have an order, the warm-up's included."""
    sales: Sales


def run_order_lane(surroundings: Surroundings) -> tuple[Section, ...]:
    """The bench. Raises NotDurableError, SalesWrongError, and RuntimeError when a process fails."""
    shape = LaneShape()
    surroundings.step("starting the platform")
    with scratch_database(surroundings.server_url) as database_url:
        require_durable(database_url)
        with platform_under_test(database_url) as platform:
            result = measure_order_lane(platform, shape, surroundings.step)
    return sections_of(result)


def measure_order_lane(platform: PlatformUnderTest, shape: LaneShape, step: Callable[[str], None]) -> LaneResult:
    """All rounds, and the look into the tables after them. Raises as `run_order_lane`."""
    world = platform.in_database(
        lambda database: make_small_world(database, pieces=PIECES, limit_per_buyer=LIMIT_PER_BUYER)
    )
    crowd = _Crowd(platform, world, shape)
    step("warming up")
    placed = [crowd.order(shape.connections[-1], WARM_UP_SECONDS)]
    at = {connections: LaneRounds() for connections in shape.connections}
    inserts: list[InsertResult] = []
    for number in range(1, shape.rounds + 1):
        for connections, rounds in at.items():
            step(f"round {number} of {shape.rounds}, {connections} connections")
            crowd.one_round(connections, rounds)
        step(f"round {number} of {shape.rounds}, PostgreSQL's own inserts")
        inserts.append(measure_insert(platform.database_url, seconds=shape.insert_seconds))
    step("counting in the tables")
    placed += [result for rounds in at.values() for result in rounds.lane]
    answered = count_placed(placed)
    sales = read_sales(platform, world)
    require_right(
        sales, pieces=PIECES, answered=answered, lost=sum(each.broken + each.unanswered for each in placed)
    )
    return LaneResult(at=at, inserts=inserts, answered=answered, sales=sales)


def sections_of(result: LaneResult) -> tuple[Section, ...]:
    """What a reader is shown: one section per number of connections, then what they are held against."""
    return (*(_lane_section(connections, rounds) for connections, rounds in result.at.items()), _told(result))


class _Crowd:
    """Sends rounds to one server; no buyer and no key comes twice."""

    def __init__(self, platform: PlatformUnderTest, world: SmallWorld, shape: LaneShape) -> None:
        self._platform = platform
        self._world = world
        self._shape = shape
        self._next_number = 1

    def one_round(self, connections: int, rounds: LaneRounds) -> None:
        """Orders, then as many seconds of empty requests."""
        platform = self._platform
        server_s = session_cpu_s(platform.process_id)
        postgres_s = postgres_cpu_s(platform.database_url)
        result = self.order(connections, self._shape.seconds)
        rounds.lane.append(result)
        rounds.server_cores.append((session_cpu_s(platform.process_id) - server_s) / result.wall_s)
        postgres_after_s = postgres_cpu_s(platform.database_url)
        if postgres_s is not None and postgres_after_s is not None:
            rounds.postgres_cores.append((postgres_after_s - postgres_s) / result.wall_s)
        rounds.empty.append(self._ask_nothing(connections))

    def order(self, connections: int, seconds: float) -> LoadResult:
        """One piece for each of very many buyers."""
        spec = attempts(
            self._platform,
            self._world,
            first_number=self._next_number,
            requests=self._shape.orders_max,
            connections=connections,
            seconds=seconds,
        )
        self._next_number += self._shape.orders_max
        return run_load_apart(spec)

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


def _lane_section(connections: int, rounds: LaneRounds) -> Section:
    key, empty_key = f"order_lane.{connections}", f"empty.{connections}"
    figures = [
        *load_figures(key, rounds.lane, "orders", aim=ORDERS_PER_S_AIM),
        median_figure(f"{key}.server_cores", "web process's CPU", rounds.server_cores, "cores", decimals=2),
    ]
    if rounds.postgres_cores:
        figures.append(
            median_figure(f"{key}.postgres_cores", "PostgreSQL's CPU", rounds.postgres_cores, "cores", decimals=2)
        )
    empty = [result.requests_per_s for result in rounds.empty]
    figures.append(median_figure(f"{empty_key}.requests_per_s", "empty endpoint: rate", empty, "requests/s"))
    return Section(
        title=f"Order lane, one hot SKU, {connections} connections",
        figures=tuple(figures),
        ratios=(
            Ratio(
                label="of the empty endpoint's rate",
                of=f"{key}.orders_per_s",
                to=f"{empty_key}.requests_per_s",
                aim=EMPTY_RATIO_AIM,
            ),
            Ratio(
                label="of PostgreSQL's own batched insert",
                of=f"{key}.orders_per_s",
                to="postgres_insert.orders_per_s",
            ),
        ),
    )


def _told(result: LaneResult) -> Section:
    """The reference, and what the tables told."""
    cores = [(each.cpu_user_s + each.cpu_system_s) / each.wall_s for each in result.inserts]
    sales = result.sales
    return Section(
        title="PostgreSQL's own batched insert (the reference), and the tables afterwards",
        figures=(
            median_figure(
                "postgres_insert.orders_per_s",
                "batched insert: rate",
                [each.orders_per_s for each in result.inserts],
                "orders/s",
            ),
            *latency_figures("postgres_insert.batch", [each.batch_latency for each in result.inserts]),
            median_figure("postgres_insert.client_cores", "its client's own CPU", cores, "cores", decimals=2),
            Figure(key="order_lane.answered", label="buyers told that they have an order", value=result.answered),
            Figure(key="order_lane.orders", label="orders in the database", value=sales.orders),
            Figure(key="order_lane.held", label="pieces that the stock row holds for them", value=sales.held),
        ),
        notes=(
            f"The batched insert is one connection, {BATCH_ROWS} rows per transaction: one stock row taken, orders"
            " inserted, no token, limit, hold, lines or outbox. Its latencies are those of a batch.",
            "After the rounds of the lane the tables were counted: orders, distinct buyers, order lines, outbox"
            " events, pieces counted towards the limits and pieces held are one number, equal to the answers of"
            f" status 201{_lost(sales.orders - result.answered)}; what is left and what is held make"
            " what was there.",
        ),
    )


def _lost(unanswered_orders: int) -> str:
    return f" plus {unanswered_orders} whose buyer's connection was lost" if unanswered_orders else ""
