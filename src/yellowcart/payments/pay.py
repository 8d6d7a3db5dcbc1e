"""Paying: prepare in one transaction, pay outside of any, finish in a small one that can be repeated.

Whether money arrived is only believed from the gateway's own answer to `query`; a redirect or a notification
merely says that it is time to ask. So they may come in any order, twice, or not at all: a sweep asks for
payments that nobody told us about (`payments.look_after`).
"""

from collections.abc import Sequence

import msgspec
import structlog

from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.kernel.kill_switches import Switch, require_open
from yellowcart.kernel.money import write_yuan
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import OrderMoved, OrderUnknown
from yellowcart.orders.holds import keep_whole_hold
from yellowcart.orders.model import OrderState
from yellowcart.orders.paid import mark_paid
from yellowcart.orders.rules import hold_until, may_move
from yellowcart.orders.store import LockedOrder, lock_order
from yellowcart.payments.errors import PaidTooOften, ProviderRefused, ProviderSilent
from yellowcart.payments.events import OrderPaid
from yellowcart.payments.findings import NewFinding, close_findings_of, note_finding
from yellowcart.payments.gateway import Charge, NewCharge, PaymentGateway, Prompt
from yellowcart.payments.model import (
    FindingKind,
    FindingState,
    Payment,
    PaymentMethod,
    PaymentState,
    ProviderMeaning,
    RefundCause,
)
from yellowcart.payments.providers import Gateways
from yellowcart.payments.queries import shown_before
from yellowcart.payments.references import reference_of
from yellowcart.payments.refund import request_refund
from yellowcart.payments.rules import PAYMENTS_OF_ORDER_MAX, charge_fault, expiry, payment_after, shows_again
from yellowcart.payments.store import (
    begin_closing,
    count_payments,
    finish_payment,
    insert_payment,
    keep_prompt,
    mark_prompted,
    may_look,
    open_payment,
    payer_of,
    read_payment,
)

FINAL = frozenset({PaymentState.SUCCEEDED, PaymentState.SURPLUS})
ASK_BEFORE_BELIEVING = frozenset(
    {
        ProviderMeaning.ALREADY_PAID,
        ProviderMeaning.REFERENCE_USED,
        ProviderMeaning.CLOSED,
        ProviderMeaning.INVALID,
    }
)
"""Refusals to open a charge after which the provider is asked how it stands: it may be paid, or over."""
OPENABLE_TIMES = 2
"""A charge that turns out to be over is opened anew once; then the refusal stands."""

log = structlog.get_logger()


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider may have to know of who pays: the network address, and for JSAPI the openid."""

    address: str = ""
    reference: str = ""


class OpenCashier(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that waits for its payer: at `url`, by scanning `code`, or by handing `jsapi` to WeChat's browser.
    Exactly one of the three is there."""

    payment_id: PaymentId
    method: PaymentMethod
    url: str | None = None
    code: str | None = None
    jsapi: dict[str, str] | None = None


async def open_cashier(
    database: Database,
    gateways: Gateways,
    person: Person,
    shop_id: ShopId,
    order_id: OrderId,
    method: PaymentMethod | None = None,
    payer: Payer = Payer(),  # noqa: B008 - a frozen value
) -> OpenCashier:
    """Open the cashier for the buyer's unpaid order; a payment that is already open by the same method is used
    again, those by other methods are closed at their providers first. Opened again within PROMPT_AGAIN_S, it shows
    what it showed.

    Without a method it is the first that is offered. Raises OrderUnknown, OrderMoved (also when it turns out to be
    paid), SwitchedOff, MethodNotOffered, PayerUnknown, PaidTooOften, ProviderSilent, ProviderRefused.
    """
    chosen, gateway = gateways.taking(method)
    for attempt in range(1, OPENABLE_TIMES + 1):
        prepared = await _prepare(database, gateway, person, (shop_id, order_id), chosen, payer)
        payment = prepared.payment
        if prepared.others and await _one_was_paid(database, gateways, prepared.others):
            raise OrderMoved
        if prepared.shown is not None:
            return _open(payment, prepared.shown)
        try:
            return await _prompt(database, gateway, payment, prepared.payer)
        except ProviderRefused as refused:
            if refused.meaning not in ASK_BEFORE_BELIEVING:
                raise
            settled = await settle_payment(database, gateways, shop_id, payment.payment_id)
            if settled.state in FINAL:
                raise OrderMoved from refused
            if settled.state is PaymentState.PREPARED or attempt == OPENABLE_TIMES:
                raise
    raise AssertionError("the last attempt answers or raises")


