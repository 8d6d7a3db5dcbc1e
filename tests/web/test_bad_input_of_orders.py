"""Whatever is sent to checkout, payments, parcels, after-sales, coupons and uploads that may not be: it is refused
with a code that stays, in both languages, and no table changes."""

import io
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.aftersales.claims_desk import ClaimsDesk, new_operator
from tests.conftest import sign_in_as
from tests.orders.shopping import ADDRESS, Till, open_till, order_of
from tests.parcels.packing import PackingTable
from tests.small_world import PRICE_FEN, make_small_world
from tests.uploads.things_people_bring import picture
from tests.web.hostile_world import WAYBILL, WAYBILL_THERE, HostileWorld, differences, make_hostile_world
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.sweeps import register_sweeps

HUGE = 10**12
BEYOND = 10**30
"""More than any column holds."""
LONG = "茶" * 100_000
GONE = 9_007_199_254_740_991
"""An id that nothing has."""
PLACE = msgspec.to_builtins(ADDRESS)
NUL = "a\x00b"

Attempt = tuple[str, str, str, Any, int, str]
"""Who, by which method and path, with which body; the status and the code of the refusal."""


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    opened = await open_till(database)
    yield opened
    await opened.lane.stop()


@pytest.fixture
async def world(till: Till, still_clock: clock.Clock, application: Application) -> HostileWorld:
    register_sweeps()
    small = await make_small_world(till.database, skus=2, pieces=1_000)
    table = PackingTable(till=till, world=small, buyer=(await sign_in_as(till.database)).person)
    desk = ClaimsDesk(table=table, operator=await new_operator(till.database), still_clock=still_clock)
    return await make_hostile_world(desk, application)


async def refuse_all(world: HostileWorld, attempts: list[Attempt]) -> None:
    """Every attempt is refused as it should be, in both languages, and changes nothing."""
    wrong: list[str] = []
    before = await world.fingerprint()
    for who, method, path, body, status, code in attempts:
        async with world.as_person(who) as client:
            answer = await send(client, method, world.path(path), body)
        said = f"{who} {method} {path} {str(body)[:100]}: "
        if (answer.status_code, code_of(answer)) != (status, code):
            wrong.append(f"{said}{answer.status_code} {code_of(answer)}, not {status} {code}")
        elif problem := language_problem(answer):
            wrong.append(said + problem)
        after = await world.fingerprint()
        if changed := differences(before, after):
            wrong.append(f"{said}changed {changed}")
            before = after
    assert not wrong, "\n".join(wrong)


async def send(client: httpx.AsyncClient, method: str, path: str, body: Any) -> httpx.Response:
    """Send a request with a key of its own; bytes go as they are, as JSON."""
    headers = {"idempotency-key": secrets.token_hex(8), "content-type": "application/json"}
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return await client.request(method, f"/api/v1{path}", content=content, headers=headers)


def code_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def language_problem(answer: httpx.Response) -> str | None:
    """What is wrong with the words of a refusal, if anything is: each language has its own."""
    messages = answer.json()["messages"]
    if not any("一" <= letter <= "鿿" for letter in messages["zh_CN"]):
        return f"no Chinese in {messages['zh_CN']}"
    if any("一" <= letter <= "鿿" for letter in messages["en"]):
        return f"Chinese in {messages['en']}"
    return None


def of_line(world: HostileWorld, **fields: Any) -> dict[str, Any]:
    """What a buyer asks for a line that has come."""
    return {
        "order_line_id": world.lines[world.received],
        "kind": "refund_only",
        "reason": "damaged",
        "quantity": 1,
        "words": "坏了",
    } | fields


