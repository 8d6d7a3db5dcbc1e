"""The same amounts once more, where they stand among others: in lists, in messages and in answers of the API."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.amounts import SUM, yuan
from tests.browser.order_until_receipt import BUYER, Story


def require_amounts_in_lists(story: Story, phone: Page, desk: Page, operator: Page, half: int) -> None:
    """Every list that names the order, its payment or its case shows what their own pages show."""
    paid = story.books().total_fen
    phone.goto("/orders")
    assert amounts_in(card_of(phone, f"/orders/{story.key}")) == {paid}
    phone.goto("/aftersales")
    assert amounts_in(card_of(phone, f"/aftersales/{story.case_key}")) == {half}
    desk.goto(f"/merchant/{story.shop_id}/orders?number={story.order_id}")
    assert amounts_in(row_of(desk, story.order_id)) == {paid}
    desk.goto(f"/merchant/{story.shop_id}/aftersales?search={story.aftersale_id}")
    assert amounts_in(row_of(desk, story.order_id)) == {half}
    operator.goto(f"/operator/orders?number={story.order_id}")
    assert amounts_in(row_of(operator, story.order_id)) == {paid}
    operator.goto("/operator/payments")
    assert amounts_in(row_of(operator, story.order_id)) == {paid, half}
    operator.goto(f"/operator/aftersales?search={story.aftersale_id}")
    assert amounts_in(row_of(operator, story.aftersale_id)) == {half}


def require_amounts_in_messages(story: Story, phone: Page, half: int) -> None:
    """The buyer was told of each parcel, and of the money that is back, with the sum."""
    phone.goto("/messages")
    told = phone.locator("main")
    expect(told).to_contain_text("您的订单已部分发货")
    expect(told).to_contain_text("您的订单已发货")
    expect(told).to_contain_text(yuan(half))
    others = {amount for amount in amounts_in(told) if amount != half}
    assert not others, f"messages speak of {others}, too"


def require_amounts_of_the_api(story: Story, half: int) -> None:
    """A program of the buyer's reads what the pages show."""
    books = story.books()
    detail = story.world.call(BUYER, "GET", f"/api/v1/orders/{story.key}")
    order, (line,) = detail["order"], detail["lines"]
    assert (order["goods_fen"], order["discount_fen"], order["freight_fen"], order["total_fen"]) == (
        books.goods_fen,
        books.discount_fen,
        books.freight_fen,
        books.total_fen,
    )
    assert (line["payable_fen"], line["refunded_fen"], line["returned_quantity"]) == (books.payable_fen, half, 1)
    assert [(each["funder"], each["amount_fen"]) for each in line["discounts"]] == [("creator", books.coupon_fen)]
    case = story.world.call(BUYER, "GET", f"/api/v1/aftersales/{story.case_key}")["case"]
    assert (case["state"], case["asked_fen"], case["decided_fen"], case["refund_goods_fen"]) == (
        "done",
        half,
        half,
        half,
    )


def card_of(phone: Page, path: str) -> Locator:
    """The card of a list on a phone that leads to a page."""
    return phone.locator(".order-card").filter(has=phone.locator(f'a[href^="{path}"]'))


def row_of(page: Page, number: int) -> Locator:
    """The row of a table that names something by its number."""
    return page.get_by_role("row").filter(has_text=str(number))


def amounts_in(shown: Locator) -> set[int]:
    """All amounts that something shows, in fen, however they are signed."""
    expect(shown).to_have_count(1)
    return {int(whole.replace(",", "")) * 100 + int(rest) for _, whole, rest in SUM.findall(shown.inner_text())}
