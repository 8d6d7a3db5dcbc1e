"""A file of products comes into a shop: previewed, applied product by product, repeated, stopped, discarded."""

import pytest

from tests.catalog_world import Merchant, make_product, open_merchant, product_on_sale
from tests.conftest import sign_in_as
from tests.imports.importing import (
    HEAD,
    OOLONG,
    PUER,
    TWO_TEAS,
    apply,
    begin,
    bring_in,
    now,
    numbered,
    preview,
    rows,
)
from tests.web.test_catalog import edit_of
from yellowcart.accounts.model import Role
from yellowcart.catalog.imports.apply_file import PRODUCTS_AT_ONCE, apply_here
from yellowcart.catalog.imports.decide import apply_import, discard_import, stop_import
from yellowcart.catalog.imports.errors import (
    ImportAtWork,
    ImportFinished,
    ImportNotAtWork,
)
from yellowcart.catalog.imports.model import Fate, ImportCounts, ImportState
from yellowcart.catalog.imports.queries import RowGroup, imports_of_shop, read_import, rows_of_import
from yellowcart.catalog.imports.timers import apply_imports
from yellowcart.catalog.model import ReviewStatus, SaleStatus
from yellowcart.catalog.products import edit_product
from yellowcart.catalog.queries import product_detail
from yellowcart.catalog.selling import retire_product
from yellowcart.catalog.shops import add_member, remove_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ProductId


async def products(database: Database) -> list[dict[str, object]]:
    async with database.reading() as reader:
        return await reader.records("SELECT * FROM product ORDER BY product_id")


async def test_a_preview_says_what_will_happen_and_changes_nothing(database: Database, merchant: Merchant) -> None:
    kept = await preview(database, merchant, TWO_TEAS)
    assert (kept.state, kept.dialect, kept.counts) == (ImportState.PREVIEWED, "shopify", ImportCounts(create=2))
    oolong, puer = await rows(database, merchant, kept)
    assert (oolong.fate, oolong.row, oolong.handle, oolong.title) == (Fate.CREATE, 2, "oolong", "清香铁观音礼盒")
    assert oolong.planned is not None
    assert oolong.planned.text.category_code == "tea"
    assert [(sku.name, sku.price_fen, sku.quantity) for sku in oolong.planned.skus] == [
        ("125g", 5_990, 20),
        ("250g", 10_900, 10),
    ]
    assert puer.planned is not None
    assert puer.planned.text.category_code == "snacks"
    assert await products(database) == []


async def test_what_was_previewed_is_done_and_its_repeat_changes_nothing(
    database: Database, merchant: Merchant
) -> None:
    done = await bring_in(database, merchant, TWO_TEAS, on_sale=True)
    assert (done.state, done.counts) == (ImportState.APPLIED, ImportCounts(created=2))
    before = await products(database)
    assert [(each["sale_status"], each["review_status"]) for each in before] == [("on_sale", "approved")] * 2
    again = await preview(database, merchant, TWO_TEAS)
    assert again.counts == ImportCounts(unchanged=2)
    assert (await apply(database, merchant, again)).counts == ImportCounts(unchanged=2)
    assert await products(database) == before


async def test_what_was_sold_since_does_not_come_back_with_the_same_file(
    database: Database, merchant: Merchant
) -> None:
    await bring_in(database, merchant, TWO_TEAS)
    async with database.writing() as writer:
        await writer.run("UPDATE stock SET available = available - 4, sold = sold + 4 WHERE available = 20")
    again = await preview(database, merchant, TWO_TEAS)
    assert again.counts == ImportCounts(unchanged=2)
    # Another file is another count of the pieces.
    counted = await preview(database, merchant, TWO_TEAS + "\n")
    assert counted.counts == ImportCounts(update=1, unchanged=1)


