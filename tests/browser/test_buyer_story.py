"""The buyer's story, on a phone: watch, chat, choose, order, pay, let lapse, cancel; and look before leaving."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.amounts import yuan
from tests.browser.watched import Visits
from tests.browser.world import World
from yellowcart.demo.accounts import PASSWORD

pytestmark = [pytest.mark.browser]

NUTS_ROOM, NUTS = "山野集自播", "每日坚果"
PLAYED = """video => new Promise(done => {
  const look = () => { if (video.currentTime > 0.5) done([video.currentTime, video.videoWidth]); };
  video.addEventListener("timeupdate", look);
  look();
})"""


def number_in(locator: Locator) -> int:
    """The whole number that an element shows."""
    found = re.search(r"\d[\d,]*", locator.inner_text())
    assert found, f"no number in {locator.inner_text()!r}"
    return int(found[0].replace(",", ""))


def enter_from_the_feed(page: Page, title: str) -> None:
    page.locator(".room-card", has_text=title).click()
    expect(page.locator(".room")).to_have_attribute("data-state", "live")


def write_address(sheet: Locator) -> None:
    """A new address, written over the room and kept in the book."""
    if not sheet.get_by_label("收货人").is_visible():
        sheet.locator('[data-fold="address"] > summary').click()
        sheet.get_by_role("button", name="新收货地址").click()
    for label, text in (("收货人", "林小满"), ("手机号", "13800000021"), ("详细地址", "茶都路 1 号")):
        sheet.get_by_label(label).fill(text)
    for label, name in (("省份", "福建省"), ("城市", "泉州市"), ("区县", "安溪县")):
        sheet.get_by_label(label).select_option(name)
    sheet.get_by_role("button", name=re.compile("保存并使用|保存地址")).first.click()
    expect(sheet.locator(".checkout-address summary")).to_contain_text("福建省 泉州市 安溪县 茶都路 1 号")


def pay_at_the_bank(page: Page, sum_to_pay: str) -> None:
    page.get_by_role("button", name=f"支付 {sum_to_pay}").click()
    expect(page.get_by_role("heading", name="沙箱银行")).to_be_visible()
    expect(page.locator(".bank__sum")).to_contain_text(sum_to_pay)


def test_a_buyer_watches_chats_and_buys(world: World, visits: Visits) -> None:
    goods = world.goods_of_room(world.room(NUTS_ROOM), NUTS)
    wanted = goods[-1]
    page = visits.open(world, "/login")
    page.get_by_label("登录名").fill("buyer")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    enter_from_the_feed(page, NUTS_ROOM)

    played_s, width = page.locator("video").evaluate(PLAYED)
    assert played_s > 0.5, "the video plays"
    assert width == 360

    friend = visits.open(world, f"/rooms/{world.room(NUTS_ROOM)}", login="buyer_guo")
    viewers = page.locator('[data-shown="viewers"]')
    expect(viewers).to_have_text("2")
    page.get_by_label("说点什么").fill("开袋就能吃吗 🥜")
    page.get_by_label("说点什么").press("Enter")
    expect(friend.get_by_role("log")).to_contain_text("爱下厨的宁宁开袋就能吃吗 🥜")
    friend.get_by_label("说点什么").fill("<img src=x onerror=alert(1)>")
    friend.get_by_role("button", name="发送").click()
    expect(page.get_by_role("log")).to_contain_text("<img src=x onerror=alert(1)>")

    page.locator(".cart-button").click()
    drawer = page.get_by_role("dialog", name="小黄车")
    expect(drawer.get_by_role("listitem")).to_have_count(7)
    expect(drawer.get_by_role("listitem").first).to_contain_text(NUTS)
    drawer.get_by_role("button", name="关闭").click()

    pinned = page.locator("#pinned")
    expect(pinned).to_contain_text("讲解中")
    before = number_in(pinned.locator("[data-words]"))
    assert before == sum(sku["available"] for sku in goods)
    world.order("buyer_guo", wanted, quantity=2)
    expect(pinned.locator("[data-words]")).to_contain_text(str(before - 2))
    expect(page.get_by_role("log")).to_contain_text("有人刚刚下单")

    pinned.click()
    sheet = page.get_by_role("dialog", name="选择规格")
    sheet.locator("label.sku", has_text=wanted["name"]).click()
    expect(sheet.locator(".goods [data-left]")).to_contain_text(str(wanted["available"] - 2))
    sheet.get_by_role("button", name="增加").click()
    price = world.quote("buyer", wanted, quantity=2)["price"]
    expect(sheet.locator("[data-sum]")).to_have_text(yuan(price["goods_fen"]))
    sheet.get_by_role("button", name="立即抢购").click()
    checkout = page.get_by_role("dialog", name="确认订单")
    assert page.url.endswith(f"/rooms/{world.room(NUTS_ROOM)}"), "nobody leaves the room to check out"
    checkout.get_by_label("给商家留言").fill("请用纸箱包装")
    write_address(checkout)
    expect(checkout.get_by_label("给商家留言")).to_have_value("请用纸箱包装")
    total = yuan(price["total_fen"])
    expect(checkout.locator("[data-sum]")).to_have_text(total)
    checkout.get_by_role("button", name="提交订单").click()

    expect(page.get_by_text("应付金额")).to_be_visible()
    expect(page.locator("[data-countdown]")).to_contain_text(re.compile(r"(30:00|29:\d\d)"))
    expect(page.get_by_text("福建省 泉州市 安溪县 茶都路 1 号")).to_be_visible()
    pay_at_the_bank(page, total)
    page.get_by_role("button", name="模拟银行拒绝").click()
    expect(page.get_by_role("alert")).to_contain_text("银行拒绝了这次支付，没有扣款，可以再试一次。")
    pay_at_the_bank(page, total)
    page.get_by_role("button", name="付款", exact=True).click()
    expect(page.get_by_role("heading", name="已付款")).to_be_visible()
    page.get_by_role("link", name="查看订单").click()
    expect(page.locator(".order-state")).to_contain_text("待发货")

    page.goto("/orders")
    newest = page.locator(".order-card").first
    for words in (NUTS, wanted["name"], "待发货", total, "×2"):
        expect(newest).to_contain_text(words)
    expect(friend.locator("#pinned [data-words]")).to_contain_text(str(before - 4))


def test_an_order_that_nobody_pays_lapses_before_the_buyers_eyes(world: World, visits: Visits) -> None:
    sku = world.goods_of_room(world.room(NUTS_ROOM), NUTS)[0]
    placed = world.order("viewer_01", sku)
    # The clock is everybody's and is not moved: this one hold is made short in the database.
    world.change(
        """
        UPDATE shop_order SET hold_s = 6, hold_until = submitted_at + interval '6 s'
        WHERE order_id = %(order_id)s
        """,
        order_id=placed["order_id"],
    )
    key = f"{placed['shop_id']}/{placed['order_id']}"
    page = visits.open(world, f"/cashier/{key}", login="viewer_01")
    expect(page.locator("[data-countdown]")).to_contain_text("00:0")
    # The page counts down and asks again by itself.
    expect(page.locator(".pay")).to_contain_text(re.compile("付款时间已过|订单已关闭"))
    expect(page.get_by_role("button", name="支付")).to_have_count(0)
    world.wait_for(
        "SELECT FROM shop_order WHERE order_id = %(order_id)s AND state = 'closed'", order_id=placed["order_id"]
    )
    page.goto("/orders?show=closed")
    page.locator(f'a.order-card__goods[href="/orders/{key}"]').click()
    expect(page.locator(".order-state")).to_contain_text("交易关闭")
    expect(page.locator(".steps")).to_contain_text("超时未付款，订单关闭")
    again = world.goods_of_room(world.room(NUTS_ROOM), NUTS)[0]
    assert again["available"] == sku["available"], "the stock is back on the shelf"


HELD_FOR = """
SELECT extract(epoch FROM hold_until - submitted_at)::float AS seconds, hold_s FROM shop_order
WHERE order_id = %(order_id)s
"""
GIVEN_UP = """
SELECT FROM shop_order
WHERE order_id = %(order_id)s AND hold_until < submitted_at + make_interval(secs => hold_s)
"""
KEPT = GIVEN_UP.replace("hold_until <", "hold_until =")


def test_closing_the_cashiers_tab_gives_the_goods_up_and_coming_back_keeps_them(
    world: World, visits: Visits
) -> None:
    placed = world.order("viewer_04", world.goods_of_room(world.room(NUTS_ROOM), NUTS)[0])
    order_id, cashier = placed["order_id"], f"/cashier/{placed['shop_id']}/{placed['order_id']}"
    page = visits.open(world, "/orders", login="viewer_04")
    tab = page.context.new_page()
    tab.goto(cashier)
    expect(tab.locator("[data-countdown]")).to_be_visible()
    world.wait_for(KEPT, order_id=order_id)
    tab.close()
    world.wait_for(GIVEN_UP, order_id=order_id)
    held = world.row(HELD_FOR, order_id=order_id)
    assert held["seconds"] < held["hold_s"] / 2, "a minute to come back, and no more"
    page.goto(cashier)
    world.wait_for(KEPT, order_id=order_id)
    page.goto("/orders")
    world.wait_for(GIVEN_UP, order_id=order_id)
    page.go_back()
    world.wait_for(KEPT, order_id=order_id)


def test_a_buyer_cancels_an_order(world: World, visits: Visits) -> None:
    sku = world.goods_of_room(world.room(NUTS_ROOM), NUTS)[0]
    placed = world.order("viewer_02", sku)
    page = visits.open(world, "/orders?show=to_pay", login="viewer_02")
    page.locator(f'a.order-card__goods[href="/orders/{placed["shop_id"]}/{placed["order_id"]}"]').click()
    page.get_by_role("button", name="取消订单").click()
    question = page.get_by_role("dialog", name="确定取消这笔订单？")
    question.get_by_role("button", name="取消订单").click()
    expect(page.get_by_role("status").first).to_contain_text("订单已取消")
    expect(page.locator(".order-state")).to_contain_text("交易关闭")
    expect(page.locator(".steps")).to_contain_text("已取消订单")
    again = world.goods_of_room(world.room(NUTS_ROOM), NUTS)[0]
    assert again["available"] == sku["available"], "the stock is back on the shelf"


def raise_prices(world: World, merchant: str, shop_id: int, product_id: int, by_fen: int) -> None:
    """The merchant raises every price of a product, through the API."""
    address = f"/api/v1/shops/{shop_id}/products/{product_id}"
    detail = world.call(merchant, "GET", address)
    kept = ("sku_id", "name", "name_en", "merchant_code", "barcode")
    skus = [
        {name: sku[name] for name in kept} | {"price_fen": sku["price_fen"] + by_fen} for sku in detail["skus"]
    ]
    product = detail["product"]
    words = ("title", "title_en", "brand", "description", "description_en", "picture_url")
    text = {name: product[name] for name in words} | {"category_code": detail["category"]["code"]}
    world.call(merchant, "PATCH", address, {"version": product["version"], "text": text, "skus": skus})


def orders_of(world: World, login: str) -> int:
    query = "SELECT count(*) AS placed FROM shop_order JOIN person ON person_id = buyer_id WHERE login = %(login)s"
    return int(world.row(query, login=login)["placed"])


def test_a_buyer_is_asked_again_when_the_price_has_changed(world: World, visits: Visits) -> None:
    room_id = world.room(NUTS_ROOM)
    sku = world.goods_of_room(room_id, "肉松")[0]
    page = visits.open(world, f"/rooms/{room_id}", login="viewer_03")
    page.locator(".cart-button").click()
    page.locator(f"#buy-{sku['listing_id']}").click()
    sheet = page.get_by_role("dialog", name="选择规格")
    price = world.quote("viewer_03", sku)["price"]
    expect(sheet.locator("[data-sum]")).to_have_text(yuan(price["goods_fen"]))
    sheet.get_by_role("button", name="立即抢购").click()
    checkout = page.get_by_role("dialog", name="确认订单")
    write_address(checkout)
    before = yuan(price["total_fen"])
    expect(checkout.locator("[data-sum]")).to_have_text(before)

    placed = orders_of(world, "viewer_03")
    raise_prices(world, "shanyeji", sku["shop_id"], sku["product_id"], 300)
    now = yuan(world.quote("viewer_03", sku)["price"]["total_fen"])
    assert now != before
    visits.expect_refusal(409, "/api/v1/orders")
    checkout.get_by_role("button", name="提交订单").click()
    told = checkout.locator("[data-said]")
    expect(told).to_contain_text("价格已变动")
    expect(told.locator("del")).to_have_text(before)
    expect(told.locator("ins")).to_have_text(now)
    assert orders_of(world, "viewer_03") == placed, "nothing was ordered at another price than the one shown"

    checkout.get_by_role("button", name=f"按 {now} 下单").click()
    expect(page.get_by_role("button", name=f"支付 {now}")).to_be_visible()
    assert orders_of(world, "viewer_03") == placed + 1


def test_an_outside_product_says_where_it_leads_before_the_jump(world: World, visits: Visits) -> None:
    room_id = world.room("沫沫的春日妆")
    outside = world.row(
        """
        SELECT listing_id, tap_url AS url FROM listing
        WHERE room_id = %(room_id)s AND title LIKE '%%口红%%' AND url <> ''
        """,
        room_id=room_id,
    )
    page = visits.open(world, f"/rooms/{room_id}")
    page.locator(".cart-button").click()
    page.locator(f'a[href="/out/{outside["listing_id"]}"]').click()
    expect(page.get_by_text("淘宝联盟").first).to_be_visible()
    expect(page.locator(".leads-to__host")).to_contain_text(outside["url"].split("/")[2])
    expect(page.get_by_text("2022-03-01 00:00 起不得上架")).to_be_visible()
    with page.expect_request(lambda request: not request.url.startswith(world.url)) as left:
        page.get_by_role("button", name="前往购买").click()
    assert left.value.url == outside["url"]


def test_a_buyer_buys_in_english(world: World, visits: Visits) -> None:
    page = visits.open(world, "/", login="buyer_look")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    enter_from_the_feed(page, "Shanyeji: daily nuts are back")
    expect(page.locator("#pinned")).to_contain_text("Explaining now")
    page.locator("#pinned").click()
    page.get_by_role("dialog", name="Choose and order").get_by_role("button", name="Buy now").click()
    checkout = page.get_by_role("dialog", name="Confirm your order")
    total = checkout.locator("[data-sum]").inner_text()
    checkout.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("The goods are kept for")).to_be_visible()
    page.get_by_role("button", name=f"Pay {total}").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("heading", name="Paid")).to_be_visible()
    page.get_by_role("link", name="See the order").click()
    expect(page.locator(".order-state")).to_contain_text("Awaiting shipment")
    expect(page.locator(".order-card__goods")).to_contain_text("Shanyeji")
