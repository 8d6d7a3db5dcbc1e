"""Sentences about the catalogue that pages, API and import say alike."""

from yellowcart.catalog.model import ReturnRule, ReviewFinding, ReviewProblem
from yellowcart.catalog.rules import TITLE_REVIEWED_MAX, TITLE_REVIEWED_MIN
from yellowcart.kernel.translation import N_, Locale, translate

REVIEW_FINDINGS: dict[ReviewFinding, str] = {
    ReviewFinding.TITLE_SHORT: N_("The title needs at least %(least)s characters."),
    ReviewFinding.TITLE_LONG: N_("The title may have at most %(most)s characters."),
    ReviewFinding.CATEGORY_NOT_LEAF: N_("Choose a category at the lowest level."),
    ReviewFinding.PRICE_MISSING: N_("Every SKU needs a price above zero."),
    ReviewFinding.WORD_FORBIDDEN: N_("“%(word)s” is an absolute claim, which advertising law forbids. Remove it."),
}

RETURN_WORDS: dict[ReturnRule, str] = {
    ReturnRule.NO_REASON: N_("7-day returns without a reason"),
    ReturnRule.EXCLUDED: N_("No returns without a reason"),
    ReturnRule.NOT_AFTER_UNSEALING: N_("No returns without a reason once unsealed"),
    ReturnRule.NOT_AFTER_ACTIVATION: N_("No returns without a reason once activated"),
    ReturnRule.NOT_AFTER_INSTALLATION: N_("No returns without a reason once installed"),
    ReturnRule.CUSTOM_MADE: N_("Made to order: no returns without a reason"),
    ReturnRule.NOT_AFTER_USE: N_("No returns without a reason once used"),
    ReturnRule.ANY_TIME: N_("Refunded at any time"),
}
"""What buyers are told of a rule for returns, before they order and afterwards."""


def review_problem_text(problem: ReviewProblem, locale: Locale) -> str:
    """One finding of a review as its merchant reads it."""
    return translate(
        REVIEW_FINDINGS[problem.finding],
        locale,
        word=problem.word,
        least=TITLE_REVIEWED_MIN,
        most=TITLE_REVIEWED_MAX,
    )
