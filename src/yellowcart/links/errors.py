"""What the link rules refuse."""

from yellowcart.kernel.errors import Conflict, Invalid
from yellowcart.kernel.translation import N_


class LinkUnknown(Invalid):
    """Nothing that is for sale was recognised in what was pasted."""

    code = "link_unknown"
    message = N_("No product link was recognised in this text. Paste a product's link or share text.")


class LinkNotAProduct(Invalid):
    """A link of a known platform, but not of one product."""

    code = "link_not_a_product"
    message = N_("This link leads to %(storefront)s, but not to one product. Paste the product's own link.")


class RefusedByLinkRule(Conflict):
    """A link rule refuses this source on this surface."""

    code = "link_refused"
    message = N_("%(reason)s")


class RulesInThePast(Conflict):
    """A notice cannot begin before it is published."""

    code = "rules_in_the_past"
    message = N_("A rule cannot begin before it is published: verdicts already given would change.")


class RulesCollide(Conflict):
    """Two rules of one surface and source would begin at the same moment."""

    code = "rules_collide"
    message = N_("There is already a rule for this surface and source from that very moment.")
