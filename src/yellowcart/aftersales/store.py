"""Locks, reads and writes that several verbs of after-sales share.

Locks are taken in one order: the order's row, the case's row, then stock, special prices, claimed coupons, counts.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from yellowcart.aftersales.amounts import CaseMoney, CouponPart, LineMoney
from yellowcart.aftersales.deadline_settings import deadline_settings
from yellowcart.aftersales.deadlines import Deadline
from yellowcart.aftersales.errors import AftersaleUnknown, CaseChanged, LineUnknown
from yellowcart.aftersales.model import AftersaleId, Case, CaseStep
from yellowcart.aftersales.rules import CASES_PER_LINE_MAX, BuyerStanding, LineNow
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ShopId, SkuId
from yellowcart.orders.model import Order, OrderLine
from yellowcart.orders.store import LockedLine, LockedOrder, lines_of_locked, lock_order, lock_stock

AnyOrder = LockedOrder | Order
AnyLine = LockedLine | OrderLine
"""An order and its line, held by a verb or read for a page."""

COLUMNS = ", ".join(Case.__struct_fields__)
STEP_COLUMNS = ", ".join(CaseStep.__struct_fields__)
_CHANGING = [
    name
    for name in Case.__struct_fields__
    if name not in {"shop_id", "aftersale_id", "order_id", "order_line_id", "buyer_id", "opened_by", "opened_at"}
]
STANDING_COUNTED_MAX = 20
"""What is known of a buyer is counted up to so many: enough to tell a good standing."""


class HeldCase(msgspec.Struct, frozen=True):
    """A case whose order and row are locked."""

    order: LockedOrder
    line: LockedLine
    case: Case


async def hold_case(
    writer: Writer, shop_id: ShopId, aftersale_id: AftersaleId, *, version: int | None = None
) -> HeldCase:
    """Lock a case, its order first. `version` is the turn that whoever acts has seen; None where that is all one.

    Raises AftersaleUnknown, CaseChanged.
    """
    order_id = await writer.value(
        "SELECT order_id FROM aftersale WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s",
        shop_id=shop_id,
        aftersale_id=aftersale_id,
    )
    if order_id is None:
        raise AftersaleUnknown
    order = await lock_order(writer, shop_id, OrderId(order_id))
    case = await writer.row(
        Case,
        f"SELECT {COLUMNS} FROM aftersale"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s"
        " ORDER BY shop_id, aftersale_id FOR UPDATE",
        shop_id=shop_id,
        aftersale_id=aftersale_id,
    )
    assert case is not None, "cases are never deleted"
    if version is not None and version != case.version:
        raise CaseChanged
    return HeldCase(order, await line_of(writer, order, case.order_line_id), case)


async def line_of(writer: Writer, order: LockedOrder, order_line_id: OrderLineId) -> LockedLine:
    """A line of a locked order. Raises LineUnknown."""
    for line in await lines_of_locked(writer, order):
        if line.order_line_id == order_line_id:
            return line
    raise LineUnknown


async def insert_case(writer: Writer, case: Case) -> None:
    """Write a new case."""
    names = Case.__struct_fields__
    await writer.run(
        f"INSERT INTO aftersale ({COLUMNS}) VALUES ({', '.join(f'%({name})s' for name in names)})",  # noqa: S608
        **_values(case),
    )


async def save_case(writer: Writer, case: Case) -> None:
    """Write what a turn changed of a held case."""
    changes = ", ".join(f"{name} = %({name})s" for name in _CHANGING)
    await writer.run(
        f"UPDATE aftersale SET {changes}"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s",
        **_values(case),
    )


async def add_step(writer: Writer, step: CaseStep) -> None:
    """Write down a turn."""
    names = CaseStep.__struct_fields__
    await writer.run(
        f"INSERT INTO aftersale_step ({STEP_COLUMNS})"  # noqa: S608 - the columns are the struct's
        f" VALUES ({', '.join(f'%({name})s' for name in names)})",
        **msgspec.structs.asdict(step),
    )


def _values(case: Case) -> dict[str, object]:
    values = msgspec.structs.asdict(case)
    if case.return_address is not None:
        values["return_address"] = json_value(case.return_address)
    return values


async def money_of_lines(
    reader: Reader, order: AnyOrder, lines: Sequence[AnyLine], *, without: AftersaleId | None = None
) -> dict[OrderLineId, LineMoney]:
    """Lines of one order as their cases see them; `without` leaves one of the cases out."""
    rows = await reader.rows(
        _CaseOfLine,
        """
        SELECT order_line_id, kind, state, quantity, most_fen, most_goods_fen, settled_quantity, refund_goods_fen,
               refund_freight_fen, price_then_fen
        FROM aftersale
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND order_line_id = ANY(%(line_ids)s)
          AND aftersale_id IS DISTINCT FROM %(without)s
        ORDER BY aftersale_id
        LIMIT %(most)s
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        line_ids=[line.order_line_id for line in lines],
        without=without,
        most=CASES_PER_LINE_MAX * 100,
    )
    return {
        line.order_line_id: LineMoney(
            quantity=line.quantity,
            shipped_quantity=line.shipped_quantity,
            cancelled_quantity=line.cancelled_quantity,
            payable_fen=line.payable_fen,
            freight_fen=line.freight_fen,
            refunded_fen=line.refunded_fen,
            cases=[row for row in rows if row.order_line_id == line.order_line_id],
        )
        for line in lines
    }


