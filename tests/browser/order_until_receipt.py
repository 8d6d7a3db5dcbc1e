"""The story of one order up to its receipt: a coupon dropped in a live room, two pieces, paid, in two parcels."""

import base64
import hmac
import json
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.amounts import (
    Books,
    books_of,
    cells_of,
    facts_of,
    fen_in,
    foot_of,
    lines_of,
    require_same,
    yuan,
)
from tests.browser.watched import DESK, Visits
from tests.browser.world import ADDRESS, Row, World
from yellowcart.demo.accounts import PASSWORD

BUYER, HOST, SHOP, OPERATOR = "wantwant", "xiaobo", "xiaobo_kitchen", "operator"
COUPON, COUPON_EN = "拌面搭子减3.33", "Noodle mate, 3.33 off"
COUPON_FEN = 333
"""Odd on purpose: neither the goods nor the coupon can be halved evenly."""
PIECES = 2
PARCELS = ("SF7000000000101", "SF7000000000102")
SOURCE = "story-express"
TOLD = "快件已到达苏州转运中心"


@dataclass
class Story:
    """The world, and the one order that it is about."""

    world: World
    visits: Visits
    room_id: int
    sku: Row
    photo: Path
    shop_id: int = 0
    order_id: int = 0
    aftersale_id: int = 0

    @property
    def key(self) -> str:
        """The order in an address."""
        return f"{self.shop_id}/{self.order_id}"

    @property
    def case_key(self) -> str:
        """The after-sale in an address."""
        return f"{self.shop_id}/{self.aftersale_id}"

    def books(self) -> Books:
        """What the tables hold now."""
        return books_of(self.world, self.shop_id, self.order_id)

    def keep(self, page: Page, name: str) -> None:
        """Keep a picture of a station."""
        self.visits.keep_shot(page, name)


def register(story: Story) -> Page:
    """Somebody new, who has neither coupons nor addresses, on a phone."""
    phone = story.visits.open(story.world, "/register")
    for name, text in (("name", "旺旺爱拌面"), ("login", BUYER), ("password", PASSWORD)):
        phone.locator(f"#field-{name}").fill(text)
    phone.locator('main [type="submit"]').last.click()
    phone.wait_for_url(lambda url: not url.endswith("/register"))
    return phone


def claim_in_the_room(story: Story, phone: Page) -> None:
    """The host makes a coupon for the room and drops it; the phone in the room shows it, and it is claimed."""
    phone.goto(f"/rooms/{story.room_id}")
    expect(phone.locator(".room")).to_have_attribute("data-state", "live")
    host = story.visits.open(story.world, "/creator/coupons/new", login=HOST, size=DESK)
    for name, text in (("title", COUPON), ("title_en", COUPON_EN), ("threshold_fen", "15")):
        host.locator(f"#field-{name}").fill(text)
    host.locator("#field-off_fen").fill("3.33")
    host.locator("#field-stock").fill("5")
    host.locator("#field-room_id").select_option(str(story.room_id))
    host.get_by_label("暂不展示，由我在直播间投放").check()
    story.keep(host, "01-host-makes-coupon")
    host.get_by_role("button", name="创建优惠券").click()
    expect(host.locator("body")).to_contain_text(COUPON)
    host.goto(f"/creator/rooms/{story.room_id}")
    on_desk = host.locator("#room-coupons li").filter(has_text=COUPON)
    on_desk.get_by_role("button", name="立即投放").click()
    expect(on_desk.get_by_role("button", name="再次投放")).to_be_visible()

    dropped = phone.locator("[data-dropped]")
    expect(dropped).to_contain_text("主播发券啦")
    expect(dropped).to_contain_text(COUPON)
    story.keep(phone, "02-coupon-dropped")
    dropped.get_by_role("button", name="领取").click()
    expect(phone.get_by_text("领取成功，下单时即可使用。")).to_be_visible()
    story.keep(host, "03-host-desk")


