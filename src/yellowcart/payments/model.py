"""Payments, refunds and what is found about them, as values with their states."""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import OrderId, PaymentId, ShopId


class PaymentState(StrEnum):
    """The life of one attempt to pay."""

    PREPARED = "prepared"
    """The cashier is open; no money has moved."""
    SUCCEEDED = "succeeded"
    """The gateway has the money."""
    REFUSED = "refused"
    """The gateway refused; the buyer may try again."""
    LAPSED = "lapsed"
    """Closed at the gateway before anything happened: the time was over, or the buyer chose another way."""
    SURPLUS = "surplus"
    """The money arrived for an order that was closed or already paid; it goes back by itself."""


PAYMENT_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.PREPARED: frozenset(
        {PaymentState.SUCCEEDED, PaymentState.REFUSED, PaymentState.LAPSED, PaymentState.SURPLUS}
    ),
    # Money may still come for what was thought to be over: a bank that was slow, a notification that was lost.
    PaymentState.REFUSED: frozenset({PaymentState.SUCCEEDED, PaymentState.SURPLUS}),
    PaymentState.LAPSED: frozenset({PaymentState.SUCCEEDED, PaymentState.SURPLUS}),
    PaymentState.SUCCEEDED: frozenset(),
    PaymentState.SURPLUS: frozenset(),
}


class PaymentMethod(StrEnum):
    """How a payer pays, as the cashier offers it."""

    SANDBOX = "sandbox"
    """The sandbox cashier; no money moves."""
    WECHAT_NATIVE = "wechat_native"
    """WeChat Pay, a code on the screen that a phone scans."""
    WECHAT_H5 = "wechat_h5"
    """WeChat Pay from a phone's browser."""
    WECHAT_JSAPI = "wechat_jsapi"
    """WeChat Pay inside WeChat's own browser."""
    ALIPAY_PAGE = "alipay_page"
    """Alipay on a computer."""
    ALIPAY_WAP = "alipay_wap"
    """Alipay from a phone's browser."""


class RefundCause(StrEnum):
    """Why money goes back."""

    SURPLUS = "surplus"
    """It came for an order that was closed or already paid."""
    AFTERSALE = "aftersale"
    """An after-sale case decided so; `subject` names the case."""


class RefundState(StrEnum):
    """The life of a refund."""

    REQUESTED = "requested"
    """Decided here, not yet carried out by the gateway."""
    SUCCEEDED = "succeeded"
    """The gateway gave the money back, or an operator did by hand."""
    FAILED = "failed"
    """The gateway will not do it by itself; an operator must look at it."""


REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    RefundState.REQUESTED: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    # An operator has it tried again, or gives the money back by another way.
    RefundState.FAILED: frozenset({RefundState.REQUESTED, RefundState.SUCCEEDED}),
    RefundState.SUCCEEDED: frozenset(),
}


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to pay an order through a gateway. Amounts in fen.

    `paid_at` is the provider's own moment; `expires_at` (the machine's clock) is after when the provider takes no
    money any more.
    """

    shop_id: ShopId
    payment_id: PaymentId
    order_id: OrderId
    gateway: str
    method: PaymentMethod
    state: PaymentState
    amount_fen: int
    refunded_fen: int
    prepared_at: datetime
    finished_at: datetime | None
    paid_at: datetime | None = None
    expires_at: datetime | None = None
    gateway_reference: str | None = None
    closing: bool = False


class ProviderMeaning(StrEnum):
    """What a provider's refusal means for us, whatever word it has for it."""

    ALREADY_PAID = "already_paid"
    """The charge was paid; asking will show it."""
    REFERENCE_USED = "reference_used"
    """The reference stands for a charge with other particulars, or for one that is over."""
    CLOSED = "closed"
    """The charge is closed."""
    NOT_THERE = "not_there"
    """The provider knows no such charge or refund."""
    TOO_OFTEN = "too_often"
    """Too many requests; waiting helps."""
    BROKEN = "broken"
    """A failure of the provider's own; what became of the call is not known, and a repeat is right."""
    BALANCE_LOW = "balance_low"
    """The merchant's account does not hold enough to refund; it goes through once it does."""
    NOT_PERMITTED = "not_permitted"
    """The merchant's contract does not cover this, or is suspended."""
    MISCONFIGURED = "misconfigured"
    """Keys, merchant number or app id are not right: the installation's settings are wrong."""
    OVER_LIMIT = "over_limit"
    """The amount is over a limit of the provider's or the payer's."""
    PAYER_UNABLE = "payer_unable"
    """The payer's account cannot pay, or cannot take money back."""
    INVALID = "invalid"
    """The provider does not accept the request as it is; repeating it changes nothing."""


