"""What becomes of an order: paid, refused, lapsed, cancelled, shipped, received, complete."""

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import MORNING, sign_in_as
from tests.orders.shopping import Till, order_state, stock_of
from tests.small_world import PRICE_FEN, make_small_world
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.open_case import cancel_paid_order
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.kill_switches import Switch, SwitchedOff, flip
from yellowcart.orders.close import cancel_order
from yellowcart.orders.errors import OrderMoved, OrderUnknown
from yellowcart.orders.model import CloseReason
from yellowcart.orders.queries import order_of_buyer, orders_of_buyer
from yellowcart.orders.receive import confirm_receipt
from yellowcart.orders.rules import no_reason_until
from yellowcart.orders.timers import complete_old_receipts, confirm_old_shipments, lapse_unpaid_orders
from yellowcart.parcels.errors import WaybillUsed
from yellowcart.parcels.ship import NewShipment, ship_order
from yellowcart.payments.carry_out import carry_out, requested_refunds
from yellowcart.payments.model import PaymentState, RefundState
from yellowcart.payments.pay import open_cashier, settle_payment
from yellowcart.payments.timers import ask_for_silent_payments, carry_out_refunds

PARCEL = NewShipment("SF", "SF1234567890")


def merchant_of(person_id: PersonId) -> Person:
    """The small world's merchant."""
    return Person(person_id=person_id, login="m", name="m", roles=frozenset({Role.MERCHANT}))


async def test_a_paid_order_turns_its_hold_into_a_sale(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world, quantity=2)
    await till.pay(buyer, placed)
    assert await order_state(till.database, placed.shop_id, placed.order_id) == ("paid", None)
    assert await stock_of(till.database, world) == (8, 0, 2)


async def test_redirect_and_notification_together_make_one_payment(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    cashier = await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)
    await till.gateway.pay(await till.gateway.read(f"{placed.shop_id}-{cashier.payment_id}"))
    payments = await asyncio.gather(
        *(settle_payment(till.database, till.gateways, placed.shop_id, cashier.payment_id) for _ in range(5))
    )
    assert {payment.state for payment in payments} == {PaymentState.SUCCEEDED}
    assert await stock_of(till.database, world) == (9, 0, 1)
    async with till.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'order.paid'") == 1


async def test_a_refused_payment_leaves_the_order_open_for_another_try(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    cashier = await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)
    await till.gateway.refuse(await till.gateway.read(f"{placed.shop_id}-{cashier.payment_id}"))
    payment = await settle_payment(till.database, till.gateways, placed.shop_id, cashier.payment_id)
    assert payment.state is PaymentState.REFUSED
    await till.pay(buyer, placed)
    assert (await order_state(till.database, placed.shop_id, placed.order_id))[0] == "paid"


async def test_opening_the_cashier_twice_opens_one_payment(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    first = await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)
    assert await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id) == first


async def test_an_unpaid_order_lapses_and_gives_its_stock_back(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database, hold_s=600, limit_per_buyer=2)
    placed = await till.place(buyer, world, quantity=2)
    still_clock.freeze(MORNING + timedelta(seconds=599))
    assert await lapse_unpaid_orders(till.database) == 0
    still_clock.freeze(MORNING + timedelta(seconds=600))
    assert await lapse_unpaid_orders(till.database) == 1
    assert await lapse_unpaid_orders(till.database) == 0
    assert await order_state(till.database, placed.shop_id, placed.order_id) == ("closed", "lapsed")
    assert await stock_of(till.database, world) == (10, 0, 0)
    await till.place(buyer, world, quantity=2)


async def test_money_that_comes_too_late_goes_back_by_itself(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    cashier = await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)
    still_clock.freeze(MORNING + timedelta(hours=1))
    await lapse_unpaid_orders(till.database)
    await till.gateway.pay(await till.gateway.read(f"{placed.shop_id}-{cashier.payment_id}"))
    payment = await settle_payment(till.database, till.gateways, placed.shop_id, cashier.payment_id)
    assert payment.state is PaymentState.SURPLUS
    assert await carry_out_refunds(till.database) == 1
    charge = await till.gateway.query(placed.shop_id, cashier.payment_id)
    assert charge is not None
    assert charge.refunded_fen == PRICE_FEN
    assert await order_state(till.database, placed.shop_id, placed.order_id) == ("closed", "lapsed")


async def test_a_lost_notification_is_found_by_asking(till: Till, buyer: Person, still_clock: clock.Clock) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    cashier = await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)
    await till.gateway.pay(await till.gateway.read(f"{placed.shop_id}-{cashier.payment_id}"))
    still_clock.freeze(MORNING + timedelta(minutes=2))
    assert await ask_for_silent_payments(till.database) == 1
    assert (await order_state(till.database, placed.shop_id, placed.order_id))[0] == "paid"


async def test_cancelling_before_paying_gives_the_stock_back(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world, quantity=3)
    for _ in range(2):
        async with till.database.writing() as writer:
            reason = await cancel_order(writer, buyer, placed.shop_id, placed.order_id)
        assert reason is CloseReason.BUYER_CANCELLED
    assert await stock_of(till.database, world) == (10, 0, 0)


