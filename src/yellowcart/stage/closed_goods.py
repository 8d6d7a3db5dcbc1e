"""Goods that are no longer sold leave every cart: their merchant took them off sale, or the shop closed."""

from yellowcart.catalog.events import ProductPutOffSale, ShopClosed
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import Envelope, subscribe
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.stage.model import Listing, OffReason
from yellowcart.stage.taking_off import take_listings_off

LISTINGS_AT_ONCE = 10_000
"""Listings of one shop that one event takes off; more than that stand in no shop's carts at a time, and the
order lane refuses what is not for sale in any case."""


@subscribe(ProductPutOffSale)
async def on_product_put_off_sale(writer: Writer, _: Envelope, event: ProductPutOffSale) -> None:
    """Every listing of the product leaves its cart, unless it is for sale again by now."""
    await _take_off_closed(writer, event.shop_id, event.product_id)


@subscribe(ShopClosed)
async def on_shop_closed(writer: Writer, _: Envelope, event: ShopClosed) -> None:
    """Every listing of the shop leaves its cart, unless the shop is open again by now."""
    await _take_off_closed(writer, event.shop_id, None)


async def _take_off_closed(writer: Writer, shop_id: ShopId, product_id: ProductId | None) -> None:
    listings = await writer.rows(
        Listing,
        """
        SELECT listing.* FROM listing
        JOIN product USING (shop_id, product_id)
        JOIN shop USING (shop_id)
        WHERE listing.shop_id = %(shop_id)s
          AND (%(product_id)s::bigint IS NULL OR listing.product_id = %(product_id)s)
          AND listing.state <> 'off_cart'
          AND (product.sale_status <> 'on_sale' OR shop.state <> 'open')
        ORDER BY listing.listing_id
        LIMIT %(most)s
        FOR UPDATE OF listing
        """,
        shop_id=shop_id,
        product_id=product_id,
        most=LISTINGS_AT_ONCE,
    )
    await take_listings_off(writer, listings, OffReason.PRODUCT_CLOSED)
