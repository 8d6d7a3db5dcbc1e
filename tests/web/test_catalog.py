"""Shops, products, drafts, stock and offers, with a real database."""

import msgspec
import pytest

from tests.catalog_world import Merchant, make_product, open_merchant, product_on_sale, tea
from tests.conftest import sign_in_as
from yellowcart.accounts.audit import read_trail
from yellowcart.catalog.errors import (
    LastMember,
    ProductNotApproved,
    ProductRetired,
    ProductStale,
    StockTooSmall,
)
from yellowcart.catalog.model import (
    DraftStatus,
    ProductDetail,
    ProductEdit,
    ProductText,
    ReviewFinding,
    ReviewStatus,
    SaleStatus,
    SkuEdit,
)
from yellowcart.catalog.product_list import ProductFilter, product_counts, products_of_shop
from yellowcart.catalog.products import create_product, drop_draft, edit_product
from yellowcart.catalog.queries import product_detail, search_listable
from yellowcart.catalog.review import submit_product
from yellowcart.catalog.selling import put_off_sale, put_on_sale, retire_product
from yellowcart.catalog.shops import (
    add_member,
    close_shop,
    members_of,
    remove_member,
    reopen_shop,
    require_member,
    shops_of,
)
from yellowcart.catalog.stock import adjust_stock, receive_stock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.paging import CursorBroken


def edit_of(detail: ProductDetail, **changes: object) -> ProductEdit:
    """The edit that changes nothing but some fields of the text."""
    return ProductEdit(
        version=detail.product.version,
        text=msgspec.structs.replace(detail.draft or detail.published, **changes),
        skus=[
            SkuEdit(
                sku_id=sku.sku_id,
                name=sku.name,
                name_en=sku.name_en,
                price_fen=sku.price_fen,
                merchant_code=sku.merchant_code,
                barcode=sku.barcode,
            )
            for sku in detail.skus
        ],
    )


async def save(database: Database, merchant: Merchant, edit: ProductEdit, of: ProductDetail) -> ProductDetail:
    async with database.writing() as writer:
        return await edit_product(
            writer, merchant.signed_in.person, merchant.shop.shop_id, of.product.product_id, edit
        )


async def submit(database: Database, merchant: Merchant, of: ProductDetail) -> ProductDetail:
    async with database.writing() as writer:
        return await submit_product(
            writer, merchant.signed_in.person, merchant.shop.shop_id, of.product.product_id
        )


async def test_a_new_product_is_approved_by_the_automatic_review_and_goes_on_sale(database: Database) -> None:
    merchant = await open_merchant(database)
    made = await make_product(database, merchant)
    assert (made.product.sale_status, made.product.review_status) == (
        SaleStatus.OFF_SALE,
        ReviewStatus.UNREVIEWED,
    )
    async with database.writing() as writer:
        with pytest.raises(ProductNotApproved):
            await put_on_sale(writer, merchant.signed_in.person, merchant.shop.shop_id, made.product.product_id)
    approved = await submit(database, merchant, made)
    assert approved.product.review_status is ReviewStatus.APPROVED
    assert approved.review_problems == []
    async with database.writing() as writer:
        sold = await put_on_sale(writer, merchant.signed_in.person, merchant.shop.shop_id, made.product.product_id)
    assert sold.is_listable
    assert sold.available == 140
    assert sold.lowest_price_fen == 5_990


async def test_a_claim_that_the_law_forbids_is_rejected_with_its_reason(database: Database) -> None:
    merchant = await open_merchant(database)
    made = await make_product(database, merchant, tea(title="国家级铁观音", category_code="food"))
    rejected = await submit(database, merchant, made)
    assert rejected.product.review_status is ReviewStatus.REJECTED
    assert [(each.finding, each.word) for each in rejected.review_problems] == [
        (ReviewFinding.CATEGORY_NOT_LEAF, ""),
        (ReviewFinding.WORD_FORBIDDEN, "国家级"),
    ]
    better = await save(database, merchant, edit_of(rejected, title="安溪铁观音", category_code="tea"), rejected)
    assert better.draft is None, "nothing was ever approved, so there is nothing to keep beside a draft"
    assert (await submit(database, merchant, better)).product.review_status is ReviewStatus.APPROVED


