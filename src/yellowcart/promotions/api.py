"""Coupons and special prices for programs: a shop makes and stops them, a buyer claims and lists them."""

from typing import Annotated

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from yellowcart.accounts.access import PUBLIC, SIGNED_IN, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import CouponId, CreatorId, RoomId, ShopId, SpecialPriceId, VideoId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.promotions.buyer_queries import CouponShelf, MyCoupon, OfferedCoupon, my_coupons, offered_coupons
from yellowcart.promotions.claim import ClaimLane
from yellowcart.promotions.make_coupon import make_coupon, raise_stock, stop_coupon
from yellowcart.promotions.maker_queries import MadeCoupon, coupons_of
from yellowcart.promotions.makers import maker_for_shop
from yellowcart.promotions.model import ClaimedCoupon, Coupon, CouponStanding, SpecialPrice, SpecialPriceStanding
from yellowcart.promotions.new_coupon import NewCoupon
from yellowcart.promotions.special_price_queries import (
    CartSpecialPrice,
    SetPrice,
    special_prices_of_cart,
    special_prices_of_shop,
)
from yellowcart.promotions.special_prices import NewSpecialPrice, end_special_price, set_special_price
from yellowcart.stage.model import in_room, in_video
from yellowcart.stage.queries import room_view, video_view

MERCHANT = allow(Role.MERCHANT)
AnId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
StandsFilter = Annotated[CouponStanding | None, QueryParameter(name="standing")]
PriceStandsFilter = Annotated[SpecialPriceStanding | None, QueryParameter(name="standing")]
ShelfFilter = Annotated[CouponShelf, QueryParameter(name="shelf")]


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a coupon is claimed: the live room the buyer is in, or nowhere in particular."""

    room_id: AnId | None = None


class NewStock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a coupon there are in all."""

    stock: int


