"""Asking for an after-sale: by the buyer, for one line or to cancel a whole order, and by the shop itself."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from yellowcart.accounts.model import Person
from yellowcart.aftersales.deadline_settings import time_for
from yellowcart.aftersales.errors import PiecesTaken, ShippedMeanwhile
from yellowcart.aftersales.machine import deadline_of
from yellowcart.aftersales.messages import tell_sides
from yellowcart.aftersales.model import (
    DECIDED,
    Action,
    Actor,
    AftersaleId,
    AutoRule,
    Case,
    CaseState,
    case_subject,
)
from yellowcart.aftersales.reasons import COMES_BACK, CaseKind, Reason
from yellowcart.aftersales.rules import CASES_WITH_GIFTS_MAX, Asked, ask, columns_of, granted_at_once
from yellowcart.aftersales.shop_rules import shop_rules
from yellowcart.aftersales.store import COLUMNS, HeldCase, hold_case, line_now, line_of, standing_of
from yellowcart.aftersales.turns import Said, begin, take_turn
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import OrderState, StopReason
from yellowcart.orders.stop import stop_order
from yellowcart.orders.store import LockedLine, LockedOrder, lines_of_locked, lock_order, lock_stock

AnId = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class NewCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a buyer asks for one line. `amount_fen` None asks for the most; it is not looked at where only the
    whole makes sense. `goods_received`: the buyer has the goods (Kuaishou's receipt 1 未收到, 2 已收到)."""

    order_line_id: AnId
    kind: CaseKind
    reason: Reason
    quantity: int
    amount_fen: int | None = None
    goods_received: bool = False
    words: str = ""
    evidence: list[AnId] = []


class SellersRefund(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a shop gives back by itself for one line: pieces that have not left, with all that they cost, or money
    (fen, None for all) for pieces that have."""

    order_line_id: AnId
    kind: CaseKind
    reason: Reason
    quantity: int
    amount_fen: int | None = None
    words: str = ""


async def open_case(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, new: NewCase) -> Case:
    """The buyer asks for an after-sale. A rule may grant it at once; otherwise the order is stopped and the shop
    has to answer.

    Whether the pieces have left is decided by the order's lock: whoever comes first wins. Raises OrderUnknown,
    LineUnknown, InvalidFields, UploadUnknown, UploadsTooMany and everything that `rules.ask` raises.
    """
    order = await _lock_own(writer, person, shop_id, order_id)
    said = Said(words=new.words, evidence=new.evidence).checked(needed=new.reason is Reason.OTHER)
    line = await line_of(writer, order, OrderLineId(new.order_line_id))
    asked = ask(
        await line_now(writer, order, line),
        kind=new.kind,
        reason=new.reason,
        quantity=new.quantity,
        amount_fen=new.amount_fen,
    )
    case = await _new_case(
        writer,
        order,
        line,
        asked,
        Actor.BUYER,
        goods_received=new.goods_received and new.reason is not Reason.NOT_RECEIVED,
    )
    held = HeldCase(order, line, case)
    await begin(writer, held, Actor.BUYER, person, said)
    return await grant_or_wait(writer, held, asked, person, said)


async def cancel_paid_order(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    order_id: OrderId,
    *,
    reason: Reason = Reason.NO_REASON,
    words: str = "",
) -> list[Case]:
    """The buyer cancels a whole order that was paid and of which nothing has left: one case for each line, all
    granted at once (UNSHIPPED_AT_ONCE). A price protection that is still open is given up with it: there is no
    price any more to be made up for. Cancelling what was cancelled answers the same cases again.

    Raises OrderUnknown, ShippedMeanwhile, NothingPaid, ReasonUnfit, InvalidFields, PiecesTaken.
    """
    order = await _lock_own(writer, person, shop_id, order_id)
    lines = await lines_of_locked(writer, order)
    if order.state is OrderState.CLOSED and any(line.cancelled_quantity for line in lines):
        return await _cancelled_before(writer, order)
    if any(line.shipped_quantity for line in lines):
        raise ShippedMeanwhile
    said = Said(words=words).checked(needed=reason is Reason.OTHER)
    await _give_up_price_protection(writer, person, order)
    # All shelves at once and in their order, before line by line: nobody waits in a circle.
    await lock_stock(writer, [(shop_id, line.sku_id) for line in lines])
    cases: list[Case] = []
    for line in lines:
        if line.to_ship == 0:
            continue
        asked = ask(
            await line_now(writer, order, line),
            kind=CaseKind.REFUND_UNSHIPPED,
            reason=reason,
            quantity=line.to_ship,
            amount_fen=None,
        )
        held = HeldCase(
            order, line, await _new_case(writer, order, line, asked, Actor.BUYER, goods_received=False)
        )
        await begin(writer, held, Actor.BUYER, person, said)
        cases.append(await grant_or_wait(writer, held, asked, person, said))
    if not cases:
        raise PiecesTaken
    return cases


async def _give_up_price_protection(writer: Writer, person: Person, order: LockedOrder) -> None:
    for aftersale_id in await writer.column(
        """
        SELECT aftersale_id FROM aftersale
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND kind = 'price_protection'
          AND state <> ALL(%(decided)s)
        ORDER BY aftersale_id
        LIMIT 1000
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        decided=sorted(DECIDED),
    ):
        held = await hold_case(writer, order.shop_id, aftersale_id)
        await take_turn(writer, held, Action.WITHDRAW, Actor.BUYER, person)


