"""Two actors at an exact line of an order's life, each first in turn: whoever comes first wins, the other is told
why, and pieces, money and coupons are there once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import pytest

from tests.aftersales.claims_desk import WHY, ClaimsDesk, new_operator
from tests.conftest import sign_in_as
from tests.lives.in_chunks import premises_on
from tests.lives.premises import Premises
from tests.lives.provider import ChargeThere
from tests.orders.promoted import claim, coupon, special_price
from tests.orders.shopping import ADDRESS, Till, open_till, order_of, order_state, stock_of
from tests.parcels.packing import PackingTable
from tests.parcels.test_address_change import NEW
from tests.promotions.coupon_world import make_coupon_world, some_buyers
from tests.races.meeting import CLAIM_ROW, ORDER_ROW, STOCK_ROW, Deed, Met, meet
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.accounts.model import Person
from yellowcart.aftersales.arbitrate import Decision, Verdict, add_evidence, arbitrate, call_platform
from yellowcart.aftersales.model import Actor
from yellowcart.aftersales.open_case import cancel_paid_order
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.orders.close import cancel_order
from yellowcart.orders.place import PlacedOrder
from yellowcart.orders.timers import lapse_unpaid_orders
from yellowcart.orders.wanted import NewOrder, WantedLine
from yellowcart.parcels.address_change import answer_address_change, ask_address_change
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.pay import open_cashier, settle_payment
from yellowcart.payments.timers import carry_out_refunds
from yellowcart.promotions.claim import ClaimLane
from yellowcart.promotions.model import Funder
from yellowcart.reviews.model import NewReview, Stars
from yellowcart.reviews.write import write_review
from yellowcart.sweeps import register_sweeps

UNSHIPPED = CaseKind.REFUND_UNSHIPPED
TURNS = range(6)
"""Each meeting happens so often, the first actor being the one and the other in turn."""


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    opened = await open_till(database)
    yield opened
    await opened.lane.stop()


@pytest.fixture
async def desk(till: Till, still_clock: clock.Clock) -> ClaimsDesk:
    register_sweeps()
    world = await make_small_world(till.database, skus=2, pieces=1_000)
    table = PackingTable(till=till, world=world, buyer=(await sign_in_as(till.database)).person)
    return ClaimsDesk(table=table, operator=await new_operator(till.database), still_clock=still_clock)


def by(desk: ClaimsDesk, verb: Callable[..., Awaitable[object]], *what: object, **more: object) -> Deed:
    """A verb with its arguments, in a transaction of its own when its turn comes."""
    return lambda: desk.write(lambda writer: verb(writer, *what, **more))


async def at_order(
    desk: ClaimsDesk,
    order_id: int,
    turn: int,
    one: Deed,
    other: Deed,
) -> Met:
    """Both at the order's row, the one first in even turns."""
    met = await meet(desk.database, ORDER_ROW, order_id, *((one, other) if turn % 2 == 0 else (other, one)))
    assert met.waited == 2, "they did not meet"
    return met


async def refunded_fen(database: Database) -> int:
    async with database.reading() as reader:
        return int(await reader.value("SELECT coalesce(sum(amount_fen), 0) FROM refund"))


async def all_refunds(desk: ClaimsDesk) -> list[tuple[str, int, str]]:
    """Subject, amount and state of every refund."""
    async with desk.database.reading() as reader:
        rows = await reader.records("SELECT subject, amount_fen, state FROM refund ORDER BY refund_id")
    return [(row["subject"], row["amount_fen"], row["state"]) for row in rows]


async def paid_at_the_sandbox(desk: ClaimsDesk) -> tuple[PlacedOrder, Deed]:
    """An order whose payer has paid at the sandbox, and what lets the platform know it."""
    placed = await desk.till.place(desk.buyer, desk.table.world)
    cashier = await open_cashier(desk.database, desk.till.gateways, desk.buyer, placed.shop_id, placed.order_id)
    await desk.till.gateway.pay(await desk.till.gateway.read(f"{placed.shop_id}-{cashier.payment_id}"))
    settle = partial(settle_payment, desk.database, desk.till.gateways, placed.shop_id, cashier.payment_id)
    return placed, settle


async def test_a_refund_and_a_shipment_of_one_piece(desk: ClaimsDesk) -> None:
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        order_id = await desk.paid(1)
        refund = partial(desk.open, order_id, UNSHIPPED, Reason.NO_REASON)
        met = await at_order(
            desk, order_id, turn, refund, partial(desk.table.ship, order_id, f"SF000000000{turn}")
        )
        told[tuple(met.codes)] += 1
        state = await order_state(desk.database, desk.shop_id, order_id)
        assert state == (("closed", "refunded") if turn % 2 == 0 else ("shipped", None))
    assert told == {("done", "order_moved"): 3, ("done", "aftersale_shipped"): 3}
    assert await refunded_fen(desk.database) == 3 * PRICE_FEN
    assert await stock_of(desk.database, desk.table.world) == (997, 0, 3)


