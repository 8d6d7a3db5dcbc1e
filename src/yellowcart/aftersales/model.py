"""After-sale cases as values: what is asked of one order line, why, how it stands, and what it came to.

The states are those of domain.md §2.2; Kuaishou's and Douyin's own numbers stand beside them. Which action leads
from which state to which stands in `machine`.
"""

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from yellowcart.aftersales.reasons import FAULT_OF, CaseKind, Fault, Reason
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ShopId
from yellowcart.orders.model import DeliveryAddress
from yellowcart.parcels.model import ShipmentId

AftersaleId = NewType("AftersaleId", int)


class CaseState(StrEnum):
    """How a case stands: whom it waits for, or how it ended."""

    AWAITING_SELLER = "awaiting_seller"
    """The shop has to answer (Kuaishou 10 and 11 with negotiateStatus 1 待商家处理; Douyin 6 待商家同意)."""
    AWAITING_BUYER = "awaiting_buyer"
    """The shop refused or offered something else: the buyer changes the request, accepts, gives up or calls the
    platform (negotiateStatus 3 驳回待买家修改; Douyin 27 一次拒绝)."""
    AWAITING_RETURN = "awaiting_return"
    """The buyer sends the goods back and names the waybill (30 待买家回寄信息; Douyin 7 待买家退货)."""
    AWAITING_INSPECTION = "awaiting_inspection"
    """The goods are on their way back or there; the shop looks at them (40 待卖家确认回寄; Douyin 11)."""
    AWAITING_REPLACEMENT = "awaiting_replacement"
    """The shop sends the new parcel (Douyin 8 待商家发货)."""
    AWAITING_RECEIPT = "awaiting_receipt"
    """The new parcel is on its way to the buyer (45 待买家收货(换货); Douyin 13)."""
    EVIDENCE_OF_SELLER = "evidence_of_seller"
    """The platform was called and waits for what the shop has to show (20 and 21 平台介入; Douyin
    arbitration 4)."""
    EVIDENCE_OF_BUYER = "evidence_of_buyer"
    """The platform was called and waits for what the buyer has to show (20 and 21 平台介入)."""
    ARBITRATION = "arbitration"
    """The platform decides (20 平台介入-仅退款, 21 平台介入-退货退款; Douyin arbitration 1 processing)."""
    REFUNDING = "refunding"
    """The amount is decided and the gateway gives it back (50 退款执行中)."""
    DONE = "done"
    """The money is back, or the new parcel has come (60 退款成功; Douyin 12 成功, 14 换货成功)."""
    WITHDRAWN = "withdrawn"
    """The buyer gave it up, in words or by silence (70 退款失败; Douyin 28 失败)."""
    REFUSED = "refused"
    """The platform decided for the shop, for good (70 退款失败; Douyin 29 二次拒绝, arbitration 3 end-seller)."""
    CLOSED = "closed"
    """The platform closed it without a decision (Douyin arbitration 255 cancelled)."""


ENDED = frozenset({CaseState.DONE, CaseState.WITHDRAWN, CaseState.REFUSED, CaseState.CLOSED})
"""Nothing more comes of it."""
DECIDED = ENDED | {CaseState.REFUNDING}
"""Nobody decides anything any more: pieces, money and the stop of the order are let go."""
IN_ARBITRATION = frozenset({CaseState.EVIDENCE_OF_SELLER, CaseState.EVIDENCE_OF_BUYER, CaseState.ARBITRATION})
"""The platform was called."""
FOR_SELLER_TO_ACT = frozenset(
    {
        CaseState.AWAITING_SELLER,
        CaseState.AWAITING_INSPECTION,
        CaseState.AWAITING_REPLACEMENT,
        CaseState.EVIDENCE_OF_SELLER,
    }
)
FOR_BUYER_TO_ACT = frozenset(
    {
        CaseState.AWAITING_BUYER,
        CaseState.AWAITING_RETURN,
        CaseState.AWAITING_RECEIPT,
        CaseState.EVIDENCE_OF_BUYER,
    }
)


class Actor(StrEnum):
    """Who acts on a case."""

    BUYER = "buyer"
    """Who placed the order."""
    SELLER = "seller"
    """Anybody who works for the shop."""
    PLATFORM = "platform"
    """An operator who is no party."""
    SYSTEM = "system"
    """Nobody: a rule, or the passing of time."""


