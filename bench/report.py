"""Collects what a run measured, prints it, and writes the measured block of docs/benchmarks.md.

A figure gets into a report only as a number that this run measured; a ratio is computed here from two such
figures, and says "not measured" when one of them is missing. Whether an aim is reached is said by the numbers,
never written by hand.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table

from bench.latency import LatencySummary
from bench.load import LoadResult
from bench.machine import Machine

BEGIN_MARK = "<!-- measured: begin (written by `python -m bench --write`) -->"
END_MARK = "<!-- measured: end -->"
NOT_MEASURED = "not measured"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number. `key` names it for ratios: "order_lane.256.orders_per_s"."""

    key: str
    label: str
    value: float
    unit: str = ""
    decimals: int = 0
    rounds: tuple[float, ...] = ()
    """The rounds whose median `value` is, in the order of measuring."""
    aim: float | None = None
    """At least so much is wanted."""
    at_most: float | None = None
    """At most so much is wanted."""

    def __str__(self) -> str:
        text = f"{self.value:,.{self.decimals}f} {self.unit}".rstrip()
        text += _range_text(self.rounds, self.decimals) + _aim_text(self.value, self.aim, self.decimals)
        if self.at_most is not None:
            reached = "reached" if self.value <= self.at_most else "not reached"
            text += f"; aim at most {self.at_most:,.{self.decimals}f}: {reached}"
        return text


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """One figure over another of the same run, both by key. Where both have the same rounds, each round is held
    against its neighbour: a machine that is slow for a while is slow for both."""

    label: str
    of: str
    to: str
    aim: float | None = None
    """At least so much is wanted."""


class Grid(msgspec.Struct, frozen=True):
    """Many things measured alike, a line for each: the first column names it, the others are numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Plan(msgspec.Struct, frozen=True):
    """By which plan PostgreSQL reads something, a line for each node."""

    name: str
    lines: tuple[str, ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """What one bench measured, and what a reader must know to judge it."""

    title: str
    figures: tuple[Figure, ...]
    ratios: tuple[Ratio, ...] = ()
    grid: Grid | None = None
    plans: tuple[Plan, ...] = ()
    notes: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run on one machine. `failures` are benches that did not finish, with the reason."""

    measured_at: datetime
    """UTC."""
    machine: Machine
    sections: tuple[Section, ...]
    failures: dict[str, str] = {}


def median_figure(
    key: str, label: str, rounds: Sequence[float], unit: str = "", decimals: int = 0, aim: float | None = None
) -> Figure:
    """The median of several rounds with their range. Raises statistics.StatisticsError for no rounds."""
    return Figure(
        key=key,
        label=label,
        value=median(rounds),
        unit=unit,
        decimals=decimals,
        rounds=tuple(rounds),
        aim=aim,
    )


def latency_figures(key: str, rounds: Sequence[LatencySummary | None]) -> tuple[Figure, ...]:
    """p50, p99 and the slowest of each round in milliseconds, as medians; nothing when a round had no answer."""
    whole = [latency for latency in rounds if latency is not None]
    if not whole or len(whole) < len(rounds):
        return ()
    named = (
        ("p50", [latency.p50_us for latency in whole]),
        ("p99", [latency.p99_us for latency in whole]),
        ("max", [latency.max_us for latency in whole]),
    )
    return tuple(
        median_figure(f"{key}.{name}_ms", name, [micros / 1000 for micros in each], "ms", decimals=2)
        for name, each in named
    )


def load_figures(
    key: str, rounds: Sequence[LoadResult], what: str = "requests", aim: float | None = None
) -> tuple[Figure, ...]:
    """Figures of several rounds of one load: rate, latencies, what was lost, the generator's own CPU."""
    cores = [(each.cpu_user_s + each.cpu_system_s) / each.wall_s for each in rounds]
    lost = sum(each.broken + each.unanswered for each in rounds)
    return (
        median_figure(
            f"{key}.{what}_per_s", "rate", [each.requests_per_s for each in rounds], f"{what}/s", aim=aim
        ),
        *latency_figures(key, [each.latency for each in rounds]),
        Figure(key=f"{key}.lost", label="broken or unanswered, all rounds", value=lost, unit=""),
        median_figure(f"{key}.generator_cores", "load generator's own CPU", cores, "cores", decimals=2),
    )


def figures_by_key(report: Report) -> dict[str, Figure]:
    """All figures of the run. Raises ValueError for a key that was used twice."""
    found: dict[str, Figure] = {}
    for section in report.sections:
        for figure in section.figures:
            if figure.key in found:
                raise ValueError(f"two figures have the key {figure.key!r}")
            found[figure.key] = figure
    return found


def ratio_text(ratio: Ratio, figures: dict[str, Figure]) -> str:
    """The ratio with two decimals, its range and its aim, or "not measured". Raises ValueError for a rate over a
    non-rate."""
    upper, lower = figures.get(ratio.of), figures.get(ratio.to)
    if upper is None or lower is None or lower.value == 0 or 0 in lower.rounds:
        return NOT_MEASURED
    if upper.unit.endswith("/s") != lower.unit.endswith("/s"):
        raise ValueError(f"{ratio.of} in {upper.unit} cannot be compared with {ratio.to} in {lower.unit}")
    pairs: list[float] = []
    if len(upper.rounds) == len(lower.rounds):
        pairs = [above / below for above, below in zip(upper.rounds, lower.rounds, strict=True)]
    value = median(pairs) if pairs else upper.value / lower.value
    return f"{value:.2f}{_range_text(pairs, 2)}{_aim_text(value, ratio.aim, 2)}"