class _CaseOfLine(CaseMoney, frozen=True, kw_only=True):
    order_line_id: OrderLineId


async def line_money(
    reader: Reader, order: AnyOrder, line: AnyLine, *, without: AftersaleId | None = None
) -> LineMoney:
    """One line as its cases see it; `without` leaves one of them out."""
    return (await money_of_lines(reader, order, [line], without=without))[line.order_line_id]


async def lines_now(
    reader: Reader, order: AnyOrder, lines: Sequence[AnyLine], *, without: AftersaleId | None = None
) -> dict[OrderLineId, LineNow]:
    """All that decides what may be asked of lines of one order now; `without` leaves one case out, which is being
    changed."""
    money = await money_of_lines(reader, order, lines, without=without)
    signed_for = await _signed_for_at(reader, order, lines)
    prices = await _prices_now(reader, order.shop_id, lines)
    windows = {each.deadline: timedelta(seconds=each.seconds) for each in await deadline_settings(reader)}
    return {
        line.order_line_id: LineNow(
            order_state=order.state,
            paid_at=order.paid_at,
            received_at=signed_for.get(line.order_line_id) or order.received_at,
            now=clock.now(),
            return_rule=line.return_rule,
            return_rule_accepted=line.return_rule_accepted,
            price_now_fen=prices.get(line.sku_id),
            claim_window=windows[Deadline.CLAIM_WINDOW],
            price_window=windows[Deadline.PRICE_WINDOW],
            money=money[line.order_line_id],
        )
        for line in lines
    }


async def line_now(
    reader: Reader, order: AnyOrder, line: AnyLine, *, without: AftersaleId | None = None
) -> LineNow:
    """All that decides what may be asked of one line now."""
    return (await lines_now(reader, order, [line], without=without))[line.order_line_id]


