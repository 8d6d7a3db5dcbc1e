"""Putting a product on sale, taking it off, retiring it."""

from collections.abc import Callable

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog import rules
from yellowcart.catalog.changes import product_changed
from yellowcart.catalog.events import ProductPutOffSale, ProductPutOnSale
from yellowcart.catalog.model import DraftStatus, ProductDetail, SaleStatus
from yellowcart.catalog.queries import product_detail
from yellowcart.catalog.shops import require_member
from yellowcart.catalog.store import lock_product, read_problems, write_product
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import ProductId, ShopId


async def put_on_sale(writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId) -> ProductDetail:
    """Sell an approved product. Raises NotFound, ProductNotApproved, ProductRetired, ProductBanned,
    MoveRefused."""
    return await _sell(writer, person, shop_id, product_id, rules.put_on_sale)


async def put_off_sale(writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId) -> ProductDetail:
    """Stop selling a product; open orders go on. Raises NotFound, ProductRetired, MoveRefused."""
    return await _sell(writer, person, shop_id, product_id, rules.put_off_sale)


async def retire_product(writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId) -> ProductDetail:
    """Take a product out for good; it is kept for its orders. Raises NotFound, ProductRetired."""
    return await _sell(writer, person, shop_id, product_id, rules.retire)


async def _sell(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    product_id: ProductId,
    move: Callable[[rules.Standing], rules.Standing],
) -> ProductDetail:
    await require_member(writer, person, shop_id)
    record = await lock_product(writer, shop_id, product_id)
    standing = move(record.standing)
    await write_product(
        writer,
        record,
        standing,
        text=record.text,
        category_id=record.category_id,
        draft=None if standing.draft is DraftStatus.NO_DRAFT else record.draft,
        problems=read_problems(record.review_reason),
    )
    await audit.record(
        writer,
        person,
        f"catalog:product:{standing.sale.value}",
        f"product:{product_id}",
        before={"sale_status": record.sale_status},
        after={"sale_status": standing.sale},
    )
    if standing.sale is SaleStatus.ON_SALE:
        await publish(writer, ProductPutOnSale(shop_id=shop_id, product_id=product_id), shop_id=shop_id)
    elif record.sale_status is SaleStatus.ON_SALE:
        await publish(writer, ProductPutOffSale(shop_id=shop_id, product_id=product_id), shop_id=shop_id)
    await product_changed(writer, shop_id, product_id)
    return await product_detail(writer, shop_id, product_id)
