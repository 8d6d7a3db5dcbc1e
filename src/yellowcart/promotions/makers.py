"""Who may make and change coupons: a shop's people for the shop, a creator for themselves, the operators for the
platform. A `CouponMaker` is the proof that somebody may."""

import msgspec

from yellowcart.accounts.errors import RoleMissing
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CouponId, CreatorId, ShopId
from yellowcart.promotions.model import Coupon, Funder
from yellowcart.promotions.store import lock_coupon
from yellowcart.stage.creators import creator_of


class CouponMaker(msgspec.Struct, frozen=True):
    """On whose behalf, and at whose cost, a person makes coupons."""

    funder: Funder
    shop_id: ShopId | None = None
    creator_id: CreatorId | None = None

    def owns(self, coupon: Coupon) -> bool:
        """Whether the coupon is theirs."""
        return (coupon.funder, coupon.shop_id, coupon.creator_id) == (self.funder, self.shop_id, self.creator_id)


async def maker_for_shop(reader: Reader, person: Person, shop_id: ShopId) -> CouponMaker:
    """The shop, if the person works for it. Raises NotFound."""
    await require_member(reader, person, shop_id)
    return CouponMaker(Funder.SHOP, shop_id=shop_id)


async def maker_for_creator(reader: Reader, person: Person) -> CouponMaker:
    """The creator that the person is. Raises NotACreator."""
    creator = await creator_of(reader, person)
    return CouponMaker(Funder.CREATOR, creator_id=creator.creator_id)


def maker_for_platform(person: Person) -> CouponMaker:
    """The platform, for its operators. Raises RoleMissing."""
    if not person.has(Role.OPERATOR):
        raise RoleMissing(frozenset({Role.OPERATOR}))
    return CouponMaker(Funder.PLATFORM)


async def lock_own_coupon(writer: Writer, maker: CouponMaker, coupon_id: CouponId) -> Coupon:
    """A coupon of the maker's, locked. Raises NotFound for another's."""
    coupon = await lock_coupon(writer, coupon_id)
    if not maker.owns(coupon):
        raise NotFound
    return coupon
