"""The operator's story: read the rules and the numbers, then move the clock to the cut and watch what happens."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.amounts import yuan
from tests.browser.watched import DESK, ENGLISH, Visits
from tests.browser.world import World

pytestmark = [pytest.mark.browser]

CUT = "2022-03-01T00:00"
REASON = "与相关第三方的合作协议发生变化"
REASON_EN = "The agreements with these third parties have changed"
SURFACES = 5


def verdicts_of(page: Page, source: str) -> list[str]:
    """What holds for a source, surface by surface."""
    row = page.locator(".matrix tbody tr").filter(has=page.get_by_role("rowheader", name=source))
    expect(row).to_have_count(1)
    return [cell.locator(".state").first.inner_text() for cell in row.get_by_role("cell").all()]


def test_the_timeline_tells_what_held_in_november(world: World, visits: Visits) -> None:
    page = visits.open(world, "/operator", login="operator", size=DESK)
    page.get_by_role("link", name="外链规则").click()
    page.get_by_label("查询时刻").fill("2021-11-15")
    expect(page).to_have_url(re.compile("at=2021-11-15"))
    expect(page.get_by_role("heading", name="规则判定")).to_contain_text("2021-11-15 00:00")
    for source in ("有赞", "魔筷"):
        assert verdicts_of(page, source) == ["禁止"] + ["允许"] * (SURFACES - 1), source
    for source in ("淘宝联盟", "京东联盟", "快手小店（自营）"):
        assert verdicts_of(page, source) == ["允许"] * SURFACES, source

    page.get_by_role("link", name="English").click()
    assert verdicts_of(page, "Youzan") == ["Refused"] + ["Allowed"] * (SURFACES - 1)
    page.goto("/operator/rules?at=2022-03-01")
    assert verdicts_of(page, "Taobao Union") == ["Refused"] * 3 + ["Allowed"] * 2
    assert verdicts_of(page, "JD Union") == ["Refused"] + ["Allowed"] * (SURFACES - 1)


def test_every_amount_on_the_dashboard_says_what_it_counts(world: World, visits: Visits) -> None:
    page = visits.open(world, "/operator?window=week", login="operator", size=DESK)
    for label, basis in (
        ("GMV（提交口径）", "按提交时间统计的订单金额，含未支付、已退款、已退货订单"),
        ("GMV（支付口径）", "按支付时间统计的订单金额，含之后退款的订单"),
        ("净成交 GMV（按支付时间）", "统计期内支付的订单金额，减去这些订单截至目前的退款"),
        ("净成交 GMV（按退款时间）", "统计期内支付的订单金额，减去统计期内到账的退款（不论何时支付）"),
    ):
        figure = page.locator(".figure").filter(has=page.locator(".figure__label", has_text=label))
        expect(figure.locator(".figure__value")).to_have_text(re.compile(r"^¥[1-9][\d,]*\.\d\d$"))
        expect(figure.locator(".figure__basis")).to_contain_text(basis)
        expect(figure.locator(".figure__basis")).to_contain_text("截至 2022-02-25")
    for chart in ("#orders-over-time", "#source-share"):
        expect(page.locator(f"{chart} canvas, {chart} svg").first).to_be_visible()
    for words in ("货源占比", "自闭环占比", "联盟回传 GMV"):
        expect(page.locator("#live")).to_contain_text(words)
    page.get_by_role("link", name="今日").click()
    expect(page.get_by_role("heading", name=re.compile("订单数"))).to_be_visible()


def move_the_clock(page: Page, moment: str) -> None:
    page.goto("/operator/clock")
    page.get_by_label("拨到").fill(moment)
    page.get_by_role("button", name="查看影响").click()
    page.get_by_role("button", name="拨动时钟").click()
    page.get_by_role("dialog").get_by_role("button", name="拨动时钟").click()
    expect(page.get_by_role("status").first).to_contain_text("平台时钟已拨动")


def entry(page: Page, title: str) -> Locator:
    return page.locator(".listing", has_text=title)


def test_the_cut_empties_the_carts_and_leaves_orders_alone(world_apart: World, visits: Visits) -> None:
    world = world_apart
    room_id = world.room("午饭吃什么")
    video_id = world.row("SELECT video_id FROM video WHERE title = '三分钟学会红烧肉'")["video_id"]
    operator = visits.open(world, "/operator/clock", login="operator", size=DESK)
    # Ten minutes before the cut: an order placed now is still held when the rules take effect.
    move_the_clock(operator, "2022-02-28T23:50")

    sauce = world.goods_of_room(room_id, "鲜椒酱")[0]
    placed = world.order("viewer_31", sauce)
    cashier = visits.open(world, f"/cashier/{placed['shop_id']}/{placed['order_id']}", login="viewer_31")
    expect(cashier.get_by_text("应付金额")).to_be_visible()

    viewer = visits.open(world, f"/rooms/{room_id}", login="viewer_32")
    guest = visits.open(world, f"/rooms/{room_id}", language=ENGLISH)
    desk = visits.open(world, f"/creator/rooms/{room_id}", login="xiaobo", size=DESK)
    expect(viewer.locator("#pinned")).to_contain_text("铸铁炒锅")
    viewer.locator(".cart-button").click()
    expect(entry(viewer, "铸铁炒锅").get_by_role("link", name="去看看")).to_be_visible()
    guest.locator(".cart-button").click()
    for page in (viewer, guest, desk):
        page.evaluate("window.openedOnce = true")

    move_the_clock(operator, CUT)

    for title in ("铸铁炒锅", "砂锅炖锅", "空气炸锅"):
        gone = entry(viewer, title)
        expect(gone).to_contain_text("已下车")
        expect(gone).to_contain_text(REASON)
        expect(gone).to_contain_text("2022-03-01 00:00")
        expect(gone.get_by_role("link", name="去看看")).to_have_count(0)
    expect(viewer.locator("#pinned")).to_have_count(0)
    for title in ("鲜椒酱", "红烧肉料理包"):
        expect(entry(viewer, title).get_by_role("button", name="抢购")).to_be_enabled()
    expect(viewer.locator("[data-cart-count]")).to_have_text("2")
    expect(entry(guest, "Uncoated cast-iron wok")).to_contain_text(REASON_EN)

    row = desk.locator(".desk-row", has_text="铸铁炒锅")
    expect(row).to_contain_text("已下车")
    row.locator("summary").click()
    expect(row).to_contain_text(REASON)
    for page in (viewer, guest, desk):
        assert page.evaluate("window.openedOnce") is True, "no page was loaded again"

    brought = operator.locator("#brought")
    expect(brought).to_contain_text(re.compile(r"已完成：\d+ 件商品下车。已提交的订单不受影响。"))
    for surface, source, verdict in (("直播间购物车", "淘宝联盟", "禁止"), ("短视频购物车", "京东联盟", "允许")):
        line = brought.get_by_role("row").filter(has_text=surface).filter(has_text=source)
        expect(line).to_contain_text(verdict)

    viewer.goto(f"/videos/{video_id}")
    viewer.locator(".cart-button").click()
    expect(entry(viewer, "铸铁炒锅")).to_contain_text(REASON)
    expect(entry(viewer, "铸铁炒锅").get_by_role("link", name="去看看")).to_have_count(0)
    expect(viewer.locator(".listing", has_text="京东联盟").get_by_role("link", name="去看看")).to_be_visible()
    expect(entry(viewer, "红烧肉料理包").get_by_role("button", name="抢购")).to_be_enabled()

    cashier.reload()
    expect(cashier.get_by_text("应付金额")).to_be_visible()
    cashier.get_by_role("button", name=f"支付 {yuan(placed['total_fen'])}").click()
    cashier.get_by_role("button", name="付款", exact=True).click()
    expect(cashier.get_by_role("heading", name="已付款")).to_be_visible()

    operator.get_by_role("link", name="规则下车商品").click()
    expect(operator.get_by_role("row").filter(has_text="铸铁炒锅").first).to_contain_text("第三方联盟商品链接")