class Action(StrEnum):
    """What is done to a case."""

    OPEN = "open"
    """It is asked for: the beginning of every case, no move of the table."""
    WITHDRAW = "withdraw"
    """The buyer gives it up."""
    CHANGE = "change"
    """The buyer asks for something else, or shows more, after the shop said no."""
    AGREE = "agree"
    """The shop, a rule or the shop's silence grants what is asked."""
    REFUSE = "refuse"
    """The shop says no, with a reason."""
    OFFER = "offer"
    """The shop proposes another amount or another kind."""
    ACCEPT_OFFER = "accept_offer"
    """The buyer takes what the shop proposed."""
    SEND_BACK = "send_back"
    """The buyer gave the goods to a carrier."""
    RETURN_DELIVERED = "return_delivered"
    """The carrier says that the goods are back: the shop's time to look at them begins."""
    RETURN_GIVEN_BACK = "return_given_back"
    """The carrier says that the buyer has the goods again, after a wrong address or a refusal at the door: the
    buyer's time to send them begins anew."""
    NAME_ADDRESS = "name_address"
    """The shop says where the goods are sent back to, after they were granted without its word."""
    WAIVE_RETURN = "waive_return"
    """The shop does not want the goods back."""
    CONFIRM_RETURN = "confirm_return"
    """The shop has looked at the goods and takes them back."""
    REJECT_RETURN = "reject_return"
    """The shop has looked at the goods and does not take them back as they are."""
    SHIP_REPLACEMENT = "ship_replacement"
    """The shop gave the new parcel to a carrier."""
    REFUND_INSTEAD = "refund_instead"
    """The shop cannot replace the goods and gives the money back."""
    CONFIRM_REPLACEMENT = "confirm_replacement"
    """The buyer has the new parcel."""
    CALL_PLATFORM = "call_platform"
    """The buyer asks the platform to decide."""
    ADD_EVIDENCE = "add_evidence"
    """A side shows more."""
    DEMAND_OF_BUYER = "demand_of_buyer"
    """The platform wants to see more of the buyer."""
    DEMAND_OF_SELLER = "demand_of_seller"
    """The platform wants to see more of the shop."""
    DECIDE_FOR_BUYER = "decide_for_buyer"
    """The platform grants what was asked, up to an amount."""
    DECIDE_SPLIT = "decide_split"
    """The platform decides on money alone: so much goes back, and nothing is sent any more."""
    DECIDE_FOR_SELLER = "decide_for_seller"
    """The platform grants nothing."""
    CLOSE = "close"
    """The platform ends it without a decision."""
    TIME_OUT = "time_out"
    """The time of the state is over: what happens by default."""
    REFUND_CARRIED_OUT = "refund_carried_out"
    """The gateway gave the money back."""


class AutoRule(StrEnum):
    """A rule that decided a case at once; its name stands on the case (Douyin's auto_audit_rule, domain.md
    §2.2)."""

    UNSHIPPED_AT_ONCE = "unshipped_at_once"
    """Nothing has left, so the money goes back at once (Douyin 1 发货前极速退). A buyer's right: no shop can
    switch it off."""
    SMALL_REFUND_ONLY = "small_refund_only"
    """A small amount for a buyer in good standing, without sending anything back (Douyin 3 发货后极速退)."""
    NO_REASON_IN_TIME = "no_reason_in_time"
    """A return without a reason, in time, of goods that may be returned so: the goods may come back."""
    QUALITY_RETURN = "quality_return"
    """A return at the shop's fault: the goods may come back, and the shop looks at them then."""
    PRICE_DROPPED = "price_dropped"
    """The platform itself sees the lower price, so that the difference goes back at once."""
    SELLER_GIVES = "seller_gives"
    """The shop gives money back by its own wish; nobody has to agree."""