async def give_money_back(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, refund: SellersRefund
) -> Case:
    """The shop gives money back without being asked: for pieces that cannot be delivered, or as a goodwill for
    pieces that have left. Decided at once (SELLER_GIVES).

    Raises NotFound (not your shop), OrderUnknown, LineUnknown, InvalidFields and what `rules.ask` raises.
    """
    await require_member(writer, person, shop_id)
    if refund.kind not in {CaseKind.REFUND_UNSHIPPED, CaseKind.REFUND_ONLY}:
        raise InvalidFields({"kind": N_("Give back pieces that were not shipped, or money only.")})
    order = await lock_order(writer, shop_id, order_id)
    said = Said(words=refund.words).checked(needed=refund.reason is Reason.OTHER)
    line = await line_of(writer, order, OrderLineId(refund.order_line_id))
    # What a shop gives of its own wish is not bound to the days in which a buyer may ask, nor by what was asked.
    now = msgspec.structs.replace(
        await line_now(writer, order, line), received_at=None, cases_most=CASES_WITH_GIFTS_MAX
    )
    asked = ask(
        now, kind=refund.kind, reason=refund.reason, quantity=refund.quantity, amount_fen=refund.amount_fen
    )
    case = await _new_case(writer, order, line, asked, Actor.SELLER, goods_received=False)
    held = HeldCase(order, line, case)
    await begin(writer, held, Actor.SELLER, person, said)
    return await take_turn(
        writer,
        held,
        Action.AGREE,
        Actor.SYSTEM,
        None,
        Said(words=said.words),
        amount_fen=case.asked_fen,
        rule=AutoRule.SELLER_GIVES,
    )


async def grant_or_wait(
    writer: Writer, held: HeldCase, asked: Asked, person: Person, said: Said, *, told: bool = False
) -> Case:
    """Grant a request by a rule, or stop the order and have the shop answer; `told`: it knows of it already."""
    case = held.case
    if rule := await granting_rule(writer, case.shop_id, case.buyer_id, asked):
        changes: dict[str, Any] = {}
        if case.kind in COMES_BACK:
            changes["return_address"] = (await shop_rules(writer, case.shop_id)).return_address
        granted = await take_turn(
            writer,
            held,
            Action.AGREE,
            Actor.SYSTEM,
            None,
            amount_fen=case.asked_fen,
            rule=rule,
            changes=changes,
        )
        if granted.state not in DECIDED:
            # Granted, but the goods come back first: the order is not over by time while they do.
            await stop_if_needed(writer, held.order, granted, person)
        return granted
    await stop_if_needed(writer, held.order, case, person)
    if not told:
        await tell_sides(writer, case, Action.OPEN, Actor.BUYER, words=said.words)
    return case


async def stop_if_needed(writer: Writer, order: LockedOrder, case: Case, person: Person | None) -> None:
    """An open case stops its order (domain.md §2.1), but a lower price is no reason not to ship."""
    if case.kind is not CaseKind.PRICE_PROTECTION:
        await stop_order(writer, order, StopReason.REFUND, case_subject(case.aftersale_id), person=person)


async def granting_rule(reader: Reader, shop_id: ShopId, buyer_id: PersonId, asked: Asked) -> AutoRule | None:
    """The rule that grants a request at once now, or None: the shop has to answer."""
    settings = await shop_rules(reader, shop_id)
    if asked.kind in COMES_BACK and settings.return_address is None:
        # Where the goods go, only the shop can say.
        return None
    return granted_at_once(asked, settings.rules, await standing_of(reader, buyer_id))


async def _lock_own(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> LockedOrder:
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    return order


async def _new_case(
    reader: Reader, order: LockedOrder, line: LockedLine, asked: Asked, opened_by: Actor, *, goods_received: bool
) -> Case:
    now = clock.now()
    deadline = deadline_of(CaseState.AWAITING_SELLER, asked.kind)
    assert deadline is not None
    return Case(
        shop_id=order.shop_id,
        aftersale_id=new_id(AftersaleId),
        order_id=order.order_id,
        order_line_id=line.order_line_id,
        buyer_id=order.buyer_id,
        state=CaseState.AWAITING_SELLER,
        opened_by=opened_by,
        goods_received=goods_received,
        opened_at=now,
        moved_at=now,
        due_at=now + await time_for(reader, deadline),
        **columns_of(asked),
    )


async def _cancelled_before(reader: Reader, order: LockedOrder) -> list[Case]:
    return await reader.rows(
        Case,
        f"SELECT {COLUMNS} FROM aftersale"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND kind = 'refund_unshipped'"
        " ORDER BY aftersale_id LIMIT 1000",
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