async def test_orders_that_may_not_be_placed(world: HostileWorld) -> None:
    async with world.as_person("buyer") as client:
        token = (await client.post("/api/v1/buyer-tokens")).json()["token"]
    world.tokens["lane"] = token
    good: dict[str, Any] = msgspec.to_builtins(order_of(world.here.listing_id, world.here.sku_id))
    (line,) = good["lines"]
    theirs = {"claim_id": world.foreign.claim_id, "coupon_id": world.foreign.coupon_id}
    mine = {"claim_id": world.used.claim_id, "coupon_id": world.used.coupon_id}

    def order(**fields: Any) -> dict[str, Any]:
        return good | fields

    def lines(**fields: Any) -> dict[str, Any]:
        return order(lines=[line | fields])

    attempts: list[Attempt] = [
        *(
            ("lane", "POST", "/orders", lines(quantity=quantity), 422, "body_malformed")
            for quantity in (0, -1, 100, HUGE, BEYOND, 1.5, "1", None)
        ),
        ("lane", "POST", "/orders", lines(quantity=99, unit_price_fen=PRICE_FEN), 409, "price_changed"),
        ("lane", "POST", "/orders", lines(unit_price_fen=1), 409, "price_changed"),
        ("lane", "POST", "/orders", lines(unit_price_fen=-1), 422, "body_malformed"),
        ("lane", "POST", "/orders", lines(listing_id=GONE), 409, "listing_closed"),
        ("lane", "POST", "/orders", lines(listing_id=BEYOND), 422, "body_malformed"),
        ("lane", "POST", "/orders", lines(sku_id=GONE), 422, "sku_unknown"),
        ("lane", "POST", "/orders", lines(sku_id=world.there.sku_id), 422, "sku_unknown"),
        ("lane", "POST", "/orders", lines(special_price_id=GONE), 409, "price_changed"),
        ("lane", "POST", "/orders", order(total_fen=1), 409, "price_changed"),
        ("lane", "POST", "/orders", order(lines=[]), 422, "body_malformed"),
        ("lane", "POST", "/orders", order(lines=[line] * 21), 422, "body_malformed"),
        (
            "lane",
            "POST",
            "/orders",
            order(lines=[line, line | {"listing_id": world.there.listing_id, "sku_id": world.there.sku_id}]),
            422,
            "carts_mixed",
        ),
        ("lane", "POST", "/orders", order(coupons=[theirs]), 409, "coupon_of_another_shop"),
        ("lane", "POST", "/orders", order(coupons=[mine | {"coupon_id": GONE}]), 404, "coupon_unknown"),
        ("lane", "POST", "/orders", order(coupons=[mine] * 2), 422, "coupons_of_one_funder"),
        ("lane", "POST", "/orders", order(coupons=[mine], total_fen=PRICE_FEN - 501), 409, "price_changed"),
        (
            "lane",
            "POST",
            "/orders",
            order(coupons=[mine | {"claim_id": GONE}], total_fen=PRICE_FEN - 500),
            409,
            "coupon_used",
        ),
        ("lane", "POST", "/orders", order(note=LONG), 422, "body_too_large"),
        ("lane", "POST", "/orders", order(note="a" * 201), 422, "body_malformed"),
        ("lane", "POST", "/orders", order(note=NUL), 422, "body_malformed"),
        ("lane", "POST", "/orders", order(address=PLACE | {"city": "火星市"}), 422, "district_unknown"),
        ("lane", "POST", "/orders", order(address=PLACE | {"phone": "1"}), 422, "body_malformed"),
        ("lane", "POST", "/orders", order(more=1), 422, "body_malformed"),
        ("lane", "POST", "/orders", b"{", 422, "body_malformed"),
        ("lane", "POST", "/orders", b"\xff\xfe", 422, "body_malformed"),
        ("lane", "POST", "/orders", b"", 422, "body_malformed"),
        ("nobody", "POST", "/orders", good, 401, "token_invalid"),
        ("buyer", "POST", "/orders", good, 401, "token_invalid"),
    ]
    await refuse_all(world, attempts)


async def test_a_claimed_coupon_of_somebody_else_cannot_be_used(world: HostileWorld) -> None:
    async with world.as_person("stranger") as client:
        world.tokens["lane"] = (await client.post("/api/v1/buyer-tokens")).json()["token"]
    order = msgspec.to_builtins(
        order_of(world.here.listing_id, world.here.sku_id, total_fen=PRICE_FEN - 500, coupons=[world.used])
    )
    await refuse_all(world, [("lane", "POST", "/orders", order, 409, "coupon_used")])


