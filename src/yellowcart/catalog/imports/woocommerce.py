"""Products of a WooCommerce product CSV (formats.md §4), with English or Chinese headings.

A variable product and its variations are rows of their own, in any order; a variation names its parent as `id:123`
or by SKU. Sources beyond formats.md: importer and exporter in woocommerce/woocommerce.
"""

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from yellowcart.catalog.imports.checking import ONLY_SKU, DialectFields, FileChecking, NotesOfFile, ProductChecking
from yellowcart.catalog.imports.file_product import FileProduct, FileSku, Sentence
from yellowcart.catalog.imports.grouping import ROWS_OF_PRODUCT_MAX, GroupedRows, rows_by_product
from yellowcart.catalog.imports.headings import Cells, Columns
from yellowcart.kernel.file_rows import FileRow
from yellowcart.kernel.translation import N_

FIELDS = DialectFields(handle="merchant_code", sku_name="title", price="regular_price")
SALEABLE = frozenset({"simple", "variable", "variation"})
FLAGS = frozenset({"virtual", "downloadable"})
"""Words in the column Type that say how a product is delivered, not what it is."""

_PART = re.compile(r"(?:\\.|[^,\\])+")
_GUARDED = re.compile(r"'([=+\-@].*?)'?", re.DOTALL)
_LINE_BREAK = re.compile(r"(?<!\\)\\n")


def woocommerce_products(
    columns: Columns, rows: Iterator[FileRow], notes: NotesOfFile, today: date
) -> Iterator[FileProduct]:
    """Every product of the file, by first appearance of it or of a variation. `today` is the day in the shop's
    zone: it decides whether a sale price holds. Raises RowUnreadable while rows are read."""
    file = FileChecking(columns, FIELDS, notes)
    with rows_by_product() as gathered:
        for row in rows:
            plain = msgspec.structs.replace(row, cells=[_unguarded(cell) for cell in row.cells])
            cells = Cells(columns, plain)
            if all(cell.strip() in {"", "0"} for cell in cells.cells):
                continue
            if _is_variation(cells):
                gathered.add(plain, belongs_to=_parent_key(cells["parent"]))
            else:
                gathered.add(plain, belongs_to=None, owns=_own_keys(cells))
        for group in gathered.products():
            yield _product(file, group, today)


def parts_of(text: str) -> list[str]:
    """The parts of a list: split at commas, except where one is written `\\,`."""
    found = (re.sub(r"\\(.)", r"\1", part).strip() for part in _PART.findall(text))
    return [part for part in found if part]


def _unguarded(cell: str) -> str:
    """The exporter puts `'` before what a spreadsheet would take for a formula, in some versions around it."""
    found = _GUARDED.fullmatch(cell)
    return found[1] if found else cell


def _kinds(cells: Cells) -> list[str]:
    return [part.casefold() for part in parts_of(cells["type"]) if part.casefold() not in FLAGS]


def _is_variation(cells: Cells) -> bool:
    return "variation" in _kinds(cells)


def _own_keys(cells: Cells) -> list[str]:
    keys = [f"id:{cells['id']}"] if cells["id"] else []
    return [*keys, f"sku:{cells['merchant_code']}"] if cells["merchant_code"] else keys


def _parent_key(reference: str) -> str | None:
    """How a variation refers to its parent, as the parent owns it."""
    if not reference:
        return None
    found = re.fullmatch(r"id:\s*(\d+)", reference)
    return f"id:{found[1]}" if found else f"sku:{reference}"


def _product(file: FileChecking, group: GroupedRows, today: date) -> FileProduct:
    checking = ProductChecking(file)
    cells = [Cells(file.columns, row) for row in group.rows]
    first = next((each for each in cells if not _is_variation(each)), None)
    variations = [each for each in cells if _is_variation(each)]
    if first is None:
        first = variations[0]
        checking.wrong(first, "parent", N_("The product that this variation belongs to is not in the file."))
    if group.cut:
        checking.wrong(
            first, "title", N_("More than %(most)s rows are of this one product."), most=ROWS_OF_PRODUCT_MAX
        )
    sold = variations or [first]
    description = _description(checking, first, "description")
    pictures = [part for part in parts_of(first["picture"]) if "://" in part]
    return checking.product(
        first,
        FileProduct(
            row=first.number,
            handle=_handle(first),
            title=checking.line(first, "title"),
            brand=checking.line(first, "brand"),
            description=description or _description(checking, first, "short_description"),
            category_hint=", ".join(parts_of(first["category"])),
            picture_urls=pictures,
            skus=[_sku(checking, each, first, today) for each in sold],
            skipped=_skipped(first),
        ),
        sold,
    )


