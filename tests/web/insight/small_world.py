"""A hand-made world for numbers: one creator with a room, listings of three sources, orders in every state."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.conftest import MORNING, sign_in_as
from yellowcart.accounts.model import Role
from yellowcart.kernel.database import Database, Writer, json_value
from yellowcart.kernel.ids import CreatorId, ListingId, RoomId, ShopId, new_id

SOURCES = ("own", "taobao_union", "jd_union", "youzan", "mockuai")


@dataclass
class SmallWorld:
    """Writes rows as the business would; every moment is given by the test."""

    writer: Writer
    creator_id: CreatorId
    room_id: RoomId
    shop_id: ShopId = field(default_factory=lambda: new_id(ShopId))
    product_id: int = 0
    sku_id: int = 0

    async def own_listing(self, **values: object) -> ListingId:
        """A listing of the shop's product."""
        return await self.listing("own", shop_id=self.shop_id, product_id=self.product_id, **values)

    async def outside_listing(self, source: str, item_id: str, **values: object) -> ListingId:
        """A listing of an outside item."""
        return await self.listing(source, url=f"https://example.test/{item_id}", item_id=item_id, **values)

    async def listing(self, source: str, **values: object) -> ListingId:
        """A listing on the room's cart since the room began, unless the values say otherwise."""
        listing_id = new_id(ListingId)
        row: dict[str, object] = {
            "listing_id": listing_id,
            "creator_id": self.creator_id,
            "surface": "live_cart",
            "room_id": self.room_id,
            "position": 1,
            "state": "on_cart",
            "source": source,
            "title": "一件商品",
            "created_at": MORNING - timedelta(days=3),
            "put_on_at": MORNING - timedelta(days=3),
        } | values
        await insert(self.writer, "listing", row)
        return listing_id

    async def order(self, listing_id: ListingId, total_fen: int, *, at: datetime, **values: object) -> int:
        """An order; submitted at `at` and waiting for payment unless the values say otherwise."""
        order_id = new_id(int)
        row: dict[str, object] = {
            "shop_id": self.shop_id,
            "order_id": order_id,
            "buyer_id": 7,
            "state": "submitted",
            "surface": "live_cart",
            "room_id": self.room_id,
            "creator_id": self.creator_id,
            "goods_fen": total_fen,
            "discount_fen": 0,
            "freight_fen": 0,
            "total_fen": total_fen,
            "address": json_value({}),
            "idempotency_key": str(order_id),
            "request_hash": "",
            "submitted_at": at,
            "hold_until": at + timedelta(minutes=30),
            "hold_s": 1800,
            "ship_within_s": 172_800,
            "ship_due_at": values.get("paid_at"),
            "confirm_due_at": values.get("shipped_at"),
        } | values
        await insert(self.writer, "shop_order", row)
        await self._line(order_id, listing_id, total_fen)
        return order_id

    async def _line(self, order_id: int, listing_id: ListingId, total_fen: int) -> None:
        """The order's only line: one piece of the shop's only SKU."""
        await insert(
            self.writer,
            "order_line",
            {
                "shop_id": self.shop_id,
                "order_id": order_id,
                "order_line_id": new_id(int),
                "listing_id": listing_id,
                "product_id": self.product_id,
                "sku_id": self.sku_id,
                "category_id": 1,
                "title": "一件商品",
                "title_en": "",
                "sku_name": "一件",
                "sku_name_en": "",
                "picture_url": "",
                "quantity": 1,
                "list_price_fen": total_fen,
                "unit_price_fen": total_fen,
                "total_fen": total_fen,
                "discount_fen": 0,
                "freight_fen": 0,
                "payable_fen": total_fen,
                "return_rule": "no_reason",
                "confirm_days": 10,
                "terms": json_value({}),
            },
        )

    async def refund(self, order_id: int, amount_fen: int, *, paid_at: datetime, at: datetime | None) -> None:
        """A payment and its full refund; `at` None leaves the refund under way."""
        payment_id = new_id(int)
        await insert(
            self.writer,
            "payment",
            {
                "shop_id": self.shop_id,
                "payment_id": payment_id,
                "order_id": order_id,
                "gateway": "sandbox",
                "method": "sandbox",
                "state": "succeeded",
                "amount_fen": amount_fen,
                "refunded_fen": amount_fen,
                "prepared_at": paid_at,
                "finished_at": paid_at,
            },
        )
        await insert(
            self.writer,
            "refund",
            {
                "shop_id": self.shop_id,
                "refund_id": new_id(int),
                "order_id": order_id,
                "payment_id": payment_id,
                "cause": "aftersale",
                "subject": f"order:{order_id}",
                "state": "requested" if at is None else "succeeded",
                "amount_fen": amount_fen,
                "requested_at": at or paid_at,
                "succeeded_at": at,
            },
        )

    async def audience(
        self, kind: str, visitor: str, *, at: datetime, listing_id: ListingId | None = None
    ) -> None:
        """Something that a viewer of the room did."""
        await insert(
            self.writer,
            "audience_event",
            {
                "event_id": new_id(int),
                "kind": kind,
                "room_id": self.room_id,
                "listing_id": listing_id,
                "visitor": visitor,
                "happened_at": at,
            },
        )