async def settle_payment(
    database: Database, gateways: Gateways, shop_id: ShopId, payment_id: PaymentId
) -> Payment:
    """Ask the gateway how a payment stands and write down what it says. May be called at any time, by a
    notification, a redirect, the sweep or a bill, any number of times.

    Raises PaymentUnknown, ProviderSilent, ProviderRefused.
    """
    return (await settle_or_find(database, gateways, shop_id, payment_id)).payment


class Settled(msgspec.Struct, frozen=True):
    """A payment after its provider was asked, and the fault that stands on a finding where its money is there and
    was not counted."""

    payment: Payment
    fault: FindingKind | None = None


async def settle_or_find(
    database: Database, gateways: Gateways, shop_id: ShopId, payment_id: PaymentId
) -> Settled:
    """What `settle_payment` does, for who has to know what was found. Raises the same."""
    async with database.reading() as reader:
        payment = await read_payment(reader, shop_id, payment_id)
    if payment.state in FINAL:
        return Settled(payment)
    charge = await gateways.of(payment.gateway).query(shop_id, payment_id)
    async with database.writing() as writer:
        fault = await _write_down(writer, payment, charge)
        return Settled(await read_payment(writer, shop_id, payment_id), fault)


class Look(msgspec.Struct, frozen=True):
    """A payment as it stands, and whether its provider was asked for it just now."""

    payment: Payment
    was_asked: bool


async def look_at_payment(database: Database, gateways: Gateways, shop_id: ShopId, payment_id: PaymentId) -> Look:
    """How a payment stands, for somebody who comes by: its provider is asked, but however many come no more often
    than LOOKS_AT_ONCE and every LOOK_EVERY_S seconds allow; otherwise what is known is answered.

    Raises PaymentUnknown, ProviderSilent, ProviderRefused.
    """
    async with database.writing() as writer:
        payment = await read_payment(writer, shop_id, payment_id)
        may_ask = payment.state not in FINAL and await may_look(writer, shop_id, payment_id)
    if not may_ask:
        return Look(payment, was_asked=False)
    return Look(await settle_payment(database, gateways, shop_id, payment_id), was_asked=True)


async def close_payment(database: Database, gateways: Gateways, payment: Payment) -> Payment:
    """Close a payment at its provider and write down what it is then: over, or paid after all.

    Raises ProviderSilent, ProviderRefused.
    """
    await gateways.of(payment.gateway).close(payment.shop_id, payment.payment_id)
    return await settle_payment(database, gateways, payment.shop_id, payment.payment_id)


class _Prepared(msgspec.Struct, frozen=True):
    """The payment to open, who pays it, those of other methods that are to be closed, and what its payer was shown
    a moment ago, if anything."""

    payment: Payment
    payer: Payer
    others: list[Payment]
    shown: Prompt | None


async def _prepare(
    database: Database,
    gateway: PaymentGateway,
    person: Person,
    key: tuple[ShopId, OrderId],
    method: PaymentMethod,
    payer: Payer,
) -> _Prepared:
    """Who goes to a provider has the whole hold of the order for it."""
    async with database.writing() as writer:
        await require_open(writer, Switch.PAYMENT)
        order = await lock_order(writer, *key)
        if order.buyer_id != person.person_id:
            raise OrderUnknown
        if not may_move(order.state, OrderState.PAID) or order.hold_until <= clock.now():
            raise OrderMoved
        await keep_whole_hold(writer, order)
        others = await begin_closing(writer, *key, but=method)
        payment = await open_payment(writer, order, method, payer.reference)
        if payment is None:
            if await count_payments(writer, order) >= PAYMENTS_OF_ORDER_MAX:
                raise PaidTooOften
            left = hold_until(order.submitted_at, order.hold_s) - clock.now()
            payment = await insert_payment(
                writer,
                order,
                gateway=gateway.name,
                method=method,
                expires_at=expiry(left, clock.system_now()),
                payer_reference=payer.reference,
            )
        known = await payer_of(writer, payment)
        shown = await shown_before(writer, *key, method)
        fresh = shown is not None and shows_again(shown.prompted_at, clock.now())
        if not fresh:
            await mark_prompted(writer, payment)
    whose = Payer(address=payer.address, reference=known or payer.reference)
    return _Prepared(payment, whose, others, shown.prompt if shown is not None and fresh else None)


async def _one_was_paid(database: Database, gateways: Gateways, others: Sequence[Payment]) -> bool:
    """Close what the buyer turned away from. A provider that does not answer is left to the sweep: money that
    comes by it all the same goes back by itself."""
    settled: list[Payment] = []
    for payment in others:
        try:
            settled.append(await close_payment(database, gateways, payment))
        except (ProviderSilent, ProviderRefused) as error:
            log.warning("payments.close_later", payment_id=payment.payment_id, error=error.code)
    return any(payment.state is PaymentState.SUCCEEDED for payment in settled)