async def test_orders_and_payments_of_others_and_payments_that_may_not_be(world: HostileWorld) -> None:
    attempts: list[Attempt] = [
        *(
            ("stranger", method, f"/orders/{{shop}}/{{{order}}}{more}", None, 404, "order_unknown")
            for order in ("unpaid", "paid")
            for method, more in (
                ("GET", ""),
                ("POST", "/cancel"),
                ("POST", "/confirm"),
                ("POST", "/extend-receipt"),
                ("POST", "/payments"),
                ("GET", "/parcels"),
                ("GET", "/address-changes"),
                ("GET", "/askable"),
            )
        ),
        ("stranger", "POST", "/orders/{shop}/{unpaid}/payments/{payment}/settle", None, 404, "order_unknown"),
        ("buyer", "POST", "/orders/{shop}/{paid}/payments/{payment}/settle", None, 404, "payment_unknown"),
        ("buyer", "POST", f"/orders/{{shop}}/{{unpaid}}/payments/{GONE}/settle", None, 404, "payment_unknown"),
        ("buyer", "POST", "/orders/{there}/{unpaid}/payments", None, 404, "order_unknown"),
        ("buyer", "POST", "/orders/{shop}/{paid}/payments", None, 409, "order_moved"),
        ("buyer", "POST", "/orders/{shop}/{paid}/cancel", None, 409, "order_moved"),
        ("buyer", "POST", "/orders/{shop}/{paid}/confirm", None, 409, "order_moved"),
        ("buyer", "POST", "/orders/{shop}/{paid}/extend-receipt", None, 409, "order_moved"),
        (
            "buyer",
            "POST",
            "/orders/{shop}/{unpaid}/payments",
            {"method": "wechat_native"},
            422,
            "method_not_offered",
        ),
        ("buyer", "POST", "/orders/{shop}/{unpaid}/payments", {"method": "gold"}, 422, "invalid_fields"),
        ("buyer", "GET", f"/orders/{{shop}}/{GONE}", None, 404, "order_unknown"),
        ("buyer", "GET", f"/orders/{BEYOND}/{BEYOND}", None, 404, "order_unknown"),
        ("nobody", "GET", "/orders/{shop}/{paid}", None, 401, "not_signed_in"),
        ("nobody", "POST", "/payments/notifications/wechat", {"id": "1"}, 404, "not_found"),
        ("nobody", "POST", "/payments/notifications/sandbox", {"id": "1"}, 404, "not_found"),
    ]
    await refuse_all(world, attempts)


async def test_parcels_that_may_not_leave(world: HostileWorld) -> None:
    line, shipments = world.lines[world.paid], "/shops/{shop}/orders/{paid}/shipments"

    def parcel(waybill: str = "SF0000000009", **fields: Any) -> dict[str, Any]:
        return {"carrier": "SF", "waybill": waybill} | fields

    attempts: list[Attempt] = [
        ("merchant", "POST", shipments, parcel(WAYBILL), 409, "waybill_used"),
        ("merchant", "POST", shipments, parcel(WAYBILL_THERE), 409, "waybill_used"),
        ("merchant", "POST", shipments, parcel(WAYBILL.lower()), 409, "waybill_used"),
        *(
            ("merchant", "POST", shipments, parcel(pieces={str(line): pieces}), 422, "invalid_fields")
            for pieces in (0, -1, 1_000, HUGE)
        ),
        ("merchant", "POST", shipments, parcel(pieces={}), 422, "invalid_fields"),
        ("merchant", "POST", shipments, parcel(pieces={str(line): 3}), 409, "pieces_gone"),
        ("merchant", "POST", shipments, parcel(pieces={str(GONE): 1}), 409, "pieces_gone"),
        ("merchant", "POST", shipments, parcel(pieces={str(BEYOND): 1}), 409, "pieces_gone"),
        ("merchant", "POST", shipments, parcel(pieces={"one": 1}), 422, "invalid_fields"),
        ("merchant", "POST", shipments, parcel("1.23E+15"), 422, "invalid_fields"),
        ("merchant", "POST", shipments, parcel("'; DROP--"), 422, "invalid_fields"),
        ("merchant", "POST", shipments, parcel(NUL), 422, "invalid_fields"),
        ("merchant", "POST", shipments, parcel(LONG), 422, "invalid_fields"),
        ("merchant", "POST", shipments, parcel(carrier="Owl"), 422, "invalid_fields"),
        ("merchant", "POST", "/shops/{shop}/orders/{unpaid}/shipments", parcel(), 409, "order_moved"),
        ("merchant", "POST", "/shops/{shop}/orders/{received}/shipments", parcel(), 409, "order_moved"),
        ("merchant", "POST", "/shops/{shop}/orders/{theirs}/shipments", parcel(), 404, "order_unknown"),
        ("merchant", "POST", "/shops/{there}/orders/{theirs}/shipments", parcel(), 404, "not_found"),
        ("neighbour", "POST", shipments, parcel(), 404, "not_found"),
        ("neighbour", "POST", "/shops/{there}/orders/{paid}/shipments", parcel(), 404, "order_unknown"),
        ("buyer", "POST", shipments, parcel(), 403, "role_missing"),
        ("carrier", "POST", shipments, parcel(), 403, "role_missing"),
        ("neighbour", "GET", "/shops/{shop}/orders/{shipped}/parcels", None, 404, "not_found"),
        (
            "merchant",
            "POST",
            "/shops/{shop}/shipments/{parcel}/waybill",
            {"carrier": "SF", "waybill": WAYBILL_THERE},
            409,
            "waybill_used",
        ),
        (
            "neighbour",
            "POST",
            "/shops/{there}/shipments/{parcel}/waybill",
            {"carrier": "SF", "waybill": "SF0000000010"},
            404,
            "parcel_unknown",
        ),
        ("nobody", "POST", "/tracking/somebody", [], 422, "body_malformed"),
    ]
    await refuse_all(world, attempts)


