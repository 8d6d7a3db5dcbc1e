"""An order goes to another address: what becomes of its shipping need, and of the quotes on it."""

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer, json_value
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.store import LockedOrder
from yellowcart.parcels.model import AddressChangeId
from yellowcart.parcels.needs.model import NeedState, QuoteState
from yellowcart.parcels.needs.rules import is_same_route, require_need_move
from yellowcart.parcels.needs.store import (
    LockedNeed,
    lock_needs_of_order,
    move_need,
    move_quotes,
    quotes_of_locked,
    tell_carriers,
    tell_shop,
)


async def send_need_elsewhere(
    writer: Writer, order: LockedOrder, address: DeliveryAddress, change_id: AddressChangeId
) -> None:
    """Rewrite the destination of an order's need that is open or waits for its waybill, because a wish for another
    address was accepted. The caller holds the order.

    Carriers quote by the two cities. Within the same city the quotes stand, and a carrier who was chosen is told
    to look at the new address. To another city no quote holds any more, not even the accepted one, which was for
    another way: whoever quoted is told, and may quote again while there is time.
    """
    for need in await lock_needs_of_order(writer, order.shop_id, order.order_id):
        await writer.run(
            """
            UPDATE shipping_need
            SET destination = %(destination)s, destination_province = %(destination_province)s
            WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s
            """,
            destination=json_value(address),
            destination_province=address.province,
            shop_id=need.shop_id,
            need_id=need.need_id,
        )
        if not is_same_route(need.destination, address):
            await _ask_for_new_quotes(writer, need, change_id)
        elif need.accepted_person_id is not None:
            await tell_carriers(
                writer,
                need,
                [need.accepted_person_id],
                f"address:{change_id}",
                N_("A parcel goes to another address"),
                N_("%(goods)s goes to another address in the same city. Look at it before you pick up."),
            )


async def _ask_for_new_quotes(writer: Writer, need: LockedNeed, change_id: AddressChangeId) -> None:
    quotes = await quotes_of_locked(writer, need, (QuoteState.OPEN, QuoteState.ACCEPTED))
    await move_quotes(writer, need, [quote.quote_id for quote in quotes], QuoteState.LOST)
    if need.state is NeedState.ACCEPTED:
        after = NeedState.OPEN if need.due_at > clock.now() else NeedState.EXPIRED
        require_need_move(need.state, after)
        await move_need(writer, need, after)
    if not quotes:
        return
    occasion = f"elsewhere:{change_id}"
    await tell_carriers(
        writer,
        need,
        [quote.person_id for quote in quotes],
        occasion,
        N_("A shipping need goes to another city"),
        N_("The destination of %(goods)s has changed, so your quote no longer holds. You can quote again."),
    )
    await tell_shop(
        writer,
        need,
        occasion,
        N_("New quotes for %(goods)s"),
        N_("The order goes to another city now. The quotes have ended; carriers were told and can quote again."),
    )
