"""What each product's delivery costs and promises: found, chosen and changed many at once."""

import re
from collections.abc import Mapping

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from msgspec import UNSET, UnsetType

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.freight.model import DeliveryChange, FreightTemplateId, ShipPromise
from yellowcart.freight.product_terms import set_delivery
from yellowcart.freight.queries import DeliveryFilter, found_products, products_with_delivery, templates_of_shop
from yellowcart.freight.rules import DAY_S, HOUR_S, PRESALE_DAYS, PRODUCTS_AT_ONCE_MAX, PROMISES_S
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale, translate, translate_plural

MERCHANT = allow(Role.MERCHANT)
FREE = "free"
KEEP = "keep"
"""The choice that leaves a part as it is."""
PAGE_SIZE = 50
_AN_ID = re.compile(r"[1-9][0-9]{0,15}")
_A_WEIGHT = re.compile(r"[0-9]{1,9}")


@get("/merchant/{shop_id:int}/freight/products", guards=[MERCHANT])
async def products_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    text: FromQuery[str] = "",
    template: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """The shop's products with template, weight and promise; search and filter stand in the address."""
    return await _page(request, database, person, ShopId(shop_id), text, template, cursor)


@post("/merchant/{shop_id:int}/freight/products", guards=[MERCHANT], status_code=200)
async def change_products(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Change the checked products, or all that the search found: all of them, or none."""
    text, template = data.get("text", ""), data.get("filter", "")
    try:
        async with database.writing() as writer:
            product_ids = _checked(data)
            if data.get("whom") == "found":
                await require_member(writer, person, ShopId(shop_id))
                product_ids = await found_products(writer, ShopId(shop_id), _filter(text, template))
            changed = await set_delivery(writer, person, ShopId(shop_id), _change(data, product_ids))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(
            request,
            database,
            person,
            ShopId(shop_id),
            text,
            template,
            data.get("cursor", ""),
            form=refused_form(refusal, data, locale_of(request)),
            status=status_of(refusal),
        )
    return go_to(
        f"/merchant/{shop_id}/freight/products",
        flash=N_("%(products)s products are changed. It counts for orders from now on."),
        values={"products": changed},
    )


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    text: str,
    template: str,
    cursor: str,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        products = await products_with_delivery(
            reader, shop_id, _filter(text, template), cursor=cursor or None, size=PAGE_SIZE
        )
        templates = await templates_of_shop(reader, shop_id)
    named = [(str(each.freight_template_id), each.name) for each in templates]
    locale = locale_of(request)
    free = (FREE, translate(N_("free everywhere"), locale))
    keep = (KEEP, translate(N_("as it is"), locale))
    context = {
        "products": products,
        "text": text,
        "template": template,
        "cursor": cursor,
        "form": form,
        "checked": set() if form is None else {str(each) for each in _checked(form["values"])},
        "filter_options": [("", translate(N_("All templates"), locale)), free, *named],
        "set_options": [keep, free, *named],
        "promise_options": [keep, *_promises(locale)],
        "at_once": PRODUCTS_AT_ONCE_MAX,
    }
    whole = console_context(request, shop, "freight") | context
    return page(request, "merchant/freight_products.html", whole, status=status)


def _promises(locale: Locale) -> list[tuple[str, str]]:
    """Every promise that a product may make, as the form writes it and as people read it."""
    stocked = [
        (str(seconds), N_("within %(num)s hour"), N_("within %(num)s hours"), seconds // HOUR_S)
        for seconds in PROMISES_S
    ]
    presales = [
        (f"presale:{days * DAY_S}", N_("presale, within %(num)s day"), N_("presale, within %(num)s days"), days)
        for days in PRESALE_DAYS
    ]
    return [
        (value, translate_plural(singular, plural, number, locale) % {"num": number})
        for value, singular, plural, number in [*stocked, *presales]
    ]


def _filter(text: str, template: str) -> DeliveryFilter:
    return DeliveryFilter(
        text=text,
        freight_template_id=FreightTemplateId(int(template)) if _AN_ID.fullmatch(template) else None,
        only_free=template == FREE,
    )


def _checked(values: Mapping[str, str]) -> tuple[ProductId, ...]:
    """The products whose boxes (`p.<id>`) were checked."""
    names = (name.removeprefix("p.") for name in values if name.startswith("p."))
    return tuple(ProductId(int(each)) for each in names if _AN_ID.fullmatch(each))


def _change(data: Mapping[str, str], product_ids: tuple[ProductId, ...]) -> DeliveryChange:
    """What the form asks for; a part that says nothing stays. A text that makes no sense is a value that the rules
    refuse in their own words."""
    named = data.get("set_template", KEEP)
    template: FreightTemplateId | UnsetType | None = UNSET
    if named == FREE:
        template = None
    elif _AN_ID.fullmatch(named):
        template = FreightTemplateId(int(named))
    weight = data.get("weight", "").strip()
    promised, presale = data.get("promise", KEEP), False
    if promised.startswith("presale:"):
        promised, presale = promised.removeprefix("presale:"), True
    promise: ShipPromise | UnsetType = UNSET
    if promised not in ("", KEEP):
        promise = ShipPromise(int(promised) if _A_WEIGHT.fullmatch(promised) else 0, presale)
    return DeliveryChange(
        product_ids=product_ids,
        freight_template_id=template,
        weight_g=(int(weight) if _A_WEIGHT.fullmatch(weight) else 0) if weight else UNSET,
        promise=promise,
    )


ROUTES = (products_page, change_products)
