"""What tests of promotions begin with: the small world with its people signed in, coupons, and orders that stand
in for those of the order lane."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from tests.conftest import SignedIn, sign_in_as
from tests.small_world import SmallWorld, make_small_world
from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.sessions import open_session
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import CouponId, OrderId, PersonId, RoomId, ShopId, new_id
from yellowcart.promotions.claim import ClaimLane
from yellowcart.promotions.make_coupon import make_coupon
from yellowcart.promotions.makers import CouponMaker
from yellowcart.promotions.model import ClaimedCoupon, Coupon, DiscountKind, Funder
from yellowcart.promotions.new_coupon import NewCoupon
from yellowcart.promotions.store import UsedOn


@dataclass(frozen=True)
class CouponWorld:
    """A shop, a creator with a room on air, and somebody of each who is signed in."""

    small: SmallWorld
    merchant: SignedIn
    creator: SignedIn
    operator: SignedIn
    buyer: SignedIn
    database: Database
    lane: ClaimLane

    @property
    def shop(self) -> CouponMaker:
        """The shop as a maker of coupons."""
        return CouponMaker(Funder.SHOP, shop_id=self.small.shop_id)

    @property
    def host(self) -> CouponMaker:
        """The creator as a maker of coupons."""
        return CouponMaker(Funder.CREATOR, creator_id=self.small.creator_id)

    @property
    def platform(self) -> CouponMaker:
        """The platform as a maker of coupons."""
        return CouponMaker(Funder.PLATFORM)

    def person_of(self, maker: CouponMaker) -> Person:
        """Who acts for a maker."""
        return {
            Funder.SHOP: self.merchant.person,
            Funder.CREATOR: self.creator.person,
            Funder.PLATFORM: self.operator.person,
        }[maker.funder]

    async def make(self, maker: CouponMaker | None = None, **changes: object) -> Coupon:
        """A coupon of the shop's, or of another maker's; ¥5 off ¥20 or more, ten of them, one for each buyer."""
        chosen = maker or self.shop
        async with self.database.writing() as writer:
            return await make_coupon(writer, self.person_of(chosen), chosen, new_coupon(**changes))

    async def claim(
        self, coupon: Coupon, buyer: Person | None = None, key: str | None = None, room_id: RoomId | None = None
    ) -> ClaimedCoupon:
        """Claim it."""
        return await self.lane.claim(
            buyer or self.buyer.person, coupon.coupon_id, key or secrets.token_hex(8), room_id=room_id
        )

    async def refusal(self, coupon: Coupon, buyer: Person | None = None, room_id: RoomId | None = None) -> str:
        """The code by which a claim is refused, or `claimed`."""
        try:
            await self.claim(coupon, buyer, room_id=room_id)
        except Refusal as refused:
            return refused.code
        return "claimed"

    async def use(self, claimed: ClaimedCoupon, shop_id: ShopId | None = None, on: UsedOn | None = None) -> UsedOn:
        """Put it onto an order, of its own or beside another coupon, as the order lane does."""
        order = (on.shop_id, on.order_id) if on else (shop_id or self.small.shop_id, new_id(OrderId))
        async with self.database.writing() as writer:
            await writer.run(
                """
                UPDATE claimed_coupon
                SET state = 'used', used_shop_id = %(shop_id)s, used_order_id = %(order_id)s, used_at = %(now)s
                WHERE buyer_id = %(buyer_id)s AND claim_id = %(claim_id)s
                """,
                shop_id=order[0],
                order_id=order[1],
                now=clock.now(),
                buyer_id=claimed.buyer_id,
                claim_id=claimed.claim_id,
            )
            await writer.run(
                """
                INSERT INTO coupon_use (shop_id, coupon_id, used) VALUES (%(shop_id)s, %(coupon_id)s, 1)
                ON CONFLICT (shop_id, coupon_id) DO UPDATE SET used = coupon_use.used + 1
                """,
                coupon_id=claimed.coupon_id,
                shop_id=order[0],
            )
        return UsedOn(*order, claimed.buyer_id)

    async def claims_of(self, coupon_id: CouponId) -> list[tuple[str, int, int]]:
        """State, ordinal and times given back of every claim of a coupon."""
        async with self.database.reading() as reader:
            rows = await reader.records(
                "SELECT state, ordinal, given_back FROM claimed_coupon WHERE coupon_id = %(id)s ORDER BY claim_id",
                id=coupon_id,
            )
        return [(row["state"], row["ordinal"], row["given_back"]) for row in rows]

    async def counted(self, coupon_id: CouponId) -> int:
        """How many the coupon says were claimed."""
        async with self.database.reading() as reader:
            return int(await reader.value("SELECT claimed FROM coupon WHERE coupon_id = %(id)s", id=coupon_id))


def new_coupon(**changes: object) -> NewCoupon:
    """¥5 off ¥20 or more, given out for a day and usable for a week; `changes` replace fields."""
    now = clock.now()
    fields: dict[str, object] = {
        "title": "新茶尝鲜",
        "title_en": "New tea",
        "kind": DiscountKind.AMOUNT,
        "threshold_fen": 2_000,
        "off_fen": 500,
        "stock": 10,
        "claim_from": now,
        "claim_until": now + timedelta(days=1),
        "usable_from": now,
        "usable_until": now + timedelta(days=7),
    }
    return NewCoupon(**(fields | changes))  # type: ignore[arg-type]


async def make_coupon_world(database: Database, *, skus: int = 1) -> CouponWorld:
    """Make it."""
    small = await make_small_world(database, skus=skus)
    return CouponWorld(
        small=small,
        merchant=await _sign_in(database, small.merchant_id),
        creator=await _sign_in(database, small.creator_person_id),
        operator=await sign_in_as(database, Role.OPERATOR, name="He"),
        buyer=await sign_in_as(database, name="Mai"),
        database=database,
        lane=ClaimLane(database),
    )


async def some_buyers(database: Database, number: int) -> list[Person]:
    """Many buyers, written in one statement."""
    people = [
        Person(
            person_id=new_id(PersonId),
            login=f"buyer{secrets.token_hex(8)}",
            name="B",
            roles=frozenset({Role.BUYER}),
        )
        for _ in range(number)
    ]
    async with database.writing() as writer:
        await writer.run_many(
            """
            INSERT INTO person (person_id, login, name, password_hash, state, created_at)
            VALUES (%(id)s, %(login)s, 'B', '', 'active', %(now)s)
            """,
            [{"id": each.person_id, "login": each.login, "now": clock.now()} for each in people],
        )
    return people


async def _sign_in(database: Database, person_id: PersonId) -> SignedIn:
    async with database.writing() as writer:
        session = await open_session(writer, person_id, address="", user_agent="test")
    return SignedIn(person=session.person, token=session.token)
