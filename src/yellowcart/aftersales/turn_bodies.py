"""Bodies of API calls that take a turn: what is said and which version was seen, with what the turn needs."""

from typing import Annotated

import msgspec
from msgspec import Meta

from yellowcart.aftersales.arbitrate import Decision, Verdict
from yellowcart.aftersales.goods_back import SentBack
from yellowcart.aftersales.negotiate import ChangedRequest, Offer
from yellowcart.aftersales.open_case import AnId
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.replace import ReplacementParcel
from yellowcart.aftersales.rules import Askable, ShopRules
from yellowcart.aftersales.turns import Said
from yellowcart.kernel.ids import OrderLineId
from yellowcart.orders.wanted import NewAddress

Evidence = Annotated[list[AnId], Meta(max_length=9)]


class TurnBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What goes with every turn. With `version` the turn is refused when the other side acted meanwhile."""

    words: str = ""
    evidence: Evidence = []
    version: int | None = None

    def said(self) -> Said:
        """Words and evidence."""
        return Said(words=self.words, evidence=self.evidence)


class ChangeBody(TurnBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another request."""

    kind: CaseKind
    reason: Reason
    quantity: int
    amount_fen: int | None = None

    def request(self) -> ChangedRequest:
        """The request."""
        return ChangedRequest(
            kind=self.kind, reason=self.reason, quantity=self.quantity, amount_fen=self.amount_fen
        )


class SendBackBody(TurnBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parcel that brings goods back, and what it cost in fen."""

    carrier: str
    waybill: str
    freight_fen: int = 0

    def sent(self) -> SentBack:
        """The parcel."""
        return SentBack(carrier=self.carrier, waybill=self.waybill, freight_fen=self.freight_fen)


class AgreeBody(TurnBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A yes, and where goods are sent back to if not to the address of the settings."""

    return_address: NewAddress | None = None


class OfferBody(AgreeBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A proposal; the amount in fen."""

    kind: CaseKind
    amount_fen: int | None = None

    def proposed(self) -> Offer:
        """The proposal."""
        return Offer(kind=self.kind, amount_fen=self.amount_fen)


class ConfirmReturnBody(TurnBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Goods taken back: how many pieces go on the shelf again."""

    restock: int


class ReplacementBody(TurnBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parcel that brings new goods."""

    carrier: str
    waybill: str

    def parcel(self) -> ReplacementParcel:
        """The parcel."""
        return ReplacementParcel(carrier=self.carrier, waybill=self.waybill)


class DecisionBody(TurnBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A verdict; the amount in fen."""

    verdict: Verdict
    amount_fen: int | None = None

    def decision(self) -> Decision:
        """The verdict."""
        return Decision(verdict=self.verdict, amount_fen=self.amount_fen)


class CancelBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a paid order is cancelled."""

    reason: Reason = Reason.NO_REASON
    words: str = ""


class SettingsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A shop's rules, whole; without an address the one there is stays."""

    rules: ShopRules
    return_address: NewAddress | None = None


class DeadlineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another length, in seconds."""

    seconds: int


class AskableKind(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked of a line by one kind. `refused` is the code of the refusal when nothing may; amounts in
    fen."""

    order_line_id: OrderLineId
    kind: CaseKind
    refused: str | None
    most_quantity: int
    most_fen: int
    until: str | None
    reasons: tuple[Reason, ...]


class AskableAnswer(msgspec.Struct, frozen=True):
    """What may be asked of the lines of an order."""

    kinds: list[AskableKind]


def askable_answer(found: dict[OrderLineId, list[Askable]]) -> AskableAnswer:
    """As programs are told it."""
    return AskableAnswer(
        [
            AskableKind(
                order_line_id=line_id,
                kind=each.kind,
                refused=each.refusal.code if each.refusal else None,
                most_quantity=each.most_quantity,
                most_fen=each.most_fen,
                until=each.until.isoformat() if each.until else None,
                reasons=each.reasons,
            )
            for line_id, kinds in found.items()
            for each in kinds
        ]
    )
