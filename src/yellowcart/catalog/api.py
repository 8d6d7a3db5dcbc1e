"""Shops, products and stock for programs. The same use cases as the merchant's pages."""

from typing import Annotated

import msgspec
from litestar import Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from yellowcart.accounts.access import PUBLIC, SIGNED_IN, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.categories import category_tree
from yellowcart.catalog.model import (
    Category,
    MerchantKind,
    NewProduct,
    NewShop,
    NewSku,
    ProductDetail,
    ProductEdit,
    ProductText,
    Shop,
    Sku,
    SkuEdit,
)
from yellowcart.catalog.product_list import ProductFilter, ProductRow, products_of_shop
from yellowcart.catalog.products import create_product, drop_draft, edit_product
from yellowcart.catalog.queries import ListableProduct, product_detail, search_listable
from yellowcart.catalog.review import submit_product
from yellowcart.catalog.rules import QUANTITY_MAX, REASON_LENGTH_MAX, SKUS_MAX
from yellowcart.catalog.selling import put_off_sale, put_on_sale, retire_product
from yellowcart.catalog.shops import close_shop, open_shop, reopen_shop, require_member, shops_of
from yellowcart.catalog.stock import adjust_stock, receive_stock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ProductId, ShopId, SkuId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey

MERCHANT = allow(Role.MERCHANT)
Words = Annotated[str, msgspec.Meta(max_length=120)]
Prose = Annotated[str, msgspec.Meta(max_length=5_000)]
PriceFen = Annotated[int, msgspec.Meta(ge=1, le=100_000_000, description="Price in fen.")]
Pieces = Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_MAX)]


class ShopBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shop to open."""

    name: Words
    name_en: Words = ""
    kind: MerchantKind
    region: Words = ""
    description: Prose = ""


class TextBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a review looks at."""

    category_code: Words
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    title_en: Words = ""
    brand: Words = ""
    description: Prose = ""
    description_en: Prose = ""
    picture_url: Annotated[str, msgspec.Meta(max_length=300)] = ""


class SkuBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A SKU: a known one with its `sku_id`, or a new one with its first pieces in `quantity`."""

    sku_id: SkuId | None = None
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    name_en: Words = ""
    price_fen: PriceFen
    merchant_code: Annotated[str, msgspec.Meta(max_length=64)] = ""
    barcode: Annotated[str, msgspec.Meta(max_length=64)] = ""
    quantity: Pieces = 0


Skus = Annotated[list[SkuBody], msgspec.Meta(min_length=1, max_length=SKUS_MAX)]


class ProductBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product to make; `import_handle` names it in files."""

    text: TextBody
    skus: Skus
    import_handle: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None


class ProductEditBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole product as it shall be, with the `version` that was read."""

    version: int
    text: TextBody
    skus: Skus


class StockBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of stock: a difference. With `received` new goods arrived; otherwise a reason is needed."""

    change: Annotated[int, msgspec.Meta(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]
    received: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=REASON_LENGTH_MAX)] = ""


@get("/categories", guards=[PUBLIC])
async def categories(database: NamedDependency[Database]) -> Page[Category]:
    """The category tree, parents before their children, in one page."""
    async with database.reading() as reader:
        return Page(items=await category_tree(reader), next_cursor=None)


@get("/products", guards=[allow(Role.CREATOR, Role.MERCHANT, Role.OPERATOR)])
async def listable_products(
    database: NamedDependency[Database],
    text: FromQuery[str | None] = None,
    category_code: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ListableProduct]:
    """Products that may be put into a cart now: on sale, approved, their shop open; with the best open offer."""
    async with database.reading() as reader:
        return await search_listable(reader, text, category_code, cursor, size)


@get("/shops", guards=[MERCHANT])
async def my_shops(database: NamedDependency[Database], person: NamedDependency[Person]) -> Page[Shop]:
    """The shops that the signed-in merchant works for, in one page."""
    async with database.reading() as reader:
        return Page(items=await shops_of(reader, person), next_cursor=None)


