"""Entering the merchant console: opening a shop, choosing one, and its home page."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.model import MerchantKind, Shop
from yellowcart.catalog.product_list import ProductFilter, ProductRow, product_counts, products_of_shop
from yellowcart.catalog.rules import LOW_STOCK
from yellowcart.catalog.shops import open_shop, require_member, shops_of
from yellowcart.consoles.forms import FormBody, fresh_request_key, refused_form
from yellowcart.consoles.merchant.aftersale_bulk import ROUTES as AFTERSALE_BULK_ROUTES
from yellowcart.consoles.merchant.aftersale_gift import ROUTES as AFTERSALE_GIFT_ROUTES
from yellowcart.consoles.merchant.aftersale_settings import ROUTES as AFTERSALE_SETTINGS_ROUTES
from yellowcart.consoles.merchant.aftersales import ROUTES as AFTERSALE_ROUTES
from yellowcart.consoles.merchant.coupons import ROUTES as COUPON_ROUTES
from yellowcart.consoles.merchant.freight import ROUTES as FREIGHT_ROUTES
from yellowcart.consoles.merchant.freight_products import ROUTES as FREIGHT_PRODUCT_ROUTES
from yellowcart.consoles.merchant.imports import ROUTES as IMPORT_ROUTES
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.merchant.offers import ROUTES as OFFER_ROUTES
from yellowcart.consoles.merchant.products import ROUTES as PRODUCT_ROUTES
from yellowcart.consoles.merchant.reviews import ROUTES as REVIEW_ROUTES
from yellowcart.consoles.merchant.settings import ROUTES as SETTINGS_ROUTES
from yellowcart.consoles.merchant.shipping import ROUTES as SHIPPING_ROUTES
from yellowcart.consoles.merchant.shipping_files import ROUTES as SHIPPING_FILE_ROUTES
from yellowcart.consoles.merchant.shipping_needs import ROUTES as SHIPPING_NEED_ROUTES
from yellowcart.consoles.merchant.shop_form import read_shop_form
from yellowcart.consoles.merchant.special_prices import ROUTES as SPECIAL_PRICE_ROUTES
from yellowcart.consoles.merchant.stock import ROUTES as STOCK_ROUTES
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.parcels.to_ship import to_ship_counts
from yellowcart.reviews.desk_queries import count_to_answer

SHORT_LIST = 6


@get("/merchant", guards=[SIGNED_IN])
async def enter(
    request: AnyRequest, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """The one shop of a merchant, the choice between several, or the form that opens the first."""
    async with database.reading() as reader:
        shops = await shops_of(reader, person)
    if not shops:
        return Redirect("/merchant/open-shop", status_code=303)
    if len(shops) == 1:
        return Redirect(shop_path(shops[0]), status_code=303)
    return page(request, "merchant/shops.html", console_context(request, None, "home") | {"shops": shops})


@get("/merchant/open-shop", guards=[SIGNED_IN])
async def open_shop_page(request: AnyRequest) -> Response[str]:
    """The form that opens a shop."""
    context = {"form": None, "kinds": list(MerchantKind), "request_key": fresh_request_key()}
    return page(request, "merchant/open_shop.html", console_context(request, None, "home") | context)


@post("/merchant/open-shop", guards=[SIGNED_IN], status_code=200)
async def open_shop_form(
    request: AnyRequest,
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Open a shop and begin with its products."""
    try:
        settings = read_shop_form(data)
        key = request_key(person.person_id, data.get("request_key"), settings)
        async with database.writing() as writer:
            shop = await once(writer, "catalog:shop:open", key, Shop, lambda: open_shop(writer, person, settings))
    except Refusal as refusal:
        context = {
            "form": refused_form(refusal, data, locale_of(request)),
            "kinds": list(MerchantKind),
            "request_key": fresh_request_key(),
        }
        return page(
            request,
            "merchant/open_shop.html",
            console_context(request, None, "home") | context,
            status=status_of(refusal),
        )
    return go_to(shop_path(shop), flash=N_("Your shop is open. Add your first product or import a file."))


@get("/merchant/{shop_id:int}", guards=[allow(Role.MERCHANT)])
async def home(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """What needs doing in a shop."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        shops = await shops_of(reader, person)
        counts = await product_counts(reader, shop.shop_id)
        to_ship = await to_ship_counts(reader, shop.shop_id)
        to_answer = await count_to_answer(reader, shop.shop_id)
        lists = {
            only.value: (
                await products_of_shop(reader, shop.shop_id, only=only, sort="available", size=SHORT_LIST)
            ).items
            for only in (ProductFilter.LOW_STOCK, ProductFilter.REJECTED, ProductFilter.DRAFT)
        }
    context: dict[str, object] = {
        "shops": shops,
        "counts": counts,
        "lists": lists,
        "orders_to_ship": to_ship.all,
        "reviews_to_answer": to_answer,
        "to_do": _once_each(lists["rejected"] + lists["draft"])[:SHORT_LIST],
        "low_stock": LOW_STOCK,
        "as_of": clock.now(),
    }
    return page(request, "merchant/home.html", console_context(request, shop, "home") | context)


def _once_each(rows: list[ProductRow]) -> list[ProductRow]:
    return list({row.product_id: row for row in rows}.values())


ROUTES = Router(
    "/",
    route_handlers=[
        enter,
        open_shop_page,
        open_shop_form,
        home,
        *PRODUCT_ROUTES,
        *STOCK_ROUTES,
        *SHIPPING_ROUTES,
        *SHIPPING_FILE_ROUTES,
        *SHIPPING_NEED_ROUTES,
        *IMPORT_ROUTES,
        *FREIGHT_ROUTES,
        *FREIGHT_PRODUCT_ROUTES,
        *OFFER_ROUTES,
        *COUPON_ROUTES,
        *SPECIAL_PRICE_ROUTES,
        *AFTERSALE_ROUTES,
        *AFTERSALE_BULK_ROUTES,
        *AFTERSALE_GIFT_ROUTES,
        *AFTERSALE_SETTINGS_ROUTES,
        *REVIEW_ROUTES,
        *SETTINGS_ROUTES,
    ],
    include_in_schema=False,
)