async def test_two_refunds_of_one_line(desk: ClaimsDesk) -> None:
    for turn in TURNS:
        order_id = await desk.paid(2)
        ask = partial(desk.open, order_id, UNSHIPPED, Reason.NO_REASON, 2)
        met = await at_order(desk, order_id, turn, ask, ask)
        assert met.codes == ["done", "aftersale_nothing_paid"]
    assert await refunded_fen(desk.database) == len(TURNS) * 2 * PRICE_FEN
    assert await stock_of(desk.database, desk.table.world) == (1_000, 0, 0)


async def test_cancelling_an_order_and_its_payment(desk: ClaimsDesk) -> None:
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        placed, settle = await paid_at_the_sandbox(desk)
        key = (placed.shop_id, placed.order_id)
        met = await at_order(desk, placed.order_id, turn, by(desk, cancel_order, desk.buyer, *key), settle)
        told[tuple(met.codes)] += 1
        state = await order_state(desk.database, *key)
        assert state == (("closed", "buyer_cancelled") if turn % 2 == 0 else ("paid", None))
    assert told == {("done", "done"): 3, ("done", "order_moved"): 3}
    # The money that came after the cancelling goes back by itself; what was paid in time stays.
    await desk.deliver()
    assert await all_refunds(desk) == [("surplus", PRICE_FEN, "succeeded")] * 3
    assert await stock_of(desk.database, desk.table.world) == (997, 0, 3)


async def test_lapsing_and_a_payment_that_comes_first(desk: ClaimsDesk) -> None:
    for _ in TURNS:
        placed, settle = await paid_at_the_sandbox(desk)
        desk.still_clock.freeze(placed.hold_until)
        lapse = partial(lapse_unpaid_orders, desk.database)
        met = await meet(desk.database, ORDER_ROW, placed.order_id, settle, lapse)
        # The timer passes by whoever is at the order, and finds it paid when it comes again.
        assert met.outcomes[1] == 0
        assert await lapse_unpaid_orders(desk.database) == 0
        assert await order_state(desk.database, placed.shop_id, placed.order_id) == ("paid", None)
    assert await refunded_fen(desk.database) == 0
    assert await stock_of(desk.database, desk.table.world) == (994, 0, 6)


async def test_lapsing_and_a_payment_that_comes_too_late(desk: ClaimsDesk) -> None:
    for _ in TURNS:
        placed, settle = await paid_at_the_sandbox(desk)
        desk.still_clock.freeze(placed.hold_until)
        lapse = partial(lapse_unpaid_orders, desk.database)
        met = await meet(desk.database, STOCK_ROW, desk.table.world.sku_id, lapse, settle)
        assert (met.waited, met.outcomes[0]) == (2, 1)
        assert await order_state(desk.database, placed.shop_id, placed.order_id) == ("closed", "lapsed")
    await desk.deliver()
    assert await all_refunds(desk) == [("surplus", PRICE_FEN, "succeeded")] * len(TURNS)
    assert await stock_of(desk.database, desk.table.world) == (1_000, 0, 0)


async def test_two_shipments_of_the_same_last_piece(desk: ClaimsDesk) -> None:
    for turn in TURNS:
        order_id = await desk.paid(1)
        (line_id,) = await desk.table.lines(order_id)
        one, other = (
            partial(desk.table.ship, order_id, f"SF00000{turn}000{number}", {line_id: 1}) for number in range(2)
        )
        met = await at_order(desk, order_id, turn, one, other)
        assert met.codes == ["done", "order_moved"]
        assert len(await desk.table.parcels(order_id)) == 1
    assert await stock_of(desk.database, desk.table.world) == (994, 0, 6)


async def test_two_parcels_of_one_order_leave_one_after_the_other(desk: ClaimsDesk) -> None:
    for turn in TURNS:
        order_id = await desk.paid(2)
        (line_id,) = await desk.table.lines(order_id)
        one, other = (
            partial(desk.table.ship, order_id, f"SF00001{turn}000{number}", {line_id: 1}) for number in range(2)
        )
        met = await at_order(desk, order_id, turn, one, other)
        assert met.codes == ["done", "done"]
        assert (await order_state(desk.database, desk.shop_id, order_id))[0] == "shipped"


async def test_one_waybill_for_two_orders_of_two_shops(desk: ClaimsDesk) -> None:
    other = await make_small_world(desk.database)
    table = PackingTable(till=desk.till, world=other, buyer=desk.buyer)
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        ours, theirs = await desk.paid(1), await table.paid(1)
        waybill = f"SF000000001{turn}"
        outcomes = await asyncio.gather(
            desk.table.ship(ours, waybill), table.ship(theirs, waybill), return_exceptions=True
        )
        told[tuple(sorted(each.code if isinstance(each, Refusal) else "done" for each in outcomes))] += 1
    assert told == {("done", "waybill_used"): len(TURNS)}


