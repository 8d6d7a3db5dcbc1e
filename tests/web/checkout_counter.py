"""A buyer before the checkout of the small world, with a browser that runs no scripts."""

import html
import re
from dataclasses import dataclass

import httpx

from tests.conftest import SignedIn
from tests.small_world import SmallWorld
from tests.web.filled_form import fields_of
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.orders.addresses import AddressEntry, KnownAddress
from yellowcart.platform import Platform

FUJIAN = AddressEntry(
    recipient="林小满",
    phone="13800138000",
    province="福建省",
    city="泉州市",
    district="安溪县",
    street="茶都路 1 号",
)
ZHEJIANG = AddressEntry(
    recipient="林小满",
    phone="13800138000",
    province="浙江省",
    city="杭州市",
    district="西湖区",
    street="文三路 1 号",
)
HOSTILE = "<script>alert('x')</script>"


@dataclass
class Counter:
    """A buyer before the checkout of the small world."""

    application: Application
    database: Database
    world: SmallWorld
    buyer: SignedIn
    address: KnownAddress
    page: httpx.AsyncClient

    @property
    def platform(self) -> Platform:
        platform: Platform = self.application.litestar.state.platform
        return platform

    async def open(self, quantity: int = 1, sku: int = 0, **more: str) -> str:
        """The checkout's page."""
        path = f"/checkout?listing={self.world.listing_id}&sku={self.world.sku_ids[sku]}&quantity={quantity}"
        answer = await self.page.get(path, params=None if not more else {**dict(httpx.URL(path).params), **more})
        assert answer.status_code == 200, answer.text[:2000]
        return answer.text

    async def send(self, page: str, path: str = "/checkout", /, **changed: str) -> httpx.Response:
        """The form of a page that was seen, with what was changed in it."""
        return await self.page.post(path, data=fields_of(page, "data-checkout") | changed)

    async def order(self, page: str, /, **changed: str) -> httpx.Response:
        """The button that orders."""
        return await self.send(page, "/checkout/order", **changed)

    def pieces(self, sku: int = 0) -> str:
        """The field that holds the pieces of a SKU."""
        return f"pieces.{self.world.listing_id}.{self.world.sku_ids[sku]}"

    async def change(self, query: str, **values: object) -> None:
        """Change something behind the platform's back, as others would; then it is read again."""
        async with self.database.writing() as writer:
            await writer.run(query, **values)
        await self.platform.snapshots.read(self.world.listing_id)

    async def placed(self) -> list[dict[str, object]]:
        """The buyer's orders as the tables have them."""
        async with self.database.reading() as reader:
            return await reader.records(
                "SELECT * FROM shop_order WHERE buyer_id = %(buyer)s ORDER BY order_id",
                buyer=self.buyer.person.person_id,
            )

    async def lines(self) -> list[dict[str, object]]:
        """The lines of all orders."""
        async with self.database.reading() as reader:
            return await reader.records("SELECT * FROM order_line ORDER BY order_id, order_line_id")


def total_of(page: str) -> str:
    """The sum that a page shows."""
    found = re.search(r'class="money" data-total>([^<]+)<', page)
    assert found, page
    return found[1]


def said(page: str) -> str:
    """What a page tells above the form, as plain words."""
    told = page.split("data-said", 1)[1].split('<section class="panel checkout-address', 1)[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", told)))
