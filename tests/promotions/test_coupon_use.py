"""What a coupon brought, reckoned over orders that the lane placed and the sandbox paid."""

from datetime import timedelta

from tests.conftest import MORNING
from tests.orders.shopping import open_till, order_of
from tests.promotions.coupon_world import make_coupon_world
from tests.small_world import PRICE_FEN
from yellowcart.insight.coupon_use import DAYS_SHOWN, coupon_days, coupon_use
from yellowcart.kernel.clock import SHANGHAI, Clock
from yellowcart.kernel.database import Database
from yellowcart.orders.close import cancel_order
from yellowcart.orders.wanted import UsedCoupon
from yellowcart.promotions.maker_queries import coupon_of


async def test_only_paid_orders_cost_the_funder_and_a_cancelled_one_gives_the_coupon_back(
    database: Database, still_clock: Clock
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(per_buyer_limit=2)
    till = await open_till(database)
    buyer = world.buyer.person
    placed = []
    for number in range(2):
        claimed = await world.claim(coupon)
        placed.append(
            await till.lane.place(
                buyer.person_id,
                f"order {number}",
                "hash",
                order_of(
                    world.small.listing_id,
                    world.small.sku_id,
                    total_fen=PRICE_FEN - 500,
                    coupons=[UsedCoupon(claim_id=claimed.claim_id, coupon_id=coupon.coupon_id)],
                ),
            )
        )
    await till.pay(buyer, placed[0])
    async with database.writing() as writer:
        await cancel_order(writer, buyer, placed[1].shop_id, placed[1].order_id)
    async with database.reading() as reader:
        use = await coupon_use(reader, coupon.coupon_id)
        days = await coupon_days(reader, coupon.coupon_id)
        made = await coupon_of(reader, world.shop, coupon.coupon_id)
    assert (use.orders_submitted, use.orders_paid, use.paid_fen) == (2, 1, PRICE_FEN - 500)
    assert (use.discount_fen, use.returned_fen, use.cost_fen) == (500, 0, 500)
    assert (made.claimed, made.used, made.given_back) == (2, 1, 1)
    today = MORNING.astimezone(SHANGHAI).date()
    assert [day.day for day in days] == [today - timedelta(days=back) for back in range(DAYS_SHOWN)][::-1]
    assert [(day.orders_paid, day.discount_fen) for day in days] == [(0, 0)] * (DAYS_SHOWN - 1) + [(1, 500)]
    await till.lane.stop()


async def test_a_coupon_that_nobody_used_brought_nothing(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    async with database.reading() as reader:
        use = await coupon_use(reader, coupon.coupon_id)
    assert (use.orders_submitted, use.orders_paid, use.paid_fen, use.cost_fen) == (0, 0, 0, 0)
