"""The whole demo world as one frozen value, with the questions that are asked of it."""

from datetime import datetime

from yellowcart.demo.audience_model import Audience
from yellowcart.demo.model import (
    Account,
    Agency,
    Category,
    Creator,
    Draft,
    Entry,
    Leader,
    LinkSource,
    Merchant,
    Name,
    Notice,
    Offer,
    OutsideProduct,
    Product,
    Room,
    RuleAction,
    SourceShare,
    Surface,
    Text,
    Video,
    ZonedTime,
)
from yellowcart.demo.trade_model import (
    CaseWords,
    CouponPlan,
    DeliveryPlan,
    FreightPlan,
    PriceFall,
    PricePlan,
    ReviewWords,
    Warehouse,
)


class World(Entry, frozen=True):
    """A whole demo world, checked; `starts_at` is the visible start, `history_from` where its past begins."""

    key: Name
    name: Text
    seed: int
    starts_at: ZonedTime
    history_from: ZonedTime
    link_sources: tuple[LinkSource, ...]
    surfaces: tuple[Surface, ...]
    categories: tuple[Category, ...]
    notices: tuple[Notice, ...]
    drafts: tuple[Draft, ...]
    mcns: tuple[Agency, ...]
    leaders: tuple[Leader, ...]
    accounts: tuple[Account, ...]
    creators: tuple[Creator, ...]
    merchants: tuple[Merchant, ...]
    products: tuple[Product, ...]
    outside_products: tuple[OutsideProduct, ...]
    offers: tuple[Offer, ...]
    rooms: tuple[Room, ...]
    videos: tuple[Video, ...]
    source_shares: tuple[SourceShare, ...]
    audience: Audience
    warehouses: tuple[Warehouse, ...] = ()
    freight_plans: tuple[FreightPlan, ...] = ()
    delivery_plans: tuple[DeliveryPlan, ...] = ()
    coupon_plans: tuple[CouponPlan, ...] = ()
    price_plans: tuple[PricePlan, ...] = ()
    price_falls: tuple[PriceFall, ...] = ()
    review_words: tuple[ReviewWords, ...] = ()
    case_words: tuple[CaseWords, ...] = ()

    def listing(self, key: str) -> Product | OutsideProduct:
        """What a cart's key stands for; raises KeyError for a key that no product has."""
        for product in self.products:
            if product.key == key:
                return product
        for outside in self.outside_products:
            if outside.key == key:
                return outside
        raise KeyError(key)

    def link_source_of(self, key: str) -> str:
        """The link source of a cart's key: `own` for an own shop's product."""
        found = self.listing(key)
        return found.link_source if isinstance(found, OutsideProduct) else "own"

    def action_at(self, surface: str, link_source: str, moment: datetime) -> RuleAction | None:
        """What the notices say about a pair at a moment: the latest rule effective by then, or None."""
        latest: tuple[datetime, RuleAction] | None = None
        for notice in self.notices:
            if notice.effective_at > moment or (latest and notice.effective_at < latest[0]):
                continue
            for rule in notice.rules:
                if (surface, link_source) in rule.pairs():
                    latest = (notice.effective_at, rule.action)
        return latest[1] if latest else None
