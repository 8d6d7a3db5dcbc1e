"""What is asked for and why: kinds of case, the reasons that go with each, and whose fault a reason says it is."""

from enum import StrEnum


class CaseKind(StrEnum):
    """What is asked for (Kuaishou's handlingWay and Douyin's after-sale type; domain.md §2.2)."""

    REFUND_UNSHIPPED = "refund_unshipped"
    """Pieces that have not left are not wanted any more (Douyin 2 未发货仅退款)."""
    REFUND_ONLY = "refund_only"
    """Money back for pieces that have left, and nothing is sent back (Kuaishou 10, Douyin 1 已发货仅退款)."""
    RETURN_REFUND = "return_refund"
    """The pieces come back, then the money goes back (Kuaishou 1, Douyin 0 退货退款)."""
    EXCHANGE = "exchange"
    """The pieces come back, and the same leave once more (Kuaishou 3, Douyin 3 换货)."""
    RESEND = "resend"
    """Pieces are missing or broken and are sent once more; nothing comes back (Douyin 7 补寄)."""
    PRICE_PROTECTION = "price_protection"
    """The price fell soon after the purchase: the difference goes back (Douyin 6 价保)."""


COMES_BACK = frozenset({CaseKind.RETURN_REFUND, CaseKind.EXCHANGE})
"""Kinds in which the goods come back first."""
LEAVES_AGAIN = frozenset({CaseKind.EXCHANGE, CaseKind.RESEND})
"""Kinds that end with a parcel instead of money."""


class Fault(StrEnum):
    """Whose fault it is, as the buyer's reason says: it decides who bears freight."""

    SELLER = "seller"
    """The shop's, or its carrier's."""
    BUYER = "buyer"
    """The buyer does not want it; nobody did anything wrong."""
    NOBODY = "nobody"
    """Not said, or agreed between the two."""


class Reason(StrEnum):
    """Why an after-sale is asked for."""

    NO_REASON = "no_reason"
    """The buyer does not want it, and need not say why (七天无理由)."""
    QUALITY = "quality"
    """It is bad or does not work; counted in the quality refund rate (品质退款率, domain.md §5.3)."""
    NOT_AS_DESCRIBED = "not_as_described"
    """It is not what was shown or said."""
    WRONG_ITEM = "wrong_item"
    """Something else was sent."""
    MISSING = "missing"
    """Fewer pieces than were paid for, or parts are missing."""
    DAMAGED = "damaged"
    """It came broken."""
    NOT_RECEIVED = "not_received"
    """The parcel never came."""
    LATE = "late"
    """It was not shipped, or did not come, in the time that was promised."""
    OUT_OF_STOCK = "out_of_stock"
    """The shop cannot deliver it."""
    PRICE_DROP = "price_drop"
    """It became cheaper soon after the purchase."""
    AGREED = "agreed"
    """Buyer and shop agreed on it."""
    OTHER = "other"
    """Something else; the words say what."""


FAULT_OF: dict[Reason, Fault] = {
    Reason.NO_REASON: Fault.BUYER,
    Reason.QUALITY: Fault.SELLER,
    Reason.NOT_AS_DESCRIBED: Fault.SELLER,
    Reason.WRONG_ITEM: Fault.SELLER,
    Reason.MISSING: Fault.SELLER,
    Reason.DAMAGED: Fault.SELLER,
    Reason.NOT_RECEIVED: Fault.SELLER,
    Reason.LATE: Fault.SELLER,
    Reason.OUT_OF_STOCK: Fault.SELLER,
    Reason.PRICE_DROP: Fault.NOBODY,
    Reason.AGREED: Fault.NOBODY,
    Reason.OTHER: Fault.NOBODY,
}

REASONS: dict[CaseKind, tuple[Reason, ...]] = {
    CaseKind.REFUND_UNSHIPPED: (
        Reason.NO_REASON,
        Reason.LATE,
        Reason.OUT_OF_STOCK,
        Reason.AGREED,
        Reason.OTHER,
    ),
    CaseKind.REFUND_ONLY: (
        Reason.NOT_RECEIVED,
        Reason.MISSING,
        Reason.QUALITY,
        Reason.NOT_AS_DESCRIBED,
        Reason.WRONG_ITEM,
        Reason.DAMAGED,
        Reason.LATE,
        Reason.AGREED,
        Reason.OTHER,
    ),
    CaseKind.RETURN_REFUND: (
        Reason.NO_REASON,
        Reason.QUALITY,
        Reason.NOT_AS_DESCRIBED,
        Reason.WRONG_ITEM,
        Reason.DAMAGED,
        Reason.LATE,
        Reason.AGREED,
        Reason.OTHER,
    ),
    CaseKind.EXCHANGE: (
        Reason.QUALITY,
        Reason.NOT_AS_DESCRIBED,
        Reason.WRONG_ITEM,
        Reason.DAMAGED,
        Reason.AGREED,
        Reason.OTHER,
    ),
    CaseKind.RESEND: (
        Reason.MISSING,
        Reason.NOT_RECEIVED,
        Reason.WRONG_ITEM,
        Reason.DAMAGED,
        Reason.AGREED,
    ),
    CaseKind.PRICE_PROTECTION: (Reason.PRICE_DROP,),
}
"""Which reasons may be given for what, in the order in which a form shows them."""