def order_in_the_room(story: Story, phone: Page) -> None:
    """Two pieces at the room's price, with the coupon and with freight; the checkout explains the sum."""
    sku = story.sku
    phone.locator(".cart-button").click()
    phone.locator(f"#buy-{sku['listing_id']}").click()
    sheet = phone.get_by_role("dialog", name="选择规格")
    sheet.locator("label.sku", has_text=sku["name"]).click()
    sheet.get_by_role("button", name="增加").click()
    story.keep(phone, "04-sheet")
    sheet.get_by_role("button", name="立即抢购").click()
    checkout = phone.get_by_role("dialog", name="确认订单")
    write_address(checkout)
    price = story.world.quote(BUYER, sku, quantity=PIECES)["price"]
    assert price["saved_fen"] > 0, "the room has a price of its own"
    assert price["freight_fen"] > 0, "this order is too small for free delivery"
    assert price["discount_fen"] == COUPON_FEN
    shown = lines_of(checkout.locator("[data-sums]"))
    require_same(
        shown,
        {
            "商品": PIECES * sku["price_fen"],
            "特价优惠": -price["saved_fen"],
            COUPON: -COUPON_FEN,
            "运费": price["freight_fen"],
            "合计": price["total_fen"],
        },
    )
    assert shown["合计"] == sum(shown.values()) - shown["合计"], "the lines come to the total"
    expect(checkout.locator("[data-sum]")).to_have_text(yuan(price["total_fen"]))
    story.keep(phone, "05-checkout")
    checkout.locator("[data-sums]").scroll_into_view_if_needed()
    story.keep(phone, "06-checkout-sum")
    checkout.get_by_role("button", name="提交订单").click()
    phone.wait_for_url("**/cashier/**")
    story.shop_id, story.order_id = (int(part) for part in phone.url.split("?")[0].split("/")[-2:])
    books = story.books()
    assert (books.total_fen, books.discount_fen, books.freight_fen) == (
        price["total_fen"],
        price["discount_fen"],
        price["freight_fen"],
    )
    assert books.funder == "creator"


def write_address(checkout: Locator) -> None:
    """The first address of a new buyer, written within the checkout."""
    for name in ("recipient", "phone", "street"):
        checkout.locator(f"#field-{name}").fill(ADDRESS[name])
    for name in ("province", "city", "district"):
        checkout.locator(f"#field-{name}").select_option(ADDRESS[name])
    checkout.get_by_role("button", name="保存地址").click()
    expect(checkout.locator(".checkout-address summary")).to_contain_text(ADDRESS["street"])


def pay(story: Story, phone: Page) -> None:
    """The cashier and the bank ask for the same sum, and the bank takes it."""
    books = story.books()
    require_same(
        lines_of(phone.locator(".panel").filter(has=phone.locator(".line--sum"))),
        {
            "优惠券": -books.discount_fen,
            "运费": books.freight_fen,
            "合计": books.total_fen,
        },
    )
    story.keep(phone, "07-cashier")
    phone.get_by_role("button", name=f"支付 {yuan(books.total_fen)}").click()
    assert fen_in(phone.locator(".bank__sum").inner_text()) == books.total_fen
    phone.get_by_role("button", name="付款", exact=True).click()
    expect(phone.get_by_role("heading", name="已付款")).to_be_visible()
    phone.get_by_role("link", name="查看订单").click()
    expect(phone.locator(".order-state")).to_contain_text("待发货")


def require_paid_amounts(story: Story, phone: Page, desk: Page, operator: Page) -> None:
    """Buyer, merchant and operator see one order, in Chinese and English."""
    books = story.books()
    assert books.paid_fen == books.total_fen == books.payable_fen
    require_same(
        bought(phone),
        {
            "商品": books.usual_fen,
            "特价优惠": -books.saved_fen,
            "优惠券": -books.coupon_fen,
            "运费": books.freight_fen,
            "已付款": books.total_fen,
        },
    )
    assert lines_of(phone.locator(".panel.sums"))["已付款"] == books.total_fen
    story.keep(phone, "08-buyer-paid")
    desk.goto(f"/merchant/{story.shop_id}/orders?state=paid&number={story.order_id}")
    row = desk.get_by_role("row").filter(has_text=str(story.order_id))
    assert fen_in(row.inner_text()) == books.total_fen
    row.get_by_role("link", name="发货").click()
    goods = desk.locator("table").filter(has=desk.locator("tfoot"))
    require_same(
        foot_of(goods),
        {
            "优惠券": -books.coupon_fen,
            "运费": books.freight_fen,
            "买家实付": books.total_fen,
        },
    )
    cells = goods.locator("tbody tr").get_by_role("cell")
    assert fen_in(cells.nth(1).inner_text()) == books.unit_price_fen
    assert fen_in(cells.nth(3).inner_text()) == books.goods_fen
    operator.goto(f"/operator/orders/{story.key}")
    require_same(seen_by_operator(operator), expected_of_operator(books))
    payments = operator.locator(".card").filter(has=operator.get_by_role("heading", name="Payments"))
    require_same(cells_of(payments.locator("tbody tr")), {"Amount": books.total_fen})
    story.keep(operator, "09-operator-order")
    operator.goto(f"/operator/payments/{story.shop_id}/{books.payment_id}")
    require_same(facts_of(operator.locator(".facts")), {"Amount": books.paid_fen, "Given back": 0})


