"""Reading after-sales: lists for buyers, shops and operators, and the numbers of their badges."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from yellowcart.aftersales.model import (
    DECIDED,
    FOR_BUYER_TO_ACT,
    FOR_SELLER_TO_ACT,
    IN_ARBITRATION,
    AftersaleId,
    CaseState,
)
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ShopId
from yellowcart.kernel.moments import EARLIEST
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

NEWEST = 2**53
DUE_SOON = timedelta(hours=12)
"""A case for the shop to act on is due soon when so much time, or less, is left. Our choice."""
COUNTED_MAX = 100
"""Badges count up to this many; they say 99+ for more."""
OF_ORDER_MAX = 1_000


def among(states: frozenset[CaseState]) -> str:
    """A condition on states, worded like those of the partial indexes so that these are used."""
    return f"state IN ({', '.join(repr(state.value) for state in sorted(states))})"


class CaseGroup(StrEnum):
    """The tabs of a shop's list, and of a buyer's."""

    ALL = "all"
    """Every case."""
    OPEN = "open"
    """Not ended."""
    FOR_SELLER = "for_seller"
    """The shop has to act."""
    FOR_BUYER = "for_buyer"
    """The buyer has to act."""
    IN_ARBITRATION = "in_arbitration"
    """The platform was called."""
    REFUNDING = "refunding"
    """Decided; the gateway is giving the money back."""
    ENDED = "ended"
    """Done, given up, refused or closed."""


GROUP_CONDITIONS: dict[CaseGroup, str] = {
    CaseGroup.ALL: "true",
    CaseGroup.OPEN: "filed.ended_at IS NULL",
    CaseGroup.FOR_SELLER: f"filed.ended_at IS NULL AND filed.{among(FOR_SELLER_TO_ACT)}",
    CaseGroup.FOR_BUYER: f"filed.ended_at IS NULL AND filed.{among(FOR_BUYER_TO_ACT)}",
    CaseGroup.IN_ARBITRATION: f"filed.ended_at IS NULL AND filed.{among(IN_ARBITRATION)}",
    CaseGroup.REFUNDING: "filed.ended_at IS NULL AND filed.state = 'refunding'",
    CaseGroup.ENDED: "filed.ended_at IS NOT NULL",
}


class CaseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A case as a list shows it. Money in fen; `refund_fen` is what went back, or goes back, `freight_owed_fen`
    what the shop owes the buyer beside that for sending things back."""

    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    aftersale_id: AftersaleId
    order_id: OrderId
    order_line_id: OrderLineId
    version: int
    buyer_id: PersonId
    buyer_name: str
    kind: CaseKind
    state: CaseState
    reason: Reason
    quantity: int
    asked_fen: int
    refund_fen: int
    freight_owed_fen: int
    opened_at: datetime
    moved_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str


SUMMARY = f"""
SELECT filed.shop_id, shop.name AS shop_name, shop.name_en AS shop_name_en, filed.aftersale_id, filed.order_id,
       filed.order_line_id, filed.version, filed.buyer_id, coalesce(person.name, '') AS buyer_name, filed.kind,
       filed.state, filed.reason, filed.quantity, filed.asked_fen,
       filed.refund_goods_fen + filed.refund_freight_fen + filed.return_freight_refunded_fen AS refund_fen,
       CASE WHEN filed.{among(DECIDED)}
            THEN filed.return_freight_fen - filed.return_freight_refunded_fen ELSE 0 END AS freight_owed_fen,
       filed.opened_at, filed.moved_at, filed.due_at, filed.ended_at, line.title, line.title_en, line.sku_name,
       line.sku_name_en, line.picture_url
FROM aftersale AS filed
JOIN shop USING (shop_id)
JOIN order_line AS line USING (shop_id, order_id, order_line_id)
LEFT JOIN person ON person.person_id = filed.buyer_id
"""  # noqa: S608 - states of ours