async def test_after_sales_that_may_not_be_asked(world: HostileWorld) -> None:
    ask = "/orders/{shop}/{received}/aftersales"
    attempts: list[Attempt] = [
        *(
            ("buyer", "POST", ask, of_line(world, quantity=quantity), 422, "aftersale_quantity")
            for quantity in (0, -1, 2, HUGE, BEYOND)
        ),
        *(
            ("buyer", "POST", ask, of_line(world, amount_fen=amount), 422, "aftersale_amount")
            for amount in (0, -1, PRICE_FEN + 1, HUGE, BEYOND)
        ),
        ("buyer", "POST", ask, of_line(world, reason="no_reason"), 422, "aftersale_reason"),
        ("buyer", "POST", ask, of_line(world, kind="refund_unshipped"), 409, "aftersale_shipped"),
        ("buyer", "POST", ask, of_line(world, kind="gold"), 422, "invalid_fields"),
        ("buyer", "POST", ask, of_line(world, words="a" * 1_001), 422, "invalid_fields"),
        ("buyer", "POST", ask, of_line(world, words=NUL), 422, "invalid_fields"),
        ("buyer", "POST", ask, of_line(world, reason="other", words="  "), 422, "invalid_fields"),
        ("buyer", "POST", ask, of_line(world, evidence=[GONE]), 404, "upload_unknown"),
        ("buyer", "POST", ask, of_line(world, evidence=[0]), 422, "invalid_fields"),
        ("buyer", "POST", ask, of_line(world, order_line_id=GONE), 404, "line_unknown"),
        ("buyer", "POST", ask, of_line(world, order_line_id=world.lines[world.paid]), 404, "line_unknown"),
        ("buyer", "POST", ask, of_line(world, order_line_id=BEYOND), 422, "invalid_fields"),
        ("buyer", "POST", "/orders/{there}/{received}/aftersales", of_line(world), 404, "order_unknown"),
        ("stranger", "POST", ask, of_line(world), 404, "order_unknown"),
        ("merchant", "POST", ask, of_line(world), 404, "order_unknown"),
        ("nobody", "POST", ask, of_line(world), 401, "not_signed_in"),
        ("buyer", "POST", ask, b"{", 422, "body_malformed"),
        ("buyer", "POST", "/orders/{shop}/{shipped}/cancel-paid", {}, 409, "aftersale_shipped"),
        ("buyer", "POST", "/orders/{shop}/{unpaid}/cancel-paid", {}, 409, "aftersale_nothing_paid"),
        ("buyer", "POST", "/orders/{shop}/{paid}/cancel-paid", {"reason": "quality"}, 422, "aftersale_reason"),
        ("stranger", "POST", "/orders/{shop}/{paid}/cancel-paid", {}, 404, "order_unknown"),
        (
            "merchant",
            "POST",
            "/shops/{shop}/orders/{received}/refunds",
            of_line(world, amount_fen=PRICE_FEN + 1),
            422,
            "aftersale_amount",
        ),
        (
            "merchant",
            "POST",
            "/shops/{shop}/orders/{received}/refunds",
            of_line(world, kind="exchange", reason="quality"),
            422,
            "invalid_fields",
        ),
        ("neighbour", "POST", "/shops/{shop}/orders/{received}/refunds", of_line(world), 404, "not_found"),
        ("neighbour", "POST", "/shops/{there}/orders/{received}/refunds", of_line(world), 404, "order_unknown"),
        ("buyer", "POST", "/shops/{shop}/orders/{received}/refunds", of_line(world), 403, "role_missing"),
    ]
    await refuse_all(world, attempts)


