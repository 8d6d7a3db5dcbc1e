"""What the platform told a person, in the look of the console that they work in."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts import inbox
from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import shops_of
from yellowcart.consoles.buyer.navigation import TABS
from yellowcart.consoles.creator.navigation import console_context as creator_context
from yellowcart.consoles.merchant.navigation import console_context as merchant_context
from yellowcart.consoles.operator.navigation import console_context as operator_context
from yellowcart.consoles.rendering import AnyRequest, go_to, local_path, locale_of, page
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.translation import N_, translate
from yellowcart.stage.creators import find_creator

MESSAGES = "/messages"


@get("/", guards=[SIGNED_IN])
async def messages_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """The messages, unread ones first; `show=unread` leaves the others out."""
    async with database.reading() as reader:
        found = await inbox.inbox_of(reader, person, cursor or None, unread_only=show == "unread")
        around = await _console_of(request, reader, person)
    return page(
        request,
        "front/messages.html",
        {**around, "messages": found, "language": locale_of(request), "back": "/me"},
    )


@post("/{message_id:int}/open", guards=[SIGNED_IN], status_code=303)
async def open_message(
    message_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Mark a message as read and go to what it is about."""
    async with database.writing() as writer:
        link = await inbox.link_of(writer, person, message_id)
        if link is None:
            raise NotFound
        await inbox.mark_read(writer, person, [message_id])
    return Redirect(local_path(link) if link else MESSAGES, status_code=303)


@post("/{message_id:int}/read", guards=[SIGNED_IN], status_code=303)
async def read_message(
    message_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Mark one message as read; one that was read before, or is somebody else's, changes nothing."""
    async with database.writing() as writer:
        await inbox.mark_read(writer, person, [message_id])
    return Redirect(MESSAGES, status_code=303)


@post("/read-all", guards=[SIGNED_IN], status_code=303)
async def read_all(database: NamedDependency[Database], person: NamedDependency[Person]) -> Redirect:
    """Mark everything as read."""
    async with database.writing() as writer:
        await inbox.mark_all_read(writer, person)
    return go_to(MESSAGES, flash=N_("Everything is marked as read."))


async def _console_of(request: AnyRequest, reader: Reader, person: Person) -> dict[str, object]:
    """The layout and navigation of the console that the person works in; the buyer's where there is none."""
    console: dict[str, object] = {"layout": "layout/console.html"}
    if person.has(Role.CREATOR):
        return console | creator_context(request, await find_creator(reader, person), "messages")
    if person.has(Role.MERCHANT):
        shops = await shops_of(reader, person)
        return console | merchant_context(request, shops[0] if len(shops) == 1 else None, "messages")
    if person.has(Role.OPERATOR):
        return console | operator_context(request, "messages")
    locale = locale_of(request)
    return {
        "layout": "layout/buyer.html",
        "navigation": [(translate(label, locale), href, icon, href == "/me") for label, href, icon in TABS],
    }


ROUTES = Router(
    MESSAGES,
    route_handlers=[messages_page, open_message, read_message, read_all],
    include_in_schema=False,
)
