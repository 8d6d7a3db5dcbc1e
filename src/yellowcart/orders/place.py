"""Placing orders: the lane through which a crowd buys at once (design.md "The order lane").

A request is checked and priced in memory, joins the queue of its shop, and is judged together with all that
gathered while the last batch committed: one transaction that locks and reads, decides (`orders.judge`), and
writes. It is answered only after the commit.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
import prometheus_client
import psycopg
import structlog
from psycopg import AsyncConnection

from yellowcart.kernel import clock
from yellowcart.kernel.batching import BatchLane
from yellowcart.kernel.counting import DURATION_BUCKETS_S
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal, Unavailable
from yellowcart.kernel.ids import CouponId, ListingId, OrderId, PersonId, ShopId, new_id
from yellowcart.orders.announce import StockAnnouncer
from yellowcart.orders.coupon_terms import CouponTermsInMemory
from yellowcart.orders.errors import PriceChanged
from yellowcart.orders.judge import PlacedBefore, Standing, judge
from yellowcart.orders.kept_prices import KeptPrice, KeptPrices
from yellowcart.orders.lock_batch import lock_and_read
from yellowcart.orders.model import OrderState
from yellowcart.orders.snapshots import ListingSnapshot, ListingSnapshots
from yellowcart.orders.waiting import Waiting
from yellowcart.orders.wanted import CheckedLine, NewOrder, check_lines
from yellowcart.orders.write_batch import write_placed

BATCH_MAX = 128
QUEUE_MAX = 4_096
"""Requests that may wait for one shop: about half a second of work; more are told to come again."""
FIRST_STATISTICS_AT = 1_000
"""After so many orders of this process, and after every doubling, the planner's statistics are refreshed."""
CONNECTIONS = 3
"""Shops whose batches may commit at the same time in one process."""

log = structlog.get_logger()
_judged = prometheus_client.Counter("yellowcart_orders_judged", "Orders that the lane judged", ["outcome"])
_batches = prometheus_client.Histogram(
    "yellowcart_order_batch_seconds",
    "From the begin of a batch of orders to its commit",
    buckets=DURATION_BUCKETS_S,
)


class PlacedOrder(msgspec.Struct, frozen=True):
    """The answer to a placed order, and to every repeat of it."""

    shop_id: ShopId
    order_id: OrderId
    state: OrderState
    total_fen: int
    hold_until: datetime


