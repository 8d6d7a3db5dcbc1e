"""How long each turn of a case may take: the defaults and where they come from."""

from enum import StrEnum


class Deadline(StrEnum):
    """A time that runs. The last two are windows in which something may be asked."""

    SELLER_ANSWERS_UNSHIPPED = "seller_answers_unshipped"
    """The shop answers a refund before shipment: 24 hours (domain.md §2.2)."""
    SELLER_ANSWERS_SHIPPED = "seller_answers_shipped"
    """The shop answers a refund after shipment: 36 hours (domain.md §2.2); for a resend our choice."""
    SELLER_ANSWERS_RETURN = "seller_answers_return"
    """The shop answers a return, its first stage: 36 hours (domain.md §2.2); for an exchange our choice."""
    SELLER_INSPECTS = "seller_inspects"
    """The shop looks at what came back and refunds: 48 hours from the sign-off (domain.md §2.2)."""
    RETURN_TRAVELS = "return_travels"
    """The return is on its way and no carrier has reported its arrival: 10 days, as long as a shipped order
    waits for its receipt. Our choice; then the shop had its time."""
    SELLER_REPLACES = "seller_replaces"
    """The shop sends the new parcel: 48 hours, as for an order (domain.md §2.1). Our choice."""
    BUYER_GOES_ON = "buyer_goes_on"
    """The buyer changes the request, accepts or calls the platform: 3 days. Our choice."""
    BUYER_SENDS_BACK = "buyer_sends_back"
    """The buyer sends the goods back: 7 days. Our choice."""
    BUYER_RECEIVES = "buyer_receives"
    """The buyer has the new parcel: 10 days, as for an order (domain.md §2.1). Our choice."""
    EVIDENCE = "evidence"
    """A side shows what the platform asks for: 48 hours. Our choice."""
    PLATFORM_DECIDES = "platform_decides"
    """The platform decides: 72 hours. Our choice."""
    CLAIM_WINDOW = "claim_window"
    """Goods that are bad can be claimed for so long after their receipt: 15 days. Our choice."""
    PRICE_WINDOW = "price_window"
    """A lower price counts for so long after the payment: 7 days. Our choice."""


HOUR_S = 3_600
DAY_S = 24 * HOUR_S

DEFAULTS_S: dict[Deadline, int] = {
    Deadline.SELLER_ANSWERS_UNSHIPPED: 24 * HOUR_S,
    Deadline.SELLER_ANSWERS_SHIPPED: 36 * HOUR_S,
    Deadline.SELLER_ANSWERS_RETURN: 36 * HOUR_S,
    Deadline.SELLER_INSPECTS: 48 * HOUR_S,
    Deadline.RETURN_TRAVELS: 10 * DAY_S,
    Deadline.SELLER_REPLACES: 48 * HOUR_S,
    Deadline.BUYER_GOES_ON: 3 * DAY_S,
    Deadline.BUYER_SENDS_BACK: 7 * DAY_S,
    Deadline.BUYER_RECEIVES: 10 * DAY_S,
    Deadline.EVIDENCE: 48 * HOUR_S,
    Deadline.PLATFORM_DECIDES: 72 * HOUR_S,
    Deadline.CLAIM_WINDOW: 15 * DAY_S,
    Deadline.PRICE_WINDOW: 7 * DAY_S,
}
SHORTEST_S = HOUR_S
LONGEST_S = 60 * DAY_S
