"""Writing rows by the thousand, and what the parts of the seed know of each other."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

import msgspec
from psycopg import sql

from yellowcart.accounts.model import Person
from yellowcart.catalog.model import ProductDetail, ReturnRule, Sku
from yellowcart.demo.model import OutsideProduct, Role
from yellowcart.demo.world_file import World
from yellowcart.freight.model import DeliveryTerms
from yellowcart.kernel.database import Writer, json_value
from yellowcart.kernel.ids import (
    CategoryId,
    CreatorId,
    ListingId,
    OfferId,
    PersonId,
    ProductId,
    RoomId,
    ShopId,
    SkuId,
    VideoId,
)
from yellowcart.links.model import Surface
from yellowcart.orders.model import DeliveryAddress
from yellowcart.promotions.model import Coupon, SpecialPrice

if TYPE_CHECKING:
    from yellowcart.demo.past_order import PastOrder

Row = dict[str, object]
"""A table's row by column."""


class Buyer(msgspec.Struct, frozen=True):
    """Somebody who has bought, and where their parcels go."""

    person_id: PersonId
    name: str
    address: DeliveryAddress


class OwnListing(msgspec.Struct, frozen=True):
    """A product of a shop that was or is in a cart."""

    listing_id: ListingId
    product: ProductDetail
    product_key: str
    limit_per_buyer: int | None
    put_on_at: datetime


class OutsideListing(msgspec.Struct, frozen=True):
    """A linked product that was or is in a cart, at `price_fen`."""

    listing_id: ListingId
    goods: OutsideProduct
    put_on_at: datetime
    item_id: str | None
    promotion_id: str | None
    price_fen: int


class SellingPlace(msgspec.Struct, kw_only=True):
    """A room or a video, from when to when it sold, and what. `viewers` is its share of the audience."""

    key: str
    surface: Surface
    room_id: RoomId | None = None
    video_id: VideoId | None = None
    creator_id: CreatorId
    creator_key: str
    begins: datetime
    ends: datetime
    viewers: int
    own: list[OwnListing] = []
    outside: list[OutsideListing] = []


class SetPrice(msgspec.Struct, kw_only=True):
    """A special price of a cart. `taken` is what past orders took of its quota; `gone`: that is all there was."""

    special: SpecialPrice
    shop_id: ShopId
    seller: Person
    gone: bool
    taken: int = 0


class CategoryTerms(msgspec.Struct, frozen=True):
    """What a category lays on the goods in it, and the codes of itself and of the one above."""

    code: str
    top_code: str
    return_rule: ReturnRule
    confirm_days: int


class Jump(msgspec.Struct, frozen=True, kw_only=True):
    """A viewer who left through an outside listing, and what is known of it."""

    place: SellingPlace
    listing: OutsideListing
    person_id: PersonId | None
    visitor: str
    clicked_at: datetime
    landed_at: datetime | None
    returned_at: datetime | None


class Seeded(msgspec.Struct, kw_only=True):
    """What has been made so far, by the keys of the world file."""

    world: World
    people: dict[str, Person] = {}
    creator_people: dict[str, Person] = {}
    merchant_people: dict[str, Person] = {}
    buyers: list[Buyer] = []
    shops: dict[str, ShopId] = {}
    products: dict[str, ProductDetail] = {}
    offers: dict[tuple[str, str | None], tuple[OfferId, int]] = {}
    creators: dict[str, CreatorId] = {}
    places: dict[str, SellingPlace] = {}
    jumps: list[Jump] = []
    categories: dict[CategoryId, CategoryTerms] = {}
    warehouses: dict[ShopId, DeliveryAddress] = {}
    delivery: dict[ProductId, DeliveryTerms] = {}
    coupons: dict[str, Coupon] = {}
    prices: dict[tuple[ListingId, SkuId], SetPrice] = {}
    orders: list["PastOrder"] = []
    takes_returns: set[ShopId] = set()
    grants_quality: set[ShopId] = set()

    @property
    def offered_buyers(self) -> list[Buyer]:
        """The buyers whose accounts a newcomer is offered; they come first."""
        number = sum(account.roles[0] is Role.BUYER for account in self.world.accounts)
        return self.buyers[:number]

    def fallen_at(self, product_key: str, sku: Sku) -> datetime | None:
        """When the price of a past order's SKU fell below what it shows; None where it did not."""
        for fall in self.world.price_falls:
            if fall.product == product_key and sku.price_fen == fall.was:
                return self.world.starts_at + timedelta(hours=fall.fell_h)
        return None

    def dice(self, part: str) -> random.Random:
        """Chance for one part of the world: the same for the same seed, whatever the other parts drew."""
        return random.Random(f"{self.world.seed}/{part}")  # noqa: S311 - a story, not a secret


async def copy_rows(writer: Writer, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows with COPY; all have the columns of the first. Structs, dicts and lists become JSON."""
    if not rows:
        return
    columns = list(rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with writer.connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_cell(row[column]) for column in columns])


def _cell(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict | list | msgspec.Struct):
        return json_value(value)
    return value
