"""Where each shop's parcels leave from, its freight templates, what its products weigh and promise, and where
returns go: set by the merchants themselves, with the same verbs as on their pages."""

from datetime import timedelta

from yellowcart.aftersales.rules import ShopRules
from yellowcart.aftersales.shop_rules import change_shop_rules
from yellowcart.catalog.model import CONFIRM_DAYS_DEFAULT, ReturnRule
from yellowcart.demo.seed_rows import CategoryTerms, Seeded
from yellowcart.demo.trade_model import DeliveryPlan, FreightPlan, Warehouse, Zone
from yellowcart.freight.districts import provinces
from yellowcart.freight.model import (
    DeliveryChange,
    DeliveryTerms,
    FreightBasis,
    FreightTemplate,
    FreightZone,
    NewFreightTemplate,
    ShipPromise,
)
from yellowcart.freight.product_terms import set_delivery
from yellowcart.freight.templates import create_template
from yellowcart.kernel.database import Writer
from yellowcart.orders.wanted import NewAddress

HOUR_S = 3_600
SMALL_REFUND_FEN = 2_000
"""What the shops that take small refunds without looking give at once: 20 yuan, invented for the demo."""


async def seed_delivery(writer: Writer, seeded: Seeded) -> None:
    """Everything about delivery, shop by shop; and what the categories lay on their goods, to be looked up."""
    await _read_categories(writer, seeded)
    for number, warehouse in enumerate(seeded.world.warehouses):
        await _open_warehouse(writer, seeded, warehouse, number)
    templates: dict[str, FreightTemplate] = {}
    for freight in seeded.world.freight_plans:
        person = seeded.merchant_people[freight.merchant]
        templates[freight.key] = await create_template(
            writer, person, seeded.shops[freight.merchant], _template(freight)
        )
    for plan in seeded.world.delivery_plans:
        await _deliver(writer, seeded, plan, templates)


async def _read_categories(writer: Writer, seeded: Seeded) -> None:
    rows = await writer.records(
        """
        SELECT category.category_id, category.code, coalesce(above.code, category.code) AS top_code,
               coalesce(category.return_rule, above.return_rule, %(rule)s) AS return_rule,
               coalesce(category.confirm_days, above.confirm_days, %(days)s) AS confirm_days
        FROM category LEFT JOIN category AS above ON above.category_id = category.parent_id
        """,
        rule=ReturnRule.NO_REASON.value,
        days=CONFIRM_DAYS_DEFAULT,
    )
    for row in rows:
        seeded.categories[row["category_id"]] = CategoryTerms(
            row["code"], row["top_code"], ReturnRule(row["return_rule"]), row["confirm_days"]
        )


async def _open_warehouse(writer: Writer, seeded: Seeded, warehouse: Warehouse, number: int) -> None:
    """Where parcels come from, and for most shops where returns go and what is granted without a look."""
    shop_id = seeded.shops[warehouse.key]
    address = NewAddress(
        recipient=warehouse.recipient,
        phone=f"1380000{5_000 + number:04d}",
        province=warehouse.province,
        city=warehouse.city,
        district=warehouse.district,
        street=warehouse.street,
    )
    seeded.warehouses[shop_id] = address.delivery(address.found())
    if warehouse.takes_returns:
        rules = ShopRules(
            small_refund_only=number % 3 == 0,
            small_refund_fen=SMALL_REFUND_FEN if number % 3 == 0 else 0,
            quality_return=number % 4 == 1,
        )
        seeded.takes_returns.add(shop_id)
        if rules.quality_return:
            seeded.grants_quality.add(shop_id)
        await change_shop_rules(writer, seeded.merchant_people[warehouse.key], shop_id, rules, address)


def _template(plan: FreightPlan) -> NewFreightTemplate:
    zones = [_zone(zone) for zone in plan.zones]
    codes = {name: code for code, name in provinces().items()}
    return NewFreightTemplate(
        name=plan.name,
        basis=FreightBasis.WEIGHT if plan.by_weight else FreightBasis.PIECE,
        zones=tuple(zone for zone in zones if zone.province_codes),
        elsewhere=next((zone for zone in zones if not zone.province_codes), None),
        not_delivered=tuple(codes[name] for name in plan.not_delivered),
    )


def _zone(zone: Zone) -> FreightZone:
    codes = {name: code for code, name in provinces().items()}
    return FreightZone(
        province_codes=tuple(codes[name] for name in zone.provinces),
        first=zone.first,
        first_fen=zone.first_fee,
        more=zone.more,
        more_fen=zone.more_fee,
        free_above_fen=zone.free_above,
    )


async def _deliver(
    writer: Writer, seeded: Seeded, plan: DeliveryPlan, templates: dict[str, FreightTemplate]
) -> None:
    """Give a plan's products their weights, then all of them the template and the promise."""
    person, shop_id = seeded.merchant_people[plan.merchant], seeded.shops[plan.merchant]
    within_s = plan.ship_within_hours * HOUR_S
    if plan.presale_days is not None:
        within_s = int(timedelta(days=plan.presale_days).total_seconds())
    promise = ShipPromise(within_s, is_presale=plan.presale_days is not None)
    template = None if plan.template is None else templates[plan.template]
    of_weight: dict[int, list[str]] = {}
    for key, weight_g in plan.weights.items():
        of_weight.setdefault(weight_g, []).append(key)
    for weight_g, keys in of_weight.items():
        product_ids = tuple(seeded.products[key].product.product_id for key in keys)
        change = DeliveryChange(
            product_ids=product_ids,
            freight_template_id=None if template is None else template.freight_template_id,
            weight_g=weight_g,
            promise=promise,
        )
        await set_delivery(writer, person, shop_id, change)
        terms = DeliveryTerms(
            freight=None if template is None else template.terms,
            weight_g=weight_g,
            ship_within_s=within_s,
            is_presale=promise.is_presale,
        )
        seeded.delivery.update(dict.fromkeys(product_ids, terms))