async def _signed_for_at(reader: Reader, order: AnyOrder, lines: Sequence[AnyLine]) -> dict[OrderLineId, datetime]:
    """When the last of a line's parcels was delivered; lines of which one is under way are not named.

    Never before the parcel left: a waybill that a carrier uses again, or one of a parcel that arrived long ago,
    brings old events along, and nobody loses days by them.
    """
    rows = await reader.records(
        """
        SELECT shipment_line.order_line_id,
               max(greatest(shipment.delivered_at, shipment.shipped_at)) AS delivered_at
        FROM shipment_line JOIN shipment USING (shop_id, shipment_id)
        WHERE shipment_line.shop_id = %(shop_id)s AND shipment_line.order_id = %(order_id)s
          AND shipment_line.order_line_id = ANY(%(line_ids)s) AND shipment.purpose = 'order'
        GROUP BY shipment_line.order_line_id
        HAVING bool_and(shipment.delivered_at IS NOT NULL)
        LIMIT 100
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        line_ids=[line.order_line_id for line in lines],
    )
    return {row["order_line_id"]: row["delivered_at"] for row in rows}


async def _prices_now(reader: Reader, shop_id: ShopId, lines: Sequence[AnyLine]) -> dict[SkuId, int]:
    """The SKUs' prices now, in fen; one that is not for sale is not named. Prices of one room or of a few minutes
    with a quota of their own are not what everybody pays, and do not count."""
    rows = await reader.records(
        """
        SELECT sku.sku_id, sku.price_fen
        FROM sku JOIN product USING (shop_id, product_id)
        WHERE sku.shop_id = %(shop_id)s AND sku.sku_id = ANY(%(sku_ids)s) AND sku.is_active
          AND product.sale_status = 'on_sale'
        LIMIT 100
        """,
        shop_id=shop_id,
        sku_ids=[line.sku_id for line in lines],
    )
    return {row["sku_id"]: row["price_fen"] for row in rows}


async def coupons_of_line(reader: Reader, order: LockedOrder, line: LockedLine) -> list[CouponPart]:
    """The coupons of a line, with what went back of each."""
    return await reader.rows(
        CouponPart,
        """
        SELECT coupon_id, amount_fen, returned_fen
        FROM order_line_discount
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND order_line_id = %(order_line_id)s
        ORDER BY coupon_id
        LIMIT 100
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        order_line_id=line.order_line_id,
    )


async def standing_of(reader: Reader, buyer_id: PersonId) -> BuyerStanding:
    """What is known of a buyer, each number up to STANDING_COUNTED_MAX."""
    return (await standings_of(reader, [buyer_id]))[buyer_id]


async def standings_of(reader: Reader, buyer_ids: Collection[PersonId]) -> dict[PersonId, BuyerStanding]:
    """What is known of each of these buyers."""
    rows = await reader.records(
        """
        SELECT buyer.buyer_id, received.number AS received, granted.number AS granted
        FROM unnest(%(buyer_ids)s::bigint[]) AS buyer (buyer_id)
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS number FROM (
                SELECT FROM shop_order
                WHERE shop_order.buyer_id = buyer.buyer_id AND state IN ('received', 'completed')
                LIMIT %(counted)s
            ) AS counted
        ) AS received
        CROSS JOIN LATERAL (
            SELECT count(*)::int AS number FROM (
                SELECT FROM aftersale
                WHERE aftersale.buyer_id = buyer.buyer_id AND opened_by = 'buyer'
                  AND state IN ('refunding', 'done') AND kind <> 'refund_unshipped' AND opened_at >= %(since)s
                LIMIT %(counted)s
            ) AS counted
        ) AS granted
        LIMIT %(most)s
        """,
        buyer_ids=sorted(buyer_ids),
        since=clock.now() - timedelta(days=90),
        counted=STANDING_COUNTED_MAX,
        most=len(buyer_ids),
    )
    return {row["buyer_id"]: BuyerStanding(row["received"], row["granted"]) for row in rows}


async def take_for_replacement(writer: Writer, order: LockedOrder, line: LockedLine, quantity: int) -> bool:
    """Take pieces from the shelf for a new parcel; False when too few are left."""
    await lock_stock(writer, [(order.shop_id, line.sku_id)])
    return bool(
        await writer.run(
            """
            UPDATE stock SET available = available - %(quantity)s, sold = sold + %(quantity)s
            WHERE shop_id = %(shop_id)s AND sku_id = %(sku_id)s AND available >= %(quantity)s
            """,
            quantity=quantity,
            shop_id=order.shop_id,
            sku_id=line.sku_id,
        )
    )


async def put_back_exchanged(writer: Writer, order: LockedOrder, line: LockedLine, quantity: int) -> None:
    """Put exchanged pieces back on the shelf. The buyer is to get others for them: neither the limit for each
    buyer nor the quota of a special price gets anything back, unless it ends with money (`give_back`)."""
    await lock_stock(writer, [(order.shop_id, line.sku_id)])
    await writer.run(
        """
        UPDATE stock SET available = available + %(quantity)s, sold = sold - %(quantity)s
        WHERE shop_id = %(shop_id)s AND sku_id = %(sku_id)s
        """,
        quantity=quantity,
        shop_id=order.shop_id,
        sku_id=line.sku_id,
    )
