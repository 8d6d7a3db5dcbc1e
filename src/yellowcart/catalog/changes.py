"""Telling other processes that something of a product changed: its price, SKUs, stock by hand, or status."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ProductId, ShopId

PRODUCT_CHANGED = "product_changed"
CATEGORY_CHANGED = "category_changed"


async def product_changed(writer: Writer, shop_id: ShopId, product_id: ProductId) -> None:
    """Whoever keeps the product in memory (the order lane) reads it again when this transaction commits."""
    await writer.notify(PRODUCT_CHANGED, f"{shop_id}:{product_id}")


async def category_changed(writer: Writer) -> None:
    """Whoever keeps what a category says of its goods reads all of it again when this transaction commits."""
    await writer.notify(CATEGORY_CHANGED, "")
