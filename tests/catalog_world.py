"""What tests of the catalogue and of what stands on it begin with: a shop, its merchant, a product on sale."""

from dataclasses import dataclass

from tests.conftest import SignedIn, sign_in_as
from yellowcart.accounts.model import Role
from yellowcart.catalog.categories import place_category
from yellowcart.catalog.model import MerchantKind, NewProduct, NewShop, NewSku, ProductDetail, ProductText, Shop
from yellowcart.catalog.products import create_product
from yellowcart.catalog.review import submit_product
from yellowcart.catalog.selling import put_on_sale
from yellowcart.catalog.shops import open_shop
from yellowcart.kernel.database import Database


@dataclass(frozen=True)
class Merchant:
    """Somebody with a shop of their own."""

    signed_in: SignedIn
    shop: Shop


async def open_merchant(database: Database, name: str = "海宁皮草厂") -> Merchant:
    """A merchant with an open shop; the tree has `food` with the leaves `tea` and `snacks`."""
    signed_in = await sign_in_as(database, Role.MERCHANT, name="Chen")
    async with database.writing() as writer:
        await place_category(writer, code="food", name_zh="食品", name_en="Food", position=0)
        await place_category(writer, code="tea", name_zh="茶叶", name_en="Tea", position=0, parent_code="food")
        await place_category(
            writer, code="snacks", name_zh="零食", name_en="Snacks", position=1, parent_code="food"
        )
        shop = await open_shop(writer, signed_in.person, NewShop(name=name, kind=MerchantKind.BELT))
    return Merchant(signed_in, shop)


def tea(**changes: object) -> NewProduct:
    """A tin of tea in two sizes, 100 and 40 pieces; `changes` replace fields of its text."""
    words: dict[str, object] = {"category_code": "tea", "title": "安溪铁观音 清香型", "title_en": "Anxi oolong"}
    return NewProduct(
        text=ProductText(**(words | changes)),  # type: ignore[arg-type]
        skus=[
            NewSku(name="125g", name_en="125 g", price_fen=5_990, merchant_code="T-125", quantity=100),
            NewSku(name="250g", name_en="250 g", price_fen=10_900, merchant_code="T-250", quantity=40),
        ],
    )


async def make_product(
    database: Database, merchant: Merchant, new_product: NewProduct | None = None
) -> ProductDetail:
    """A product that has not been submitted."""
    async with database.writing() as writer:
        return await create_product(writer, merchant.signed_in.person, merchant.shop.shop_id, new_product or tea())


async def product_on_sale(
    database: Database, merchant: Merchant, new_product: NewProduct | None = None
) -> ProductDetail:
    """An approved product that is for sale."""
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    made = await make_product(database, merchant, new_product)
    async with database.writing() as writer:
        await submit_product(writer, person, shop_id, made.product.product_id)
        return await put_on_sale(writer, person, shop_id, made.product.product_id)