async def _prompt(database: Database, gateway: PaymentGateway, payment: Payment, payer: Payer) -> OpenCashier:
    prompt = await gateway.create(
        NewCharge(
            shop_id=payment.shop_id,
            payment_id=payment.payment_id,
            order_id=payment.order_id,
            method=payment.method,
            amount_fen=payment.amount_fen,
            expires_at=payment.expires_at or clock.system_now(),
            payer_address=payer.address,
            payer_reference=payer.reference,
        )
    )
    async with database.writing() as writer:
        await keep_prompt(writer, payment, prompt)
    return _open(payment, prompt)


def _open(payment: Payment, prompt: Prompt) -> OpenCashier:
    return OpenCashier(
        payment_id=payment.payment_id,
        method=payment.method,
        url=prompt.url,
        code=prompt.code,
        jsapi=prompt.jsapi,
    )


async def _write_down(writer: Writer, asked: Payment, charge: Charge | None) -> FindingKind | None:
    """Answers the fault of money that was not counted."""
    order = await lock_order(writer, asked.shop_id, asked.order_id)
    # Read again under the order's lock: a notification and a redirect may have raced to this point.
    payment = await read_payment(writer, asked.shop_id, asked.payment_id)
    if payment.state in FINAL:
        return None
    fault = charge_fault(charge, payment.amount_fen) if charge is not None else None
    found = await _note_fault(writer, payment, charge, fault) if charge is not None and fault is not None else None
    after = payment_after(
        payment,
        charge,
        order_waits=may_move(order.state, OrderState.PAID),
        system_now=clock.system_now(),
        fault_is_decided=found is not None and found is not FindingState.OPEN,
    )
    if after is None:
        return fault
    await finish_payment(writer, payment, after, charge)
    reference = reference_of(payment.shop_id, payment.payment_id)
    await close_findings_of(writer, payment.gateway, [(reference, "")], RIGHT_BY_ITSELF)
    if after is PaymentState.SUCCEEDED:
        await _pay(writer, order, payment)
    elif after is PaymentState.SURPLUS:
        await _give_back(writer, order, payment)
    return fault


async def _pay(writer: Writer, order: LockedOrder, payment: Payment) -> None:
    await mark_paid(writer, order)
    # What else was opened for this order must not be paid any more.
    await begin_closing(writer, order.shop_id, order.order_id)
    await publish(
        writer,
        OrderPaid(
            shop_id=order.shop_id,
            order_id=order.order_id,
            payment_id=payment.payment_id,
            amount_fen=payment.amount_fen,
        ),
        shop_id=order.shop_id,
    )


async def _give_back(writer: Writer, order: LockedOrder, payment: Payment) -> None:
    """The order closed, or another payment was quicker: the money is real, and goes back by itself."""
    await request_refund(
        writer, order, payment.payment_id, payment.amount_fen, cause=RefundCause.SURPLUS, subject="surplus"
    )
    closed = order.state is OrderState.CLOSED
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=order.buyer_id,
                kind="payment.surplus",
                occasion=f"payment:{payment.shop_id}:{payment.payment_id}",
                title=N_("Your payment came too late and goes back")
                if closed
                else N_("You paid twice; one payment goes back"),
                body=N_(
                    "¥%(sum)s reached us after the order had closed. The whole of it goes back the way it came;"
                    " you need not do anything. We tell you when it is done."
                )
                if closed
                else N_(
                    "¥%(sum)s reached us for an order that was paid already. The whole of it goes back the way it"
                    " came; you need not do anything. We tell you when it is done."
                ),
                parts={"sum": write_yuan(payment.amount_fen)},
                link=f"/orders/{order.shop_id}/{order.order_id}",
            )
        ],
    )


RIGHT_BY_ITSELF = "came right by itself"
"""The note on a finding that nobody had to decide; pages show it in the reader's language."""


async def _note_fault(writer: Writer, payment: Payment, charge: Charge, fault: FindingKind) -> FindingState:
    reference = reference_of(payment.shop_id, payment.payment_id)
    return await note_finding(
        writer,
        NewFinding(
            provider=payment.gateway,
            kind=fault,
            subject=reference,
            reference=reference,
            ours_fen=payment.amount_fen,
            theirs_fen=None if fault is FindingKind.CURRENCY_DIFFERS else charge.amount_fen,
            detail=charge.currency,
        ),
    )
