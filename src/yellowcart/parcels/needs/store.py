"""Locks and writes of shipping needs that several verbs share. The need's lock is the lock of its quotes; where an
order is concerned, its lock comes first."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.catalog.shops import members_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.orders.model import DeliveryAddress
from yellowcart.parcels.needs.errors import NeedUnknown, QuoteUnknown
from yellowcart.parcels.needs.model import NeedId, NeedState, QuoteId, QuoteState
from yellowcart.parcels.store import CheckedWaybill

QUOTES_READ_MAX = 500


class LockedNeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb needs to know of the need it holds."""

    shop_id: ShopId
    need_id: NeedId
    order_id: OrderId | None
    state: NeedState
    goods: str
    destination: DeliveryAddress
    due_at: datetime
    created_by: PersonId
    accepted_quote_id: QuoteId | None
    accepted_person_id: PersonId | None
    waybill_due_at: datetime | None


class LockedQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote of a need that is held."""

    quote_id: QuoteId
    person_id: PersonId
    state: QuoteState
    price_fen: int
    pick_up_by: datetime
    valid_until: datetime
    carrier: str
    waybill: str


_NEED = ", ".join(LockedNeed.__struct_fields__)
_QUOTE = ", ".join(LockedQuote.__struct_fields__)


async def order_of_need(writer: Writer, shop_id: ShopId, need_id: NeedId) -> OrderId | None:
    """The order that a need is for, read before anything is locked. It never changes. Raises NeedUnknown."""
    found = await writer.records(
        "SELECT order_id FROM shipping_need WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s",
        shop_id=shop_id,
        need_id=need_id,
    )
    if not found:
        raise NeedUnknown
    order_id: OrderId | None = found[0]["order_id"]
    return order_id


async def lock_need(writer: Writer, shop_id: ShopId, need_id: NeedId) -> LockedNeed:
    """The need, locked until the transaction ends. Raises NeedUnknown."""
    found = await writer.row(
        LockedNeed,
        f"SELECT {_NEED} FROM shipping_need WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s"  # noqa: S608
        " ORDER BY shop_id, need_id FOR UPDATE",
        shop_id=shop_id,
        need_id=need_id,
    )
    if found is None:
        raise NeedUnknown
    return found


async def lock_needs_due(writer: Writer, condition: str, limit: int, **values: object) -> list[LockedNeed]:
    """Up to `limit` needs that meet a condition and that nobody else holds, locked."""
    return await writer.rows(
        LockedNeed,
        f"SELECT {_NEED} FROM shipping_need WHERE {condition}"  # noqa: S608 - conditions stand in this folder
        " ORDER BY shop_id, need_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        limit=limit,
        **values,
    )


async def lock_needs_of_order(writer: Writer, shop_id: ShopId, order_id: OrderId) -> list[LockedNeed]:
    """The need of an order that is open or accepted, locked: none or one."""
    return await writer.rows(
        LockedNeed,
        f"SELECT {_NEED} FROM shipping_need WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s"  # noqa: S608
        " AND state IN ('open', 'accepted') ORDER BY shop_id, need_id FOR UPDATE",
        shop_id=shop_id,
        order_id=order_id,
    )


async def lock_needs_of_waybill(
    writer: Writer, shop_id: ShopId, order_id: OrderId, named: CheckedWaybill
) -> list[LockedNeed]:
    """The needs of an order that were fulfilled by this waybill, locked: none or one as a rule."""
    return await writer.rows(
        LockedNeed,
        f"SELECT {_NEED} FROM shipping_need WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s"  # noqa: S608
        " AND state = 'fulfilled' AND carrier = %(carrier)s AND waybill = %(waybill)s"
        " ORDER BY shop_id, need_id FOR UPDATE",
        shop_id=shop_id,
        order_id=order_id,
        carrier=named.carrier,
        waybill=named.waybill,
    )


async def quotes_of_locked(
    writer: Writer, need: LockedNeed, states: Sequence[QuoteState] = (QuoteState.OPEN,)
) -> list[LockedQuote]:
    """The quotes of a need that the caller holds, those in one of the states."""
    return await writer.rows(
        LockedQuote,
        f"""
        SELECT {_QUOTE} FROM shipping_quote
        WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s AND state = ANY(%(states)s)
        ORDER BY quote_id
        LIMIT %(most)s
        """,  # noqa: S608 - the columns are the struct's
        shop_id=need.shop_id,
        need_id=need.need_id,
        states=[state.value for state in states],
        most=QUOTES_READ_MAX,
    )


async def quote_of_locked(writer: Writer, need: LockedNeed, quote_id: QuoteId) -> LockedQuote:
    """One quote of a need that the caller holds. Raises QuoteUnknown."""
    found = await quotes_of_locked(writer, need, tuple(QuoteState))
    quote = next((each for each in found if each.quote_id == quote_id), None)
    if quote is None:
        raise QuoteUnknown
    return quote


async def move_need(writer: Writer, need: LockedNeed, after: NeedState, **columns: object) -> None:
    """Write a need's next state with the columns that belong to it; the caller has asked the rules."""
    ended = after in {NeedState.FULFILLED, NeedState.WITHDRAWN, NeedState.EXPIRED}
    values = {
        "accepted_quote_id": None,
        "accepted_person_id": None,
        "waybill_due_at": None,
        "carrier": None,
        "waybill": None,
    } | columns
    await writer.run(
        """
        UPDATE shipping_need
        SET state = %(state)s, accepted_quote_id = %(accepted_quote_id)s,
            accepted_person_id = %(accepted_person_id)s, waybill_due_at = %(waybill_due_at)s,
            carrier = %(carrier)s, waybill = %(waybill)s, closed_at = %(closed_at)s
        WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s
        """,
        state=after.value,
        closed_at=clock.now() if ended else None,
        shop_id=need.shop_id,
        need_id=need.need_id,
        **values,
    )


async def move_quotes(writer: Writer, need: LockedNeed, quote_ids: Sequence[QuoteId], after: QuoteState) -> None:
    """Write the next state of quotes of a need that the caller holds."""
    await writer.run(
        """
        UPDATE shipping_quote SET state = %(state)s, changed_at = %(now)s
        WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s AND quote_id = ANY(%(quote_ids)s)
        """,
        state=after.value,
        now=clock.now(),
        shop_id=need.shop_id,
        need_id=need.need_id,
        quote_ids=list(quote_ids),
    )


async def tell_shop(
    writer: Writer, need: LockedNeed, occasion: str, title: str, body: str, **parts: object
) -> None:
    """Tell the shop's members about their need."""
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=member.person_id,
                kind="shipping_need",
                occasion=f"need:{need.need_id}:{occasion}",
                title=title,
                body=body,
                parts={"goods": need.goods} | parts,
                link=f"/merchant/{need.shop_id}/shipping/needs/{need.need_id}",
            )
            for member in await members_of(writer, need.shop_id)
        ],
    )


async def tell_carriers(
    writer: Writer,
    need: LockedNeed,
    person_ids: Sequence[PersonId],
    occasion: str,
    title: str,
    body: str,
    **parts: object,
) -> None:
    """Tell carriers about a need that they quoted on."""
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=person_id,
                kind="shipping_quote",
                occasion=f"need:{need.need_id}:{occasion}",
                title=title,
                body=body,
                parts={"goods": need.goods} | parts,
                link=f"/carrier/needs/{need.shop_id}/{need.need_id}",
            )
            for person_id in person_ids
        ],
    )
