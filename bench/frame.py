"""What a bench is, and how a run goes through several of them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.machine import describe_machine
from bench.report import Report, Section


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What every bench of a run may use."""

    database_url: str | None
    console: Console
    step: Callable[[str], None]
    """Tells the watcher what is being done now."""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to measure. `run` raises when it cannot measure; it never returns a number it did not see."""

    name: str
    what: str
    run: Callable[[Surroundings], Section]
    needs_database: bool = False


def choose(benches: Sequence[Bench], names: Sequence[str]) -> list[Bench]:
    """The named benches in the list's order, all when none is named. Raises ValueError for unknown names."""
    unknown = set(names) - {bench.name for bench in benches}
    if unknown:
        known = ", ".join(bench.name for bench in benches)
        raise ValueError(f"no bench is called {', '.join(sorted(unknown))}; there are: {known}")
    return [bench for bench in benches if not names or bench.name in names]


def run_benches(benches: Sequence[Bench], database_url: str | None, console: Console) -> Report:
    """Run one after the other. A bench that fails is named with its reason and does not end the run."""
    machine = describe_machine(database_url)
    measured_at = datetime.now(UTC)
    sections: list[Section] = []
    failures: dict[str, str] = {}
    now = TextColumn("{task.fields[now]}")
    columns = (TextColumn("{task.description}"), BarColumn(), now, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("bench", total=len(benches), now="")
        for bench in benches:
            progress.update(task, description=bench.name, now=bench.what)
            if bench.needs_database and database_url is None:
                failures[bench.name] = "no DATABASE_URL"
            else:
                surroundings = Surroundings(
                    database_url=database_url,
                    console=console,
                    step=lambda text: progress.update(task, now=text),
                )
                try:
                    sections.append(bench.run(surroundings))
                except Exception as error:  # one failed bench must not cost the numbers of the others
                    failures[bench.name] = f"{type(error).__name__}: {error}"
            progress.advance(task)
    return Report(measured_at=measured_at, machine=machine, sections=tuple(sections), failures=failures)
