"""The order reports of Duo Duo Jinbao (Pinduoduo): its order list APIs and exported tables.

The names of columns and states, and where they are known from, stand in `report_words.toml`. The API writes
amounts in fen, rates per mille and times in seconds since 1970; one line an order. In exports amounts are yuan,
and a rate counts only with its percent sign: without it nobody can tell percent from per mille.
"""

from yellowcart.conversions.cells import (
    LineCells,
    fen,
    identifier,
    moment,
    per_mille,
    percent_with_sign,
    quantity,
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

WORDS = form_words("pinduoduo_orders")

_title = words(TITLE_LENGTH_MAX)
_name = words(NAME_LENGTH_MAX)
_reason = words(REASON_LENGTH_MAX)


class PinduoduoOrders:
    """Reads one report of orders."""

    def read(self, cells: LineCells) -> ReportedLine | None:
        """One line, or None with its problems noted in the cells."""
        from_api = cells.has("from_api")
        amount = fen if from_api else yuan
        order_id = cells.require(identifier, "order")
        word = cells.require(_name, "state") or ""
        state = WORDS.state(word)
        if word and state is None:
            cells.note("state", N_("This state is not known."), word)
        paid_fen, fee_fen = cells.require(amount, "paid"), cells.take(amount, "estimated")
        settled_at = cells.take(moment, "settled_at")
        settled, invalid = state is ConversionState.SETTLED, state is ConversionState.INVALID
        reason = (cells.take(_reason, "reason") or WORDS.words.get(word, word)) if invalid else None
        return reported(
            cells,
            {
                "network": Network.PINDUODUO,
                "order_line_id": order_id,
                "order_id": order_id,
                "state": state,
                "network_word": word,
                "item_id": cells.take(identifier, "item"),
                "title": cells.take(_title, "title"),
                "shop_name": cells.take(_name, "shop"),
                "quantity": cells.take(quantity, "quantity"),
                "unit_price_fen": cells.take(amount, "unit_price"),
                "paid_fen": paid_fen,
                "base_fen": paid_fen,
                "commission_rate_basis_points": cells.take(per_mille if from_api else percent_with_sign, "rate"),
                "commission_estimated_fen": fee_fen,
                "commission_settled_fen": fee_fen if settled else 0 if invalid else None,
                "promotion_id": cells.take(identifier, "promotion"),
                "invalid_reason": reason,
                "placed_at": cells.take(moment, "placed_at"),
                "paid_at": cells.take(moment, "paid_at"),
                "received_at": cells.take(moment, "received_at"),
                "settled_at": settled_at if settled else None,
                "modified_at": cells.take(moment, "modified_at"),
            },
        )


FORMS = (
    ReportForm(
        name=N_("orders of Duo Duo Jinbao (Pinduoduo)"),
        network=Network.PINDUODUO,
        words=WORDS,
        needs=("order", "state", "paid", "estimated"),
        fields=("order_sn", "order_status"),
        reader=PinduoduoOrders,
    ),
)
