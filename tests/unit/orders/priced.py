"""Lines, coupons and freight for tests of prices, with everything plain unless a test says otherwise."""

from datetime import UTC, datetime, timedelta

from yellowcart.freight.model import DeliveryTerms, FreightBasis, FreightTemplateId, FreightTerms, FreightZone
from yellowcart.kernel.ids import CouponId, CreatorId, ProductId, RoomId, ShopId
from yellowcart.orders.price import PriceLine
from yellowcart.promotions.model import CouponPlace, CouponTerms, DiscountKind, Funder

NOW = datetime(2022, 2, 25, 4, 0, tzinfo=UTC)
SHOP, CREATOR, ROOM = ShopId(1), CreatorId(2), RoomId(3)
PLACE = CouponPlace(SHOP, CREATOR, ROOM)
FUJIAN = "350000"


def line(
    price_fen: int,
    quantity: int = 1,
    *,
    product: int = 7,
    usual_fen: int | None = None,
    delivery: DeliveryTerms | None = None,
) -> PriceLine:
    """A line; its usual price is the agreed one unless `usual_fen` says more."""
    return PriceLine(ProductId(product), usual_fen or price_fen, price_fen, quantity, delivery or DeliveryTerms())


def coupon(
    funder: Funder,
    off_fen: int,
    *,
    threshold_fen: int = 0,
    number: int = 1,
    rate: int | None = None,
    most_fen: int | None = None,
    products: frozenset[ProductId] = frozenset(),
) -> CouponTerms:
    """A coupon of this funder, good everywhere that funder's coupons are; `rate` makes it one of basis points."""
    return CouponTerms(
        coupon_id=CouponId(number * 10 + list(Funder).index(funder)),
        funder=funder,
        shop_id=SHOP if funder is Funder.SHOP else None,
        creator_id=CREATOR if funder is Funder.CREATOR else None,
        room_id=None,
        product_ids=products,
        threshold_fen=threshold_fen,
        kind=DiscountKind.AMOUNT if rate is None else DiscountKind.PERCENT,
        off_fen=off_fen if rate is None else None,
        off_rate=rate,
        off_max_fen=most_fen,
        usable_from=NOW - timedelta(days=1),
        usable_until=NOW + timedelta(days=1),
    )


def delivery(
    first_fen: int, more_fen: int, *, free_above_fen: int | None = None, template: int = 1
) -> DeliveryTerms:
    """Delivery by the piece: the first costs so much, each further one so much."""
    zone = FreightZone(
        province_codes=(FUJIAN,), first=1, first_fen=first_fen, more=1, more_fen=more_fen,
        free_above_fen=free_above_fen,
    )  # fmt: skip
    terms = FreightTerms(
        freight_template_id=FreightTemplateId(template),
        basis=FreightBasis.PIECE,
        zones=(zone,),
        elsewhere=None,
        not_delivered=(),
    )
    return DeliveryTerms(freight=terms)
