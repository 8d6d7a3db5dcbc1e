"""Two people of one shop at the same moment: one editor wins, a file is imported once, no piece is taken twice."""

import asyncio

from tests.catalog_world import make_product, open_merchant, product_on_sale
from tests.web.test_catalog import edit_of
from tests.web.test_merchant_pages import CSV
from yellowcart.alliance.offers import set_open_offer
from yellowcart.catalog.errors import ImportFinished, ProductStale, StockTooSmall
from yellowcart.catalog.import_products import apply_import, preview_import
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
    kept = await preview_import(
        database, person, shop_id, file_name="a.csv", content=CSV.encode(), category_code="tea"
    )

    async def apply() -> None:
        async with database.writing() as writer:
            await apply_import(writer, person, shop_id, kept.import_id)

    results = await asyncio.gather(apply(), apply(), apply(), return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["ImportFinished", "ImportFinished", "NoneType"]
    assert any(isinstance(each, ImportFinished) for each in results)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product") == 2


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
