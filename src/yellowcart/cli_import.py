"""`yellowcart import FILE --shop SHOP`: moving house from the command line."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from yellowcart.accounts.model import Person
from yellowcart.catalog.imports.apply_file import apply_here
from yellowcart.catalog.imports.decide import apply_import, discard_import, stop_import
from yellowcart.catalog.imports.dialects import Dialect
from yellowcart.catalog.imports.fetch_pictures import fetch_waiting_pictures
from yellowcart.catalog.imports.model import Fate, ImportOptions, ImportRow, ImportState, ProductImport
from yellowcart.catalog.imports.queries import RowGroup, rows_of_import
from yellowcart.catalog.imports.read_file import preview_file
from yellowcart.catalog.imports.shop_choice import choose_member, choose_shop, usual_category
from yellowcart.catalog.imports.wording import DIALECTS, FATES
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_on_disk import local_file
from yellowcart.kernel.paging import PAGE_SIZE_MAX
from yellowcart.kernel.settings import read_settings
from yellowcart.kernel.translation import Locale
from yellowcart.platform import database_url

ALL_WELL, REFUSED, SOME_WRONG, INTERRUPTED = 0, 1, 3, 130
WRONG_SHOWN = 50
"""Wrong products that are listed for a person; `--json` has all of them."""


class ImportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    file: Path
    shop: str
    dry_run: bool
    as_json: bool
    dialect: Dialect | None
    category: str | None
    on_sale: bool
    pictures: bool
    login: str | None


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or Excel file of products.", exists=True, dir_okay=False)],
    shop: Annotated[str, typer.Option(help="Number or exact name of the shop.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with every product.")] = False,
    dialect: Annotated[Dialect | None, typer.Option(help="What the file is; found out by itself.")] = None,
    category: Annotated[
        str | None, typer.Option(help="Code of the category for new products; the shop's usual one if not given.")
    ] = None,
    on_sale: Annotated[bool, typer.Option("--on-sale", help="Put the new products on sale at once.")] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Fetch pictures for products that have none.")
    ] = False,
    login: Annotated[
        str | None, typer.Option("--as", help="Act as this member of the shop; the first one if not given.")
    ] = None,
) -> None:
    """Bring the goods of a file into a shop, each product all or nothing.

    Ends with 0 when every product came in, 1 when the file was refused, 3 when some products are wrong.
    """
    order = ImportOrder(
        file=file,
        shop=shop,
        dry_run=dry_run,
        as_json=as_json,
        dialect=dialect,
        category=category,
        on_sale=on_sale,
        pictures=pictures,
        login=login,
    )
    try:
        code = asyncio.run(_run(order))
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise typer.Exit(code)


async def _run(order: ImportOrder) -> int:
    screen = Console(stderr=True)
    async with _database() as database:
        try:
            return await _import(database, order, screen)
        except Refusal as refusal:
            return _refused(order, refusal.code, {each.value: refusal.text(each) for each in Locale}, screen)


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    database = Database(database_url(read_settings()), pool_size=3)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def _import(database: Database, order: ImportOrder, screen: Console) -> int:
    async with database.reading() as reader:
        shop_id = await choose_shop(reader, order.shop)
        person = await choose_member(reader, shop_id, order.login)
        category = order.category or await usual_category(reader, shop_id)
    if order.category is None:
        screen.print(f"New products for which the file names no category of ours go into {category}.")
    options = ImportOptions(
        category_code=category,
        dialect=None if order.dialect is None else order.dialect.value,
        on_sale=order.on_sale,
        pictures=order.pictures,
    )
    file = await local_file(order.file)
    kept: ProductImport | None = None

    def heard(now: ProductImport) -> None:
        nonlocal kept
        kept = now

    try:
        with _bar(screen) as bar:
            told = _both(heard, _reading(bar))
            kept = await preview_file(database, person, shop_id, file, options, read_here=True, tell=told)
            if kept.failure is not None:
                texts = {each.value: kept.failure.text(each) for each in Locale}
                return _refused(order, kept.failure.code, texts, screen)
            if not order.dry_run:
                kept = await _apply(database, person, kept, _both(heard, _applying(bar)))
        await _report(database, person, kept, order, screen)
        if order.dry_run:
            await _give_up(database, person, kept)
    except asyncio.CancelledError:
        if kept is not None:
            await asyncio.shield(_leave_in_order(database, person, kept, screen))
        raise
    return SOME_WRONG if kept.counts.wrong or kept.counts.outdated else ALL_WELL


async def _apply(
    database: Database, person: Person, kept: ProductImport, tell: Callable[[ProductImport], None]
) -> ProductImport:
    async with database.writing() as writer:
        begun = await apply_import(writer, person, kept.shop_id, kept.import_id)
    tell(begun)
    done = await apply_here(database, kept.shop_id, kept.import_id, tell=tell)
    # A worker that was quicker to see it may be at it; it ends either way.
    while done.state is ImportState.APPLYING:
        await asyncio.sleep(0.5)
        done = await apply_here(database, kept.shop_id, kept.import_id, tell=tell)
    if done.options.pictures:
        home = read_settings().home
        while await fetch_waiting_pictures(database, home):
            continue
    return done


async def _give_up(database: Database, person: Person, kept: ProductImport) -> None:
    async with database.writing() as writer:
        await discard_import(writer, person, kept.shop_id, kept.import_id)


async def _leave_in_order(database: Database, person: Person, kept: ProductImport, screen: Console) -> None:
    """Ctrl-C: what was imported stays, nothing is half done, and nobody goes on behind the person's back."""
    async with database.writing() as writer:
        if kept.state is ImportState.APPLYING:
            kept = await stop_import(writer, person, kept.shop_id, kept.import_id)
            screen.print(
                f"Stopped: {kept.counts.done} products are done, {kept.counts.to_do} are not. "
                "The same command begins anew and finds the finished ones unchanged."
            )
        elif kept.state in {ImportState.READING, ImportState.PREVIEWED}:
            await discard_import(writer, person, kept.shop_id, kept.import_id)
            screen.print("Interrupted: nothing was changed.")


