"""The order reports of the JD union: order rows of its API, the older order API, and exported tables.

The names of columns and states, and where they are known from, stand in `report_words.toml`. `id` of a row names
the order and the SKU, so that `order:sku` is the same key for rows and for exports without it; a `skuList` of
the older API holds several rows of one order. Amounts are yuan, rates percent.

JD names no payment. `estimateCosPrice` (what the buyer pays after coupons, not after red packets and beans,
domain.md §3.1) stands for what was paid, `actualCosPrice` for the final amount, and the time of the order for
the time of payment, once JD calls the row paid. JD no longer writes the state 18 (settled): a row is settled
when the day of its `payMonth` has passed, so that reading depends on the day (`today`).
"""

import re
from datetime import date, datetime, time

from yellowcart.conversions.cells import (
    CellWrong,
    LineCells,
    identifier,
    moment,
    percent,
    quantity,
    signed_yuan,
    words,
    written,
    yuan,
)
from yellowcart.conversions.model import (
    NAME_LENGTH_MAX,
    REASON_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    ConversionState,
    Network,
    ReportedLine,
)
from yellowcart.conversions.report_forms import ReportForm, reported
from yellowcart.conversions.report_words import form_words
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.translation import N_

WORDS = form_words("jd_orders")
_DAY = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?: .*)?")
_PARTS_OF_A_PID = 3

_title = words(TITLE_LENGTH_MAX)
_name = words(NAME_LENGTH_MAX)


class JdRows:
    """Reads one report of order rows, as of a day in Shanghai."""

    def __init__(self, today: date) -> None:
        self._today = today

    def read(self, cells: LineCells) -> ReportedLine | None:
        """One line, or None with its problems noted in the cells."""
        order_id, sku_id = cells.require(identifier, "order"), cells.require(identifier, "item")
        pay_day = cells.take(_pay_day, "settled_at")
        word, state, reason = self._state(cells, pay_day)
        estimated_base, final_base = cells.require(yuan, "paid"), cells.take(yuan, "final")
        settled_fen = cells.take(signed_yuan, "settled")
        placed_at = cells.take(moment, "placed_at")
        settled = state is ConversionState.SETTLED
        over = settled or state is ConversionState.INVALID
        final = over or state is ConversionState.RECEIVED
        return reported(
            cells,
            {
                "network": Network.JD_UNION,
                "order_line_id": f"{order_id}:{sku_id}",
                "order_id": order_id,
                "state": state,
                "network_word": word,
                "item_id": sku_id,
                "title": cells.take(_title, "title"),
                "shop_name": cells.take(_name, "shop"),
                "quantity": cells.take(quantity, "quantity"),
                "unit_price_fen": cells.take(yuan, "unit_price"),
                "paid_fen": estimated_base,
                "base_fen": final_base if final and final_base is not None else estimated_base,
                "commission_rate_basis_points": cells.take(percent, "rate"),
                "commission_estimated_fen": cells.take(signed_yuan, "estimated"),
                "commission_settled_fen": settled_fen if over else None,
                "promotion_id": _promotion(cells),
                "invalid_reason": reason or None,
                "placed_at": placed_at,
                "paid_at": None if state is ConversionState.PLACED else placed_at,
                "received_at": cells.take(moment, "received_at"),
                "settled_at": None if pay_day is None or not settled else _midnight(pay_day),
                "modified_at": cells.take(moment, "modified_at"),
            },
        )

    def _state(self, cells: LineCells, pay_day: date | None) -> tuple[str, ConversionState | None, str]:
        word = cells.require(_name, "state") or ""
        reason = WORDS.words.get(word, word if word.startswith(WORDS.invalid_beginnings) else "")
        state = ConversionState.INVALID if reason else WORDS.state(word)
        if word and state is None:
            cells.note("state", N_("This state is not known."), word)
        if state is ConversionState.RECEIVED and pay_day is not None and pay_day < self._today:
            state = ConversionState.SETTLED
        return word, state, reason[:REASON_LENGTH_MAX]


def _pay_day(value: object) -> date | None:
    """The day on which JD pays (`yyyyMMdd`); None for 0."""
    text = written(value)
    if text in {"", "0"}:
        return None
    found = _DAY.fullmatch(text)
    try:
        day = None if found is None else date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        day = None
    if day is None:
        raise CellWrong(N_("This is no day such as 20220320."))
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


def _promotion(cells: LineCells) -> str | None:
    """`unionId/positionId` as links carry it, `unionId` alone without a position. A pid is
    `unionId_siteId_positionId`."""
    union, position = cells.take(identifier, "account"), cells.take(identifier, "position")
    parts = (cells.take(identifier, "promotion") or "").split("_")
    if len(parts) == _PARTS_OF_A_PID and all(part.isdecimal() for part in parts) and position is None:
        union, position = parts[0], identifier(parts[2])
    if union is None:
        return None
    return f"{union}/{position}" if position else union


def rows_of(row: dict[str, object]) -> list[dict[str, object]]:
    """The rows of an object of the API: one, or those of its `skuList`, each with what its order says."""
    goods = row.get("goodsInfo")
    if isinstance(goods, dict) and "shopName" in goods:
        row = {"shopName": goods["shopName"], **row}
    listed = row.get("skuList")
    if isinstance(listed, dict):
        listed = listed.get("skuInfo", [listed])
    if not isinstance(listed, list):
        return [row]
    order = {name: value for name, value in row.items() if name not in {"skuList", "id"}}
    return [{**order, **sku} for sku in listed if isinstance(sku, dict)]


def forms(today: date) -> tuple[ReportForm, ...]:
    """The forms of JD's reports, as read on a day in Shanghai."""
    return (
        ReportForm(
            name=N_("orders of the JD union"),
            network=Network.JD_UNION,
            words=WORDS,
            needs=("order", "item", "state", "paid"),
            fields=("orderId", "validCode"),
            reader=lambda: JdRows(today),
        ),
    )
