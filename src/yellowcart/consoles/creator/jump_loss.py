"""What becomes of a creator's own jump-outs, beside the clicks on own-shop goods in the same carts."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles import jump_loss_picture as picture
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.insight.definitions import DEFINITIONS
from yellowcart.insight.jump_loss import jump_loss
from yellowcart.insight.model import MetricName
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.stage.creators import creator_of


@get("/jump-loss", guards=[allow(Role.CREATOR)])
async def jump_loss_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    days: FromQuery[str] = picture.DAYS_DEFAULT,
) -> Response[str]:
    """The leak of the creator's own rooms and videos."""
    locale, now = locale_of(request), clock.now()
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        found = await jump_loss(reader, picture.window_of(days, now), creator_id=creator.creator_id, as_of=now)
    names = picture.source_names(found, locale)
    context: dict[str, object] = {
        "found": found,
        "days": days if days in picture.DAYS else picture.DAYS_DEFAULT,
        "choices": list(picture.DAYS),
        "definition": DEFINITIONS[MetricName.JUMP_LOSS],
        "source_names": names,
        "bands": [(each, picture.band_text(each.band, locale)) for each in found.by_band],
        "funnel_option": picture.funnel_option(found, names, locale),
        "band_option": picture.band_option(found, locale),
    }
    return creator_page(request, creator, "jump-loss", "creator/jump_loss.html", context)