PASSING = frozenset(
    {
        ProviderMeaning.TOO_OFTEN,
        ProviderMeaning.BROKEN,
        ProviderMeaning.BALANCE_LOW,
        ProviderMeaning.NOT_PERMITTED,
        ProviderMeaning.MISCONFIGURED,
    }
)
"""Refusals that can pass, by waiting or by what an operator sets right: a refund is tried again by itself."""


class NotificationFault(StrEnum):
    """Why a notification is not believed."""

    SIGNATURE = "signature"
    """Its signature is missing, of another kind, or not the provider's."""
    STALE = "stale"
    """Its timestamp is too far from now: perhaps an old one, sent again by somebody else."""
    UNREADABLE = "unreadable"
    """Signed, and yet not of the form that is documented."""
    FOREIGN = "foreign"
    """Meant for another merchant or another app."""
    PROBE = "probe"
    """The provider tries whether we check signatures: refused, and nothing to tell anybody of."""


class NotificationOutcome(StrEnum):
    """What became of a notification whose signature holds."""

    TAKEN_IN = "taken_in"
    """Noted; what it tells of has not been written down yet. A repeat goes on from here."""
    SETTLED = "settled"
    """What it told of is written down."""
    FOUND_WRONG = "found_wrong"
    """It does not fit what we or the provider know; a finding says how."""


class FindingKind(StrEnum):
    """What can be wrong between our books and a provider's."""

    BAD_SIGNATURE = "bad_signature"
    """Notifications came that the provider did not sign, or that are too old."""
    UNREADABLE = "unreadable"
    """A notification was signed, but is not of the documented form, or meant for another merchant."""
    UNKNOWN_PAYMENT = "unknown_payment"
    """The provider tells of a payment that we never opened with it."""
    UNKNOWN_REFUND = "unknown_refund"
    """The provider tells of a refund that we never asked for."""
    AMOUNT_DIFFERS = "amount_differs"
    """The provider names another amount than we do."""
    CURRENCY_DIFFERS = "currency_differs"
    """The provider names an amount of another currency."""
    GIVEN_BACK_THERE = "given_back_there"
    """Money came for a payment and went back in the provider's own office before it was written down here."""
    STATE_DIFFERS = "state_differs"
    """The provider says it went through, and its own answer or our books say it did not."""
    MISSING_THERE = "missing_there"
    """We have it as done, and it is on none of the provider's bills."""
    LOST_NOTIFICATION = "lost_notification"
    """Only the bill told us of it; what had been missed was written down then."""


class FindingState(StrEnum):
    """Whether somebody still has to look at a finding."""

    OPEN = "open"
    """Nobody has decided it."""
    RESOLVED = "resolved"
    """Set right, by a person or by the platform itself."""
    IGNORED = "ignored"
    """An operator decided that nothing has to be done."""


FINDING_MOVES: dict[FindingState, frozenset[FindingState]] = {
    FindingState.OPEN: frozenset({FindingState.RESOLVED, FindingState.IGNORED}),
    # What was set right and is found again is open again, unless it is a fact that never changes (KEEPS_DECIDED).
    FindingState.RESOLVED: frozenset({FindingState.OPEN}),
    FindingState.IGNORED: frozenset(),
}


KEEPS_DECIDED = frozenset({FindingKind.AMOUNT_DIFFERS, FindingKind.CURRENCY_DIFFERS, FindingKind.GIVEN_BACK_THERE})
"""What a provider will say for ever: once a person has decided it, seeing the same again is no news."""


class BillState(StrEnum):
    """How far the comparison of one provider's day is."""

    AWAITED = "awaited"
    """The provider has not given its bill yet."""
    COMPARED = "compared"
    """Every line of it was held against our books."""