def _range_text(rounds: Sequence[float], decimals: int) -> str:
    return f" ({min(rounds):,.{decimals}f} to {max(rounds):,.{decimals}f})" if len(rounds) > 1 else ""


def _aim_text(value: float, aim: float | None, decimals: int) -> str:
    if aim is None:
        return ""
    return f"; aim at least {aim:,.{decimals}f}: {'reached' if value >= aim else 'not reached'}"


def machine_lines(machine: Machine) -> list[tuple[str, str]]:
    """Label and fact, in the order of reading."""
    memory = NOT_MEASURED if machine.memory_mib is None else f"{machine.memory_mib:,} MiB"
    busy = machine.busy_cores
    lines = [
        ("CPU", f"{machine.cpu_model or 'model not told'}, {machine.cores} cores"),
        ("Memory", memory),
        ("Busy before the run", NOT_MEASURED if busy is None else f"{busy:.2f} cores by other programs"),
        ("Kernel", machine.kernel),
        ("Python", machine.python),
    ]
    if machine.postgres is not None:
        settings = ", ".join(f"{name} {value}" for name, value in machine.postgres.settings.items())
        durable = "" if machine.postgres.is_durable else " (NOT DURABLE)"
        lines.append(("PostgreSQL", f"{machine.postgres.version}; {settings}{durable}"))
    return lines


def print_report(report: Report, console: Console) -> None:
    """Show the run on the terminal, one table per section."""
    figures = figures_by_key(report)
    head = Table(title=f"Measured {report.measured_at:%Y-%m-%d %H:%M} UTC", show_header=False)
    for label, fact in machine_lines(report.machine):
        head.add_row(label, fact)
    console.print(head)
    for section in report.sections:
        table = Table(title=section.title, show_header=False)
        table.add_column()
        table.add_column(justify="right")
        for figure in section.figures:
            table.add_row(figure.label, str(figure))
        for ratio in section.ratios:
            table.add_row(f"[bold]{ratio.label}[/]", f"[bold]{ratio_text(ratio, figures)}[/]")
        console.print(table)
        if section.grid is not None:
            console.print(_grid_table(section.grid))
        for note in section.notes:
            console.print(f"  {note}", markup=False)
    for name, reason in report.failures.items():
        console.print(f"[red]{name} did not finish:[/] ", end="")
        console.print(reason, markup=False)


def _grid_table(grid: Grid) -> Table:
    table = Table()
    for number, column in enumerate(grid.columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=number == 0)
    for row in grid.rows:
        table.add_row(*row)
    return table


def markdown_block(report: Report) -> str:
    """The run as markdown, between the two marks."""
    figures = figures_by_key(report)
    lines = [BEGIN_MARK, "", f"Measured {report.measured_at:%Y-%m-%d %H:%M} UTC in one run.", ""]
    lines += ["| machine | |", "|---|---|"]
    lines += [f"| {label} | {_cell(fact)} |" for label, fact in machine_lines(report.machine)]
    for section in report.sections:
        lines += ["", f"### {section.title}"]
        if section.figures:
            lines += ["", "| figure | value |", "|---|---:|"]
        lines += [f"| {_cell(figure.label)} | {_cell(str(figure))} |" for figure in section.figures]
        lines += [f"| **{_cell(ratio.label)}** | **{ratio_text(ratio, figures)}** |" for ratio in section.ratios]
        if section.grid is not None:
            lines += ["", *_grid_lines(section.grid)]
        if section.notes:
            lines += ["", *(f"- {note}" for note in section.notes)]
        for plan in section.plans:
            lines += ["", f"<details><summary>Plan: {plan.name}</summary>", "", "```text", *plan.lines, "```"]
            lines += ["", "</details>"]
    if report.failures:
        lines += ["", "Did not finish:", ""]
        lines += [f"- {name}: {' '.join(reason.split())}" for name, reason in report.failures.items()]
    return "\n".join([*lines, "", END_MARK])


def _grid_lines(grid: Grid) -> list[str]:
    ruler = ["---", *["---:"] * (len(grid.columns) - 1)]
    return [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in (grid.columns, ruler, *grid.rows)]


def write_block(path: Path, report: Report) -> None:
    """Replace the measured block of the page, leaving the rest as it is.

    A page that does not exist is created with the block alone. Raises ValueError when the marks are not there
    exactly once and in order, so that a hand-written page is never overwritten.
    """
    block = markdown_block(report)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Benchmarks\n\n{block}\n", encoding="utf-8")
        return
    page = path.read_text(encoding="utf-8")
    begin, end = page.find(BEGIN_MARK), page.find(END_MARK)
    if page.count(BEGIN_MARK) != 1 or page.count(END_MARK) != 1 or end < begin:
        raise ValueError(f"{path} needs the lines {BEGIN_MARK!r} and {END_MARK!r} once each, in this order")
    path.write_text(page[:begin] + block + page[end + len(END_MARK) :], encoding="utf-8")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
