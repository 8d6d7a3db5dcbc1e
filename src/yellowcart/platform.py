"""What one process of the platform holds: settings, database, notifications, lanes. Made once, closed once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.accounts.shut_out import ShutOut
from yellowcart.kernel.clock_table import follow_clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.embedded_postgres import start_embedded_postgres
from yellowcart.kernel.notifications import Notifications
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.tasks import open_tasks
from yellowcart.links.added_patterns import adopt_patterns, place_added_sources
from yellowcart.links.resolve import LinkResolver
from yellowcart.links.sources import follow_source_names
from yellowcart.links.store import TimelineInMemory
from yellowcart.orders.announce import StockAnnouncer
from yellowcart.orders.checkout import CheckoutDesk
from yellowcart.orders.coupon_terms import CouponTermsInMemory
from yellowcart.orders.lane import BuyersPlace, OrderLaneHttp
from yellowcart.orders.place import OrderLane
from yellowcart.orders.snapshots import ListingSnapshots
from yellowcart.payments.providers import Gateways, open_gateways
from yellowcart.promotions.claim import ClaimLane
from yellowcart.stage.audience_intake import AudienceIntake
from yellowcart.stage.hub import RoomHub
from yellowcart.stage.lanes import AudienceHttp, RoomStreamHttp
from yellowcart.uploads.storage import UploadStorage, open_storage


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The parts that requests, jobs and commands of this process share."""

    settings: Settings
    database: Database
    notifications: Notifications
    buyer_tokens: BuyerTokens
    rules: TimelineInMemory
    snapshots: ListingSnapshots
    link_resolver: LinkResolver
    order_lane: OrderLane
    checkout_desk: CheckoutDesk
    buyers_place: BuyersPlace
    claim_lane: ClaimLane
    gateways: Gateways
    order_http: OrderLaneHttp
    hub: RoomHub
    room_stream_http: RoomStreamHttp
    audience_http: AudienceHttp
    upload_storage: UploadStorage


def database_url(settings: Settings) -> str:
    """The database named by the settings, or the embedded one, started if need be."""
    return settings.database_url or start_embedded_postgres(settings.home / "postgres").url


async def know_sources(settings: Settings, database: Database, notifications: Notifications) -> None:
    """Recognise links by the operator's patterns as well, and know every source by its name. Raises
    PatternFileError; before `notifications.start`."""
    if added := adopt_patterns(settings.patterns):
        async with database.writing() as writer:
            await place_added_sources(writer, added)
    await follow_source_names(database, notifications)


@asynccontextmanager
async def open_platform(settings: Settings) -> AsyncIterator[Platform]:
    """Open the platform's parts in this event loop; close them in reverse order at the end."""
    async with AsyncExitStack() as closing:
        database = Database(database_url(settings), pool_size=settings.pool_size)
        await database.open()
        closing.push_async_callback(database.close)
        await closing.enter_async_context(open_tasks(database))
        notifications = Notifications(database)
        closing.push_async_callback(notifications.stop)
        await follow_clock(database, notifications)
        await know_sources(settings, database, notifications)
        rules = TimelineInMemory(database)
        await rules.follow(notifications)
        snapshots = ListingSnapshots(database, rules)
        await snapshots.follow(notifications)
        coupons = CouponTermsInMemory(database)
        await coupons.follow(notifications)
        announcer = StockAnnouncer(database)
        closing.push_async_callback(announcer.stop)
        order_lane = OrderLane(database, snapshots, coupons, announcer)
        await order_lane.start()
        closing.push_async_callback(order_lane.stop)
        intake = AudienceIntake(database)
        closing.push_async_callback(intake.drain)
        claim_lane = ClaimLane(database)
        closing.push_async_callback(claim_lane.drain)
        hub = RoomHub(database)
        hub.follow(notifications)
        hub.start()
        closing.push_async_callback(hub.stop)
        shut_out = ShutOut()
        await shut_out.follow(database, notifications)
        await notifications.start()
        buyer_tokens = BuyerTokens(settings.secret, holds=shut_out.holds)
        buyers_place = BuyersPlace(order_lane, buyer_tokens)
        yield Platform(
            settings=settings,
            database=database,
            notifications=notifications,
            buyer_tokens=buyer_tokens,
            rules=rules,
            snapshots=snapshots,
            link_resolver=LinkResolver(database, enabled=settings.resolve_short_links),
            order_lane=order_lane,
            checkout_desk=CheckoutDesk(database, snapshots),
            buyers_place=buyers_place,
            claim_lane=claim_lane,
            gateways=open_gateways(database, settings.payments, sandbox=settings.sandbox),
            order_http=OrderLaneHttp(buyers_place),
            hub=hub,
            room_stream_http=RoomStreamHttp(database, hub),
            audience_http=AudienceHttp(intake, buyer_tokens),
            upload_storage=open_storage(settings),
        )
