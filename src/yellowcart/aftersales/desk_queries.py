"""What desks read of after-sales: lists by filters and numbers, a shop's figures, and who had cases before."""

from datetime import datetime, timedelta

import msgspec

from yellowcart.aftersales.freight_owed import FREIGHT_OWED
from yellowcart.aftersales.model import Case, CaseState
from yellowcart.aftersales.queries import (
    GROUP_CONDITIONS,
    CaseGroup,
    CaseSummary,
    due_first,
    newest_first,
)
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import PersonId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.parcels.rules import clean_waybill

FIGURES_SPAN = timedelta(days=30)
HISTORY_SPAN = timedelta(days=90)
CLAIMS_READ_MAX = 200
_ID_DIGITS_MAX = 16


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases a desk wants to see. `only` keeps one state of the group, `within` those that are due so soon;
    `search` is the number of a case or an order, or the waybill of a return; `freight_owed` keeps those in which
    the shop owes the buyer freight that no refund could carry."""

    shop_id: ShopId | None = None
    group: CaseGroup = CaseGroup.ALL
    only: CaseState | None = None
    kind: CaseKind | None = None
    reason: Reason | None = None
    within: timedelta | None = None
    search: str = ""
    freight_owed: bool = False
    urgent_first: bool = False


async def find_cases(
    reader: Reader, wanted: CaseFilter, *, cursor: str | None = None, size: int | None = None
) -> Page[CaseSummary]:
    """The cases of a filter, the newest first, or with `urgent_first` those whose time is over first. For a
    shop's desk the caller has checked membership."""
    conditions = [GROUP_CONDITIONS[wanted.group]]
    if wanted.shop_id is not None:
        conditions.append("filed.shop_id = %(shop_id)s")
    if wanted.only is not None:
        conditions.append("filed.state = %(only)s")
    if wanted.kind is not None:
        conditions.append("filed.kind = %(kind)s")
    if wanted.reason is not None:
        conditions.append("filed.reason = %(reason)s")
    if wanted.within is not None:
        conditions.append("filed.due_at <= %(until)s")
    if wanted.freight_owed:
        conditions.append(FREIGHT_OWED)
    number, waybill = _searched(wanted.search)
    if number is not None:
        conditions.append("(filed.aftersale_id = %(number)s OR filed.order_id = %(number)s)")
    elif waybill:
        conditions.append("filed.return_waybill = %(waybill)s")
    read = due_first if wanted.urgent_first else newest_first
    return await read(
        reader,
        " AND ".join(conditions),
        cursor,
        size,
        shop_id=wanted.shop_id,
        only=wanted.only.value if wanted.only else None,
        kind=wanted.kind.value if wanted.kind else None,
        reason=wanted.reason.value if wanted.reason else None,
        until=None if wanted.within is None else clock.now() + wanted.within,
        number=number,
        waybill=waybill,
    )


def _searched(typed: str) -> tuple[int | None, str]:
    typed = typed.strip()
    if typed.isascii() and typed.isdecimal() and len(typed) <= _ID_DIGITS_MAX:
        return int(typed), ""
    return None, clean_waybill(typed[:60])


class ShopFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's after-sales of the last 30 days. `paid_fen` is what was paid in that time, `refunded_fen` what of
    it was decided to go back, `opened` the cases that were opened, by reason in `reasons`."""

    paid_fen: int
    refunded_fen: int
    opened: int
    reasons: dict[Reason, int]
    as_of: datetime

    @property
    def refund_rate(self) -> int | None:
        """The refunded part of what was paid, in basis points; None while nothing was paid."""
        return self.refunded_fen * 10_000 // self.paid_fen if self.paid_fen else None


async def figures_of_shop(reader: Reader, shop_id: ShopId) -> ShopFigures:
    """The figures of a shop. The caller has checked membership."""
    now = clock.now()
    (money,) = await reader.records(
        """
        SELECT coalesce(sum(line.payable_fen), 0)::bigint AS paid_fen,
               coalesce(sum(line.refunded_fen), 0)::bigint AS refunded_fen
        FROM shop_order AS placed JOIN order_line AS line USING (shop_id, order_id)
        WHERE placed.shop_id = %(shop_id)s AND placed.paid_at >= %(since)s
        """,
        shop_id=shop_id,
        since=now - FIGURES_SPAN,
    )
    rows = await reader.records(
        """
        SELECT reason, count(*)::int AS number FROM aftersale
        WHERE shop_id = %(shop_id)s AND opened_at >= %(since)s
        GROUP BY reason
        ORDER BY number DESC, reason
        LIMIT 100
        """,
        shop_id=shop_id,
        since=now - FIGURES_SPAN,
    )
    return ShopFigures(
        paid_fen=money["paid_fen"],
        refunded_fen=money["refunded_fen"],
        opened=sum(row["number"] for row in rows),
        reasons={Reason(row["reason"]): row["number"] for row in rows},
        as_of=now,
    )


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """Cases of the last 90 days, without the one that is looked at: all, those that ended with money or goods,
    those that the platform decided for the shop, those with the same reason."""

    opened: int
    granted: int
    for_seller: int
    same_reason: int


async def past_of_buyer(reader: Reader, case: Case) -> Past:
    """The other cases of a case's buyer, in all shops."""
    return await _past(reader, case, "buyer_id = %(buyer_id)s")


async def past_of_shop(reader: Reader, case: Case) -> Past:
    """The other cases of a case's shop."""
    return await _past(reader, case, "shop_id = %(shop_id)s")


async def _past(reader: Reader, case: Case, whose: str) -> Past:
    found = await reader.row(
        Past,
        f"""
        SELECT count(*)::int AS opened,
               (count(*) FILTER (WHERE end_reason IN ('refunded', 'replaced')))::int AS granted,
               (count(*) FILTER (WHERE end_reason = 'for_seller'))::int AS for_seller,
               (count(*) FILTER (WHERE reason = %(reason)s))::int AS same_reason
        FROM aftersale
        WHERE {whose} AND opened_at >= %(since)s AND aftersale_id <> %(aftersale_id)s
        """,  # noqa: S608 - the condition stands in this file
        shop_id=case.shop_id,
        buyer_id=case.buyer_id,
        aftersale_id=case.aftersale_id,
        reason=case.reason.value,
        since=clock.now() - HISTORY_SPAN,
    )
    assert found is not None
    return found


class ClaimedCase(msgspec.Struct, frozen=True):
    """Who has which case, until when."""

    aftersale_id: int
    operator_id: PersonId
    operator_name: str
    lapses_at: datetime


async def claims_of(reader: Reader, cases: list[CaseSummary]) -> dict[int, ClaimedCase]:
    """Which of a page's cases operators have taken, by case."""
    rows = await reader.rows(
        ClaimedCase,
        """
        SELECT claim.aftersale_id, claim.operator_id, coalesce(person.name, '') AS operator_name, claim.lapses_at
        FROM aftersale_claim AS claim LEFT JOIN person ON person.person_id = claim.operator_id
        WHERE (claim.shop_id, claim.aftersale_id)
              IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(case_ids)s::bigint[]))
          AND claim.lapses_at > %(now)s
        LIMIT %(most)s
        """,
        shop_ids=[case.shop_id for case in cases],
        case_ids=[case.aftersale_id for case in cases],
        now=clock.now(),
        most=CLAIMS_READ_MAX,
    )
    return {row.aftersale_id: row for row in rows}
