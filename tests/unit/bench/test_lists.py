"""The bench of lists: its world is one that the tables accept, every list can be read in it and explained."""

from collections.abc import Iterator

import pytest

from bench.list_queries import LISTS, SUMS, ListQuery
from bench.list_world import ListShape, ListWorld, make_list_world
from bench.lists import DEEP_PAGES, section_of, section_of_sums, time_lists
from bench.platform_under_test import in_database, scratch_database
from bench.query_plans import plan_lines
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import PAGE_SIZE_MAX, Page

SHAPE = ListShape(orders=20_000, other_shops=2, orders_of_others=300)

pytestmark = pytest.mark.xdist_group("bench lists")


@pytest.fixture(scope="module")
def lists_url(postgres_url: str) -> Iterator[str]:
    with scratch_database(postgres_url) as database_url:
        yield database_url


@pytest.fixture(scope="module")
def world(lists_url: str) -> ListWorld:
    return in_database(lists_url, lambda database: make_list_world(database, SHAPE))


EMPTY_BY_NATURE = {
    "buyer: orders by words that match nothing",
    "product: reviews pictures",
    "merchant: cases of price_protection",
    "merchant: special prices coming",
    "merchant: special prices taken",
    "operator: payments refused",
    "operator: payments surplus",
}


@pytest.mark.parametrize("each", LISTS, ids=lambda each: each.name)
def test_every_list_has_something_to_read(lists_url: str, world: ListWorld, each: ListQuery) -> None:
    async def read(database: Database) -> object:
        async with database.reading() as reader:
            return await each.call(reader, world, {"cursor": None, "size": None})

    answer = in_database(lists_url, read)
    if isinstance(answer, Page):
        assert bool(answer.items) == (each.name not in EMPTY_BY_NATURE)


def test_lists_are_explained_on_their_first_and_on_a_deep_page(lists_url: str, world: ListWorld) -> None:
    chosen = tuple(each for each in LISTS if each.name in {"merchant: all orders", "merchant: numbers to ship"})
    times = in_database(lists_url, lambda database: time_lists(database, world, chosen))
    orders, numbers = sorted(times, key=lambda each: each.name)
    assert (orders.rows, orders.deep_rows) == (20, DEEP_PAGES * PAGE_SIZE_MAX)
    assert orders.deep is not None
    assert numbers.deep is None
    assert numbers.first.statements > 4
    assert any("of shop_order" in line for line in orders.slower.plan)
    section = section_of(SHAPE, times)
    assert section.grid is not None
    assert {row[0] for row in section.grid.rows} == {each.name for each in chosen}
    assert {plan.name for plan in section.plans} == {each.name for each in chosen}


def test_sums_are_explained_too(lists_url: str, world: ListWorld) -> None:
    section = section_of_sums(in_database(lists_url, lambda database: time_lists(database, world, SUMS)))
    assert section.grid is not None
    assert len(section.grid.rows) == len(SUMS)


def test_a_plan_says_what_each_node_reads_and_throws_away() -> None:
    scan = {
        "Node Type": "Index Scan",
        "Scan Direction": "Backward",
        "Index Name": "order_idx",
        "Relation Name": "shop_order",
        "Alias": "placed",
        "Actual Rows": 2.5,
        "Actual Loops": 4,
        "Rows Removed by Filter": 300,
    }
    top = {"Node Type": "Limit", "Actual Rows": 10, "Actual Loops": 1, "Plans": [scan]}
    assert plan_lines(top) == [
        "Limit: 10 rows",
        "  Index Scan backward by order_idx of shop_order (placed): 10 rows in 4 loops, 1,200 thrown away",
    ]
