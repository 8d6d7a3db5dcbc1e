"""Decisions on reported orders: which line is meant, what is newer, whose sale it is, what fee is due.

A state only moves forward, and to invalid from anywhere; amounts follow the newest report, also after settlement
(domain.md §2.3). What is newest is told by the network's own time of change where both reports have one, else by
the state: a report of an earlier state is a late one. A late report turns nothing back; it only fills in what no
report said so far. Between reports of the same state and without times the one that arrives later counts.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from yellowcart.conversions.model import Conversion, ConversionState, Network, ReportedLine
from yellowcart.kernel.ids import ReportId
from yellowcart.kernel.money import Fen, portion

RANK: Final[dict[ConversionState, int]] = {state: rank for rank, state in enumerate(ConversionState)}
"""How far a line has come, in the order of the enum; invalid is the end of every line."""

REPORTED_FIELDS: Final = tuple(
    name
    for name in ReportedLine.__struct_fields__
    if name not in {"network", "order_line_id", "order_id", "state", "modified_at"}
)
"""What a later report replaces and a late one only fills in."""

_SEPARATOR: Final = ":"


def next_state(known: ConversionState, told: ConversionState) -> ConversionState:
    """Forward only, and to invalid from anywhere."""
    return max(known, told, key=RANK.__getitem__)


def is_stale(known: Conversion, line: ReportedLine) -> bool:
    """Whether a report is older than what is known."""
    if known.modified_at is not None and line.modified_at is not None:
        return line.modified_at < known.modified_at
    return RANK[line.state] < RANK[known.state]


def first_known(line: ReportedLine, key: str, report_id: ReportId, at: datetime) -> Conversion:
    """A line as its first report tells it. `key` is its own number, or another form of it."""
    told: dict[str, object] = {name: getattr(line, name) for name in REPORTED_FIELDS}
    return msgspec.convert(
        {
            **told,
            "network": line.network,
            "order_line_id": key,
            "order_id": line.order_id,
            "state": line.state,
            "modified_at": line.modified_at,
            "ordered_at": _ordered_at(line.placed_at, line.paid_at, at),
            "revision": 1,
            "report_id": report_id,
            "first_reported_at": at,
            "last_reported_at": at,
        },
        Conversion,
    )


def later_known(known: Conversion, line: ReportedLine, report_id: ReportId, at: datetime) -> Conversion | None:
    """What is known after another report; None where it changes nothing. Attribution and fee are kept as they
    are."""
    stale = is_stale(known, line)
    changes: dict[str, object] = {}
    for name in REPORTED_FIELDS:
        told, kept = getattr(line, name), getattr(known, name)
        if told not in (None, "") and told != kept and (not stale or kept in (None, "")):
            changes[name] = told
    state = next_state(known.state, line.state)
    if state is not known.state:
        changes["state"] = state
    if line.modified_at is not None and (known.modified_at is None or line.modified_at > known.modified_at):
        changes["modified_at"] = line.modified_at
    if not changes:
        return None
    newer = msgspec.structs.replace(
        known, **changes, revision=known.revision + 1, report_id=report_id, last_reported_at=at
    )
    ordered_at = _ordered_at(newer.placed_at, newer.paid_at, newer.first_reported_at)
    return msgspec.structs.replace(newer, ordered_at=ordered_at)


def replayed(lines: Sequence[ReportedLine], like: Conversion) -> Conversion:
    """What the revisions of a line, in their order, come to. `like` gives what no report says: key, attribution,
    fee and the moments of the reports."""
    known = first_known(lines[0], like.order_line_id, like.report_id, like.first_reported_at)
    for line in lines[1:]:
        known = later_known(known, line, like.report_id, like.last_reported_at) or known
    kept = (
        "network_line_id", "attributed_by", "creator_id", "listing_id", "surface",
        "fee_basis_points", "fee_fen", "fee_notice_id", "last_reported_at",
    )  # fmt: skip
    return msgspec.structs.replace(known, **{name: getattr(like, name) for name in kept})


class FieldChange(msgspec.Struct, frozen=True):
    """One thing that a report changed: its name in `Conversion`, and what it was before and after."""

    name: str
    before: object
    after: object


def told_apart(lines: Sequence[ReportedLine], like: Conversion) -> list[list[FieldChange]]:
    """What each revision of a line changed, in their order; everything that the first one said."""
    known: Conversion | None = None
    steps: list[list[FieldChange]] = []
    for line in lines:
        if known is None:
            after = first_known(line, like.order_line_id, like.report_id, like.first_reported_at)
        else:
            after = later_known(known, line, like.report_id, like.last_reported_at) or known
        steps.append(
            [
                FieldChange(name, None if known is None else getattr(known, name), getattr(after, name))
                for name in ("state", *REPORTED_FIELDS, "modified_at")
                if (None if known is None else getattr(known, name)) != getattr(after, name)
                and not (known is None and getattr(after, name) in (None, ""))
            ]
        )
        known = after
    return steps


def _ordered_at(placed_at: datetime | None, paid_at: datetime | None, reported_at: datetime) -> datetime:
    return placed_at or paid_at or reported_at


def sold_fen(known: Conversion) -> int | None:
    """What was sold and stayed sold, in fen: the base of the platform's fee ("of what is sold", domain.md §0).

    Nothing before it is paid and nothing once it is invalid; what the buyer paid until the network has a final
    amount, which leaves out refunds before it; then that, less what was refunded after. None where no report has
    said any amount. Not the networks' commission base: each of them leaves out other discounts (§3.1).
    """
    if known.state in {ConversionState.PLACED, ConversionState.INVALID}:
        return 0
    final = RANK[known.state] >= RANK[ConversionState.RECEIVED]
    first, second = (known.base_fen, known.paid_fen) if final else (known.paid_fen, known.base_fen)
    amount = first if first is not None else second
    return None if amount is None else max(amount - (known.refund_fen or 0), 0)


def fee_fen(known: Conversion, basis_points: int) -> Fen | None:
    """The platform's fee at a rate, rounded down; None while no amount is known."""
    sold = sold_fen(known)
    return None if sold is None else portion(sold, basis_points)


