"""What tests of freight begin with: a shop with a product, and templates that are quickly written."""

from tests.catalog_world import Merchant
from yellowcart.freight.model import (
    DeliveryTerms,
    FreightBasis,
    FreightTemplate,
    FreightZone,
    NewFreightTemplate,
)
from yellowcart.freight.queries import delivery_terms_of
from yellowcart.freight.templates import create_template
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ProductId

XINJIANG, ZHEJIANG, TAIWAN = "650000", "330000", "710000"


def flat(fee_fen: int = 800) -> FreightZone:
    """A zone in which every first piece or kilogram costs `fee_fen`, and each further one 3 yuan."""
    return FreightZone(province_codes=(), first=1, first_fen=fee_fen, more=1, more_fen=300)


def wanted(name: str = "全国", basis: FreightBasis = FreightBasis.PIECE, fee_fen: int = 800) -> NewFreightTemplate:
    """A template for everywhere but Taiwan, dearer to Xinjiang."""
    far = FreightZone(province_codes=(XINJIANG,), first=1, first_fen=1_800, more=1, more_fen=900)
    return NewFreightTemplate(
        name=name, basis=basis, zones=(far,), elsewhere=flat(fee_fen), not_delivered=(TAIWAN,)
    )


async def make_template(
    database: Database, merchant: Merchant, template: NewFreightTemplate | None = None
) -> FreightTemplate:
    """A template of the merchant's shop."""
    async with database.writing() as writer:
        return await create_template(
            writer, merchant.signed_in.person, merchant.shop.shop_id, template or wanted()
        )


async def terms_of(database: Database, merchant: Merchant, product_id: ProductId) -> DeliveryTerms:
    """What delivering a product costs and promises now."""
    async with database.reading() as reader:
        return (await delivery_terms_of(reader, merchant.shop.shop_id, [product_id]))[product_id]
