"""What becomes of a creator's own jump-outs, beside the clicks on own-shop goods in the same carts."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles import jump_loss_picture as picture
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.insight.jump_loss import jump_loss
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
    context = picture.page_context(found, days, locale)
    return creator_page(request, creator, "jump-loss", "creator/jump_loss.html", context)
