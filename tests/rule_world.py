"""Steps that tests of enforced, graced and announced link rules share."""

from datetime import date, datetime, timedelta

import msgspec

from tests.stage_world import Host, line, notice, write_sources
from yellowcart.accounts.inbox import Message, inbox_of
from yellowcart.kernel.database import Database, Writer
from yellowcart.links.model import Action, Grace, NoticeLine, SourceScope, Surface
from yellowcart.links.rules import shanghai_midnight
from yellowcart.links.store import PublishedNotice, enact
from yellowcart.stage import listings
from yellowcart.stage.enforce import enforce_rules
from yellowcart.stage.model import Listing, Place
from yellowcart.stage.warn import tell_of_withdrawn_rules, warn_of_rules

STAR_MAP = "巨量星图"
DOUYIN_FEE = shanghai_midnight(date(2020, 8, 20))
DOUYIN_CHANNEL = shanghai_midnight(date(2020, 9, 6))
DOUYIN_REFUSED = shanghai_midnight(date(2020, 10, 9))


def with_grace(published: PublishedNotice) -> PublishedNotice:
    """The notice, sparing rooms on air until they end."""
    graced = msgspec.structs.replace(published.notice, grace=Grace.ROOM_ENDS)
    return msgspec.structs.replace(published, notice=graced)


def third_party(action: Action, *, fee: int | None = None, channel: str | None = None) -> NoticeLine:
    """What becomes of everything from outside in live carts."""
    return NoticeLine(
        action=action,
        sources=SourceScope.THIRD_PARTY,
        surfaces=(Surface.LIVE_CART,),
        fee_basis_points=fee,
        channel=channel,
    )


async def write_allowances(writer: Writer) -> None:
    """Every source everywhere, since 2018."""
    await write_sources(writer)
    allowed = notice("allowed", shanghai_midnight(date(2018, 1, 1)), line(Action.ALLOW, SourceScope.EVERY))
    await enact(writer, allowed, by=None, history=True)


async def write_douyin(writer: Writer) -> None:
    """The notices of Douyin in 2020, for live carts (domain.md §0)."""
    await write_allowances(writer)
    for published in (
        notice("douyin-fee", DOUYIN_FEE, third_party(Action.ALLOW_WITH_FEE, fee=2_000)),
        notice("douyin-channel", DOUYIN_CHANNEL, third_party(Action.REQUIRE_CHANNEL, channel=STAR_MAP)),
        notice("douyin-refused", DOUYIN_REFUSED, third_party(Action.REFUSE)),
    ):
        await enact(writer, published, by=None, history=True)


async def write_cut(
    database: Database, at: datetime, *sources: str, code: str = "cut", graced: bool = False
) -> PublishedNotice:
    """A notice that refuses these sources in live carts from a moment on."""
    cut = notice(code, at, line(Action.REFUSE, sources, Surface.LIVE_CART))
    cut = with_grace(cut) if graced else cut
    async with database.writing() as writer:
        await enact(writer, cut, by=None, history=True)
    return cut


async def put_outside(
    database: Database, host: Host, place: Place, text: str, *, task: str | None = None, title: str = "外链商品"
) -> Listing:
    """An outside product of the host's, in the cart."""
    async with database.writing() as writer:
        listing = await listings.list_outside(
            writer, host.person, place, pasted_text=text, title=title, channel_task=task
        )
        return await listings.put_on(writer, host.person, listing.listing_id)


async def enforce_all(database: Database) -> None:
    """Carry out whatever has begun."""
    while await enforce_rules(database):
        pass


async def warn_all(database: Database) -> int:
    """Send whatever warnings are due; answers how many rules were warned of."""
    warned = 0
    while count := await warn_of_rules(database):
        warned += count
    while await tell_of_withdrawn_rules(database):
        pass
    return warned


async def messages_of(database: Database, host: Host) -> list[Message]:
    """Everything that the host was told, the first first."""
    async with database.reading() as reader:
        found = await inbox_of(reader, host.person, size=100)
    return sorted(found.items, key=lambda message: (message.created_at, message.message_id))


def days(number: float) -> timedelta:
    """A stretch of days."""
    return timedelta(days=number)
