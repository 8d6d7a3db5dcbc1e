"""A shop says what must be shipped, and takes it back."""

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer, json_value
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import Envelope, subscribe
from yellowcart.kernel.ids import OrderId, ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.orders.deliver_to import destination_of
from yellowcart.orders.events import OrderClosed
from yellowcart.orders.model import DeliveryAddress, OrderState
from yellowcart.orders.rules import may_ship
from yellowcart.orders.stop import require_unstopped
from yellowcart.orders.store import lock_order
from yellowcart.parcels.events import OrderShipped
from yellowcart.parcels.needs.errors import NeedExists, NeedMoved, NeedsTooMany
from yellowcart.parcels.needs.model import NeedId, NeedState, NewNeed, QuoteState
from yellowcart.parcels.needs.rules import NEEDS_OPEN_MAX, need_problems, require_need_move
from yellowcart.parcels.needs.store import (
    LockedNeed,
    lock_need,
    lock_needs_of_order,
    move_need,
    move_quotes,
    quotes_of_locked,
    tell_carriers,
)


async def post_need(writer: Writer, person: Person, shop_id: ShopId, need: NewNeed) -> NeedId:
    """Publish a need; carriers see from which city to which, and no more, until the shop accepts one of them. The
    goods of an order go where the order goes at this moment.

    Raises NotFound (not your shop), InvalidFields, NeedsTooMany, and for a need of an order OrderUnknown,
    OrderMoved (nothing left to ship), OrderStopped, NeedExists.
    """
    await require_member(writer, person, shop_id)
    need = msgspec.structs.replace(need, goods=need.goods.strip(), note=need.note.strip())
    if problems := need_problems(need, clock.now()):
        raise InvalidFields(problems)
    if need.order_id is not None:
        order = await lock_order(writer, shop_id, need.order_id)
        may_ship(order.state)
        await require_unstopped(writer, order)
        need = msgspec.structs.replace(need, destination=await destination_of(writer, order))
    await writer.run("SELECT FROM shop WHERE shop_id = %(id)s ORDER BY shop_id FOR UPDATE", id=shop_id)
    open_needs = await writer.value(
        "SELECT count(*) FROM shipping_need WHERE shop_id = %(shop_id)s AND state = 'open'", shop_id=shop_id
    )
    if open_needs >= NEEDS_OPEN_MAX:
        raise NeedsTooMany(most=NEEDS_OPEN_MAX)
    assert need.destination is not None, "the rules ask for it where there is no order"
    need_id = new_id(NeedId)
    try:
        async with writer.attempt():
            await _insert(writer, person, shop_id, need_id, need, need.destination)
    except UniqueViolation as error:
        raise NeedExists from error
    await audit.record(
        writer,
        person,
        "parcels:shipping_need:post",
        f"shop:{shop_id}",
        after={"need_id": need_id, "order_id": need.order_id, "goods": need.goods},
    )
    return need_id


async def withdraw_need(writer: Writer, person: Person, shop_id: ShopId, need_id: NeedId) -> None:
    """Take an open need back; who quoted is told. Withdrawing twice is no error. Raises NotFound, NeedUnknown,
    NeedMoved (a quote was accepted, or its time is over)."""
    await require_member(writer, person, shop_id)
    need = await lock_need(writer, shop_id, need_id)
    if need.state is NeedState.WITHDRAWN:
        return
    if need.state is not NeedState.OPEN:
        raise NeedMoved
    await _end(writer, need)
    await audit.record(
        writer, person, "parcels:shipping_need:withdraw", f"shop:{shop_id}", after={"need_id": need_id}
    )


@subscribe(OrderShipped)
async def end_need_of_shipped(writer: Writer, _: Envelope, event: OrderShipped) -> None:
    """Everything of an order has left: whoever still quotes on it need not wait."""
    if event.order_state is OrderState.SHIPPED:
        await _end_need_of_order(writer, event.shop_id, event.order_id)


@subscribe(OrderClosed)
async def end_need_of_closed(writer: Writer, _: Envelope, event: OrderClosed) -> None:
    """The order ended: nothing of it has to be shipped."""
    await _end_need_of_order(writer, event.shop_id, event.order_id)


async def _end_need_of_order(writer: Writer, shop_id: ShopId, order_id: OrderId) -> None:
    for need in await lock_needs_of_order(writer, shop_id, order_id):
        await _end(writer, need)


async def _end(writer: Writer, need: LockedNeed) -> None:
    require_need_move(need.state, NeedState.WITHDRAWN)
    quotes = await quotes_of_locked(writer, need, (QuoteState.OPEN, QuoteState.ACCEPTED))
    await move_quotes(writer, need, [quote.quote_id for quote in quotes], QuoteState.LOST)
    await move_need(writer, need, NeedState.WITHDRAWN)
    await tell_carriers(
        writer,
        need,
        [quote.person_id for quote in quotes],
        "withdrawn",
        N_("A shipping need was taken back"),
        N_("The shop no longer needs %(goods)s shipped. Your quote has ended."),
    )


async def _insert(
    writer: Writer, person: Person, shop_id: ShopId, need_id: NeedId, need: NewNeed, destination: DeliveryAddress
) -> None:
    await writer.run(
        """
        INSERT INTO shipping_need (shop_id, need_id, order_id, state, goods, origin, destination, origin_province,
                                   destination_province, weight_g, pieces, due_at, note, created_by, created_at)
        VALUES (%(shop_id)s, %(need_id)s, %(order_id)s, 'open', %(goods)s, %(origin)s, %(destination)s,
                %(origin_province)s, %(destination_province)s, %(weight_g)s, %(pieces)s, %(due_at)s, %(note)s,
                %(created_by)s, %(now)s)
        """,
        shop_id=shop_id,
        need_id=need_id,
        order_id=need.order_id,
        goods=need.goods,
        origin=json_value(need.origin),
        destination=json_value(destination),
        origin_province=need.origin.province,
        destination_province=destination.province,
        weight_g=need.weight_g,
        pieces=need.pieces,
        due_at=need.due_at,
        note=need.note,
        created_by=person.person_id,
        now=clock.now(),
    )
