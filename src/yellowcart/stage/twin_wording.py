"""Twins in words: how sure, why, and what became of each cart."""

from yellowcart.catalog.matching import Reason, Sign
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.stage.replace_rules import Outcome

SIGN_WORDS: dict[Sign, str] = {
    Sign.SAME_ORIGIN: N_("Brought over from this very product"),
    Sign.SAME_BARCODE: N_("Same barcode %(value)s"),
    Sign.SAME_BRAND: N_("Same brand “%(value)s”"),
    Sign.SAME_MODEL: N_("Same model %(value)s"),
    Sign.SAME_THING: N_("Same kind of thing: %(value)s"),
    Sign.SAME_AMOUNT: N_("Same amount or size"),
    Sign.SAME_VARIANT: N_("Same variant: %(value)s"),
    Sign.SIMILAR_TITLE: N_("Titles %(percent)s %% alike"),
    Sign.NEAR_PRICE: N_("Prices close together"),
}

OUTCOME_WORDS: dict[Outcome, str] = {
    Outcome.DONE: N_("Replaced by its twin"),
    Outcome.THERE_ALREADY: N_("It stands in this cart already; nothing changed"),
    Outcome.CART_FULL: N_("The cart is full; take a product off and press again"),
    Outcome.PLACE_CLOSED: N_("The room ended or the video was taken down meanwhile"),
    Outcome.RULE_REFUSES: N_("No link rule admits it here now"),
    Outcome.GONE: N_("It left this cart meanwhile"),
}
PUT_BACK_DONE = N_("Put back")

SURE, LIKELY = 9_000, 7_500
"""Scores from which a twin is called sure, and very likely; below it is likely."""


def score_text(score: int, locale: Locale) -> str:
    """How sure it is that two are the same thing."""
    if score >= SURE:
        return translate(N_("Surely the same"), locale)
    return translate(N_("Very likely the same") if score >= LIKELY else N_("Likely the same"), locale)


def reason_text(reason: Reason, locale: Locale) -> str:
    """One reason, in a few words."""
    values = {"value": reason.value, "percent": str(reason.points // 100)}
    sentence = translate(SIGN_WORDS[reason.sign], locale)
    return sentence % values


def outcome_text(outcome: Outcome, locale: Locale, *, back: bool = False) -> str:
    """What became of one cart; `back` when the outside listing was put back."""
    return translate(PUT_BACK_DONE if back and outcome is Outcome.DONE else OUTCOME_WORDS[outcome], locale)
