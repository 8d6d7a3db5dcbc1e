"""Freight templates and what a product promises about its delivery, as values. Money in fen, weight in grams,
time in seconds. A promise's choices are domain.md §2.1: 24, 48 or 72 hours, or a presale of 3 to 15 days."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from yellowcart.kernel.ids import ProductId, ShopId

FreightTemplateId = NewType("FreightTemplateId", int)

DEFAULT_SHIP_WITHIN_S = 48 * 3_600
"""Seconds from payment to shipment that a product promises when nobody said otherwise."""


class FreightBasis(StrEnum):
    """What a template counts."""

    PIECE = "piece"
    """Pieces."""
    WEIGHT = "weight"
    """Grams."""


class FreightZone(msgspec.Struct, frozen=True, kw_only=True):
    """What delivery to some provinces costs: the first `first` pieces (or grams) cost `first_fen`, each further
    `more` begun cost `more_fen`; nothing from `free_above_fen` of goods on. None: never free."""

    province_codes: tuple[str, ...]
    first: int
    first_fen: int
    more: int
    more_fen: int
    free_above_fen: int | None = None


class FreightTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A freight template as prices are reckoned by it. `elsewhere` is for provinces that no zone names; None: not
    delivered elsewhere. `not_delivered` are province codes that are refused before anything else."""

    freight_template_id: FreightTemplateId
    basis: FreightBasis
    zones: tuple[FreightZone, ...]
    elsewhere: FreightZone | None
    not_delivered: tuple[str, ...]


class DeliveryTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What delivering one product costs and promises. `freight` None: free everywhere. `weight_g` is one piece's,
    0 when nobody said. `ship_within_s` counts from payment."""

    freight: FreightTerms | None = None
    weight_g: int = 0
    ship_within_s: int = DEFAULT_SHIP_WITHIN_S
    is_presale: bool = False


class FreightItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what is sent: whose terms, how many pieces, and what the goods cost in fen."""

    terms: DeliveryTerms
    pieces: int
    goods_fen: int


class FreightReckoning(msgspec.Struct, frozen=True, kw_only=True):
    """How one template came to its fee, to be explained. `measured` pieces or grams, of which `steps` further ones
    were begun after the first; `fee_fen` is 0 and `is_free` true when the goods reached `free_above_fen`."""

    basis: FreightBasis
    zone: FreightZone
    measured: int
    steps: int
    goods_fen: int
    is_free: bool
    fee_fen: int


class NewFreightTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A freight template as a merchant writes it."""

    name: str
    basis: FreightBasis
    zones: tuple[FreightZone, ...] = ()
    elsewhere: FreightZone | None = None
    not_delivered: tuple[str, ...] = ()


class FreightTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A freight template of a shop. `products` is how many products use it."""

    shop_id: ShopId
    freight_template_id: FreightTemplateId
    name: str
    basis: FreightBasis
    zones: tuple[FreightZone, ...]
    elsewhere: FreightZone | None
    not_delivered: tuple[str, ...]
    version: int
    products: int
    updated_at: datetime

    @property
    def terms(self) -> FreightTerms:
        """What prices are reckoned by."""
        return FreightTerms(
            freight_template_id=self.freight_template_id,
            basis=self.basis,
            zones=self.zones,
            elsewhere=self.elsewhere,
            not_delivered=self.not_delivered,
        )


class ShipPromise(msgspec.Struct, frozen=True):
    """Within how many seconds after payment a product is shipped, and whether it is a presale."""

    ship_within_s: int
    is_presale: bool = False


class DeliveryChange(msgspec.Struct, frozen=True, kw_only=True):
    """What many products shall have from now on; a part that is UNSET stays as it is. A template of None means
    free everywhere."""

    product_ids: tuple[ProductId, ...]
    freight_template_id: FreightTemplateId | msgspec.UnsetType | None = msgspec.UNSET
    weight_g: int | msgspec.UnsetType = msgspec.UNSET
    promise: ShipPromise | msgspec.UnsetType = msgspec.UNSET


class ProductDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A product with what its delivery costs and promises, for lists. `template_name` is None where it is free."""

    shop_id: ShopId
    product_id: ProductId
    title: str
    title_en: str
    picture_url: str
    freight_template_id: FreightTemplateId | None
    template_name: str | None
    weight_g: int
    ship_within_s: int
    is_presale: bool
