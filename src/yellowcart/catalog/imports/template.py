"""Our own plain form: a row a SKU, in Chinese or English headings, as CSV or workbook.

Rows with one product code are one product; where no code stands, those with one title are. What a product has only
once (brand, category, description) may stand in its first row alone.
"""

from collections.abc import Iterator

from yellowcart.catalog.imports.checking import (
    HANDLE_LENGTH_MAX,
    ONLY_SKU,
    DialectFields,
    FileChecking,
    NotesOfFile,
    ProductChecking,
)
from yellowcart.catalog.imports.file_product import FileProduct, FileSku
from yellowcart.catalog.imports.grouping import ROWS_OF_PRODUCT_MAX, GroupedRows, rows_by_product
from yellowcart.catalog.imports.headings import Cells, Columns, form_headings, heading_data
from yellowcart.kernel.file_rows import FileRow
from yellowcart.kernel.translation import N_, Locale

FIELDS = DialectFields()
_BY_TITLE = "title:"


def template_rows(locale: Locale) -> list[list[str]]:
    """The template for download: its headings in the reader's language, and rows that show how it is filled."""
    form = form_headings("template")
    fields = list(form.fields)
    headings = [form.fields[field][0 if locale is Locale.CHINESE else 1] for field in fields]
    examples: list[dict[str, str]] = heading_data()["template_examples"][locale.value]
    return [headings, *([example.get(field, "") for field in fields] for example in examples)]


def template_products(columns: Columns, rows: Iterator[FileRow], notes: NotesOfFile) -> Iterator[FileProduct]:
    """Every product of the file, by first appearance. Raises RowUnreadable while rows are read."""
    if "quantity" not in columns:
        notes.say(N_("The file does not say how many pieces there are: stock that is known stays as it is."))
    file = FileChecking(columns, FIELDS, notes)
    with rows_by_product() as gathered:
        for row in rows:
            gathered.add(row, belongs_to=_key(Cells(columns, row)) or None)
        for group in gathered.products():
            yield _product(file, group)


def _key(cells: Cells) -> str:
    """The code in this file's form as written, without what guards its digits; else the title."""
    if code := cells["handle"].removeprefix('="').removesuffix('"').removeprefix("'").strip():
        return code
    title = " ".join(cells["title"].split())
    return (_BY_TITLE + title)[:HANDLE_LENGTH_MAX] if title else ""


def _product(file: FileChecking, group: GroupedRows) -> FileProduct:
    checking = ProductChecking(file)
    cells = [Cells(file.columns, row) for row in group.rows]
    first = cells[0]
    handle = _key(first)
    if not handle:
        checking.wrong(first, "title", N_("Every row needs a product code or a title."))
        handle = f"row:{first.number}"
    elif "handle" in file.columns:
        checking.code(first, "handle")
    if group.cut:
        checking.wrong(
            first, "handle", N_("More than %(most)s rows are of this one product."), most=ROWS_OF_PRODUCT_MAX
        )
    texts = {field: _first_of(cells, field) for field in ("title", "title_en", "brand", "description", "category")}
    pictures = list(dict.fromkeys(each["picture"] for each in cells if each["picture"]))
    return checking.product(
        first,
        FileProduct(
            row=first.number,
            handle=handle,
            title=checking.line(texts["title"], "title"),
            title_en=checking.line(texts["title_en"], "title_en"),
            brand=checking.line(texts["brand"], "brand"),
            description=checking.block(texts["description"], "description"),
            category_hint=texts["category"]["category"],
            picture_urls=pictures,
            skus=[_sku(checking, each) for each in cells],
        ),
        cells,
    )


def _first_of(cells: list[Cells], field: str) -> Cells:
    """The first row where the field is filled, else the first row."""
    return next((each for each in cells if each[field] or each.is_unreckoned(field)), cells[0])


def _sku(checking: ProductChecking, cells: Cells) -> FileSku:
    name = checking.line(cells, "sku_name")
    return FileSku(
        row=cells.number,
        name=name or ONLY_SKU[0],
        name_en=checking.line(cells, "sku_name_en") or ("" if name else ONLY_SKU[1]),
        price_fen=checking.price(cells, "price"),
        quantity=checking.quantity(cells, "quantity"),
        merchant_code=checking.code(cells, "merchant_code"),
        barcode=checking.code(cells, "barcode"),
        picture_url=cells["picture"],
    )
