"""What has to leave: orders by how soon, parcels that are stuck, the 48-hour rate, and the file of all of it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.downloads import csv_download_in_pages, workbook_download
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.parcels.bulk.columns import shown_columns
from yellowcart.parcels.bulk.files import WORKBOOK_ROWS_MAX, rows_to_ship
from yellowcart.parcels.carriers import carrier_name, carrier_options, suggest_carriers
from yellowcart.parcels.rules import clean_waybill
from yellowcart.parcels.to_ship import (
    COUNTED_MAX,
    HOURS_MAX,
    ShippingWatch,
    ToShip,
    change_shipping_watch,
    orders_to_ship,
    ship_rate,
    shipping_watch,
    stuck_parcels,
    to_ship_counts,
)

MERCHANT = allow(Role.MERCHANT)
STUCK = "stuck"


@get("/merchant/{shop_id:int}/shipping", guards=[MERCHANT])
async def shipping_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Orders to ship, the most urgent first, or the parcels that are stuck."""
    return await _page(request, database, person, ShopId(shop_id), show=show, cursor=cursor)


@get("/merchant/{shop_id:int}/shipping/rate", guards=[MERCHANT])
async def rate_part(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The 48-hour rate; it counts a month of orders, so the page asks for it when the list is there."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        rate = await ship_rate(reader, shop.shop_id)
    return page(request, "merchant/shipping_rate.html", {"rate": rate, "as_of": clock.now()})


@get(
    ["/merchant/{shop_id:int}/shipping/orders.csv", "/merchant/{shop_id:int}/shipping/orders.xlsx"],
    guards=[MERCHANT],
)
async def orders_file(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
) -> Response[bytes] | Stream:
    """Orders to ship as a file, one row a line; filled in with carriers and waybills it comes back by upload."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
    locale, chosen = locale_of(request), _chosen(show) or ToShip.ALL
    title = translate(N_("Orders to ship"), locale)
    pages = rows_to_ship(database, shop.shop_id, chosen)
    if request.url.path.endswith(".csv"):
        return csv_download_in_pages(title, shown_columns(locale), pages)
    rows = []
    async for part in pages:
        rows += part
        if len(rows) >= WORKBOOK_ROWS_MAX:
            break
    return workbook_download(title, title, shown_columns(locale), rows[:WORKBOOK_ROWS_MAX])


@get("/merchant/{shop_id:int}/shipping/suggest", guards=[MERCHANT])
async def suggest_part(
    request: AnyRequest, waybill: FromQuery[str] = "", carrier: FromQuery[str] = ""
) -> Response[str]:
    """Which carrier's a waybill looks like, when that is another one than was chosen: a hint beside the form."""
    likely = suggest_carriers(clean_waybill(waybill[:60]))
    locale = locale_of(request)
    names = [carrier_name(code, locale) for code in likely] if carrier not in likely else []
    return page(request, "merchant/waybill_hint.html", {"names": names})


@post("/merchant/{shop_id:int}/shipping/watch", guards=[MERCHANT], status_code=200)
async def change_watch(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """After how many hours a parcel counts as stuck."""
    try:
        watch = ShippingWatch(_hours(data, "silent_h"), _hours(data, "still_h"))
        async with database.writing() as writer:
            await require_member(writer, person, ShopId(shop_id))
            await change_shipping_watch(writer, ShopId(shop_id), watch)
    except InvalidFields as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(request, database, person, ShopId(shop_id), show=STUCK, refused=(refusal, form))
    return go_to(f"/merchant/{shop_id}/shipping?show={STUCK}", flash=N_("Saved."))


def _hours(data: dict[str, str], field: str) -> int:
    typed = data.get(field, "").strip()
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 4:
        raise InvalidFields({field: (N_("Write whole hours from 1 to %(most)s."), {"most": HOURS_MAX})})
    return int(typed)


def _chosen(show: str) -> ToShip | None:
    return next((each for each in ToShip if each.value == show), None)


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    show: str,
    cursor: str | None = None,
    refused: tuple[Refusal, Form] | None = None,
) -> Response[str]:
    chosen = None if show == STUCK else _chosen(show) or ToShip.ALL
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        context: dict[str, object] = {
            "counts": await to_ship_counts(reader, shop_id),
            "watch": await shipping_watch(reader, shop_id),
            "chosen": STUCK if chosen is None else chosen.value,
            "form": None if refused is None else refused[1],
            "counted_max": COUNTED_MAX,
            "carrier_names": dict(carrier_options(locale_of(request))),
        }
        if chosen is None:
            context["parcels"] = await stuck_parcels(reader, shop_id, cursor=cursor)
        else:
            context["orders"] = await orders_to_ship(reader, shop_id, chosen, cursor=cursor)
    return page(
        request,
        "merchant/shipping.html",
        console_context(request, shop, "shipping") | context,
        status=200 if refused is None else status_of(refused[0]),
    )


ROUTES = (shipping_page, rate_part, suggest_part, orders_file, change_watch)
