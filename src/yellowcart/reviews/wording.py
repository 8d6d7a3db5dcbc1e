"""Words of reviews for pages and messages."""

from yellowcart.kernel.translation import N_
from yellowcart.reviews.model import Finding, HideReason, Part

HIDE_REASONS: dict[HideReason, str] = {
    HideReason.ABUSE: N_("it insults or threatens"),
    HideReason.ADVERT: N_("it advertises or leads away from the platform"),
    HideReason.PRIVACY: N_("it shows personal data"),
    HideReason.ILLEGAL: N_("it breaks the law"),
    HideReason.UNRELATED: N_("it has nothing to do with the purchase"),
    HideReason.PAID: N_("it was written for money or asks for some"),
}
FINDINGS: dict[Finding, str] = {
    Finding.PHONE: N_("Phone number"),
    Finding.LINK: N_("Link or sharing code"),
    Finding.WORD: N_("Forbidden word"),
}
PARTS: dict[Part, str] = {Part.FIRST: N_("First review"), Part.APPEND: N_("Append")}
STARS = (
    N_("1 star: very bad"),
    N_("2 stars: bad"),
    N_("3 stars: so-so"),
    N_("4 stars: good"),
    N_("5 stars: very good"),
)