@post("/shops", guards=[SIGNED_IN])
async def make_shop(
    data: JSONBody[ShopBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Shop:
    """Open a shop; whoever does becomes a merchant."""
    key = request_key(person.person_id, idempotency_key, data)
    wanted = NewShop(**msgspec.structs.asdict(data))
    async with database.writing() as writer:
        return await once(writer, "catalog:shop:open", key, Shop, lambda: open_shop(writer, person, wanted))


@get("/shops/{shop_id:int}", guards=[MERCHANT])
async def my_shop(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Shop:
    """One of the merchant's shops."""
    async with database.reading() as reader:
        return await require_member(reader, person, ShopId(shop_id))


@post("/shops/{shop_id:int}/close", guards=[MERCHANT], status_code=200)
async def close(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Shop:
    """Stop trading; open orders go on."""
    async with database.writing() as writer:
        return await close_shop(writer, person, ShopId(shop_id))


@post("/shops/{shop_id:int}/reopen", guards=[MERCHANT], status_code=200)
async def reopen(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Shop:
    """Trade again."""
    async with database.writing() as writer:
        return await reopen_shop(writer, person, ShopId(shop_id))


@get("/shops/{shop_id:int}/products", guards=[MERCHANT])
async def my_products(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    text: FromQuery[str | None] = None,
    category_code: FromQuery[str | None] = None,
    only: FromQuery[ProductFilter | None] = None,
    sort: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ProductRow]:
    """The shop's products. `sort` is created, title, price or available, descending with a leading hyphen."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await products_of_shop(
            reader,
            ShopId(shop_id),
            text=text,
            category_code=category_code,
            only=only,
            sort=sort,
            cursor=cursor,
            size=size,
        )


@post("/shops/{shop_id:int}/products", guards=[MERCHANT])
async def make_product(
    shop_id: FromPath[int],
    data: JSONBody[ProductBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductDetail:
    """Make a product: off sale and not reviewed."""
    if any(sku.sku_id is not None for sku in data.skus):
        raise NotFound
    key = request_key(person.person_id, idempotency_key, [shop_id, data])
    wanted = NewProduct(
        text=ProductText(**msgspec.structs.asdict(data.text)),
        skus=[_new_sku(sku) for sku in data.skus],
        import_handle=data.import_handle,
    )
    async with database.writing() as writer:
        return await once(
            writer,
            "catalog:product:create",
            key,
            ProductDetail,
            lambda: create_product(writer, person, ShopId(shop_id), wanted),
        )


@get("/shops/{shop_id:int}/products/{product_id:int}", guards=[MERCHANT])
async def my_product(
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductDetail:
    """A product with its draft, SKUs and stock."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await product_detail(reader, ShopId(shop_id), ProductId(product_id))


@patch("/shops/{shop_id:int}/products/{product_id:int}", guards=[MERCHANT])
async def change_product(
    shop_id: FromPath[int],
    product_id: FromPath[int],
    data: JSONBody[ProductEditBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductDetail:
    """Save a product as it shall be: prices and SKUs apply at once, the text of an approved one becomes a draft.
    `product_stale` when it has changed since `version`."""
    edit = ProductEdit(
        version=data.version,
        text=ProductText(**msgspec.structs.asdict(data.text)),
        skus=[SkuEdit(**msgspec.structs.asdict(sku)) for sku in data.skus],
    )
    async with database.writing() as writer:
        return await edit_product(writer, person, ShopId(shop_id), ProductId(product_id), edit)


_MOVES = {
    "submit": submit_product,
    "put-on-sale": put_on_sale,
    "put-off-sale": put_off_sale,
    "retire": retire_product,
    "drop-draft": drop_draft,
}


@post("/shops/{shop_id:int}/products/{product_id:int}/{move:str}", guards=[MERCHANT], status_code=200)
async def move_product(
    shop_id: FromPath[int],
    product_id: FromPath[int],
    move: FromPath[str],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductDetail:
    """`submit` (the automatic review answers at once; see `review_problems`), `put-on-sale`, `put-off-sale`,
    `retire`, `drop-draft`."""
    if move not in _MOVES:
        raise NotFound
    async with database.writing() as writer:
        return await _MOVES[move](writer, person, ShopId(shop_id), ProductId(product_id))


@post("/shops/{shop_id:int}/skus/{sku_id:int}/stock-changes", guards=[MERCHANT])
async def change_stock(
    shop_id: FromPath[int],
    sku_id: FromPath[int],
    data: JSONBody[StockBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Sku:
    """Receive or adjust the stock of a SKU."""
    key = request_key(person.person_id, idempotency_key, [shop_id, sku_id, data])
    async with database.writing() as writer:

        async def make() -> Sku:
            if data.received:
                return await receive_stock(
                    writer, person, ShopId(shop_id), SkuId(sku_id), data.change, data.reason
                )
            return await adjust_stock(writer, person, ShopId(shop_id), SkuId(sku_id), data.change, data.reason)

        return await once(writer, "catalog:stock:change", key, Sku, make)


def _new_sku(sku: SkuBody) -> NewSku:
    return NewSku(
        name=sku.name,
        name_en=sku.name_en,
        price_fen=sku.price_fen,
        merchant_code=sku.merchant_code,
        barcode=sku.barcode,
        quantity=sku.quantity,
    )


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        categories,
        listable_products,
        my_shops,
        make_shop,
        my_shop,
        close,
        reopen,
        my_products,
        make_product,
        my_product,
        change_product,
        move_product,
        change_stock,
    ],
    tags=["Catalogue"],
)