class KnownKey(msgspec.Struct, frozen=True):
    """How a known line is named."""

    order_line_id: str
    network_line_id: str | None
    order_id: str
    item_id: str | None


class SettledKey(msgspec.Struct, frozen=True):
    """The key of a reported line; `network_line_id` where the report tells the number of a line that was named by
    its order. `key` is None where nobody can tell which of several lines is meant."""

    key: str | None
    network_line_id: str | None = None


def settle_keys(lines: Sequence[ReportedLine], known: Iterable[KnownKey]) -> list[SettledKey]:
    """Which known line each reported line is, if any.

    A line is its own number. Taobao's older reports name a line by order and item instead: where one form is known
    and the other reported, an order's lines of the item are matched one to one, and refused where that is not
    possible, so that no sale is counted twice.
    """
    book = _KeyBook(known)
    return [book.settle(line) for line in lines]


class _KeyBook:
    def __init__(self, known: Iterable[KnownKey]) -> None:
        self._known: dict[str, KnownKey] = {}
        self._by_number: dict[str, str] = {}
        self._of_order: dict[str, list[str]] = {}
        for key in known:
            self._add(key)

    def settle(self, line: ReportedLine) -> SettledKey:
        name = line.order_line_id
        if name in self._known or name in self._by_number:
            return SettledKey(self._by_number.get(name, name))
        return self._match(line) if line.network is Network.TAOBAO_UNION else self._new(line)

    def _match(self, line: ReportedLine) -> SettledKey:
        name = line.order_line_id
        others = [
            self._known[key]
            for key in self._of_order.get(line.order_id, ())
            if line.item_id is None or self._known[key].item_id in (None, line.item_id)
        ]
        if name.startswith(line.order_id + _SEPARATOR):
            return self._named_by_order(line, [key for key in others if not _is_by_order(key)])
        free = [key for key in others if _is_by_order(key) and key.network_line_id is None]
        if not free:
            return self._new(line)
        if line.item_id is None and len(free) > 1:
            return SettledKey(None)
        found = min(free, key=lambda key: (len(key.order_line_id), key.order_line_id))
        self._known[found.order_line_id] = msgspec.structs.replace(found, network_line_id=name)
        self._by_number[name] = found.order_line_id
        return SettledKey(found.order_line_id, name)

    def _named_by_order(self, line: ReportedLine, numbered: list[KnownKey]) -> SettledKey:
        if not numbered:
            return self._new(line)
        first = line.order_line_id == f"{line.order_id}{_SEPARATOR}{line.item_id}"
        return SettledKey(numbered[0].order_line_id if len(numbered) == 1 and first else None)

    def _new(self, line: ReportedLine) -> SettledKey:
        self._add(KnownKey(line.order_line_id, None, line.order_id, line.item_id))
        return SettledKey(line.order_line_id)

    def _add(self, key: KnownKey) -> None:
        self._known[key.order_line_id] = key
        self._of_order.setdefault(key.order_id, []).append(key.order_line_id)
        if key.network_line_id is not None:
            self._by_number[key.network_line_id] = key.order_line_id


def _is_by_order(key: KnownKey) -> bool:
    return key.order_line_id.startswith(key.order_id + _SEPARATOR)
