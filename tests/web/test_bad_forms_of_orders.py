"""Forms of orders, sent by whoever means no good: the page comes back with the reason in the reader's language,
what is not theirs does not exist, and no table changes."""

import html
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.aftersales.claims_desk import ClaimsDesk, new_operator
from tests.conftest import sign_in_as
from tests.orders.shopping import Till, open_till
from tests.parcels.packing import PackingTable
from tests.small_world import PRICE_FEN, make_small_world
from tests.web.hostile_world import WAYBILL, WAYBILL_THERE, HostileWorld, differences, make_hostile_world
from tests.web.test_front import csrf_of
from yellowcart.aftersales.errors import AmountImpossible, QuantityImpossible, ShippedMeanwhile
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.money import write_yuan
from yellowcart.kernel.translation import Locale
from yellowcart.orders.errors import OrderMoved, PiecesGone
from yellowcart.parcels.errors import WaybillUsed
from yellowcart.sweeps import register_sweeps

DIGITS = "9" * 5_000
"""A number that Python itself refuses to read."""
GONE = 9_007_199_254_740_991


@dataclass(frozen=True)
class Form:
    """A form that somebody sends; `refused` is what the page must say, None where nothing is to be found."""

    who: str
    path: str
    status: int
    refused: Refusal | None = None
    fields: dict[str, str] = field(default_factory=dict)


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


async def refuse_all(world: HostileWorld, forms: list[Form]) -> None:
    """Every form is refused as it should be, in either language, and changes nothing."""
    wrong: list[str] = []
    before = await world.fingerprint()
    for number, form in enumerate(forms):
        locale = list(Locale)[number % len(Locale)]
        async with world.as_person(form.who, page=True) as client:
            client.cookies.set("language", locale.value)
            token = csrf_of((await client.get("/login")).text)
            sent = {"_csrf_token": token, "request_key": secrets.token_hex(8)} | {
                world.path(name): world.path(text) for name, text in form.fields.items()
            }
            answer = await client.post(world.path(form.path), data=sent)
        said = f"{form.who} {form.path[:80]} {str(form.fields)[:120]}: "
        if answer.status_code != form.status:
            wrong.append(f"{said}{answer.status_code}, not {form.status}: {answer.text[:300]}")
        elif form.refused is not None and not says(answer.text, form.refused, locale):
            wrong.append(f"{said}does not say {form.refused.text(locale)!r}")
        after = await world.fingerprint()
        if changed := differences(before, after):
            wrong.append(f"{said}changed {changed}")
            before = after
    assert not wrong, "\n".join(wrong)


def says(page: str, refused: Refusal, locale: Locale) -> bool:
    """Whether a page tells why; where single fields are wrong, it stands at the fields."""
    if isinstance(refused, InvalidFields):
        return re.search(r'aria-invalid="true"|field--wrong', page) is not None
    return refused.text(locale) in html.unescape(page)


async def test_what_is_not_yours_has_no_page(world: HostileWorld) -> None:
    """Nor does it say that it is somebody else's."""
    theirs = {
        "stranger": (
            "/orders/{shop}/{paid}",
            "/orders/{shop}/{paid}/review",
            "/cashier/{shop}/{unpaid}",
            "/aftersales/{shop}/{case}",
            "/aftersales/{shop}/{case}/withdraw",
            "/aftersales/new?shop={shop}&order={received}&line={received_line}&kind=refund_only",
        ),
        "neighbour": (
            "/merchant/{shop}/orders/{paid}",
            "/merchant/{there}/orders/{paid}",
            "/merchant/{shop}/orders",
            "/merchant/{shop}/aftersales",
            "/merchant/{there}/aftersales/{case}",
            "/merchant/{shop}/shipping",
            "/merchant/{shop}/coupons/{coupon}",
        ),
        "buyer": (
            f"/orders/{{shop}}/{GONE}",
            f"/orders/{{shop}}/{10**30}",
            f"/cashier/{{shop}}/{GONE}",
            f"/aftersales/{{shop}}/{GONE}",
            "/orders/{there}/{paid}",
            f"/orders/{{shop}}/{DIGITS}",
        ),
        "merchant": (f"/merchant/{{shop}}/orders/{GONE}", f"/merchant/{{shop}}/aftersales/{10**30}"),
    }
    before = await world.fingerprint()
    wrong = []
    for who, paths in theirs.items():
        async with world.as_person(who, page=True) as client:
            for path in paths:
                answer = await client.get(world.path(path))
                if answer.status_code != 404:
                    wrong.append(f"{who} {path[:90]}: {answer.status_code} {answer.headers.get('location', '')}")
    assert not wrong, "\n".join(wrong)
    assert differences(before, await world.fingerprint()) == []


