"""A stage with one outside product in two carts, and its twin in an own shop."""

from tests.stage_world import (
    Host,
)
from yellowcart.catalog.words import read_product_words
from yellowcart.kernel.database import Database
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import ListingId, ProductId, ShopId
from yellowcart.stage import listings
from yellowcart.stage.enforce import enforce_rules
from yellowcart.stage.model import Listing, Place
from yellowcart.stage.replace import Replacement, put_back, replace_by_twin
from yellowcart.stage.replace_rules import Outcome
from yellowcart.stage.twins import find_twins

ITEM = "653289000001"
KEY = ("taobao_union", ITEM)
TITLE = "铸铁锅无涂层32cm家用老式铁锅"
OWN_TITLE = "小波厨房 铸铁锅 无涂层 32cm"


class Stage:
    """A host with a live room and a video, an outside wok in both carts, and the same wok in an own shop."""

    def __init__(self, host: Host, live: Place, video: Place, shop_id: ShopId, product_id: ProductId) -> None:
        self.host, self.live, self.video = host, live, video
        self.shop_id, self.product_id = shop_id, product_id
        self.outside: list[Listing] = []

    @property
    def listing_id(self) -> ListingId:
        """The outside listing in the live cart."""
        return self.outside[0].listing_id


async def put_outside(
    database: Database, host: Host, place: Place, text: str, *, title: str = TITLE, queued: bool = False
) -> Listing:
    async with database.writing() as writer:
        listing = await listings.list_outside(
            writer, host.person, place, pasted_text=text, title=title, price_fen=6_500
        )
        return listing if queued else await listings.put_on(writer, host.person, listing.listing_id)


async def find_all(database: Database) -> None:
    while await read_product_words(database):
        pass
    while await deliver_events(database):
        pass
    while await find_twins(database):
        pass


async def enforce_all(database: Database) -> None:
    while await enforce_rules(database):
        pass


async def press(database: Database, stage: Stage) -> Replacement:
    async with database.writing() as writer:
        return await replace_by_twin(writer, stage.host.person, stage.listing_id, stage.shop_id, stage.product_id)


async def undo(database: Database, stage: Stage) -> Replacement:
    async with database.writing() as writer:
        return await put_back(writer, stage.host.person, stage.listing_id, stage.shop_id, stage.product_id)


def outcomes(replacement: Replacement) -> list[Outcome]:
    return sorted(cart.outcome for cart in replacement.carts)
