"""The story of one order: a coupon dropped in a live room, two pieces in two parcels, one of them sent back after
the platform has decided, and the other one reviewed. Wherever an amount is shown, it is the one in the tables.
"""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.amounts import facts_of, fen_in, foot_of, lines_of, require_same, yuan
from tests.browser.lists_and_messages import (
    require_amounts_in_lists,
    require_amounts_in_messages,
    require_amounts_of_the_api,
)
from tests.browser.order_until_receipt import (
    BUYER,
    COUPON_FEN,
    HOST,
    OPERATOR,
    SHOP,
    Story,
    bought,
    claim_in_the_room,
    expected_of_operator,
    order_in_the_room,
    pay,
    register,
    require_paid_amounts,
    seen_by_operator,
    ship_in_two_parcels,
)
from tests.browser.watched import DESK, ENGLISH, Visits
from tests.browser.world import World

pytestmark = [pytest.mark.browser]

ROOM, SAUCE = "午饭吃什么", "手剁鲜椒酱"
RETURN_WAYBILL = "SF7000000000103"
WISH, REFUSAL = "标签写的口味和瓶里的不一样。", "收到的就是下单的口味，不同意退货。"
CALL, SHOWN = "照片上看得很清楚，请平台看看。", "发货前拍过视频，口味没有错。"
VERDICT = "The jar differs from what the room showed; one piece goes back."
REVIEW, ANSWER = "拌面特别香，就是一瓶标签贴歪了。", "谢谢支持，标签我们已经改进。"


@pytest.fixture
def story(world_apart: World, visits: Visits, tmp_path: Path) -> Story:
    """A room with goods at its own price, in a world of its own: other stories end this room; and a photo."""
    room_id = world_apart.room(ROOM)
    photo = tmp_path / "label.jpg"
    Image.radial_gradient("L").resize((960, 720)).convert("RGB").save(photo, quality=85)
    return Story(world_apart, visits, room_id, world_apart.goods_of_room(room_id, SAUCE)[0], photo)


def test_one_order_shows_the_same_amounts_on_every_page(story: Story) -> None:
    phone = register(story)
    claim_in_the_room(story, phone)
    order_in_the_room(story, phone)
    pay(story, phone)
    desk = story.visits.open(story.world, f"/merchant/{story.shop_id}/orders", login=SHOP, size=DESK)
    operator = story.visits.open(story.world, "/operator", login=OPERATOR, size=DESK, language=ENGLISH)
    require_paid_amounts(story, phone, desk, operator)
    ship_in_two_parcels(story, phone, desk, operator)
    receive_and_ask_for_half(story, phone)
    refuse_and_call_the_platform(story, phone, desk)
    decide_for_the_buyer(story, phone, desk, operator)
    send_back_and_be_refunded(story, phone, desk)
    require_amounts_after_the_refund(story, phone, desk, operator)
    require_amounts_in_lists(story, phone, desk, operator, half_of(story))
    require_amounts_in_messages(story, phone, half_of(story))
    require_amounts_of_the_api(story, half_of(story))
    review_what_was_kept(story, phone, desk)


def receive_and_ask_for_half(story: Story, phone: Page) -> None:
    """The buyer confirms the receipt and asks to send one of the two pieces back, with a photo."""
    phone.get_by_role("button", name="确认收货", exact=True).click()
    phone.get_by_role("button", name="确认收货无误").click()
    expect(phone.locator(".order-state")).to_contain_text("已签收")
    phone.locator('a[href^="/aftersales/new"]').click()
    phone.locator('a[href*="kind=return_refund"]').click()
    phone.locator("#field-reason").select_option("not_as_described")
    phone.locator('#request [data-step="down"]').click()
    expect(phone.locator('input[name="quantity"]')).to_have_value("1")
    half = half_of(story)
    expect(phone.locator("#reckoned .line--sum .money")).to_have_text(yuan(half))
    phone.locator("#field-words").fill(WISH)
    phone.locator('input[type="file"]').set_input_files(story.photo)
    expect(phone.locator(".uploads__item")).to_have_count(1)
    expect(phone.locator(".uploads__item.is-sending")).to_have_count(0)
    story.keep(phone, "13-return-form")
    phone.locator('.buyer__foot [type="submit"]').click()
    phone.wait_for_url(f"**/aftersales/{story.shop_id}/*")
    story.aftersale_id = int(phone.url.split("?")[0].rsplit("/", 1)[1])
    case = case_row(story)
    assert (case["state"], case["quantity"], case["asked_fen"]) == ("awaiting_seller", 1, half)
    require_case_amount(phone, half)
    expect(phone.locator(".case-files img")).to_have_count(1)
    story.keep(phone, "14-case-asked")


