"""The orders that outside networks report of a creator's own listings: to be read, not to be changed."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles import reported_orders as shown
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.conversions.queries import conversions, sums
from yellowcart.kernel.database import Database
from yellowcart.stage.creators import creator_of


@get("/conversions", guards=[allow(Role.CREATOR)])
async def conversions_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    network: FromQuery[str] = "",
    wanted_state: Annotated[str, QueryParameter(name="state")] = "",
    text: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The lines that are counted to the creator, the latest order first."""
    locale = locale_of(request)
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        wanted = shown.wanted_of(
            network=network,
            state=wanted_state,
            counted="",
            text=text,
            since=None,
            until=None,
            creator_id=creator.creator_id,
        )
        found = await conversions(reader, wanted, cursor=cursor)
        whole = await sums(reader, wanted)
    context: dict[str, object] = {
        "lines": found.items,
        "next_cursor": found.next_cursor,
        "sums": whole,
        "options": shown.options(locale),
        "filtered": bool(network or wanted_state or text),
        "form": {"values": {"network": network, "state": wanted_state, "text": text}, "errors": {}},
    }
    return creator_page(request, creator, "conversions", "creator/conversions.html", shown.words(locale) | context)
