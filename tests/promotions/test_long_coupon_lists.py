"""A long list of coupons is read by the index of what is looked for, not by walking over all the others."""

import re

import pytest

from bench.query_plans import RecordingReader, explain_call
from tests.promotions.coupon_world import make_coupon_world
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.promotions.maker_queries import coupons_of
from yellowcart.promotions.model import CouponStanding, Funder

MADE = 6_000
FEW = 3
_FEW_AMONG_MANY = f"""
INSERT INTO coupon (
    coupon_id, funder, shop_id, creator_id, title, threshold_fen, kind, off_fen, usable_from, usable_until, stock,
    per_buyer_limit, claim_from, claim_until, state, made_by, made_at, stopped_at
)
SELECT n, %(funder)s, %(shop_id)s, %(creator_id)s, '满减', 0, 'amount', 500, today - interval '9 days',
       today + CASE WHEN is_coming THEN interval '9 days' ELSE interval '-1 day' END, 100, 1,
       today + CASE WHEN is_coming THEN interval '1 day' ELSE interval '-9 days' END,
       today + CASE WHEN is_coming THEN interval '2 days' ELSE interval '-1 day' END,
       CASE WHEN is_stopped THEN 'stopped' ELSE 'open' END, %(made_by)s, today, CASE WHEN is_stopped THEN today END
FROM (
    SELECT n, n <= {FEW} AS is_stopped, n > {FEW} AND n <= 2 * {FEW} AS is_coming, %(now)s::timestamptz AS today
    FROM generate_series(1, {MADE}) AS n
) AS numbered
"""


@pytest.mark.parametrize("funder", Funder)
@pytest.mark.parametrize("stands", [CouponStanding.STOPPED, CouponStanding.COMING])
async def test_few_are_found_among_many(database: Database, funder: Funder, stands: CouponStanding) -> None:
    promoted = await make_coupon_world(database)
    maker = {Funder.SHOP: promoted.shop, Funder.CREATOR: promoted.host, Funder.PLATFORM: promoted.platform}[funder]
    async with database.writing() as writer:
        await writer.run(
            _FEW_AMONG_MANY,
            funder=funder.value,
            shop_id=maker.shop_id,
            creator_id=maker.creator_id,
            made_by=promoted.person_of(maker).person_id,
            now=clock.now(),
        )
        await writer.run("ANALYZE coupon")
    async with await database.connect(name="yellowcart test") as connection:
        reader = RecordingReader(connection)
        found = await coupons_of(reader, maker, stands=stands)
        explained = await explain_call(database, reader.asked)
    assert len(found.items) == FEW
    passed_over = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) thrown", str(explained.plan))]
    assert sum(passed_over) <= 2 * FEW, explained.plan
