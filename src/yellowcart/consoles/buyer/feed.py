"""Who is on air, and what was recorded: the two feeds, with search and endless scrolling."""

from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import PUBLIC
from yellowcart.consoles.buyer.navigation import buyer_page, is_fragment
from yellowcart.consoles.rendering import AnyRequest
from yellowcart.kernel.database import Database
from yellowcart.stage.queries import rooms_on_air, videos_feed

CARDS = 12


@get("/", guards=[PUBLIC])
async def rooms(
    request: AnyRequest,
    database: NamedDependency[Database],
    search: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The rooms on air; with `search`, those whose title, creator or goods say it."""
    async with database.reading() as reader:
        found = await rooms_on_air(reader, cursor, CARDS, text=search)
    context = {"rooms": found, "search": search, "more": _more("/", search, found.next_cursor)}
    return buyer_page(request, "room_cards.html" if is_fragment(request) else "feed.html", context, tab="/")


@get("/videos", guards=[PUBLIC])
async def videos(
    request: AnyRequest,
    database: NamedDependency[Database],
    search: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The published videos, found likewise."""
    async with database.reading() as reader:
        found = await videos_feed(reader, cursor, CARDS, text=search)
    context = {"videos": found, "search": search, "more": _more("/videos", search, found.next_cursor)}
    template = "video_cards.html" if is_fragment(request) else "videos.html"
    return buyer_page(request, template, context, tab="/videos")


def _more(path: str, search: str, cursor: str | None) -> str:
    wanted = {name: value for name, value in (("search", search), ("cursor", cursor or "")) if value}
    return f"{path}?{urlencode(wanted)}"
