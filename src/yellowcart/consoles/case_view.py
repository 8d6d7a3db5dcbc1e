"""An after-sale case as pages of all sides show it: the bar of its stations, its clock, what comes next."""

from collections.abc import Callable
from datetime import datetime
from math import ceil

import msgspec

from yellowcart.aftersales import wording
from yellowcart.aftersales.detail import CaseDetail
from yellowcart.aftersales.messages import BUYER_NEXT, SELLER_NEXT, coming_next
from yellowcart.aftersales.model import (
    ENDED,
    IN_ARBITRATION,
    Action,
    Actor,
    Case,
    CaseState,
    CaseStep,
    EndReason,
    case_subject,
)
from yellowcart.aftersales.reasons import COMES_BACK, LEAVES_AGAIN, CaseKind
from yellowcart.aftersales.rules import RETURN_FREIGHT_MAX_FEN
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.parcels.model import Parcel
from yellowcart.parcels.queries import parcels_of_order
from yellowcart.parcels.rules import Urgency, urgency_of
from yellowcart.payments.queries import Refund, refunds_of_order

PLATFORM_NEXT: dict[CaseState, str] = SELLER_NEXT | {
    CaseState.AWAITING_SELLER: N_("The shop answers by %(due)s; if it does not, it is granted as asked."),
    CaseState.AWAITING_INSPECTION: N_(
        "The shop inspects the goods by %(due)s; if it does not, it goes on for the buyer."
    ),
    CaseState.AWAITING_REPLACEMENT: N_("The shop sends the replacement by %(due)s, or the money goes back."),
    CaseState.EVIDENCE_OF_SELLER: N_("The shop shows evidence by %(due)s; then the platform decides."),
    CaseState.ARBITRATION: N_("To be decided by %(due)s. Nothing happens by itself when that has passed."),
}
NEXT = {Actor.BUYER: BUYER_NEXT, Actor.SELLER: SELLER_NEXT, Actor.PLATFORM: PLATFORM_NEXT}
COUNTED_DOWN_S = 72 * 3_600
"""Nearer moments are counted down by the second; what is further away is a date."""

KIND_HINTS: dict[CaseKind, str] = {
    CaseKind.REFUND_UNSHIPPED: N_("Nothing has left yet: the money goes back at once."),
    CaseKind.REFUND_ONLY: N_("Money back without sending anything back."),
    CaseKind.RETURN_REFUND: N_("Send it back, then the money comes back."),
    CaseKind.EXCHANGE: N_("Send it back and get the same again."),
    CaseKind.RESEND: N_("Get what is missing or broken once more."),
    CaseKind.PRICE_PROTECTION: N_("It became cheaper: get the difference."),
}
WORDS: dict[str, object] = {
    "kind_names": wording.KIND_NAMES,
    "kind_hints": KIND_HINTS,
    "state_names": wording.STATE_NAMES,
    "reason_names": wording.REASON_NAMES,
    "rule_names": wording.RULE_NAMES,
    "end_names": wording.END_NAMES,
    "actor_names": wording.ACTOR_NAMES,
    "done_names": wording.DONE_NAMES,
    "amount_names": wording.AMOUNT_NAMES,
    "counted_down_s": COUNTED_DOWN_S,
    "return_freight_most": RETURN_FREIGHT_MAX_FEN,
}
"""The names that templates of cases speak with."""


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A case for one side's page. `stations` are what it passes, with the moments of those that it has passed;
    it stands before number `at`. `coming` says what comes next, `due_s` seconds are left for it and `urgency` says
    how near that is; both are None where no time runs. `turns` are its steps, the latest first.
    `parcels` belong to the case, `order_parcels` are all of its order's."""

    detail: CaseDetail
    viewer: Actor
    stations: list[tuple[str, datetime | None]]
    at: int
    coming: str
    due_s: int | None
    urgency: Urgency | None
    refund: Refund | None
    parcels: list[Parcel]
    order_parcels: list[Parcel]

    @property
    def case(self) -> Case:
        """The case itself."""
        return self.detail.case

    @property
    def turns(self) -> list[CaseStep]:
        """What was done, the latest first."""
        return self.detail.steps[::-1]

    def shown_by(self, actor: Actor) -> list[CaseStep]:
        """The turns in which a side said or showed something, in their order."""
        return [step for step in self.detail.steps if step.actor is actor and (step.words or step.evidence)]

    @property
    def may(self) -> list[Action]:
        """What the viewer may do now. A parcel cannot go back before the shop has said where to."""
        actions = self.detail.may.get(self.viewer, [])
        if self.case.return_address is None:
            return [action for action in actions if action is not Action.SEND_BACK]
        return actions

    @property
    def waits_for_address(self) -> bool:
        """Whether the goods are to come back and nobody has said where to."""
        return self.case.state is CaseState.AWAITING_RETURN and self.case.return_address is None

    @property
    def ended_empty(self) -> bool:
        """Whether it ended and nothing came of it."""
        return self.case.state in ENDED and self.case.state is not CaseState.DONE


