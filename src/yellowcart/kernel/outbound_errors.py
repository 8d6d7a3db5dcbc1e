"""Why something was not fetched from outside.

OutboundRefusal
├── AddressUnusable    no web address, or one with a port, a user or a length that is not taken
├── HostNotAllowed     the host is not among those that may be asked, at the first hop or at a later one
├── HostNotPublic      the host leads into a private network
├── HostUnknown        no such host
├── TooManyHops        it led on and on, or in a circle
├── TooSlow            the time ran out
└── NoAnswer           nobody answered, or in a way that cannot be read
"""

from yellowcart.kernel.errors import Invalid, Refusal, Unavailable
from yellowcart.kernel.translation import N_


class OutboundRefusal(Refusal):
    """Something was not fetched from outside."""

    code = "outbound_refusal"
    message = N_("This address could not be fetched.")


class AddressUnusable(OutboundRefusal, Invalid):
    """It is no web address that may be asked: another scheme, a port, a user, or far too long."""

    code = "address_unusable"
    message = N_("This is not a web address that can be fetched: it must begin with http:// or https://.")


class HostNotAllowed(OutboundRefusal, Invalid):
    """The host is not among those that may be asked."""

    code = "host_not_allowed"
    message = N_("The address leads to %(host)s, which may not be asked.")


class HostNotPublic(OutboundRefusal, Invalid):
    """The host has an address in a private network."""

    code = "host_not_public"
    message = N_("The address leads to %(host)s, which is not on the public internet.")


class HostUnknown(OutboundRefusal, Unavailable):
    """The name of the host leads nowhere."""

    code = "host_unknown"
    message = N_("There is no host called %(host)s.")


class TooManyHops(OutboundRefusal, Unavailable):
    """It led on and on, or in a circle."""

    code = "too_many_hops"
    message = N_("The address leads on more than %(most)s times.")


class TooSlow(OutboundRefusal, Unavailable):
    """The time ran out."""

    code = "outbound_too_slow"
    message = N_("%(host)s did not answer in time.")


class NoAnswer(OutboundRefusal, Unavailable):
    """Nobody answered, or in a way that cannot be read."""

    code = "outbound_no_answer"
    message = N_("%(host)s did not answer, or not in a way that can be read.")
