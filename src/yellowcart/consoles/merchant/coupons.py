"""A shop's coupons: what it gives at its own cost, and what became of it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles import coupon_pages
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.rendering import AnyRequest
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import CouponId, ShopId
from yellowcart.promotions.makers import CouponMaker, maker_for_shop

MERCHANT = allow(Role.MERCHANT)


@get("/merchant/{shop_id:int}/coupons", guards=[MERCHANT])
async def coupons_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """All coupons of the shop."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person, ShopId(shop_id))
        return await coupon_pages.coupon_list(request, reader, maker, around, show, cursor)


@get("/merchant/{shop_id:int}/coupons/new", guards=[MERCHANT])
async def new_coupon_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The form."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person, ShopId(shop_id))
        return await coupon_pages.coupon_form(request, reader, maker, around)


@post("/merchant/{shop_id:int}/coupons/new", guards=[MERCHANT], status_code=200)
async def make_coupon_form(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Make a coupon."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person, ShopId(shop_id))
    return await coupon_pages.make_from_form(request, database, person, maker, around, data)


@get("/merchant/{shop_id:int}/coupons/{coupon_id:int}", guards=[MERCHANT])
async def coupon_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One coupon with its use."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person, ShopId(shop_id))
        return await coupon_pages.coupon_page(request, reader, maker, around, CouponId(coupon_id))


@post("/merchant/{shop_id:int}/coupons/{coupon_id:int}/stock", guards=[MERCHANT], status_code=200)
async def change_coupon_stock(
    request: AnyRequest,
    shop_id: FromPath[int],
    coupon_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Set how many there are."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person, ShopId(shop_id))
    return await coupon_pages.change_stock(request, database, person, maker, around, CouponId(coupon_id), data)


@post("/merchant/{shop_id:int}/coupons/{coupon_id:int}/stop", guards=[MERCHANT])
async def stop_coupon_form(
    request: AnyRequest,
    shop_id: FromPath[int],
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Stop it."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person, ShopId(shop_id))
    return await coupon_pages.stop(request, database, person, maker, around, CouponId(coupon_id))


async def _around(
    request: AnyRequest, reader: Reader, person: Person, shop_id: ShopId
) -> tuple[CouponMaker, dict[str, object]]:
    shop = await require_member(reader, person, shop_id)
    maker = await maker_for_shop(reader, person, shop_id)
    return maker, console_context(request, shop, "coupons") | {"here": shop_path(shop, "/coupons")}


ROUTES = (
    coupons_page,
    new_coupon_page,
    make_coupon_form,
    coupon_page,
    change_coupon_stock,
    stop_coupon_form,
)
