"""Collects what a run measured, prints it, and writes the measured block of docs/benchmarks.md.

A figure gets into a report only as a number that this run measured; a ratio is computed here from two such
figures, and says "not measured" when one of them is missing.
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
    unit: str
    decimals: int = 0
    lowest: float | None = None
    highest: float | None = None
    """With `lowest`, the range over the rounds whose median `value` is."""

    def __str__(self) -> str:
        text = f"{self.value:,.{self.decimals}f} {self.unit}".rstrip()
        if self.lowest is None or self.highest is None:
            return text
        return f"{text} ({self.lowest:,.{self.decimals}f} to {self.highest:,.{self.decimals}f})"


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """One figure over another of the same run, both by key."""

    label: str
    of: str
    to: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """What one bench measured, and what a reader must know to judge it."""

    title: str
    figures: tuple[Figure, ...]
    ratios: tuple[Ratio, ...] = ()
    notes: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run on one machine. `failures` are benches that did not finish, with the reason."""

    measured_at: datetime
    """UTC."""
    machine: Machine
    sections: tuple[Section, ...]
    failures: dict[str, str] = {}


def median_figure(key: str, label: str, rounds: Sequence[float], unit: str, decimals: int = 0) -> Figure:
    """The median of several rounds with their range. Raises statistics.StatisticsError for no rounds."""
    return Figure(
        key=key,
        label=label,
        value=median(rounds),
        unit=unit,
        decimals=decimals,
        lowest=min(rounds),
        highest=max(rounds),
    )


def latency_figures(key: str, latency: LatencySummary | None) -> tuple[Figure, ...]:
    """p50, p99 and the slowest in milliseconds; nothing when nothing was answered."""
    if latency is None:
        return ()
    named = (("p50", latency.p50_us), ("p99", latency.p99_us), ("max", latency.max_us))
    return tuple(
        Figure(key=f"{key}.{name}_ms", label=name, value=micros / 1000, unit="ms", decimals=2)
        for name, micros in named
    )


def load_figures(key: str, result: LoadResult, what: str = "requests") -> tuple[Figure, ...]:
    """Figures of one load run: rate, latencies, answers by status and refusal, the generator's own CPU."""
    lost = result.broken + result.unanswered
    return (
        Figure(key=f"{key}.{what}_per_s", label="rate", value=result.requests_per_s, unit=f"{what}/s"),
        *latency_figures(key, result.latency),
        *(
            Figure(key=f"{key}.status_{status}", label=f"answered {status}", value=count, unit="")
            for status, count in result.statuses.items()
        ),
        *(
            Figure(key=f"{key}.refusal_{code}", label=f"refused: {code or 'no code'}", value=count, unit="")
            for code, count in result.refusals.items()
        ),
        Figure(key=f"{key}.lost", label="broken or unanswered", value=lost, unit=""),
        Figure(
            key=f"{key}.generator_cores",
            label="load generator's own CPU",
            value=(result.cpu_user_s + result.cpu_system_s) / result.wall_s,
            unit="cores",
            decimals=2,
        ),
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
    """The ratio with two decimals, or "not measured". Raises ValueError for a rate over a non-rate."""
    upper, lower = figures.get(ratio.of), figures.get(ratio.to)
    if upper is None or lower is None or lower.value == 0:
        return NOT_MEASURED
    if upper.unit.endswith("/s") != lower.unit.endswith("/s"):
        raise ValueError(f"{ratio.of} in {upper.unit} cannot be compared with {ratio.to} in {lower.unit}")
    return f"{upper.value / lower.value:.2f}"


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
        for note in section.notes:
            console.print(f"  {note}", markup=False)
    for name, reason in report.failures.items():
        console.print(f"[red]{name} did not finish:[/] ", end="")
        console.print(reason, markup=False)


def markdown_block(report: Report) -> str:
    """The run as markdown, between the two marks."""
    figures = figures_by_key(report)
    lines = [BEGIN_MARK, "", f"Measured {report.measured_at:%Y-%m-%d %H:%M} UTC in one run.", ""]
    lines += ["| machine | |", "|---|---|"]
    lines += [f"| {label} | {_cell(fact)} |" for label, fact in machine_lines(report.machine)]
    for section in report.sections:
        lines += ["", f"### {section.title}", "", "| figure | value |", "|---|---:|"]
        lines += [f"| {_cell(figure.label)} | {_cell(str(figure))} |" for figure in section.figures]
        lines += [f"| **{_cell(ratio.label)}** | **{ratio_text(ratio, figures)}** |" for ratio in section.ratios]
        if section.notes:
            lines += ["", *(f"- {note}" for note in section.notes)]
    if report.failures:
        lines += ["", "Did not finish:", ""]
        lines += [f"- {name}: {' '.join(reason.split())}" for name, reason in report.failures.items()]
    return "\n".join([*lines, "", END_MARK])


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