async def test_stock_changes_by_the_difference_so_that_what_is_sold_meanwhile_stays_sold(
    database: Database, merchant: Merchant
) -> None:
    await bring_in(database, merchant, TWO_TEAS)
    more = await preview(database, merchant, TWO_TEAS.replace("A-1,20", "A-1,50"))
    async with database.writing() as writer:
        await writer.run("UPDATE stock SET available = available - 4, sold = sold + 4 WHERE available = 20")
    await apply(database, merchant, more)
    async with database.reading() as reader:
        assert await reader.records("SELECT available, sold, received FROM stock WHERE sold > 0") == [
            {"available": 46, "sold": 4, "received": 50}
        ]


async def test_a_wrong_product_is_left_out_whole_and_the_others_come_in(
    database: Database, merchant: Merchant
) -> None:
    file = HEAD + OOLONG.replace("109", "面议") + PUER
    kept = await preview(database, merchant, file)
    assert kept.counts == ImportCounts(create=1, wrong=1, problems=1)
    (wrong,) = await rows(database, merchant, kept, RowGroup.WRONG)
    assert [(problem.row, problem.column, problem.cell) for problem in wrong.problems] == [
        (3, "Variant Price", "面议")
    ]
    assert (await apply(database, merchant, kept)).counts == ImportCounts(created=1, wrong=1, problems=1)
    assert [each["import_handle"] for each in await products(database)] == ["puer"]


async def test_a_product_that_was_edited_since_the_preview_is_left_as_it_is(
    database: Database, merchant: Merchant
) -> None:
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    await bring_in(database, merchant, TWO_TEAS)
    cheaper = await preview(database, merchant, TWO_TEAS.replace("59.90", "49.90").replace("88.8", "77"))
    assert cheaper.counts == ImportCounts(update=2)
    edited = ProductId(int(str((await products(database))[0]["product_id"])))
    async with database.writing() as writer:
        detail = await product_detail(writer, shop_id, edited)
        await edit_product(writer, person, shop_id, edited, edit_of(detail, brand="别的牌子"))
    done = await apply(database, merchant, cheaper)
    assert done.counts == ImportCounts(updated=1, outdated=1)
    (outdated,) = await rows(database, merchant, done, RowGroup.OUTDATED)
    assert outdated.product_id == edited
    assert "changed since the preview" in outdated.problems[0].message
    async with database.reading() as reader:
        assert await reader.column("SELECT price_fen FROM sku ORDER BY price_fen") == [5_990, 7_700, 10_900]


async def test_a_product_that_appeared_since_the_preview_is_not_made_twice(
    database: Database, merchant: Merchant
) -> None:
    first, second = [await preview(database, merchant, TWO_TEAS) for _ in range(2)]
    assert (await apply(database, merchant, first)).counts == ImportCounts(created=2)
    assert (await apply(database, merchant, second)).counts == ImportCounts(outdated=2)
    assert len(await products(database)) == 2


async def test_nothing_of_a_product_happens_when_its_last_piece_is_gone(
    database: Database, merchant: Merchant
) -> None:
    await bring_in(database, merchant, TWO_TEAS)
    fewer = await preview(database, merchant, TWO_TEAS.replace("59.90", "1").replace("A-2,10", "A-2,2"))
    async with database.writing() as writer:
        await writer.run("UPDATE stock SET available = 3, sold = 7 WHERE available = 10")
    done = await apply(database, merchant, fewer)
    assert done.counts == ImportCounts(unchanged=1, outdated=1)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM sku WHERE price_fen = 100") == 0
        assert await reader.value("SELECT count(*) FROM product WHERE version > 1") == 0


async def test_one_file_does_not_have_one_product_twice(database: Database, merchant: Merchant) -> None:
    # The second file names the same Taobao item under two codes of its own.
    made = (await make_product(database, merchant)).product
    async with database.writing() as writer:
        for source in ("one", "two"):
            await writer.run(
                "INSERT INTO product_origin VALUES (%(shop)s, %(product)s, 'taobao_union', %(source)s, now())",
                shop=merchant.shop.shop_id,
                product=made.product_id,
                source=source,
            )
    kept = await preview(database, merchant, TWO_TEAS)
    assert kept.counts.wrong == 0


