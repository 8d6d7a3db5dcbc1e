"""What the order lane knows of a listing without asking the database: price, SKUs, whether it can be bought now.

A snapshot is read once, kept in memory, and dropped when a notification says that its listing, room, product
or the rules changed. It also ages: offers begin and end by the clock, so that none is older than `LIFE_S`.
"""

import asyncio
import time
from collections import OrderedDict, defaultdict
from datetime import datetime
from typing import Any

import msgspec

from yellowcart.alliance.model import Offer, Terms
from yellowcart.alliance.queries import offer_in_force
from yellowcart.catalog.changes import CATEGORY_CHANGED, PRODUCT_CHANGED
from yellowcart.catalog.model import CONFIRM_DAYS_DEFAULT, ReturnRule, ReviewStatus, SaleStatus, ShopState
from yellowcart.freight.changes import FREIGHT_CHANGED
from yellowcart.freight.model import DeliveryTerms
from yellowcart.freight.queries import delivery_terms_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import CategoryId, CreatorId, ListingId, ProductId, RoomId, ShopId, SkuId, VideoId
from yellowcart.kernel.kill_switches import CHANNEL as SWITCH_CHANNEL
from yellowcart.kernel.kill_switches import Switch, read_switches
from yellowcart.kernel.notifications import Notifications
from yellowcart.links.model import OWN_SOURCE, Surface
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.store import RULES_CHANGED, TimelineInMemory
from yellowcart.orders.errors import LinkRefused, ListingClosed, OutsideGoods
from yellowcart.promotions.model import SpecialPrice
from yellowcart.promotions.queries import special_prices_of_listing
from yellowcart.promotions.special_price_rules import in_force
from yellowcart.stage.changes import ALL_LISTINGS, LISTING_CHANGED
from yellowcart.stage.model import ListingState, RoomState, VideoState
from yellowcart.stage.rules import may_be_shown

LIFE_S = 60.0
SNAPSHOTS_MAX = 20_000
"""Listings kept in memory at most; the oldest go first."""

IN_CART = frozenset({ListingState.ON_CART, ListingState.EXPLAINING})
ON_AIR = frozenset({RoomState.LIVE, RoomState.PAUSED})


class SkuSnapshot(msgspec.Struct, frozen=True):
    """A SKU as the lane sells it. Price in fen."""

    sku_id: SkuId
    name: str
    name_en: str
    price_fen: int


class ListingSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as the lane sells it. `refusal` is None while it can be bought; `changes_at` is the moment at
    which a link rule changes that."""

    listing_id: ListingId
    shop_id: ShopId
    product_id: ProductId
    category_id: CategoryId
    creator_id: CreatorId
    room_id: RoomId | None
    video_id: VideoId | None
    surface: Surface
    title: str
    title_en: str
    picture_url: str
    limit_per_buyer: int | None
    hold_s: int
    terms: Terms
    delivery: DeliveryTerms
    return_rule: ReturnRule
    confirm_days: int
    special_prices: dict[int, SpecialPrice]
    skus: dict[int, SkuSnapshot]
    refusal: type[ListingClosed] | type[LinkRefused] | type[OutsideGoods] | None
    changes_at: datetime | None
    read_at_s: float

    def fresh(self, now: datetime) -> bool:
        """Whether the snapshot may still be trusted."""
        if time.monotonic() - self.read_at_s > LIFE_S:
            return False
        return self.changes_at is None or now < self.changes_at

    def special_price(self, sku_id: int, now: datetime) -> SpecialPrice | None:
        """The special price that holds for a SKU now, whether or not pieces are left at it."""
        special = self.special_prices.get(sku_id)
        return special if special is not None and in_force(special, now) else None


class ListingSnapshots:
    """The listings that this process knows."""

    def __init__(self, database: Database, rules: TimelineInMemory) -> None:
        self._database = database
        self._rules = rules
        self._known: OrderedDict[ListingId, ListingSnapshot] = OrderedDict()
        self._reading: dict[ListingId, asyncio.Future[ListingSnapshot]] = {}
        self._of_product: dict[str, set[ListingId]] = defaultdict(set)
        self.checkout_closed = False

    async def follow(self, notifications: Notifications) -> None:
        """Hear of every change. Before `notifications.start`."""
        notifications.on(LISTING_CHANGED, self._listing_changed)
        notifications.on(PRODUCT_CHANGED, self._product_changed)
        notifications.on(FREIGHT_CHANGED, self._freight_changed)
        notifications.on(RULES_CHANGED, self._everything_changed)
        notifications.on(CATEGORY_CHANGED, self._everything_changed)
        notifications.on(SWITCH_CHANNEL, self._switch_changed)
        notifications.on_gap(self._gap)
        await self._switch_changed("")

    def known(self, listing_id: ListingId) -> ListingSnapshot | None:
        """The snapshot if it is at hand and fresh; the lane's quick path."""
        snapshot = self._known.get(listing_id)
        return snapshot if snapshot is not None and snapshot.fresh(clock.now()) else None

    async def read(self, listing_id: ListingId) -> ListingSnapshot:
        """Read a listing; everybody who asks at the same time waits for one reading. Raises ListingClosed for
        one that does not exist."""
        reading = self._reading.get(listing_id)
        if reading is None:
            reading = asyncio.ensure_future(self._read(listing_id))
            self._reading[listing_id] = reading
            reading.add_done_callback(lambda done: self._read_ended(listing_id, done))
        return await asyncio.shield(reading)

    def _read_ended(self, listing_id: ListingId, reading: asyncio.Future[ListingSnapshot]) -> None:
        if self._reading.get(listing_id) is reading:
            del self._reading[listing_id]

    async def _read(self, listing_id: ListingId) -> ListingSnapshot:
        async with self._database.reading() as reader:
            row = await reader.row(_ListingRow, _READ_LISTING, listing_id=listing_id)
            if row is None:
                raise ListingClosed
            snapshot = await _snapshot(reader, row, self._rules.timeline, clock.now())
        if self._reading.get(listing_id) is not asyncio.current_task():
            # A change came while this was read: it answers those who waited, and is not kept.
            return snapshot
        self._known.pop(listing_id, None)
        while len(self._known) >= SNAPSHOTS_MAX:
            self._known.popitem(last=False)
        self._known[listing_id] = snapshot
        self._of_product[f"{snapshot.shop_id}:{snapshot.product_id}"].add(listing_id)
        return snapshot

    async def _listing_changed(self, payload: str) -> None:
        if payload == ALL_LISTINGS:
            self._known.clear()
            self._reading.clear()
        else:
            self._forget(ListingId(int(payload)))

    async def _product_changed(self, payload: str) -> None:
        for listing_id in self._of_product.pop(payload, ()):
            self._forget(listing_id)
        # A listing that is being read for the first time is not known to be of the product yet.
        self._reading.clear()

    async def _freight_changed(self, payload: str) -> None:
        for listing_id in [each.listing_id for each in self._known.values() if str(each.shop_id) == payload]:
            self._forget(listing_id)
        self._reading.clear()

    def _forget(self, listing_id: ListingId) -> None:
        # A reading under way may have begun before the change: it is forgotten as well, not waited for.
        self._known.pop(listing_id, None)
        self._reading.pop(listing_id, None)

    async def _everything_changed(self, _: str) -> None:
        await self._listing_changed(ALL_LISTINGS)

    async def _switch_changed(self, _: str) -> None:
        async with self._database.reading() as reader:
            self.checkout_closed = (await read_switches(reader))[Switch.CHECKOUT].closed

    async def _gap(self) -> None:
        await self._everything_changed("")
        await self._switch_changed("")


_READ_LISTING = """
SELECT listing.listing_id, listing.shop_id, listing.product_id, listing.creator_id, listing.room_id,
       listing.video_id, listing.surface, listing.source, listing.state, listing.limit_per_buyer, listing.hold_s,
       product.title, product.title_en, product.picture_url, product.sale_status, product.review_status,
       product.category_id,
       coalesce(category.return_rule, above.return_rule, top.return_rule) AS return_rule,
       coalesce(category.confirm_days, above.confirm_days, top.confirm_days) AS confirm_days,
       shop.state AS shop_state, room.state AS room_state, video.state AS video_state,
       creator.shop_id AS self_broadcast_shop_id, listing.channel_task, listing.put_on_at,
       room.started_at AS room_started_at,
       coalesce(
           (
               SELECT jsonb_agg(jsonb_build_object(
                   'sku_id', sku.sku_id, 'name', sku.name, 'name_en', sku.name_en, 'price_fen', sku.price_fen
               ))
               FROM sku
               WHERE sku.shop_id = listing.shop_id AND sku.product_id = listing.product_id AND sku.is_active
           ),
           '[]'
       ) AS skus
FROM listing
JOIN creator USING (creator_id)
LEFT JOIN product ON product.shop_id = listing.shop_id AND product.product_id = listing.product_id
LEFT JOIN category ON category.category_id = product.category_id
LEFT JOIN category AS above ON above.category_id = category.parent_id
LEFT JOIN category AS top ON top.category_id = above.parent_id
LEFT JOIN shop ON shop.shop_id = listing.shop_id
LEFT JOIN room ON room.room_id = listing.room_id
LEFT JOIN video ON video.video_id = listing.video_id
WHERE listing.listing_id = %(listing_id)s
"""


