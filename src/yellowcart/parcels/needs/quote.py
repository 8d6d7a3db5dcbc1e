"""A carrier quotes on an open need, changes the quote, and takes it back."""

from yellowcart.accounts import audit
from yellowcart.accounts.errors import RoleMissing
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.parcels.carriers import find_carrier
from yellowcart.parcels.errors import WaybillUsed
from yellowcart.parcels.needs.errors import NeedMoved, OwnNeed, QuotesTooMany, QuoteUnknown
from yellowcart.parcels.needs.model import NeedId, NeedState, NewQuote, QuoteId, QuoteState
from yellowcart.parcels.needs.rules import QUOTES_OPEN_MAX, Problems, quote_problems, require_quote_move
from yellowcart.parcels.needs.store import (
    LockedNeed,
    LockedQuote,
    lock_need,
    move_quotes,
    quote_of_locked,
    quotes_of_locked,
    tell_shop,
)
from yellowcart.parcels.rules import CARRIER_CHOICE
from yellowcart.parcels.store import CheckedWaybill, checked_waybill, parcel_of_waybill


async def quote_need(
    writer: Writer, person: Person, shop_id: ShopId, need_id: NeedId, new_quote: NewQuote
) -> QuoteId:
    """Quote on an open need, or change one's open quote on it: there is one of each carrier.

    Raises RoleMissing, NeedUnknown, OwnNeed, NeedMoved, InvalidFields, WaybillUsed, QuotesTooMany.
    """
    if not person.has(Role.CARRIER):
        raise RoleMissing({Role.CARRIER})
    need = await lock_need(writer, shop_id, need_id)
    await _require_not_own(writer, person, need)
    if need.state is not NeedState.OPEN or need.due_at <= clock.now():
        raise NeedMoved
    named = _checked(new_quote, need)
    if named is not None and await parcel_of_waybill(writer, named) is not None:
        raise WaybillUsed
    quotes = await quotes_of_locked(writer, need)
    mine = next((quote for quote in quotes if quote.person_id == person.person_id), None)
    if mine is None and len(quotes) >= QUOTES_OPEN_MAX:
        raise QuotesTooMany(most=QUOTES_OPEN_MAX)
    quote_id = await _write(writer, person, need, mine, new_quote, named)
    await audit.record(
        writer,
        person,
        "parcels:shipping_quote:change" if mine else "parcels:shipping_quote:make",
        f"need:{need_id}",
        before=None if mine is None else {"price_fen": mine.price_fen},
        after={"price_fen": new_quote.price_fen},
    )
    if mine is None:
        await tell_shop(
            writer,
            need,
            f"quote:{quote_id}",
            N_("A quote for %(goods)s"),
            N_("%(carrier)s has quoted on your shipping need. Compare the quotes and accept one."),
            carrier=person.name,
        )
    return quote_id


async def withdraw_quote(
    writer: Writer, person: Person, shop_id: ShopId, need_id: NeedId, quote_id: QuoteId
) -> None:
    """Take one's open quote back. Twice is no error. Raises NeedUnknown, QuoteUnknown, QuoteMoved (accepted, or
    ended)."""
    need = await lock_need(writer, shop_id, need_id)
    quote = await quote_of_locked(writer, need, quote_id)
    if quote.person_id != person.person_id:
        raise QuoteUnknown
    if quote.state is QuoteState.WITHDRAWN:
        return
    require_quote_move(quote.state, QuoteState.WITHDRAWN)
    await move_quotes(writer, need, [quote_id], QuoteState.WITHDRAWN)
    await audit.record(writer, person, "parcels:shipping_quote:withdraw", f"need:{need_id}")


def _checked(new_quote: NewQuote, need: LockedNeed) -> CheckedWaybill | None:
    """The waybill that a quote names, None when it names none yet. Raises InvalidFields."""
    problems: Problems = quote_problems(new_quote, need.due_at, clock.now())
    if new_quote.carrier and find_carrier(new_quote.carrier) is None:
        problems["carrier"] = CARRIER_CHOICE
    named: CheckedWaybill | None = None
    if new_quote.waybill and "carrier" not in problems:
        try:
            named = checked_waybill(new_quote.carrier, new_quote.waybill)
        except InvalidFields as refusal:
            problems |= refusal.problems
    if problems:
        raise InvalidFields(problems)
    return named


async def _require_not_own(writer: Writer, person: Person, need: LockedNeed) -> None:
    own = await writer.value(
        "SELECT true FROM shop_member WHERE shop_id = %(shop_id)s AND person_id = %(person_id)s",
        shop_id=need.shop_id,
        person_id=person.person_id,
    )
    if own:
        raise OwnNeed


async def _write(
    writer: Writer,
    person: Person,
    need: LockedNeed,
    mine: LockedQuote | None,
    new_quote: NewQuote,
    named: CheckedWaybill | None,
) -> QuoteId:
    quote_id = new_id(QuoteId) if mine is None else mine.quote_id
    await writer.run(
        """
        INSERT INTO shipping_quote (shop_id, need_id, quote_id, person_id, state, price_fen, pick_up_by,
                                    valid_until, carrier, waybill, note, created_at, changed_at)
        VALUES (%(shop_id)s, %(need_id)s, %(quote_id)s, %(person_id)s, 'open', %(price_fen)s, %(pick_up_by)s,
                %(valid_until)s, %(carrier)s, %(waybill)s, %(note)s, %(now)s, %(now)s)
        ON CONFLICT (shop_id, need_id, quote_id) DO UPDATE
        SET price_fen = excluded.price_fen, pick_up_by = excluded.pick_up_by, valid_until = excluded.valid_until,
            carrier = excluded.carrier, waybill = excluded.waybill, note = excluded.note,
            changed_at = excluded.changed_at
        """,
        shop_id=need.shop_id,
        need_id=need.need_id,
        quote_id=quote_id,
        person_id=person.person_id,
        price_fen=new_quote.price_fen,
        pick_up_by=new_quote.pick_up_by,
        valid_until=new_quote.valid_until,
        carrier=_code(new_quote.carrier),
        waybill=named.waybill if named else "",
        note=new_quote.note.strip(),
        now=clock.now(),
    )
    return quote_id


def _code(carrier: str) -> str:
    found = find_carrier(carrier)
    return "" if found is None else found.code
