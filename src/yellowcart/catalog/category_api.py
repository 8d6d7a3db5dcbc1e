"""What buying in each category means for returns and receipt, for operators' programs."""

import msgspec
from litestar import Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.categories import (
    CategoryTerms,
    TermsOfCategory,
    set_category_terms,
    terms_of_categories,
)
from yellowcart.catalog.model import ReturnRule
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import Page

OPERATOR = allow(Role.OPERATOR)


class OwnTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a category says itself; null takes the word of the category above it, or the platform's default."""

    return_rule: ReturnRule | None
    confirm_days: int | None


@get("/category-terms", guards=[OPERATOR])
async def category_terms_in_force(database: NamedDependency[Database]) -> Page[TermsOfCategory]:
    """Every category with its rule for returns without a reason and its days until receipt: each one before those
    below it. The tree is bounded, so that there is one page."""
    async with database.reading() as reader:
        return Page(items=await terms_of_categories(reader), next_cursor=None)


@put("/categories/{code:str}/terms", guards=[OPERATOR])
async def change_category_terms(
    code: FromPath[str],
    data: JSONBody[OwnTerms],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> CategoryTerms:
    """Give a category its own terms, for orders placed from now on; answers those in force then. Days are 1 to
    90."""
    async with database.writing() as writer:
        return await set_category_terms(
            writer, person, code, return_rule=data.return_rule, confirm_days=data.confirm_days
        )


ROUTES = Router("/api/v1", route_handlers=[category_terms_in_force, change_category_terms], tags=["Catalogue"])
