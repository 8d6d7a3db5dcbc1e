"""Decisions about payments: what an answer changes, when to ask again, what a cashier offers."""

from datetime import datetime, timedelta
from enum import StrEnum

from yellowcart.payments.gateway import YUAN, Charge, GatewayState, RefundAnswer, RefundProgress
from yellowcart.payments.model import PAYMENT_MOVES, FindingKind, Payment, PaymentMethod, PaymentState

ASK_FIRST_AFTER_S = 20
"""A payment that nobody told us about is asked for after so many seconds, then after twice as many each time."""
ASK_AGAIN_S_MAX = 1_800
EXPIRY_S_MIN = 90
"""The least life of a charge at a provider: WeChat Pay takes none that ends within a minute (time_expire)."""
CLOSE_AFTER_EXPIRY_S = 60
"""A charge that says it is open so long after its end is closed by us."""

REFUND_AGAIN_S = 30
REFUND_AGAIN_S_MAX = 6 * 3_600
REFUND_ATTEMPTS_MAX = 36
"""A refund that was tried so often without success, which takes a week, fails, and an operator gets it."""

SENT_QUIET_S = 300
"""So long after a provider was told to give money back nobody ends that refund by hand: a call that was given up
here (after 66 s at most, `calls_in_threads`) may still arrive there."""

LOOK_EVERY_S = 3
LOOKS_AT_ONCE = 4
"""However often somebody comes by to ask how a payment stands, its provider is asked so often at once, and then no
more often than every LOOK_EVERY_S seconds: enough for who goes to and fro between the cashier and a provider."""
PROMPT_AGAIN_S = 3
"""Who opens the same payment again so soon is shown what they were shown, and the provider hears nothing of it."""
PAYMENTS_OF_ORDER_MAX = 20
"""Payments that may be begun for one order, by changing the way to pay or because the provider closed them."""

LEAVE_GRACE_S = 60
"""A buyer who leaves the cashier keeps the goods for so many seconds, to come back."""
AT_THE_BANK_S = 300
"""A buyer who was sent to a provider, or was shown a code, keeps the goods for so many seconds from then on."""


class Device(StrEnum):
    """What a buyer pays with, as far as a browser says."""

    COMPUTER = "computer"
    """A screen to scan a code from, or to sign in at a provider's page."""
    PHONE = "phone"
    """A phone's browser, which hands over to a provider's app."""
    WECHAT = "wechat"
    """WeChat's own browser, in which no other provider's page opens."""


SUITS: dict[Device, tuple[PaymentMethod, ...]] = {
    Device.COMPUTER: (PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE, PaymentMethod.SANDBOX),
    Device.PHONE: (PaymentMethod.ALIPAY_WAP, PaymentMethod.WECHAT_H5, PaymentMethod.SANDBOX),
    Device.WECHAT: (PaymentMethod.WECHAT_JSAPI, PaymentMethod.SANDBOX),
}


def device_of(user_agent: str) -> Device:
    """The device of a browser, by how it names itself. A wrong guess costs a tap: every method stays payable."""
    if "MicroMessenger/" in user_agent:
        return Device.WECHAT
    return Device.PHONE if any(word in user_agent for word in ("Mobile", "Android", "iPhone")) else Device.COMPUTER


def methods_for(device: Device, offered: tuple[PaymentMethod, ...]) -> list[PaymentMethod]:
    """What the cashier offers on a device, the likeliest first; everything there is where nothing suits."""
    suiting = [method for method in SUITS[device] if method in offered]
    real = [method for method in suiting if method is not PaymentMethod.SANDBOX]
    others = [method for method in offered if method not in suiting and method is not PaymentMethod.SANDBOX]
    return suiting if real or not others else [*others, *suiting]


def payment_after(
    payment: Payment,
    charge: Charge | None,
    *,
    order_waits: bool,
    system_now: datetime,
    fault_is_decided: bool = False,
) -> PaymentState | None:
    """Which state a payment gets by what its provider answers; None when it stays as it is.

    `order_waits` tells whether the order may still be paid. Money that is not ours to count (`charge_fault`)
    changes nothing: it is a finding, and once an operator has decided that (`fault_is_decided`), the payment is
    over. A charge that the provider never heard of is over once it can not be opened any more.
    """
    if charge is None:
        over = payment.expires_at is None or system_now > payment.expires_at + timedelta(
            seconds=CLOSE_AFTER_EXPIRY_S
        )
        after = PaymentState.LAPSED if over else None
    elif charge.state is GatewayState.PAID:
        if charge_fault(charge, payment.amount_fen) is None:
            after = PaymentState.SUCCEEDED if order_waits else PaymentState.SURPLUS
        else:
            after = PaymentState.LAPSED if fault_is_decided else None
    else:
        after = {GatewayState.REFUSED: PaymentState.REFUSED, GatewayState.CLOSED: PaymentState.LAPSED}.get(
            charge.state
        )
    return after if after in PAYMENT_MOVES[payment.state] else None


