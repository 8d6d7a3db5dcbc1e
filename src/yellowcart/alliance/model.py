"""Agencies and offers: on what terms creators sell merchants' goods."""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import CreatorId, OfferId, ProductId, ShopId


class OfferKind(StrEnum):
    """Whom an offer is made to."""

    OPEN = "open"
    """Every creator, 普通计划."""
    TARGETED = "targeted"
    """One named creator, 定向计划; goes before an open offer of the same product (domain.md §3.2)."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's terms for one product. `commission_rate` in basis points of the commission base."""

    shop_id: ShopId
    offer_id: OfferId
    product_id: ProductId
    kind: OfferKind
    creator_id: CreatorId | None
    commission_rate: int
    valid_from: datetime
    valid_until: datetime | None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an order line remembers of its offer, frozen when it is placed. Rates in basis points."""

    offer_id: OfferId | None
    commission_rate: int
    creator_id: CreatorId | None
