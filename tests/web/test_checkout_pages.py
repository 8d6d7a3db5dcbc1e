"""The checkout as a browser without scripts sees it, and as a page's script asks for it: it shows what the API
quotes and what is charged."""

import html
import json

from tests.conftest import browser, sign_in_as
from tests.orders.promoted import FREIGHT_FEN, MORE_FEN, charge_freight, claim, coupon, special_price
from tests.small_world import PRICE_FEN
from tests.web.checkout_counter import HOSTILE, ZHEJIANG, Counter, said, total_of
from tests.web.filled_form import fields_of
from yellowcart.consoles.figures import money
from yellowcart.orders.addresses import add_address
from yellowcart.promotions.model import Funder

PART = {"x-part": "checkout"}


async def test_the_page_shows_what_the_api_quotes_and_what_the_order_is_charged(counter: Counter) -> None:
    await charge_freight(counter.database, counter.world)
    await special_price(counter.database, counter.world, off_fen=1_000, quota=3)
    for funder in (Funder.SHOP, Funder.PLATFORM):
        made = await coupon(counter.database, counter.world, funder, off_fen=500)
        await claim(counter.database, made, counter.buyer.person.person_id)
    seen = await counter.open(quantity=3)
    async with browser(counter.application) as program:
        body = {
            "lines": [{"listing_id": counter.world.listing_id, "sku_id": counter.world.sku_ids[0], "quantity": 3}],
            "place": {"province": "福建省", "city": "泉州市", "district": "安溪县"},
        }
        quote = (await program.post("/api/v1/checkout", json=body, headers=counter.buyer.bearer)).json()
    expected = 3 * (PRICE_FEN - 1_000) - 1_000 + FREIGHT_FEN + 2 * MORE_FEN
    assert quote["price"]["total_fen"] == expected
    assert total_of(seen) == money(expected)
    for shown in (
        money(3 * PRICE_FEN),
        f"−{money(3_000)}",
        f"−{money(500)}",
        money(FREIGHT_FEN + 2 * MORE_FEN),
        f"first 1 piece {money(FREIGHT_FEN)}",
        f"further 2 pieces {money(2 * MORE_FEN)}",
        "30 minutes",
        f'<del class="number">{money(PRICE_FEN)}</del>',
    ):
        assert shown in seen, shown
    placed = await counter.order(seen, note=f"纸箱\r\n{HOSTILE}")
    assert placed.status_code == 303, said(placed.text)
    (order,) = await counter.placed()
    assert (order["total_fen"], order["freight_fen"], order["discount_fen"]) == (
        expected,
        FREIGHT_FEN + 2 * MORE_FEN,
        1_000,
    )
    assert order["note"] == f"纸箱\n{HOSTILE}"
    assert placed.headers["location"] == f"/cashier/{order['shop_id']}/{order['order_id']}"
    page = (await counter.page.get(f"/orders/{order['shop_id']}/{order['order_id']}")).text
    assert total_of(page) == money(expected)
    for shown in (f"−{money(3_000)}", f"−{money(500)}", money(FREIGHT_FEN + 2 * MORE_FEN)):
        assert shown in page, shown
    assert HOSTILE not in page


async def test_the_part_for_scripts_holds_the_order_as_the_api_takes_it(counter: Counter) -> None:
    await charge_freight(counter.database, counter.world)
    made = await coupon(counter.database, counter.world, Funder.SHOP)
    await claim(counter.database, made, counter.buyer.person.person_id)
    path = f"/checkout?listing={counter.world.listing_id}&sku={counter.world.sku_ids[0]}&quantity=2"
    part = await counter.page.get(path, headers=PART)
    assert "<html" not in part.text
    wanted = json.loads(fields_of(part.text, "data-checkout")["seen"])
    token = counter.platform.buyer_tokens.make(counter.buyer.person.person_id)
    async with browser(counter.application) as program:
        placed = await program.post(
            "/api/v1/orders",
            json=wanted | {"note": "请尽快"},
            headers={"authorization": f"Bearer {token}", "idempotency-key": "k"},
        )
    assert placed.status_code == 201, placed.text
    assert money(placed.json()["total_fen"]) == total_of(part.text)


async def test_the_best_coupon_is_chosen_and_another_or_none_can_be(counter: Counter) -> None:
    small = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=300)
    large = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=700)
    far = await coupon(counter.database, counter.world, Funder.PLATFORM, off_fen=900, threshold_fen=PRICE_FEN + 1)
    used = {
        made: await claim(counter.database, made, counter.buyer.person.person_id) for made in (small, large, far)
    }
    seen = await counter.open()
    assert total_of(seen) == money(PRICE_FEN - 700)
    assert "do not reach its minimum" in seen
    assert f"{money(1)} more needed." in seen
    assert f"{money(1)} more for the coupon" in html.unescape(seen)
    other = (await counter.send(seen, **{"coupon.shop": f"{used[small].claim_id}-{small}"})).text
    assert total_of(other) == money(PRICE_FEN - 300)
    none = (await counter.send(other, **{"coupon.shop": ""})).text
    assert total_of(none) == money(PRICE_FEN)
    assert (await counter.order(none)).status_code == 303
    more = (await counter.send(seen, **{counter.pieces(): "2"})).text
    assert total_of(more) == money(2 * PRICE_FEN - 700 - 900), "the best are chosen anew while nobody chose"


