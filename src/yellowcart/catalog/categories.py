"""The category tree: placing a node, finding one by its code."""

import msgspec

from yellowcart.catalog.model import Category
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import CategoryId, new_id
from yellowcart.kernel.translation import N_

CATEGORIES_MAX = 2_000
_COLUMNS = "category_id, parent_id, code, name_zh, name_en, position"


class PlacedCategory(msgspec.Struct, frozen=True, kw_only=True):
    """A category and whether it is at the lowest level."""

    category: Category
    is_leaf: bool


async def place_category(
    writer: Writer, *, code: str, name_zh: str, name_en: str, position: int, parent_code: str | None = None
) -> Category:
    """Put a node into the tree, or give the node of this code other names. Raises InvalidFields when the
    parent is not known."""
    parent = None if parent_code is None else await find_category(writer, parent_code)
    if parent_code is not None and parent is None:
        raise InvalidFields({"parent_code": N_("There is no such category.")})
    placed = await writer.row(
        Category,
        """
        INSERT INTO category (category_id, parent_id, code, name_zh, name_en, position)
        VALUES (%(category_id)s, %(parent_id)s, %(code)s, %(name_zh)s, %(name_en)s, %(position)s)
        ON CONFLICT (code) DO UPDATE
        SET parent_id = excluded.parent_id, name_zh = excluded.name_zh, name_en = excluded.name_en,
            position = excluded.position
        RETURNING category_id, parent_id, code, name_zh, name_en, position
        """,
        category_id=new_id(CategoryId),
        parent_id=None if parent is None else parent.category.category_id,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        position=position,
    )
    assert placed is not None
    return placed


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