async def insert(writer: Writer, table: str, row: dict[str, object]) -> None:
    """One row, as it stands."""
    places = ", ".join(f"%({name})s" for name in row)
    await writer.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", **row)


async def add_sources(writer: Writer) -> None:
    """The sources of the story."""
    for position, source in enumerate(SOURCES):
        await insert(
            writer,
            "source",
            {
                "source": source,
                "name_zh": source,
                "name_en": source,
                "kind": "own" if source == "own" else "other",
                "position": position,
            },
        )


async def small_world(database: Database, writer: Writer, *, room: dict[str, object] | None = None) -> SmallWorld:
    """A creator with a room on air since three days ago, a shop with one product, the sources."""
    person = (await sign_in_as(database, Role.CREATOR)).person
    await add_sources(writer)
    world = SmallWorld(writer, new_id(CreatorId), new_id(RoomId))
    world.product_id, world.sku_id, category_id = new_id(int), new_id(int), new_id(int)
    long_ago = MORNING - timedelta(days=30)
    await insert(
        writer,
        "shop",
        {"shop_id": world.shop_id, "name": "小店", "kind": "own_shop", "state": "open", "created_at": long_ago},
    )
    await insert(
        writer,
        "category",
        {"category_id": category_id, "code": "food", "name_zh": "食品", "name_en": "Food", "position": 1},
    )
    await insert(writer, "product", _product(world, category_id, world.product_id, long_ago))
    await insert(
        writer,
        "sku",
        {
            "shop_id": world.shop_id,
            "sku_id": world.sku_id,
            "product_id": world.product_id,
            "name": "一件",
            "price_fen": 9_900,
            "position": 1,
        },
    )
    await insert(
        writer,
        "creator",
        {
            "creator_id": world.creator_id,
            "person_id": person.person_id,
            "name": "小波",
            "kind": "creator",
            "created_at": long_ago,
        },
    )
    await insert(
        writer,
        "room",
        {
            "room_id": world.room_id,
            "creator_id": world.creator_id,
            "title": "晚间专场",
            "state": "live",
            "scheduled_at": MORNING - timedelta(days=3),
            "started_at": MORNING - timedelta(days=3),
            "created_at": long_ago,
        }
        | (room or {}),
    )
    return world


def _product(world: SmallWorld, category_id: int, product_id: int, at: datetime) -> dict[str, object]:
    return {
        "shop_id": world.shop_id,
        "product_id": product_id,
        "category_id": category_id,
        "title": "一件商品",
        "sale_status": "on_sale",
        "review_status": "approved",
        "draft_status": "no_draft",
        "created_at": at,
        "updated_at": at,
    }
