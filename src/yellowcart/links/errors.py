"""What the link rules refuse."""

from collections.abc import Sequence

from yellowcart.kernel.errors import Conflict, Denied, Invalid, InvalidFields
from yellowcart.kernel.translation import N_, Locale
from yellowcart.links.model import Collision, Verdict
from yellowcart.links.wording import collision_text, verdict_text


class LinkUnknown(Invalid):
    """Nothing that is for sale was recognised in what was pasted."""

    code = "link_unknown"
    message = N_("No product link was recognised in this text. Paste a product's link or share text.")


class LinkNotAProduct(Invalid):
    """A link of a known platform, but not of one product."""

    code = "link_not_a_product"
    message = N_("This link leads to %(storefront)s, but not to one product. Paste the product's own link.")


class RefusedByLinkRule(Conflict):
    """A link rule refuses this source on this surface. Its text is the verdict's: since when, by which notice."""

    code = "refused_by_link_rule"
    message = N_("The link rules refuse goods of this source here.")

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(surface=verdict.surface.value, source=verdict.source)
        self.verdict = verdict

    def text(self, locale: Locale) -> str:
        """The verdict in words."""
        return verdict_text(self.verdict, locale)


class RulesInThePast(Conflict):
    """A notice cannot begin before it is published."""

    code = "rules_in_the_past"
    message = N_("A rule cannot begin before it is published: verdicts already given would change.")


class RulesCollide(Conflict):
    """Two rules of one surface and source would begin at the same moment. Names the pairs and the notice that
    each collides with, where they are known."""

    code = "rules_collide"
    message = N_("There is already a rule for this surface and source from that very moment.")
    TOLD_MAX = 5

    def __init__(self, collisions: Sequence[Collision] = ()) -> None:
        told = [
            {"surface": each.surface.value, "source": each.source, "at": each.at.isoformat(), "notice": each.code}
            for each in collisions
        ]
        super().__init__(**({"collisions": told} if told else {}))
        self.collisions = tuple(collisions)

    def text(self, locale: Locale) -> str:
        """The message, and the first few collisions in words."""
        told = [collision_text(each, locale) for each in self.collisions[: self.TOLD_MAX]]
        return " ".join([super().text(locale), *told])


class NoticeCodeTaken(InvalidFields):
    """Another notice, or a draft of one, has this code."""

    code = "notice_code_taken"
    message = N_("Another notice or draft has this code. Choose another one.")

    def __init__(self) -> None:
        super().__init__({"code": self.message})


class DraftOfAnother(Denied):
    """Only the drafter writes a draft."""

    code = "draft_of_another"
    message = N_("This draft is %(name)s's; only they can change it. You can review it once it is submitted.")


class OwnDraft(Denied):
    """Who drafts a notice does not decide on it."""

    code = "own_draft"
    message = N_("You drafted this notice, so another operator has to decide on it.")


class DraftStale(Conflict):
    """The draft was changed after it was read."""

    code = "draft_stale"
    message = N_("This draft was changed after you opened it. Read it again before you go on.")


class DraftMoveImpossible(Conflict):
    """The draft's state does not allow this step."""

    code = "draft_move_impossible"
    message = N_("The draft is not in a state that allows this. Reload the page to see where it stands.")


class RemarkMissing(InvalidFields):
    """Whoever undoes another's work says why."""

    code = "remark_missing"
    message = N_("Say why, in 1 to 500 characters; the drafter reads it.")

    def __init__(self) -> None:
        super().__init__({"remark": self.message})


class ScheduleTooTight(InvalidFields):
    """A notice that publishes itself needs some minutes before it takes effect."""

    code = "schedule_too_tight"
    message = N_("A notice that is announced later takes effect at least 5 minutes after its announcement.")

    def __init__(self) -> None:
        super().__init__({"effective_at": self.message})


class NoticeBegun(Conflict):
    """A notice of which a rule has begun stays; only a later notice changes anything."""

    code = "notice_begun"
    message = N_("This notice has taken effect. Only a later notice can change what holds.")


class NoticeGone(Conflict):
    """The notice was withdrawn before."""

    code = "notice_gone"
    message = N_("This notice has already been withdrawn or replaced.")


class WithdrawalOfOwn(Denied):
    """Who drafted a notice does not withdraw it alone."""

    code = "withdrawal_of_own"
    message = N_("This notice is your own work, so another operator has to withdraw it.")


class WithdrawalReasonMissing(InvalidFields):
    """Readers of a withdrawn notice are told why."""

    code = "withdrawal_reason_missing"
    message = N_("Say why the notice is withdrawn, in at least one language and at most 1,000 characters.")

    def __init__(self) -> None:
        super().__init__({"reason_zh": self.message})


class AmendmentOpen(Conflict):
    """One draft at a time amends a notice."""

    code = "amendment_open"
    message = N_("%(name)s is already amending this notice, in the draft %(code)s.")
