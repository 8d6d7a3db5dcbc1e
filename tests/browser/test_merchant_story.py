"""The merchant's story: edit a product, receive stock, ship an order, import a file, first wrong, then right."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.amounts import yuan
from tests.browser.watched import DESK, Visits
from tests.browser.world import Row, World

pytestmark = [pytest.mark.browser]

COLUMNS = ("Handle", "Title", "Type", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Inventory Qty")
PRICE = "Variant Price"
LINES = (
    ("sour-plum-drink", "小波厨房 老北京酸梅汤原料包 无添加", "饮品", "规格", "10包", "XK901-1", "300", "25.90"),
    ("sour-plum-drink", "", "", "", "20包", "XK901-2", "200", "45.90"),
    ("garlic-sauce", "小波厨房 金银蒜蓉酱 蒸虾蒸粉丝 210g", "", "Title", "Default Title", "XK902", "500", "15.80"),
)


def write_file(path: Path, **wrong: tuple[int, str]) -> Path:
    """A Shopify product CSV; `wrong` gives a column another text in one of its lines."""
    lines = [dict(zip((*COLUMNS, PRICE), line, strict=True)) for line in LINES]
    for column, (number, text) in wrong.items():
        lines[number][column.replace("_", " ")] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (*COLUMNS, PRICE))
        writer.writeheader()
        writer.writerows(lines)
    return path


def choose_file(page: Page, file: Path) -> None:
    page.get_by_role("link", name="导入", exact=True).first.click()
    page.get_by_label("商品文件").set_input_files(file)
    page.get_by_label("新商品类目").select_option("cooking")
    page.get_by_role("button", name="预览变动").click()


def figures(page: Page) -> dict[str, str]:
    """The numbers at the head of a preview, by their labels."""
    found = page.locator(".figure").all()
    return {
        each.locator(".figure__label").inner_text(): each.locator(".figure__value").inner_text() for each in found
    }


def shop_products(world: World) -> int:
    row = world.row(
        "SELECT count(*) AS products FROM product JOIN shop USING (shop_id) WHERE shop.name LIKE '小波厨房%%'"
    )
    return int(row["products"])


def product_named(world: World, title: str) -> Row:
    return world.row("SELECT shop_id, product_id FROM product WHERE title LIKE %(title)s", title=f"%{title}%")


def test_a_merchant_changes_price_skus_and_stock(world: World, visits: Visits) -> None:
    product = product_named(world, "水磨年糕片")
    page = visits.open(world, "/merchant", login="xiaobo_kitchen", size=DESK)
    page.get_by_role("link", name="商品", exact=True).click()
    page.get_by_label("搜索").fill("年糕")
    page.get_by_role("button", name="搜索").click()
    row = page.get_by_role("row").filter(has_text="水磨年糕片")
    expect(row).to_contain_text("¥16.80 – ¥36.80")
    row.get_by_role("link", name="编辑").click()

    page.get_by_label("价格（元） 1").fill("17.5")
    page.get_by_role("button", name="添加规格").click()
    page.get_by_label("名称 3", exact=True).fill("500g×10")
    page.get_by_label("价格（元） 3").fill("五十")
    page.get_by_label("初始库存 3").fill("120")
    visits.expect_refusal(422, f"/products/{product['product_id']}")
    page.get_by_role("button", name="保存", exact=True).last.click()
    expect(page.locator(".field__error")).to_be_visible()
    expect(page.get_by_label("名称 3", exact=True)).to_have_value("500g×10")
    page.get_by_label("价格（元） 3").fill("66")
    page.get_by_role("button", name="保存", exact=True).last.click()
    expect(page.get_by_role("status").first).to_contain_text("已保存")

    page.get_by_role("link", name="库存", exact=True).click()
    page.get_by_label("规格", exact=True).select_option(label="500g×10")
    page.get_by_label("件数").fill("80")
    page.get_by_role("button", name="变更库存").click()
    expect(page.get_by_role("status").first).to_contain_text("库存已更新")
    expect(page.get_by_role("row").filter(has_text="500g×10").first).to_contain_text("200")

    buyer = visits.open(world, f"/products/{product['shop_id']}/{product['product_id']}", login="buyer")
    variants = buyer.locator(".variants")
    for words in ("¥17.50", "500g×10", "¥66.00", "还剩 200 件"):
        expect(variants).to_contain_text(words)


def paid_order(world: World, visits: Visits, login: str) -> tuple[Page, str]:
    """Somebody buys the merchant's goods in a video and pays; answers the page of the order, and what it cost."""
    sku = world.rows(
        """
        SELECT listing_id, sku_id, sku.price_fen FROM listing JOIN sku USING (shop_id, product_id)
        WHERE video_id IS NOT NULL AND title LIKE '%%红烧肉%%'
          AND listing.state <> 'off_cart'
        ORDER BY sku.position
        """
    )[0]
    placed = world.order(login, sku)
    page = visits.open(world, f"/cashier/{placed['shop_id']}/{placed['order_id']}", login=login)
    page.get_by_role("button", name="支付").click()
    page.get_by_role("button", name="付款", exact=True).click()
    page.get_by_role("link", name="查看订单").click()
    expect(page.locator(".order-state")).to_contain_text("待发货")
    return page, yuan(placed["total_fen"])


