"""What the delivery of products costs and promises: a template, a weight, a promise, given to many at once."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.freight.changes import freight_changed
from yellowcart.freight.errors import WeightMissing
from yellowcart.freight.model import DEFAULT_SHIP_WITHIN_S, DeliveryChange, FreightTemplateId
from yellowcart.freight.queries import template_of
from yellowcart.freight.rules import delivery_problems
from yellowcart.freight.store import lock_shop
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import ProductId, ShopId


async def set_delivery(writer: Writer, person: Person, shop_id: ShopId, change: DeliveryChange) -> int:
    """Give all the products of the change what it says, or none of them; answers how many.

    Raises NotFound (also for one product that is not the shop's), FreightTemplateUnknown, InvalidFields, and
    WeightMissing when a template by weight meets products without a weight. Open orders keep their promise.
    """
    await lock_shop(writer, shop_id)
    await require_member(writer, person, shop_id)
    if problems := delivery_problems(change):
        raise InvalidFields(problems)
    product_ids = sorted(set(change.product_ids))
    await _require_products(writer, shop_id, product_ids)
    if isinstance(change.freight_template_id, int):
        await template_of(writer, shop_id, FreightTemplateId(change.freight_template_id))
    before = await writer.records(_READ, shop_id=shop_id, product_ids=product_ids)
    await writer.run(_WRITE, shop_id=shop_id, product_ids=product_ids, now=clock.now(), **_values(change))
    if missing := await writer.value(_WITHOUT_WEIGHT, shop_id=shop_id, product_ids=product_ids):
        raise WeightMissing(products=missing)
    await audit.record(
        writer,
        person,
        "freight:product:deliver",
        f"shop:{shop_id}",
        before=before,
        after=change,
    )
    await freight_changed(writer, shop_id)
    return len(product_ids)


async def _require_products(writer: Writer, shop_id: ShopId, product_ids: list[ProductId]) -> None:
    known = await writer.value(
        """
        SELECT count(*) FROM product
        WHERE shop_id = %(shop_id)s AND product_id = ANY(%(product_ids)s) AND sale_status <> 'retired'
        """,
        shop_id=shop_id,
        product_ids=product_ids,
    )
    if known != len(product_ids):
        raise NotFound


def _values(change: DeliveryChange) -> dict[str, object]:
    template, promise = change.freight_template_id, change.promise
    return {
        "set_template": template is not msgspec.UNSET,
        "template_id": None if template is msgspec.UNSET else template,
        "weight_g": None if change.weight_g is msgspec.UNSET else change.weight_g,
        "ship_within_s": None if promise is msgspec.UNSET else promise.ship_within_s,
        "is_presale": None if promise is msgspec.UNSET else promise.is_presale,
        "default_s": DEFAULT_SHIP_WITHIN_S,
    }


_READ = """
    SELECT product_id, freight_template_id, weight_g, ship_within_s, is_presale FROM product_delivery
    WHERE shop_id = %(shop_id)s AND product_id = ANY(%(product_ids)s)
    ORDER BY product_id
"""

_WRITE = """
    INSERT INTO product_delivery AS kept (shop_id, product_id, freight_template_id, weight_g, ship_within_s,
                                          is_presale, updated_at)
    SELECT %(shop_id)s, product_id, %(template_id)s::bigint, coalesce(%(weight_g)s::int, 0),
           coalesce(%(ship_within_s)s::int, %(default_s)s), coalesce(%(is_presale)s::boolean, false), %(now)s
    FROM unnest(%(product_ids)s::bigint[]) AS given (product_id)
    ORDER BY product_id
    ON CONFLICT (shop_id, product_id) DO UPDATE
    SET freight_template_id = CASE WHEN %(set_template)s THEN excluded.freight_template_id
                                   ELSE kept.freight_template_id END,
        weight_g = coalesce(%(weight_g)s::int, kept.weight_g),
        ship_within_s = coalesce(%(ship_within_s)s::int, kept.ship_within_s),
        is_presale = coalesce(%(is_presale)s::boolean, kept.is_presale),
        updated_at = excluded.updated_at
"""

_WITHOUT_WEIGHT = """
    SELECT count(*) FROM product_delivery JOIN freight_template USING (shop_id, freight_template_id)
    WHERE shop_id = %(shop_id)s AND product_id = ANY(%(product_ids)s) AND basis = 'weight' AND weight_g = 0
"""
