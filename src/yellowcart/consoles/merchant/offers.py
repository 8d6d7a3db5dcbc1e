"""Open offers of a shop: the commission that every creator is promised."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.alliance.offers import end_open_offer, set_open_offer
from yellowcart.alliance.queries import offers_of_shop
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Invalid
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.money import parse_percent
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

MERCHANT = allow(Role.MERCHANT)


@get("/merchant/{shop_id:int}/offers", guards=[MERCHANT])
async def offers_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """Every product with its open offer."""
    return await _page(request, database, person, ShopId(shop_id), show=show, cursor=cursor)


@post("/merchant/{shop_id:int}/offers/{product_id:int}", guards=[MERCHANT], status_code=200)
async def set_offer(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Set a product's commission."""
    try:
        rate = parse_percent(data.get("rate", ""))
        async with database.writing() as writer:
            offer = await set_open_offer(writer, person, ShopId(shop_id), ProductId(product_id), rate)
    except Invalid as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(
            request,
            database,
            person,
            ShopId(shop_id),
            form=form,
            wrong_id=product_id,
            status=status_of(refusal),
        )
    return go_to(
        f"/merchant/{shop_id}/offers",
        flash=N_("The new commission counts from the next midnight, Beijing time.")
        if offer.valid_from > clock.now()
        else N_("The commission counts from now on."),
    )


@post("/merchant/{shop_id:int}/offers/{product_id:int}/end", guards=[MERCHANT])
async def end_offer(
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """End a product's open offer."""
    async with database.writing() as writer:
        await end_open_offer(writer, person, ShopId(shop_id), ProductId(product_id))
    return go_to(f"/merchant/{shop_id}/offers", flash=N_("The offer ends at the next midnight, Beijing time."))


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    show: str = "",
    cursor: str = "",
    form: Form | None = None,
    wrong_id: int | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        offers = await offers_of_shop(reader, shop_id, only_open=show == "open", cursor=cursor or None)
    context: dict[str, object] = {"offers": offers, "form": form, "wrong_id": wrong_id, "show": show}
    return page(request, "merchant/offers.html", console_context(request, shop, "offers") | context, status=status)


ROUTES = (offers_page, set_offer, end_offer)
