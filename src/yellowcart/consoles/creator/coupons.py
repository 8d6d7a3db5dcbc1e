"""A creator's coupons: given at the creator's own cost for their rooms and videos, and dropped into a room."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles import coupon_pages
from yellowcart.consoles.creator.navigation import console_context, is_part
from yellowcart.consoles.creator.shelf import room_of
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, page
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import CouponId, RoomId
from yellowcart.kernel.translation import N_
from yellowcart.promotions.drop import drop_coupon
from yellowcart.promotions.maker_queries import coupons_of_desk
from yellowcart.promotions.makers import CouponMaker, maker_for_creator
from yellowcart.stage.creators import creator_of

CREATOR = allow(Role.CREATOR)


@get("/coupons", guards=[CREATOR])
async def coupons_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """All coupons of the creator."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person)
        return await coupon_pages.coupon_list(request, reader, maker, around, show, cursor)


@get("/coupons/new", guards=[CREATOR])
async def new_coupon_page(
    request: AnyRequest, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str]:
    """The form."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person)
        return await coupon_pages.coupon_form(request, reader, maker, around)


@post("/coupons/new", guards=[CREATOR], status_code=200)
async def make_coupon_form(
    request: AnyRequest,
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Make a coupon."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person)
    return await coupon_pages.make_from_form(request, database, person, maker, around, data)


@get("/coupons/{coupon_id:int}", guards=[CREATOR])
async def coupon_page(
    request: AnyRequest,
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One coupon with its use."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person)
        return await coupon_pages.coupon_page(request, reader, maker, around, CouponId(coupon_id))


@post("/coupons/{coupon_id:int}/stock", guards=[CREATOR], status_code=200)
async def change_coupon_stock(
    request: AnyRequest,
    coupon_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Set how many there are."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person)
    return await coupon_pages.change_stock(request, database, person, maker, around, CouponId(coupon_id), data)


@post("/coupons/{coupon_id:int}/stop", guards=[CREATOR])
async def stop_coupon_form(
    request: AnyRequest,
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Stop it."""
    async with database.reading() as reader:
        maker, around = await _around(request, reader, person)
    return await coupon_pages.stop(request, database, person, maker, around, CouponId(coupon_id))


@get("/rooms/{room_id:int}/coupons", guards=[CREATOR])
async def room_coupons_part(
    request: AnyRequest,
    room_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The coupons of a room's desk with their live counts, asked for every few seconds."""
    async with database.reading() as reader:
        return await _desk_part(request, reader, person, RoomId(room_id))


@post("/rooms/{room_id:int}/coupons/{coupon_id:int}/drop", guards=[CREATOR], status_code=200)
async def drop_into_room(
    request: AnyRequest,
    room_id: FromPath[int],
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Let a coupon pop up on every viewer's page."""
    async with database.writing() as writer:
        await drop_coupon(writer, person, RoomId(room_id), CouponId(coupon_id))
    if not is_part(request):
        return go_to(f"/creator/rooms/{room_id}", flash=N_("The coupon pops up in your room now."))
    async with database.reading() as reader:
        return await _desk_part(request, reader, person, RoomId(room_id))


async def _desk_part(request: AnyRequest, reader: Reader, person: Person, room_id: RoomId) -> Response[str]:
    creator = await creator_of(reader, person)
    room = await room_of(reader, creator, room_id)
    coupons = await coupons_of_desk(reader, creator.creator_id, room.room_id)
    return page(request, "creator/room_coupons.html", {"room": room, "coupons": coupons})


async def _around(request: AnyRequest, reader: Reader, person: Person) -> tuple[CouponMaker, dict[str, object]]:
    creator = await creator_of(reader, person)
    maker = await maker_for_creator(reader, person)
    return maker, console_context(request, creator, "coupons") | {"here": "/creator/coupons"}


ROUTES = (
    coupons_page,
    new_coupon_page,
    make_coupon_form,
    coupon_page,
    change_coupon_stock,
    stop_coupon_form,
    room_coupons_part,
    drop_into_room,
)
