"""Submitting a product or its draft; the automatic review that answers at once."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog import rules
from yellowcart.catalog.categories import require_category
from yellowcart.catalog.changes import product_changed
from yellowcart.catalog.model import ProductDetail, ReviewStatus
from yellowcart.catalog.queries import product_detail
from yellowcart.catalog.shops import require_member
from yellowcart.catalog.store import ProductRecord, active_skus, lock_product, write_product
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ProductId, ShopId


async def submit_product(writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId) -> ProductDetail:
    """Ask for review. Unless `rules.REVIEW_BY_HAND` is set, the automatic review answers in the same
    transaction; the answer's `review_problems` say why it failed, empty when it passed.

    Raises NotFound, ProductRetired, ProductBanned, MoveRefused when there is nothing to submit.
    """
    await require_member(writer, person, shop_id)
    record = await lock_product(writer, shop_id, product_id)
    standing = rules.submit(record.standing)
    await audit.record(writer, person, "catalog:product:submit", f"product:{product_id}")
    if rules.REVIEW_BY_HAND:
        await write_product(
            writer,
            record,
            standing,
            text=record.text,
            category_id=record.category_id,
            draft=record.draft,
            problems=[],
        )
    else:
        await _review(writer, record, standing)
    await product_changed(writer, shop_id, product_id)
    return await product_detail(writer, shop_id, product_id)


async def _review(writer: Writer, record: ProductRecord, submitted: rules.Standing) -> None:
    candidate = record.draft or record.text
    placed = await require_category(writer, candidate.category_code)
    skus = await active_skus(writer, record.shop_id, record.product_id)
    problems = rules.automatic_review(candidate, [sku.price_fen for sku in skus], is_leaf=placed.is_leaf)
    decided = rules.reject(submitted) if problems else rules.approve(submitted)
    passed = not problems
    await write_product(
        writer,
        record,
        decided,
        text=candidate if passed else record.text,
        category_id=placed.category.category_id if passed else record.category_id,
        draft=None if passed else record.draft,
        problems=problems,
    )
    # No person decided this: the platform did, by its automatic review.
    await audit.record(
        writer,
        None,
        "catalog:product:automatic_approval" if passed else "catalog:product:automatic_rejection",
        f"product:{record.product_id}",
        before=record.text if passed and record.review_status is ReviewStatus.APPROVED else None,
        after=candidate if passed else msgspec.to_builtins(problems),
    )