async def test_forms_of_buyers_that_may_not_be_sent(world: HostileWorld) -> None:
    ask = {
        "shop": "{shop}",
        "order": "{received}",
        "line": "{received_line}",
        "kind": "refund_only",
        "reason": "damaged",
        "quantity": "1",
        "amount": "1.00",
        "words": "?",
    }
    amount = AmountImpossible(most=write_yuan(PRICE_FEN), most_fen=PRICE_FEN)
    fields = InvalidFields({})
    await refuse_all(
        world,
        [
            Form("stranger", "/orders/{shop}/{unpaid}/cancel", 404),
            Form("stranger", "/orders/{shop}/{shipped}/confirm", 404),
            Form("stranger", "/orders/{shop}/{shipped}/extend", 404),
            Form("stranger", "/cashier/{shop}/{unpaid}", 404),
            Form("stranger", "/cashier/{shop}/{unpaid}/leave", 404),
            Form("stranger", "/aftersales/new", 404, None, ask),
            Form("stranger", "/aftersales/{shop}/{case}/withdraw", 404),
            *(
                Form("buyer", "/aftersales/new", 422, QuantityImpossible(most=1), ask | {"quantity": quantity})
                for quantity in ("0", "2", str(10**12))
            ),
            *(
                Form("buyer", "/aftersales/new", 422, fields, ask | {"quantity": quantity})
                for quantity in ("-1", "1.5", "one", DIGITS)
            ),
            *(
                Form("buyer", "/aftersales/new", 422, amount, ask | {"amount": text})
                for text in ("0", "49.91", "1000000000")
            ),
            *(
                Form("buyer", "/aftersales/new", 422, fields, ask | {"amount": text})
                for text in ("-1", "1.001", "a lot", DIGITS)
            ),
            Form("buyer", "/aftersales/new", 422, fields, ask | {"words": "a" * 1_001}),
            Form("buyer", "/aftersales/new", 422, fields, ask | {"words": "a\x00b"}),
            Form("buyer", "/aftersales/new", 404, None, ask | {"line": "{line}"}),
            Form("buyer", "/aftersales/new", 404, None, ask | {"order": DIGITS}),
            Form("buyer", "/aftersales/new", 404, None, ask | {"kind": "gold"}),
            Form(
                "buyer",
                "/aftersales/new",
                409,
                ShippedMeanwhile(),
                ask | {"kind": "refund_unshipped", "reason": "late"},
            ),
        ],
    )


async def test_forms_of_shops_that_may_not_be_sent(world: HostileWorld) -> None:
    parcel = {"carrier": "SF", "waybill": "SF0000000020"}
    ship = "/merchant/{shop}/orders/{paid}/ship"
    give = {
        "order": "{received}",
        "line": "{received_line}",
        "kind": "refund_only",
        "reason": "agreed",
        "quantity": "1",
    }
    fields = InvalidFields({})
    await refuse_all(
        world,
        [
            Form("merchant", ship, 409, WaybillUsed(), parcel | {"waybill": WAYBILL}),
            Form("merchant", ship, 409, WaybillUsed(), parcel | {"waybill": WAYBILL_THERE}),
            Form("merchant", ship, 422, fields, parcel | {"waybill": "1.2E+15"}),
            Form("merchant", ship, 422, fields, parcel | {"carrier": "Owl"}),
            *(
                Form("merchant", ship, 422, fields, parcel | {"pieces.{line}": pieces})
                for pieces in ("-1", "1.5", str(10**12), DIGITS, "two")
            ),
            Form("merchant", ship, 409, PiecesGone(), parcel | {"pieces.{line}": "3"}),
            Form("merchant", ship, 409, PiecesGone(), parcel | {f"pieces.{GONE}": "1"}),
            Form("merchant", "/merchant/{shop}/orders/{received}/ship", 409, OrderMoved(), parcel),
            Form("merchant", "/merchant/{shop}/orders/{theirs}/ship", 404, None, parcel),
            Form("neighbour", ship, 404, None, parcel),
            Form("buyer", ship, 403, None, parcel),
            *(
                Form("merchant", "/merchant/{shop}/aftersales/give", 422, fields, give | {"quantity": quantity})
                for quantity in ("-1", "x", DIGITS)
            ),
            *(
                Form(
                    "merchant",
                    "/merchant/{shop}/aftersales/give",
                    422,
                    QuantityImpossible(most=1),
                    give | {"quantity": quantity},
                )
                for quantity in ("0", "2", str(10**12))
            ),
            Form("neighbour", "/merchant/{shop}/aftersales/give", 404, None, give),
            Form("merchant", "/merchant/{shop}/aftersales/{case}/refuse", 422, fields, {"words": ""}),
            Form("neighbour", "/merchant/{shop}/aftersales/{case}/agree", 404),
            Form("merchant", "/merchant/{shop}/coupons/{foreign}/stop", 404),
            Form("merchant", "/merchant/{shop}/coupons/{coupon}/stock", 422, fields, {"stock": "0"}),
            Form("merchant", "/merchant/{shop}/coupons/{coupon}/stock", 422, fields, {"stock": DIGITS}),
        ],
    )


async def test_a_form_without_its_token_is_not_taken(world: HostileWorld) -> None:
    before = await world.fingerprint()
    async with world.as_person("buyer", page=True) as client:
        for path in (
            "/orders/{shop}/{unpaid}/cancel",
            "/cashier/{shop}/{unpaid}",
            "/orders/{shop}/{shipped}/confirm",
        ):
            assert (await client.post(world.path(path))).status_code == 403
    assert differences(before, await world.fingerprint()) == []
