"""Telling other processes that a shop's freight templates, or what its products promise, changed."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ShopId

FREIGHT_CHANGED = "freight_changed"


async def freight_changed(writer: Writer, shop_id: ShopId) -> None:
    """Whoever keeps delivery terms of the shop in memory reads them again when this transaction commits."""
    await writer.notify(FREIGHT_CHANGED, str(shop_id))
