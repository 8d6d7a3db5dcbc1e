"""What payments refuse, and what a provider's refusals mean."""

from yellowcart.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from yellowcart.kernel.translation import N_
from yellowcart.payments.model import NotificationFault, ProviderMeaning


class PaymentUnknown(NotFound):
    """No such payment, or not yours."""

    code = "payment_unknown"
    message = N_("There is no such payment.")


class RefundUnknown(NotFound):
    """No such refund."""

    code = "refund_unknown"
    message = N_("There is no such refund.")


class FindingUnknown(NotFound):
    """No such finding."""

    code = "finding_unknown"
    message = N_("There is no such finding.")


class MethodNotOffered(Invalid):
    """The installation has no provider for this way to pay."""

    code = "method_not_offered"
    message = N_("This way to pay is not offered here. Choose another one.")


class PayerUnknown(Invalid):
    """The method needs to know who pays at the provider, and nobody said so."""

    code = "payer_unknown"
    message = N_("Open this page inside WeChat to pay this way, or send the payer's openid.")


class ProviderSilent(Unavailable):
    """The provider gave no answer, or one that cannot be believed. What became of the call is not known."""

    code = "provider_silent"
    message = N_("The payment provider does not answer at the moment. Try again, or choose another way to pay.")


class ProviderRefused(Conflict):
    """The provider said no. `meaning` says why, `provider_code` in its own word; neither is shown to buyers."""

    code = "provider_refused"
    message = N_("The payment provider does not take this payment now. Choose another way to pay.")

    def __init__(self, meaning: ProviderMeaning, provider_code: str, said: str = "") -> None:
        super().__init__()
        self.meaning = meaning
        self.provider_code = provider_code
        self.said = said

    def told(self) -> str:
        """The provider's word and sentence, for operators and logs; bounded."""
        return f"{self.provider_code}: {self.said}"[:300]


class RefundMoved(Conflict):
    """The refund is in a state in which this is not possible."""

    code = "refund_moved"
    message = N_("This refund has moved on; look at it again.")


class RefundDoneThere(Conflict):
    """The provider has given the money back: by hand it would go out a second time."""

    code = "refund_done_there"
    message = N_(
        "The provider has given this money back, and that is written down now. Do not pay it by hand; if you have"
        " done so already, ask for that payment back."
    )


class RefundUnderWayThere(Conflict):
    """The provider is giving the money back, or has taken that on and does not say what became of it."""

    code = "refund_under_way_there"
    message = N_(
        "The provider has taken this refund on and may give the money back at any time. Do not pay it by hand:"
        " wait, or have it tried again, until the provider says that it is done or refuses it."
    )


class RefundUncertain(Unavailable):
    """The provider does not say how the refund stands; by hand the money might go out a second time."""

    code = "refund_uncertain"
    message = N_(
        "The provider does not say how this refund stands: the money may be back already. Nothing was written"
        " down. Do not pay it by hand; ask again in some minutes."
    )


class RefundJustSent(Conflict):
    """The provider was told to give the money back a moment ago, and that may still be on its way to it."""

    code = "refund_just_sent"
    message = N_(
        "The provider was told to give this money back less than %(minutes)s minutes ago and may still do it. Do"
        " not pay it by hand yet; ask again after that."
    )


class PaymentDoubtful(Conflict):
    """An open finding says that our books of the payment and the provider's differ."""

    code = "payment_doubtful"
    message = N_(
        "There is an open finding about this payment: the money may be back already, or may never have come."
        " Decide the finding first."
    )


class PaidTooOften(TooMany):
    """So many payments were begun for one order that something is wrong with who begins them."""

    code = "paid_too_often"
    message = N_("You have begun to pay this order too many times. Wait until it closes, and order again.")
    retry_after_s = 600


class FindingMoved(Conflict):
    """Somebody has decided the finding already."""

    code = "finding_moved"
    message = N_("This finding was decided already.")


class NotificationRefused(Exception):
    """A notification that cannot be believed. The provider hears its own word for "no"; nobody else sees this."""

    def __init__(self, fault: NotificationFault, said: str = "") -> None:
        super().__init__(f"{fault}: {said}"[:300])
        self.fault = fault
        self.said = said[:300]


class ProviderSettingsError(Exception):
    """The file of payment providers cannot be used; says where and why, never with a secret in it."""
