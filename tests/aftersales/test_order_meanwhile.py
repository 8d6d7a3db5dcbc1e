"""What becomes of an order while a case about it runs, and what the buyer's days are counted from."""

from datetime import timedelta

from tests.aftersales.claims_desk import ClaimsDesk
from tests.orders.shopping import order_state
from tests.parcels.packing import told
from yellowcart.aftersales.model import CaseState
from yellowcart.aftersales.negotiate import withdraw_case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.kernel import clock
from yellowcart.orders.receive import complete_by_time
from yellowcart.orders.rules import no_reason_until

RETURN = CaseKind.RETURN_REFUND


async def test_a_return_that_a_rule_granted_keeps_its_order_from_being_over_by_time(desk: ClaimsDesk) -> None:
    await desk.let_rules()
    order_id = await desk.received(1)
    case = await desk.open(order_id, RETURN, Reason.NO_REASON)
    assert case.state is CaseState.AWAITING_RETURN
    desk.still_clock.freeze(no_reason_until(clock.now()) + timedelta(days=1))
    assert await desk.write(complete_by_time) == 0
    assert await order_state(desk.database, desk.shop_id, order_id) == ("received", None)
    await desk.write(lambda writer: withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id))
    assert await desk.write(complete_by_time) == 1


async def test_a_waybill_with_a_past_of_its_own_takes_no_days_from_the_buyer(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(1)
    await desk.table.ship(order_id, waybill="SF7777777777")
    await desk.table.tell(told("delivered", -24 * 30, waybill="SF7777777777"))
    assert (await desk.open(order_id, RETURN, Reason.NO_REASON)).state is CaseState.AWAITING_SELLER