def half_of(story: Story) -> int:
    """What one of the two pieces cost after the coupon, reckoned here: the first half has the fen that is over."""
    books = story.books()
    return (books.goods_fen - books.coupon_fen + 1) // 2


def case_row(story: Story) -> dict[str, object]:
    return story.world.row(
        "SELECT * FROM aftersale WHERE aftersale_id = %(aftersale_id)s", aftersale_id=story.aftersale_id
    )


def require_case_amount(page: Page, half: int) -> None:
    """What a side's page of the case says that it is about: the same, however many lines explain it."""
    shown = lines_of(page.locator(".case-sums").last)
    assert set(shown.values()) == {half}, shown


def refuse_and_call_the_platform(story: Story, phone: Page, desk: Page) -> None:
    """The shop says no and why; the buyer calls the platform, and the shop shows what it has."""
    half = half_of(story)
    desk.goto(f"/merchant/{story.shop_id}/aftersales")
    row = desk.get_by_role("row").filter(has_text=str(story.order_id))
    assert fen_in(row.inner_text()) == half
    row.locator(f'a[href$="{story.aftersale_id}"]').click()
    require_case_amount(desk, half)
    act(story, desk, "refuse", REFUSAL)
    story.keep(desk, "15-merchant-refused")
    phone.reload()
    expect(phone.locator(".turns")).to_contain_text(REFUSAL)
    phone.locator(f'a[href$="{story.case_key}/call"]').click()
    phone.locator("#field-words").fill(CALL)
    phone.locator('.buyer__foot [type="submit"]').click()
    phone.wait_for_url(f"**/aftersales/{story.case_key}")
    assert case_row(story)["state"] == "evidence_of_seller"
    story.keep(phone, "16-platform-called")
    act(story, desk, "evidence", SHOWN)
    assert case_row(story)["state"] == "arbitration"


def act(story: Story, desk: Page, name: str, words: str) -> None:
    """The shop takes one of its turns."""
    case = f"/merchant/{story.shop_id}/aftersales/{story.aftersale_id}"
    desk.goto(f"{case}/{name}")
    desk.locator("[data-act] #field-words").fill(words)
    desk.locator('[data-act] [type="submit"]').click()
    expect(desk.get_by_role("status").first).to_be_visible()


def decide_for_the_buyer(story: Story, phone: Page, desk: Page, operator: Page) -> None:
    """An operator takes the case, sees what the decision comes to, and decides."""
    half, books = half_of(story), story.books()
    operator.goto("/operator/arbitration")
    row = operator.get_by_role("row").filter(has=operator.locator(f'a[href$="{story.case_key}"]'))
    assert fen_in(row.inner_text()) == half
    story.keep(operator, "17-desk")
    row.locator(f'a[href$="{story.case_key}"]').last.click()
    operator.get_by_role("button", name="Take this case").click()
    paid = lines_of(operator.locator(".case-sums").filter(has_text="Paid by the buyer"))
    require_same(
        paid,
        {
            "Goods": books.goods_fen,
            "Coupons · Paid by the creator": -books.coupon_fen,
            "Freight": books.freight_fen,
            "Paid by the buyer": books.payable_fen,
        },
    )
    require_case_amount(operator, half)
    expect(operator.locator(".case-side--buyer .case-files img")).to_have_count(1)
    expect(operator.locator(".case-side--seller")).to_contain_text(SHOWN)
    operator.locator('input[value="for_buyer"]').check()
    operator.locator("#field-words").fill(VERDICT)
    story.keep(operator, "18-arbitration")
    operator.get_by_role("button", name="See what it comes to").click()
    require_same(facts_of(operator.locator("[data-sure] .facts")), {"Goes back once the goods are back": half})
    story.keep(operator, "19-sure")
    operator.get_by_role("button", name="Yes, so it is decided").click()
    expect(operator.get_by_role("status").first).to_contain_text("Both sides have been told")
    for page in (phone, desk):
        page.reload()
        expect(page.locator(".turns")).to_contain_text(VERDICT)
    assert case_row(story)["state"] == "awaiting_return"