def _handle(first: Cells) -> str:
    """The shop's own id of the product: its SKU may be empty, or be changed."""
    if first["id"]:
        return f"woocommerce:{first['id']}"
    return first["merchant_code"] or (f"title:{first['title']}"[:255] if first["title"] else "")


def _description(checking: ProductChecking, cells: Cells, field: str) -> str:
    """Line breaks are written `\\n`, and a backslash before n as `\\\\n`."""
    text = checking.block(cells, field)
    return _LINE_BREAK.sub("\n", text).replace("\\\\n", "\\n")


def _skipped(first: Cells) -> Sentence | None:
    kinds = _kinds(first)
    if "external" in kinds:
        return N_("An external product is sold by another shop."), {}
    if "grouped" in kinds:
        return N_("A grouped product only shows others together; they are rows of their own."), {}
    if strange := [kind for kind in kinds if kind not in SALEABLE]:
        return N_("Products of the type %(kind)s are not taken over."), {"kind": strange[0]}
    if first["published"] == "-1":
        return N_("The product is a draft in WooCommerce. Publish it there to bring it over."), {}
    return None


def _sku(checking: ProductChecking, cells: Cells, parent: Cells, today: date) -> FileSku:
    name, name_en = _sku_name(checking, cells, parent)
    pictures = [part for part in parts_of(cells["picture"]) if "://" in part]
    return FileSku(
        row=cells.number,
        name=name,
        name_en=name_en,
        price_fen=_price(checking, cells, today),
        quantity=_quantity(checking, cells),
        merchant_code=checking.code(cells, "merchant_code"),
        barcode=checking.code(cells, "barcode"),
        picture_url=pictures[0] if pictures and cells is not parent else "",
    )


def _sku_name(checking: ProductChecking, cells: Cells, parent: Cells) -> tuple[str, str]:
    """What tells a variation from the others: its attributes. One without any stands for every value of them, and
    is called as WooCommerce calls it, without the product's own name."""
    if cells is parent:
        return ONLY_SKU
    values = [value for _, text in cells.numbered("attribute_value") for value in parts_of(text)]
    if values:
        return " / ".join(" ".join(value.split()) for value in values), ""
    title = checking.line(cells, "title")
    name = title.removeprefix(checking.line(parent, "title")).strip(" -–—")
    return (name, "") if name else ONLY_SKU


def _price(checking: ProductChecking, cells: Cells, today: date) -> int:
    """The sale price while its sale runs, days inclusive; otherwise the regular one."""
    if cells["sale_price"] and _sale_runs(checking, cells, today):
        return checking.price(cells, "sale_price")
    return checking.price(cells, "regular_price")


def _sale_runs(checking: ProductChecking, cells: Cells, today: date) -> bool:
    starts, ends = (_day(checking, cells, field) for field in ("sale_starts", "sale_ends"))
    return (starts is None or starts <= today) and (ends is None or today <= ends)


def _day(checking: ProductChecking, cells: Cells, field: str) -> date | None:
    """A day as `YYYY-MM-DD`; a time behind it is dropped, as WooCommerce does."""
    if not cells[field]:
        return None
    try:
        return date.fromisoformat(cells[field][:10])
    except ValueError:
        checking.wrong(cells, field, N_("Write a date as 2022-03-01."))
        return None


def _quantity(checking: ProductChecking, cells: Cells) -> int | None:
    """A number where the stock is managed. Where it is not, the file says at most that there is none."""
    if cells["quantity"]:
        return checking.stock(cells, "quantity")
    return 0 if cells["in_stock"] == "0" else None
