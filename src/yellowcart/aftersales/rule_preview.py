"""How often each rule would have decided a shop's latest cases: so that a merchant knows what a rule does."""

import msgspec

from yellowcart.aftersales.amounts import Worth
from yellowcart.aftersales.desk_queries import FIGURES_SPAN
from yellowcart.aftersales.model import AutoRule
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.rules import Asked, NoReasonRight, ShopRules, granted_at_once
from yellowcart.aftersales.store import standings_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import PersonId, ShopId

CASES_TRIED_MAX = 1_000
SWITCHES: dict[AutoRule, str] = {
    AutoRule.SMALL_REFUND_ONLY: "small_refund_only",
    AutoRule.NO_REASON_IN_TIME: "no_reason_in_time",
    AutoRule.QUALITY_RETURN: "quality_return",
    AutoRule.PRICE_DROPPED: "price_dropped",
}
"""The rules that a shop switches, and the field of ShopRules that does it."""


class RulePreview(msgspec.Struct, frozen=True, kw_only=True):
    """Of `cases` that buyers opened in the last 30 days (the newest 1,000 at most), how many each rule alone would
    decide by what is known of the buyers today."""

    cases: int
    decided: dict[AutoRule, int]


class _Tried(msgspec.Struct, frozen=True, kw_only=True):
    buyer_id: PersonId
    kind: CaseKind
    reason: Reason
    quantity: int
    asked_fen: int
    most_fen: int
    most_goods_fen: int
    no_reason_right: bool
    price_then_fen: int | None

    def asked(self) -> Asked:
        """The request as the rules see it."""
        return Asked(
            kind=self.kind,
            reason=self.reason,
            quantity=self.quantity,
            asked_fen=self.asked_fen,
            worth=Worth(self.most_goods_fen, self.most_fen - self.most_goods_fen),
            no_reason_right=NoReasonRight.FULL if self.no_reason_right else NoReasonRight.NONE,
            price_then_fen=self.price_then_fen,
        )


async def preview_rules(reader: Reader, shop_id: ShopId, small_refund_fen: int) -> RulePreview:
    """Try each rule on a shop's latest cases; small refunds up to `small_refund_fen`. The caller has checked
    membership."""
    tried = await reader.rows(
        _Tried,
        """
        SELECT buyer_id, kind, reason, quantity, asked_fen, most_fen, most_goods_fen, no_reason_right,
               price_then_fen
        FROM aftersale
        WHERE shop_id = %(shop_id)s AND opened_at >= %(since)s AND opened_by = 'buyer'
        ORDER BY opened_at DESC
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        since=clock.now() - FIGURES_SPAN,
        most=CASES_TRIED_MAX,
    )
    standings = await standings_of(reader, {case.buyer_id for case in tried})
    decided = {AutoRule.UNSHIPPED_AT_ONCE: sum(case.kind is CaseKind.REFUND_UNSHIPPED for case in tried)}
    for rule, switch in SWITCHES.items():
        alone = _alone(switch, small_refund_fen)
        decided[rule] = sum(
            granted_at_once(case.asked(), alone, standings[case.buyer_id]) is rule for case in tried
        )
    return RulePreview(cases=len(tried), decided=decided)


def _alone(switch: str, small_refund_fen: int) -> ShopRules:
    switches = {name: name == switch for name in SWITCHES.values()}
    return ShopRules(**switches, small_refund_fen=small_refund_fen)
