"""Two actors at one line of one order at the same moment: whoever is first wins, and the sums stay exact."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest

from tests.aftersales.claims_desk import WHY, ClaimsDesk, new_operator
from tests.conftest import sign_in_as
from tests.orders.shopping import Till, open_till, order_state, stock_of
from tests.parcels.packing import PackingTable
from tests.small_world import PRICE_FEN, make_small_world
from yellowcart.aftersales.arbitrate import Decision, Verdict, add_evidence, arbitrate, call_platform
from yellowcart.aftersales.errors import (
    ActionImpossible,
    NothingPaid,
    PiecesTaken,
    QuantityImpossible,
    ShippedMeanwhile,
)
from yellowcart.aftersales.goods_back import SentBack, confirm_return, send_back
from yellowcart.aftersales.model import Actor, Case, CaseState
from yellowcart.aftersales.negotiate import ChangedRequest, agree, change_case, withdraw_case
from yellowcart.aftersales.open_case import SellersRefund, cancel_paid_order, give_money_back
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.timers import let_time_pass
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.orders.errors import OrderMoved, OrderStopped, PiecesGone
from yellowcart.payments.timers import carry_out_refunds
from yellowcart.sweeps import register_sweeps

UNSHIPPED, ONLY, RETURN = CaseKind.REFUND_UNSHIPPED, CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND


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


async def both(*actors: Awaitable[object]) -> tuple[list[object], list[BaseException]]:
    """Let them act at once; what succeeded, and what was refused. Anything but a refusal is a defect."""
    results = await asyncio.gather(*actors, return_exceptions=True)
    refused = [each for each in results if isinstance(each, BaseException)]
    for each in refused:
        if not isinstance(each, Refusal):
            raise each
    return [each for each in results if not isinstance(each, BaseException)], refused


async def refunded_fen(desk: ClaimsDesk) -> int:
    """What was asked of the gateway in all."""
    async with desk.database.reading() as reader:
        return int(await reader.value("SELECT coalesce(sum(amount_fen), 0) FROM refund"))


async def test_two_refunds_of_one_line_give_it_back_once(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(2)
    done, refused = await both(*(desk.open(order_id, UNSHIPPED, Reason.NO_REASON, 2) for _ in range(4)))
    assert len(done) == 1
    assert {type(each) for each in refused} <= {NothingPaid, PiecesTaken}
    assert await refunded_fen(desk) == 2 * PRICE_FEN
    assert await stock_of(desk.database, desk.table.world) == (1_000, 0, 0)


async def test_refunds_of_parts_of_one_line_never_pass_its_pieces(desk: ClaimsDesk) -> None:
    order_id = await desk.received(5)
    done, refused = await both(*(desk.open(order_id, ONLY, Reason.DAMAGED, 2) for _ in range(4)))
    assert len(done) == 2
    assert {type(each) for each in refused} == {QuantityImpossible}
    await both(*(desk.agree(case) for case in done if isinstance(case, Case)))
    assert await refunded_fen(desk) == 4 * PRICE_FEN


@pytest.mark.parametrize("turn", range(4))
async def test_refund_against_shipment_lets_exactly_one_win(desk: ClaimsDesk, turn: int) -> None:
    order_id = await desk.paid(1)
    refund = desk.open(order_id, UNSHIPPED, Reason.NO_REASON)
    shipment = desk.table.ship(order_id, waybill=f"SF000000000{turn}")
    actors: list[Awaitable[object]] = [refund, shipment] if turn % 2 else [shipment, refund]
    done, refused = await both(*actors)
    assert len(done) == 1
    state = await order_state(desk.database, desk.shop_id, order_id)
    if isinstance(done[0], Case):
        assert state == ("closed", "refunded")
        assert isinstance(refused[0], OrderMoved | PiecesGone | OrderStopped)
        assert await refunded_fen(desk) == PRICE_FEN
    else:
        assert state == ("shipped", None)
        assert isinstance(refused[0], ShippedMeanwhile)
        assert await refunded_fen(desk) == 0


async def test_cancelling_an_order_against_cancelling_a_line_of_it_gives_each_piece_back_once(
    desk: ClaimsDesk,
) -> None:
    order_id = await desk.paid(2, 1)

    async def cancel() -> object:
        async with desk.database.writing() as writer:
            return await cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id)

    await both(cancel(), desk.open(order_id, UNSHIPPED, Reason.LATE, 1), cancel())
    assert await refunded_fen(desk) == 3 * PRICE_FEN
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")
    assert await stock_of(desk.database, desk.table.world) == (1_000, 0, 0)
    assert await stock_of(desk.database, desk.table.world, sku=1) == (1_000, 0, 0)


async def test_many_orders_cancelled_at_once_never_wait_in_a_circle(desk: ClaimsDesk) -> None:
    orders = [await desk.paid(1, 1) for _ in range(6)]

    async def cancel(number: int) -> object:
        async with desk.database.writing() as writer:
            return await cancel_paid_order(writer, desk.buyer, desk.shop_id, orders[number])

    done, refused = await both(*(cancel(number) for number in range(6)), *(desk.paid(1, 1) for _ in range(3)))
    assert (len(done), refused) == (9, [])
    assert await stock_of(desk.database, desk.table.world) == (997, 0, 3)


async def test_the_buyers_request_and_the_shops_gift_of_one_piece_are_one(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(1)
    (line_id,) = await desk.table.lines(order_id)
    gift = SellersRefund(order_line_id=line_id, kind=UNSHIPPED, reason=Reason.OUT_OF_STOCK, quantity=1)

    async def give() -> object:
        async with desk.database.writing() as writer:
            return await give_money_back(writer, desk.merchant, desk.shop_id, order_id, gift)

    done, _ = await both(give(), desk.open(order_id, UNSHIPPED, Reason.NO_REASON))
    assert len(done) == 1
    assert await refunded_fen(desk) == PRICE_FEN


async def test_agreeing_against_giving_up_decides_once(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    case = await desk.open(order_id, ONLY, Reason.DAMAGED)

    async def withdraw() -> object:
        async with desk.database.writing() as writer:
            return await withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id)

    done, refused = await both(desk.agree(case), withdraw())
    assert (len(done), [type(each) for each in refused]) == (1, [ActionImpossible])
    granted = (await desk.now(case)).state is CaseState.REFUNDING
    assert await refunded_fen(desk) == (PRICE_FEN if granted else 0)


async def test_the_shops_answer_against_its_deadline_decides_once(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1), ONLY, Reason.DAMAGED)
    desk.still_clock.freeze(case.due_at or clock.now())
    results = await asyncio.gather(
        desk.refuse(case),
        let_time_pass(desk.database),
        let_time_pass(desk.database),
        return_exceptions=True,
    )
    assert {type(each) for each in results if isinstance(each, BaseException)} <= {ActionImpossible}
    after = await desk.now(case)
    assert after.state in {CaseState.REFUNDING, CaseState.AWAITING_BUYER}
    assert after.version == 2
    assert await refunded_fen(desk) == (PRICE_FEN if after.state is CaseState.REFUNDING else 0)


async def test_two_operators_decide_one_case_once(desk: ClaimsDesk) -> None:
    case = await desk.refuse(await desk.open(await desk.received(1), ONLY, Reason.DAMAGED))
    async with desk.database.writing() as writer:
        await call_platform(writer, desk.buyer, desk.shop_id, case.aftersale_id, WHY)
        await add_evidence(writer, desk.merchant, desk.shop_id, case.aftersale_id, WHY, actor=Actor.SELLER)
    operators = [desk.operator, await new_operator(desk.database)]

    async def decide(number: int, verdict: Verdict) -> object:
        async with desk.database.writing() as writer:
            return await arbitrate(
                writer, operators[number], desk.shop_id, case.aftersale_id, Decision(verdict=verdict), WHY
            )

    done, refused = await both(decide(0, Verdict.FOR_BUYER), decide(1, Verdict.FOR_SELLER))
    assert (len(done), [type(each) for each in refused]) == (1, [ActionImpossible])


async def test_a_yes_to_what_was_read_is_no_yes_to_what_was_changed(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    case = await desk.refuse(await desk.open(order_id, ONLY, Reason.DAMAGED, 1, 100))

    async def change() -> object:
        async with desk.database.writing() as writer:
            request = ChangedRequest(kind=ONLY, reason=Reason.DAMAGED, quantity=2)
            return await change_case(writer, desk.buyer, desk.shop_id, case.aftersale_id, request)

    async def say_yes() -> object:
        async with desk.database.writing() as writer:
            return await agree(writer, desk.merchant, desk.shop_id, case.aftersale_id, version=case.version)

    await both(change(), say_yes())
    assert await refunded_fen(desk) in {0, 100}, "never the larger amount that the shop has not seen"


async def test_a_return_confirmed_twice_is_refunded_and_restocked_once(desk: ClaimsDesk) -> None:
    case = await desk.agree(await desk.open(await desk.received(1)))
    parcel = SentBack(carrier="ZTO", waybill="ZT00012345678")
    async with desk.database.writing() as writer:
        await send_back(writer, desk.buyer, desk.shop_id, case.aftersale_id, parcel)

    async def confirm() -> object:
        async with desk.database.writing() as writer:
            return await confirm_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, restock=1)

    done, refused = await both(*(confirm() for _ in range(3)))
    assert (len(done), {type(each) for each in refused}) == (1, {ActionImpossible})
    assert await stock_of(desk.database, desk.table.world) == (1_000, 0, 0)
    await asyncio.gather(*(carry_out_refunds(desk.database) for _ in range(3)))
    await desk.deliver()
    assert (await desk.now(case)).state is CaseState.DONE
    assert await refunded_fen(desk) == PRICE_FEN


async def test_a_return_and_an_exchange_of_the_last_piece_are_not_both_granted(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    done, refused = await both(
        desk.open(order_id, RETURN, Reason.QUALITY), desk.open(order_id, CaseKind.EXCHANGE, Reason.QUALITY)
    )
    assert (len(done), [type(each) for each in refused]) == (1, [PiecesTaken])
