"""What a bench is, and how a run goes through several of them."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.machine import describe_machine
from bench.platform_under_test import postgres_server
from bench.report import Report, Section


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What every bench of a run may use."""

    server_url: str
    """libpq URL of a PostgreSQL on which a bench makes databases of its own; "" for one that needs none."""
    step: Callable[[str], None]
    """Tells the watcher what is being done now."""
    foundation: Path | None = None
    """A checkout of the commit that the order lane is held against; None: it is taken out of git."""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to measure. `run` raises when it cannot measure; it never returns a number it did not see."""

    name: str
    what: str
    run: Callable[[Surroundings], tuple[Section, ...]]
    needs_postgres: bool = True


def choose(benches: Sequence[Bench], names: Sequence[str]) -> list[Bench]:
    """The named benches in the list's order, all when none is named. Raises ValueError for unknown names."""
    unknown = set(names) - {bench.name for bench in benches}
    if unknown:
        known = ", ".join(bench.name for bench in benches)
        raise ValueError(f"no bench is called {', '.join(sorted(unknown))}; there are: {known}")
    return [bench for bench in benches if not names or bench.name in names]


def run_benches(benches: Sequence[Bench], console: Console, foundation: Path | None = None) -> Report:
    """Run one after the other. A bench that fails is named with its reason and does not end the run.

    Raises RuntimeError when another run is under way here, psycopg.Error when PostgreSQL does not answer.
    """
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"), TimeElapsedColumn()
    )  # fmt: skip
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(*columns, console=console, transient=True))
        task = progress.add_task("bench", total=len(benches), now="looking at the machine")
        needs_postgres = any(bench.needs_postgres for bench in benches)
        server_url = stack.enter_context(postgres_server()) if needs_postgres else ""
        machine = describe_machine(server_url or None)
        measured_at = datetime.now(UTC)
        surroundings = Surroundings(
            server_url=server_url, step=lambda text: progress.update(task, now=text), foundation=foundation
        )
        sections: list[Section] = []
        failures: dict[str, str] = {}
        for bench in benches:
            progress.update(task, description=bench.name, now=bench.what)
            try:
                sections.extend(bench.run(surroundings))
            except Exception as error:  # one failed bench must not cost the numbers of the others
                failures[bench.name] = f"{type(error).__name__}: {error}"
            progress.advance(task)
        progress.update(task, description="bench", now="stopping PostgreSQL")
        return Report(measured_at=measured_at, machine=machine, sections=tuple(sections), failures=failures)
