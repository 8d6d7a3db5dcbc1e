"""The category tree as choices of a form."""

from collections.abc import Sequence

from yellowcart.catalog.model import Category
from yellowcart.kernel.translation import Locale


def category_options(
    categories: Sequence[Category], locale: Locale, *, leaves_only: bool
) -> list[tuple[str, str]]:
    """(code, path of names) in the order of the tree; `leaves_only` for forms that ask where a product belongs."""
    by_id = {category.category_id: category for category in categories}
    parents = {category.parent_id for category in categories}
    options: list[tuple[str, str]] = []
    for category in categories:
        if leaves_only and category.category_id in parents:
            continue
        names: list[str] = []
        node: Category | None = category
        while node is not None and len(names) < 10:
            names.append(node.name_zh if locale is Locale.CHINESE else node.name_en)
            node = by_id.get(node.parent_id) if node.parent_id is not None else None
        options.append((category.code, " › ".join(reversed(names))))
    return options
