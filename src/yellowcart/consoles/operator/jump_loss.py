"""The leak as operators read it: how far jump-outs come, by source, creator and price, and what they lose."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Role
from yellowcart.consoles import jump_loss_picture as picture
from yellowcart.consoles.downloads import csv_download
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.insight.jump_loss import CREATORS_SHOWN_MAX, jump_loss
from yellowcart.insight.jump_loss_rules import JumpLoss
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import CreatorId
from yellowcart.kernel.translation import N_, Locale, in_language
from yellowcart.stage.creators import names_of_creators


@get("/jump-loss", guards=[allow(Role.OPERATOR)])
async def jump_loss_page(
    request: AnyRequest, database: NamedDependency[Database], days: FromQuery[str] = picture.DAYS_DEFAULT
) -> Response[str]:
    """The leak of the last days."""
    locale, now = locale_of(request), clock.now()
    async with database.reading() as reader:
        found = await jump_loss(reader, picture.window_of(days, now), as_of=now)
        creators = await _creator_names(reader, found, locale)
    context = picture.page_context(found, days, locale) | {
        "creator_names": creators,
        "creators_shown_max": CREATORS_SHOWN_MAX,
    }
    return operator_page(request, "jump-loss", "jump_loss.html", context)


@get("/jump-loss.csv", guards=[allow(Role.OPERATOR)])
async def jump_loss_download(
    request: AnyRequest,
    database: NamedDependency[Database],
    days: FromQuery[str] = picture.DAYS_DEFAULT,
    by: FromQuery[str] = "source",
) -> Stream:
    """The table of sources, or of creators, as CSV."""
    locale, now = locale_of(request), clock.now()
    async with database.reading() as reader:
        found = await jump_loss(reader, picture.window_of(days, now), as_of=now)
        creators = await _creator_names(reader, found, locale)
    sources = picture.source_names(found, locale)
    if by == "creator":
        columns = picture.download_columns(locale, N_("Creator"))
        return csv_download("jump-loss-creators", columns, picture.download_rows(found.by_creator, creators))
    columns = picture.download_columns(locale, N_("Source"))
    return csv_download("jump-loss-sources", columns, picture.download_rows(found.by_source, sources))


async def _creator_names(reader: Reader, found: JumpLoss, locale: Locale) -> dict[str, str]:
    known = await names_of_creators(reader, [CreatorId(int(each.key)) for each in found.by_creator])
    return {str(each): in_language(locale, *names) for each, names in known.items()}
