"""`yellowcart links simulate NOTICE`: what a notice would do, from the command line."""

import asyncio
import sys
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from yellowcart.insight.action_list import action_columns, action_list, action_rows
from yellowcart.insight.simulate import proposal_by_code, simulate
from yellowcart.insight.simulation_model import (
    ActionLine,
    Basis,
    Dependence,
    Figures,
    PairFigures,
    Simulation,
)
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.clock_table import RESUME_MARGIN, read_anchor
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_writing import csv_text, workbook_bytes
from yellowcart.kernel.money import write_percent
from yellowcart.kernel.settings import read_settings
from yellowcart.kernel.translation import Locale, in_language
from yellowcart.links.queries import read_sources
from yellowcart.links.wording import surface_word
from yellowcart.platform import database_url

REFUSED = 1
CREATORS_SHOWN = 20
PAPER_WIDTH = 150
"""Characters of a line where nobody can say how wide the screen is: in a file or a pipe."""


class Told(msgspec.Struct, frozen=True):
    """What `--json` prints: the simulation, and the list to act on. Amounts in fen, shares in basis points."""

    simulation: Simulation
    actions: list[ActionLine]


class SimulationOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    notice: str
    begins: datetime | None
    ends: datetime | None
    as_json: bool
    csv: Path | None
    workbook: Path | None
    language: Locale


