"""Names of what after-sales know, as pages, messages and API say them alike."""

from yellowcart.aftersales.deadlines import Deadline
from yellowcart.aftersales.model import Action, Actor, AutoRule, CaseState, EndReason
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.kernel.translation import N_

KIND_NAMES: dict[CaseKind, str] = {
    CaseKind.REFUND_UNSHIPPED: N_("Refund before shipment"),
    CaseKind.REFUND_ONLY: N_("Refund only"),
    CaseKind.RETURN_REFUND: N_("Return and refund"),
    CaseKind.EXCHANGE: N_("Exchange"),
    CaseKind.RESEND: N_("Resend"),
    CaseKind.PRICE_PROTECTION: N_("Price protection"),
}
STATE_NAMES: dict[CaseState, str] = {
    CaseState.AWAITING_SELLER: N_("Waiting for the shop"),
    CaseState.AWAITING_BUYER: N_("Waiting for the buyer"),
    CaseState.AWAITING_RETURN: N_("To be sent back"),
    CaseState.AWAITING_INSPECTION: N_("On its way back"),
    CaseState.AWAITING_REPLACEMENT: N_("Replacement to be sent"),
    CaseState.AWAITING_RECEIPT: N_("Replacement on its way"),
    CaseState.EVIDENCE_OF_SELLER: N_("Shop to show evidence"),
    CaseState.EVIDENCE_OF_BUYER: N_("Buyer to show evidence"),
    CaseState.ARBITRATION: N_("The platform decides"),
    CaseState.REFUNDING: N_("Refund under way"),
    CaseState.DONE: N_("After-sale done"),
    CaseState.WITHDRAWN: N_("Given up"),
    CaseState.REFUSED: N_("Refused by the platform"),
    CaseState.CLOSED: N_("Closed by the platform"),
}
REASON_NAMES: dict[Reason, str] = {
    Reason.NO_REASON: N_("I do not want it any more"),
    Reason.QUALITY: N_("Bad quality, or it does not work"),
    Reason.NOT_AS_DESCRIBED: N_("Not as shown or described"),
    Reason.WRONG_ITEM: N_("The wrong item was sent"),
    Reason.MISSING: N_("Something is missing"),
    Reason.DAMAGED: N_("It came damaged"),
    Reason.NOT_RECEIVED: N_("It never came"),
    Reason.LATE: N_("Not sent or delivered in time"),
    Reason.OUT_OF_STOCK: N_("Out of stock"),
    Reason.PRICE_DROP: N_("It became cheaper"),
    Reason.AGREED: N_("Agreed between buyer and shop"),
    Reason.OTHER: N_("Another reason"),
}
RULE_NAMES: dict[AutoRule, str] = {
    AutoRule.UNSHIPPED_AT_ONCE: N_("Nothing was shipped: refunded at once"),
    AutoRule.SMALL_REFUND_ONLY: N_("Small amount, buyer in good standing: refunded at once"),
    AutoRule.NO_REASON_IN_TIME: N_("Return without a reason, in time: granted at once"),
    AutoRule.QUALITY_RETURN: N_("Return at the shop's fault: granted at once"),
    AutoRule.PRICE_DROPPED: N_("The price fell: the difference goes back at once"),
    AutoRule.SELLER_GIVES: N_("The shop gives it back by itself"),
}
END_NAMES: dict[EndReason, str] = {
    EndReason.REFUNDED: N_("The money went back"),
    EndReason.REPLACED: N_("The replacement came"),
    EndReason.WITHDRAWN: N_("The buyer gave it up"),
    EndReason.BUYER_SILENT: N_("The buyer did not go on in time"),
    EndReason.FOR_SELLER: N_("The platform decided for the shop"),
    EndReason.CLOSED: N_("The platform closed it"),
}
ACTOR_NAMES: dict[Actor, str] = {
    Actor.BUYER: N_("Buyer"),
    Actor.SELLER: N_("Shop"),
    Actor.PLATFORM: N_("Platform"),
    Actor.SYSTEM: N_("By itself"),
}
DONE_NAMES: dict[Action, str] = {
    Action.OPEN: N_("Asked for it"),
    Action.WITHDRAW: N_("Gave it up"),
    Action.CHANGE: N_("Changed the request"),
    Action.AGREE: N_("Agreed"),
    Action.REFUSE: N_("Refused the request"),
    Action.OFFER: N_("Offered something else"),
    Action.ACCEPT_OFFER: N_("Accepted the offer"),
    Action.SEND_BACK: N_("Sent it back"),
    Action.RETURN_DELIVERED: N_("The return was delivered"),
    Action.RETURN_GIVEN_BACK: N_("The return came back to the buyer"),
    Action.NAME_ADDRESS: N_("Named the address for the return"),
    Action.WAIVE_RETURN: N_("Does not need it back"),
    Action.CONFIRM_RETURN: N_("Took it back"),
    Action.REJECT_RETURN: N_("Did not take it back"),
    Action.SHIP_REPLACEMENT: N_("Sent the replacement"),
    Action.REFUND_INSTEAD: N_("Gives the money back instead"),
    Action.CONFIRM_REPLACEMENT: N_("Received the replacement"),
    Action.CALL_PLATFORM: N_("Called the platform"),
    Action.ADD_EVIDENCE: N_("Added evidence"),
    Action.DEMAND_OF_BUYER: N_("Asked the buyer for evidence"),
    Action.DEMAND_OF_SELLER: N_("Asked the shop for evidence"),
    Action.DECIDE_FOR_BUYER: N_("Decided for the buyer"),
    Action.DECIDE_SPLIT: N_("Decided on an amount"),
    Action.DECIDE_FOR_SELLER: N_("Decided for the shop"),
    Action.CLOSE: N_("Closed the after-sale"),
    Action.TIME_OUT: N_("The time was over"),
    Action.REFUND_CARRIED_OUT: N_("The money is back"),
}
"""What was done, as a history tells it."""
DEADLINE_NAMES: dict[Deadline, str] = {
    Deadline.SELLER_ANSWERS_UNSHIPPED: N_("The shop answers a refund before shipment"),
    Deadline.SELLER_ANSWERS_SHIPPED: N_("The shop answers a refund after shipment"),
    Deadline.SELLER_ANSWERS_RETURN: N_("The shop answers a return or exchange"),
    Deadline.SELLER_INSPECTS: N_("The shop inspects a delivered return"),
    Deadline.RETURN_TRAVELS: N_("A return without news counts as delivered and inspected"),
    Deadline.SELLER_REPLACES: N_("The shop sends the replacement"),
    Deadline.BUYER_GOES_ON: N_("The buyer goes on after a refusal"),
    Deadline.BUYER_SENDS_BACK: N_("The buyer sends the goods back"),
    Deadline.BUYER_RECEIVES: N_("A replacement counts as received"),
    Deadline.EVIDENCE: N_("A side shows evidence"),
    Deadline.PLATFORM_DECIDES: N_("The platform gives its decision"),
    Deadline.CLAIM_WINDOW: N_("Claims for bad goods after receipt"),
    Deadline.PRICE_WINDOW: N_("Price protection after payment"),
}
AMOUNT_NAMES: dict[str, str] = {
    "goods": N_("Paid for %(quantity)s of %(of)s pieces"),
    "earlier": N_("Refunded or kept back before"),
    "freight": N_("Delivery that was paid"),
    "difference": N_("Paid more than the price now"),
    "most": N_("Refundable at most"),
    "asked": N_("Asked for"),
    "offered": N_("Offered by the shop"),
    "decided": N_("Amount decided"),
    "return_freight": N_("Freight of the return, borne by the shop"),
    "return_freight_owed": N_("Of it, to be paid by the shop directly"),
    "refund": N_("Goes back to the buyer"),
}
"""The lines by which an amount is explained (`queries.AmountLine`)."""