class EndReason(StrEnum):
    """How a case ended."""

    REFUNDED = "refunded"
    """Money went back."""
    REPLACED = "replaced"
    """A new parcel came."""
    WITHDRAWN = "withdrawn"
    """The buyer gave it up."""
    BUYER_SILENT = "buyer_silent"
    """The buyer let the time pass."""
    FOR_SELLER = "for_seller"
    """The platform decided for the shop."""
    CLOSED = "closed"
    """The platform closed it."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An after-sale case about one order line. Money in fen.

    `asked_fen` is what the buyer asks for; `most_fen` is what the pieces are worth at most and stays reserved
    while the case is open, `most_goods_fen` of it for the goods, the rest is freight that was paid. `offer_*` is
    what the shop proposes. `decided_fen` is what was decided; it goes back as `refund_goods_fen` +
    `refund_freight_fen`, and `return_freight_refunded_fen` with it. `settled_quantity` pieces are done with: no
    more can be asked for them.

    `return_address` is where the goods are sent back to; `return_shipment_id` is the parcel in which they are, or
    were when they came, perhaps with those of other cases of the order. `return_freight_fen` is what the shop owes
    the buyer for sending them, where it bears that; `return_freight_claimed_fen` is what the buyer says that it
    cost.

    `version` counts the turns: who acts names the one that they have seen.
    """

    shop_id: ShopId
    aftersale_id: AftersaleId
    order_id: OrderId
    order_line_id: OrderLineId
    buyer_id: PersonId
    kind: CaseKind
    state: CaseState
    version: int = 1
    opened_by: Actor
    reason: Reason
    goods_received: bool = False
    quantity: int
    asked_fen: int
    most_fen: int
    most_goods_fen: int
    no_reason_right: bool = False
    auto_rule: AutoRule | None = None
    offer_kind: CaseKind | None = None
    offer_fen: int | None = None
    decided_fen: int | None = None
    refund_goods_fen: int = 0
    refund_freight_fen: int = 0
    settled_quantity: int = 0
    returned_quantity: int = 0
    restocked_quantity: int = 0
    return_freight_by: Fault | None = None
    return_freight_claimed_fen: int = 0
    return_freight_fen: int = 0
    return_freight_refunded_fen: int = 0
    price_then_fen: int | None = None
    return_address: DeliveryAddress | None = None
    return_carrier: str | None = None
    return_waybill: str | None = None
    return_shipment_id: ShipmentId | None = None
    sent_back_at: datetime | None = None
    return_delivered_at: datetime | None = None
    replacement_carrier: str | None = None
    replacement_waybill: str | None = None
    called_at: datetime | None = None
    opened_at: datetime
    moved_at: datetime
    due_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    @property
    def fault(self) -> Fault:
        """Whose fault the reason says it is."""
        return FAULT_OF[self.reason]

    @property
    def goods_back(self) -> bool:
        """Whether the goods are with the shop, or on their way to it."""
        return self.sent_back_at is not None

    @property
    def refund_fen(self) -> int:
        """What goes back to the buyer by the way that it was paid."""
        return self.refund_goods_fen + self.refund_freight_fen + self.return_freight_refunded_fen

    @property
    def return_freight_owed_fen(self) -> int:
        """Freight of the return that the shop owes and that no payment can carry any more: what was paid for the
        line has gone back already."""
        return self.return_freight_fen - self.return_freight_refunded_fen

    @property
    def is_open(self) -> bool:
        """Whether somebody may still decide something."""
        return self.state not in DECIDED


class CaseStep(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a case, as it is kept for good. `before` is None for the first. Amount in fen; for a first step
    and a change it is what was asked, for an offer what was offered, for a decision what was decided.

    `evidence` is the number of files; they are attached to `evidence_subject`.
    """

    shop_id: ShopId
    aftersale_id: AftersaleId
    step_id: int
    action: Action
    actor: Actor
    person_id: PersonId | None
    before: CaseState | None
    after: CaseState
    kind: CaseKind
    reason: Reason | None
    quantity: int
    amount_fen: int | None
    rule: AutoRule | None
    words: str
    evidence: int
    made_at: datetime

    @property
    def evidence_subject(self) -> str:
        """What the files of this step are attached to (`uploads.attach`)."""
        return evidence_subject(self.shop_id, self.aftersale_id, self.step_id)


EVIDENCE_OF_STEP = "aftersale_step"
"""The kind of subject that evidence is attached to."""


def evidence_subject(shop_id: ShopId, aftersale_id: AftersaleId, step_id: int) -> str:
    """What the files of a step are attached to."""
    return f"{EVIDENCE_OF_STEP}:{shop_id}-{aftersale_id}-{step_id}"


_CASE = "aftersale"


def case_subject(aftersale_id: int) -> str:
    """How a case is named to orders, payments and parcels."""
    return f"{_CASE}:{aftersale_id}"


def case_of_subject(subject: str) -> AftersaleId | None:
    """The case that orders, payments and parcels know by this subject, or None for another thing."""
    kind, _, number = subject.partition(":")
    return AftersaleId(int(number)) if kind == _CASE and number.isdecimal() else None
