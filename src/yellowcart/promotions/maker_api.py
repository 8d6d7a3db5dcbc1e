"""Coupons of creators and of the platform for programs: made, raised, stopped, listed with their use, and dropped
into a live room."""

from typing import Annotated

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import CouponId, RoomId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.promotions.drop import drop_coupon
from yellowcart.promotions.make_coupon import make_coupon, raise_stock, stop_coupon
from yellowcart.promotions.maker_queries import MadeCoupon, coupons_of
from yellowcart.promotions.makers import maker_for_creator, maker_for_platform
from yellowcart.promotions.model import Coupon, CouponStanding
from yellowcart.promotions.new_coupon import NewCoupon

CREATOR = allow(Role.CREATOR)
OPERATOR = allow(Role.OPERATOR)
StandsFilter = Annotated[CouponStanding | None, QueryParameter(name="standing")]


class Stock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a coupon there are in all."""

    stock: int


@get("/creator/coupons", guards=[CREATOR])
async def list_creators_coupons(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    stands: StandsFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[MadeCoupon]:
    """The creator's own coupons with their use, the latest first."""
    async with database.reading() as reader:
        maker = await maker_for_creator(reader, person)
        return await coupons_of(reader, maker, stands=stands, cursor=cursor, size=size)


@post("/creator/coupons", guards=[CREATOR], status_code=201)
async def make_creators_coupon(
    data: JSONBody[NewCoupon],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Coupon:
    """Make a coupon at the creator's cost. Its terms cannot be changed afterwards."""
    key = request_key(person.person_id, idempotency_key, data)
    async with database.writing() as writer:
        maker = await maker_for_creator(writer, person)
        return await once(
            writer, "promotions:creator_coupon:make", key, Coupon, lambda: make_coupon(writer, person, maker, data)
        )


@put("/creator/coupons/{coupon_id:int}/stock", guards=[CREATOR])
async def change_stock_of_creator(
    coupon_id: FromPath[int],
    data: JSONBody[Stock],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Coupon:
    """Set how many there are in all; never fewer than are claimed."""
    async with database.writing() as writer:
        maker = await maker_for_creator(writer, person)
        return await raise_stock(writer, person, maker, CouponId(coupon_id), data.stock)


@post("/creator/coupons/{coupon_id:int}/stop", guards=[CREATOR], status_code=200)
async def stop_creators_coupon(
    coupon_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Coupon:
    """Give no more of it out, for good. What buyers have claimed stays good."""
    async with database.writing() as writer:
        maker = await maker_for_creator(writer, person)
        return await stop_coupon(writer, person, maker, CouponId(coupon_id))


@post("/rooms/{room_id:int}/coupons/{coupon_id:int}/drop", guards=[CREATOR], status_code=204)
async def drop_in_room(
    room_id: FromPath[int],
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Let a coupon pop up on every page of a room on air: the creator's own, one of a shop whose goods are in the
    cart, or one of the platform's. Refusals: `coupon_not_offered`, `drop_too_soon`."""
    async with database.writing() as writer:
        await drop_coupon(writer, person, RoomId(room_id), CouponId(coupon_id))


@get("/platform/coupons", guards=[OPERATOR])
async def list_platforms_coupons(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    stands: StandsFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[MadeCoupon]:
    """The platform's coupons with their use, the latest first."""
    async with database.reading() as reader:
        return await coupons_of(reader, maker_for_platform(person), stands=stands, cursor=cursor, size=size)


@post("/platform/coupons", guards=[OPERATOR], status_code=201)
async def make_platforms_coupon(
    data: JSONBody[NewCoupon],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Coupon:
    """Make a coupon at the platform's cost. Its terms cannot be changed afterwards."""
    key = request_key(person.person_id, idempotency_key, data)
    maker = maker_for_platform(person)
    async with database.writing() as writer:
        return await once(
            writer,
            "promotions:platform_coupon:make",
            key,
            Coupon,
            lambda: make_coupon(writer, person, maker, data),
        )


@put("/platform/coupons/{coupon_id:int}/stock", guards=[OPERATOR])
async def change_stock_of_platform(
    coupon_id: FromPath[int],
    data: JSONBody[Stock],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Coupon:
    """Set how many there are in all; never fewer than are claimed."""
    async with database.writing() as writer:
        return await raise_stock(writer, person, maker_for_platform(person), CouponId(coupon_id), data.stock)


@post("/platform/coupons/{coupon_id:int}/stop", guards=[OPERATOR], status_code=200)
async def stop_platforms_coupon(
    coupon_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Coupon:
    """Give no more of it out, for good. What buyers have claimed stays good."""
    async with database.writing() as writer:
        return await stop_coupon(writer, person, maker_for_platform(person), CouponId(coupon_id))


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        list_creators_coupons,
        make_creators_coupon,
        change_stock_of_creator,
        stop_creators_coupon,
        drop_in_room,
        list_platforms_coupons,
        make_platforms_coupon,
        change_stock_of_platform,
        stop_platforms_coupon,
    ],
    tags=["promotions"],
)
