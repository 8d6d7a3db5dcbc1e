"""What has to hold between the entries of a demo world that speak of trade, beyond the shape of each. Every
complaint comes with the kind and the key of its entry."""

from collections.abc import Iterator

from yellowcart.demo.trade_model import CouponFunder, CouponPlan, DeliveryPlan
from yellowcart.demo.world import World
from yellowcart.freight.districts import find_district, provinces

Complaint = tuple[str, str, str]


def trade_flaws(world: World) -> Iterator[Complaint]:
    """Every contradiction among warehouses, freight, coupons, prices and words; a sound world yields none."""
    merchants = {merchant.key for merchant in world.merchants}
    for warehouse in world.warehouses:
        if warehouse.key not in merchants:
            yield "warehouses", warehouse.key, "is no merchant's"
        if find_district(warehouse.province, warehouse.city, warehouse.district) is None:
            yield "warehouses", warehouse.key, "names no district that there is"
    from_where = {warehouse.key for warehouse in world.warehouses}
    for key in sorted(merchants - from_where) if from_where else ():
        yield "merchants", key, "has no warehouse to send from"
    yield from _freight_flaws(world)
    weighed: set[str] = set()
    for plan in world.delivery_plans:
        yield from _delivery_flaws(world, plan, weighed)
    for coupon in world.coupon_plans:
        for complaint in _coupon_flaws(world, coupon):
            yield "coupon_plans", coupon.key, complaint
    yield from _price_flaws(world)


def _freight_flaws(world: World) -> Iterator[Complaint]:
    known, merchants = set(provinces().values()), {merchant.key for merchant in world.merchants}
    for plan in world.freight_plans:
        named = {name for zone in plan.zones for name in zone.provinces} | set(plan.not_delivered)
        if plan.merchant not in merchants:
            yield "freight_plans", plan.key, f"no merchant {plan.merchant!r}"
        for name in sorted(named - known):
            yield "freight_plans", plan.key, f"no province {name!r}"


def _delivery_flaws(world: World, plan: DeliveryPlan, weighed: set[str]) -> Iterator[Complaint]:
    own = {product.key for product in world.products if product.merchant == plan.merchant}
    templates = {each.key for each in world.freight_plans if each.merchant == plan.merchant}
    if plan.template is not None and plan.template not in templates:
        yield "delivery_plans", plan.key, f"{plan.merchant!r} has no template {plan.template!r}"
    for key in plan.weights:
        if key not in own:
            yield "delivery_plans", plan.key, f"{key!r} is no product of {plan.merchant!r}"
        if key in weighed:
            yield "delivery_plans", plan.key, f"{key!r} is in two plans"
        weighed.add(key)


def _coupon_flaws(world: World, plan: CouponPlan) -> Iterator[str]:
    funded = {CouponFunder.SHOP: plan.merchant, CouponFunder.CREATOR: plan.creator, CouponFunder.PLATFORM: "-"}
    if funded[plan.funder] is None:
        yield "does not say who pays for it"
    if (plan.off is None) == (plan.off_rate is None):
        yield "takes off an amount or a part, one of them"
    if not plan.claim_from_h < plan.claim_until_h <= plan.usable_until_h:
        yield "ends before it begins"
    room = next((each for each in world.rooms if each.key == plan.room), None)
    if plan.room is not None and (room is None or room.creator != plan.creator):
        yield f"{plan.room!r} is no room of its creator"
    own = {product.key for product in world.products if product.merchant == plan.merchant}
    for key in plan.products:
        if key not in own:
            yield f"{key!r} is no product of {plan.merchant!r}"


def _price_flaws(world: World) -> Iterator[Complaint]:
    usual = {(product.key, sku.key): sku.price for product in world.products for sku in product.skus}
    carts = {room.key: room.cart for room in world.rooms}
    for plan in world.price_plans:
        if plan.product not in carts.get(plan.place, ()):
            yield "price_plans", plan.key, f"{plan.product!r} is not in the cart of {plan.place!r}"
        if plan.price >= usual.get((plan.product, plan.sku), 0):
            yield "price_plans", plan.key, "is not below the usual price"
        if plan.ends_m is not None and plan.ends_m <= plan.starts_m:
            yield "price_plans", plan.key, "ends before it begins"
    for fall in world.price_falls:
        if fall.was <= usual.get((fall.product, fall.sku), fall.was):
            yield "price_falls", fall.key, "did not cost more before"