def send_back_and_be_refunded(story: Story, phone: Page, desk: Page) -> None:
    """The piece goes back with a waybill, the shop takes it, and the money follows by itself."""
    story.keep(phone, "20-to-be-sent-back")
    phone.locator(f'a[href$="{story.case_key}/send-back"]').click()
    phone.locator("#field-carrier").select_option("SF")
    phone.locator("#field-waybill").fill(RETURN_WAYBILL)
    phone.locator('.buyer__foot [type="submit"]').click()
    expect(phone.locator(".parcel")).to_contain_text(RETURN_WAYBILL)
    case = f"/merchant/{story.shop_id}/aftersales/{story.aftersale_id}"
    desk.goto(f"{case}/take-back")
    expect(desk.locator(".parcel")).to_contain_text(RETURN_WAYBILL)
    desk.locator("#field-restock").fill("1")
    story.keep(desk, "21-take-back")
    desk.locator('[data-act] [type="submit"]').click()
    story.world.wait_for(
        "SELECT FROM aftersale WHERE aftersale_id = %(aftersale_id)s AND state = 'done'",
        aftersale_id=story.aftersale_id,
    )


def require_amounts_after_the_refund(story: Story, phone: Page, desk: Page, operator: Page) -> None:
    """Half of the goods went back to the buyer and its part of the coupon to the host; the rest stands."""
    half, books = half_of(story), story.books()
    coupon_back = COUPON_FEN * half // (books.goods_fen - COUPON_FEN)
    assert (books.refunded_fen, books.given_back_fen) == (half, half)
    assert books.coupon_back_fen == coupon_back
    (refund,) = story.world.rows(
        "SELECT amount_fen, state FROM refund WHERE order_id = %(order_id)s", order_id=story.order_id
    )
    assert (refund["amount_fen"], refund["state"]) == (half, "succeeded")

    require_buyer_sees_refund(story, phone, half)
    require_merchant_sees_refund(story, desk, half)
    require_operator_sees_refund(story, operator, half)
    host = story.visits.open(story.world, f"/creator/coupons/{books.coupon_id}", login=HOST, size=DESK)
    cost = host.locator(".figure").filter(has_text="优惠成本")
    assert fen_in(cost.locator(".figure__value").inner_text()) == COUPON_FEN - coupon_back
    assert fen_in(cost.locator(".figure__basis").inner_text()) == coupon_back
    story.keep(host, "28-host-coupon")


