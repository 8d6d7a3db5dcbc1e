"""The control desk of a live room: its cart, its numbers, its chat."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.creator.navigation import creator_page, is_part
from yellowcart.consoles.creator.shelf import cart_context, room_of
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, page
from yellowcart.insight.metrics import room_figures
from yellowcart.insight.model import MetricName
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import RoomId
from yellowcart.links.rules import Timeline
from yellowcart.stage.chat import say
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import in_room
from yellowcart.stage.queries import audience_of_room, chat_of_room

CREATOR = allow(Role.CREATOR)
SHOWN = (MetricName.GMV_SUBMITTED, MetricName.GMV_PAID, MetricName.ORDERS_PAID, MetricName.PAY_RATE)


@get("/rooms/{room_id:int}", guards=[CREATOR])
async def desk(
    request: AnyRequest,
    room_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str]:
    """The whole desk."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        room = await room_of(reader, creator, RoomId(room_id))
        context = await cart_context(request, reader, in_room(room.room_id), timeline)
        context |= await _numbers(database, room.room_id)
        chat = await chat_of_room(reader, room.room_id)
    return creator_page(
        request, creator, "rooms", "creator/desk.html", context | {"room": room, "chat": chat, "form": None}
    )


@get("/rooms/{room_id:int}/numbers", guards=[CREATOR])
async def numbers_part(
    request: AnyRequest,
    room_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str]:
    """The live numbers, asked for every few seconds."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        room = await room_of(reader, creator, RoomId(room_id))
        context = await cart_context(request, reader, in_room(room.room_id), timeline)
    context |= await _numbers(database, room.room_id)
    return page(request, "creator/numbers.html", context | {"room": room})


@post("/rooms/{room_id:int}/chat", guards=[CREATOR], status_code=200)
async def speak(
    request: AnyRequest,
    room_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Write to the room's chat; the message comes back over the stream."""
    async with database.writing() as writer:
        await say(writer, person, RoomId(room_id), data.get("body", ""))
    if is_part(request):
        return Response("", status_code=204)
    return go_to(f"/creator/rooms/{room_id}")


async def _numbers(database: Database, room_id: RoomId) -> dict[str, object]:
    async with database.reading() as reader:
        figures = await room_figures(reader, room_id)
        return {
            "audience": await audience_of_room(reader, room_id),
            "figures": figures,
            "shown": [figures.metrics[name] for name in SHOWN],
        }