def test_a_merchant_ships_an_order_and_the_buyer_sees_it(world: World, visits: Visits) -> None:
    buyer, total = paid_order(world, visits, "viewer_21")
    number = buyer.url.rsplit("/", 1)[1].split("?")[0]
    page = visits.open(world, "/merchant", login="xiaobo_kitchen", size=DESK)
    page.get_by_role("link", name="English").click()
    page.get_by_label("Main").get_by_role("link", name="Orders").click()
    page.get_by_role("link", name="Awaiting shipment").click()
    page.get_by_label("Order number").fill(number)
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text(total)
    row.get_by_role("link", name="Ship").click()
    page.get_by_label("Carrier").select_option("SF")
    page.get_by_label("Waybill number").fill("!!")
    visits.expect_refusal(422, "/ship")
    page.get_by_role("button", name="Mark as shipped").click()
    expect(page.locator(".field__error")).to_be_visible()
    page.get_by_label("Waybill number").fill("SF1234567890123")
    page.get_by_role("button", name="Mark as shipped").click()
    expect(page.get_by_role("status").first).to_contain_text("Shipped. The buyer sees carrier and waybill now.")

    buyer.reload()
    expect(buyer.locator(".order-state")).to_contain_text("已发货")
    parcel = buyer.locator(".panel", has_text="物流信息")
    expect(parcel).to_contain_text("顺丰速运")
    expect(parcel).to_contain_text("SF1234567890123")
    buyer.get_by_role("button", name="确认收货", exact=True).click()
    buyer.get_by_role("button", name="确认收货无误").click()
    expect(buyer.locator(".order-state")).to_contain_text("已签收")


def test_a_file_is_previewed_corrected_imported_and_changes_nothing_twice(
    world: World, visits: Visits, tmp_path: Path
) -> None:
    before = shop_products(world)
    page = visits.open(world, "/merchant", login="xiaobo_kitchen", size=DESK)
    choose_file(
        page, write_file(tmp_path / "wrong.csv", Variant_Price=(1, "面议"), Variant_Inventory_Qty=(2, "三十"))
    )
    assert figures(page) == {"新增商品": "0", "变更商品": "0", "无变化商品": "0", "未导入": "2"}
    expect(page.get_by_role("alert")).to_contain_text("请在文件中修正以下商品后重新上传")
    wrong = page.get_by_role("table").get_by_role("row")
    for number, cells in (
        (1, ("第 3 行", "Variant Price", "面议")),
        (2, ("第 4 行", "Variant Inventory Qty", "三十")),
    ):
        for words in cells:
            expect(wrong.nth(number)).to_contain_text(words)
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)
    assert shop_products(world) == before, "nothing is half imported"

    right = write_file(tmp_path / "right.csv")
    choose_file(page, right)
    assert figures(page) == {"新增商品": "2", "变更商品": "0", "无变化商品": "0", "未导入": "0"}
    for words in ("酸梅汤原料包", "10包", "¥25.90", "300", "金银蒜蓉酱", "¥15.80"):
        expect(page.get_by_role("region", name="逐个商品预览")).to_contain_text(words)
    assert shop_products(world) == before, "a preview changes nothing"
    page.get_by_label("新增商品导入后立即上架").check()
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("status").first).to_contain_text("文件已导入")
    assert shop_products(world) == before + 2
    page.get_by_role("link", name="商品", exact=True).click()
    plum = page.get_by_role("row").filter(has_text="酸梅汤")
    for words in ("在售", "¥25.90 – ¥45.90", "500"):
        expect(plum).to_contain_text(words)

    choose_file(page, right)
    assert figures(page) == {"新增商品": "0", "变更商品": "0", "无变化商品": "2", "未导入": "0"}
    expect(page.get_by_text("文件内容与现有商品完全一致，无需导入")).to_be_visible()
    assert shop_products(world) == before + 2
