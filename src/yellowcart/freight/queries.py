"""Reads of freight templates and of products' delivery terms."""

from collections.abc import Collection
from typing import Any

import msgspec

from yellowcart.catalog.queries import MATCHES, search_pattern
from yellowcart.freight.errors import FreightTemplateUnknown
from yellowcart.freight.model import (
    DEFAULT_SHIP_WITHIN_S,
    DeliveryTerms,
    FreightBasis,
    FreightTemplate,
    FreightTemplateId,
    FreightTerms,
    FreightZone,
    ProductDelivery,
)
from yellowcart.freight.rules import PRODUCTS_AT_ONCE_MAX, TEMPLATES_MAX
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

_TEMPLATE_COLUMNS = """
    freight_template.shop_id, freight_template.freight_template_id, freight_template.name,
    freight_template.basis, freight_template.zones, freight_template.elsewhere,
    freight_template.not_delivered, freight_template.version, freight_template.updated_at,
    (
        SELECT count(*)::int FROM product_delivery
        WHERE product_delivery.shop_id = freight_template.shop_id
          AND product_delivery.freight_template_id = freight_template.freight_template_id
    ) AS products
"""


async def delivery_terms_of(
    reader: Reader, shop_id: ShopId, product_ids: Collection[ProductId]
) -> dict[ProductId, DeliveryTerms]:
    """The delivery terms of each of the products; those that nobody gave any have the defaults."""
    rows = await reader.rows(
        _TermsRow,
        """
        SELECT product_delivery.product_id, product_delivery.weight_g, product_delivery.ship_within_s,
               product_delivery.is_presale, freight_template.freight_template_id, freight_template.basis,
               freight_template.zones, freight_template.elsewhere, freight_template.not_delivered
        FROM product_delivery
        LEFT JOIN freight_template USING (shop_id, freight_template_id)
        WHERE product_delivery.shop_id = %(shop_id)s AND product_delivery.product_id = ANY(%(product_ids)s)
        """,
        shop_id=shop_id,
        product_ids=list(product_ids),
    )
    terms: dict[ProductId, DeliveryTerms] = dict.fromkeys(product_ids, DeliveryTerms())
    terms.update((row.product_id, row.terms()) for row in rows)
    return terms


async def templates_of_shop(reader: Reader, shop_id: ShopId) -> list[FreightTemplate]:
    """The shop's templates that are not retired, oldest first. The caller has asked `require_member`."""
    return await reader.rows(
        FreightTemplate,
        f"""
        SELECT {_TEMPLATE_COLUMNS} FROM freight_template
        WHERE shop_id = %(shop_id)s AND retired_at IS NULL
        ORDER BY freight_template_id
        LIMIT %(most)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        most=TEMPLATES_MAX,
    )


async def template_of(reader: Reader, shop_id: ShopId, freight_template_id: FreightTemplateId) -> FreightTemplate:
    """One template that is not retired. The caller has asked `require_member`. Raises FreightTemplateUnknown."""
    found = await reader.row(
        FreightTemplate,
        f"""
        SELECT {_TEMPLATE_COLUMNS} FROM freight_template
        WHERE shop_id = %(shop_id)s AND freight_template_id = %(freight_template_id)s AND retired_at IS NULL
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        freight_template_id=freight_template_id,
    )
    if found is None:
        raise FreightTemplateUnknown
    return found


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which products: a text in their title or brand, those of one template, or those that are delivered free
    because they have none."""

    text: str = ""
    freight_template_id: FreightTemplateId | None = None
    only_free: bool = False


_FOUND = f"""
    FROM product
    LEFT JOIN product_delivery USING (shop_id, product_id)
    LEFT JOIN freight_template
      ON freight_template.shop_id = product.shop_id
     AND freight_template.freight_template_id = product_delivery.freight_template_id
    WHERE product.shop_id = %(shop_id)s AND product.sale_status <> 'retired' AND {MATCHES}
      AND (%(template_id)s::bigint IS NULL OR product_delivery.freight_template_id = %(template_id)s)
      AND (NOT %(only_free)s OR product_delivery.freight_template_id IS NULL)
"""


async def products_with_delivery(
    reader: Reader,
    shop_id: ShopId,
    wanted: DeliveryFilter,
    *,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[ProductDelivery]:
    """The shop's products that are not retired, newest first. The caller has asked `require_member`. Raises
    CursorBroken."""
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ProductDelivery,
        f"""
        SELECT product.shop_id, product.product_id, product.title, product.title_en, product.picture_url,
               product_delivery.freight_template_id, freight_template.name AS template_name,
               coalesce(product_delivery.weight_g, 0) AS weight_g,
               coalesce(product_delivery.ship_within_s, %(ship_within_s)s) AS ship_within_s,
               coalesce(product_delivery.is_presale, false) AS is_presale
        {_FOUND} AND product.product_id < %(before_id)s
        ORDER BY product.product_id DESC
        LIMIT %(limit)s
        """,
        before_id=before_id,
        ship_within_s=DEFAULT_SHIP_WITHIN_S,
        limit=limit + 1,
        **_values(shop_id, wanted),
    )
    return page_of(rows, limit, lambda row: (row.product_id,))


async def found_products(reader: Reader, shop_id: ShopId, wanted: DeliveryFilter) -> tuple[ProductId, ...]:
    """The ids of all products that a filter finds, one more than may be changed at once at most. The caller has
    asked `require_member`."""
    found = await reader.column(
        f"SELECT product.product_id {_FOUND} ORDER BY product.product_id DESC LIMIT %(most)s",
        most=PRODUCTS_AT_ONCE_MAX + 1,
        **_values(shop_id, wanted),
    )
    return tuple(ProductId(each) for each in found)


def _values(shop_id: ShopId, wanted: DeliveryFilter) -> dict[str, object]:
    return {
        "shop_id": shop_id,
        "pattern": search_pattern(wanted.text),
        "template_id": wanted.freight_template_id,
        "only_free": wanted.only_free,
    }


class _TermsRow(msgspec.Struct, frozen=True, kw_only=True):
    product_id: ProductId
    weight_g: int
    ship_within_s: int
    is_presale: bool
    freight_template_id: FreightTemplateId | None
    basis: FreightBasis | None
    zones: Any
    elsewhere: Any
    not_delivered: Any

    def terms(self) -> DeliveryTerms:
        freight = None
        if self.freight_template_id is not None and self.basis is not None:
            freight = FreightTerms(
                freight_template_id=self.freight_template_id,
                basis=self.basis,
                zones=msgspec.convert(self.zones, tuple[FreightZone, ...]),
                elsewhere=msgspec.convert(self.elsewhere, FreightZone | None),
                not_delivered=msgspec.convert(self.not_delivered, tuple[str, ...]),
            )
        return DeliveryTerms(
            freight=freight,
            weight_g=self.weight_g,
            ship_within_s=self.ship_within_s,
            is_presale=self.is_presale,
        )