def simulate_notice(
    notice: Annotated[str, typer.Argument(help="Code of a notice or of a draft.")],
    begins: Annotated[
        datetime | None, typer.Option("--from", help="First day of the window.", formats=["%Y-%m-%d"])
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option("--until", help="Day after the last; 92 days at most.", formats=["%Y-%m-%d"])
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and no tables.")] = False,
    csv: Annotated[
        Path | None, typer.Option(help="Write the list to act on as CSV.", dir_okay=False, metavar="FILE")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option(help="Write the list to act on for Excel.", dir_okay=False, metavar="FILE")
    ] = None,
    language: Annotated[Locale, typer.Option(help="Language of names and files.")] = Locale.ENGLISH,
) -> None:
    """Say what a notice would do: over the 30 days to yesterday, or before it began, unless days are given."""
    order = SimulationOrder(
        notice=notice, begins=begins, ends=ends, as_json=as_json, csv=csv, workbook=xlsx, language=language
    )
    raise typer.Exit(asyncio.run(_run(order)))


async def _run(order: SimulationOrder) -> int:
    screen = Console(stderr=True)
    database = Database(database_url(read_settings()), pool_size=2)
    await database.open()
    try:
        async with database.reading() as reader:
            await _keep_its_time(reader)
            proposal = await proposal_by_code(reader, order.notice)
            found = await simulate(reader, proposal, begins=_day(order.begins), ends=_day(order.ends))
            actions = await action_list(reader, found)
            names = {
                each.source: in_language(order.language, each.name_zh, each.name_en)
                for each in await read_sources(reader)
            }
        _write_files(order, actions, names)
    except Refusal as refusal:
        if order.as_json:
            messages = {each.value: refusal.text(each) for each in Locale}
            _print_json({"notice": order.notice, "error": {"code": refusal.code, "messages": messages}})
        screen.print(escape(refusal.text(order.language)), style="red")
        return REFUSED
    except OSError as error:
        screen.print(escape(f"The file could not be written: {error}"), style="red")
        return REFUSED
    finally:
        await database.close()
    if order.as_json:
        _print_json(Told(found, actions))
    else:
        show(found, names, order.language, _terminal())
    return 0


async def _keep_its_time(reader: Reader) -> None:
    """Take the platform's time: that of a demo world, running or asleep (`resume_clock`), else the machine's."""
    anchor = await read_anchor(reader)
    if anchor is not None:
        running = anchor.platform_at + (clock.system_now() - anchor.system_at)
        now = min(running, anchor.heartbeat_at + RESUME_MARGIN)
        clock.process_clock().set_offset(now - clock.system_now())


def _write_files(order: SimulationOrder, actions: list[ActionLine], names: dict[str, str]) -> None:
    columns = action_columns(order.language)
    if order.csv is not None:
        pieces = csv_text(columns, action_rows(actions, names, order.language))
        _replace(order.csv, (piece.encode() for piece in pieces))
    if order.workbook is not None:
        rows = action_rows(actions, names, order.language)
        _replace(order.workbook, [workbook_bytes(order.notice, columns, rows)])


def _replace(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _print_json(told: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def _terminal() -> Console:
    screen = Console()
    return screen if screen.is_terminal else Console(width=PAPER_WIDTH)


def show(found: Simulation, names: dict[str, str], locale: Locale, screen: Console) -> None:
    """Print a simulation as tables. What is not known is a dash."""
    first = found.window.begins.astimezone(SHANGHAI).date()
    last = (found.window.ends.astimezone(SHANGHAI) - timedelta(days=1)).date()
    screen.print(
        f"[bold]{escape(found.proposal.title.in_language(locale.value))}[/] ({escape(found.proposal.code)})"
    )
    screen.print(f"{first} to {last}, days of Beijing time; as of {_moment(found.as_of)}")
    if not found.changes:
        screen.print("It changes nothing: every rule only says again what holds already.")
        return
    screen.print(_change_table(found, names, locale))
    if not found.pairs:
        screen.print("Nobody has to act: what it touches is admitted or eased.")
        return
    screen.print(_total_table(found))
    if found.unheard:
        unheard = ", ".join(names.get(each, each) for each in found.unheard)
        screen.print(f"No network has reported orders of these days for {escape(unheard)}: unknown, and not zero.")
    if found.creators:
        screen.print(_creator_table(found, names, locale))
    screen.print(_outcome_table(found))


def _change_table(found: Simulation, names: dict[str, str], locale: Locale) -> Table:
    table = _table("What changes", ["Surface", "Source", "Before", "After", "From"], _SUMS)
    figures: dict[tuple[str, str], PairFigures] = {each.hit.pair: each for each in found.pairs}
    for change in found.changes:
        pair = figures.get(change.pair)
        table.add_row(
            surface_word(change.surface, locale),
            escape(names.get(change.source, change.source)),
            change.before.action.value,
            change.after.action.value,
            _moment(change.at),
            *_sums(pair.figures if pair is not None else None),
        )
    return table


_SUMS = ["Goods", "Listings", "Open now", "Jump-outs", "Reported GMV"]


def _sums(figures: Figures | None) -> list[str]:
    if figures is None:
        return ["–"] * len(_SUMS)
    counts = (figures.goods, figures.listings, figures.open_listings, figures.jump_outs)
    return [*(f"{count:,}" for count in counts), _yuan(figures.reported_fen)]


def _total_table(found: Simulation) -> Table:
    total = found.total
    table = _table("In all", ["Number"], ["Value", "Basis"])
    rows = [
        ("Goods hit", f"{total.goods:,}", "distinct source and item in carts in the window"),
        ("Creators hit", f"{total.creators:,}", "with at least one of the listings"),
        ("Outside GMV at risk", _yuan(total.cut_reported_fen), "paid outside for what is cut, as networks report"),
        ("Value of what was tapped", _yuan(total.tapped_fen), "price tags of jump-outs; no GMV"),
        ("With an own-shop twin", _percent(found.twinned_share), f"{total.twinned_goods} of {total.goods} goods"),
    ]
    if total.cut_own_fen is not None:
        rows.append(("Own GMV at risk", _yuan(total.cut_own_fen), "paid in own shops for what is cut"))
    if found.asks_fee:
        rows.append(("Fee it would bring", _yuan(found.fee_fen), "its rate on outside GMV reported"))
    for row in rows:
        table.add_row(*row)
    return table


def _creator_table(found: Simulation, names: dict[str, str], locale: Locale) -> Table:
    shown = found.creators[:CREATORS_SHOWN]
    title = f"Creators by dependence ({len(shown)} of {found.creator_count})"
    table = _table(title, ["Creator", "Mostly on"], ["Dependence", "Goods hit", "GMV at risk", "of GMV known"])
    for each in shown:
        table.add_row(*_creator_row(each, names, locale))
    return table


def _creator_row(each: Dependence, names: dict[str, str], locale: Locale) -> list[str]:
    source, share = each.main_source
    return [
        escape(in_language(locale, each.name, each.name_en)),
        f"{escape(names.get(source, source))} {_percent(share)}",
        _percent(each.share_basis_points),
        f"{each.hit_goods} of {each.all_goods}",
        _yuan(each.cut_reported_fen),
        _percent(each.gmv_share_basis_points),
    ]


def _outcome_table(found: Simulation) -> Table:
    numbers = ["At risk", "Kept by a twin", "Kept without", "Lost"]
    table = _table("What may be kept: assumed, not measured", ["Scenario", "Of"], numbers)
    words = {Basis.REPORTED: "reported GMV", Basis.OWN: "own GMV", Basis.JUMP_OUTS: "jump-outs"}
    for each in found.outcomes:
        values = (each.at_risk, each.kept_by_twin, each.kept_otherwise, each.lost)
        written = [f"{value:,}" if each.basis is Basis.JUMP_OUTS else _yuan(value) for value in values]
        table.add_row(each.scenario.value, words[each.basis], *written)
    return table


def _table(title: str, words: list[str], numbers: list[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in words:
        table.add_column(heading)
    for heading in numbers:
        table.add_column(heading, justify="left" if heading == "Basis" else "right")
    return table


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _moment(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _yuan(fen: int | None) -> str:
    return "–" if fen is None else f"¥{fen // 100:,}.{fen % 100:02d}"


def _percent(basis_points: int | None) -> str:
    return "–" if basis_points is None else f"{write_percent(basis_points)} %"