@get("/shops/{shop_id:int}/coupons", guards=[MERCHANT])
async def list_coupons(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    stands: StandsFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[MadeCoupon]:
    """A shop's coupons with their use, the latest first."""
    async with database.reading() as reader:
        maker = await maker_for_shop(reader, person, ShopId(shop_id))
        return await coupons_of(reader, maker, stands=stands, cursor=cursor, size=size)


@post("/shops/{shop_id:int}/coupons", guards=[MERCHANT], status_code=201)
async def make(
    shop_id: FromPath[int],
    data: JSONBody[NewCoupon],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Coupon:
    """Make a coupon at the shop's cost. Its terms cannot be changed afterwards."""
    key = request_key(person.person_id, idempotency_key, [shop_id, data])
    async with database.writing() as writer:
        maker = await maker_for_shop(writer, person, ShopId(shop_id))
        return await once(
            writer, "promotions:coupon:make", key, Coupon, lambda: make_coupon(writer, person, maker, data)
        )


@put("/shops/{shop_id:int}/coupons/{coupon_id:int}/stock", guards=[MERCHANT])
async def change_stock(
    shop_id: FromPath[int],
    coupon_id: FromPath[int],
    data: JSONBody[NewStock],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Coupon:
    """Set how many there are in all; never fewer than are claimed."""
    async with database.writing() as writer:
        maker = await maker_for_shop(writer, person, ShopId(shop_id))
        return await raise_stock(writer, person, maker, CouponId(coupon_id), data.stock)


@post("/shops/{shop_id:int}/coupons/{coupon_id:int}/stop", guards=[MERCHANT], status_code=200)
async def stop(
    shop_id: FromPath[int],
    coupon_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Coupon:
    """Give no more of it out, for good. What buyers have claimed stays good."""
    async with database.writing() as writer:
        maker = await maker_for_shop(writer, person, ShopId(shop_id))
        return await stop_coupon(writer, person, maker, CouponId(coupon_id))


@get("/shops/{shop_id:int}/special-prices", guards=[MERCHANT])
async def list_special_prices(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    stands: PriceStandsFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[SetPrice]:
    """A shop's room-only and flash prices, ended ones too, the latest first."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        return await special_prices_of_shop(reader, shop.shop_id, stands=stands, cursor=cursor, size=size)


@post("/shops/{shop_id:int}/special-prices", guards=[MERCHANT], status_code=201)
async def set_price(
    shop_id: FromPath[int],
    data: JSONBody[NewSpecialPrice],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> SpecialPrice:
    """Set a room-only or flash price for one SKU of the shop's in one cart."""
    key = request_key(person.person_id, idempotency_key, [shop_id, data])
    async with database.writing() as writer:
        return await once(
            writer,
            "promotions:special_price:set",
            key,
            SpecialPrice,
            lambda: set_special_price(writer, person, ShopId(shop_id), data),
        )


@post("/shops/{shop_id:int}/special-prices/{special_price_id:int}/end", guards=[MERCHANT], status_code=204)
async def end_price(
    shop_id: FromPath[int],
    special_price_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """End a special price early. Orders placed at it keep it."""
    async with database.writing() as writer:
        await end_special_price(writer, person, ShopId(shop_id), SpecialPriceId(special_price_id))


@get("/rooms/{room_id:int}/coupons", guards=[PUBLIC])
async def coupons_in_room(room_id: FromPath[int], database: NamedDependency[Database]) -> list[OfferedCoupon]:
    """What can be claimed in a live room now or within a day."""
    async with database.reading() as reader:
        view = await room_view(reader, RoomId(room_id))
        return await offered_coupons(reader, CreatorId(view.room.creator_id), room_id=view.room.room_id)


@get("/rooms/{room_id:int}/special-prices", guards=[PUBLIC])
async def special_prices_in_room(
    room_id: FromPath[int], database: NamedDependency[Database]
) -> Page[CartSpecialPrice]:
    """The room-only and flash prices that stand or come in a room's cart, all on one page. An order of now gets
    those that are `in_force` and have enough pieces left; the checkout says which."""
    async with database.reading() as reader:
        view = await room_view(reader, RoomId(room_id))
        return Page(items=await special_prices_of_cart(reader, in_room(view.room.room_id)), next_cursor=None)


@get("/videos/{video_id:int}/special-prices", guards=[PUBLIC])
async def special_prices_in_video(
    video_id: FromPath[int], database: NamedDependency[Database]
) -> Page[CartSpecialPrice]:
    """The flash prices that stand or come in a video's cart, all on one page."""
    async with database.reading() as reader:
        view = await video_view(reader, VideoId(video_id))
        return Page(items=await special_prices_of_cart(reader, in_video(view.video.video_id)), next_cursor=None)


@post("/coupons/{coupon_id:int}/claims", guards=[SIGNED_IN], status_code=201)
async def claim(
    coupon_id: FromPath[int],
    data: JSONBody[Claim],
    idempotency_key: IdempotencyKey,
    claim_lane: NamedDependency[ClaimLane],
    person: NamedDependency[Person],
) -> ClaimedCoupon:
    """Claim one piece of a coupon. A repeat of the key gets the same piece.

    Refusals: `coupon_gone`, `coupon_limit_reached`, `coupon_not_yet`, `coupon_over`, `coupon_stopped`,
    `coupon_not_in_this_room`, `queue_full` (come again after `Retry-After` seconds).
    """
    room_id = None if data.room_id is None else RoomId(data.room_id)
    return await claim_lane.claim(person, CouponId(coupon_id), idempotency_key, room_id=room_id)


@get("/coupons", guards=[SIGNED_IN])
async def list_my_coupons(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    shelf: ShelfFilter = CouponShelf.USABLE,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[MyCoupon]:
    """The signed-in buyer's coupons on one shelf, the latest claimed first."""
    async with database.reading() as reader:
        return await my_coupons(reader, person.person_id, shelf=shelf, cursor=cursor, size=size)


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        list_coupons,
        make,
        change_stock,
        stop,
        list_special_prices,
        set_price,
        end_price,
        coupons_in_room,
        special_prices_in_room,
        special_prices_in_video,
        claim,
        list_my_coupons,
    ],
    tags=["promotions"],
)