def _bar(screen: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
    )


def _both(
    first: Callable[[ProductImport], None], second: Callable[[ProductImport], None]
) -> Callable[[ProductImport], None]:
    def tell(kept: ProductImport) -> None:
        first(kept)
        second(kept)

    return tell


def _reading(bar: Progress) -> Callable[[ProductImport], None]:
    task = bar.add_task("Reading", total=None)

    def tell(kept: ProductImport) -> None:
        bar.update(task, completed=kept.rows_read, total=kept.row_count_hint)

    return tell


def _applying(bar: Progress) -> Callable[[ProductImport], None]:
    task = bar.add_task("Importing", total=None)

    def tell(kept: ProductImport) -> None:
        bar.update(task, completed=kept.counts.done, total=kept.counts.done + kept.counts.to_do)

    return tell


def _refused(order: ImportOrder, code: str, messages: dict[str, str], screen: Console) -> int:
    if order.as_json:
        print_json({"file": order.file.name, "error": {"code": code, "messages": messages}})
    screen.print(messages[Locale.ENGLISH.value], style="red", markup=False, highlight=False)
    return REFUSED


async def _report(
    database: Database, person: Person, kept: ProductImport, order: ImportOrder, screen: Console
) -> None:
    """What became of the file: one JSON object on standard output, or tables for a person."""
    if order.as_json:
        await _write_json(database, person, kept, order)
        return
    counts = Table(title=f"{kept.file_name}: {DIALECTS[Dialect(kept.dialect)]}, {kept.encoding}".rstrip(", "))
    counts.add_column("What becomes of it")
    counts.add_column("Products", justify="right")
    for fate in Fate:
        if number := kept.counts.of(fate):
            counts.add_row(FATES[fate], f"{number:,}")
    Console().print(counts)
    for note in kept.notes:
        screen.print(note.text(Locale.ENGLISH), markup=False, highlight=False)
    for group in (RowGroup.WRONG, RowGroup.OUTDATED, RowGroup.SKIPPED):
        await _list_rows(database, person, kept, group)


async def _list_rows(database: Database, person: Person, kept: ProductImport, group: RowGroup) -> None:
    async with database.reading() as reader:
        found = await rows_of_import(reader, person, kept.shop_id, kept.import_id, group=group, size=WRONG_SHOWN)
    if not found.items:
        return
    table = Table(title=FATES[found.items[0].fate])
    for heading in ("Row", "Column", "What stands there", "Product", "Why"):
        table.add_column(heading, justify="right" if heading == "Row" else "left", overflow="fold")
    for row in found.items:
        for problem in row.problems:
            cells = (problem.column, problem.cell, row.title, problem.text(Locale.ENGLISH))
            table.add_row(str(problem.row or row.row), *(escape(cell) for cell in cells))
    if found.next_cursor is not None:
        table.caption = "More follow; --json lists them all."
    Console().print(table)


async def _write_json(database: Database, person: Person, kept: ProductImport, order: ImportOrder) -> None:
    """One object, written page by page: a file of many rows needs no memory for it."""
    head = msgspec.json.encode(
        {
            "import_id": kept.import_id,
            "shop_id": kept.shop_id,
            "file": kept.file_name,
            "dialect": kept.dialect,
            "encoding": kept.encoding,
            "dry_run": order.dry_run,
            "state": kept.state,
            "counts": kept.counts,
            "notes": [note.text(Locale.ENGLISH) for note in kept.notes],
        }
    )
    out = sys.stdout.buffer
    out.write(head[:-1] + b',"rows":[')
    cursor, comma = None, b""
    while True:
        async with database.reading() as reader:
            found = await rows_of_import(
                reader, person, kept.shop_id, kept.import_id, cursor=cursor, size=PAGE_SIZE_MAX
            )
        for row in found.items:
            out.write(comma + msgspec.json.encode(_row_told(row)))
            comma = b","
        cursor = found.next_cursor
        if cursor is None:
            break
    out.write(b"]}\n")
    out.flush()


def _row_told(row: ImportRow) -> dict[str, object]:
    return {
        "row": row.row,
        "handle": row.handle,
        "title": row.title,
        "fate": row.fate,
        "product_id": row.product_id,
        "problems": [
            {
                "row": problem.row or row.row,
                "column": problem.column,
                "cell": problem.cell,
                "message": problem.text(Locale.ENGLISH),
            }
            for problem in row.problems
        ],
        "picture": row.picture_state,
        "picture_problem": None if row.picture_failure is None else row.picture_failure.text(Locale.ENGLISH),
    }


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
