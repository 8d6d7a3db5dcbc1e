"""Reading shipping needs: a shop's own, those open to carriers, and a carrier's quotes."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import PersonId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.orders.model import DeliveryAddress
from yellowcart.parcels.model import Parcel
from yellowcart.parcels.needs.errors import NeedUnknown
from yellowcart.parcels.needs.model import MyQuote, Need, NeedId, NeedState, OpenNeed, Quote, QuoteId, QuoteState
from yellowcart.parcels.queries import parcel_with_waybill

QUOTES_SHOWN_MAX = 100
NEWEST = 2**53

_NEED = """
SELECT shop_id, need_id, order_id, state, goods, origin, destination, weight_g, pieces, due_at, note, created_at,
       accepted_quote_id, waybill_due_at, carrier, waybill, closed_at, open_quotes.quotes, open_quotes.lowest_fen
FROM shipping_need
CROSS JOIN LATERAL (
    SELECT count(*)::int AS quotes, min(price_fen) AS lowest_fen
    FROM shipping_quote
    WHERE shipping_quote.shop_id = shipping_need.shop_id AND shipping_quote.need_id = shipping_need.need_id
      AND shipping_quote.state = 'open'
) AS open_quotes
"""
_OPEN_NEED = """
SELECT shop_id, need_id, state, goods, origin_province, origin->>'city' AS origin_city, destination_province,
       destination->>'city' AS destination_city, weight_g, pieces, due_at, note, created_at,
       (
           SELECT price_fen FROM shipping_quote
           WHERE shipping_quote.shop_id = shipping_need.shop_id AND shipping_quote.need_id = shipping_need.need_id
             AND shipping_quote.person_id = %(person_id)s AND shipping_quote.state = 'open'
       ) AS my_price_fen
FROM shipping_need
"""
_QUOTE = """
SELECT shop_id, need_id, quote_id, person_id, person.name AS person_name, shipping_quote.state, price_fen,
       pick_up_by, valid_until, carrier, waybill, note, shipping_quote.created_at, changed_at
FROM shipping_quote
JOIN person USING (person_id)
"""


async def needs_of_shop(
    reader: Reader,
    shop_id: ShopId,
    *,
    states: Sequence[NeedState] = tuple(NeedState),
    cursor: str | None = None,
    size: int | None = None,
) -> Page[Need]:
    """A shop's needs, the latest first. The caller has checked membership. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    rows = await reader.rows(
        Need,
        f"""
        {_NEED}
        WHERE shop_id = %(shop_id)s AND need_id < %(before)s AND state = ANY(%(states)s)
        ORDER BY need_id DESC
        LIMIT %(limit)s
        """,
        shop_id=shop_id,
        before=before,
        states=[state.value for state in states],
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.need_id,))


async def need_of_shop(reader: Reader, shop_id: ShopId, need_id: NeedId) -> Need:
    """One need of a shop; the caller has checked membership. Raises NeedUnknown."""
    found = await reader.row(
        Need, f"{_NEED} WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s", shop_id=shop_id, need_id=need_id
    )
    if found is None:
        raise NeedUnknown
    return found


async def quotes_of_need(reader: Reader, shop_id: ShopId, need_id: NeedId) -> list[Quote]:
    """The quotes on a need: the accepted one first, then the open ones by price, then the others. The caller has
    checked membership."""
    return await reader.rows(
        Quote,
        f"""
        {_QUOTE}
        WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s
        ORDER BY shipping_quote.state = 'accepted' DESC, shipping_quote.state = 'open' DESC, price_fen, quote_id
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        need_id=need_id,
        most=QUOTES_SHOWN_MAX,
    )


async def parcel_of_need(reader: Reader, need: Need) -> Parcel | None:
    """The parcel by which a need is on its way, with its track; None before there is a waybill."""
    if need.carrier is None or need.waybill is None:
        return None
    return await parcel_with_waybill(reader, need.shop_id, need.carrier, need.waybill)


async def last_origin(reader: Reader, shop_id: ShopId) -> DeliveryAddress | None:
    """From where the shop last sent something, to begin the next form with."""
    origin = await reader.value(
        "SELECT origin FROM shipping_need WHERE shop_id = %(shop_id)s ORDER BY need_id DESC LIMIT 1",
        shop_id=shop_id,
    )
    return None if origin is None else msgspec.convert(origin, DeliveryAddress)


async def open_needs(
    reader: Reader,
    person: Person,
    *,
    origin: str = "",
    destination: str = "",
    cursor: str | None = None,
    size: int | None = None,
) -> Page[OpenNeed]:
    """Needs that carriers may quote on, the latest first, by the names of the provinces. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    conditions = ["state = 'open'", "due_at > %(now)s", "need_id < %(before)s"]
    if origin:
        conditions.append("origin_province = %(origin)s")
    if destination:
        conditions.append("destination_province = %(destination)s")
    rows = await reader.rows(
        OpenNeed,
        f"""
        {_OPEN_NEED}
        WHERE {" AND ".join(conditions)}
        ORDER BY need_id DESC
        LIMIT %(limit)s
        """,
        person_id=person.person_id,
        now=clock.now(),
        before=before,
        origin=origin,
        destination=destination,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.need_id,))


