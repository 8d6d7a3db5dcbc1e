"""Rooms, videos and listings for programs. The creator console uses the same use cases."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from yellowcart.accounts.access import PUBLIC, SIGNED_IN, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import RoomId, VideoId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.links.rules import Timeline
from yellowcart.stage import rooms
from yellowcart.stage.chat import say
from yellowcart.stage.model import ListingState, Room, Video
from yellowcart.stage.queries import (
    CartListing,
    ChatMessage,
    RoomCard,
    RoomView,
    VideoCard,
    VideoView,
    cart_of_room,
    cart_of_video,
    room_view,
    rooms_on_air,
    video_view,
    videos_feed,
)
from yellowcart.stage.videos import publish_video

CREATOR = allow(Role.CREATOR)
ListingStateFilter = Annotated[ListingState | None, QueryParameter(name="state")]
Id = Annotated[int, Meta(gt=0, lt=2**53)]
Text = Annotated[str, Meta(max_length=200)]


class NewRoom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A room to announce."""

    title: Text
    title_en: Text = ""
    scheduled_at: Annotated[datetime, Meta(tz=True)]


class NewVideo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A video to publish."""

    title: Text
    title_en: Text = ""


class NewMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chat message."""

    body: Annotated[str, Meta(min_length=1, max_length=1_000)]


@get("/rooms", guards=[PUBLIC])
async def rooms_now(
    database: NamedDependency[Database],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[RoomCard]:
    """Rooms on air, the latest first."""
    async with database.reading() as reader:
        return await rooms_on_air(reader, cursor, size)


@post("/rooms", guards=[CREATOR], status_code=201)
async def announce_room(
    data: JSONBody[NewRoom],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Room:
    """Announce a room."""
    key = request_key(person.person_id, idempotency_key, data)
    async with database.writing() as writer:
        return await once(
            writer,
            "stage:room:schedule",
            key,
            Room,
            lambda: rooms.schedule_room(
                writer, person, title=data.title, title_en=data.title_en, scheduled_at=data.scheduled_at
            ),
        )


@get("/rooms/{room_id:int}", guards=[PUBLIC])
async def one_room(room_id: FromPath[int], database: NamedDependency[Database]) -> RoomView:
    """One room with its counts."""
    async with database.reading() as reader:
        return await room_view(reader, RoomId(room_id))


@get("/rooms/{room_id:int}/cart", guards=[PUBLIC])
async def room_cart(
    room_id: FromPath[int], database: NamedDependency[Database], timeline: NamedDependency[Timeline]
) -> list[CartListing]:
    """The cart of a room, with stock, and with what the link rules say of each listing."""
    async with database.reading() as reader:
        await room_view(reader, RoomId(room_id))
        return await cart_of_room(reader, RoomId(room_id), timeline=timeline)


@post("/rooms/{room_id:int}/start", guards=[CREATOR], status_code=200)
async def start(
    room_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Room:
    """Go on air."""
    async with database.writing() as writer:
        return await rooms.go_live(writer, person, RoomId(room_id))


@post("/rooms/{room_id:int}/pause", guards=[CREATOR], status_code=200)
async def pause(
    room_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Room:
    """Take a break."""
    async with database.writing() as writer:
        return await rooms.pause_room(writer, person, RoomId(room_id))


@post("/rooms/{room_id:int}/resume", guards=[CREATOR], status_code=200)
async def resume(
    room_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Room:
    """End a break."""
    async with database.writing() as writer:
        return await rooms.resume_room(writer, person, RoomId(room_id))


@post("/rooms/{room_id:int}/end", guards=[CREATOR], status_code=200)
async def end(
    room_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Room:
    """End a room; every listing leaves its cart."""
    async with database.writing() as writer:
        return await rooms.end_room(writer, person, RoomId(room_id))


@post("/rooms/{room_id:int}/chat", guards=[SIGNED_IN], status_code=201)
async def send_message(
    room_id: FromPath[int],
    data: JSONBody[NewMessage],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ChatMessage:
    """Send a message to a room on air."""
    key = request_key(person.person_id, idempotency_key, {"room_id": room_id, "body": data.body})
    async with database.writing() as writer:
        return await once(
            writer, "stage:chat:say", key, ChatMessage, lambda: say(writer, person, RoomId(room_id), data.body)
        )


@get("/videos", guards=[PUBLIC])
async def videos(
    database: NamedDependency[Database],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[VideoCard]:
    """Published videos, the latest first."""
    async with database.reading() as reader:
        return await videos_feed(reader, cursor, size)


@post("/videos", guards=[CREATOR], status_code=201)
async def new_video(
    data: JSONBody[NewVideo],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Video:
    """Publish a video with an empty cart."""
    key = request_key(person.person_id, idempotency_key, data)
    async with database.writing() as writer:
        return await once(
            writer,
            "stage:video:publish",
            key,
            Video,
            lambda: publish_video(writer, person, title=data.title, title_en=data.title_en),
        )


@get("/videos/{video_id:int}", guards=[PUBLIC])
async def one_video(video_id: FromPath[int], database: NamedDependency[Database]) -> VideoView:
    """One video."""
    async with database.reading() as reader:
        return await video_view(reader, VideoId(video_id))


@get("/videos/{video_id:int}/cart", guards=[PUBLIC])
async def video_cart(
    video_id: FromPath[int], database: NamedDependency[Database], timeline: NamedDependency[Timeline]
) -> list[CartListing]:
    """The cart of a video."""
    async with database.reading() as reader:
        await video_view(reader, VideoId(video_id))
        return await cart_of_video(reader, VideoId(video_id), timeline=timeline)


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        rooms_now,
        announce_room,
        one_room,
        room_cart,
        start,
        pause,
        resume,
        end,
        send_message,
        videos,
        new_video,
        one_video,
        video_cart,
    ],
    tags=["stage"],
)