async def test_an_edit_of_a_product_on_sale_opens_a_draft_and_never_takes_it_off_sale(
    database: Database,
) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    edited = await save(database, merchant, edit_of(sold, title="安溪铁观音 新茶"), sold)
    assert edited.product.title == "安溪铁观音 清香型"
    assert edited.draft is not None
    assert edited.draft.title == "安溪铁观音 新茶"
    assert edited.is_listable
    published = await submit(database, merchant, edited)
    assert published.product.title == "安溪铁观音 新茶"
    assert published.draft is None
    assert published.is_listable


async def test_a_draft_that_fails_its_review_leaves_what_is_on_sale_alone(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    edited = await save(database, merchant, edit_of(sold, title="最佳铁观音"), sold)
    failed = await submit(database, merchant, edited)
    assert failed.is_listable
    assert failed.product.title == "安溪铁观音 清香型"
    assert failed.product.draft_status is DraftStatus.EDITING
    assert failed.review_problems[0].word == "最佳"
    async with database.writing() as writer:
        dropped = await drop_draft(
            writer, merchant.signed_in.person, merchant.shop.shop_id, sold.product.product_id
        )
    assert (dropped.draft, dropped.review_problems) == (None, [])


async def test_writing_the_published_text_again_gives_the_draft_up(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    edited = await save(database, merchant, edit_of(sold, title="安溪铁观音 新茶"), sold)
    back = await save(database, merchant, edit_of(edited, title=sold.product.title), edited)
    assert back.draft is None
    assert back.product.draft_status is DraftStatus.NO_DRAFT


async def test_a_price_changes_at_once_and_is_audited_with_old_and_new(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    edit = edit_of(sold)
    cheaper = msgspec.structs.replace(
        edit, skus=[msgspec.structs.replace(edit.skus[0], price_fen=4_990), edit.skus[1]]
    )
    changed = await save(database, merchant, cheaper, sold)
    assert changed.skus[0].price_fen == 4_990
    assert changed.draft is None
    assert changed.is_listable
    async with database.reading() as reader:
        trail = await read_trail(reader, subject=f"product:{sold.product.product_id}")
    entry = next(entry for entry in trail.items if entry.action == "catalog:product:price")
    assert entry.before == [{"sku_id": sold.skus[0].sku_id, "price_fen": 5_990}]
    assert entry.after == [{"sku_id": sold.skus[0].sku_id, "price_fen": 4_990}]


async def test_a_sku_that_is_left_out_is_no_longer_sold_and_a_new_row_is(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    edit = edit_of(sold)
    changed = await save(
        database,
        merchant,
        msgspec.structs.replace(edit, skus=[edit.skus[1], SkuEdit(name="500g", price_fen=19_900, quantity=7)]),
        sold,
    )
    assert [(sku.name, sku.available) for sku in changed.skus] == [("250g", 40), ("500g", 7)]
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM sku WHERE NOT is_active") == 1


async def test_two_editors_meet_and_the_second_is_told(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    await save(database, merchant, edit_of(sold, brand="一号"), sold)
    with pytest.raises(ProductStale):
        await save(database, merchant, edit_of(sold, brand="二号"), sold)


async def test_an_unchanged_save_writes_nothing(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    same = await save(database, merchant, edit_of(sold), sold)
    assert same.product.version == sold.product.version


async def test_a_sku_of_another_product_cannot_be_edited_through_this_one(database: Database) -> None:
    merchant = await open_merchant(database)
    first, second = await make_product(database, merchant), await make_product(database, merchant)
    stolen = msgspec.structs.replace(edit_of(first), skus=edit_of(second).skus)
    with pytest.raises(NotFound):
        await save(database, merchant, stolen, first)


async def test_a_retired_product_never_changes_again(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    async with database.writing() as writer:
        retired = await retire_product(
            writer, merchant.signed_in.person, merchant.shop.shop_id, sold.product.product_id
        )
    assert not retired.is_listable
    with pytest.raises(ProductRetired):
        await save(database, merchant, edit_of(retired, brand="x"), retired)
    async with database.reading() as reader:
        kinds = await reader.column("SELECT kind FROM outbox_event ORDER BY event_id")
    assert kinds == ["catalog.product_put_on_sale", "catalog.product_put_off_sale"]


async def test_every_wrong_field_is_named(database: Database) -> None:
    merchant = await open_merchant(database)
    wrong = tea(title=" ", picture_url="https://elsewhere.test/a.png", description="a\0b")
    skus = [msgspec.structs.replace(wrong.skus[0], price_fen=0, name="同"), wrong.skus[1], wrong.skus[1]]
    async with database.writing() as writer:
        with pytest.raises(InvalidFields) as refused:
            await create_product(
                writer,
                merchant.signed_in.person,
                merchant.shop.shop_id,
                msgspec.structs.replace(wrong, skus=skus),
            )
    assert set(refused.value.problems) == {
        "title",
        "picture_url",
        "description",
        "skus.0.price",
        "skus.2.name",
    }


async def test_stock_is_received_and_adjusted_by_differences(database: Database) -> None:
    merchant = await open_merchant(database)
    sku = (await make_product(database, merchant)).skus[0]
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.writing() as writer:
        await writer.run(
            "UPDATE stock SET available = available - 30, held = 30 WHERE sku_id = %(sku_id)s", sku_id=sku.sku_id
        )
        assert (await receive_stock(writer, person, shop_id, sku.sku_id, 5)).available == 75
        assert (await adjust_stock(writer, person, shop_id, sku.sku_id, -75, "受潮")).available == 0
        with pytest.raises(StockTooSmall):
            await adjust_stock(writer, person, shop_id, sku.sku_id, -1, "再扣")
        with pytest.raises(InvalidFields):
            await adjust_stock(writer, person, shop_id, sku.sku_id, 1, " ")
        trail = await read_trail(writer, subject=f"sku:{sku.sku_id}")
    assert [(entry.action, entry.before, entry.after) for entry in trail.items] == [
        ("catalog:stock:adjust", {"available": 75}, {"available": 0, "reason": "受潮"}),
        ("catalog:stock:receive", {"available": 70}, {"available": 75, "reason": ""}),
    ]


async def test_another_merchants_shop_does_not_exist(database: Database) -> None:
    mine, other = await open_merchant(database), await open_merchant(database, "别家小店")
    theirs = await make_product(database, other)
    person, shop_id = mine.signed_in.person, other.shop.shop_id
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await require_member(writer, person, shop_id)
        with pytest.raises(NotFound):
            await edit_product(writer, person, shop_id, theirs.product.product_id, edit_of(theirs))
        with pytest.raises(NotFound):
            await receive_stock(writer, person, shop_id, theirs.skus[0].sku_id, 1)
        with pytest.raises(NotFound):
            # My own shop does not make their SKU mine.
            await receive_stock(writer, person, mine.shop.shop_id, theirs.skus[0].sku_id, 1)
        with pytest.raises(NotFound):
            await put_off_sale(writer, person, shop_id, theirs.product.product_id)
        with pytest.raises(NotFound):
            await close_shop(writer, person, shop_id)
        assert [shop.shop_id for shop in await shops_of(writer, person)] == [mine.shop.shop_id]


async def test_members_join_by_login_and_the_last_one_stays(database: Database) -> None:
    merchant = await open_merchant(database)
    helper = await sign_in_as(database, name="Wu")
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.writing() as writer:
        await add_member(writer, person, shop_id, helper.person.login.upper())
        await add_member(writer, person, shop_id, helper.person.login)
        assert [each.name for each in await members_of(writer, shop_id)] == ["Chen", "Wu"]
        assert (await require_member(writer, helper.person, shop_id)).shop_id == shop_id
        assert await writer.value(
            "SELECT count(*) FROM person_role WHERE person_id = %(id)s AND role = 'merchant'",
            id=helper.person.person_id,
        )
        with pytest.raises(InvalidFields):
            await add_member(writer, person, shop_id, "nobody")
        await remove_member(writer, helper.person, shop_id, person.person_id)
        with pytest.raises(LastMember):
            await remove_member(writer, helper.person, shop_id, helper.person.person_id)


async def test_creators_find_only_what_is_on_sale_approved_and_in_an_open_shop(database: Database) -> None:
    merchant = await open_merchant(database)
    sold = await product_on_sale(database, merchant)
    await make_product(database, merchant, tea(title="尚未上架的茶"))
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.reading() as reader:
        found = await search_listable(reader)
        assert [row.product_id for row in found.items] == [sold.product.product_id]
        assert (found.items[0].lowest_price_fen, found.items[0].available) == (5_990, 140)
        assert found.items[0].commission_rate is None
        assert (await search_listable(reader, "铁观音", "food")).items
        assert not (await search_listable(reader, "100%")).items
        assert not (await search_listable(reader, category_code="snacks")).items
        assert (await search_listable(reader, shop_id=shop_id)).items
    async with database.writing() as writer:
        await close_shop(writer, person, shop_id)
        assert not (await search_listable(writer)).items
        assert not (await product_detail(writer, shop_id, sold.product.product_id)).is_listable
        await reopen_shop(writer, person, shop_id)
        assert (await search_listable(writer)).items


async def test_a_list_is_read_page_by_page_in_every_order(database: Database) -> None:
    merchant = await open_merchant(database)
    for title in ("乙等铁观音", "甲等铁观音", "丙等铁观音"):
        await product_on_sale(database, merchant, tea(title=title))
    async with database.reading() as reader:
        for sort in (None, "created", "title", "-title", "price", "-available"):
            whole = await products_of_shop(reader, merchant.shop.shop_id, sort=sort)
            read: list[int] = []
            cursor: str | None = None
            for _ in range(3):
                page = await products_of_shop(reader, merchant.shop.shop_id, sort=sort, cursor=cursor, size=1)
                read += [row.product_id for row in page.items]
                cursor = page.next_cursor
            assert read == [row.product_id for row in whole.items], sort
            assert cursor is None
        with pytest.raises(CursorBroken):
            await products_of_shop(reader, merchant.shop.shop_id, cursor="=)(")
        listable = await search_listable(reader, size=2)
        rest = await search_listable(reader, cursor=listable.next_cursor)
        assert len(listable.items + rest.items) == 3


async def test_the_tabs_count_what_they_show(database: Database) -> None:
    merchant = await open_merchant(database)
    await product_on_sale(database, merchant)
    await make_product(database, merchant, tea(title="尚未提交的茶"))
    rejected = await make_product(database, merchant, tea(title="顶级铁观音"))
    await submit(database, merchant, rejected)
    async with database.reading() as reader:
        counts = await product_counts(reader, merchant.shop.shop_id)
        for only in ProductFilter:
            page = await products_of_shop(reader, merchant.shop.shop_id, only=only)
            assert len(page.items) == getattr(counts, only.value), only
    assert (counts.whole, counts.on_sale, counts.draft, counts.rejected) == (3, 1, 1, 1)


async def test_text_of_a_draft_is_kept_as_its_merchant_wrote_it(database: Database) -> None:
    merchant = await open_merchant(database)
    hostile = "'; DROP TABLE product; -- <script>alert(1)</script> 🍵👨‍👩‍👧"
    made = await make_product(database, merchant, tea(title=hostile))
    assert made.product.title == hostile
    assert made.published == ProductText(category_code="tea", title=hostile, title_en="Anxi oolong")