class OrderLane:
    """The order lane of one process."""

    def __init__(
        self,
        database: Database,
        snapshots: ListingSnapshots,
        coupons: CouponTermsInMemory,
        announcer: StockAnnouncer,
    ) -> None:
        self._database = database
        self._snapshots = snapshots
        self._coupons = coupons
        self._announcer = announcer
        self._placed = 0
        self._kept_prices = KeptPrices()
        self._statistics_at = FIRST_STATISTICS_AT
        self._statistics: asyncio.Task[None] | None = None
        self._connections: asyncio.Queue[AsyncConnection[Any] | None] = asyncio.Queue()
        self._lane: BatchLane[ShopId, Waiting, PlacedOrder | Refusal] = BatchLane(
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

        Raises, in this order: what `check_lines` raises, DistrictUnknown, CouponUnknown, what `price_order`
        raises, PriceChanged, QueueFull, and what `judge` decides: IdempotencyKeyReused, LimitReached,
        HoldLimitReached, SpecialPriceGone, CouponUsed, SoldOut.
        """
        now = clock.now()
        listings = {
            listing_id: await self._listing(listing_id)
            for listing_id in {ListingId(line.listing_id) for line in wanted.lines}
        }
        lines = check_lines(wanted.lines, listings, now, checkout_closed=self._snapshots.checkout_closed)
        district = wanted.address.found()
        kept = await self._price(wanted, lines, district.province_code, now)
        outcome = await self._lane.submit(
            lines[0].listing.shop_id,
            Waiting(
                order_id=new_id(OrderId),
                buyer_id=buyer_id,
                key=key,
                request_hash=request_hash,
                lines=lines,
                kept=kept,
                claims={coupon.coupon_id: coupon.claim_id for coupon in wanted.coupons},
                address=wanted.address.delivery(district),
                note=wanted.note.strip(),
            ),
        )
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    async def _listing(self, listing_id: ListingId) -> ListingSnapshot:
        return self._snapshots.known(listing_id) or await self._snapshots.read(listing_id)

    async def _price(
        self, wanted: NewOrder, lines: Sequence[CheckedLine], province_code: str, now: datetime
    ) -> KeptPrice:
        """The price of the order, which must be the one that the buyer saw."""
        coupons = []
        if wanted.coupons:
            coupons = await self._coupons.read([CouponId(coupon.coupon_id) for coupon in wanted.coupons])
        kept = self._kept_prices.price(lines, coupons, province_code, now)
        price = kept.price
        if price.total_fen != wanted.total_fen:
            raise PriceChanged(total_fen=price.total_fen, unit_price_fen=lines[0].unit_price_fen)
        return kept

    async def _connect(self) -> AsyncConnection[Any]:
        connection = await self._database.connect(name="yellowcart order lane")
        connection.prepare_threshold = 0
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        return connection

    async def _commit(self, shop_id: ShopId, batch: Sequence[Waiting]) -> list[PlacedOrder | Refusal]:
        now = clock.now()
        connection = await self._connections.get()
        try:
            if connection is None or connection.closed:
                connection = await self._connect()
            with _batches.time():
                standing, verdicts = await _judge_and_write(connection, shop_id, batch, now)
        except BaseException as error:
            # Whether the batch was committed is not known; a repeat with the same key will tell.
            if connection is not None:
                with suppress(psycopg.Error):
                    await connection.close()
            connection = None
            if not isinstance(error, psycopg.Error):
                raise
            log.warning("order_lane.failed", shop_id=shop_id, size=len(batch), error=str(error))
            raise Unavailable from error
        finally:
            self._connections.put_nowait(connection)
        self._count(verdicts)
        self._announce(batch, standing)
        return [_answer(shop_id, waiting, verdict, now) for waiting, verdict in zip(batch, verdicts, strict=True)]

    def _announce(self, batch: Sequence[Waiting], standing: Standing) -> None:
        for waiting in batch:
            for line in waiting.lines:
                if line.listing.room_id is not None:
                    self._announcer.stock(
                        line.listing.room_id,
                        line.listing.listing_id,
                        line.sku.sku_id,
                        standing.available.get(line.sku.sku_id, 0),
                    )

    def _count(self, verdicts: Sequence[PlacedBefore | Refusal | None]) -> None:
        for outcome, number in Counter(map(_outcome, verdicts)).items():
            _judged.labels(outcome).inc(number)
        self._placed += len(verdicts)
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


async def _judge_and_write(
    connection: AsyncConnection[Any], shop_id: ShopId, batch: Sequence[Waiting], now: datetime
) -> tuple[Standing, list[PlacedBefore | Refusal | None]]:
    asked = [waiting.asked() for waiting in batch]
    standing = await lock_and_read(connection, shop_id, asked)
    verdicts = judge(asked, standing)
    placed = [waiting for waiting, verdict in zip(batch, verdicts, strict=True) if verdict is None]
    await write_placed(connection, shop_id, placed, now)
    return standing, verdicts


def _outcome(verdict: PlacedBefore | Refusal | None) -> str:
    if verdict is None:
        return "placed"
    return verdict.code if isinstance(verdict, Refusal) else "repeated"


def _answer(
    shop_id: ShopId, waiting: Waiting, verdict: PlacedBefore | Refusal | None, now: datetime
) -> PlacedOrder | Refusal:
    if isinstance(verdict, Refusal):
        return verdict
    if isinstance(verdict, PlacedBefore):
        return PlacedOrder(
            shop_id, OrderId(verdict.order_id), OrderState.SUBMITTED, verdict.total_fen, verdict.hold_until
        )
    return PlacedOrder(
        shop_id,
        waiting.order_id,
        OrderState.SUBMITTED,
        waiting.price.total_fen,
        now + timedelta(seconds=waiting.hold_s),
    )


def _buyer_of(waiting: Waiting) -> PersonId:
    return waiting.buyer_id
