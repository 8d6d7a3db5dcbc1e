"""Orders with everything: a special price with a quota, a coupon of the shop (in rounds of their own also one of
the platform) that each buyer has claimed, freight by template and address, a limit per buyer, and a note.

The persons and their claims are written in sets before the rounds: hundreds of thousands of them.
"""

import msgspec
import psycopg
from psycopg.rows import dict_row

from bench.attempts import ADDRESS, FIRST_BUYER, order_spec
from bench.load import LoadSpec
from bench.platform_under_test import PlatformUnderTest
from bench.sales import Sales, SalesWrongError
from tests.orders.promoted import FREIGHT_FEN, charge_freight, coupon, special_price
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import CouponId, SpecialPriceId
from yellowcart.promotions.model import Funder

QUOTA = 1_000_000
"""Pieces at the special price: as many as the tables allow."""
SPECIAL_OFF_FEN = 1_000
SHOP_OFF_FEN = 500
PLATFORM_OFF_FEN = 300
UNIT_PRICE_FEN = PRICE_FEN - SPECIAL_OFF_FEN
TOTAL_FEN = UNIT_PRICE_FEN - SHOP_OFF_FEN + FREIGHT_FEN
"""What an order with the shop's coupon alone comes to."""
NOTE = "请放门口，谢谢"
FIRST_NUMBER = 10_000_000
"""Buyers with coupons are numbered from here on: far from those without."""
FIRST_CLAIM = 1 << 40
"""A buyer's claims are twice the buyer's number above this, and one more."""


class Promoted(msgspec.Struct, frozen=True):
    """The world of these orders, and how many buyers hold coupons in it."""

    world: SmallWorld
    special_price_id: SpecialPriceId
    coupon_ids: tuple[CouponId, CouponId]
    """Of the shop, of the platform."""
    buyers: int

    def attempts(
        self,
        platform: PlatformUnderTest,
        *,
        first_number: int,
        requests: int,
        connections: int,
        seconds: float,
        both: bool,
    ) -> LoadSpec:
        """One piece for each of `requests` buyers, beginning with the buyer of `first_number`: with the coupon of
        the shop, or with `both`."""
        numbers = range(first_number, first_number + requests)
        return order_spec(
            platform,
            self._body(both=both),
            first_number=first_number,
            requests=requests,
            connections=connections,
            seconds=seconds,
            columns={
                "claim_of_shop": [str(FIRST_CLAIM + 2 * number) for number in numbers],
                "claim_of_platform": [str(FIRST_CLAIM + 2 * number + 1) for number in numbers],
            },
        )

    def _body(self, *, both: bool) -> str:
        marks = ("{{claim_of_shop}}", "{{claim_of_platform}}")[: 2 if both else 1]
        line = {
            "listing_id": self.world.listing_id,
            "sku_id": self.world.sku_id,
            "quantity": 1,
            "unit_price_fen": UNIT_PRICE_FEN,
            "special_price_id": self.special_price_id,
        }
        coupons = [
            {"claim_id": mark, "coupon_id": coupon_id}
            for mark, coupon_id in zip(marks, self.coupon_ids, strict=False)
        ]
        wanted = {
            "lines": [line],
            "total_fen": TOTAL_FEN - (PLATFORM_OFF_FEN if both else 0),
            "address": ADDRESS,
            "coupons": coupons,
            "note": NOTE,
        }
        body = msgspec.json.encode(wanted).decode()
        for mark in marks:
            # The id of a claim is a number: its mark loses the quotes of a string.
            body = body.replace(f'"{mark}"', mark)
        return body


async def prepare_promoted(database: Database, *, pieces: int, limit_per_buyer: int, buyers: int) -> Promoted:
    """Make the world, and `buyers` persons who each hold both coupons."""
    world = await make_small_world(database, pieces=pieces, limit_per_buyer=limit_per_buyer)
    await charge_freight(database, world)
    special_price_id = await special_price(database, world, off_fen=SPECIAL_OFF_FEN, quota=QUOTA)
    coupon_ids = (
        await coupon(database, world, Funder.SHOP, off_fen=SHOP_OFF_FEN),
        await coupon(database, world, Funder.PLATFORM, off_fen=PLATFORM_OFF_FEN),
    )
    numbers = {"first": FIRST_NUMBER, "last": FIRST_NUMBER + buyers - 1, "first_buyer": FIRST_BUYER}
    async with database.writing() as writer:
        await writer.run(_PERSONS, **numbers)
        await writer.run(_CLAIMED, coupon_ids=list(coupon_ids), buyers=buyers)
        await writer.run(_CLAIMS, **numbers, coupon_ids=list(coupon_ids), first_claim=FIRST_CLAIM)
    connection = await database.connect(name="yellowcart bench")
    await connection.execute("VACUUM (ANALYZE) person, coupon, claimed_coupon")
    await connection.close()
    return Promoted(world, special_price_id, coupon_ids, buyers)


