"""What buyer and shop are told at every turn of a case: what happened, what was said, and what comes next."""

from datetime import datetime
from typing import Any

from yellowcart.accounts.inbox import NewMessage, in_both, post_messages
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case, CaseState
from yellowcart.catalog.rules import MEMBERS_MAX
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import PersonId, ShopId
from yellowcart.kernel.money import write_yuan
from yellowcart.kernel.translation import N_, Locale

TO_BUYER = "aftersale.buyer"
TO_SELLER = "aftersale.seller"

BUYER_TITLES: dict[Action, str] = {
    Action.OPEN: N_("The shop opened an after-sale for your order"),
    Action.AGREE: N_("Your after-sale is granted"),
    Action.REFUSE: N_("The shop refused your after-sale"),
    Action.OFFER: N_("The shop offers you something else"),
    Action.RETURN_DELIVERED: N_("Your return has arrived at the shop"),
    Action.RETURN_GIVEN_BACK: N_("Your return came back to you: send it once more"),
    Action.NAME_ADDRESS: N_("The shop named the address for your return"),
    Action.WAIVE_RETURN: N_("You need not send the goods back"),
    Action.CONFIRM_RETURN: N_("The shop took your return"),
    Action.REJECT_RETURN: N_("The shop does not take your return as it is"),
    Action.SHIP_REPLACEMENT: N_("Your replacement is on its way"),
    Action.REFUND_INSTEAD: N_("Your money goes back instead of a replacement"),
    Action.ADD_EVIDENCE: N_("The shop added evidence to your after-sale"),
    Action.DEMAND_OF_BUYER: N_("The platform asks you for evidence"),
    Action.DEMAND_OF_SELLER: N_("The platform asks the shop for evidence"),
    Action.DECIDE_FOR_BUYER: N_("The platform decided for you"),
    Action.DECIDE_SPLIT: N_("The platform decided on your after-sale"),
    Action.DECIDE_FOR_SELLER: N_("The platform decided for the shop"),
    Action.CLOSE: N_("The platform closed your after-sale"),
    Action.TIME_OUT: N_("Your after-sale went on: the time was over"),
}
"""What a buyer is told of what others do. That the money is back, payments tell by themselves."""

SELLER_TITLES: dict[Action, str] = {
    Action.OPEN: N_("A buyer asks for an after-sale"),
    Action.WITHDRAW: N_("A buyer gave up an after-sale"),
    Action.CHANGE: N_("A buyer changed an after-sale"),
    Action.AGREE: N_("An after-sale was granted by a rule"),
    Action.ACCEPT_OFFER: N_("A buyer accepted your offer"),
    Action.SEND_BACK: N_("A buyer sent goods back"),
    Action.RETURN_DELIVERED: N_("A return has arrived: inspect it"),
    Action.RETURN_GIVEN_BACK: N_("A return went back to the buyer: check the address that you named"),
    Action.WAIVE_RETURN: N_("A return was waived: your shop named no address"),
    Action.CONFIRM_REPLACEMENT: N_("A buyer received the replacement"),
    Action.CALL_PLATFORM: N_("A buyer called the platform"),
    Action.ADD_EVIDENCE: N_("A buyer added evidence to an after-sale"),
    Action.DEMAND_OF_BUYER: N_("The platform asks the buyer for evidence"),
    Action.DEMAND_OF_SELLER: N_("The platform asks your shop for evidence"),
    Action.DECIDE_FOR_BUYER: N_("The platform decided for the buyer"),
    Action.DECIDE_SPLIT: N_("The platform decided on an after-sale"),
    Action.DECIDE_FOR_SELLER: N_("The platform decided for your shop"),
    Action.CLOSE: N_("The platform closed an after-sale"),
    Action.TIME_OUT: N_("An after-sale went on: the time was over"),
}
"""What a shop is told of what others do."""

