"""Every refusal of an order is told in the checkout itself, with what to do, and nothing that was typed is
lost."""

import json
import re

import pytest

from tests.orders.promoted import FREIGHT_FEN, charge_freight, claim, coupon, special_price
from tests.small_world import PRICE_FEN, make_small_world
from tests.web.checkout_counter import HOSTILE, ZHEJIANG, Counter, said, total_of
from tests.web.filled_form import fields_of
from yellowcart.consoles.figures import money
from yellowcart.orders.addresses import add_address
from yellowcart.orders.rules import HELD_ORDERS_IN_ROOM_MAX
from yellowcart.promotions.model import Funder

PART = {"x-part": "checkout"}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_price_that_changed_is_shown_before_and_after_and_asked_again(
    counter: Counter, language: str
) -> None:
    counter.page.cookies.set("language", language)
    seen = await counter.open(quantity=2)
    await counter.change("UPDATE sku SET price_fen = price_fen + 300")
    refused = await counter.order(seen, note="请用纸箱")
    assert refused.status_code == 409
    assert {"zh_CN": "价格已变动", "en": "The price has changed."}[language] in said(refused.text)
    assert f"{money(2 * PRICE_FEN)}" in said(refused.text)
    assert f"{money(2 * PRICE_FEN + 600)}" in said(refused.text)
    assert {"zh_CN": f"按 {money(2 * PRICE_FEN + 600)} 下单", "en": f"Order at {money(2 * PRICE_FEN + 600)}"}[
        language
    ] in refused.text
    assert fields_of(refused.text, "data-checkout")["note"] == "请用纸箱"
    assert await counter.placed() == []
    again = await counter.order(refused.text)
    assert again.status_code == 303
    (order,) = await counter.placed()
    assert (order["total_fen"], order["note"]) == (2 * PRICE_FEN + 600, "请用纸箱")


async def test_a_special_price_that_is_gone_leaves_the_usual_one_to_be_agreed_on(counter: Counter) -> None:
    await special_price(counter.database, counter.world, off_fen=1_000, quota=2)
    seen = await counter.open(quantity=2)
    assert total_of(seen) == money(2 * (PRICE_FEN - 1_000))
    async with counter.database.writing() as writer:
        await writer.run("UPDATE special_price SET taken = 1")
    refused = await counter.order(seen)
    assert refused.status_code == 409
    assert "The pieces at this price are gone." in said(refused.text)
    assert total_of(refused.text) == money(2 * PRICE_FEN)
    assert f"Only 1 is left at {money(PRICE_FEN - 1_000)}" in refused.text
    fewer = await counter.send(refused.text, **{counter.pieces(): "1"})
    assert total_of(fewer.text) == money(PRICE_FEN - 1_000)
    assert (await counter.order(fewer.text)).status_code == 303


async def test_sold_out_says_how_many_are_left_and_takes_fewer(counter: Counter) -> None:
    seen = await counter.open(quantity=3)
    await counter.change("UPDATE stock SET available = 2, sold = sold + available - 2")
    refused = await counter.order(seen)
    assert refused.status_code == 409
    assert "Sold out" in said(refused.text)
    assert "Only 2 left. Take fewer pieces." in refused.text
    assert re.search(r"data-order-now disabled", refused.text)
    fewer = await counter.send(refused.text, **{counter.pieces(): "2"})
    assert (await counter.order(fewer.text)).status_code == 303


async def test_goods_that_are_gone_stay_to_be_seen_and_the_others_are_ordered(counter: Counter) -> None:
    seen = await counter.open()
    both = (await counter.send(seen, **{counter.pieces(1): "1"})).text
    assert total_of(both) == money(2 * PRICE_FEN)
    await counter.change(
        "UPDATE stock SET available = 0, sold = received WHERE sku_id = %(sku)s", sku=counter.world.sku_ids[0]
    )
    refused = await counter.order(both)
    assert refused.status_code == 409
    assert "Not part of this order." in refused.text
    assert total_of(refused.text) == money(PRICE_FEN)
    assert (await counter.order(refused.text)).status_code == 303
    assert [line["sku_id"] for line in await counter.lines()] == [counter.world.sku_ids[1]]


