"""The platform's coupons: given at the platform's cost, good at every shop."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles import coupon_pages
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.operator.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import CouponId
from yellowcart.promotions.makers import CouponMaker, maker_for_platform

OPERATOR = allow(Role.OPERATOR)


@get("/coupons", guards=[OPERATOR])
async def coupons_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """All coupons of the platform."""
    maker, around = _around(request, person)
    async with database.reading() as reader:
        return await coupon_pages.coupon_list(request, reader, maker, around, show, cursor)


@get("/coupons/new", guards=[OPERATOR])
async def new_coupon_page(
    request: AnyRequest, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str]:
    """The form."""
    maker, around = _around(request, person)
    async with database.reading() as reader:
        return await coupon_pages.coupon_form(request, reader, maker, around)


@post("/coupons/new", guards=[OPERATOR], status_code=200)
async def make_coupon_form(
    request: AnyRequest,
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Make a coupon."""
    maker, around = _around(request, person)
    return await coupon_pages.make_from_form(request, database, person, maker, around, data)


@get("/coupons/{coupon_id:int}", guards=[OPERATOR])
async def coupon_page(
    request: AnyRequest,
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One coupon with its use."""
    maker, around = _around(request, person)
    async with database.reading() as reader:
        return await coupon_pages.coupon_page(request, reader, maker, around, CouponId(coupon_id))


@post("/coupons/{coupon_id:int}/stock", guards=[OPERATOR], status_code=200)
async def change_coupon_stock(
    request: AnyRequest,
    coupon_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Set how many there are."""
    maker, around = _around(request, person)
    return await coupon_pages.change_stock(request, database, person, maker, around, CouponId(coupon_id), data)


@post("/coupons/{coupon_id:int}/stop", guards=[OPERATOR])
async def stop_coupon_form(
    request: AnyRequest,
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Stop it."""
    maker, around = _around(request, person)
    return await coupon_pages.stop(request, database, person, maker, around, CouponId(coupon_id))


def _around(request: AnyRequest, person: Person) -> tuple[CouponMaker, dict[str, object]]:
    return maker_for_platform(person), console_context(request, "coupons") | {"here": "/operator/coupons"}


ROUTES = (
    coupons_page,
    new_coupon_page,
    make_coupon_form,
    coupon_page,
    change_coupon_stock,
    stop_coupon_form,
)
