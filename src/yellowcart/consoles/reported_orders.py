"""What the pages of reported orders share: their words, their filters, and the table that is exported."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from yellowcart.conversions.model import AttributedBy, ConversionState, Network
from yellowcart.conversions.queries import ConversionLine, Wanted
from yellowcart.kernel.file_writing import Cell, Column, Kind
from yellowcart.kernel.ids import CreatorId
from yellowcart.kernel.translation import N_, Locale, in_language, translate
from yellowcart.links.wording import SURFACE_NAMES, source_word

STATE_WORDS: Final[dict[ConversionState, str]] = {
    ConversionState.PLACED: N_("Awaiting payment"),
    ConversionState.PAID: N_("Paid"),
    ConversionState.RECEIVED: N_("Received"),
    ConversionState.APPROVED: N_("Passed the network’s check"),
    ConversionState.SETTLED: N_("Settled by the network"),
    ConversionState.INVALID: N_("Invalid"),
}

ATTRIBUTED_WORDS: Final[dict[AttributedBy, str]] = {
    AttributedBy.JUMP: N_("by a jump before the order"),
    AttributedBy.LISTING: N_("by the only listing of the item"),
    AttributedBy.PROMOTION: N_("by the promotion alone"),
}

FIELD_WORDS: Final[dict[str, str]] = {
    "state": N_("State"),
    "network_word": N_("State in the network's words"),
    "item_id": N_("Item"),
    "title": N_("Title"),
    "shop_name": N_("Shop"),
    "quantity": N_("Pieces"),
    "unit_price_fen": N_("Unit price"),
    "paid_fen": N_("Paid amount"),
    "base_fen": N_("Commission base"),
    "commission_rate_basis_points": N_("Commission rate"),
    "commission_estimated_fen": N_("Estimated commission"),
    "commission_settled_fen": N_("Settled commission"),
    "commission_returned_fen": N_("Commission to give back"),
    "refund_fen": N_("Refunded to the buyer"),
    "promotion_id": N_("Promotion"),
    "invalid_reason": N_("Reason"),
    "clicked_at": N_("Clicked at"),
    "placed_at": N_("Placed at"),
    "paid_at": N_("Paid at"),
    "received_at": N_("Received at"),
    "settled_at": N_("Settled at"),
    "modified_at": N_("Changed by the network at"),
}
"""What a report says, in words of the pages."""

COLUMNS: Final[tuple[tuple[str, Kind], ...]] = (
    (N_("Network"), Kind.TEXT),
    (N_("Order"), Kind.ID),
    (N_("Order line"), Kind.ID),
    (N_("State"), Kind.TEXT),
    (N_("Item"), Kind.ID),
    (N_("Title"), Kind.TEXT),
    (N_("Pieces"), Kind.COUNT),
    (N_("Paid amount"), Kind.FEN),
    (N_("Commission base"), Kind.FEN),
    (N_("Commission rate"), Kind.BASIS_POINTS),
    (N_("Estimated commission"), Kind.FEN),
    (N_("Settled commission"), Kind.FEN),
    (N_("Commission to give back"), Kind.FEN),
    (N_("Refunded to the buyer"), Kind.FEN),
    (N_("Platform fee"), Kind.FEN),
    (N_("Platform fee rate"), Kind.BASIS_POINTS),
    (N_("Creator"), Kind.TEXT),
    (N_("Counted to the creator"), Kind.TEXT),
    (N_("Surface"), Kind.TEXT),
    (N_("Promotion"), Kind.ID),
    (N_("Placed at"), Kind.MOMENT),
    (N_("Paid at"), Kind.MOMENT),
    (N_("Settled at"), Kind.MOMENT),
    (N_("Reason"), Kind.TEXT),
)


def wanted_of(
    *,
    network: str,
    state: str,
    counted: str,
    text: str,
    since: datetime | None,
    until: datetime | None,
    creator_id: CreatorId | None = None,
) -> Wanted:
    """What an address asks for; a value that means nothing filters nothing. `until` is the last day asked for."""
    return Wanted(
        network=next((each for each in Network if each.value == network), None),
        state=next((each for each in ConversionState if each.value == state), None),
        attributed={"yes": True, "no": False}.get(counted),
        text=text,
        since=since,
        until=None if until is None else until + timedelta(days=1),
        creator_id=creator_id,
    )


def options(locale: Locale) -> dict[str, list[tuple[str, str]]]:
    """The choices of the filters."""
    return {
        "networks": [
            ("", translate(N_("Every network"), locale)),
            *((each.value, source_word(each.value, locale)) for each in Network),
        ],
        "states": [
            ("", translate(N_("Every state"), locale)),
            *((each.value, translate(word, locale)) for each, word in STATE_WORDS.items()),
        ],
        "counted": [
            ("", translate(N_("Everybody's"), locale)),
            ("yes", translate(N_("Counted to a creator"), locale)),
            ("no", translate(N_("Nobody's yet"), locale)),
        ],
    }


def words(locale: Locale) -> dict[str, object]:
    """The words that every page of reported orders needs."""
    return {
        "network_words": {each.value: source_word(each.value, locale) for each in Network},
        "attributed_words": ATTRIBUTED_WORDS,
        "field_words": FIELD_WORDS,
        "surface_words": SURFACE_NAMES,
    }


def columns(locale: Locale) -> list[Column]:
    """The columns of an export."""
    return [Column(translate(heading, locale), kind) for heading, kind in COLUMNS]


def rows(lines: Iterable[ConversionLine], locale: Locale) -> Iterable[Sequence[Cell]]:
    """The lines as an export has them."""
    for line in lines:
        counted = None if line.attributed_by is None else translate(ATTRIBUTED_WORDS[line.attributed_by], locale)
        yield (
            source_word(line.network.value, locale),
            line.order_id,
            line.order_line_id,
            translate(STATE_WORDS[line.state], locale),
            line.item_id,
            line.title,
            line.quantity,
            line.paid_fen,
            line.base_fen,
            line.commission_rate_basis_points,
            line.commission_estimated_fen,
            line.commission_settled_fen,
            line.commission_returned_fen,
            line.refund_fen,
            line.fee_fen,
            line.fee_basis_points,
            in_language(locale, line.creator_name, line.creator_name_en) or None,
            counted,
            None if line.surface is None else translate(SURFACE_NAMES[line.surface], locale),
            line.promotion_id,
            line.placed_at,
            line.paid_at,
            line.settled_at,
            line.invalid_reason or None,
        )
