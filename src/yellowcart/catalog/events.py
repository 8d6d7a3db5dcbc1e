"""What happens in the catalogue, as told to higher floors by the outbox."""

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import ProductId, ShopId


class ProductPutOnSale(Event, frozen=True, tag="catalog.product_put_on_sale"):
    """A merchant sells the product from now on."""

    shop_id: ShopId
    product_id: ProductId


class ProductPutOffSale(Event, frozen=True, tag="catalog.product_put_off_sale"):
    """The product is not for sale any more: taken off by its merchant, retired or banned. Its listings close."""

    shop_id: ShopId
    product_id: ProductId


class ShopClosed(Event, frozen=True, tag="catalog.shop_closed"):
    """The shop stopped trading: listings of all its products close, open orders go on."""

    shop_id: ShopId


class ShopReopened(Event, frozen=True, tag="catalog.shop_reopened"):
    """The shop trades again. Nothing is put back into a cart by this."""

    shop_id: ShopId


class ProductWordsRead(Event, frozen=True, tag="catalog.product_words_read"):
    """The words of new or changed products can be looked up: who looks for products by words looks again.
    `products` are pairs of shop and product."""

    products: tuple[tuple[ShopId, ProductId], ...]
