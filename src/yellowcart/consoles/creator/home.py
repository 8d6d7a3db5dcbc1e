"""The first page of a creator: what is on air, what comes next, what the rules will change for them."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.insight.metrics import room_figures
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.translation import translate
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.wording import SURFACE_NAMES, next_change_text, source_word
from yellowcart.stage.creators import find_creator
from yellowcart.stage.model import RoomState
from yellowcart.stage.queries import pairs_in_carts, rooms_of_creator

LAST_ROOMS = 5
ROOMS_AHEAD = 5


@get("/", guards=[allow(Role.CREATOR)])
async def home(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str] | Redirect:
    """Rooms now, next and last, and the coming changes that touch the creator's carts."""
    async with database.reading() as reader:
        creator = await find_creator(reader, person)
        if creator is None:
            return Redirect("/creator/profile", status_code=303)
        on_air = await rooms_of_creator(
            reader, creator.creator_id, states=(RoomState.LIVE, RoomState.PAUSED), size=1
        )
        ahead = await rooms_of_creator(reader, creator.creator_id, states=(RoomState.SCHEDULED,), size=ROOMS_AHEAD)
        last = await rooms_of_creator(reader, creator.creator_id, states=(RoomState.ENDED,), size=LAST_ROOMS)
        figures = {room.room_id: await room_figures(reader, room.room_id) for room in last.items}
        pairs = await pairs_in_carts(reader, creator.creator_id)
    locale = locale_of(request)
    changes = []
    for pair in pairs:
        judged = verdict(timeline, pair.surface, pair.source, clock.now())
        if judged.next_change is not None:
            changes.append(
                {
                    "at": judged.next_change.at,
                    "action": judged.next_change.action,
                    "source": source_word(pair.source, locale),
                    "surface": translate(SURFACE_NAMES[pair.surface], locale),
                    "count": pair.listing_count,
                    "text": next_change_text(judged, locale),
                }
            )
    return creator_page(
        request,
        creator,
        "home",
        "creator/home.html",
        {
            "on_air": on_air.items,
            "ahead": ahead.items[::-1],
            "last": last.items,
            "figures": figures,
            "changes": changes,
        },
    )
