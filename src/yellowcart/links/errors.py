"""What the link rules refuse."""

from yellowcart.kernel.errors import Conflict, Invalid
from yellowcart.kernel.translation import N_, Locale
from yellowcart.links.model import Verdict
from yellowcart.links.wording import verdict_text


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
    """Two rules of one surface and source would begin at the same moment."""

    code = "rules_collide"
    message = N_("There is already a rule for this surface and source from that very moment.")
