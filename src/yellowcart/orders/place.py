"""Placing orders: the lane through which a crowd buys at once (design.md "The order lane").

A request is checked in memory, joins the queue of its shop, and is placed together with all that gathered
while the last batch committed: one transaction, one round trip. It is answered only after the commit.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import prometheus_client
import psycopg
import structlog
from msgspec import Meta
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from yellowcart.kernel import clock
from yellowcart.kernel.batching import BatchLane
from yellowcart.kernel.counting import DURATION_BUCKETS_S
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal, Unavailable
from yellowcart.kernel.idempotency import IdempotencyKeyReused
from yellowcart.kernel.ids import EventId, ListingId, OrderId, OrderLineId, PersonId, ShopId, SkuId, new_id
from yellowcart.kernel.kill_switches import SwitchedOff
from yellowcart.orders.announce import StockAnnouncer
from yellowcart.orders.errors import LimitReached, PriceChanged, SkuUnknown, SoldOut
from yellowcart.orders.events import SUBMITTED
from yellowcart.orders.model import DeliveryAddress, OrderState
from yellowcart.orders.rules import QUANTITY_MAX, hold_until
from yellowcart.orders.snapshots import ListingSnapshot, ListingSnapshots, SkuSnapshot

BATCH_MAX = 128
QUEUE_MAX = 4_096
"""Requests that may wait for one shop: about half a second of work; more are told to come again."""
FIRST_STATISTICS_AT = 1_000
"""After so many orders of this process, and after every doubling, the planner's statistics are refreshed."""
CONNECTIONS = 3
"""Shops whose batches may commit at the same time in one process."""

_SQL = Path(__file__).parent / "sql"
_LOCK_STOCK = (_SQL / "lock_stock.sql").read_text()
_PLACE_BATCH = (_SQL / "place_batch.sql").read_text()
log = structlog.get_logger()
_judged = prometheus_client.Counter("yellowcart_orders_judged", "Orders that the lane judged", ["outcome"])
_batches = prometheus_client.Histogram(
    "yellowcart_order_batch_seconds",
    "From the begin of a batch of orders to its commit",
    buckets=DURATION_BUCKETS_S,
)

ShortText = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*$")]
LongText = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Phone = Annotated[str, Meta(pattern=r"^\+?[0-9][0-9 -]{5,18}$")]
AnId = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An address as it arrives."""

    recipient: ShortText
    phone: Phone
    province: ShortText
    city: ShortText
    district: ShortText
    street: LongText

    def delivery(self) -> DeliveryAddress:
        """The address as the order keeps it."""
        return DeliveryAddress(**msgspec.structs.asdict(self))


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a buyer asks for. `unit_price_fen` is the price they saw: another one is asked again, not charged."""

    listing_id: AnId
    sku_id: AnId
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    unit_price_fen: Annotated[int, Meta(ge=1, le=100_000_000)]
    address: NewAddress


class PlacedOrder(msgspec.Struct, frozen=True):
    """The answer to a placed order, and to every repeat of it."""

    shop_id: ShopId
    order_id: OrderId
    state: OrderState
    total_fen: int
    hold_until: datetime


class _Waiting(msgspec.Struct):
    """A checked request on its way through the lane."""

    order_id: OrderId
    buyer_id: PersonId
    quantity: int
    key: str
    request_hash: str
    address: NewAddress
    listing: ListingSnapshot
    sku: SkuSnapshot


class _Goods(msgspec.Struct):
    goods_number: int
    listing_id: int
    sku_id: int
    product_id: int
    creator_id: int
    room_id: int | None
    video_id: int | None
    surface: str
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    unit_price_fen: int
    limit_per_buyer: int | None
    hold_until: datetime
    terms: Any


class _Request(msgspec.Struct):
    arrival: int
    order_id: int
    order_line_id: int
    event_id: int
    buyer_id: int
    goods_number: int
    quantity: int
    idempotency_key: str
    request_hash: str
    address: NewAddress


