"""What the verbs of freight share: the one lock under which a shop's templates and terms are changed."""

from yellowcart.freight.model import FreightTemplateId
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import ShopId


async def lock_shop(writer: Writer, shop_id: ShopId) -> None:
    """One change of a shop's templates at a time. Orders read neither row under a lock and wait for nobody."""
    await writer.run(
        "SELECT FROM shop WHERE shop_id = %(shop_id)s ORDER BY shop_id FOR NO KEY UPDATE", shop_id=shop_id
    )


async def products_without_weight(reader: Reader, shop_id: ShopId, freight_template_id: FreightTemplateId) -> int:
    """How many products of a template have no weight."""
    return int(
        await reader.value(
            """
            SELECT count(*) FROM product_delivery
            WHERE shop_id = %(shop_id)s AND freight_template_id = %(freight_template_id)s AND weight_g = 0
            """,
            shop_id=shop_id,
            freight_template_id=freight_template_id,
        )
    )