async def test_turns_of_cases_that_may_not_be_taken(world: HostileWorld) -> None:
    mine, shops = "/aftersales/{shop}/{case}", "/shops/{shop}/aftersales/{case}"
    desk = "/arbitration/{shop}/{case}"
    offer = {"kind": "refund_only", "amount_fen": 50}
    attempts: list[Attempt] = [
        *(("stranger", "POST", f"{mine}/{turn}", body, 404, "aftersale_unknown") for turn, body in TURNS.items()),
        *(("merchant", "POST", f"{mine}/{turn}", body, 404, "aftersale_unknown") for turn, body in TURNS.items()),
        *(("neighbour", "POST", f"{shops}/{turn}", body, 404, "not_found") for turn, body in ANSWERS.items()),
        *(
            ("neighbour", "POST", f"/shops/{{there}}/aftersales/{{case}}/{turn}", body, 404, "aftersale_unknown")
            for turn, body in ANSWERS.items()
        ),
        *(("buyer", "POST", f"{shops}/{turn}", body, 403, "role_missing") for turn, body in ANSWERS.items()),
        ("stranger", "GET", mine, None, 404, "aftersale_unknown"),
        ("neighbour", "GET", shops, None, 404, "not_found"),
        ("buyer", "POST", f"{mine}/accept-offer", {}, 409, "aftersale_moved"),
        ("buyer", "POST", f"{mine}/send-back", TURNS["send-back"], 409, "aftersale_moved"),
        ("buyer", "POST", f"{mine}/call-platform", {"words": "?"}, 409, "aftersale_moved"),
        ("buyer", "POST", f"{mine}/change", TURNS["change"], 409, "aftersale_moved"),
        ("buyer", "POST", f"{mine}/withdraw", {"version": 9}, 409, "aftersale_changed"),
        ("buyer", "POST", f"{mine}/withdraw", {"version": BEYOND}, 409, "aftersale_changed"),
        ("buyer", "POST", f"{mine}/evidence", {"words": ""}, 422, "invalid_fields"),
        ("buyer", "POST", f"{mine}/withdraw", {"words": LONG}, 422, "invalid_fields"),
        ("buyer", "POST", f"/aftersales/{{shop}}/{GONE}/withdraw", {}, 404, "aftersale_unknown"),
        ("buyer", "POST", "/aftersales/{there}/{case}/withdraw", {}, 404, "aftersale_unknown"),
        ("merchant", "POST", f"{shops}/refuse", {"words": ""}, 422, "invalid_fields"),
        *(
            ("merchant", "POST", f"{shops}/offer", offer | {"amount_fen": amount}, 422, "aftersale_amount")
            for amount in (0, -1, PRICE_FEN + 1, HUGE, BEYOND)
        ),
        ("merchant", "POST", f"{shops}/offer", offer | {"kind": "refund_unshipped"}, 409, "aftersale_offer_unfit"),
        ("merchant", "POST", f"{shops}/confirm-return", {"restock": 1}, 409, "aftersale_moved"),
        ("merchant", "POST", f"{shops}/ship-replacement", ANSWERS["ship-replacement"], 409, "aftersale_moved"),
        ("merchant", "POST", f"{shops}/agree", {"version": 2}, 409, "aftersale_changed"),
        ("operator", "POST", f"{desk}/decide", {"verdict": "for_seller", "words": "x"}, 409, "aftersale_moved"),
        ("operator", "POST", f"{desk}/decide", {"verdict": "gold", "words": "x"}, 422, "invalid_fields"),
        ("operator", "POST", f"{desk}/close", {"words": ""}, 422, "invalid_fields"),
        ("merchant", "POST", f"{desk}/decide", {"verdict": "for_seller", "words": "x"}, 403, "role_missing"),
        ("buyer", "POST", f"{desk}/close", {"words": "x"}, 403, "role_missing"),
        *(
            ("operator", "PUT", "/aftersale-deadlines/evidence", {"seconds": s}, 422, "aftersale_deadline_range")
            for s in (0, -1, HUGE, BEYOND)
        ),
        ("merchant", "PUT", "/aftersale-deadlines/evidence", {"seconds": 7_200}, 403, "role_missing"),
        (
            "merchant",
            "PUT",
            "/shops/{shop}/aftersale-settings",
            {"rules": {"small_refund_fen": HUGE}},
            422,
            "invalid_fields",
        ),
        ("neighbour", "PUT", "/shops/{shop}/aftersale-settings", {"rules": {}}, 404, "not_found"),
    ]
    await refuse_all(world, attempts)


