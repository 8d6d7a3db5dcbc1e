"""The lists that pages and programs read, each by the function that they call."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypedDict

import msgspec

from bench.list_world import ListWorld
from bench.list_world_people import POPULAR_COUPON
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.model import CaseState
from yellowcart.aftersales.queries import (
    CaseGroup,
    cases_due_of_shop,
    cases_in_arbitration,
    cases_of_buyer,
    cases_of_shop,
    counts_of_desk,
    counts_of_shop,
)
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.insight.coupon_use import coupon_days, coupon_use
from yellowcart.insight.queries import orders_of_all_shops
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import PersonId, ShopId
from yellowcart.orders.buyer_orders import OrderGroup, find_orders_of_buyer
from yellowcart.orders.model import OrderState
from yellowcart.orders.queries import count_by_state, orders_of_buyer, orders_of_shop
from yellowcart.parcels.needs.queries import needs_of_shop, open_needs, quotes_of_carrier
from yellowcart.parcels.queries import parcels_of_orders
from yellowcart.parcels.to_ship import ToShip, orders_to_ship, ship_rate, stuck_parcels, to_ship_counts
from yellowcart.payments.desk_queries import (
    desk_counts,
    findings_page,
    payments_of_all_shops,
    refunds_for_operators,
    totals_by_day,
)
from yellowcart.payments.model import FindingState, PaymentState
from yellowcart.promotions.buyer_queries import CouponShelf, count_my_coupons, my_coupons, offered_coupons
from yellowcart.promotions.maker_queries import coupons_of
from yellowcart.promotions.makers import CouponMaker
from yellowcart.promotions.model import CouponStanding, Funder, SpecialPriceStanding
from yellowcart.promotions.special_price_queries import special_prices_of_shop
from yellowcart.reviews.desk_queries import count_queue, count_to_answer, moderation_queue, parts_of_shop
from yellowcart.reviews.model import AnswerFilter, QueueFilter, ReviewFilter
from yellowcart.reviews.queries import reviews_of_buyer, reviews_of_product
from yellowcart.reviews.to_review import orders_to_review

DAY = timedelta(days=1)


class Paging(TypedDict):
    """What a list is told of the page that is wanted."""

    cursor: str | None
    size: int | None


Call = Callable[[Reader, ListWorld, Paging], Awaitable[object]]


class ListQuery(msgspec.Struct, frozen=True):
    """A list that somebody looks at. One that answers no Page is read at once and has no deep page."""

    name: str
    call: Call


def _person(person_id: PersonId, role: Role) -> Person:
    return Person(person_id=person_id, login="bench", name="", roles=frozenset({Role.BUYER, role}))


def _buyer_orders(group: OrderGroup | None, search: str = "") -> Call:
    return lambda reader, world, paging: find_orders_of_buyer(
        reader, world.buyer_id, group=group, search=search, **paging
    )


def _shop_orders(state: OrderState | None) -> Call:
    return lambda reader, world, paging: orders_of_shop(reader, world.shop.shop_id, state=state, **paging)


def _all_orders(state: OrderState | None = None) -> Call:
    return lambda reader, _, paging: orders_of_all_shops(reader, state=state, **paging)


def _to_ship(show: ToShip) -> Call:
    return lambda reader, world, paging: orders_to_ship(reader, world.shop.shop_id, show, **paging)


def _payments(state: PaymentState | None, gateway: str | None = None) -> Call:
    return lambda reader, _, paging: payments_of_all_shops(reader, state=state, gateway=gateway, **paging)


def _shop_cases(group: CaseGroup, kind: CaseKind | None = None) -> Call:
    return lambda reader, world, paging: cases_of_shop(
        reader, world.shop.shop_id, group=group, kind=kind, **paging
    )


def _due_cases(kind: CaseKind | None = None, within: timedelta | None = None) -> Call:
    return lambda reader, world, paging: cases_due_of_shop(
        reader, world.shop.shop_id, kind=kind, within=within, **paging
    )


def _desk(only: CaseState | None) -> Call:
    return lambda reader, _, paging: cases_in_arbitration(reader, only=only, **paging)


def _buyer_cases(group: CaseGroup) -> Call:
    return lambda reader, world, paging: cases_of_buyer(reader, world.buyer_id, group=group, **paging)


def _coupons(funder: Funder, stands: CouponStanding | None) -> Call:
    def call(reader: Reader, world: ListWorld, paging: Paging) -> Awaitable[object]:
        maker = CouponMaker(
            funder,
            shop_id=world.shop.shop_id if funder is Funder.SHOP else None,
            creator_id=world.shop.creator_id if funder is Funder.CREATOR else None,
        )
        return coupons_of(reader, maker, stands=stands, **paging)

    return call


def _my_coupons(shelf: CouponShelf) -> Call:
    return lambda reader, world, paging: my_coupons(reader, world.buyer_id, shelf=shelf, **paging)


def _special_prices(stands: SpecialPriceStanding | None) -> Call:
    return lambda reader, world, paging: special_prices_of_shop(
        reader, world.shop.shop_id, stands=stands, **paging
    )


def _parts(only: AnswerFilter | None) -> Call:
    return lambda reader, world, paging: parts_of_shop(reader, world.shop.shop_id, only=only, **paging)


def _queue(only: QueueFilter | None) -> Call:
    return lambda reader, _, paging: moderation_queue(reader, only=only, **paging)


def _reviews(only: ReviewFilter | None) -> Call:
    return lambda reader, world, paging: reviews_of_product(
        reader, world.shop.shop_id, world.shop.product_id, only=only, **paging
    )


def _in_shop(read: Callable[[Reader, ShopId], Awaitable[object]]) -> Call:
    return lambda reader, world, _: read(reader, world.shop.shop_id)


def _alone(read: Callable[[Reader], Awaitable[object]]) -> Call:
    return lambda reader, _world, _paging: read(reader)


async def _parcels_of_a_page(reader: Reader, world: ListWorld, paging: Paging) -> object:
    page = await orders_of_buyer(reader, world.buyer_id, state=OrderState.SHIPPED, **paging)
    await parcels_of_orders(reader, [(order.shop_id, order.order_id) for order in page.items])
    return page


BUYER_LISTS = (
    ListQuery("buyer: all orders", _buyer_orders(None)),
    *(ListQuery(f"buyer: orders {group.value}", _buyer_orders(group)) for group in OrderGroup),
    ListQuery("buyer: orders by words", _buyer_orders(None, "铁观音 150")),
    ListQuery("buyer: orders by words that match nothing", _buyer_orders(None, "没有这样的东西")),
    ListQuery(
        "buyer: order by its number",
        lambda reader, world, paging: find_orders_of_buyer(
            reader, world.buyer_id, search=str(world.some_order_id), **paging
        ),
    ),
    ListQuery("buyer: shipped orders with their parcels", _parcels_of_a_page),
    ListQuery("buyer: orders to review", lambda r, world, paging: orders_to_review(r, world.buyer_id, **paging)),
    ListQuery("buyer: reviews", lambda r, world, paging: reviews_of_buyer(r, world.buyer_id, **paging)),
    *(ListQuery(f"buyer: cases {group.value}", _buyer_cases(group)) for group in CaseGroup),
    *(ListQuery(f"buyer: coupons {shelf.value}", _my_coupons(shelf)) for shelf in CouponShelf),
    ListQuery("buyer: numbers of coupons", lambda r, world, _: count_my_coupons(r, world.buyer_id)),
    ListQuery(
        "room: coupons on offer",
        lambda r, world, _: offered_coupons(
            r, world.shop.creator_id, room_id=world.shop.room_id, person_id=world.buyer_id
        ),
    ),
    ListQuery("product: reviews", _reviews(None)),
    *(ListQuery(f"product: reviews {only.value}", _reviews(only)) for only in ReviewFilter),
)

MERCHANT_LISTS = (
    ListQuery("merchant: all orders", _shop_orders(None)),
    *(ListQuery(f"merchant: orders {state.value}", _shop_orders(state)) for state in OrderState),
    ListQuery(
        "merchant: order by its number",
        lambda r, world, paging: orders_of_shop(r, world.shop.shop_id, order_id=world.some_order_id, **paging),
    ),
    ListQuery("merchant: numbers of orders by state", _in_shop(count_by_state)),
    *(ListQuery(f"merchant: orders to ship, {show.value}", _to_ship(show)) for show in ToShip),
    ListQuery("merchant: stuck parcels", lambda r, world, paging: stuck_parcels(r, world.shop.shop_id, **paging)),
    ListQuery("merchant: numbers to ship", _in_shop(to_ship_counts)),
    ListQuery("merchant: shipping needs", lambda r, world, paging: needs_of_shop(r, world.shop.shop_id, **paging)),
    *(ListQuery(f"merchant: cases {group.value}", _shop_cases(group)) for group in CaseGroup),
    *(ListQuery(f"merchant: cases of {kind.value}", _shop_cases(CaseGroup.ALL, kind)) for kind in CaseKind),
    ListQuery("merchant: open cases of exchange", _shop_cases(CaseGroup.OPEN, CaseKind.EXCHANGE)),
    ListQuery("merchant: cases by deadline", _due_cases()),
    ListQuery("merchant: cases due within 12 hours", _due_cases(within=DAY / 2)),
    ListQuery("merchant: returns by deadline", _due_cases(CaseKind.RETURN_REFUND)),
    ListQuery("merchant: numbers of cases", _in_shop(counts_of_shop)),
    ListQuery("merchant: coupons with their use", _coupons(Funder.SHOP, None)),
    *(
        ListQuery(f"merchant: coupons {stands.value}", _coupons(Funder.SHOP, stands))
        for stands in (CouponStanding.CLAIMABLE, CouponStanding.OVER, CouponStanding.STOPPED)
    ),
    ListQuery("merchant: special prices", _special_prices(None)),
    *(
        ListQuery(f"merchant: special prices {stands.value}", _special_prices(stands))
        for stands in SpecialPriceStanding
    ),
    ListQuery("merchant: reviews", _parts(None)),
    *(ListQuery(f"merchant: reviews {only.value}", _parts(only)) for only in AnswerFilter),
    ListQuery("merchant: number to answer", _in_shop(count_to_answer)),
    ListQuery(
        "merchant: messages",
        lambda r, world, paging: inbox_of(r, _person(world.shop.merchant_id, Role.MERCHANT), **paging),
    ),
)

OTHER_LISTS = (
    ListQuery("operator: all orders", _all_orders()),
    *(ListQuery(f"operator: orders {state.value}", _all_orders(state)) for state in OrderState),
    ListQuery(
        "operator: orders of one shop",
        lambda r, world, paging: orders_of_all_shops(r, shop_id=world.shop.shop_id, **paging),
    ),
    ListQuery(
        "operator: paid orders of one shop",
        lambda r, world, paging: orders_of_all_shops(
            r, state=OrderState.PAID, shop_id=world.shop.shop_id, **paging
        ),
    ),
    ListQuery("operator: payments", _payments(None)),
    *(ListQuery(f"operator: payments {state.value}", _payments(state)) for state in PaymentState),
    ListQuery("operator: payments by one provider", _payments(None, "alipay")),
    ListQuery("operator: open payments by one provider", _payments(PaymentState.PREPARED, "alipay")),
    ListQuery(
        "operator: payments of one order",
        lambda r, world, paging: payments_of_all_shops(r, order_id=world.some_order_id, **paging),
    ),
    ListQuery(
        "operator: refunds that failed", lambda r, _, paging: refunds_for_operators(r, failed=True, **paging)
    ),
    ListQuery(
        "operator: refunds tried often", lambda r, _, paging: refunds_for_operators(r, failed=False, **paging)
    ),
    ListQuery("operator: findings", lambda r, _, paging: findings_page(r, state=None, **paging)),
    ListQuery("operator: open findings", lambda r, _, paging: findings_page(r, state=FindingState.OPEN, **paging)),
    ListQuery("operator: numbers of payments", _alone(desk_counts)),
    ListQuery("operator: arbitration desk", _desk(None)),
    ListQuery("operator: cases to decide", _desk(CaseState.ARBITRATION)),
    ListQuery("operator: numbers of the desk", _alone(counts_of_desk)),
    ListQuery("operator: the platform's coupons", _coupons(Funder.PLATFORM, None)),
    ListQuery("operator: reviews that wait", _queue(None)),
    *(ListQuery(f"operator: reviews {only.value}", _queue(only)) for only in QueueFilter),
    ListQuery("operator: numbers of reviews", _alone(count_queue)),
    ListQuery("creator: coupons", _coupons(Funder.CREATOR, None)),
    ListQuery(
        "carrier: open needs",
        lambda r, world, paging: open_needs(r, _person(world.carrier_id, Role.CARRIER), **paging),
    ),
    ListQuery(
        "carrier: open needs from one province",
        lambda r, world, paging: open_needs(r, _person(world.carrier_id, Role.CARRIER), origin="广东省", **paging),
    ),
    ListQuery(
        "carrier: quotes",
        lambda r, world, paging: quotes_of_carrier(r, _person(world.carrier_id, Role.CARRIER), **paging),
    ),
)

SUMS: tuple[ListQuery, ...] = (
    ListQuery("merchant: 48-hour rate over 30 days", _in_shop(ship_rate)),
    ListQuery("merchant: one coupon's use", _alone(lambda reader: coupon_use(reader, POPULAR_COUPON))),
    ListQuery("merchant: one coupon's days", _alone(lambda reader: coupon_days(reader, POPULAR_COUPON))),
    ListQuery("operator: money by day over 30 days", _alone(totals_by_day)),
)
"""What pages reckon over everything that happened in a while; no list."""

LISTS: tuple[ListQuery, ...] = (*BUYER_LISTS, *MERCHANT_LISTS, *OTHER_LISTS)