async def test_another_address_and_the_shipment(desk: ClaimsDesk) -> None:
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        order_id = await desk.paid(1)
        ask = by(desk, ask_address_change, desk.buyer, desk.shop_id, order_id, NEW)
        met = await at_order(desk, order_id, turn, ask, partial(desk.table.ship, order_id, f"SF000000002{turn}"))
        told[tuple(met.codes)] += 1
    assert told == {("done", "address_change_open"): 3, ("done", "address_settled"): 3}


async def test_the_answer_to_another_address_and_the_shipment(desk: ClaimsDesk) -> None:
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        order_id = await desk.paid(1)
        key = (desk.shop_id, order_id)
        async with desk.database.writing() as writer:
            change = await ask_address_change(writer, desk.buyer, *key, NEW)
        accept = by(desk, answer_address_change, desk.merchant, *key, change, accepted=True)
        met = await at_order(
            desk, order_id, turn, accept, partial(desk.table.ship, order_id, f"SF000000003{turn}")
        )
        told[tuple(met.codes)] += 1
        # Whoever is first: no parcel leaves for the old address once the new one was asked for.
        assert (await desk.table.detail(order_id)).order.address.city == "厦门市"
    assert told == {("done", "done"): 3, ("address_change_open", "done"): 3}


async def test_two_operators_decide_one_case(desk: ClaimsDesk) -> None:
    other = await new_operator(desk.database)
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        case = await desk.refuse(await desk.open(await desk.received(1), CaseKind.REFUND_ONLY, Reason.DAMAGED))
        key = (desk.shop_id, case.aftersale_id)
        async with desk.database.writing() as writer:
            await call_platform(writer, desk.buyer, *key, WHY)
            await add_evidence(writer, desk.merchant, *key, WHY, actor=Actor.SELLER)
        met = await at_order(
            desk,
            case.order_id,
            turn,
            by(desk, arbitrate, desk.operator, *key, Decision(verdict=Verdict.FOR_BUYER), WHY),
            by(desk, arbitrate, other, *key, Decision(verdict=Verdict.FOR_SELLER), WHY),
        )
        told[tuple(met.codes)] += 1
    assert told == {("done", "aftersale_moved"): len(TURNS)}
    assert await refunded_fen(desk.database) == 3 * PRICE_FEN


async def test_cancelling_a_paid_order_and_its_shipment(desk: ClaimsDesk) -> None:
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        order_id = await desk.paid(1, 1)
        cancel = by(desk, cancel_paid_order, desk.buyer, desk.shop_id, order_id)
        met = await at_order(
            desk, order_id, turn, cancel, partial(desk.table.ship, order_id, f"SF000000004{turn}")
        )
        told[tuple(met.codes)] += 1
    assert told == {("done", "order_moved"): 3, ("done", "aftersale_shipped"): 3}
    assert await refunded_fen(desk.database) == 3 * 2 * PRICE_FEN


async def test_two_reviews_of_one_line(desk: ClaimsDesk) -> None:
    new = NewReview(stars=Stars(goods=5, parcel=5, service=5), body="好茶")
    for turn in TURNS:
        order_id = await desk.received(1)
        (line_id,) = await desk.table.lines(order_id)
        write = by(desk, write_review, desk.buyer, desk.shop_id, order_id, line_id, new)
        met = await at_order(desk, order_id, turn, write, write)
        assert met.codes == ["done", "review_exists"]
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM review") == len(TURNS)


async def test_one_coupon_of_the_platform_in_two_shops(database: Database) -> None:
    tills = [await open_till(database), await open_till(database)]
    told = Counter[tuple[str, ...]]()
    for turn in TURNS:
        worlds = [await make_small_world(database), await make_small_world(database)]
        buyer = (await sign_in_as(database)).person
        used = await claim(database, await coupon(database, worlds[0], Funder.PLATFORM), buyer.person_id)
        actors = [
            partial(
                till.lane.place,
                buyer.person_id,
                f"key {turn}",
                "hash",
                order_of(world.listing_id, world.sku_id, total_fen=PRICE_FEN - 500, coupons=[used]),
            )
            for till, world in zip(tills, worlds, strict=True)
        ]
        first, second = worlds if turn % 2 == 0 else worlds[::-1]
        met = await meet(database, CLAIM_ROW, used.claim_id, *(actors if turn % 2 == 0 else actors[::-1]))
        assert met.waited == 2
        told[tuple(met.codes)] += 1
        assert (await stock_of(database, first), await stock_of(database, second)) == ((9, 1, 0), (10, 0, 0))
    assert told == {("done", "coupon_used"): len(TURNS)}
    for till in tills:
        await till.lane.stop()