class OrderLane:
    """The order lane of one process."""

    def __init__(self, database: Database, snapshots: ListingSnapshots, announcer: StockAnnouncer) -> None:
        self._database = database
        self._snapshots = snapshots
        self._announcer = announcer
        self._placed = 0
        self._statistics_at = FIRST_STATISTICS_AT
        self._statistics: asyncio.Task[None] | None = None
        self._connections: asyncio.Queue[AsyncConnection[Any] | None] = asyncio.Queue()
        self._lane: BatchLane[ShopId, _Waiting, PlacedOrder | Refusal] = BatchLane(
            self._commit, batch_max=BATCH_MAX, queue_max=QUEUE_MAX, holds_back=_buyer_of
        )

    async def start(self) -> None:
        """Open the lane's own connections."""
        for _ in range(CONNECTIONS):
            self._connections.put_nowait(await self._connect())

    async def stop(self) -> None:
        """Answer everybody who waits, then close."""
        await self._lane.drain()
        if self._statistics is not None:
            await self._statistics
        while not self._connections.empty():
            connection = self._connections.get_nowait()
            if connection is not None:
                await connection.close()

    async def place(self, buyer_id: PersonId, key: str, request_hash: str, wanted: NewOrder) -> PlacedOrder:
        """Place an order, or answer as the first time for a repeated key.

        Raises, in this order: SwitchedOff, ListingClosed, LinkRefused, OutsideGoods, SkuUnknown, PriceChanged,
        QueueFull, IdempotencyKeyReused, LimitReached, SoldOut.
        """
        listing = self._snapshots.known(ListingId(wanted.listing_id))
        if listing is None:
            listing = await self._snapshots.read(ListingId(wanted.listing_id))
        if self._snapshots.checkout_closed:
            raise SwitchedOff
        if listing.refusal is not None:
            raise listing.refusal
        sku = listing.skus.get(wanted.sku_id)
        if sku is None:
            raise SkuUnknown
        if sku.price_fen != wanted.unit_price_fen:
            raise PriceChanged(unit_price_fen=sku.price_fen)
        outcome = await self._lane.submit(
            listing.shop_id,
            _Waiting(
                order_id=new_id(OrderId),
                buyer_id=buyer_id,
                quantity=wanted.quantity,
                key=key,
                request_hash=request_hash,
                address=wanted.address,
                listing=listing,
                sku=sku,
            ),
        )
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    async def _connect(self) -> AsyncConnection[Any]:
        connection = await self._database.connect(name="yellowcart order lane")
        connection.prepare_threshold = 0
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        return connection

    async def _commit(self, shop_id: ShopId, batch: Sequence[_Waiting]) -> list[PlacedOrder | Refusal]:
        now = clock.now()
        goods, requests = _as_rows(batch, now)
        connection = await self._connections.get()
        try:
            if connection is None or connection.closed:
                connection = await self._connect()
            with _batches.time():
                rows = await _place(connection, shop_id, _locked_skus(batch), goods, requests, now)
        except psycopg.Error as error:
            # Whether the batch was committed is not known; a repeat with the same key will tell.
            log.warning("order_lane.failed", shop_id=shop_id, size=len(batch), error=str(error))
            if connection is not None:
                with suppress(psycopg.Error):
                    await connection.close()
            connection = None
            raise Unavailable from error
        finally:
            self._connections.put_nowait(connection)
        for outcome, orders in Counter(row[1] for row in rows).items():
            _judged.labels(outcome).inc(orders)
        self._count(len(batch))
        return [
            self._answer(shop_id, waiting, goods[request.goods_number], row)
            for waiting, request, row in zip(batch, requests, rows, strict=True)
        ]

    def _count(self, judged: int) -> None:
        self._placed += judged
        if self._placed >= self._statistics_at:
            self._statistics_at *= 2
            self._statistics = asyncio.create_task(self._refresh_statistics())

    async def _refresh_statistics(self) -> None:
        """Tell the planner that tables which were empty when the lane's statement was planned are so no longer.

        PostgreSQL would find out by itself within minutes; in a young database the first sale is over by then.
        """
        try:
            async with await self._database.connect(name="yellowcart statistics") as connection:
                await connection.execute("ANALYZE shop_order, order_line, purchase_count, outbox_event, stock")
        except psycopg.Error as error:
            log.warning("order_lane.statistics_failed", error=str(error))

    def _answer(
        self, shop_id: ShopId, waiting: _Waiting, goods: _Goods, row: tuple[Any, ...]
    ) -> PlacedOrder | Refusal:
        _, outcome, order_id, total_fen, held_until, available = row
        if available is not None and goods.room_id is not None:
            self._announcer.stock(goods.room_id, goods.listing_id, goods.sku_id, available)
        match outcome:
            case "placed":
                return PlacedOrder(
                    shop_id,
                    waiting.order_id,
                    OrderState.SUBMITTED,
                    goods.unit_price_fen * waiting.quantity,
                    goods.hold_until,
                )
            case "repeated":
                return PlacedOrder(shop_id, OrderId(order_id), OrderState.SUBMITTED, total_fen, held_until)
            case "limit_reached":
                return LimitReached(limit=goods.limit_per_buyer)
            case "key_reused" | "key_busy":
                return IdempotencyKeyReused()
            case _:
                return SoldOut()