def seen_by_operator(operator: Page) -> dict[str, int]:
    """How the operator's page of the order explains its one line."""
    goods = operator.locator("table").filter(has=operator.locator("tfoot"))
    shown = cells_of(goods.locator("tbody tr"))
    assert fen_in(goods.locator("tfoot td").nth(1).inner_text()) == shown["Paid by the buyer"], "one line, one sum"
    return shown


def expected_of_operator(books: Books) -> dict[str, int]:
    """What the operator has to see of the line."""
    shown = {
        "Price": books.unit_price_fen,
        "Coupons": -books.coupon_fen,
        "Freight": books.freight_fen,
        "Paid by the buyer": books.payable_fen,
    }
    return shown | ({"Refunds": books.refunded_fen} if books.refunded_fen else {})


def bought(phone: Page) -> dict[str, int]:
    """How the buyer's page of the order explains its sum."""
    return lines_of(phone.locator("div.sums"))


def ship_in_two_parcels(story: Story, phone: Page, desk: Page, operator: Page) -> None:
    """One piece leaves, the buyer follows its parcel; then the other one leaves."""
    ship(story, desk, PARCELS[0], pieces=1)
    expect(desk.get_by_role("status").first).to_contain_text("该包裹已发出，其余商品仍待发货。")
    tell(story, operator, PARCELS[0])
    phone.reload()
    expect(phone.locator(".order-state")).to_contain_text("部分发货")
    expect(phone.locator(".order-pieces")).to_contain_text("已发货 1 件")
    expect(phone.locator(".order-pieces")).to_contain_text("待发货 1 件")
    parcel = phone.locator(".parcel")
    for words in ("顺丰速运", PARCELS[0], TOLD):
        expect(parcel).to_contain_text(words)
    story.keep(phone, "11-part-shipped")
    desk.reload()
    expect(desk.locator(".track")).to_contain_text(TOLD)
    story.keep(desk, "12-merchant-part-shipped")
    ship(story, desk, PARCELS[1], pieces=1)
    expect(desk.get_by_role("status").first).to_contain_text("已发货，买家现在可以看到快递公司和运单号。")
    phone.reload()
    expect(phone.locator(".order-state")).to_contain_text("已发货")
    expect(phone.locator(".parcel")).to_have_count(2)
    assert bought(phone)["已付款"] == story.books().total_fen, "parcels change no amount"


def ship(story: Story, desk: Page, waybill: str, *, pieces: int) -> None:
    """The merchant sends some pieces."""
    desk.locator("input[name^='pieces.']").fill(str(pieces))
    desk.get_by_label("快递公司").first.select_option("SF")
    desk.get_by_label("运单号").first.fill(waybill)
    story.keep(desk, f"10-ship-{waybill[-1]}")
    desk.get_by_role("button", name="确认发货").click()


def tell(story: Story, operator: Page, waybill: str) -> None:
    """The operator lets a tracking source in, which tells of a parcel: with a wrong signature and its own."""
    operator.goto("/operator/tracking")
    operator.get_by_role("button", name="New source").click()
    dialog = operator.get_by_role("dialog", name="New source")
    dialog.get_by_label("Key").fill(SOURCE)
    dialog.locator('[name="name"]').fill("Story Express")
    dialog.get_by_role("button", name="Save").click()
    card = operator.locator(".card").filter(has_text=f"/api/v1/tracking/{SOURCE}")
    secret = card.locator(".secret code").first.text_content() or ""
    shipped = story.world.row("SELECT shipped_at FROM shipment WHERE waybill = %(waybill)s", waybill=waybill)
    event = {
        "carrier": "SF",
        "waybill": waybill,
        "status": "in_transit",
        "at": shipped["shipped_at"].isoformat(),
        "place": "苏州",
        "text": TOLD,
    }
    body = json.dumps([event]).encode()
    wrong = "whsec_" + base64.b64encode(b"not the secret").decode()
    assert send(story.world, wrong, body).json()["code"] == "signature_wrong"
    assert send(story.world, secret, body).json()["taken"] == 1


def send(world: World, secret: str, body: bytes) -> httpx.Response:
    """A message signed after the Standard Webhooks specification."""
    message, moment = "story-1", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{message}.{moment}.".encode() + body, "sha256")
    headers = {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
        "content-type": "application/json",
    }
    address = f"{world.url}/api/v1/tracking/{SOURCE}"
    return httpx.post(address, content=body, headers=headers, timeout=20, trust_env=False, verify=False)