async def test_a_chosen_coupon_that_does_not_fit_any_more_is_named_and_left_out(counter: Counter) -> None:
    made = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=900, threshold_fen=2 * PRICE_FEN)
    lesser = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=100, threshold_fen=2 * PRICE_FEN)
    await claim(counter.database, made, counter.buyer.person.person_id)
    mine = await claim(counter.database, lesser, counter.buyer.person.person_id)
    seen = await counter.open(quantity=2)
    chosen = (await counter.send(seen, **{"coupon.shop": f"{mine.claim_id}-{lesser}"})).text
    assert total_of(chosen) == money(2 * PRICE_FEN - 100)
    fewer = (await counter.send(chosen, **{counter.pieces(): "1"})).text
    assert "do not reach its minimum" in said(fewer)
    assert total_of(fewer) == money(PRICE_FEN)


async def test_anothers_coupon_and_anothers_address_are_not_ones_own(counter: Counter) -> None:
    stranger = await sign_in_as(counter.database)
    made = await coupon(counter.database, counter.world, Funder.SHOP)
    theirs = await claim(counter.database, made, stranger.person.person_id)
    async with counter.database.writing() as writer:
        home = await add_address(writer, stranger.person.person_id, ZHEJIANG)
    seen = await counter.open()
    picked = await counter.send(seen, **{"coupon.shop": f"{theirs.claim_id}-{made}", "choice": "own"})
    assert "There is no such coupon." in said(picked.text)
    assert total_of(picked.text) == money(PRICE_FEN)
    elsewhere = await counter.send(seen, address=str(home.address_id))
    assert "文三路" not in elsewhere.text
    edited = await counter.send(seen, do=f"edit-{home.address_id}")
    assert edited.status_code == 404


async def test_an_address_is_written_in_the_checkout_with_each_error_at_its_field(counter: Counter) -> None:
    newcomer = await sign_in_as(counter.database)
    async with browser(counter.application, newcomer.token) as page:
        page.cookies.set("language", "en")
        first = Counter(counter.application, counter.database, counter.world, newcomer, counter.address, page)
        seen = await first.open(quantity=2)
        assert "Save the address" in seen
        assert "data-order-now" not in seen
        read = await first.send(seen, do="read", pasted="张三 13800000000 浙江省杭州市西湖区文三路 1 号")
        typed = fields_of(read.text, "data-checkout")
        assert (typed["recipient"], typed["district"], typed["street"]) == ("张三", "西湖区", "文三路 1 号")
        wrong = await first.send(read.text, do="save", phone="call me", note="留言")
        assert wrong.status_code == 422
        assert "mobile number of 11 digits" in wrong.text
        kept = fields_of(wrong.text, "data-checkout")
        assert (kept["recipient"], kept["note"], kept[first.pieces()]) == ("张三", "留言", "2")
        saved = await first.send(wrong.text, do="save", phone="13800000000")
        assert saved.status_code == 200
        assert total_of(saved.text) == money(2 * PRICE_FEN)
        assert (await first.order(saved.text)).status_code == 303
        (order,) = await first.placed()
    assert (order["address"]["district_code"], order["note"]) == ("330106", "留言")  # type: ignore[index]


async def test_a_button_pressed_twice_orders_once(counter: Counter) -> None:
    seen = await counter.open()
    first, again = await counter.order(seen), await counter.order(seen)
    assert first.headers["location"] == again.headers["location"]
    assert len(await counter.placed()) == 1


async def test_a_return_rule_binds_only_whom_it_was_told_and_who_agreed(counter: Counter) -> None:
    await counter.change("UPDATE category SET return_rule = 'not_after_unsealing'")
    seen = await counter.open()
    assert "I agree: no returns without a reason once unsealed" in seen
    assert "the shop may not refuse a return within seven days" in seen
    accepts = f"accepts.{counter.world.listing_id}.{counter.world.sku_ids[0]}"
    assert (await counter.order(seen)).status_code == 303, "the tick is not forced"
    ticked = await counter.send(await counter.open(), **{accepts: "yes"})
    assert accepts in fields_of(ticked.text, "data-checkout"), "a tick stays"
    assert (await counter.order(ticked.text)).status_code == 303
    assert [line["return_rule_accepted"] for line in await counter.lines()] == [False, True]


async def test_several_skus_of_one_listing_make_one_order(counter: Counter) -> None:
    seen = await counter.open()
    assert seen.count("checkout-more__text") == 2
    both = await counter.send(seen, **{counter.pieces(1): "2", counter.pieces(2): "1"})
    assert total_of(both.text) == money(4 * PRICE_FEN)
    without = await counter.send(both.text, **{counter.pieces(2): "0"})
    assert total_of(without.text) == money(3 * PRICE_FEN)
    assert (await counter.order(without.text)).status_code == 303
    assert [(line["sku_id"], line["quantity"]) for line in await counter.lines()] == [
        (counter.world.sku_ids[0], 1),
        (counter.world.sku_ids[1], 2),
    ]


async def test_a_checkout_is_for_who_is_signed_in_and_comes_back_to_its_goods(counter: Counter) -> None:
    async with browser(counter.application) as page:
        answer = await page.get(f"/checkout?listing={counter.world.listing_id}&sku={counter.world.sku_ids[0]}")
    assert answer.status_code == 302
    assert answer.headers["location"] == (
        f"/login?next=/checkout%3Flisting%3D{counter.world.listing_id}%26sku%3D{counter.world.sku_ids[0]}"
    )


async def test_a_checkout_without_goods_says_what_to_do_and_one_without_sku_lets_choose(counter: Counter) -> None:
    assert "Nothing chosen yet" in (await counter.page.get("/checkout")).text
    choice = await counter.page.get(f"/checkout?listing={counter.world.listing_id}")
    assert "data-choose" in choice.text
    for unknown in ("1", "9007199254740993", "-4", "x"):
        answer = await counter.page.get(f"/checkout?listing={unknown}&sku=1")
        assert answer.status_code in {200, 404}
        assert "data-checkout" not in answer.text