BUYER_NEXT: dict[CaseState, str] = {
    CaseState.AWAITING_SELLER: N_("The shop answers by %(due)s; if it does not, your request is granted."),
    CaseState.AWAITING_BUYER: N_("Change it, accept or call the platform by %(due)s, or it ends."),
    CaseState.AWAITING_RETURN: N_("Send the goods back and enter the waybill by %(due)s, or it ends."),
    CaseState.AWAITING_INSPECTION: N_(
        "The shop inspects the goods by %(due)s; if it does not, it goes on for you."
    ),
    CaseState.AWAITING_REPLACEMENT: N_("The shop sends the replacement by %(due)s, or your money goes back."),
    CaseState.AWAITING_RECEIPT: N_("Confirm the replacement when it comes, or call the platform, by %(due)s."),
    CaseState.EVIDENCE_OF_SELLER: N_("The shop has until %(due)s to show evidence; then the platform decides."),
    CaseState.EVIDENCE_OF_BUYER: N_("Show what the platform asks for by %(due)s; then it decides."),
    CaseState.ARBITRATION: N_("The platform decides by %(due)s. You can still add evidence."),
    CaseState.REFUNDING: N_("%(yuan)s yuan goes back the way it was paid."),
    CaseState.DONE: N_("This after-sale is done."),
    CaseState.WITHDRAWN: N_("This after-sale has ended without a refund."),
    CaseState.REFUSED: N_("This after-sale has ended without a refund."),
    CaseState.CLOSED: N_("This after-sale has ended without a refund."),
}
SELLER_NEXT: dict[CaseState, str] = {
    CaseState.AWAITING_SELLER: N_("Answer by %(due)s; if you do not, it is granted as asked."),
    CaseState.AWAITING_BUYER: N_("The buyer goes on by %(due)s, or it ends."),
    CaseState.AWAITING_RETURN: N_("The buyer sends the goods back by %(due)s, or it ends."),
    CaseState.AWAITING_INSPECTION: N_("Inspect the goods by %(due)s; if you do not, it goes on for the buyer."),
    CaseState.AWAITING_REPLACEMENT: N_("Send the replacement by %(due)s, or the money goes back."),
    CaseState.AWAITING_RECEIPT: N_("The replacement counts as received on %(due)s."),
    CaseState.EVIDENCE_OF_SELLER: N_("Show evidence by %(due)s; then the platform decides."),
    CaseState.EVIDENCE_OF_BUYER: N_("The buyer has until %(due)s to show evidence; then the platform decides."),
    CaseState.ARBITRATION: N_("The platform decides by %(due)s. You can still add evidence."),
    CaseState.REFUNDING: N_("%(yuan)s yuan goes back to the buyer."),
    CaseState.DONE: N_("This after-sale is done."),
    CaseState.WITHDRAWN: N_("This after-sale has ended without a refund."),
    CaseState.REFUSED: N_("This after-sale has ended without a refund."),
    CaseState.CLOSED: N_("This after-sale has ended without a refund."),
}
DISPUTED = N_("The buyer accepts or calls the platform by %(due)s; otherwise the platform decides.")
"""What comes next when the shop has the goods and does not take them back as they are."""
DISPUTED_WITH_YOU = N_("Accept or call the platform by %(due)s; otherwise the platform decides.")
"""The same, told to the buyer."""
BODY = "%(goods)s\n%(words)s\n%(next)s"


def buyer_path(shop_id: ShopId, aftersale_id: AftersaleId) -> str:
    """The buyer's page of a case."""
    return f"/aftersales/{shop_id}/{aftersale_id}"


def merchant_path(shop_id: ShopId, aftersale_id: AftersaleId) -> str:
    """The shop's page of a case."""
    return f"/merchant/{shop_id}/aftersales/{aftersale_id}"


async def tell_sides(writer: Writer, case: Case, action: Action, actor: Actor, *, words: str = "") -> None:
    """Tell whoever did not act what happened, in the turn's transaction: the buyer, and everybody of the shop."""
    goods = await _goods_of(writer, case)
    messages: list[NewMessage] = []
    if actor is not Actor.BUYER and action in BUYER_TITLES:
        told = (BUYER_TITLES[action], BUYER_NEXT, buyer_path(case.shop_id, case.aftersale_id))
        messages.append(_message(case, case.buyer_id, TO_BUYER, told, goods, words))
    if actor is not Actor.SELLER and action in SELLER_TITLES:
        told = (SELLER_TITLES[action], SELLER_NEXT, merchant_path(case.shop_id, case.aftersale_id))
        for person_id in await _members_of(writer, case.shop_id):
            messages.append(_message(case, person_id, TO_SELLER, told, goods, words))
    await post_messages(writer, messages)


def coming_next(case: Case, words: dict[CaseState, str]) -> tuple[str, dict[str, str]]:
    """What comes next in a case: a translatable sentence out of `words` (one side's), and the values of its
    places."""
    disputed = case.state is CaseState.AWAITING_BUYER and case.goods_back
    sentence = words[case.state]
    if disputed:
        sentence = DISPUTED_WITH_YOU if words is BUYER_NEXT else DISPUTED
    return sentence, {"due": _moment_text(case.due_at), "yuan": write_yuan(case.refund_fen)}


def _message(
    case: Case,
    person_id: PersonId,
    kind: str,
    told: tuple[str, dict[CaseState, str], str],
    goods: dict[str, str],
    words: str,
) -> NewMessage:
    title, coming, link = told
    sentence, values = coming_next(case, coming)
    parts: dict[str, Any] = {"goods": goods, "words": words, "next": in_both(sentence, **values)}
    return NewMessage(
        person_id=person_id,
        kind=kind,
        occasion=f"aftersale:{case.aftersale_id}:{case.version}",
        title=title,
        body=BODY,
        parts=parts,
        link=link,
    )


async def _goods_of(reader: Reader, case: Case) -> dict[str, str]:
    (line,) = await reader.records(
        """
        SELECT title, title_en, sku_name, sku_name_en FROM order_line
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND order_line_id = %(order_line_id)s
        """,
        shop_id=case.shop_id,
        order_id=case.order_id,
        order_line_id=case.order_line_id,
    )
    english = f"{line['title_en'] or line['title']} · {line['sku_name_en'] or line['sku_name']}"
    return {
        Locale.CHINESE.value: f"{line['title']} · {line['sku_name']} × {case.quantity}",
        Locale.ENGLISH.value: f"{english} × {case.quantity}",
    }


async def _members_of(reader: Reader, shop_id: ShopId) -> list[PersonId]:
    return await reader.column(
        "SELECT person_id FROM shop_member WHERE shop_id = %(shop_id)s ORDER BY person_id LIMIT %(most)s",
        shop_id=shop_id,
        most=MEMBERS_MAX,
    )


def _moment_text(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