TURNS: dict[str, dict[str, Any]] = {
    "withdraw": {},
    "change": {"kind": "refund_only", "reason": "damaged", "quantity": 1},
    "accept-offer": {},
    "send-back": {"carrier": "SF", "waybill": "SF0000000011"},
    "confirm-replacement": {},
    "call-platform": {"words": "?"},
    "evidence": {"words": "?"},
}
"""What a buyer may do with a case of theirs."""
ANSWERS: dict[str, dict[str, Any]] = {
    "agree": {},
    "refuse": {"words": "?"},
    "offer": {"kind": "refund_only", "amount_fen": 50},
    "waive-return": {},
    "confirm-return": {"restock": 0},
    "reject-return": {"words": "?"},
    "ship-replacement": {"carrier": "SF", "waybill": "SF0000000012"},
    "refund-instead": {},
    "evidence": {"words": "?"},
}
"""What a shop may do with a case of its own."""


async def test_coupons_and_special_prices_that_may_not_be(world: HostileWorld) -> None:
    prices = "/shops/{shop}/special-prices"
    price = {
        "listing_id": world.here.listing_id,
        "sku_id": world.here.sku_id,
        "kind": "room_only",
        "price_fen": 100,
        "quota": 5,
    }
    attempts: list[Attempt] = [
        ("stranger", "POST", f"/coupons/{GONE}/claims", {}, 404, "not_found"),
        ("nobody", "POST", "/coupons/{coupon}/claims", {}, 401, "not_signed_in"),
        ("stranger", "POST", "/coupons/{coupon}/claims", {"room_id": "here"}, 422, "invalid_fields"),
        *(
            ("merchant", "PUT", "/shops/{shop}/coupons/{coupon}/stock", {"stock": stock}, 422, "invalid_fields")
            for stock in (0, -1, HUGE, BEYOND)
        ),
        ("merchant", "PUT", "/shops/{shop}/coupons/{foreign}/stock", {"stock": 50}, 404, "not_found"),
        ("merchant", "POST", "/shops/{shop}/coupons/{foreign}/stop", None, 404, "not_found"),
        ("neighbour", "POST", "/shops/{shop}/coupons/{coupon}/stop", None, 404, "not_found"),
        ("buyer", "POST", "/shops/{shop}/coupons/{coupon}/stop", None, 403, "role_missing"),
        *(
            ("merchant", "POST", prices, price | {"quota": quota}, 422, "invalid_fields")
            for quota in (0, -1, HUGE, BEYOND)
        ),
        *(
            ("merchant", "POST", prices, price | {"price_fen": fen}, 422, "invalid_fields")
            for fen in (0, -1, PRICE_FEN, HUGE, BEYOND)
        ),
        ("merchant", "POST", prices, price | {"listing_id": world.there.listing_id}, 404, "not_found"),
        ("merchant", "POST", prices, price | {"sku_id": world.there.sku_id}, 404, "not_found"),
        ("merchant", "POST", prices, price | {"listing_id": GONE}, 404, "not_found"),
        ("merchant", "POST", prices, price | {"kind": "gift"}, 422, "invalid_fields"),
        ("neighbour", "POST", prices, price, 404, "not_found"),
        ("merchant", "POST", f"{prices}/{GONE}/end", None, 404, "not_found"),
    ]
    await refuse_all(world, attempts)