def require_buyer_sees_refund(story: Story, phone: Page, half: int) -> None:
    """The case and the order, in Chinese and in English."""
    books = story.books()
    phone.goto(f"/aftersales/{story.case_key}")
    assert fen_in(phone.locator(".refund-way").inner_text()) == half
    require_case_amount(phone, half)
    story.keep(phone, "22-case-done")
    phone.goto(f"/orders/{story.key}")
    shown = bought(phone)
    assert (shown["已付款"], shown["已退款"]) == (books.total_fen, half)
    assert lines_of(phone.locator(".panel.sums"))["已退款"] == half
    assert fen_in(phone.locator(".order-cases").inner_text()) == half
    expect(phone.locator(".order-card__sums")).to_contain_text(yuan(half))
    for words in ("包裹 1/2", "包裹 2/2", "退货包裹"):
        expect(phone.locator(".parcel").filter(has_text=words)).to_have_count(1)
    story.keep(phone, "23-buyer-refunded")
    english = story.visits.open(story.world, f"/orders/{story.key}", login=BUYER, language=ENGLISH)
    require_same(
        bought(english),
        {
            "Goods": books.usual_fen,
            "Saved by special prices": -books.saved_fen,
            "Coupon": -books.coupon_fen,
            "Freight": books.freight_fen,
            "Paid": books.total_fen,
            "Refunded": half,
        },
    )
    story.keep(english, "23-buyer-refunded-en")


def require_merchant_sees_refund(story: Story, desk: Page, half: int) -> None:
    """The case and the order."""
    desk.goto(f"/merchant/{story.shop_id}/aftersales/{story.aftersale_id}")
    assert fen_in(desk.locator(".refund-way").inner_text()) == half
    require_case_amount(desk, half)
    story.keep(desk, "24-merchant-case-done")
    desk.goto(f"/merchant/{story.shop_id}/orders/{story.order_id}")
    require_same(facts_of(desk.locator(".facts").filter(has_text="付款")), {"退款": half})
    books = story.books()
    require_same(
        foot_of(desk.locator("table").filter(has=desk.locator("tfoot"))),
        {"优惠券": -books.coupon_fen, "运费": books.freight_fen, "买家实付": books.total_fen},
    )
    assert fen_in(desk.locator(".order-cases").inner_text()) == half
    story.keep(desk, "25-merchant-order")


def require_operator_sees_refund(story: Story, operator: Page, half: int) -> None:
    """The payment, the case and the order."""
    books = story.books()
    assert books.paid_fen is not None
    operator.goto(f"/operator/payments/{story.shop_id}/{books.payment_id}")
    require_same(facts_of(operator.locator(".facts")), {"Amount": books.paid_fen, "Given back": half})
    story.keep(operator, "26-operator-payment")
    operator.goto(f"/operator/arbitration/{story.case_key}")
    assert fen_in(operator.locator(".refund-way").inner_text()) == half
    operator.goto(f"/operator/orders/{story.key}")
    require_same(seen_by_operator(operator), expected_of_operator(books))
    require_same(facts_of(operator.locator(".facts").filter(has_text="Refund")), {"Refund": half})
    story.keep(operator, "27-operator-order")


def review_what_was_kept(story: Story, phone: Page, desk: Page) -> None:
    """The buyer writes of the piece that stays; the shop answers; whoever looks at the goods reads both."""
    phone.goto(f"/orders/{story.key}")
    phone.locator(".order-review").click()
    for name, stars in (("goods", 4), ("parcel", 5), ("service", 4)):
        phone.locator(f'input[name="{name}"][value="{stars}"]').check(force=True)
    phone.locator("#field-body").fill(REVIEW)
    story.keep(phone, "29-review-form")
    phone.locator('.buyer__foot [type="submit"]').click()
    expect(phone.locator("body")).to_contain_text(REVIEW)
    desk.goto(f"/merchant/{story.shop_id}/reviews")
    row = desk.get_by_role("row").filter(has_text=REVIEW)
    row.locator("summary").click()
    row.get_by_label("回复内容").fill(ANSWER)
    row.get_by_role("button", name="发布回复").click()
    expect(desk.get_by_role("row").filter(has_text=REVIEW)).to_contain_text(ANSWER)
    story.keep(desk, "30-merchant-answered")
    reader = story.visits.open(story.world, f"/products/{story.shop_id}/{story.sku['product_id']}")
    for words in (REVIEW, ANSWER):
        expect(reader.locator(".product-reviews")).to_contain_text(words)
    reader.locator(".product-reviews").scroll_into_view_if_needed()
    story.keep(reader, "31-product-reviews")