async def need_for_carrier(reader: Reader, person: Person, shop_id: ShopId, need_id: NeedId) -> OpenNeed:
    """A need as a carrier may see it: open, or one on which they quoted. Raises NeedUnknown for all others."""
    found = await reader.row(
        OpenNeed,
        f"""
        {_OPEN_NEED}
        WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s
          AND (
              state = 'open' AND due_at > %(now)s
              OR EXISTS (
                  SELECT FROM shipping_quote
                  WHERE shipping_quote.shop_id = shipping_need.shop_id
                    AND shipping_quote.need_id = shipping_need.need_id
                    AND shipping_quote.person_id = %(person_id)s
              )
          )
        """,
        person_id=person.person_id,
        shop_id=shop_id,
        need_id=need_id,
        now=clock.now(),
    )
    if found is None:
        raise NeedUnknown
    return found


async def quotes_of_carrier(
    reader: Reader,
    person: Person,
    *,
    states: Sequence[QuoteState] = tuple(QuoteState),
    need: tuple[ShopId, NeedId] | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[MyQuote]:
    """A carrier's quotes, the latest first, each with its need; of one need when that is given. The addresses are
    there for the accepted ones only. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    quotes = await reader.rows(
        Quote,
        f"""
        {_QUOTE}
        WHERE person_id = %(person_id)s AND quote_id < %(before)s AND shipping_quote.state = ANY(%(states)s)
          AND (%(need_id)s::bigint IS NULL OR (shop_id = %(shop_id)s AND need_id = %(need_id)s))
        ORDER BY quote_id DESC
        LIMIT %(limit)s
        """,
        person_id=person.person_id,
        before=before,
        states=[state.value for state in states],
        shop_id=None if need is None else need[0],
        need_id=None if need is None else need[1],
        limit=limit + 1,
    )
    page = page_of(quotes, limit, lambda quote: (quote.quote_id,))
    return Page(items=await _with_needs(reader, person, page.items), next_cursor=page.next_cursor)


async def _with_needs(reader: Reader, person: Person, quotes: Sequence[Quote]) -> list[MyQuote]:
    keys = {"shop_ids": [quote.shop_id for quote in quotes], "need_ids": [quote.need_id for quote in quotes]}
    wanted = "(shop_id, need_id) IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(need_ids)s::bigint[]))"
    seen = await reader.rows(
        OpenNeed,
        f"{_OPEN_NEED} WHERE {wanted} LIMIT 100",
        person_id=person.person_id,
        **keys,
    )
    told = await reader.rows(
        _Told,
        f"""
        SELECT need_id, shop.name AS shop_name, shop.name_en AS shop_name_en, waybill_due_at, accepted_quote_id,
               accepted_person_id, origin, destination
        FROM shipping_need
        JOIN shop USING (shop_id)
        WHERE {wanted}
        LIMIT 100
        """,  # noqa: S608 - put together from constants of ours
        **keys,
    )
    needs, more = {each.need_id: each for each in seen}, {each.need_id: each for each in told}
    return [_my_quote(quote, needs[quote.need_id], more[quote.need_id]) for quote in quotes]


class _Told(msgspec.Struct, frozen=True):
    need_id: NeedId
    shop_name: str
    shop_name_en: str
    waybill_due_at: datetime | None
    accepted_quote_id: QuoteId | None
    accepted_person_id: PersonId | None
    origin: DeliveryAddress
    destination: DeliveryAddress


def _my_quote(quote: Quote, need: OpenNeed, told: _Told) -> MyQuote:
    mine = told.accepted_quote_id == quote.quote_id and told.accepted_person_id == quote.person_id
    return MyQuote(
        need=need,
        quote=quote,
        shop_name=told.shop_name,
        shop_name_en=told.shop_name_en,
        waybill_due_at=told.waybill_due_at if mine else None,
        origin=told.origin if mine else None,
        destination=told.destination if mine else None,
    )