async def test_a_product_made_by_hand_is_known_by_the_codes_of_all_its_skus(
    database: Database, merchant: Merchant
) -> None:
    made = await make_product(database, merchant)
    file = HEAD + "oolong,安溪铁观音 清香型,,,,规格,125g,T-125,100,59.90,,\n" + "oolong,,,,,,250g,T-250,40,109,,\n"
    done = await bring_in(database, merchant, file)
    assert done.counts == ImportCounts(updated=1)
    (product,) = await products(database)
    assert (product["product_id"], product["import_handle"]) == (made.product.product_id, "oolong")
    assert (await preview(database, merchant, file)).counts == ImportCounts(unchanged=1)


async def test_a_code_that_one_sku_has_does_not_make_two_products_one(
    database: Database, merchant: Merchant
) -> None:
    await make_product(database, merchant)
    kept = await preview(database, merchant, HEAD + "a,另一种高山茶叶,,,,规格,125g,T-125,100,59.90,,\n")
    assert kept.counts == ImportCounts(create=1)


async def test_a_retired_product_is_not_brought_back(database: Database, merchant: Merchant) -> None:
    await bring_in(database, merchant, TWO_TEAS)
    retired = ProductId(int(str((await products(database))[0]["product_id"])))
    async with database.writing() as writer:
        await retire_product(writer, merchant.signed_in.person, merchant.shop.shop_id, retired)
    kept = await preview(database, merchant, TWO_TEAS.replace("59.90", "1"))
    assert kept.counts == ImportCounts(unchanged=1, wrong=1, problems=1)


async def test_the_text_of_a_product_on_sale_goes_through_review_and_stays_on_sale(
    database: Database, merchant: Merchant
) -> None:
    await bring_in(database, merchant, TWO_TEAS, on_sale=True)
    done = await bring_in(database, merchant, TWO_TEAS.replace("清香", "浓香"))
    assert done.counts == ImportCounts(updated=1, unchanged=1)
    product = (await products(database))[0]
    assert (product["title"], product["sale_status"], product["review_status"]) == (
        "浓香铁观音礼盒",
        SaleStatus.ON_SALE,
        ReviewStatus.APPROVED,
    )


async def test_what_the_review_would_find_is_wrong_in_the_preview(database: Database, merchant: Merchant) -> None:
    kept = await preview(database, merchant, TWO_TEAS.replace("清香", "国家级").replace("熟普洱茶饼", "茶"))
    assert kept.counts == ImportCounts(wrong=2, problems=2)
    found = [row.problems[0].column for row in await rows(database, merchant, kept)]
    assert found == ["Title", "Title"]


async def test_an_import_of_many_products_is_done_in_sets_and_can_be_stopped_and_gone_on_with(
    database: Database, merchant: Merchant
) -> None:
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    kept = await preview(database, merchant, numbered(PRODUCTS_AT_ONCE * 2 + 20))
    await begin(database, merchant, kept)
    after_one = await apply_here(database, shop_id, kept.import_id, sets_max=1)
    assert (after_one.state, after_one.counts.created) == (ImportState.APPLYING, PRODUCTS_AT_ONCE)
    async with database.writing() as writer:
        with pytest.raises(ImportAtWork):
            await discard_import(writer, person, shop_id, kept.import_id)
        stopped = await stop_import(writer, person, shop_id, kept.import_id)
    assert stopped.state is ImportState.STOPPED
    assert await apply_imports(database) == 0
    assert len(await products(database)) == PRODUCTS_AT_ONCE
    done = await apply(database, merchant, kept)
    assert (done.state, done.counts) == (ImportState.APPLIED, ImportCounts(created=PRODUCTS_AT_ONCE * 2 + 20))
    assert len(await products(database)) == PRODUCTS_AT_ONCE * 2 + 20


