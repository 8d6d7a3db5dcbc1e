"""The order reports of the Taobao alliance: order details as file, the tbk order APIs, and refunds after
settlement.

The names of columns and states, and where they are known from, stand in `report_words.toml`. Amounts are yuan
texts, rates percent (`9.00`); the older taobao.tbk.order.get, known by its field `num_iid`, writes rates as
fractions (`0.0900`).

**The key of a line.** One order holds several lines, and the same item may stand in it twice, in two colours.
The sub-order number (`trade_id`) names the line. The older file has only the order's number: its lines are named
`order:item`, a second one of the same item `order:item:2`, in the order of the file. Whoever takes a report in
matches the two forms (`rules.settle_keys`).
"""

from collections import Counter

from yellowcart.conversions.cells import (
    LineCells,
    fraction,
    identifier,
    moment,
    percent,
    quantity,
    signed_yuan,
    words,
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
from yellowcart.kernel.translation import N_

ORDER_WORDS = form_words("taobao_orders")
REFUND_WORDS = form_words("taobao_refunds")

_title = words(TITLE_LENGTH_MAX)
_name = words(NAME_LENGTH_MAX)


class TaobaoOrders:
    """Reads one report of orders, line by line; knows which items of an order it has seen."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def read(self, cells: LineCells) -> ReportedLine | None:
        """One line, or None with its problems noted in the cells."""
        if cells.take(_name, "role") in ORDER_WORDS.third_parties:
            cells.note(
                "role",
                N_("This line is a third party's share of an order that is reported on a line of its own."),
            )
            return None
        word = cells.require(_name, "state") or ""
        state = ORDER_WORDS.state(word)
        if word and state is None:
            cells.note("state", N_("This state is not known."), word)
        order_id, item_id = cells.require(identifier, "order"), cells.require(identifier, "item")
        line_id = cells.take(identifier, "line")
        paid_fen, final_fen = cells.require(yuan, "paid"), cells.take(yuan, "final")
        settled_fen = cells.take(signed_yuan, "settled")
        placed_at, paid_at = cells.take(moment, "placed_at"), cells.take(moment, "paid_at")
        settled_at = cells.take(moment, "settled_at")
        over = state in {ConversionState.SETTLED, ConversionState.INVALID}
        final = over or state is ConversionState.RECEIVED
        line = {
            "network": Network.TAOBAO_UNION,
            "order_line_id": line_id,
            "order_id": order_id,
            "state": state,
            "network_word": word,
            "item_id": item_id,
            "title": cells.take(_title, "title"),
            "shop_name": cells.take(_name, "shop"),
            "quantity": cells.take(quantity, "quantity"),
            "unit_price_fen": cells.take(yuan, "unit_price"),
            "paid_fen": paid_fen,
            # Before the buyer has confirmed, the network writes 0 for what is not known yet.
            "base_fen": final_fen if final and final_fen is not None else paid_fen,
            "commission_rate_basis_points": cells.take(fraction if cells.has("older_item") else percent, "rate"),
            "commission_estimated_fen": cells.take(signed_yuan, "estimated"),
            "commission_settled_fen": settled_fen if over else None,
            "promotion_id": _promotion(cells),
            "clicked_at": cells.take(moment, "clicked_at"),
            "placed_at": placed_at,
            # The older reports know no other time: they tell of an order once it is paid.
            "paid_at": None if state is ConversionState.PLACED else paid_at or placed_at,
            "settled_at": settled_at if state is ConversionState.SETTLED else None,
            "modified_at": cells.take(moment, "modified_at"),
        }
        if line_id is None and not cells.problems:
            line["order_line_id"] = self._named(f"{order_id}:{item_id}")
        return reported(cells, line)

    def _named(self, name: str) -> str:
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}:{self._seen[name]}"


class TaobaoRefunds:
    """Reads one report of refunds after settlement: what the buyer got back, and what the promoter owes.

    Only orders that were settled appear in it. A refund of the whole settled amount makes the line invalid. Of
    several refund cases of one line the one reported last counts: the file does not number them.
    """

    def read(self, cells: LineCells) -> ReportedLine | None:
        """One line, or None with its problems noted in the cells."""
        word = cells.require(_name, "state") or ""
        word = REFUND_WORDS.words.get(word, word)
        sign = REFUND_WORDS.sign(word)
        if word and sign is None:
            cells.note("state", N_("This state is not known."), word)
        final_fen, refund_fen = cells.take(yuan, "final"), cells.require(yuan, "refund")
        returned_fen = cells.take(yuan, "returned")
        whole = sign == "done" and final_fen is not None and 0 < final_fen <= (refund_fen or 0)
        went_back, owed = {"done": (refund_fen, returned_fen), "failed": (0, 0)}.get(sign or "", (None, None))
        return reported(
            cells,
            {
                "network": Network.TAOBAO_UNION,
                "order_line_id": cells.require(identifier, "line"),
                "order_id": cells.require(identifier, "order"),
                "state": ConversionState.INVALID if whole else ConversionState.SETTLED,
                "network_word": word,
                "title": cells.take(_title, "title"),
                "base_fen": final_fen,
                "commission_settled_fen": cells.take(signed_yuan, "settled"),
                "commission_returned_fen": owed,
                "refund_fen": went_back,
                "invalid_reason": word[:REASON_LENGTH_MAX] if whole else None,
                "placed_at": cells.take(moment, "placed_at"),
                "settled_at": cells.take(moment, "settled_at"),
                "modified_at": cells.take(moment, "modified_at"),
            },
        )


def _promotion(cells: LineCells) -> str | None:
    """`mm_x_y_z` as links carry it. Files name the medium (y) and the position (z), and leave out the account;
    some gateways write the whole of it where the position stands."""
    position = cells.take(identifier, "position")
    for whole in (cells.take(identifier, "promotion"), position):
        if whole is not None and whole.startswith("mm_"):
            return whole
    medium = cells.take(identifier, "medium")
    if medium is None or position is None:
        return None
    return f"mm_{cells.take(identifier, 'account') or '*'}_{medium}_{position}"


FORMS = (
    ReportForm(
        name=N_("orders of Taobao Union"),
        network=Network.TAOBAO_UNION,
        words=ORDER_WORDS,
        needs=("order", "state", "item", "paid"),
        fields=("tk_status",),
        reader=TaobaoOrders,
    ),
    ReportForm(
        name=N_("refunds of Taobao Union"),
        network=Network.TAOBAO_UNION,
        words=REFUND_WORDS,
        needs=("order", "line", "state", "refund"),
        fields=("refund_status", "tb_trade_id"),
        reader=TaobaoRefunds,
    ),
)
