"""Two people of one shop at the same moment: one editor wins, a file is imported once, no piece is taken twice."""

import asyncio

from tests.catalog_world import make_product, open_merchant, product_on_sale
from tests.imports.importing import apply, begin, now, numbered, preview
from tests.web.test_catalog import edit_of
from tests.web.test_merchant_pages import CSV
from yellowcart.alliance.offers import set_open_offer
from yellowcart.catalog.errors import ProductStale, StockTooSmall
from yellowcart.catalog.imports.apply_file import apply_here, apply_set
from yellowcart.catalog.imports.decide import apply_import, discard_import, stop_import
from yellowcart.catalog.imports.errors import ImportAtWork, ImportFinished
from yellowcart.catalog.imports.model import ImportCounts, ImportState
from yellowcart.catalog.imports.timers import apply_imports
from yellowcart.catalog.products import edit_product
from yellowcart.catalog.queries import product_detail
from yellowcart.catalog.stock import adjust_stock
from yellowcart.kernel.database import Database


async def test_of_two_editors_at_once_exactly_one_wins(database: Database) -> None:
    merchant = await open_merchant(database)
    detail = await product_on_sale(database, merchant)
    person, shop_id, product_id = merchant.signed_in.person, merchant.shop.shop_id, detail.product.product_id

    async def save(brand: str) -> str:
        async with database.writing() as writer:
            await edit_product(writer, person, shop_id, product_id, edit_of(detail, brand=brand))
        return brand

    results = await asyncio.gather(*(save(f"品牌{number}") for number in range(4)), return_exceptions=True)
    won = [each for each in results if isinstance(each, str)]
    assert len(won) == 1
    assert [type(each) for each in results if not isinstance(each, str)] == [ProductStale] * 3
    async with database.reading() as reader:
        draft = (await product_detail(reader, shop_id, product_id)).draft
    assert draft is not None
    assert draft.brand == won[0]


async def test_an_import_applied_twice_at_once_is_done_once(database: Database) -> None:
    merchant = await open_merchant(database)
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    kept = await preview(database, merchant, CSV)

    async def apply() -> None:
        async with database.writing() as writer:
            await apply_import(writer, person, shop_id, kept.import_id)
        await apply_here(database, shop_id, kept.import_id)

    results = await asyncio.gather(apply(), apply(), apply(), return_exceptions=True)
    assert sum(each is None for each in results) == 1
    assert {type(each) for each in results if each is not None} <= {ImportAtWork, ImportFinished}
    assert (await now(database, merchant, kept)).counts == ImportCounts(created=2)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product") == 2


async def test_many_hands_at_one_import_make_every_product_once(database: Database) -> None:
    merchant = await open_merchant(database)
    kept = await begin(database, merchant, await preview(database, merchant, numbered(350)))
    # Half of them ask for the lock that keeps two from the same work, half do not even ask.
    await asyncio.gather(
        apply_imports(database),
        apply_imports(database),
        *(apply_set(database, merchant.shop.shop_id, kept.import_id) for _ in range(4)),
    )
    while (await now(database, merchant, kept)).state is ImportState.APPLYING:
        await apply_imports(database)
    assert (await now(database, merchant, kept)).counts == ImportCounts(created=350)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product") == 350
        assert await reader.value("SELECT count(DISTINCT import_handle) FROM product") == 350
        assert (
            await reader.value("SELECT count(*) FROM audit_entry WHERE action = 'catalog:product:import'") == 350
        )


async def test_two_files_with_the_same_products_at_once_make_them_once(database: Database) -> None:
    merchant = await open_merchant(database)
    files = [await preview(database, merchant, numbered(60) + "\n" * extra) for extra in range(3)]
    done = await asyncio.gather(*(apply(database, merchant, kept) for kept in files))
    assert sum(kept.counts.created for kept in done) == 60
    assert all(kept.counts.done == 60 for kept in done)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product") == 60
        assert await reader.value("SELECT count(*) FROM sku") == 60


async def test_an_import_is_stopped_or_finished_and_never_both(database: Database) -> None:
    merchant = await open_merchant(database)
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    kept = await begin(database, merchant, await preview(database, merchant, numbered(250)))

    async def stop() -> None:
        async with database.writing() as writer:
            await stop_import(writer, person, shop_id, kept.import_id)

    await asyncio.gather(apply_here(database, shop_id, kept.import_id), stop(), return_exceptions=True)
    after = await now(database, merchant, kept)
    async with database.reading() as reader:
        made = await reader.value("SELECT count(*) FROM product")
    assert after.state in {ImportState.STOPPED, ImportState.APPLIED}
    assert after.counts.created == made
    assert (after.counts.create == 0) is (after.state is ImportState.APPLIED)


async def test_a_preview_is_applied_or_discarded_and_never_both(database: Database) -> None:
    merchant = await open_merchant(database)
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    kept = await preview(database, merchant, CSV)

    async def discard() -> None:
        async with database.writing() as writer:
            await discard_import(writer, person, shop_id, kept.import_id)

    await asyncio.gather(apply(database, merchant, kept), discard(), return_exceptions=True)
    after = await now(database, merchant, kept)
    async with database.reading() as reader:
        made = await reader.value("SELECT count(*) FROM product")
    assert (after.state, made) in {(ImportState.APPLIED, 2), (ImportState.DISCARDED, 0)}


async def test_an_import_and_buyers_take_from_the_same_stock_without_a_circle(database: Database) -> None:
    merchant = await open_merchant(database)
    await apply(database, merchant, await preview(database, merchant, numbered(40)))
    kept = await preview(database, merchant, numbered(40).replace(",7,", ",9,"))

    async def buy() -> None:
        async with database.writing() as writer:
            # As an order batch does it: all rows in their order, then the change.
            await writer.run("SELECT FROM stock ORDER BY sku_id FOR UPDATE")
            await writer.run("UPDATE stock SET available = available - 1, sold = sold + 1")

    await asyncio.gather(apply(database, merchant, kept), *(buy() for _ in range(5)))
    async with database.reading() as reader:
        assert await reader.records("SELECT DISTINCT available, sold, received FROM stock") == [
            {"available": 4, "sold": 5, "received": 9}
        ]


async def test_pieces_are_taken_out_once_though_many_hands_count(database: Database) -> None:
    merchant = await open_merchant(database)
    sku = (await make_product(database, merchant)).skus[1]

    async def take() -> bool:
        try:
            async with database.writing() as writer:
                await adjust_stock(
                    writer, merchant.signed_in.person, merchant.shop.shop_id, sku.sku_id, -15, "盘点"
                )
        except StockTooSmall:
            return False
        return True

    taken = await asyncio.gather(*(take() for _ in range(5)))
    assert taken.count(True) == 2, "40 pieces hold two times 15"
    async with database.reading() as reader:
        assert await reader.value("SELECT available FROM stock WHERE sku_id = %(id)s", id=sku.sku_id) == 10


async def test_two_offers_at_once_leave_one_in_force(database: Database) -> None:
    merchant = await open_merchant(database)
    product_id = (await product_on_sale(database, merchant)).product.product_id

    async def promise(rate: int) -> None:
        async with database.writing() as writer:
            await set_open_offer(writer, merchant.signed_in.person, merchant.shop.shop_id, product_id, rate)

    await asyncio.gather(*(promise(rate) for rate in (500, 1_500, 2_500, 3_500)))
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM offer WHERE valid_until IS NULL") == 1
