"""Steps of parcels: shipping in part or whole, twice, under somebody else's waybill; tracks, receipt, stops."""

from datetime import datetime

from tests.lives.bookkeeping import PUT_OFF, Order
from tests.lives.buying import buyer_of, one_order
from tests.lives.dice import Dice
from tests.lives.life import BooksDiffer, Life
from tests.parcels.packing import told
from yellowcart.kernel.ids import OrderId, OrderLineId
from yellowcart.orders.receive import confirm_receipt, extend_receipt
from yellowcart.orders.stop import lift_risk, stop_for_risk
from yellowcart.parcels.model import NewShipment
from yellowcart.parcels.ship import ship_order
from yellowcart.parcels.tracking.intake import take_in_events

CARRIER = "ZTO"


async def ship(life: Life, dice: Dice) -> None:
    """Some pieces of an order leave, or all that are left, or more than there are."""
    order = one_order(life, dice, "paid", "part_shipped") if dice.chance(7, 8) else one_order(life, dice)
    if order is None:
        return
    whole = dice.chance(1, 2)
    pieces = None if whole else _some_pieces(order, dice)
    waybill = life.waybill()
    why_not = _why_not(order, pieces)
    life.tell(f"{'all' if whole else sum((pieces or {}).values())} of order {order.order_id} leaves by {waybill}")
    shipment = NewShipment(
        CARRIER, waybill, None if pieces is None else {OrderLineId(k): v for k, v in pieces.items()}
    )
    leaving = pieces or {line.line_id: line.to_ship for line in order.lines if line.to_ship}
    outcome = await life.act(
        lambda writer: ship_order(writer, life.shop.merchant, life.shop_id, OrderId(order.order_id), shipment),
        dice.cut(),
    )
    if not life.require(outcome, why_not):
        return
    life.books.ship(order, leaving, life.now)
    life.parcels.setdefault(order.order_id, []).append(waybill)
    life.sent[waybill] = leaving
    if dice.chance(1, 3):
        await _ship_again(life, order, waybill, shipment, dice)


async def _ship_again(life: Life, order: Order, waybill: str, shipment: NewShipment, dice: Dice) -> None:
    """The same once more changes nothing; the same number on another order is refused."""
    others = [each for each in life.books.orders.values() if each is not order]
    if others and dice.chance(1, 2):
        other = dice.one(others)
        life.tell(f"the waybill {waybill} is used for order {other.order_id} too")
        again = NewShipment(CARRIER, waybill, None)
        outcome = await life.act(
            lambda writer: ship_order(writer, life.shop.merchant, life.shop_id, OrderId(other.order_id), again)
        )
        life.require(outcome, {"waybill_used"})
        return
    life.tell(f"the parcel {waybill} is entered again")
    outcome = await life.act(
        lambda writer: ship_order(writer, life.shop.merchant, life.shop_id, OrderId(order.order_id), shipment)
    )
    if life.require(outcome, set()) and (outcome.answer is None or not outcome.answer.repeated):
        raise BooksDiffer(f"{waybill} left twice")


def _some_pieces(order: Order, dice: Dice) -> dict[int, int]:
    pieces = {}
    for line in order.lines:
        # Now and then one more than there is.
        wanted = dice.pick(line.to_ship + 1) if dice.chance(9, 10) else line.to_ship + 1
        if wanted:
            pieces[line.line_id] = wanted
    return pieces or {order.lines[0].line_id: max(1, order.lines[0].to_ship)}


def _why_not(order: Order, pieces: dict[int, int] | None) -> set[str]:
    if not order.may_ship:
        return {"order_moved"}
    if order.stops:
        return {"order_stopped"}
    if pieces and any(pieces.get(line.line_id, 0) > line.to_ship for line in order.lines):
        return {"pieces_gone"}
    return set()


async def track(life: Life, dice: Dice) -> None:
    """A carrier tells of a parcel: on its way, there, or both at once and in the wrong order, or twice."""
    sent = [waybill for waybills in life.parcels.values() for waybill in waybills]
    if not sent:
        return
    waybill = dice.one(sent)
    arrives = dice.chance(2, 3)
    events = [told("in_transit", -0.1, waybill=waybill, carrier=CARRIER)]
    if arrives:
        events.insert(0, told("delivered", waybill=waybill, carrier=CARRIER))
    life.tell(f"the carrier tells that {waybill} " + ("is there" if arrives else "moves"))
    for _ in range(1 + dice.pick(2)):
        outcome = await life.act(lambda writer: take_in_events(writer, "lives", events), dice.cut())
        if life.require(outcome, set()) and arrives and waybill not in life.arrived:
            life.arrived[waybill] = events[0].at


async def receive(life: Life, dice: Dice) -> None:
    """The buyer says that it has come, or that it has not come yet."""
    order = (
        one_order(life, dice, "shipped", "received", "completed") if dice.chance(4, 5) else one_order(life, dice)
    )
    if order is None:
        return
    buyer, key = buyer_of(life, order), OrderId(order.order_id)
    if dice.chance(1, 4):
        life.tell(f"the receipt of {order.order_id} is put off")
        why_not = set() if order.state == "shipped" and not order.put_off else {"order_moved"}
        outcome = await life.act(lambda writer: extend_receipt(writer, buyer, life.shop_id, key), dice.cut())
        if life.require(outcome, why_not):
            assert order.confirm_due is not None
            order.confirm_due, order.put_off = order.confirm_due + PUT_OFF, True
        return
    life.tell(f"order {order.order_id} is received")
    why_not = set() if order.state in {"shipped", "received", "completed"} else {"order_moved"}
    received = await life.act(lambda writer: confirm_receipt(writer, buyer, life.shop_id, key), dice.cut())
    if life.require(received, why_not) and order.state == "shipped":
        order.received_at = life.now


async def stop(life: Life, dice: Dice) -> None:
    """An operator stops an order, or lets it go on."""
    order = one_order(life, dice)
    if order is None:
        return
    operator, key, lifted = life.premises.operators[0], OrderId(order.order_id), order.risk
    life.tell(f"order {order.order_id} is {'let go on' if lifted else 'stopped'}")
    outcome = await life.act(
        lambda writer: (
            lift_risk(writer, operator, life.shop_id, key)
            if lifted
            else stop_for_risk(writer, operator, life.shop_id, key, "?")
        ),
        dice.cut(),
    )
    if life.require(outcome, set()):
        order.risk = not lifted


def signed_for(life: Life, order: Order, line_id: int) -> datetime | None:
    """When the last of a line's parcels was signed for; None while one is under way."""
    parcels = [waybill for waybill in life.parcels.get(order.order_id, []) if line_id in life.sent[waybill]]
    if not parcels or any(waybill not in life.arrived for waybill in parcels):
        return None
    return max(life.arrived[waybill] for waybill in parcels)