async def cases_of_buyer(
    reader: Reader,
    person_id: PersonId,
    *,
    group: CaseGroup = CaseGroup.ALL,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[CaseSummary]:
    """A buyer's cases, newest first."""
    return await newest_first(
        reader,
        f"filed.buyer_id = %(buyer_id)s AND {GROUP_CONDITIONS[group]}",
        cursor,
        size,
        buyer_id=person_id,
    )


async def cases_of_shop(
    reader: Reader,
    shop_id: ShopId,
    *,
    group: CaseGroup = CaseGroup.ALL,
    kind: CaseKind | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[CaseSummary]:
    """A shop's cases, newest first. The caller has checked membership."""
    condition = f"filed.shop_id = %(shop_id)s AND {GROUP_CONDITIONS[group]}"
    if kind is not None:
        condition += " AND filed.kind = %(kind)s"
    return await newest_first(reader, condition, cursor, size, shop_id=shop_id, kind=kind.value if kind else None)


async def cases_due_of_shop(
    reader: Reader,
    shop_id: ShopId,
    *,
    kind: CaseKind | None = None,
    within: timedelta | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[CaseSummary]:
    """Cases that wait for the shop, those first whose time is over first; `within` keeps those that are due in so
    much time. The caller has checked membership."""
    condition = f"filed.shop_id = %(shop_id)s AND filed.{among(FOR_SELLER_TO_ACT)}"
    if kind is not None:
        condition += " AND filed.kind = %(kind)s"
    if within is not None:
        condition += " AND filed.due_at <= %(until)s"
    return await due_first(
        reader,
        condition,
        cursor,
        size,
        shop_id=shop_id,
        kind=kind.value if kind else None,
        until=None if within is None else clock.now() + within,
    )


async def cases_in_arbitration(
    reader: Reader,
    *,
    only: CaseState | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[CaseSummary]:
    """The operator's desk: cases in which the platform was called, those first whose time is over first. `only`
    keeps one of the states, such as ARBITRATION for those that wait for a decision."""
    condition = f"filed.{among(IN_ARBITRATION)}"
    if only is not None:
        condition += " AND filed.state = %(only)s"
    return await due_first(reader, condition, cursor, size, only=only.value if only else None)


async def cases_of_order(reader: Reader, shop_id: ShopId, order_id: OrderId) -> list[CaseSummary]:
    """Every case about an order, the latest first. The caller has checked whose order it is."""
    return await reader.rows(
        CaseSummary,
        f"""
        {SUMMARY}
        WHERE filed.shop_id = %(shop_id)s AND filed.order_id = %(order_id)s
        ORDER BY filed.aftersale_id DESC
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        order_id=order_id,
        most=OF_ORDER_MAX,
    )


async def open_cases_of_orders(
    reader: Reader, shop_id: ShopId, order_ids: Sequence[OrderId]
) -> dict[OrderId, int]:
    """How many open cases each of the orders has; an order without any is not named. For lists of orders."""
    rows = await reader.records(
        """
        SELECT order_id, count(*)::int AS number FROM aftersale
        WHERE shop_id = %(shop_id)s AND order_id = ANY(%(order_ids)s) AND ended_at IS NULL
        GROUP BY order_id
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        order_ids=list(order_ids),
        most=len(order_ids),
    )
    return {row["order_id"]: row["number"] for row in rows}


class ShopCounts(msgspec.Struct, frozen=True):
    """The badges of a shop, each up to COUNTED_MAX."""

    for_seller: int
    due_soon: int
    for_buyer: int
    in_arbitration: int
    refunding: int


async def counts_of_shop(reader: Reader, shop_id: ShopId) -> ShopCounts:
    """How many of a shop's cases wait for whom."""
    counted = await reader.row(
        ShopCounts,
        f"""
        SELECT {_counted(f"{among(FOR_SELLER_TO_ACT)}")} AS for_seller,
               {_counted(f"{among(FOR_SELLER_TO_ACT)} AND due_at <= %(soon)s")} AS due_soon,
               {_counted(f"ended_at IS NULL AND {among(FOR_BUYER_TO_ACT)}")} AS for_buyer,
               {_counted(f"ended_at IS NULL AND {among(IN_ARBITRATION)}")} AS in_arbitration,
               {_counted("ended_at IS NULL AND state = 'refunding'")} AS refunding
        """,
        shop_id=shop_id,
        soon=clock.now() + DUE_SOON,
        most=COUNTED_MAX,
    )
    assert counted is not None
    return counted


def _counted(condition: str) -> str:
    return (
        "(SELECT count(*) FROM (SELECT FROM aftersale"  # noqa: S608 - conditions stand in this file
        f" WHERE shop_id = %(shop_id)s AND {condition} LIMIT %(most)s) AS counted)"
    )


class DeskCounts(msgspec.Struct, frozen=True):
    """The badges of the operator's desk, each up to COUNTED_MAX."""

    to_decide: int
    overdue: int
    waiting_for_evidence: int


async def count_for_buyer(reader: Reader, person_id: PersonId) -> int:
    """How many of a buyer's cases wait for them, up to COUNTED_MAX."""
    number: int = await reader.value(
        f"""
        SELECT count(*) FROM (
            SELECT FROM aftersale
            WHERE buyer_id = %(person_id)s AND ended_at IS NULL AND {among(FOR_BUYER_TO_ACT)}
            LIMIT %(most)s
        ) AS counted
        """,  # noqa: S608 - conditions stand in this file
        person_id=person_id,
        most=COUNTED_MAX,
    )
    return number


async def counts_of_desk(reader: Reader) -> DeskCounts:
    """How many cases wait for the platform's decision, how many of them longer than they may, and how many for
    evidence."""
    counted = await reader.row(
        DeskCounts,
        f"""
        SELECT count(*) FILTER (WHERE state = 'arbitration') AS to_decide,
               count(*) FILTER (WHERE state = 'arbitration' AND due_at <= %(now)s) AS overdue,
               count(*) FILTER (WHERE state <> 'arbitration') AS waiting_for_evidence
        FROM (
            SELECT state, due_at FROM aftersale WHERE {among(IN_ARBITRATION)} ORDER BY due_at LIMIT %(most)s
        ) AS called
        """,  # noqa: S608 - conditions stand in this file
        now=clock.now(),
        most=10 * COUNTED_MAX,
    )
    assert counted is not None
    return counted


async def newest_first(
    reader: Reader, condition: str, cursor: str | None, size: int | None, **values: object
) -> Page[CaseSummary]:
    """Cases that a condition of this folder keeps, the newest first."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    rows = await reader.rows(
        CaseSummary,
        f"""
        {SUMMARY}
        WHERE {condition} AND filed.aftersale_id < %(before)s
        ORDER BY filed.aftersale_id DESC
        LIMIT %(limit)s
        """,
        before=before,
        limit=limit + 1,
        **values,
    )
    return page_of(rows, limit, lambda row: (row.aftersale_id,))


async def due_first(
    reader: Reader, condition: str, cursor: str | None, size: int | None, **values: object
) -> Page[CaseSummary]:
    """Cases with a clock that a condition of this folder keeps, those first whose time is over first."""
    due, after = decode_cursor(cursor, tuple[datetime, int], (EARLIEST, 0))
    limit = bounded_size(size)
    rows = await reader.rows(
        CaseSummary,
        f"""
        {SUMMARY}
        WHERE {condition} AND (filed.due_at, filed.aftersale_id) > (%(due)s, %(after)s)
        ORDER BY filed.due_at, filed.aftersale_id
        LIMIT %(limit)s
        """,
        due=due,
        after=after,
        limit=limit + 1,
        **values,
    )
    return page_of(rows, limit, lambda row: (row.due_at.isoformat() if row.due_at else "", row.aftersale_id))
