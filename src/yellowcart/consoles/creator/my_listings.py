"""Everything a creator has listed, by source, with the share of each source in the last seven days."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.insight.metrics import source_share
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.translation import Locale
from yellowcart.links.model import Surface, Wording
from yellowcart.links.queries import notice as notice_by_code
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import ListingState
from yellowcart.stage.queries import listings_of_creator, sources_of_creator
from yellowcart.stage.twin_queries import twins_of_listings

SURFACES = (Surface.LIVE_CART, Surface.VIDEO_CART)


@get("/listings", guards=[allow(Role.CREATOR)])
async def listings_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    source: FromQuery[str] = "",
    surface: FromQuery[str] = "",
    show: FromQuery[str] = "",
    notice: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """The listings, filtered by what the address says."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        share = await source_share(reader, creator.creator_id)
        sources = await sources_of_creator(reader, creator.creator_id)
        title = await _notice_title(reader, notice) if notice else None
        found = await listings_of_creator(
            reader,
            creator.creator_id,
            source=source or None,
            surface=Surface(surface) if surface in set(SURFACES) else None,
            state=ListingState(show) if show in set(ListingState) else None,
            notice=notice or None,
            cursor=cursor or None,
        )
        twins = await twins_of_listings(reader, creator.creator_id, [each.listing_id for each in found.items])
    english = locale_of(request) is Locale.ENGLISH
    return creator_page(
        request,
        creator,
        "listings",
        "creator/listings.html",
        {
            "listings": found,
            "twins": twins,
            "share": share,
            "sources": sources,
            "source_names": {each.source: each.name_en if english else each.name_zh for each in sources},
            "surfaces": SURFACES,
            "notice_title": title,
        },
    )


async def _notice_title(reader: Reader, code: str) -> Wording | None:
    try:
        return (await notice_by_code(reader, code)).title
    except NotFound:
        return None
