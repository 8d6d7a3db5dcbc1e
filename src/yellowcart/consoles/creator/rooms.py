"""A creator's live rooms: the list, announcing one, and its life."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.creator.forms import read_moment
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.forms import Form, FormBody, fresh_request_key, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import RoomId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import Room, RoomState
from yellowcart.stage.queries import cart_of_room, rooms_of_creator
from yellowcart.stage.rooms import end_room, go_live, pause_room, resume_room, schedule_room

CREATOR = allow(Role.CREATOR)
Step = Callable[[Writer, Person, RoomId], Awaitable[Room]]
STEPS: dict[str, tuple[Step, str]] = {
    "start": (go_live, N_("You are on air.")),
    "pause": (pause_room, N_("Paused. Viewers stay, the cart stays open.")),
    "resume": (resume_room, N_("On air again.")),
    "end": (end_room, N_("The room has ended. Every product has left its cart.")),
}
EMPTY_CART = N_("You are on air with an empty cart. Put a product on, so that viewers have something to buy.")


@get("/rooms", guards=[CREATOR])
async def rooms_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """All rooms, the latest first, and the form that announces one."""
    return await _page(request, database, person, show=show, cursor=cursor)


@post("/rooms", guards=[CREATOR], status_code=200)
async def announce(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """Announce a room and go to its control desk."""
    try:
        scheduled_at = read_moment(data.get("scheduled_at", ""), "scheduled_at")
        title, title_en = data.get("title", ""), data.get("title_en", "")
        key = request_key(person.person_id, data.get("request_key"), [title, title_en, scheduled_at])
        async with database.writing() as writer:
            room = await once(
                writer,
                "stage:room:schedule",
                key,
                Room,
                lambda: schedule_room(writer, person, title=title, title_en=title_en, scheduled_at=scheduled_at),
            )
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(request, database, person, form=form, status=status_of(refusal))
    return go_to(f"/creator/rooms/{room.room_id}", flash=N_("Announced. Fill the cart now."))


@post("/rooms/{room_id:int}/{step:str}", guards=[CREATOR], status_code=303)
async def take_step(
    request: AnyRequest,
    room_id: FromPath[int],
    step: FromPath[str],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Start, pause, resume or end a room."""
    if step not in STEPS:
        raise NotFound
    act, words = STEPS[step]
    desk = f"/creator/rooms/{room_id}"
    try:
        async with database.writing() as writer:
            await act(writer, person, RoomId(room_id))
            empty = step == "start" and not any(
                each.state.value == "on_cart" for each in await cart_of_room(writer, RoomId(room_id))
            )
    except NotFound:
        raise
    except Refusal as refusal:
        # The refusal's own sentence, in the reader's language: what is shown is not translated again.
        return go_to(desk, flash=refusal.text(locale_of(request)), kind="error")
    return go_to(desk, flash=EMPTY_CART, kind="warning") if empty else go_to(desk, flash=words)


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    *,
    show: str = "",
    cursor: str = "",
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    states = (RoomState(show),) if show in set(RoomState) else tuple(RoomState)
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        rooms = await rooms_of_creator(reader, creator.creator_id, states=states, cursor=cursor or None)
    soon = clock.now().astimezone(clock.SHANGHAI).replace(second=0, microsecond=0) + timedelta(minutes=5)
    return creator_page(
        request,
        creator,
        "rooms",
        "creator/rooms.html",
        {
            "rooms": rooms,
            "form": form,
            "soon": soon.strftime("%Y-%m-%dT%H:%M"),
            "request_key": fresh_request_key(),
        },
        status=status,
    )