async def test_a_thousand_buyers_for_the_last_piece_at_a_flash_price(database: Database) -> None:
    tills = [await open_till(database), await open_till(database)]
    world = await make_small_world(database, pieces=1_000)
    special_id = await special_price(database, world, quota=1)
    buyers = await some_buyers(database, 1_000)
    line = WantedLine(
        listing_id=world.listing_id,
        sku_id=world.sku_id,
        quantity=1,
        unit_price_fen=PRICE_FEN - 1_000,
        special_price_id=special_id,
    )
    order = NewOrder(lines=[line], total_fen=PRICE_FEN - 1_000, address=ADDRESS)

    async def buy(number: int) -> str:
        try:
            await tills[number % 2].lane.place(buyers[number].person_id, "key", "hash", order)
        except Refusal as refusal:
            return refusal.code
        return "placed"

    told = Counter(await asyncio.gather(*(buy(number) for number in range(1_000))))
    assert told == {"placed": 1, "special_price_gone": 999}
    assert await stock_of(database, world) == (999, 1, 0)
    for till in tills:
        await till.lane.stop()


async def test_a_thousand_buyers_for_the_last_coupon(database: Database) -> None:
    world = await make_coupon_world(database)
    last = await world.make(stock=1)
    lanes = [ClaimLane(database), ClaimLane(database)]
    buyers = await some_buyers(database, 1_000)

    async def ask(number: int) -> str:
        try:
            await lanes[number % 2].claim(buyers[number], last.coupon_id, "key")
        except Refusal as refusal:
            return refusal.code
        return "claimed"

    told = Counter(await asyncio.gather(*(ask(number) for number in range(1_000))))
    assert told == {"claimed": 1, "coupon_gone": 999}
    assert await world.counted(last.coupon_id) == 1


@dataclass(frozen=True)
class PaidThere:
    """An order whose money is with the provider; nobody told the platform."""

    placed: PlacedOrder
    charge: ChargeThere
    settle: Deed


@pytest.fixture
async def premises(database_url: str) -> AsyncIterator[Premises]:
    async with premises_on(database_url) as opened:
        yield opened


async def paid_there(premises: Premises, world: SmallWorld, buyer: Person, key: str) -> PaidThere:
    """One of them, at the provider that keeps books of its own."""
    placed = await premises.lane.place(buyer.person_id, key, "hash", order_of(world.listing_id, world.sku_id))
    cashier = await open_cashier(
        premises.database, premises.gateways, buyer, placed.shop_id, placed.order_id, PaymentMethod.WECHAT_NATIVE
    )
    provider = premises.providers["wechat"]
    charge = provider.charges[placed.shop_id, cashier.payment_id]
    provider.pay(charge)
    settle = partial(settle_payment, premises.database, premises.gateways, placed.shop_id, cashier.payment_id)
    return PaidThere(placed, charge, settle)


async def test_the_payer_and_the_notification_come_at_once(premises: Premises) -> None:
    database = premises.database
    world = await make_small_world(database, pieces=1_000)
    (buyer,) = await some_buyers(database, 1)
    for turn in TURNS:
        paid = await paid_there(premises, world, buyer, f"key {turn}")
        told = premises.providers["wechat"].notification(paid.charge, f"notice {turn}")
        notify = partial(take_in_notification, database, premises.gateways, "wechat", *told)
        actors = (paid.settle, notify) if turn % 2 == 0 else (notify, paid.settle)
        met = await meet(database, ORDER_ROW, paid.placed.order_id, *actors)
        assert (met.waited, met.codes) == (2, ["done", "done"])
    async with database.reading() as reader:
        states = await reader.column("SELECT state FROM payment ORDER BY payment_id")
        assert states == ["succeeded"] * len(TURNS)
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'order.paid'") == len(TURNS)
        outcomes = await reader.column("SELECT outcome FROM payment_notification")
        assert outcomes == ["settled"] * len(TURNS)
    assert await stock_of(database, world) == (994, 0, 6)


async def test_one_refund_carried_out_by_many_workers_goes_back_once(premises: Premises) -> None:
    database = premises.database
    world = await make_small_world(database)
    (buyer,) = await some_buyers(database, 1)
    paid = await paid_there(premises, world, buyer, "key")
    await paid.settle()
    async with database.writing() as writer:
        await cancel_paid_order(writer, buyer, paid.placed.shop_id, paid.placed.order_id)
    await asyncio.gather(*(carry_out_refunds(database) for _ in range(5)))
    assert (paid.charge.refunded_fen, len(paid.charge.refunds)) == (PRICE_FEN, 1)
    async with database.reading() as reader:
        assert await reader.column("SELECT state FROM refund") == ["succeeded"]
        events = await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'refund.succeeded'")
    assert events == 1
