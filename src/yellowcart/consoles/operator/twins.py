"""How much of what is listed from outside has a twin on the platform, and which goods lack one."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.stage.twin_coverage import coverage_by_category, coverage_by_source, most_listed
from yellowcart.stage.twin_wording import reason_text, score_text
from yellowcart.stage.twins import dismiss_twin_for_all

OPERATOR = allow(Role.OPERATOR)
SHOWN = {"with": True, "without": False}


@get("/twins", guards=[OPERATOR])
async def twins_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    show: FromQuery[str] = "",
    source: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """Coverage by source and category, then product by product."""
    locale = locale_of(request)
    async with database.reading() as reader:
        by_source = await coverage_by_source(reader)
        by_category = await coverage_by_category(reader)
        found = await most_listed(
            reader,
            has_twin=SHOWN.get(show),
            source=source if source and source.isprintable() else None,
            cursor=cursor or None,
        )
    listings = sum(each.listings for each in by_source)
    covered = sum(each.listings_with_twin for each in by_source)
    context = {
        "by_source": by_source,
        "by_category": by_category,
        "found": found,
        "goods": sum(each.goods for each in by_source),
        "goods_with_twin": sum(each.goods_with_twin for each in by_source),
        "listings": listings,
        "share": covered * 10_000 // listings if listings else None,
        "as_of": clock.now(),
        "words": {
            (each.source, each.item_key): {
                "score": score_text(each.twin.score_basis_points, locale),
                "reasons": [reason_text(reason, locale) for reason in each.twin.reasons],
            }
            for each in found.items
            if each.twin is not None
        },
    }
    return operator_page(request, "twins", "twins.html", context)


@post("/twins/dismiss", guards=[OPERATOR])
async def dismiss(
    data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """A product is not the same thing as an outside one: nobody is shown it again."""
    numbers = [data.get(name, "") for name in ("shop_id", "product_id")]
    names = [data.get(name, "") for name in ("source", "item_key")]
    if not all(name.isprintable() for name in names):
        raise NotFound
    if not all(number.isascii() and number.isdecimal() and len(number) <= 16 for number in numbers):
        raise NotFound
    async with database.writing() as writer:
        await dismiss_twin_for_all(
            writer,
            person,
            names[0],
            names[1],
            ShopId(int(numbers[0])),
            ProductId(int(numbers[1])),
        )
    return go_to("/operator/twins", flash=N_("Nobody is shown this product as the same thing any more."))
