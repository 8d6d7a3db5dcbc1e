"""Products of a Shopify product CSV (formats.md §3).

Rows of one product share a handle and may stand apart. The first carries the product and its first variant; later
ones carry a further variant, a further picture, or both.
"""

from collections.abc import Iterator

from yellowcart.catalog.imports.checking import ONLY_SKU, DialectFields, FileChecking, NotesOfFile, ProductChecking
from yellowcart.catalog.imports.file_product import FileProduct, FileSku, Sentence
from yellowcart.catalog.imports.grouping import ROWS_OF_PRODUCT_MAX, GroupedRows, rows_by_product
from yellowcart.catalog.imports.headings import Cells, Columns
from yellowcart.kernel.file_rows import FileRow
from yellowcart.kernel.translation import N_

OPTIONS = ("option1", "option2", "option3")
WITHOUT_OPTIONS = "Default Title"
FIELDS = DialectFields(sku_name="option1")
_OF_A_VARIANT = ("price", "merchant_code", "quantity", "barcode", *OPTIONS)


def shopify_products(columns: Columns, rows: Iterator[FileRow], notes: NotesOfFile) -> Iterator[FileProduct]:
    """Every product of the file, by first appearance. Raises RowUnreadable while rows are read."""
    if "quantity" not in columns:
        notes.say(N_("The file does not say how many pieces there are: stock that is known stays as it is."))
    file = FileChecking(columns, FIELDS, notes)
    with rows_by_product() as gathered:
        for row in rows:
            handle = Cells(columns, row)["handle"]
            gathered.add(row, belongs_to=handle or None)
        for group in gathered.products():
            yield _product(file, group)


def _product(file: FileChecking, group: GroupedRows) -> FileProduct:
    checking = ProductChecking(file)
    cells = [Cells(file.columns, row) for row in group.rows]
    first = cells[0]
    variants = [first, *(each for each in cells[1:] if each.has(*_OF_A_VARIANT))]
    if group.cut:
        checking.wrong(
            first, "handle", N_("More than %(most)s rows are of this one product."), most=ROWS_OF_PRODUCT_MAX
        )
    pictures = dict.fromkeys(each["picture"] for each in cells if each["picture"])
    return checking.product(
        first,
        FileProduct(
            row=first.number,
            handle=first["handle"],
            title=checking.line(first, "title"),
            brand=checking.line(first, "brand"),
            description=checking.block(first, "description"),
            category_hint=first["category"] or first["category_path"],
            picture_urls=list(pictures),
            skus=[_sku(file, checking, each) for each in variants],
            skipped=_skipped(first),
        ),
        variants,
    )


def _skipped(first: Cells) -> Sentence | None:
    if first["gift_card"].casefold() == "true":
        return N_("A gift card is no goods."), {}
    match first["status"].casefold():
        case "archived":
            return N_("The product is archived in Shopify."), {}
        case "draft":
            return N_("The product is a draft in Shopify. Make it active there to bring it over."), {}
    return None


def _sku(file: FileChecking, checking: ProductChecking, cells: Cells) -> FileSku:
    values = [checking.line(cells, option) for option in OPTIONS if cells[option]]
    name, name_en = (" / ".join(values), "") if values and values != [WITHOUT_OPTIONS] else ONLY_SKU
    return FileSku(
        row=cells.number,
        name=name,
        name_en=name_en,
        price_fen=checking.price(cells, "price"),
        quantity=_quantity(file, checking, cells),
        merchant_code=checking.code(cells, "merchant_code"),
        barcode=checking.code(cells, "barcode"),
        picture_url=cells["sku_picture"],
    )


def _quantity(file: FileChecking, checking: ProductChecking, cells: Cells) -> int | None:
    """Pieces in stock. Where nothing tracks the stock, Shopify sells without end and still writes 0, or less: that
    says nothing. A number above zero is somebody's word, and counts."""
    quantity = checking.stock(cells, "quantity")
    if quantity == 0 and "tracker" in file.columns and not cells["tracker"]:
        file.notes.count(N_("Shopify keeps no stock of %(count)s SKUs: stock that is known stays as it is."))
        return None
    return quantity