def charge_fault(charge: Charge, ours_fen: int) -> FindingKind | None:
    """Why the money of a charge cannot be counted for a payment of `ours_fen` that has not been written down yet;
    None when it can, or when there is none.

    We give nothing back of such a payment: what went back was given back by somebody else, and is not there.
    """
    if charge.state is not GatewayState.PAID:
        return None
    if charge.given_back:
        return FindingKind.GIVEN_BACK_THERE
    return amount_fault(charge.amount_fen, charge.currency, ours_fen)


def amount_fault(theirs_fen: int, currency: str, ours_fen: int) -> FindingKind | None:
    """What is wrong with an amount that a provider names for one of ours; None when it is the same sum of yuan."""
    if currency != YUAN:
        return FindingKind.CURRENCY_DIFFERS
    return None if theirs_fen == ours_fen else FindingKind.AMOUNT_DIFFERS


def is_past(payment: Payment, system_now: datetime) -> bool:
    """Whether the provider should not take money for a payment any more."""
    if payment.expires_at is None:
        return False
    return system_now > payment.expires_at + timedelta(seconds=CLOSE_AFTER_EXPIRY_S)


def shows_again(prompted_at: datetime, now: datetime) -> bool:
    """Whether a payment that is opened again is shown as it was, because that was only a moment ago."""
    return prompted_at <= now < prompted_at + timedelta(seconds=PROMPT_AGAIN_S)


def ask_again_after(asked: int) -> timedelta:
    """How long to wait before an open payment is asked for again, when it was asked for `asked` times: 20 s, 40 s,
    80 s and so on up to half an hour."""
    return timedelta(seconds=min(ASK_FIRST_AFTER_S << min(asked, 10), ASK_AGAIN_S_MAX))


def refund_again_after(attempts: int) -> timedelta:
    """How long to wait before a refund is tried again after so many attempts: 30 s, 60 s, up to six hours."""
    return timedelta(seconds=min(REFUND_AGAIN_S << min(max(attempts - 1, 0), 12), REFUND_AGAIN_S_MAX))


class ByHand(StrEnum):
    """Whether a failed refund may be ended by hand, by what its provider says of it."""

    FREE = "free"
    """The provider has not done it and will not."""
    DONE = "done"
    """The provider has done it."""
    OTHER_AMOUNT = "other_amount"
    """The provider has given back another amount: what became of the difference is for a person to find out."""
    UNDER_WAY = "under_way"
    """The provider may still do it."""


def by_hand(answer: RefundAnswer, amount_fen: int, *, was_taken_on: bool) -> ByHand:
    """What a provider's answer about a refund of `amount_fen` means for giving it back by hand. A provider that
    had taken it on (`was_taken_on`) and knows nothing of it now is not believed: it may still do it."""
    match answer.progress:
        case RefundProgress.DONE:
            return ByHand.DONE if answer.amount_fen in {None, amount_fen} else ByHand.OTHER_AMOUNT
        case RefundProgress.PROCESSING:
            return ByHand.UNDER_WAY
        case RefundProgress.UNKNOWN:
            return ByHand.UNDER_WAY if was_taken_on else ByHand.FREE
        case RefundProgress.ABNORMAL | RefundProgress.CLOSED:
            return ByHand.FREE


def was_just_sent(sent_at: datetime | None, now: datetime) -> bool:
    """Whether the provider was told to give a refund back so lately that the call may still be on its way."""
    return sent_at is not None and now < sent_at + timedelta(seconds=SENT_QUIET_S)


def expiry(left: timedelta, system_now: datetime) -> datetime:
    """When a charge ends at its provider, by the machine's clock, for an order that has `left` time to be paid."""
    return system_now + max(left, timedelta(seconds=EXPIRY_S_MIN))


def kept_after_leaving(now: datetime, last_prompted_at: datetime | None) -> datetime:
    """Until when a buyer who leaves the cashier keeps the goods.

    Somebody who was sent to a provider, or was shown a code to scan, is likely paying on another page or another
    device: they have five minutes from then on. Everybody else has a minute to come back.
    """
    soon = now + timedelta(seconds=LEAVE_GRACE_S)
    if last_prompted_at is None:
        return soon
    return max(soon, last_prompted_at + timedelta(seconds=AT_THE_BANK_S))
