"""The creator's story: announce a room, fill its cart, go on air, explain, reorder, take off, see the numbers."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.amounts import yuan
from tests.browser.watched import DESK, Visits
from tests.browser.world import World

pytestmark = [pytest.mark.browser]

TAOBAO = (
    "【淘宝】退货包运费 https://item.taobao.com/item.htm?id=678901234567&spm=a1z10.1-c MF278 "
    "「手工铸铁煎锅 26cm 不易粘」\n点击链接直接打开 或者 淘宝搜索直接打开"
)
JD = "https://item.jd.com/100012043978.html"
YOUZAN = "https://h5.youzan.com/v2/goods/2oszxv0yqp1ab"
CUT = "2022-03-01 00:00"


def announce_room(page: Page, title: str) -> int:
    page.get_by_role("button", name="预告直播").first.click()
    form = page.get_by_role("dialog", name="预告直播")
    form.get_by_label("标题", exact=True).fill(title)
    form.get_by_role("button", name="发布预告").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    found = re.search(r"/creator/rooms/(\d+)", page.url)
    assert found
    return int(found[1])


def row_of(page: Page, title: str) -> Locator:
    return page.locator(".desk-row", has_text=title)


def queue_product(page: Page, search: str) -> None:
    picker = page.get_by_role("dialog", name="平台商品")
    if not picker.is_visible():
        page.get_by_role("button", name="平台商品").click()
    picker.get_by_label("搜索").fill(search)
    found = picker.get_by_role("listitem").filter(has_text=search)
    expect(found).to_have_count(1)
    found.get_by_role("button", name="加入待上架").click()
    expect(row_of(page, search)).to_contain_text("待挂车")


def paste(page: Page, text: str) -> Locator:
    page.get_by_label("粘贴链接或分享文案").fill(text)
    return page.locator("#found .desk-link")


def end_the_room_on_air(page: Page) -> None:
    """A creator is on air in one room at a time: the lunch of the demo world ends first."""
    page.get_by_role("link", name="直播中控台").first.click()
    page.get_by_role("button", name="结束直播").click()
    page.get_by_role("dialog").get_by_role("button", name="结束直播").click()
    expect(page.get_by_role("status").first).to_contain_text("直播已结束")


def test_a_creator_runs_a_room_from_announcement_to_numbers(world: World, visits: Visits) -> None:
    page = visits.open(world, "/creator", login="xiaobo", size=DESK)
    expect(page.get_by_text("淘宝联盟").first).to_be_visible()
    end_the_room_on_air(page)
    page.goto("/creator/rooms")
    title = "小波的春日厨房"
    room_id = announce_room(page, title)

    queue_product(page, "葱油拌面")
    queue_product(page, "小磨香油")
    page.keyboard.press("Escape")
    expect(row_of(page, "葱油拌面")).to_contain_text("还剩")

    link = paste(page, TAOBAO)
    expect(link).to_contain_text("淘宝联盟")
    expect(link).to_contain_text("允许")
    expect(link).to_contain_text(f"{CUT} 起不得上架")
    expect(link).to_contain_text("与相关第三方的合作协议发生变化")
    expect(link.get_by_label("购物车标题")).to_have_value(re.compile("手工铸铁煎锅"))
    link.get_by_label("价格").fill("129")
    link.get_by_role("button", name="加入小黄车").click()
    expect(row_of(page, "手工铸铁煎锅")).to_contain_text(f"{CUT} 变更")
    expect(row_of(page, "手工铸铁煎锅")).to_contain_text("¥129.00")
    expect(page.get_by_label("粘贴链接或分享文案")).to_have_value("")

    link = paste(page, JD)
    expect(link).to_contain_text("京东联盟")
    expect(link).to_contain_text(f"{CUT} 起不得上架")
    link.get_by_label("购物车标题").fill("空气炸锅 5L")
    link.get_by_role("button", name="加入小黄车").click()
    expect(row_of(page, "空气炸锅")).to_contain_text(f"{CUT} 变更")

    link = paste(page, YOUZAN)
    expect(link).to_contain_text("禁止")
    expect(link).to_contain_text("2021-11-01 00:00")
    expect(link.get_by_role("button", name="加入小黄车")).to_have_count(0)

    page.get_by_role("button", name="开播").click()
    expect(page.get_by_role("status").first).to_contain_text("已开播")
    for product in ("葱油拌面", "小磨香油"):
        row_of(page, product).get_by_role("button", name="上架").click()
        expect(row_of(page, product)).to_contain_text("挂车中")

    viewer = visits.open(world, f"/rooms/{room_id}", login="viewer_11")
    expect(viewer.locator("[data-cart-count]")).to_have_text("4")
    viewer.evaluate("window.openedOnce = true")
    expect(page.locator('#numbers [data-shown="viewers"]')).to_have_text("1")

    row_of(page, "葱油拌面").get_by_role("button", name="讲解").click()
    expect(row_of(page, "葱油拌面")).to_contain_text("讲解中")
    expect(viewer.locator("#pinned")).to_contain_text("葱油拌面")

    shown = viewer.locator(".listings .listing__title")
    viewer.locator(".cart-button").click()
    expect(shown.first).to_contain_text("葱油拌面")
    up = row_of(page, "小磨香油").get_by_role("button", name="上移")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".desk-row").first).to_contain_text("小磨香油")
    expect(shown.first).to_contain_text("小磨香油")
    down = row_of(page, "小磨香油").get_by_role("button", name="下移")
    expect(down).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".desk-row").first).to_contain_text("葱油拌面")
    expect(shown.first).to_contain_text("葱油拌面")

    row_of(page, "空气炸锅").get_by_role("button", name="下架").click()
    expect(row_of(page, "空气炸锅")).to_have_count(0)
    expect(viewer.locator(".listing", has_text="空气炸锅")).to_have_count(0)
    expect(viewer.locator("[data-cart-count]")).to_have_text("3")

    sku = world.goods_of_room(room_id, "葱油拌面")[0]
    total = yuan(world.order("viewer_11", sku)["total_fen"])
    numbers = page.locator("#numbers")
    expect(numbers.locator(".figure", has_text="GMV（提交口径）")).to_contain_text(total)
    expect(numbers.locator(".figure", has_text="GMV（支付口径）")).to_contain_text("¥0.00")
    expect(numbers).to_contain_text("按提交时间统计的订单金额")
    assert viewer.evaluate("window.openedOnce") is True, "the viewer's page was never loaded again"

    page.goto("/creator/listings?show=off_cart")
    off = page.get_by_role("row").filter(has_text="小波的春日厨房").filter(has_text="空气炸锅 5L")
    expect(off).to_contain_text("您已下架")


def test_the_desk_speaks_english_too(world: World, visits: Visits) -> None:
    page = visits.open(world, "/creator", login="lao_k", size=DESK)
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Control desk").first.click()
    row = page.locator(".desk-row", has_text="GaN charger")
    expect(row).to_contain_text("On cart")
    expect(row).to_contain_text(f"changes {CUT}")
    row.get_by_text("Allowed").click()
    expect(row).to_contain_text(f"From {CUT} they may not be listed any more")
    expect(row).to_contain_text("the platform wants the means to watch over the whole supply chain")
    expect(page.locator("#numbers")).to_contain_text("GMV paid")
