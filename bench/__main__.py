"""`python -m bench [name...]`: run the benches, print what they measured; `--write` puts it into the docs."""

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console

from bench.frame import Bench, Surroundings, choose, run_benches
from bench.postgres_insert import measure_insert
from bench.report import Figure, Section, latency_figures, median_figure, print_report, write_block

BENCHMARKS_PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
INSERT_ROUNDS = 3


def _postgres_insert(surroundings: Surroundings) -> Section:
    assert surroundings.database_url is not None
    results = []
    for number in range(1, INSERT_ROUNDS + 1):
        surroundings.step(f"inserting batches of 256, round {number} of {INSERT_ROUNDS}")
        results.append(measure_insert(surroundings.database_url, seconds=4))
    result = results[-1]
    return Section(
        title="PostgreSQL's own batched insert (reference)",
        figures=(
            median_figure(
                "postgres_insert.orders_per_s",
                "rate",
                [each.orders_per_s for each in results],
                "orders/s",
            ),
            Figure(key="postgres_insert.orders", label="orders in the last round", value=result.orders, unit=""),
            *latency_figures("postgres_insert.batch", result.batch_latency),
            Figure(
                key="postgres_insert.client_cores",
                label="client's own CPU",
                value=(result.cpu_user_s + result.cpu_system_s) / result.wall_s,
                unit="cores",
                decimals=2,
            ),
        ),
        notes=(
            f"One connection, {result.batch_rows} rows per transaction: one stock row taken, orders inserted;"
            " latencies are those of a batch, they and the CPU are of the last round.",
        ),
    )


BENCHES: tuple[Bench, ...] = (
    Bench(
        name="postgres_insert",
        what="PostgreSQL's own batched insert",
        run=_postgres_insert,
        needs_database=True,
    ),
)


def main() -> int:
    """Run what the command line asks for. Exit code 1 when a bench did not finish, 2 for a wrong name."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Yellowcart here.")
    parser.add_argument("names", nargs="*", help="benches to run (all when none is named)")
    parser.add_argument("--write", action="store_true", help="write the measured block of docs/benchmarks.md")
    parser.add_argument("--list", action="store_true", help="name the benches and stop")
    arguments = parser.parse_args()
    console = Console()
    if arguments.list:
        for bench in BENCHES:
            console.print(f"{bench.name}: {bench.what}", markup=False)
        return 0
    try:
        chosen = choose(BENCHES, arguments.names)
    except ValueError as error:
        parser.error(str(error))
    report = run_benches(chosen, os.environ.get("DATABASE_URL"), console)
    print_report(report, console)
    if arguments.write:
        write_block(BENCHMARKS_PAGE, report)
        console.print(f"written to {BENCHMARKS_PAGE}", markup=False)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
