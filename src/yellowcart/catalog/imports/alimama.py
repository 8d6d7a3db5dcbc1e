"""Products of a selection list of the Taobao alliance (formats.md §2), which is for promoters, not for shops.

It names Taobao's item and one price, before any coupon; of variants, stock, barcodes it says nothing. Promoter
links belong to whoever made the list, so none of them is taken.
"""

from collections.abc import Iterator

from yellowcart.catalog.imports.checking import ONLY_SKU, DialectFields, FileChecking, NotesOfFile, ProductChecking
from yellowcart.catalog.imports.file_product import FileProduct, FileSku
from yellowcart.catalog.imports.headings import Cells, Columns
from yellowcart.kernel.file_rows import FileRow
from yellowcart.kernel.translation import N_

ORIGIN = "taobao_union"
"""The source that Taobao's and Tmall's items come through (glossary.md)."""
FIELDS = DialectFields(handle="item_id", sku_name="title")


def taobao_handle(item_id: str) -> str:
    """The key of a Taobao item, the same whichever file it comes from."""
    return f"taobao:{item_id}"


def alimama_products(columns: Columns, rows: Iterator[FileRow], notes: NotesOfFile) -> Iterator[FileProduct]:
    """Every item of the list, a row each. Raises RowUnreadable while rows are read."""
    notes.say(N_("The list gives one price for an item, before coupons, and neither variants nor stock."))
    file = FileChecking(columns, FIELDS, notes)
    return (_product(file, Cells(columns, row)) for row in rows)


def _product(file: FileChecking, cells: Cells) -> FileProduct:
    checking = ProductChecking(file)
    item_id = checking.code(cells, "item_id")
    if not (item_id.isascii() and item_id.isdigit() and 5 <= len(item_id) <= 20):
        checking.wrong(cells, "item_id", N_("An item number of Taobao has digits only."))
    picture = cells["picture"]
    return checking.product(
        cells,
        FileProduct(
            row=cells.number,
            handle=taobao_handle(item_id) if item_id else "",
            title=checking.line(cells, "title"),
            category_hint=cells["category"],
            picture_urls=[picture] if picture else [],
            skus=[
                FileSku(
                    row=cells.number,
                    name=ONLY_SKU[0],
                    name_en=ONLY_SKU[1],
                    price_fen=checking.price(cells, "price"),
                )
            ],
            origin_source=ORIGIN,
            origin_item_id=item_id,
        ),
        [cells],
    )