async def test_the_limit_for_each_buyer_is_told_before_and_after_ordering(counter: Counter) -> None:
    await counter.change("UPDATE listing SET limit_per_buyer = 2")
    above = await counter.open(quantity=3)
    assert "At most 2 pieces for each buyer. Take fewer." in above
    assert "data-order-now disabled" in above
    assert (await counter.order(await counter.open(quantity=2))).status_code == 303
    refused = await counter.order(await counter.open(quantity=1))
    assert refused.status_code == 409
    assert "The limit for each buyer is 2 pieces here" in said(refused.text)


async def test_who_holds_too_much_is_led_to_the_orders_to_pay(counter: Counter) -> None:
    for _ in range(HELD_ORDERS_IN_ROOM_MAX):
        assert (await counter.order(await counter.open())).status_code == 303
    refused = await counter.order(await counter.open(), note="不要丢")
    assert refused.status_code == 409
    assert "Nobody holds more than a few unpaid orders" in said(refused.text)
    assert 'href="/orders?show=to_pay"' in refused.text
    assert fields_of(refused.text, "data-checkout")["note"] == "不要丢"


async def test_a_coupon_that_was_used_meanwhile_is_told_and_the_sum_asked_again(counter: Counter) -> None:
    made = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=900)
    await claim(counter.database, made, counter.buyer.person.person_id)
    seen, twin = await counter.open(), await counter.open()
    assert (await counter.order(twin)).status_code == 303
    refused = await counter.order(seen)
    assert refused.status_code == 409
    assert "This coupon has been used already." in said(refused.text)
    assert money(PRICE_FEN - 900) in said(refused.text)
    assert total_of(refused.text) == money(PRICE_FEN)
    assert len(await counter.placed()) == 1


async def test_an_address_where_it_is_not_delivered_says_so_and_another_one_is_chosen(counter: Counter) -> None:
    await charge_freight(counter.database, counter.world)
    async with counter.database.writing() as writer:
        far = await add_address(writer, counter.buyer.person.person_id, ZHEJIANG)
    seen = await counter.open()
    nowhere = await counter.send(seen, address=str(far.address_id))
    assert "not delivered to 浙江省" in nowhere.text
    assert "data-order-now disabled" in nowhere.text
    back = await counter.send(nowhere.text, address=str(counter.address.address_id))
    assert total_of(back.text) == money(PRICE_FEN + FREIGHT_FEN)
    assert (await counter.order(back.text)).status_code == 303


async def test_a_freight_that_was_not_delivering_since_is_told_by_the_lane(counter: Counter) -> None:
    seen = await counter.open()
    await charge_freight(counter.database, counter.world, province_codes=("330000",))
    await counter.platform.snapshots.read(counter.world.listing_id)
    refused = await counter.order(seen)
    assert refused.status_code == 409
    assert "not delivered to 福建省" in said(refused.text)


@pytest.mark.parametrize("quantity", ["-1", "1000000000000", "2.5", "many", "٣"])
async def test_a_quantity_that_is_none_is_refused_and_nothing_is_ordered(counter: Counter, quantity: str) -> None:
    seen = await counter.open()
    refused = await counter.order(seen, **{counter.pieces(): quantity})
    assert refused.status_code == 409
    assert "Choose 1 to 99 pieces." in said(refused.text)
    assert await counter.placed() == []


async def test_none_of_the_only_goods_is_nothing_to_order_and_the_page_says_so(counter: Counter) -> None:
    seen = await counter.open()
    for none in ("0", "", " "):
        for answer in (
            await counter.order(seen, **{counter.pieces(): none}),
            await counter.send(seen, **{counter.pieces(): none}),
        ):
            assert "Choose 1 to 99 pieces." in said(answer.text)
            assert total_of(answer.text) == money(PRICE_FEN)
    path = f"/checkout?listing={counter.world.listing_id}&sku={counter.world.sku_id}&quantity="
    for number in ("0", "-1", str(10**12), "9" * 5_000):
        assert "Choose 1 to 99 pieces." in said((await counter.page.get(path + number)).text)
    assert await counter.placed() == []


