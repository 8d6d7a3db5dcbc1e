"""The after-sales of a demo world as scripts: what is asked, and which turns follow after how many hours. Invented
for the demo; how a case moves is the state machine's own."""

from enum import Enum
from typing import NamedTuple

from yellowcart.aftersales.reasons import CaseKind, Reason


class Since(Enum):
    """What must have happened to an order for a script."""

    SHIPPED = "shipped"
    """all of it is on its way, and not received"""
    DELIVERED = "delivered"
    """received by its buyer"""
    FALLEN = "fallen"
    """paid before the price fell"""


class Turn(Enum):
    """What somebody does with a case."""

    AGREE = "agree"
    """the shop grants it"""
    REFUSE = "refuse"
    """the shop says no"""
    OFFER = "offer"
    """the shop proposes a part of the money"""
    CHANGE = "change"
    """the buyer shows more and asks anew"""
    ACCEPT = "accept"
    """the buyer takes what the shop proposed"""
    SEND_BACK = "send_back"
    """the buyer gives the goods to a carrier"""
    ARRIVE = "arrive"
    """the carrier brings them to the shop"""
    CONFIRM = "confirm"
    """the shop takes them back"""
    REJECT = "reject"
    """the shop does not take them as they are"""
    REPLACE = "replace"
    """the shop sends a new parcel"""
    RECEIVE = "receive"
    """the buyer has it"""
    CALL = "call"
    """the buyer calls the platform"""
    BUYER_SHOWS = "buyer_shows"
    """the buyer brings evidence"""
    SELLER_SHOWS = "seller_shows"
    """the shop brings evidence"""
    DEMAND = "demand"
    """the platform asks the buyer for more"""
    TAKE = "take"
    """an operator takes the case up"""
    FOR_BUYER = "for_buyer"
    """the platform decides for the buyer"""
    SPLIT = "split"
    """the platform gives a part back"""
    FOR_SELLER = "for_seller"
    """the platform decides for the shop"""
    CLOSE = "close"
    """the platform ends it without a decision"""
    WITHDRAW = "withdraw"
    """the buyer gives it up"""
    BOUNCE = "bounce"
    """the gateway will not give the money back by itself: an operator must look at it"""


class Script(NamedTuple):
    """A case: what is asked and why, of which part (percent of the most; None for all of it), with a picture of
    what, and its turns with the hours between them. It stands so many hours (`age_h`) where the turns lead as the
    world begins; `times` are how many such cases there are."""

    name: str
    since: Since
    kind: CaseKind
    reason: Reason
    words: str
    age_h: tuple[float, float]
    turns: tuple[tuple[Turn, float], ...] = ()
    part: int | None = None
    pieces: int | None = None
    picture: str | None = None
    by_shop: bool = False
    times: int = 2


_K, _R, _T = CaseKind, Reason, Turn

