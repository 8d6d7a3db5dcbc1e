"""What each row of a file of waybills would do: decided row by row from what is known of orders. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from yellowcart.kernel.ids import OrderId, OrderLineId
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import OrderState
from yellowcart.parcels.bulk.model import JudgedRow, KnownOrder, RowFate, RowProblem, WrittenRow
from yellowcart.parcels.carriers import find_carrier
from yellowcart.parcels.rules import CARRIER_CHOICE, PIECES_MAX, clean_waybill, waybill_problem

ID_DIGITS_MAX = 16
_SHORTENED = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+")
NO_ORDER = N_("There is no such order in this shop.")
ORDER_SHORTENED = N_(
    "A spreadsheet has shortened this order number. Format the column as text and fill it in again."
)
PARCEL_BROKEN = N_("Another row of this parcel is wrong.")
LINE_UNNAMED = N_("Say which line these pieces are of, or leave the pieces empty.")
NO_LINE = N_("The order has no such line, or nothing of it is left to ship.")
PIECES_UNREADABLE = N_("Pieces are a whole number of at least 1, or empty for all that are left.")
PIECES_TOO_MANY = N_("Only %(left)s pieces are left to ship.")
NOT_PAID = N_("The order is not paid, or it has ended.")
ALREADY_SHIPPED = N_("Everything of this order was shipped before, under another waybill.")
STOPPED = N_("The order is stopped: a refund or a risk check is under way.")
ADDRESS_OPEN = N_("A change of the address is waiting for an answer.")
WAYBILL_ELSEWHERE = N_("This waybill names another parcel already.")
NOT_IN_PARCEL = N_("The parcel with this waybill has left without this line.")
WAYBILL_TWICE = N_("This waybill stands on two orders of the file.")
LINE_TWICE = N_("This line stands twice in the file under one waybill.")
LINE_MIXED = N_("Rows of one order and waybill either all name their line, or there is one row without.")

_SHIPPABLE = frozenset({OrderState.PAID.value, OrderState.PART_SHIPPED.value})
_NEVER = frozenset({OrderState.SUBMITTED.value, OrderState.CLOSED.value})


def read_row(written: WrittenRow) -> JudgedRow:
    """A row with its cells understood; its fate is decided when its order is known."""
    carrier, waybill = find_carrier(written.carrier), clean_waybill(written.waybill)
    order, line, quantity = _number(written.order), _number(written.line), _number(written.pieces)
    row = JudgedRow(
        number=written.number,
        order_written=written.order,
        carrier_written=written.carrier,
        waybill_written=written.waybill,
        order_id=None if order is None else OrderId(order),
        order_line_id=None if line is None else OrderLineId(line),
        quantity=quantity if 1 <= (quantity or 0) <= PIECES_MAX else None,
        carrier=carrier.code if carrier else "",
        waybill=waybill,
    )
    if row.order_id is None:
        return _wrong(row, ORDER_SHORTENED if _SHORTENED.fullmatch(written.order) else NO_ORDER)
    if written.line and row.order_line_id is None:
        return _wrong(row, NO_LINE)
    if written.pieces and row.quantity is None:
        return _wrong(row, PIECES_UNREADABLE)
    if carrier is None:
        return _wrong(row, CARRIER_CHOICE)
    if problem := waybill_problem(waybill):
        return _wrong(row, problem)
    return row


def judge_rows(
    rows: Sequence[JudgedRow],
    orders: Mapping[OrderId, KnownOrder],
    elsewhere: Collection[tuple[str, str]],
) -> list[JudgedRow]:
    """The fate of every row. `orders` are the shop's, `elsewhere` the carriers and waybills that name parcels of
    other orders or shops. A row that is wrong leaves out every row with its waybill too: half a parcel is none.
    The number alone says so, because on a wrong row the order or the carrier may be what could not be read.
    """
    judged = [row if row.fate is RowFate.WRONG else _judge(row, orders, elsewhere) for row in rows]
    judged = _across_rows(judged)
    judged = _within_what_is_left(judged, orders)
    broken = {row.waybill for row in judged if row.fate is RowFate.WRONG}
    return [
        _wrong(row, PARCEL_BROKEN) if row.fate is RowFate.READY and row.waybill in broken else row
        for row in judged
    ]


def _judge(
    row: JudgedRow, orders: Mapping[OrderId, KnownOrder], elsewhere: Collection[tuple[str, str]]
) -> JudgedRow:
    order = orders.get(row.order_id) if row.order_id is not None else None
    if order is None:
        return _wrong(row, NO_ORDER)
    named = (row.carrier, row.waybill)
    left = next((each for each in order.parcels if (each.carrier, each.waybill) == named), None)
    if left is not None and row.order_line_id is not None and row.order_line_id not in left.line_ids:
        return _wrong(row, NOT_IN_PARCEL)
    if left is not None:
        return msgspec.structs.replace(row, fate=RowFate.REPEATED)
    if problem := _order_problem(row, order, elsewhere):
        return _wrong(row, problem)
    return _with_line(row, order)


def _with_line(row: JudgedRow, order: KnownOrder) -> JudgedRow:
    """The row with its line and the pieces of it; a row that names neither is about the whole order."""
    if row.order_line_id is not None:
        left = next((line.to_ship for line in order.lines if line.order_line_id == row.order_line_id), None)
        if left is None:
            return _wrong(row, NO_LINE)
        return row if row.quantity is not None else msgspec.structs.replace(row, quantity=left)
    if row.quantity is None:
        return row
    only = order.lines[0].order_line_id if len(order.lines) == 1 else None
    return msgspec.structs.replace(row, order_line_id=only) if only else _wrong(row, LINE_UNNAMED)


def _order_problem(row: JudgedRow, order: KnownOrder, elsewhere: Collection[tuple[str, str]]) -> str | None:
    """Why nothing of the order can be shipped under the row's waybill, the weightiest reason first."""
    reasons = (
        ((row.carrier, row.waybill) in elsewhere, WAYBILL_ELSEWHERE),
        (order.state in _NEVER, NOT_PAID),
        (order.state not in _SHIPPABLE, ALREADY_SHIPPED),
        (order.is_stopped, STOPPED),
        (order.has_address_change, ADDRESS_OPEN),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _across_rows(rows: Sequence[JudgedRow]) -> list[JudgedRow]:
    """What is wrong between rows: one waybill on two orders, one line twice, whole orders beside lines."""
    ready = [row for row in rows if row.fate is RowFate.READY]
    orders_of: dict[tuple[str, str], set[OrderId | None]] = {}
    for row in ready:
        orders_of.setdefault((row.carrier, row.waybill), set()).add(row.order_id)
    lines = Counter((*_parcel(row), row.order_line_id) for row in ready)
    wholes = Counter(_parcel(row) for row in ready if row.order_line_id is None)
    rows_of = Counter(_parcel(row) for row in ready)
    judged: list[JudgedRow] = []
    for row in rows:
        if row.fate is not RowFate.READY:
            judged.append(row)
        elif len(orders_of[row.carrier, row.waybill]) > 1:
            judged.append(_wrong(row, WAYBILL_TWICE))
        elif wholes[_parcel(row)] and rows_of[_parcel(row)] > 1:
            judged.append(_wrong(row, LINE_MIXED))
        elif lines[(*_parcel(row), row.order_line_id)] > 1:
            judged.append(_wrong(row, LINE_TWICE))
        else:
            judged.append(row)
    return judged


def _within_what_is_left(rows: Sequence[JudgedRow], orders: Mapping[OrderId, KnownOrder]) -> list[JudgedRow]:
    """Rows take what is left of their lines one after the other, as they will when the file is applied."""
    left = {
        (order_id, line.order_line_id): line.to_ship for order_id, order in orders.items() for line in order.lines
    }
    judged: list[JudgedRow] = []
    for row in rows:
        if row.fate is not RowFate.READY or row.order_id is None:
            judged.append(row)
            continue
        if row.order_line_id is None:
            keys = [key for key in left if key[0] == row.order_id]
            if not any(left[key] for key in keys):
                judged.append(_wrong(row, PIECES_TOO_MANY, left=0))
                continue
            left |= dict.fromkeys(keys, 0)
        else:
            key, quantity = (row.order_id, row.order_line_id), row.quantity or 0
            if not 1 <= quantity <= left[key]:
                judged.append(_wrong(row, PIECES_TOO_MANY, left=left[key]))
                continue
            left[key] -= quantity
        judged.append(row)
    return judged


def _parcel(row: JudgedRow) -> tuple[OrderId | None, str, str]:
    return row.order_id, row.carrier, row.waybill


def _wrong(row: JudgedRow, message: str, **values: object) -> JudgedRow:
    return msgspec.structs.replace(row, fate=RowFate.WRONG, problem=RowProblem(message, values))


def _number(written: str) -> int | None:
    """A whole number in plain digits as an id or a count may have it, None for anything else."""
    plain = unicodedata.normalize("NFKC", written).removesuffix(".0")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= ID_DIGITS_MAX else None