def _buyer_of(waiting: _Waiting) -> PersonId:
    return waiting.buyer_id


def _as_rows(batch: Sequence[_Waiting], now: datetime) -> tuple[list[_Goods], list[_Request]]:
    numbers: dict[tuple[ListingId, SkuId], int] = {}
    goods: list[_Goods] = []
    requests: list[_Request] = []
    for arrival, waiting in enumerate(batch):
        listing, sku = waiting.listing, waiting.sku
        number = numbers.setdefault((listing.listing_id, sku.sku_id), len(goods))
        if number == len(goods):
            goods.append(_as_goods(number, listing, sku, now))
        requests.append(
            _Request(
                arrival,
                waiting.order_id,
                new_id(OrderLineId),
                new_id(EventId),
                waiting.buyer_id,
                number,
                waiting.quantity,
                waiting.key,
                waiting.request_hash,
                waiting.address,
            )
        )
    return goods, requests


def _locked_skus(batch: Sequence[_Waiting]) -> list[SkuId]:
    """The SKUs to lock. A limit per buyer counts over all SKUs of its listing, so that it locks them all: two
    tabs that buy two SKUs through two processes are judged one after the other."""
    locked: set[SkuId] = set()
    for waiting in batch:
        if waiting.listing.limit_per_buyer is None:
            locked.add(waiting.sku.sku_id)
        else:
            locked.update(sku.sku_id for sku in waiting.listing.skus.values())
    return sorted(locked)


def _as_goods(number: int, listing: ListingSnapshot, sku: SkuSnapshot, now: datetime) -> _Goods:
    return _Goods(
        goods_number=number,
        listing_id=listing.listing_id,
        sku_id=sku.sku_id,
        product_id=listing.product_id,
        creator_id=listing.creator_id,
        room_id=listing.room_id,
        video_id=listing.video_id,
        surface=listing.surface.value,
        title=listing.title,
        title_en=listing.title_en,
        sku_name=sku.name,
        sku_name_en=sku.name_en,
        picture_url=listing.picture_url,
        unit_price_fen=sku.price_fen,
        limit_per_buyer=listing.limit_per_buyer,
        hold_until=hold_until(now, listing.hold_s),
        terms=listing.terms,
    )


async def _place(
    connection: AsyncConnection[Any],
    shop_id: ShopId,
    sku_ids: list[SkuId],
    goods: list[_Goods],
    requests: list[_Request],
    now: datetime,
) -> list[tuple[Any, ...]]:
    """One transaction, one round trip: begin, lock, place, commit travel together."""
    async with connection.pipeline():
        await connection.execute("BEGIN")
        await connection.execute(_LOCK_STOCK, {"shop_id": shop_id, "sku_ids": sku_ids})
        cursor = connection.cursor(row_factory=tuple_row)
        await cursor.execute(
            _PLACE_BATCH,
            {
                "shop_id": shop_id,
                "goods": msgspec.json.encode(goods).decode(),
                "requests": msgspec.json.encode(requests).decode(),
                "kind": SUBMITTED,
                "now": now,
            },
        )
        await connection.execute("COMMIT")
    return await cursor.fetchall()