class _ListingRow(msgspec.Struct, frozen=True, kw_only=True):
    listing_id: ListingId
    shop_id: ShopId | None
    product_id: ProductId | None
    creator_id: CreatorId
    room_id: RoomId | None
    video_id: VideoId | None
    surface: Surface
    source: str
    state: ListingState
    limit_per_buyer: int | None
    hold_s: int
    title: str | None
    title_en: str | None
    picture_url: str | None
    sale_status: SaleStatus | None
    review_status: ReviewStatus | None
    category_id: CategoryId | None
    return_rule: ReturnRule | None
    confirm_days: int | None
    shop_state: ShopState | None
    room_state: RoomState | None
    video_state: VideoState | None
    self_broadcast_shop_id: ShopId | None
    channel_task: str | None
    put_on_at: datetime | None
    room_started_at: datetime | None
    skus: list[dict[str, Any]]


async def _offer_for(reader: Reader, row: _ListingRow) -> Offer | None:
    """The offer that a sale through the listing goes by. A shop's own account sells without commission."""
    if row.shop_id is None or row.product_id is None or row.self_broadcast_shop_id == row.shop_id:
        return None
    return await offer_in_force(reader, row.shop_id, row.product_id, row.creator_id)


async def _snapshot(reader: Reader, row: _ListingRow, timeline: Timeline, now: datetime) -> ListingSnapshot:
    offer = await _offer_for(reader, row)
    delivery, special_prices = DeliveryTerms(), list[SpecialPrice]()
    if row.shop_id is not None and row.product_id is not None:
        delivery = (await delivery_terms_of(reader, row.shop_id, [row.product_id]))[row.product_id]
        special_prices = await special_prices_of_listing(reader, row.listing_id)
    judged = verdict(timeline, row.surface, row.source, now)
    refusal: type[ListingClosed] | type[LinkRefused] | type[OutsideGoods] | None = None
    if row.source != OWN_SOURCE:
        refusal = OutsideGoods
    elif not may_be_shown(judged, row.channel_task, room_started_at=row.room_started_at, put_on_at=row.put_on_at):
        refusal = LinkRefused
    elif not _can_be_bought(row):
        refusal = ListingClosed
    skus = [msgspec.convert(each, SkuSnapshot) for each in row.skus]
    usual = {sku.sku_id: sku.price_fen for sku in skus}
    return ListingSnapshot(
        listing_id=row.listing_id,
        shop_id=row.shop_id or ShopId(0),
        product_id=row.product_id or ProductId(0),
        category_id=row.category_id or CategoryId(0),
        creator_id=row.creator_id,
        room_id=row.room_id,
        video_id=row.video_id,
        surface=row.surface,
        title=row.title or "",
        title_en=row.title_en or "",
        picture_url=row.picture_url or "",
        limit_per_buyer=row.limit_per_buyer,
        hold_s=row.hold_s,
        terms=Terms(
            offer_id=offer.offer_id if offer else None,
            commission_rate=offer.commission_rate if offer else 0,
            creator_id=row.creator_id,
        ),
        delivery=delivery,
        return_rule=row.return_rule or ReturnRule.NO_REASON,
        confirm_days=row.confirm_days or CONFIRM_DAYS_DEFAULT,
        # Read after the SKUs: one that became a lower price by a change in between is not one beside these.
        special_prices={
            each.sku_id: each for each in special_prices if each.price_fen < usual.get(each.sku_id, 0)
        },
        skus={sku.sku_id: sku for sku in skus},
        refusal=refusal,
        changes_at=judged.next_change.at if judged.next_change else None,
        read_at_s=time.monotonic(),
    )


def _can_be_bought(row: _ListingRow) -> bool:
    place_open = row.room_state in ON_AIR if row.room_id is not None else row.video_state is VideoState.PUBLISHED
    return (
        place_open
        and row.state in IN_CART
        and row.sale_status is SaleStatus.ON_SALE
        and row.review_status is ReviewStatus.APPROVED
        and row.shop_state is ShopState.OPEN
    )