async def test_a_coupon_of_another_shop_takes_nothing_off_and_is_named(counter: Counter) -> None:
    other = await make_small_world(counter.database)
    made = await coupon(counter.database, other, Funder.SHOP)
    theirs = await claim(counter.database, made, counter.buyer.person.person_id)
    seen = await counter.open()
    assert str(made) not in seen, "it is not offered here"
    picked = await counter.send(seen, **{"coupon.shop": f"{theirs.claim_id}-{made}", "choice": "own"})
    assert "There is no such coupon." in said(picked.text)
    assert total_of(picked.text) == money(PRICE_FEN)
    order = json.loads(fields_of(seen, "data-checkout")["seen"])
    order |= {"coupons": [{"claim_id": theirs.claim_id, "coupon_id": made}], "total_fen": PRICE_FEN - 500}
    refused = await counter.order(
        seen, seen=json.dumps(order), choice="own", **{"coupon.shop": f"{theirs.claim_id}-{made}"}
    )
    assert refused.status_code == 409
    assert await counter.placed() == []
    async with counter.database.reading() as reader:
        assert await reader.column("SELECT state FROM claimed_coupon") == ["unused"]


async def test_a_form_that_was_changed_is_priced_before_it_is_ordered(counter: Counter) -> None:
    seen = await counter.open()
    changed = await counter.order(seen, **{counter.pieces(): "2"})
    assert changed.status_code == 409
    assert total_of(changed.text) == money(2 * PRICE_FEN)
    assert await counter.placed() == []


async def test_a_sum_that_was_made_up_is_not_charged(counter: Counter) -> None:
    seen = await counter.open()
    order = json.loads(fields_of(seen, "data-checkout")["seen"])
    order["total_fen"] = 1
    refused = await counter.order(seen, seen=json.dumps(order))
    assert refused.status_code == 409
    assert await counter.placed() == []
    for nonsense in ("", "{", "[]", json.dumps(order | {"lines": []})):
        assert (await counter.order(seen, seen=nonsense)).status_code == 409
    assert await counter.placed() == []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_room_that_has_ended_says_so_and_leads_back(counter: Counter, language: str) -> None:
    counter.page.cookies.set("language", language)
    seen = await counter.open()
    await counter.change("UPDATE room SET state = 'ended', ended_at = now()")
    refused = await counter.order(seen, note="不要丢")
    assert refused.status_code == 409
    assert {"zh_CN": "该商品已从小黄车下架", "en": "This product has left the cart."}[language] in said(
        refused.text
    )
    assert f'href="/rooms/{counter.world.room_id}"' in refused.text
    assert fields_of(refused.text, "data-checkout")["note"] == "不要丢"
    assert "data-order-now disabled" in refused.text


async def test_a_switched_off_checkout_keeps_everything_and_goes_on_later(counter: Counter) -> None:
    made = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=900)
    other = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=100)
    await claim(counter.database, made, counter.buyer.person.person_id)
    mine = await claim(counter.database, other, counter.buyer.person.person_id)
    seen = (await counter.send(await counter.open(2), **{"coupon.shop": f"{mine.claim_id}-{other}"})).text
    counter.platform.snapshots.checkout_closed = True
    refused = await counter.order(seen, note="留言")
    assert refused.status_code == 503
    assert "The operator has paused this" in said(refused.text)
    counter.platform.snapshots.checkout_closed = False
    later = await counter.send(refused.text)
    assert total_of(later.text) == money(2 * PRICE_FEN - 100)
    assert fields_of(later.text, "data-checkout")["note"] == "留言"
    assert (await counter.order(later.text)).status_code == 303


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("link_refused", "The link rules do not admit this product"),
        ("district_unknown", "We do not know this province"),
        ("queue_full", "Very many people are here"),
        ("hold_limit_reached", "Nobody holds more than a few unpaid orders"),
        ("coupon_used", "This coupon has been used already."),
        ("not_delivered_there", "not delivered to 福建省"),
        ("limit_reached", "The limit for each buyer"),
    ],
)
async def test_what_the_lane_answered_a_script_is_told_in_the_form(
    counter: Counter, code: str, words: str
) -> None:
    answer = await counter.page.post(
        "/checkout", data=fields_of(await counter.open(), "data-checkout") | {"refused": code}, headers=PART
    )
    assert answer.status_code == 200
    assert words in said(answer.text)


async def test_an_unknown_code_says_nothing(counter: Counter) -> None:
    answer = await counter.send(await counter.open(), refused=HOSTILE)
    assert "flash" not in answer.text.split("data-said", 1)[1].split("</div>", 1)[0]
    assert HOSTILE not in answer.text