SCRIPTS: tuple[Script, ...] = (
    # The shop has to answer: with much time, and with hardly any.
    Script("asked", Since.SHIPPED, _K.REFUND_ONLY, _R.NOT_RECEIVED, "not-received-open", (2, 9), times=3),
    Script("asked late", Since.SHIPPED, _K.REFUND_ONLY, _R.LATE, "late-open", (33, 35.5), times=2),
    Script("asked return", Since.DELIVERED, _K.RETURN_REFUND, _R.QUALITY, "crack-open", (1, 8),
           picture="crack", times=3),
    Script("asked broken", Since.DELIVERED, _K.REFUND_ONLY, _R.DAMAGED, "damaged-open", (0.5, 5), part=50,
           picture="crushed", times=3),
    Script("asked exchange", Since.DELIVERED, _K.EXCHANGE, _R.WRONG_ITEM, "exchange-open", (3, 20),
           picture="seam"),
    # The buyer's turn.
    Script("refused", Since.DELIVERED, _K.REFUND_ONLY, _R.NOT_AS_DESCRIBED, "not-as-described-open", (3, 30),
           ((_T.REFUSE, 5),), part=40, picture="scale", times=2),
    Script("offered", Since.DELIVERED, _K.RETURN_REFUND, _R.DAMAGED, "damaged-open", (2, 18), ((_T.OFFER, 4),),
           picture="crushed", times=2),
    Script("granted return", Since.DELIVERED, _K.RETURN_REFUND, _R.NO_REASON, "no-reason-open", (4, 30), times=3),
    Script("agreed return", Since.DELIVERED, _K.RETURN_REFUND, _R.QUALITY, "seam-open", (6, 30),
           ((_T.AGREE, 3),), picture="seam", times=2),
    Script("rejected return", Since.DELIVERED, _K.RETURN_REFUND, _R.NO_REASON, "no-reason-open", (2, 12),
           ((_T.SEND_BACK, 6), (_T.ARRIVE, 22), (_T.REJECT, 5)), times=1),
    # On the way back, and there.
    Script("sent back", Since.DELIVERED, _K.RETURN_REFUND, _R.NO_REASON, "no-reason-open", (5, 24),
           ((_T.SEND_BACK, 8),), times=2),
    Script("came back", Since.DELIVERED, _K.RETURN_REFUND, _R.QUALITY, "crack-open", (3, 30),
           ((_T.AGREE, 2), (_T.SEND_BACK, 5), (_T.ARRIVE, 20)), picture="crack", times=2),
    # New parcels.
    Script("to replace", Since.DELIVERED, _K.RESEND, _R.MISSING, "missing-open", (4, 30), ((_T.AGREE, 3),),
           picture="label", times=2),
    Script("replaced", Since.DELIVERED, _K.RESEND, _R.DAMAGED, "damaged-open", (8, 30),
           ((_T.AGREE, 2), (_T.REPLACE, 6)), picture="crushed", times=2),
    Script("exchange under way", Since.DELIVERED, _K.EXCHANGE, _R.QUALITY, "exchange-open", (3, 20),
           ((_T.AGREE, 2), (_T.SEND_BACK, 4), (_T.ARRIVE, 18), (_T.CONFIRM, 3)), picture="seam", times=1),
    Script("resent", Since.DELIVERED, _K.RESEND, _R.MISSING, "missing-open", (2, 30),
           ((_T.AGREE, 2), (_T.REPLACE, 5), (_T.RECEIVE, 30)), picture="label", times=1),
    # The platform.
    Script("evidence of the shop", Since.DELIVERED, _K.REFUND_ONLY, _R.QUALITY, "crack-open", (6, 44),
           ((_T.REFUSE, 4), (_T.CALL, 3)), picture="crack", times=2),
    Script("evidence of the buyer", Since.DELIVERED, _K.RETURN_REFUND, _R.NOT_AS_DESCRIBED,
           "not-as-described-open", (4, 20), ((_T.REFUSE, 3), (_T.CALL, 2), (_T.SELLER_SHOWS, 5), (_T.DEMAND, 6)),
           picture="scale", times=1),
    Script("to decide", Since.DELIVERED, _K.REFUND_ONLY, _R.DAMAGED, "damaged-open", (3, 30),
           ((_T.REFUSE, 4), (_T.CALL, 3), (_T.SELLER_SHOWS, 8)), part=60, picture="crushed", times=3),
    Script("to decide, taken", Since.DELIVERED, _K.RETURN_REFUND, _R.QUALITY, "crack-open", (0.3, 1.2),
           ((_T.REFUSE, 4), (_T.CHANGE, 2), (_T.REFUSE, 3), (_T.CALL, 2), (_T.SELLER_SHOWS, 6),
            (_T.BUYER_SHOWS, 3), (_T.TAKE, 5)), picture="crack", times=1),
    Script("decided for the buyer", Since.DELIVERED, _K.REFUND_ONLY, _R.QUALITY, "crack-open", (1, 24),
           ((_T.REFUSE, 3), (_T.CALL, 2), (_T.SELLER_SHOWS, 6), (_T.FOR_BUYER, 9)), picture="crack", times=1),
    Script("split", Since.DELIVERED, _K.RETURN_REFUND, _R.NOT_AS_DESCRIBED, "not-as-described-open", (2, 20),
           ((_T.REFUSE, 3), (_T.CALL, 3), (_T.SELLER_SHOWS, 5), (_T.SPLIT, 8)), picture="scale", times=1),
    Script("decided for the shop", Since.DELIVERED, _K.REFUND_ONLY, _R.NOT_AS_DESCRIBED, "unlike-open",
           (2, 20), ((_T.REFUSE, 3), (_T.CALL, 2), (_T.SELLER_SHOWS, 4), (_T.FOR_SELLER, 8)), picture="whole",
           times=1),
    Script("closed", Since.DELIVERED, _K.REFUND_ONLY, _R.OTHER, "change", (2, 24),
           ((_T.REFUSE, 4), (_T.CALL, 2), (_T.CLOSE, 6)), times=1),
    # Done, one way or the other.
    Script("refunded", Since.SHIPPED, _K.REFUND_ONLY, _R.NOT_RECEIVED, "not-received-open", (2, 20),
           ((_T.AGREE, 5),), times=2),
    Script("settled", Since.DELIVERED, _K.REFUND_ONLY, _R.DAMAGED, "damaged-open", (3, 24),
           ((_T.OFFER, 3), (_T.ACCEPT, 2)), picture="crushed", times=2),
    Script("returned", Since.DELIVERED, _K.RETURN_REFUND, _R.NO_REASON, "no-reason-open", (1, 14),
           ((_T.SEND_BACK, 4), (_T.ARRIVE, 20), (_T.CONFIRM, 4)), times=3),
    Script("one of several returned", Since.DELIVERED, _K.RETURN_REFUND, _R.QUALITY, "seam-open", (1, 10),
           ((_T.AGREE, 2), (_T.SEND_BACK, 4), (_T.ARRIVE, 18), (_T.CONFIRM, 4)), pieces=1, picture="seam",
           times=1),
    Script("given up", Since.DELIVERED, _K.REFUND_ONLY, _R.OTHER, "no-reason-open", (2, 30), ((_T.WITHDRAW, 2),),
           times=2),
    Script("given by the shop", Since.DELIVERED, _K.REFUND_ONLY, _R.AGREED, "offer", (2, 40), part=20,
           by_shop=True, times=2),
    Script("bounced", Since.SHIPPED, _K.REFUND_ONLY, _R.NOT_RECEIVED, "not-received-open", (2, 12),
           ((_T.AGREE, 3), (_T.BOUNCE, 0.01)), times=1),
    Script("price fell", Since.FALLEN, _K.PRICE_PROTECTION, _R.PRICE_DROP, "price-open", (2, 12), times=2),
)  # fmt: skip
