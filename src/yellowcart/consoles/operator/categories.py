"""What buying in a category means: whether goods go back without a reason, and when they count as received."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.categories import (
    CONFIRM_DAYS_MAX,
    TermsOfCategory,
    set_category_terms,
    terms_of_categories,
)
from yellowcart.catalog.model import CONFIRM_DAYS_DEFAULT, ReturnRule
from yellowcart.catalog.wording import RETURN_WORDS
from yellowcart.consoles.case_forms import number_in
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import CategoryId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate

OPERATOR = allow(Role.OPERATOR)
AS_ABOVE = "above"
"""The choice of a form that takes the rule of the node above."""


@get("/categories", guards=[OPERATOR])
async def categories_page(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """The tree with the terms in force."""
    async with database.reading() as reader:
        found = await terms_of_categories(reader)
    context = {"categories": found, "return_words": RETURN_WORDS, "default_days": CONFIRM_DAYS_DEFAULT}
    return operator_page(request, "categories", "categories.html", context)


@get("/categories/{category_id:int}", guards=[OPERATOR])
async def category_page(
    request: AnyRequest, category_id: FromPath[int], database: NamedDependency[Database]
) -> Response[str]:
    """The form of one category."""
    return await _page(request, database, category_id)


@post("/categories/{category_id:int}", guards=[OPERATOR], status_code=200)
async def save_category_terms(
    request: AnyRequest,
    category_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Give it its own terms, or those of the node above."""
    rule, days = data.get("return_rule", AS_ABOVE), data.get("confirm_days", "").strip()
    try:
        async with database.writing() as writer:
            await set_category_terms(
                writer,
                person,
                (await _found(writer, category_id)).category.code,
                return_rule=ReturnRule(rule) if rule in set(ReturnRule) else None,
                confirm_days=(number_in(days) or 0) if days else None,
            )
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(request, database, category_id, form, status_of(refusal))
    return go_to("/operator/categories", flash=N_("Saved. Orders placed from now on have these terms."))


async def _found(reader: Reader, category_id: int) -> TermsOfCategory:
    """The category of an address. Raises NotFound."""
    for each in await terms_of_categories(reader):
        if each.category.category_id == category_id:
            return each
    raise NotFound


async def _page(
    request: AnyRequest, database: Database, category_id: int, form: Form | None = None, status: int = 200
) -> Response[str]:
    async with database.reading() as reader:
        tree = {each.category.category_id: each for each in await terms_of_categories(reader)}
    found = tree.get(CategoryId(category_id))
    if found is None:
        raise NotFound
    above = tree.get(found.category.parent_id) if found.category.parent_id is not None else None
    own = {
        "return_rule": found.own_return_rule.value if found.own_return_rule else AS_ABOVE,
        "confirm_days": "" if found.own_confirm_days is None else str(found.own_confirm_days),
    }
    locale = locale_of(request)
    inherited = translate(RETURN_WORDS[_rule_above(above)], locale)
    context = {
        "found": found,
        "form": form or {"values": own, "errors": {}},
        "rules": [
            (AS_ABOVE, translate(N_("As above: %(rule)s"), locale, rule=inherited)),
            *((rule.value, translate(RETURN_WORDS[rule], locale)) for rule in ReturnRule),
        ],
        "days_above": CONFIRM_DAYS_DEFAULT if above is None else above.confirm_days,
        "days_most": CONFIRM_DAYS_MAX,
    }
    return operator_page(request, "categories", "category.html", context, status=status)


def _rule_above(above: TermsOfCategory | None) -> ReturnRule:
    return ReturnRule.NO_REASON if above is None else above.return_rule


ROUTES = (categories_page, category_page, save_category_terms)
