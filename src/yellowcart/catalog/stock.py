"""Receiving stock and correcting it by hand, each time with a reason and a line in the audit trail."""

from datetime import datetime

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.changes import product_changed
from yellowcart.catalog.errors import StockTooSmall
from yellowcart.catalog.model import Sku
from yellowcart.catalog.rules import QUANTITY_MAX, REASON_LENGTH_MAX, is_clean
from yellowcart.catalog.shops import require_member
from yellowcart.catalog.store import SKU_COLUMNS
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import ProductId, ShopId, SkuId
from yellowcart.kernel.translation import N_

CHANGES_SHOWN = 50


async def receive_stock(
    writer: Writer, person: Person, shop_id: ShopId, sku_id: SkuId, quantity: int, reason: str = ""
) -> Sku:
    """Take `quantity` new pieces into stock; they can be bought at once. Raises NotFound, InvalidFields."""
    if not 1 <= quantity <= QUANTITY_MAX:
        raise InvalidFields({"quantity": (N_("A whole number from 1 to %(most)s."), {"most": QUANTITY_MAX})})
    await require_member(writer, person, shop_id)
    return await change_stock(writer, person, shop_id, sku_id, quantity, reason, "catalog:stock:receive")


async def adjust_stock(
    writer: Writer, person: Person, shop_id: ShopId, sku_id: SkuId, change: int, reason: str
) -> Sku:
    """Add or take out pieces that were counted, broken or found. `change` is a difference, never a new total,
    so that what was sold in the meantime stays sold. Raises NotFound, InvalidFields when no reason is given,
    StockTooSmall."""
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    if change == 0 or abs(change) > QUANTITY_MAX:
        problems["change"] = (
            N_("A whole number from -%(most)s to %(most)s, but not 0."),
            {"most": QUANTITY_MAX},
        )
    if not reason.strip():
        problems["reason"] = N_("Say why the stock changes.")
    if problems:
        raise InvalidFields(problems)
    await require_member(writer, person, shop_id)
    return await change_stock(writer, person, shop_id, sku_id, change, reason, "catalog:stock:adjust")


async def change_stock(
    writer: Writer, person: Person, shop_id: ShopId, sku_id: SkuId, change: int, reason: str, action: str
) -> Sku:
    """Change what is available by a difference, for the use cases of this folder. Raises NotFound,
    InvalidFields, StockTooSmall."""
    reason = reason.strip()
    if len(reason) > REASON_LENGTH_MAX or not is_clean(reason):
        raise InvalidFields({"reason": (N_("At most %(most)s characters."), {"most": REASON_LENGTH_MAX})})
    changed = await writer.run(
        """
        UPDATE stock SET received = received + %(change)s, available = available + %(change)s
        WHERE shop_id = %(shop_id)s AND sku_id = %(sku_id)s
          AND available + %(change)s >= 0 AND received + %(change)s <= 2000000000
        """,
        change=change,
        shop_id=shop_id,
        sku_id=sku_id,
    )
    sku = await _read_sku(writer, shop_id, sku_id)
    if not changed:
        raise StockTooSmall(available=sku.available)
    await audit.record(
        writer,
        person,
        action,
        f"sku:{sku_id}",
        before={"available": sku.available - change},
        after={"available": sku.available, "reason": reason},
    )
    await product_changed(writer, shop_id, sku.product_id)
    return sku


async def _read_sku(reader: Reader, shop_id: ShopId, sku_id: SkuId) -> Sku:
    sku = await reader.row(
        Sku,
        f"""
        SELECT {SKU_COLUMNS} FROM sku JOIN stock USING (shop_id, sku_id)
        WHERE sku.shop_id = %(shop_id)s AND sku.sku_id = %(sku_id)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        sku_id=sku_id,
    )
    if sku is None:
        raise NotFound
    return sku


class StockChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of stock by hand or by a file, as the audit trail keeps it."""

    sku_id: SkuId
    sku_name: str
    sku_name_en: str
    before: int
    after: int
    reason: str
    action: str
    person_name: str
    recorded_at: datetime


async def stock_changes(reader: Reader, shop_id: ShopId, product_id: ProductId) -> list[StockChange]:
    """The latest changes of a product's stock by its merchant, newest first; orders change it too, and have their
    own list. The caller has asked `require_member`."""
    return await reader.rows(
        StockChange,
        """
        SELECT sku.sku_id, sku.name AS sku_name, sku.name_en AS sku_name_en,
               (entry.before ->> 'available')::int AS before, (entry.after ->> 'available')::int AS after,
               coalesce(entry.after ->> 'reason', '') AS reason, entry.action,
               coalesce(person.name, '') AS person_name, entry.recorded_at
        FROM sku
        JOIN audit_entry AS entry ON entry.subject = 'sku:' || sku.sku_id AND entry.action LIKE 'catalog:stock:%%'
        LEFT JOIN person USING (person_id)
        WHERE sku.shop_id = %(shop_id)s AND sku.product_id = %(product_id)s
        ORDER BY entry.audit_id DESC
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        product_id=product_id,
        most=CHANGES_SHOWN,
    )
