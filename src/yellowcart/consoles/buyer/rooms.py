"""A live room and a video over the whole screen, and the parts of a room that its page asks for again."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.carts import cart_key, shown_cart
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import PersonId, RoomId, VideoId
from yellowcart.platform import Platform
from yellowcart.promotions.buyer_queries import count_claimable
from yellowcart.promotions.special_price_queries import shown_special_prices
from yellowcart.stage.chat import say
from yellowcart.stage.model import ListingState, RoomState, VideoState
from yellowcart.stage.queries import cart_of_room, cart_of_video, chat_of_room, room_view, video_view

LIVE_STREAM = "/media/stream/index.m3u8"
ON_AIR = frozenset({RoomState.LIVE, RoomState.PAUSED})
CHAT_AT_FIRST = 30


@get("/rooms/{room_id:int}", guards=[PUBLIC])
async def room_page(
    request: AnyRequest,
    room_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
) -> Response[str]:
    """The room: video, chat, the product being explained, the yellow cart."""
    async with database.reading() as reader:
        context = await _room_context(request, reader, RoomId(room_id), platform)
        context["coupon_count"] = await count_claimable(
            reader, context["room"].creator_id, _person_id(request), room_id=RoomId(room_id)
        )
    return buyer_page(request, "room/page.html", {**context, "stream": stream_of(platform)})


@get("/rooms/{room_id:int}/now", guards=[PUBLIC])
async def room_now(
    request: AnyRequest,
    room_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
) -> Response[str]:
    """The parts of the room that change, as they are now."""
    async with database.reading() as reader:
        context = await _room_context(request, reader, RoomId(room_id), platform)
    return buyer_page(request, "room/now.html", context)


@post("/rooms/{room_id:int}/chat", guards=[SIGNED_IN], status_code=204)
async def chat(
    room_id: FromPath[int], data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> None:
    """Say something to the room; everybody's page hears it over the stream, the speaker's too."""
    async with database.writing() as writer:
        await say(writer, person, RoomId(room_id), data.get("body", ""))


@get("/videos/{video_id:int}", guards=[PUBLIC])
async def video_page(
    request: AnyRequest,
    video_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
) -> Response[str]:
    """A video with its cart. One that was taken down is not there."""
    timeline = platform.rules.timeline
    async with database.reading() as reader:
        view = await video_view(reader, VideoId(video_id))
        if view.video.state is not VideoState.PUBLISHED:
            raise NotFound
        listings = await cart_of_video(reader, VideoId(video_id), timeline=timeline)
        specials = await shown_special_prices(reader, [listing.listing_id for listing in listings])
        coupon_count = await count_claimable(
            reader, view.video.creator_id, _person_id(request), video_id=VideoId(video_id)
        )
    cart = shown_cart(listings, timeline, locale_of(request), specials)
    context = {
        "video": view.video,
        "creator": view.creator,
        "cart": cart,
        "cart_key": cart_key(cart, view.video.state),
        "in_cart": sum(entry.is_in_cart for entry in cart),
        "is_open": True,
        "stream": stream_of(platform),
        "coupon_count": coupon_count,
        "leave": "/videos",
    }
    return buyer_page(request, "video.html", context)


def stream_of(platform: Platform) -> str | None:
    """The address of the picture: the demo world's sample; creators' own streams are not there yet."""
    return LIVE_STREAM if platform.settings.demo else None


async def _room_context(
    request: AnyRequest, reader: Reader, room_id: RoomId, platform: Platform
) -> dict[str, Any]:
    timeline = platform.rules.timeline
    view = await room_view(reader, room_id)
    listings = await cart_of_room(reader, room_id, timeline=timeline)
    specials = await shown_special_prices(reader, [listing.listing_id for listing in listings])
    cart = shown_cart(listings, timeline, locale_of(request), specials)
    explained = (entry for entry in cart if entry.listing.state is ListingState.EXPLAINING and entry.is_in_cart)
    return {
        "room": view.room,
        "creator": view.creator,
        "audience": view.audience,
        "cart": cart,
        "cart_key": cart_key(cart, view.room.state),
        "in_cart": sum(entry.is_in_cart for entry in cart),
        "pinned": next(explained, None),
        "is_open": view.room.state in ON_AIR,
        "chat": await chat_of_room(reader, room_id, CHAT_AT_FIRST),
    }


def _person_id(request: AnyRequest) -> PersonId | None:
    person: Person | None = request.scope.get("user")
    return None if person is None else person.person_id
