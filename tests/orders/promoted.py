"""Coupons, special prices and freight beside the small world, written straight into the tables."""

from datetime import timedelta

import msgspec

from tests.small_world import PRICE_FEN, SmallWorld
from yellowcart.freight.model import FreightZone
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer, json_value
from yellowcart.kernel.ids import CouponId, PersonId, SpecialPriceId, new_id
from yellowcart.orders.wanted import UsedCoupon
from yellowcart.promotions.model import Funder

FREIGHT_FEN = 800
MORE_FEN = 200


async def special_price(
    database: Database, world: SmallWorld, *, off_fen: int = 1_000, quota: int = 3, sku: int = 0
) -> SpecialPriceId:
    """A room-only price of a SKU, `off_fen` below the usual one."""
    special_price_id = new_id(SpecialPriceId)
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO special_price (shop_id, special_price_id, listing_id, sku_id, kind, price_fen, quota,
                                       starts_at, made_by, made_at)
            VALUES (%(shop_id)s, %(id)s, %(listing_id)s, %(sku_id)s, 'room_only', %(price)s, %(quota)s, %(now)s,
                    %(by)s, %(now)s)
            """,
            shop_id=world.shop_id,
            id=special_price_id,
            listing_id=world.listing_id,
            sku_id=world.sku_ids[sku],
            price=PRICE_FEN - off_fen,
            quota=quota,
            by=world.merchant_id,
            now=clock.now(),
        )
    return special_price_id


async def coupon(
    database: Database, world: SmallWorld, funder: Funder, *, off_fen: int = 500, threshold_fen: int = 0
) -> CouponId:
    """An open coupon of this funder that takes `off_fen` off."""
    coupon_id = new_id(CouponId)
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO coupon (coupon_id, funder, shop_id, creator_id, title, threshold_fen, kind, off_fen,
                                usable_from, usable_until, stock, per_buyer_limit, claim_from, claim_until, state,
                                made_by, made_at)
            VALUES (%(id)s, %(funder)s, %(shop_id)s, %(creator_id)s, '减', %(threshold)s, 'amount', %(off)s,
                    %(now)s, %(later)s, 1000, 20, %(now)s, %(later)s, 'open', %(by)s, %(now)s)
            """,
            id=coupon_id,
            funder=funder.value,
            shop_id=world.shop_id if funder is Funder.SHOP else None,
            creator_id=world.creator_id if funder is Funder.CREATOR else None,
            threshold=threshold_fen,
            off=off_fen,
            by=world.merchant_id,
            now=clock.now(),
            later=clock.now() + timedelta(days=30),
        )
    return coupon_id


async def claim(database: Database, coupon_id: CouponId, buyer_id: PersonId, *, ordinal: int = 1) -> UsedCoupon:
    """A piece of the coupon in the buyer's hands."""
    claim_id = new_id(int)
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO claimed_coupon (buyer_id, claim_id, coupon_id, per_buyer_limit, ordinal, idempotency_key,
                                        claimed_at)
            VALUES (%(buyer_id)s, %(claim_id)s, %(coupon_id)s, 20, %(ordinal)s, %(key)s, %(now)s)
            """,
            buyer_id=buyer_id,
            claim_id=claim_id,
            coupon_id=coupon_id,
            ordinal=ordinal,
            key=str(claim_id),
            now=clock.now(),
        )
        await writer.run("UPDATE coupon SET claimed = claimed + 1 WHERE coupon_id = %(id)s", id=coupon_id)
    return UsedCoupon(claim_id, coupon_id)


async def charge_freight(
    database: Database, world: SmallWorld, *, province_codes: tuple[str, ...] = ("350000",)
) -> None:
    """Into Fujian the first piece costs FREIGHT_FEN, each further one MORE_FEN; it is delivered nowhere else."""
    zone = FreightZone(province_codes=province_codes, first=1, first_fen=FREIGHT_FEN, more=1, more_fen=MORE_FEN)
    async with database.writing() as writer:
        template_id = await _template(writer, world, zone)
        await writer.run(
            """
            INSERT INTO product_delivery (shop_id, product_id, freight_template_id, updated_at)
            VALUES (%(shop_id)s, %(product_id)s, %(template_id)s, %(now)s)
            """,
            shop_id=world.shop_id,
            product_id=world.product_id,
            template_id=template_id,
            now=clock.now(),
        )


async def _template(writer: Writer, world: SmallWorld, zone: FreightZone) -> int:
    template_id = new_id(int)
    await writer.run(
        """
        INSERT INTO freight_template (shop_id, freight_template_id, name, basis, zones, not_delivered, created_at,
                                      updated_at)
        VALUES (%(shop_id)s, %(id)s, '省内', 'piece', %(zones)s, '[]', %(now)s, %(now)s)
        """,
        shop_id=world.shop_id,
        id=template_id,
        zones=json_value([msgspec.to_builtins(zone)]),
        now=clock.now(),
    )
    return template_id
