"""Products of a Taobao assistant CSV (formats.md §1): one row a product, its SKUs packed into one cell.

Colours and sizes are numbers of Taobao there; their names are in the file where the seller gave them, and for a
few usual ones in headings.toml. Pictures mostly lie beside the file and have no address.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from yellowcart.catalog.imports.alimama import ORIGIN, taobao_handle
from yellowcart.catalog.imports.checking import (
    HANDLE_LENGTH_MAX,
    ONLY_SKU,
    DialectFields,
    FileChecking,
    NotesOfFile,
    ProductChecking,
)
from yellowcart.catalog.imports.file_product import FileProduct, FileSku
from yellowcart.catalog.imports.headings import Cells, Columns, heading_data
from yellowcart.kernel.file_rows import FileRow
from yellowcart.kernel.translation import N_

FIELDS = DialectFields(handle="item_id", sku_name="sku_properties")
BRAND_ID = "20000"
"""The property of Taobao that is the brand; its typed value stands in inputValues."""
_PAIR = re.compile(r"-?[0-9]+:-?[0-9]+")
_BARCODE = re.compile(r"[0-9]{8,14}")


class _Block(msgspec.Struct):
    """One SKU of skuProps: `PRICE:QTY:OUTER_ID:pid:vid;pid:vid;`."""

    price: str
    quantity: str
    code: str
    pairs: list[str]


class _Pictures(msgspec.Struct):
    """The pictures of a product that have an address, and how many have none."""

    main: list[str]
    by_pair: dict[str, str]
    nameless: int


def taobao_assistant_products(
    columns: Columns, rows: Iterator[FileRow], notes: NotesOfFile
) -> Iterator[FileProduct]:
    """Every product of the file, a row each. Raises RowUnreadable while rows are read."""
    file = FileChecking(columns, FIELDS, notes)
    return (_product(file, Cells(columns, row)) for row in rows)


def _product(file: FileChecking, cells: Cells) -> FileProduct:
    checking = ProductChecking(file)
    item_id = checking.code(cells, "item_id")
    known = item_id if item_id.isascii() and item_id.isdigit() and item_id.strip("0") else None
    code = checking.code(cells, "merchant_code")
    title = checking.line(cells, "title")
    pictures = _pictures(cells["picture"])
    file.notes.count(
        N_("%(count)s pictures are files beside this one, without an address, and cannot be fetched."),
        pictures.nameless,
    )
    blocks = _blocks(cells["sku_properties"])
    skus = _skus(file, checking, cells, blocks, pictures) if blocks else [_only_sku(checking, cells, code)]
    return checking.product(
        cells,
        FileProduct(
            row=cells.number,
            handle=taobao_handle(known) if known else _handle_of_unsold(code, title),
            title=title,
            brand=_brand(cells),
            description=checking.block(cells, "description") or checking.line(cells, "short_description"),
            category_hint=cells["category"],
            picture_urls=pictures.main,
            skus=skus,
            origin_source=ORIGIN if known else None,
            origin_item_id=known,
        ),
        [cells] * len(skus),
    )


def _handle_of_unsold(code: str, title: str) -> str:
    """The key of an item that never was on Taobao and has no number there."""
    return (f"taobao-code:{code}" if code else f"title:{title}" if title else "")[:HANDLE_LENGTH_MAX]


def _only_sku(checking: ProductChecking, cells: Cells, code: str) -> FileSku:
    return FileSku(
        row=cells.number,
        name=ONLY_SKU[0],
        name_en=ONLY_SKU[1],
        price_fen=checking.price(cells, "price"),
        quantity=checking.quantity(cells, "quantity"),
        merchant_code=code,
        barcode=checking.code(cells, "barcode"),
    )


def _skus(
    file: FileChecking, checking: ProductChecking, cells: Cells, blocks: list[_Block], pictures: _Pictures
) -> list[FileSku]:
    names = _names(cells)
    barcodes = _barcodes(cells["sku_barcodes"], len(blocks))
    skus: list[FileSku] = []
    for block, barcode in zip(blocks, barcodes, strict=True):
        if any(pair not in names for pair in block.pairs):
            file.notes.count(
                N_("%(count)s SKUs are named by Taobao numbers, as the file holds no names for them.")
            )
        picture = next((pictures.by_pair[pair] for pair in block.pairs if pair in pictures.by_pair), "")
        skus.append(
            FileSku(
                row=cells.number,
                name=" / ".join(names.get(pair) or pair.partition(":")[2] for pair in block.pairs),
                price_fen=checking.price_of(block.price, cells, "sku_properties"),
                quantity=checking.quantity_of(block.quantity, cells, "sku_properties"),
                merchant_code=block.code,
                barcode=barcode,
                picture_url=picture,
            )
        )
    if any(not _PAIR.fullmatch(pair) for block in blocks for pair in block.pairs):
        checking.wrong(cells, "sku_properties", N_("The variants of this product cannot be read."))
    return skus


def _blocks(text: str) -> list[_Block]:
    """The SKUs of a cell. Only the first pair of a block has the three fields before it, so a block begins where a
    part has more than one colon."""
    blocks: list[_Block] = []
    for part in filter(None, (each.strip() for each in text.split(";"))):
        pieces = part.split(":")
        if len(pieces) >= 5:
            blocks.append(_Block(pieces[0], pieces[1], ":".join(pieces[2:-2]), [":".join(pieces[-2:])]))
        elif len(pieces) == 2 and blocks:
            blocks[-1].pairs.append(part)
        else:
            blocks.append(_Block("", "", "", [part]))
    return blocks


def _names(cells: Cells) -> Mapping[str, str]:
    """Names by `pid:vid`: the seller's own before those that every shop has."""
    names: dict[str, str] = dict(heading_data()["taobao_names"])
    for field in ("custom_names", "aliases"):
        for part in cells[field].split(";"):
            pieces = part.strip().split(":", maxsplit=2)
            if len(pieces) == 3 and pieces[2].strip():
                names[f"{pieces[0]}:{pieces[1]}"] = " ".join(pieces[2].split())
    return names