async def view_case(reader: Reader, detail: CaseDetail, viewer: Actor, locale: Locale) -> CaseView:
    """A case put together for a page of one side."""
    case = detail.case
    subject = case_subject(case.aftersale_id)
    refunds = await refunds_of_order(reader, case.shop_id, case.order_id)
    parcels = await parcels_of_order(reader, case.shop_id, case.order_id)
    stations, at = stations_of(detail)
    sentence, values = coming_next(case, NEXT[viewer])
    values["due"] = _kept_together(values["due"])
    now = clock.now()
    return CaseView(
        detail=detail,
        viewer=viewer,
        stations=[(translate(words, locale), moment) for words, moment in stations],
        at=at,
        coming=translate(sentence, locale, **values),
        due_s=None if case.due_at is None else seconds_until(case.due_at),
        urgency=None if case.due_at is None else urgency_of(case.due_at, now),
        refund=next((refund for refund in refunds if refund.subject == subject), None),
        parcels=[
            each for each in parcels if subject == each.subject or each.shipment_id == case.return_shipment_id
        ],
        order_parcels=parcels,
    )


def _kept_together(moment_text: str) -> str:
    """The day and time of `2022-02-28 07:06` without the year, which no line of a narrow page breaks apart."""
    return moment_text[5:].replace("-", "\u2060-\u2060").replace(" ", "\u00a0")


def seconds_until(moment: datetime) -> int:
    """Whole seconds until a moment of the platform's clock; none when it has passed."""
    return max(0, ceil((moment - clock.now()).total_seconds()))


def stations_of(detail: CaseDetail) -> tuple[list[tuple[str, datetime | None]], int]:
    """The stations of a case with the moments of those that it has passed, and the number of the one before which
    it stands; as many as there are when it is done."""
    case = detail.case
    asked = (N_("Request sent"), case.opened_at)
    if case.state in ENDED and case.state is not CaseState.DONE:
        assert case.end_reason is not None
        return [asked, (wording.END_NAMES[case.end_reason], case.ended_at)], 2
    granted = _moment(detail, lambda step: step.after in _GRANTED)
    stations: list[tuple[str, datetime | None]] = [
        asked,
        (N_("Request granted") if granted else N_("Shop decides"), granted),
    ]
    at = 1
    if case.kind in COMES_BACK and (case.goods_back or case.state not in _PAST_RETURN):
        sent_back = N_("Goods sent back") if case.sent_back_at else N_("Send back")
        stations.append((sent_back, case.sent_back_at))
        inspected = _moment(detail, lambda step: step.action is Action.CONFIRM_RETURN)
        stations.append((N_("Goods inspected") if inspected else N_("Shop inspects"), inspected))
        at = 3 if case.goods_back else 2 if case.state is CaseState.AWAITING_RETURN else 1
    if case.kind in LEAVES_AGAIN and not _refunded(case):
        sent = _moment(detail, lambda step: step.action is Action.SHIP_REPLACEMENT)
        stations += [(N_("Replacement sent"), sent), (N_("Replacement received"), case.ended_at)]
        if case.state is CaseState.AWAITING_REPLACEMENT or sent:
            at = len(stations) - (1 if sent else 2)
    else:
        stations.append((N_("Refunded"), case.ended_at))
        if case.state is CaseState.REFUNDING:
            at = len(stations) - 1
    if case.state is CaseState.DONE:
        at = len(stations)
    if case.state in IN_ARBITRATION:
        stations[at] = (N_("Platform decides"), None)
    return stations, at


_GRANTED = frozenset({CaseState.REFUNDING, CaseState.AWAITING_RETURN, CaseState.AWAITING_REPLACEMENT})
_PAST_RETURN = frozenset(
    {CaseState.REFUNDING, CaseState.DONE, CaseState.AWAITING_REPLACEMENT, CaseState.AWAITING_RECEIPT}
)


def _refunded(case: Case) -> bool:
    return case.state is CaseState.REFUNDING or case.end_reason is EndReason.REFUNDED


def _moment(detail: CaseDetail, fits: Callable[[CaseStep], bool]) -> datetime | None:
    return next((step.made_at for step in detail.steps if fits(step)), None)
