"""What can be put into a cart: products of the platform's shops as they are now, and links to outside ones."""

import re

import msgspec

from yellowcart.catalog.model import ReviewStatus, SaleStatus, ShopState
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.links.errors import LinkNotAProduct, LinkUnknown
from yellowcart.links.found_link import FoundLink, Kind
from yellowcart.links.recognise import recognise
from yellowcart.stage.errors import NotForSale
from yellowcart.stage.model import Listing
from yellowcart.stage.rules import GOODS_TITLE_LENGTH_MAX, PASTE_LENGTH_MAX

SOLD_OUTSIDE = frozenset({Kind.ITEM, Kind.AFFILIATE, Kind.SHORT})
"""What can be listed: a product's page, or a link that an affiliate network or a shortener leads to one."""


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """A product as a cart shows it; `price_fen` is the lowest price of its active SKUs."""

    shop_id: ShopId
    product_id: ProductId
    title: str
    title_en: str
    picture_url: str
    price_fen: int | None
    sale_status: SaleStatus
    review_status: ReviewStatus
    shop_state: ShopState

    @property
    def for_sale(self) -> bool:
        """Whether it may be listed."""
        return (
            self.sale_status is SaleStatus.ON_SALE
            and self.review_status is ReviewStatus.APPROVED
            and self.shop_state is ShopState.OPEN
            and self.price_fen is not None
        )


async def read_goods(reader: Reader, shop_id: ShopId, product_id: ProductId) -> Goods | None:
    """A product as a cart shows it, or None where there is none."""
    return await reader.row(
        Goods,
        """
        SELECT product.shop_id, product.product_id, product.title, product.title_en, product.picture_url,
               product.sale_status, product.review_status, shop.state AS shop_state,
               (
                   SELECT min(sku.price_fen) FROM sku
                   WHERE sku.shop_id = product.shop_id AND sku.product_id = product.product_id AND sku.is_active
               ) AS price_fen
        FROM product JOIN shop USING (shop_id)
        WHERE product.shop_id = %(shop_id)s AND product.product_id = %(product_id)s
        """,
        shop_id=shop_id,
        product_id=product_id,
    )


async def refresh_goods(writer: Writer, listing: Listing) -> None:
    """Give a listing of own goods the title, picture and price of this moment. Raises NotForSale."""
    if listing.shop_id is None or listing.product_id is None:
        return
    goods = await read_goods(writer, listing.shop_id, listing.product_id)
    if goods is None or not goods.for_sale:
        raise NotForSale
    await writer.run(
        """
        UPDATE listing
        SET title = %(title)s, title_en = %(title_en)s, picture_url = %(picture_url)s, price_fen = %(price_fen)s
        WHERE listing_id = %(listing_id)s
        """,
        listing_id=listing.listing_id,
        title=goods.title,
        title_en=goods.title_en,
        picture_url=goods.picture_url,
        price_fen=goods.price_fen,
    )


async def own_product(reader: Reader, link: FoundLink) -> tuple[ShopId, ProductId]:
    """The platform's product that an own link names by its id. Raises LinkUnknown."""
    item = link.item_id or ""
    found = await reader.row(
        _Found,
        "SELECT shop_id, product_id FROM product WHERE product_id = %(product_id)s ORDER BY shop_id LIMIT 1",
        product_id=int(item) if item.isdecimal() and len(item) <= 16 else 0,
    )
    if found is None:
        raise LinkUnknown
    return found.shop_id, found.product_id


def sellable_link(pasted_text: str) -> FoundLink:
    """The first link of one product in a pasted text. Raises LinkUnknown, LinkNotAProduct, InvalidFields."""
    if len(pasted_text) > PASTE_LENGTH_MAX:
        raise InvalidFields({"pasted_text": (N_("At most %(most)s characters."), {"most": PASTE_LENGTH_MAX})})
    links = recognise(pasted_text)
    if not links:
        raise LinkUnknown
    for link in links:
        if link.kind in SOLD_OUTSIDE and link.canonical_url is not None:
            return link
    raise LinkNotAProduct(storefront=links[0].storefront)


def tap_address(pasted_text: str, link: FoundLink) -> str | None:
    """The address as it was pasted: where a tap leads, so that who earns outside goes on earning. None where only
    an app could follow it, and the product's own address has to do."""
    written = pasted_text[link.start : link.end]
    scheme, mark, _ = written.partition("://")
    if not mark and _BARE_ADDRESS.match(written):
        return f"https://{written}"
    return written if mark and scheme.lower() in {"http", "https"} else None


def suggested_title(pasted_text: str, link: FoundLink) -> str:
    """What the text around a link calls the product: the words in corner brackets that belong to it in a share
    text, else the words of its own line. Only a proposal for the creator to correct; empty where there is none."""
    begin = pasted_text.rfind("\n", 0, link.start) + 1
    end = pasted_text.find("\n", link.end)
    next_link = pasted_text.find("http", link.end)
    found = _TITLE_IN_BRACKETS.search(pasted_text, link.end, next_link if next_link >= 0 else len(pasted_text))
    found = found or _TITLE_IN_BRACKETS.search(pasted_text, begin, link.start)
    if found is None and pasted_text.count("http") <= 1:
        found = _TITLE_IN_BRACKETS.search(pasted_text)
    if found is not None:
        return found[1].strip()[:GOODS_TITLE_LENGTH_MAX]
    around = pasted_text[begin : link.start] + " " + pasted_text[link.end : end if end >= 0 else len(pasted_text)]
    words = " ".join(_SHARE_WORDS.sub(" ", around).split())
    return words[:GOODS_TITLE_LENGTH_MAX] if any(sign.isalpha() for sign in words) else ""


_BARE_ADDRESS = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+[/?]", re.IGNORECASE)
_TITLE_IN_BRACKETS = re.compile(r"「([^「」\n]{2,120})」")
_SHARE_WORDS = re.compile(r"【[^【】\n]{1,10}】|https?://\S*|点击链接直接打开\S*|复制打开\S*|或者复制\S*")


class _Found(msgspec.Struct, frozen=True):
    shop_id: ShopId
    product_id: ProductId
