"""A shop, a creator, a room on air and one listed product: the least that a sale needs, written straight into
the tables, so that tests of one folder do not stand on the verbs of another."""

from dataclasses import dataclass

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import (
    CategoryId,
    CreatorId,
    ListingId,
    PersonId,
    ProductId,
    RoomId,
    ShopId,
    SkuId,
    new_id,
)

PRICE_FEN = 4_990


@dataclass(frozen=True)
class SmallWorld:
    """The ids of the things that were made."""

    shop_id: ShopId
    product_id: ProductId
    sku_ids: tuple[SkuId, ...]
    creator_id: CreatorId
    room_id: RoomId
    listing_id: ListingId
    merchant_id: PersonId
    creator_person_id: PersonId

    @property
    def sku_id(self) -> SkuId:
        """The first SKU."""
        return self.sku_ids[0]


async def make_small_world(
    database: Database, *, pieces: int = 10, skus: int = 1, limit_per_buyer: int | None = None, hold_s: int = 1800
) -> SmallWorld:
    """Make it; every SKU costs PRICE_FEN and has `pieces` in stock."""
    world = SmallWorld(
        shop_id=new_id(ShopId),
        product_id=new_id(ProductId),
        sku_ids=tuple(new_id(SkuId) for _ in range(skus)),
        creator_id=new_id(CreatorId),
        room_id=new_id(RoomId),
        listing_id=new_id(ListingId),
        merchant_id=new_id(PersonId),
        creator_person_id=new_id(PersonId),
    )
    async with database.writing() as writer:
        await _people(writer, world)
        await _goods(writer, world, pieces)
        await _stage(writer, world, limit_per_buyer, hold_s)
    return world


async def _people(writer: Writer, world: SmallWorld) -> None:
    for person_id, role in ((world.merchant_id, "merchant"), (world.creator_person_id, "creator")):
        await writer.run(
            """
            INSERT INTO person (person_id, login, name, password_hash, state, created_at)
            VALUES (%(id)s, %(login)s, %(login)s, '', 'active', %(now)s)
            """,
            id=person_id,
            login=f"{role}{person_id}",
            now=clock.now(),
        )
        await writer.run(
            "INSERT INTO person_role VALUES (%(id)s, %(role)s, %(now)s)", id=person_id, role=role, now=clock.now()
        )


async def _goods(writer: Writer, world: SmallWorld, pieces: int) -> None:
    category_id = new_id(CategoryId)
    await writer.run(
        """
        INSERT INTO category (category_id, parent_id, code, name_zh, name_en, position)
        VALUES (%(id)s, NULL, %(code)s, '茶', 'Tea', 1)
        """,
        id=category_id,
        code=f"tea{category_id}",
    )
    await writer.run(
        """
        INSERT INTO shop (shop_id, name, kind, state, created_at)
        VALUES (%(shop_id)s, '安溪茶铺', 'belt', 'open', %(now)s)
        """,
        shop_id=world.shop_id,
        now=clock.now(),
    )
    await writer.run(
        "INSERT INTO shop_member VALUES (%(shop_id)s, %(person_id)s, %(now)s)",
        shop_id=world.shop_id,
        person_id=world.merchant_id,
        now=clock.now(),
    )
    await writer.run(
        """
        INSERT INTO product (shop_id, product_id, category_id, title, sale_status, review_status, draft_status,
                             created_at, updated_at)
        VALUES (%(shop_id)s, %(product_id)s, %(category_id)s, '铁观音', 'on_sale', 'approved', 'no_draft',
                %(now)s, %(now)s)
        """,
        shop_id=world.shop_id,
        product_id=world.product_id,
        category_id=category_id,
        now=clock.now(),
    )
    for position, sku_id in enumerate(world.sku_ids):
        await writer.run(
            """
            INSERT INTO sku (shop_id, sku_id, product_id, name, price_fen, position)
            VALUES (%(shop_id)s, %(sku_id)s, %(product_id)s, %(name)s, %(price)s, %(position)s)
            """,
            shop_id=world.shop_id,
            sku_id=sku_id,
            product_id=world.product_id,
            name=f"{position + 1} 号",
            price=PRICE_FEN,
            position=position,
        )
        await writer.run(
            "INSERT INTO stock VALUES (%(shop_id)s, %(sku_id)s, %(n)s, %(n)s, 0, 0)",
            shop_id=world.shop_id,
            sku_id=sku_id,
            n=pieces,
        )


async def _stage(writer: Writer, world: SmallWorld, limit_per_buyer: int | None, hold_s: int) -> None:
    await writer.run(
        "INSERT INTO source (source, name_zh, name_en, kind, position) VALUES ('own', '自营', 'Own', 'own', 1)"
        " ON CONFLICT DO NOTHING"
    )
    await writer.run(
        """
        INSERT INTO creator (creator_id, person_id, name, kind, created_at)
        VALUES (%(creator_id)s, %(person_id)s, '小波', 'creator', %(now)s)
        """,
        creator_id=world.creator_id,
        person_id=world.creator_person_id,
        now=clock.now(),
    )
    await writer.run(
        """
        INSERT INTO room (room_id, creator_id, title, state, scheduled_at, started_at, created_at)
        VALUES (%(room_id)s, %(creator_id)s, '春茶', 'live', %(now)s, %(now)s, %(now)s)
        """,
        room_id=world.room_id,
        creator_id=world.creator_id,
        now=clock.now(),
    )
    await writer.run(
        """
        INSERT INTO listing (listing_id, creator_id, surface, room_id, position, state, source, shop_id,
                             product_id, title, price_fen, limit_per_buyer, hold_s, created_at, put_on_at)
        VALUES (%(listing_id)s, %(creator_id)s, 'live_cart', %(room_id)s, 1, 'on_cart', 'own', %(shop_id)s,
                %(product_id)s, '铁观音', %(price)s, %(limit)s, %(hold_s)s, %(now)s, %(now)s)
        """,
        listing_id=world.listing_id,
        creator_id=world.creator_id,
        room_id=world.room_id,
        shop_id=world.shop_id,
        product_id=world.product_id,
        price=PRICE_FEN,
        limit=limit_per_buyer,
        hold_s=hold_s,
        now=clock.now(),
    )
