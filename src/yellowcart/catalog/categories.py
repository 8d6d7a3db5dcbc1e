"""The category tree: placing a node, finding one by its code."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.changes import category_changed
from yellowcart.catalog.model import CONFIRM_DAYS_DEFAULT, Category, ReturnRule
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import CategoryId, new_id
from yellowcart.kernel.translation import N_

CATEGORIES_MAX = 2_000
CONFIRM_DAYS_MAX = 90
_COLUMNS = "category_id, parent_id, code, name_zh, name_en, position"


class PlacedCategory(msgspec.Struct, frozen=True, kw_only=True):
    """A category and whether it is at the lowest level."""

    category: Category
    is_leaf: bool


class CategoryTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What buying in a category means for returns and receipt: its own word, or that of the node above."""

    return_rule: ReturnRule
    confirm_days: int


class TermsOfCategory(msgspec.Struct, frozen=True, kw_only=True):
    """A category with the terms that it has in force, and which of them are its own: None takes those of the node
    above. `height` counts the nodes above it."""

    category: Category
    height: int
    own_return_rule: ReturnRule | None
    own_confirm_days: int | None
    return_rule: ReturnRule
    confirm_days: int


async def place_category(
    writer: Writer,
    *,
    code: str,
    name_zh: str,
    name_en: str,
    position: int,
    parent_code: str | None = None,
    return_rule: ReturnRule | None = None,
    confirm_days: int | None = None,
) -> Category:
    """Put a node into the tree, or give the node of this code other names. A rule for returns or days until
    receipt that are not given stay as they are, or those of the node above. Raises InvalidFields when the parent
    is not known."""
    parent = None if parent_code is None else await find_category(writer, parent_code)
    if parent_code is not None and parent is None:
        raise InvalidFields({"parent_code": N_("There is no such category.")})
    placed = await writer.row(
        Category,
        """
        INSERT INTO category (category_id, parent_id, code, name_zh, name_en, position, return_rule, confirm_days)
        VALUES (%(category_id)s, %(parent_id)s, %(code)s, %(name_zh)s, %(name_en)s, %(position)s, %(return_rule)s,
                %(confirm_days)s)
        ON CONFLICT (code) DO UPDATE
        SET parent_id = excluded.parent_id, name_zh = excluded.name_zh, name_en = excluded.name_en,
            position = excluded.position, return_rule = coalesce(excluded.return_rule, category.return_rule),
            confirm_days = coalesce(excluded.confirm_days, category.confirm_days)
        RETURNING category_id, parent_id, code, name_zh, name_en, position
        """,
        category_id=new_id(CategoryId),
        parent_id=None if parent is None else parent.category.category_id,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        position=position,
        return_rule=None if return_rule is None else return_rule.value,
        confirm_days=confirm_days,
    )
    assert placed is not None
    return placed


async def set_category_terms(
    writer: Writer, person: Person, code: str, *, return_rule: ReturnRule | None, confirm_days: int | None
) -> CategoryTerms:
    """An operator gives a category a rule for returns and days until receipt, for orders placed from now on; None
    takes those of the node above. Raises NotFound, InvalidFields (`confirm_days`)."""
    if confirm_days is not None and not 1 <= confirm_days <= CONFIRM_DAYS_MAX:
        raise InvalidFields({"confirm_days": N_("Choose from 1 to 90 days.")})
    found = await find_category(writer, code)
    if found is None:
        raise NotFound
    category_id = found.category.category_id
    before = await category_terms(writer, category_id)
    changed = await writer.run(
        """
        UPDATE category SET return_rule = %(return_rule)s, confirm_days = %(confirm_days)s
        WHERE category_id = %(category_id)s
          AND (return_rule, confirm_days) IS DISTINCT FROM (%(return_rule)s::text, %(confirm_days)s::int)
        """,
        return_rule=None if return_rule is None else return_rule.value,
        confirm_days=confirm_days,
        category_id=category_id,
    )
    if not changed:
        return before
    after = await category_terms(writer, category_id)
    await audit.record(writer, person, "catalog:category:terms", f"category:{code}", before=before, after=after)
    await category_changed(writer)
    return after


async def terms_of_categories(reader: Reader) -> list[TermsOfCategory]:
    """Every category with its terms: each parent before its children, siblings by their position."""
    own = {
        row["category_id"]: row
        for row in await reader.records(
            "SELECT category_id, return_rule, confirm_days FROM category LIMIT %(most)s", most=CATEGORIES_MAX
        )
    }
    known: dict[CategoryId, TermsOfCategory] = {}
    for category in await category_tree(reader):
        above = known.get(category.parent_id) if category.parent_id is not None else None
        row = own[category.category_id]
        rule = None if row["return_rule"] is None else ReturnRule(row["return_rule"])
        days: int | None = row["confirm_days"]
        known[category.category_id] = TermsOfCategory(
            category=category,
            height=0 if above is None else above.height + 1,
            own_return_rule=rule,
            own_confirm_days=days,
            return_rule=rule or (ReturnRule.NO_REASON if above is None else above.return_rule),
            confirm_days=days or (CONFIRM_DAYS_DEFAULT if above is None else above.confirm_days),
        )
    return list(known.values())


async def category_terms(reader: Reader, category_id: CategoryId) -> CategoryTerms:
    """The terms of a category, with what it takes from the nodes above and from the platform's defaults."""
    rows = await reader.records(
        """
        WITH RECURSIVE above AS (
            SELECT category_id, parent_id, return_rule, confirm_days, 0 AS height
            FROM category WHERE category_id = %(category_id)s
            UNION ALL
            SELECT category.category_id, category.parent_id, category.return_rule, category.confirm_days,
                   above.height + 1
            FROM category JOIN above ON category.category_id = above.parent_id
            WHERE above.height < 10
        )
        SELECT return_rule, confirm_days FROM above ORDER BY height LIMIT 11
        """,
        category_id=category_id,
    )
    rules = [row["return_rule"] for row in rows if row["return_rule"]]
    days = [row["confirm_days"] for row in rows if row["confirm_days"]]
    return CategoryTerms(
        return_rule=ReturnRule(rules[0]) if rules else ReturnRule.NO_REASON,
        confirm_days=days[0] if days else CONFIRM_DAYS_DEFAULT,
    )


async def find_category(reader: Reader, code: str) -> PlacedCategory | None:
    """The category of a code, or None."""
    found = await reader.row(Category, f"SELECT {_COLUMNS} FROM category WHERE code = %(code)s", code=code)  # noqa: S608 - put together from constants of ours
    if found is None:
        return None
    has_children = await reader.value(
        "SELECT EXISTS (SELECT FROM category WHERE parent_id = %(category_id)s)", category_id=found.category_id
    )
    return PlacedCategory(category=found, is_leaf=not has_children)


async def require_category(reader: Reader, code: str) -> PlacedCategory:
    """The category of a code. Raises InvalidFields (field `category_code`)."""
    found = await find_category(reader, code)
    if found is None:
        raise InvalidFields({"category_code": N_("There is no such category.")})
    return found


async def category_tree(reader: Reader) -> list[Category]:
    """Every category: each parent before its children, siblings by their position."""
    rows = await reader.rows(
        Category,
        f"SELECT {_COLUMNS} FROM category ORDER BY position, category_id LIMIT %(most)s",  # noqa: S608 - put together from constants of ours
        most=CATEGORIES_MAX,
    )
    children: dict[CategoryId | None, list[Category]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    ordered: list[Category] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting.extend(reversed(children.get(node.category_id, [])))
    return ordered