class UsedUp(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables say was taken from promotions."""

    discounts: int
    """Lines of orders that a coupon made cheaper, once for each coupon."""
    discount_fen: int
    claims_used: int
    claims_left: int
    orders_of_claims: int
    quota_taken: int
    freight_fen: int
    total_fen: int
    uses_counted: int
    """What coupon_use says of the claims."""


def read_used_up(database_url: str, promoted: Promoted) -> UsedUp:
    """Count in the tables."""
    values = {
        "shop_id": promoted.world.shop_id,
        "special_price_id": promoted.special_price_id,
        "coupon_ids": list(promoted.coupon_ids),
    }
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        counted = connection.execute(_USED_UP, values).fetchone()
    return msgspec.convert(counted, UsedUp)


def require_used_up(used: UsedUp, sales: Sales, buyers: int) -> None:
    """Hold what promotions gave against the orders, each of which has the shop's coupon and some the platform's
    too. Raises SalesWrongError."""
    orders, both = sales.orders, used.discounts - sales.orders
    expected = UsedUp(
        discounts=orders + both,
        discount_fen=orders * SHOP_OFF_FEN + both * PLATFORM_OFF_FEN,
        claims_used=orders + both,
        claims_left=2 * buyers - orders - both,
        orders_of_claims=orders,
        quota_taken=orders,
        freight_fen=orders * FREIGHT_FEN,
        total_fen=orders * TOTAL_FEN - both * PLATFORM_OFF_FEN,
        uses_counted=orders + both,
    )
    if used != expected or not 0 <= both <= orders:
        raise SalesWrongError(f"{orders} orders were placed with everything, but {used} is not {expected}")


_PERSONS = """
INSERT INTO person (person_id, login, name, password_hash, state, created_at)
SELECT %(first_buyer)s + number, 'bench-' || number, '买家', '', 'active', now()
FROM generate_series(%(first)s::bigint, %(last)s) AS number
"""

_CLAIMED = """
UPDATE coupon SET stock = greatest(stock, %(buyers)s), claimed = %(buyers)s WHERE coupon_id = ANY (%(coupon_ids)s)
"""

_CLAIMS = """
INSERT INTO claimed_coupon (buyer_id, claim_id, coupon_id, per_buyer_limit, ordinal, idempotency_key, claimed_at)
SELECT %(first_buyer)s + number, %(first_claim)s + 2 * number + offered.position - 1, offered.coupon_id,
       coupon.per_buyer_limit, 1, 'bench-' || offered.position, now()
FROM generate_series(%(first)s::bigint, %(last)s) AS number,
     unnest(%(coupon_ids)s::bigint[]) WITH ORDINALITY AS offered (coupon_id, position)
JOIN coupon ON coupon.coupon_id = offered.coupon_id
"""

_USED_UP = """
WITH off AS (
    SELECT count(*) AS discounts, coalesce(sum(amount_fen), 0)::bigint AS discount_fen
    FROM order_line_discount
    WHERE shop_id = %(shop_id)s
),
claims AS (
    SELECT count(*) FILTER (WHERE state = 'used' AND used_shop_id = %(shop_id)s) AS claims_used,
           count(*) FILTER (WHERE state = 'unused') AS claims_left,
           count(DISTINCT used_order_id) AS orders_of_claims
    FROM claimed_coupon
    WHERE coupon_id = ANY (%(coupon_ids)s)
),
sums AS (
    SELECT coalesce(sum(freight_fen), 0)::bigint AS freight_fen,
           coalesce(sum(total_fen), 0)::bigint AS total_fen
    FROM shop_order
    WHERE shop_id = %(shop_id)s
)
SELECT off.discounts, off.discount_fen, claims.claims_used, claims.claims_left, claims.orders_of_claims,
       special_price.taken AS quota_taken, sums.freight_fen, sums.total_fen,
       (
           SELECT coalesce(sum(used), 0) FROM coupon_use
           WHERE shop_id = %(shop_id)s AND coupon_id = ANY (%(coupon_ids)s)
       ) AS uses_counted
FROM off, claims, sums, special_price
WHERE special_price.shop_id = %(shop_id)s AND special_price.special_price_id = %(special_price_id)s
"""