def _barcodes(text: str, number: int) -> list[str]:
    """The barcodes of the SKUs in their order. How the cell is built no source tells; it is read only where it
    cannot be misread, as so many barcodes as there are SKUs."""
    parts = [part.strip() for part in re.split(r"[;,]", text) if part.strip()]
    if len(parts) == number and all(_BARCODE.fullmatch(part) for part in parts):
        return parts
    return [""] * number


def _brand(cells: Cells) -> str:
    ids = [each.strip() for each in cells["input_ids"].split(",")]
    values = cells["input_values"].split(",")
    if BRAND_ID not in ids or len(ids) != len(values):
        return ""
    # A value may carry others that depend on it, after a semicolon.
    return " ".join(values[ids.index(BRAND_ID)].partition(";")[0].split())


def _pictures(text: str) -> _Pictures:
    """`NAME:TYPE:POSITION:PROPERTY|URL;` repeated: type 1 is the product's, in the order of its positions; type 2
    that of the SKUs with a property. Old versions name a file only."""
    main: list[tuple[int, str]] = []
    pictures = _Pictures(main=[], by_pair={}, nameless=0)
    for part in filter(None, (each.strip() for each in text.split(";"))):
        head, _, address = part.partition("|")
        pieces = head.split(":")
        if not address.startswith(("http://", "https://", "//")):
            pictures.nameless += bool(pieces[0])
        elif len(pieces) >= 5 and pieces[1] == "2":
            pictures.by_pair[":".join(pieces[3:5])] = address
        else:
            position = pieces[2] if len(pieces) >= 3 and pieces[2].isdecimal() else "99"
            main.append((int(position), address))
    pictures.main = list(dict.fromkeys(address for _, address in sorted(main, key=lambda each: each[0])))
    return pictures
