"""Lists of a shop with 100,000 orders: how long PostgreSQL works on each, on the first page and deep within.

The query functions that the pages call are called here, and what they ask is explained by PostgreSQL itself.
"""

from statistics import median

import msgspec
from psycopg import AsyncConnection

from bench.frame import Surroundings
from bench.list_queries import LISTS, SUMS, ListQuery
from bench.list_world import ListShape, ListWorld, make_list_world
from bench.platform_under_test import in_database, scratch_database
from bench.query_plans import RUNS, Explained, RecordingReader, explain_call
from bench.report import Figure, Grid, Plan, Section
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import PAGE_SIZE_MAX, Page

AIM_MS = 20.0
DEEP_PAGES = 100
"""A deep page stands behind so many pages of PAGE_SIZE_MAX rows, or is the last one of a shorter list."""
LONGEST_PLAN = 30
"""Lines of a plan that are shown."""


class ListTimes(msgspec.Struct, frozen=True, kw_only=True):
    """What a list took. `deep` is None for one that is read at once or has one page only."""

    name: str
    rows: int
    """On the first page; 1 for what is read at once."""
    first: Explained
    deep: Explained | None
    deep_rows: int
    """Rows before the deep page."""

    @property
    def slower(self) -> Explained:
        """The slower of the two pages."""
        return max((each for each in (self.first, self.deep) if each is not None), key=lambda each: each.median_ms)


def run_lists(surroundings: Surroundings) -> tuple[Section, ...]:
    """The bench. Raises psycopg.Error."""
    shape = ListShape()
    with scratch_database(surroundings.server_url) as database_url:
        surroundings.step(f"writing {shape.orders:,} orders and what belongs to them")
        world = in_database(database_url, lambda database: make_list_world(database, shape))
        surroundings.step(f"reading {len(LISTS)} lists")
        times = in_database(database_url, lambda database: time_lists(database, world, LISTS))
        sums = in_database(database_url, lambda database: time_lists(database, world, SUMS))
    return section_of(shape, times), section_of_sums(sums)


async def time_lists(database: Database, world: ListWorld, lists: tuple[ListQuery, ...]) -> list[ListTimes]:
    """Every list, first page and deep page."""
    async with await database.connect(name="yellowcart bench") as connection:
        return [await _time_list(database, connection, world, each) for each in lists]


async def _time_list(
    database: Database, connection: AsyncConnection[object], world: ListWorld, each: ListQuery
) -> ListTimes:
    reader = RecordingReader(connection)
    answer = await each.call(reader, world, {"cursor": None, "size": None})
    first = await explain_call(database, reader.asked)
    deep, deep_rows = None, 0
    if isinstance(answer, Page) and answer.next_cursor is not None:
        cursor, deep_rows = await _go_deep(connection, world, each)
        reader = RecordingReader(connection)
        await each.call(reader, world, {"cursor": cursor, "size": None})
        deep = await explain_call(database, reader.asked)
    return ListTimes(
        name=each.name,
        rows=len(answer.items) if isinstance(answer, Page) else 1,
        first=first,
        deep=deep,
        deep_rows=deep_rows,
    )


async def _go_deep(
    connection: AsyncConnection[object], world: ListWorld, each: ListQuery
) -> tuple[str | None, int]:
    """The cursor of a deep page, and how many rows stand before it."""
    reader = RecordingReader(connection)
    cursor: str | None = None
    rows = 0
    for _ in range(DEEP_PAGES):
        page = await each.call(reader, world, {"cursor": cursor, "size": PAGE_SIZE_MAX})
        assert isinstance(page, Page), "a list answers pages or does not"
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
        rows += len(page.items)
    return cursor, rows


def section_of(shape: ListShape, times: list[ListTimes]) -> Section:
    """What a reader is shown: a line for each list, the slowest first, and every plan."""
    medians = [each.slower.median_ms for each in times]
    over = [each.name for each in times if each.slower.median_ms > AIM_MS]
    ordered = sorted(times, key=lambda each: -each.slower.median_ms)
    return Section(
        title=f"Lists of a shop with {shape.orders:,} orders: time in the database",
        figures=(
            Figure(key="lists.number", label="lists", value=len(times)),
            Figure(
                key="lists.slowest_ms",
                label="the slowest list",
                value=max(medians),
                unit="ms",
                decimals=2,
                at_most=AIM_MS,
            ),
            Figure(
                key="lists.middle_ms", label="the list in the middle", value=median(medians), unit="ms", decimals=2
            ),
            Figure(key="lists.over", label=f"lists over {AIM_MS:.0f} ms", value=len(over)),
        ),
        grid=Grid(
            columns=("list", "rows", "first page", "deep page", "rows before it", "worst run"),
            rows=tuple(_line(each) for each in ordered),
        ),
        plans=tuple(Plan(each.name, each.slower.plan[:LONGEST_PLAN]) for each in ordered),
        notes=(
            f"{shape.orders:,} orders of one shop, {shape.other_shops * shape.orders_of_others:,} of others beside"
            " it, one buyer with every fiftieth. Milliseconds that PostgreSQL planned and executed, all statements"
            f" of the list together: the median of {RUNS} runs, and the sum of the worst. Each statement is"
            " measured planned for its values, and prepared and used as often as PostgreSQL needs to choose a plan"
            " for any values; the slower way counts.",
            f"A deep page stands behind {DEEP_PAGES * PAGE_SIZE_MAX:,} rows, or is the last of a shorter list."
            " Numbers and sums are read at once. Everything is in memory; a cold disk adds its own time.",
        ),
    )


def section_of_sums(times: list[ListTimes]) -> Section:
    """The same of what is no list."""
    return Section(
        title="Sums that pages show: time in the database",
        figures=(),
        grid=Grid(
            columns=("sum", "time", "worst run"),
            rows=tuple((each.name, f"{each.first.median_ms:.2f}", f"{each.first.worst_ms:.2f}") for each in times),
        ),
        plans=tuple(Plan(each.name, each.first.plan[:LONGEST_PLAN]) for each in times),
        notes=(
            "In the same database. A sum over a month reads what happened in it: it grows with the shop (the"
            " operator's with the platform), and has no aim.",
        ),
    )


def _line(each: ListTimes) -> tuple[str, ...]:
    deep = "" if each.deep is None else f"{each.deep.median_ms:.2f}"
    return (
        each.name,
        f"{each.rows:,}",
        f"{each.first.median_ms:.2f}",
        deep,
        f"{each.deep_rows:,}" if each.deep is not None else "",
        f"{each.slower.worst_ms:.2f}",
    )