async def test_reviews_addresses_and_answers_that_may_not_be(world: HostileWorld) -> None:
    review = "/orders/{shop}/{received}/lines/{received_line}/review"
    stars = {"goods": 5, "parcel": 5, "service": 5}
    entry = PLACE | {"phone": "13800138000"}
    changes = "/orders/{shop}/{paid}/address-changes"
    attempts: list[Attempt] = [
        *(
            ("buyer", "POST", review, {"stars": stars | {"goods": number}}, 422, "invalid_fields")
            for number in (0, -1, 6, HUGE, BEYOND)
        ),
        ("stranger", "POST", review, {"stars": stars}, 404, "order_unknown"),
        (
            "buyer",
            "POST",
            "/orders/{shop}/{paid}/lines/{line}/review",
            {"stars": stars},
            409,
            "order_not_received",
        ),
        (
            "buyer",
            "POST",
            f"/orders/{{shop}}/{{received}}/lines/{GONE}/review",
            {"stars": stars},
            404,
            "order_unknown",
        ),
        ("buyer", "POST", "/addresses", entry | {"district": "月球"}, 422, "invalid_fields"),
        ("buyer", "POST", "/addresses", entry | {"phone": "911"}, 422, "invalid_fields"),
        ("buyer", "POST", "/addresses", entry | {"street": LONG}, 422, "invalid_fields"),
        ("stranger", "PUT", f"/addresses/{GONE}", entry, 404, "address_unknown"),
        ("stranger", "POST", changes, entry, 404, "order_unknown"),
        ("buyer", "POST", "/orders/{shop}/{shipped}/address-changes", entry, 409, "address_settled"),
    ]
    await refuse_all(world, attempts)


@pytest.mark.parametrize("key", [None, "", "k" * 81, "a\tb"])
async def test_what_creates_something_needs_a_key(world: HostileWorld, key: str | None) -> None:
    creating: list[tuple[str, str, Any]] = [
        ("buyer", "/orders/{shop}/{received}/aftersales", of_line(world)),
        ("buyer", "/orders/{shop}/{paid}/cancel-paid", {}),
        ("merchant", "/shops/{shop}/orders/{received}/refunds", of_line(world)),
        ("stranger", "/coupons/{coupon}/claims", {}),
        ("buyer", "/addresses", PLACE | {"phone": "13800138000"}),
    ]
    before = await world.fingerprint()
    headers = {} if key is None else {"idempotency-key": key}
    for who, path, body in creating:
        async with world.as_person(who) as client:
            answer = await client.post(f"/api/v1{world.path(path)}", json=body, headers=headers)
        assert (answer.status_code, code_of(answer)) == (422, "idempotency_key_missing"), (path, answer.text)
        assert language_problem(answer) is None
    assert differences(before, await world.fingerprint()) == []


async def test_a_key_used_for_something_else_is_refused(world: HostileWorld) -> None:
    path = world.path("/api/v1/orders/{shop}/{received}/aftersales")
    async with world.as_person("buyer") as client:
        headers = {"idempotency-key": "once"}
        first = await client.post(path, json=of_line(world, amount_fen=100), headers=headers)
        assert first.status_code == 201, first.text
        before = await world.fingerprint()
        again = await client.post(path, json=of_line(world, amount_fen=100), headers=headers)
        assert again.json()["aftersale_id"] == first.json()["aftersale_id"]
        other = await client.post(path, json=of_line(world, amount_fen=101), headers=headers)
        assert (other.status_code, code_of(other)) == (409, "idempotency_key_reused")
        assert differences(before, await world.fingerprint()) == []


LIARS: list[tuple[str, bytes, str]] = [
    ("film.mp4", picture(), "upload_misnamed"),
    ("photo.jpg", b"<html><script>alert(1)</script>", "upload_unsupported"),
    ("photo.jpg", b"GIF89a" + b"\0" * 40, "upload_unsupported"),
    ("photo.jpg", picture()[:40], "upload_damaged"),
    ("photo.jpg", b"", "upload_empty"),
    ("run.exe", b"MZ" + b"\0" * 100, "upload_unsupported"),
    ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "upload_unsupported"),
]
"""Files that are not what they say: their name, their content, how they are refused."""


@pytest.mark.parametrize(("name", "content", "code"), LIARS)
async def test_an_upload_that_lies_about_itself_is_refused(
    world: HostileWorld, name: str, content: bytes, code: str
) -> None:
    before = await world.fingerprint()
    async with world.as_person("buyer") as client:
        answer = await client.post(
            "/api/v1/uploads",
            data={"purpose": "evidence"},
            files={"file": (name, io.BytesIO(content), "image/jpeg")},
            headers={"idempotency-key": secrets.token_hex(8)},
        )
    assert code_of(answer) == code, answer.text
    assert 400 <= answer.status_code < 500
    assert language_problem(answer) is None
    assert differences(before, await world.fingerprint()) == []
