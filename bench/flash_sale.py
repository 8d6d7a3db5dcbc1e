"""2,000 buyers want one piece each of a product with 500: exactly 500 are sold, everybody else is told why.

Every round is another product, and all buyers' connections are open before the first of them presses.
"""

import msgspec

from bench.attempts import attempts
from bench.frame import Surroundings
from bench.load import LoadResult, run_load_apart
from bench.platform_under_test import (
    PlatformUnderTest,
    platform_under_test,
    require_durable,
    scratch_database,
)
from bench.report import Figure, Section, latency_figures, median_figure
from bench.sales import SalesWrongError, count_placed, read_sales, require_right
from tests.small_world import make_small_world

SECONDS_MAX = 60.0


class SaleShape(msgspec.Struct, frozen=True, kw_only=True):
    """How many want how much."""

    attempts: int = 2_000
    pieces: int = 500
    connections: int = 2_000
    rounds: int = 5


def run_flash_sale(surroundings: Surroundings) -> tuple[Section, ...]:
    """The bench. Raises NotDurableError, SalesWrongError, and RuntimeError when a process fails."""
    shape = SaleShape()
    surroundings.step("starting the platform")
    with scratch_database(surroundings.server_url) as database_url:
        require_durable(database_url)
        with platform_under_test(database_url) as platform:
            rounds = []
            for number in range(1, shape.rounds + 1):
                surroundings.step(f"sale {number} of {shape.rounds}")
                rounds.append(hold_sale(platform, shape))
    return (_section(shape, rounds),)


def hold_sale(platform: PlatformUnderTest, shape: SaleShape) -> LoadResult:
    """One sale of a fresh product, and the look into its tables. Raises SalesWrongError."""
    world = platform.in_database(
        lambda database: make_small_world(database, pieces=shape.pieces, limit_per_buyer=1)
    )
    spec = attempts(
        platform,
        world,
        first_number=1,
        requests=shape.attempts,
        connections=shape.connections,
        seconds=SECONDS_MAX,
    )
    result = run_load_apart(spec)
    sold = count_placed([result])
    if (result.answered, sold) != (shape.attempts, min(shape.pieces, shape.attempts)):
        raise SalesWrongError(
            f"{shape.attempts} attempts on {shape.pieces} pieces were answered {result.statuses}"
        )
    if sum(result.refusals.values()) != shape.attempts - sold:
        raise SalesWrongError(f"{shape.attempts - sold} were refused, but told: {result.refusals}")
    require_right(read_sales(platform.database_url, world), pieces=shape.pieces, answered=sold)
    return result


def _section(shape: SaleShape, rounds: list[LoadResult]) -> Section:
    key = "flash_sale"
    walls_ms = [each.wall_s * 1000 for each in rounds]
    cores = [(each.cpu_user_s + each.cpu_system_s) / each.wall_s for each in rounds]
    codes = sorted({code for each in rounds for code in each.refusals})
    return Section(
        title=f"Flash sale: {shape.attempts:,} attempts on {shape.pieces:,} pieces",
        figures=(
            median_figure(f"{key}.sold", "sold", [each.statuses.get(201, 0) for each in rounds]),
            *(
                median_figure(f"{key}.{code}", f"refused: {code}", [each.refusals.get(code, 0) for each in rounds])
                for code in codes
            ),
            Figure(
                key=f"{key}.lost",
                label="broken or unanswered, all rounds",
                value=sum(each.broken + each.unanswered for each in rounds),
            ),
            median_figure(f"{key}.wall_ms", "from the first press to the last answer", walls_ms, "ms"),
            *latency_figures(key, [each.latency for each in rounds]),
            median_figure(f"{key}.generator_cores", "load generator's own CPU", cores, "cores", decimals=2),
        ),
        notes=(
            f"{len(rounds)} sales, each of a fresh product, {shape.connections:,} connections, one attempt of each"
            " buyer.",
            "After each sale the tables were counted: as many orders, lines, events and held pieces as answers of"
            " status 201, each of another buyer, and nothing left in stock.",
        ),
    )
