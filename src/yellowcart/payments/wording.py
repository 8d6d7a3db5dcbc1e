"""How pages call the ways to pay, the providers, and what is found about them."""

from yellowcart.kernel.translation import N_
from yellowcart.payments.model import (
    BillState,
    FindingKind,
    NotificationFault,
    NotificationOutcome,
    PaymentMethod,
    RefundCause,
)

METHOD_WORDS: dict[PaymentMethod, tuple[str, str, str]] = {
    PaymentMethod.WECHAT_NATIVE: (
        N_("WeChat Pay"),
        N_("Scan a code with WeChat on your phone"),
        "ways/wechat.svg",
    ),
    PaymentMethod.WECHAT_H5: (N_("WeChat Pay"), N_("Opens WeChat on this phone"), "ways/wechat.svg"),
    PaymentMethod.WECHAT_JSAPI: (N_("WeChat Pay"), N_("Pay here, inside WeChat"), "ways/wechat.svg"),
    PaymentMethod.ALIPAY_PAGE: (N_("Alipay"), N_("On Alipay's page, or by its code"), "ways/alipay.svg"),
    PaymentMethod.ALIPAY_WAP: (N_("Alipay"), N_("Opens Alipay on this phone"), "ways/alipay.svg"),
    PaymentMethod.SANDBOX: (
        N_("Sandbox bank"),
        N_("A practice bank: no real money moves."),
        "ways/sandbox.svg",
    ),
}
"""Name, what happens next, and our own drawing."""

PROVIDER_WORDS: dict[str, str] = {
    "wechat": N_("WeChat Pay"),
    "alipay": N_("Alipay"),
    "sandbox": N_("Sandbox bank"),
}

METHOD_NAMES: dict[PaymentMethod, str] = {
    PaymentMethod.SANDBOX: N_("Sandbox bank"),
    PaymentMethod.WECHAT_NATIVE: N_("WeChat Pay, code"),
    PaymentMethod.WECHAT_H5: N_("WeChat Pay, phone"),
    PaymentMethod.WECHAT_JSAPI: N_("WeChat Pay, inside WeChat"),
    PaymentMethod.ALIPAY_PAGE: N_("Alipay, computer"),
    PaymentMethod.ALIPAY_WAP: N_("Alipay, phone"),
}
"""For operators, who tell the products of one provider apart."""

CAUSE_WORDS: dict[RefundCause, str] = {
    RefundCause.SURPLUS: N_("Money that came too late or twice"),
    RefundCause.AFTERSALE: N_("After-sale"),
}

FINDING_WORDS: dict[FindingKind, tuple[str, str]] = {
    FindingKind.BAD_SIGNATURE: (
        N_("Notifications without a valid signature"),
        N_("Somebody sends what the provider did not sign, or old notifications again. They changed nothing."),
    ),
    FindingKind.UNREADABLE: (
        N_("A notification that cannot be used"),
        N_("It was signed, but meant for another merchant, sealed with another key, or of an unknown form."),
    ),
    FindingKind.UNKNOWN_PAYMENT: (
        N_("A payment that we do not know"),
        N_("The provider tells of it, and we never opened it there. Another system may use the same account."),
    ),
    FindingKind.UNKNOWN_REFUND: (
        N_("A refund that we do not know"),
        N_("The provider tells of it, and we never asked: perhaps it was made in the provider's own office."),
    ),
    FindingKind.AMOUNT_DIFFERS: (
        N_("The amount differs"),
        N_("Nothing was credited by an amount that is not ours. Ask the provider, then decide."),
    ),
    FindingKind.CURRENCY_DIFFERS: (
        N_("Another currency"),
        N_("The provider names an amount that is not in yuan. Nothing was credited by it. Ask it, then decide."),
    ),
    FindingKind.GIVEN_BACK_THERE: (
        N_("Paid, and given back in the provider's office"),
        N_(
            "The money came and went back in the provider's own office before it was counted here: nothing was"
            " credited, and nothing is shipped for it. Look there whether the whole sum is back, and give back"
            " there what is not. Then decide this finding: the payment ends, and the order stays unpaid."
        ),
    ),
    FindingKind.STATE_DIFFERS: (
        N_("The provider says otherwise"),
        N_("A notification or a bill says that it went through; the provider's answer or our books do not."),
    ),
    FindingKind.MISSING_THERE: (
        N_("On none of the provider's bills"),
        N_("We have it as done. If no later bill names it, ask the provider."),
    ),
    FindingKind.LOST_NOTIFICATION: (
        N_("A lost notification"),
        N_("Only the bill told us. The provider was asked, and what was missing is written down now."),
    ),
}
"""Name, and what it means for whoever has to decide."""

OUTCOME_WORDS: dict[NotificationOutcome, str] = {
    NotificationOutcome.TAKEN_IN: N_("taken in, not finished"),
    NotificationOutcome.SETTLED: N_("written down"),
    NotificationOutcome.FOUND_WRONG: N_("does not fit"),
}

FAULT_WORDS: dict[str, str] = {
    NotificationFault.SIGNATURE.value: N_("The signature is missing or not the provider's."),
    NotificationFault.STALE.value: N_("The timestamp is too old."),
    NotificationFault.UNREADABLE.value: N_("The content could not be unlocked or read."),
    NotificationFault.FOREIGN.value: N_("It is meant for another merchant or app."),
}

BILL_WORDS: dict[BillState, str] = {
    BillState.AWAITED: N_("awaited"),
    BillState.COMPARED: N_("compared"),
}

NOTE_WORDS: dict[str, str] = {
    "came right by itself": N_("It came right by itself."),
    "asked the provider and written down by itself": N_("The provider was asked, and it was written down."),
}
"""What the platform itself notes on findings, in the reader's language."""

FAILURE_WORDS: dict[str, str] = {
    "no answer from the provider": N_("The provider does not answer."),
    "the buyer's account does not take the money back": N_("The buyer's account does not take the money back."),
    "the provider closed the refund": N_("The provider closed the refund."),
    "the provider gave back another amount": N_("The provider gave back another amount."),
    "the bill could not be compared": N_("The platform itself failed at this bill; its log says how."),
}
"""Failures of refunds and bills in our own words; a provider's words stand as they came."""