async def test_what_is_left_of_a_stopped_import_can_be_given_up(database: Database, merchant: Merchant) -> None:
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    kept = await preview(database, merchant, numbered(PRODUCTS_AT_ONCE + 1))
    await begin(database, merchant, kept)
    await apply_here(database, shop_id, kept.import_id, sets_max=1)
    async with database.writing() as writer:
        await stop_import(writer, person, shop_id, kept.import_id)
        given_up = await discard_import(writer, person, shop_id, kept.import_id)
    assert given_up.state is ImportState.DISCARDED
    assert len(await products(database)) == PRODUCTS_AT_ONCE
    assert await rows(database, merchant, kept), "what became of the first ones can still be looked up"


async def test_a_discarded_preview_forgets_its_rows(database: Database, merchant: Merchant) -> None:
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    kept = await preview(database, merchant, TWO_TEAS)
    async with database.writing() as writer:
        await discard_import(writer, person, shop_id, kept.import_id)
        with pytest.raises(ImportFinished):
            await apply_import(writer, person, shop_id, kept.import_id)
        with pytest.raises(ImportFinished):
            await discard_import(writer, person, shop_id, kept.import_id)
        with pytest.raises(ImportNotAtWork):
            await stop_import(writer, person, shop_id, kept.import_id)
    assert await rows(database, merchant, kept) == []


async def test_another_shops_import_is_not_found(database: Database, merchant: Merchant) -> None:
    kept = await preview(database, merchant, TWO_TEAS)
    stranger = (await open_merchant(database, "别家小店")).signed_in.person
    async with database.writing() as writer:
        for act in (apply_import, stop_import, discard_import, read_import, rows_of_import):
            with pytest.raises(NotFound):
                await act(writer, stranger, merchant.shop.shop_id, kept.import_id)
        with pytest.raises(NotFound):
            await imports_of_shop(writer, stranger, merchant.shop.shop_id)
    assert (await now(database, merchant, kept)).state is ImportState.PREVIEWED


async def test_an_import_stops_when_whoever_asked_for_it_no_longer_works_for_the_shop(
    database: Database, merchant: Merchant
) -> None:
    shop_id = merchant.shop.shop_id
    kept = await preview(database, merchant, numbered(PRODUCTS_AT_ONCE + 1))
    await begin(database, merchant, kept)
    await apply_here(database, shop_id, kept.import_id, sets_max=1)
    other = await sign_in_as(database, Role.MERCHANT)
    async with database.writing() as writer:
        await add_member(writer, merchant.signed_in.person, shop_id, other.person.login)
        await remove_member(writer, other.person, shop_id, merchant.signed_in.person.person_id)
    await apply_imports(database)
    async with database.reading() as reader:
        assert (await read_import(reader, other.person, shop_id, kept.import_id)).state is ImportState.STOPPED
    assert len(await products(database)) == PRODUCTS_AT_ONCE


async def test_the_audit_trail_names_who_applied_it(database: Database, merchant: Merchant) -> None:
    await bring_in(database, merchant, TWO_TEAS)
    async with database.reading() as reader:
        trail = await reader.records(
            "SELECT action, person_id FROM audit_entry WHERE action LIKE '%%import%%' ORDER BY audit_id"
        )
    assert {each["person_id"] for each in trail} == {merchant.signed_in.person.person_id}
    assert [each["action"] for each in trail] == [
        "catalog:import:apply",
        "catalog:product:import",
        "catalog:product:import",
        "catalog:import:finish",
    ]


async def test_a_product_of_another_shop_with_the_same_handle_is_another_product(
    database: Database, merchant: Merchant
) -> None:
    other = await open_merchant(database, "别家小店")
    theirs = await product_on_sale(database, other)
    await bring_in(database, other, TWO_TEAS)
    done = await bring_in(database, merchant, TWO_TEAS)
    assert done.counts == ImportCounts(created=2)
    assert theirs.product.version == 1 or theirs.product.sale_status is SaleStatus.ON_SALE