async def test_cancelling_after_paying_refunds_once(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    await till.pay(buyer, placed)
    for _ in range(2):
        async with till.database.writing() as writer:
            await cancel_paid_order(writer, buyer, placed.shop_id, placed.order_id)
    assert await order_state(till.database, placed.shop_id, placed.order_id) == ("closed", "refunded")
    async with till.database.reading() as reader:
        (refund,) = await requested_refunds(reader)
    for _ in range(2):
        assert await carry_out(till.database, till.gateways, refund) is RefundState.SUCCEEDED
    charge = await till.gateway.query(placed.shop_id, refund.payment_id)
    assert charge is not None
    assert charge.refunded_fen == PRICE_FEN
    assert await stock_of(till.database, world) == (10, 0, 0)
    async with till.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'refund.succeeded'") == 1


async def test_cancel_against_payment_ends_in_one_of_the_two(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    cashier = await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)
    await till.gateway.pay(await till.gateway.read(f"{placed.shop_id}-{cashier.payment_id}"))

    async def cancel() -> None:
        try:
            async with till.database.writing() as writer:
                await cancel_order(writer, buyer, placed.shop_id, placed.order_id)
        except OrderMoved:
            # The payment was first: what was paid is cancelled by giving it back.
            async with till.database.writing() as writer:
                await cancel_paid_order(writer, buyer, placed.shop_id, placed.order_id)

    await asyncio.gather(
        cancel(), settle_payment(till.database, till.gateways, placed.shop_id, cashier.payment_id)
    )
    await settle_payment(till.database, till.gateways, placed.shop_id, cashier.payment_id)
    await carry_out_refunds(till.database)
    charge = await till.gateway.query(placed.shop_id, cashier.payment_id)
    assert charge is not None
    assert charge.refunded_fen == PRICE_FEN
    assert await stock_of(till.database, world) == (10, 0, 0)


async def test_an_order_is_shipped_received_and_complete_by_time(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    await till.pay(buyer, placed)
    for _ in range(2):
        async with till.database.writing() as writer:
            await ship_order(writer, merchant_of(world.merchant_id), placed.shop_id, placed.order_id, PARCEL)
    still_clock.freeze(MORNING + timedelta(days=10))
    assert await confirm_old_shipments(till.database) == 1
    assert (await order_state(till.database, placed.shop_id, placed.order_id))[0] == "received"
    over = no_reason_until(MORNING + timedelta(days=10))
    assert over > MORNING + timedelta(days=17), "the seven days begin on the day after"
    still_clock.freeze(over - timedelta(microseconds=1))
    assert await complete_old_receipts(till.database) == 0, "the buyer may still send it back"
    still_clock.freeze(over)
    assert await complete_old_receipts(till.database) == 1
    assert (await order_state(till.database, placed.shop_id, placed.order_id))[0] == "completed"


async def test_the_buyer_confirms_receipt_and_nobody_else(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    await till.pay(buyer, placed)
    async with till.database.writing() as writer:
        with pytest.raises(OrderMoved):
            await confirm_receipt(writer, buyer, placed.shop_id, placed.order_id)
        await ship_order(writer, merchant_of(world.merchant_id), placed.shop_id, placed.order_id, PARCEL)
    stranger = (await sign_in_as(till.database)).person
    async with till.database.writing() as writer:
        with pytest.raises(OrderUnknown):
            await confirm_receipt(writer, stranger, placed.shop_id, placed.order_id)
        await confirm_receipt(writer, buyer, placed.shop_id, placed.order_id)
    assert (await order_state(till.database, placed.shop_id, placed.order_id))[0] == "received"


async def test_shipping_refuses_strangers_used_waybills_and_nonsense(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    first, second = await till.place(buyer, world), await till.place(buyer, world)
    await till.pay(buyer, first)
    await till.pay(buyer, second)
    merchant = merchant_of(world.merchant_id)
    async with till.database.writing() as writer:
        await ship_order(writer, merchant, first.shop_id, first.order_id, PARCEL)
    refusals = [
        (buyer, second.order_id, PARCEL, NotFound),
        (merchant, second.order_id, PARCEL, WaybillUsed),
        (merchant, second.order_id, NewShipment("PIGEON", "SF1234567891"), InvalidFields),
        (merchant, second.order_id, NewShipment("SF", "'; DROP"), InvalidFields),
        (merchant, 1, NewShipment("SF", "SF1234567892"), OrderUnknown),
        (merchant, first.order_id, NewShipment("SF", "SF1234567893"), OrderMoved),
    ]
    for person, order_id, shipment, refusal in refusals:
        async with till.database.writing() as writer:
            with pytest.raises(refusal):
                await ship_order(writer, person, second.shop_id, order_id, shipment)  # type: ignore[arg-type]


async def test_a_closed_payment_switch_opens_no_cashier(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = await till.place(buyer, world)
    async with till.database.writing() as writer:
        await flip(writer, Switch.PAYMENT, closed=True, reason="maintenance")
    with pytest.raises(SwitchedOff):
        await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)


async def test_lists_are_paged_and_show_only_ones_own(till: Till, buyer: Person) -> None:
    world = await make_small_world(till.database)
    placed = []
    for _ in range(5):
        placed.append(await till.place(buyer, world))
        await till.pay(buyer, placed[-1])
    stranger = (await sign_in_as(till.database)).person
    await till.place(stranger, world)
    seen: list[int] = []
    cursor: str | None = None
    async with till.database.reading() as reader:
        while True:
            page = await orders_of_buyer(reader, buyer.person_id, cursor=cursor, size=2)
            seen += [order.order_id for order in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == [order.order_id for order in reversed(placed)]
        with pytest.raises(OrderUnknown):
            await order_of_buyer(reader, stranger.person_id, placed[0].shop_id, placed[0].order_id)
