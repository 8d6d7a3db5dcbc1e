"""A Shopify product CSV as a plan: which products it makes and changes, and every cell that is wrong. Pure.

The form of the file is described in formats.md §3: rows of one product share a handle; the first carries the
product and its first variant; later rows carry a further variant, a further picture, or both.
"""

import html
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

import msgspec

from yellowcart.catalog.errors import ColumnsMissing, ColumnTwice
from yellowcart.catalog.import_plan import (
    ImportPlan,
    PlanCounts,
    PlannedAction,
    PlannedProduct,
    PlannedSku,
    RowProblem,
)
from yellowcart.catalog.import_reading import FileTable
from yellowcart.catalog.model import (
    Category,
    NewSku,
    ProductText,
    ReviewFinding,
    ReviewStatus,
    SaleStatus,
    Sku,
)
from yellowcart.catalog.rules import (
    PRICE_FEN_MAX,
    QUANTITY_MAX,
    TITLE_REVIEWED_MAX,
    TITLE_REVIEWED_MIN,
    automatic_review,
    sku_problems,
    text_problems,
)
from yellowcart.catalog.wording import REVIEW_FINDINGS
from yellowcart.kernel.ids import ProductId
from yellowcart.kernel.money import AmountUnreadable, parse_yuan
from yellowcart.kernel.translation import N_, Locale, translate

HANDLE, TITLE, BODY, VENDOR, TYPE = "Handle", "Title", "Body (HTML)", "Vendor", "Type"
CODE, QUANTITY, PRICE, BARCODE, PICTURE = (
    "Variant SKU",
    "Variant Inventory Qty",
    "Variant Price",
    "Variant Barcode",
    "Image Src",
)
OPTIONS = ("Option1 Value", "Option2 Value", "Option3 Value")
REQUIRED = (HANDLE, TITLE, PRICE)
KNOWN = (*REQUIRED, BODY, VENDOR, TYPE, CODE, QUANTITY, BARCODE, PICTURE, *OPTIONS)
WITHOUT_OPTIONS = "Default Title"
_STANDARD = N_("Standard")
ONLY_SKU = (translate(_STANDARD, Locale.CHINESE), _STANDARD)
"""What the SKU of a product without options is called here, in Chinese and English."""
HANDLE_LENGTH_MAX = 255
CELL_SHOWN_MAX = 80

_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_COLUMN_OF_FIELD = {
    "title": TITLE,
    "brand": VENDOR,
    "description": BODY,
    "name": OPTIONS[0],
    "name_en": OPTIONS[0],
    "price": PRICE,
    "merchant_code": CODE,
    "barcode": BARCODE,
    "quantity": QUANTITY,
}
_COLUMN_OF_FINDING = {
    ReviewFinding.CATEGORY_NOT_LEAF: TYPE,
    ReviewFinding.PRICE_MISSING: PRICE,
}


class KnownProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the shop that has the handle of one in the file; `text` is its draft where it has one."""

    product_id: ProductId
    version: int
    text: ProductText
    sale_status: SaleStatus
    review_status: ReviewStatus
    skus: list[Sku]


def handles_of(table: FileTable) -> list[str]:
    """Every handle of the file, once. Raises ColumnsMissing, ColumnTwice."""
    _require_columns(table.columns)
    position = table.columns.index(HANDLE)
    return list(dict.fromkeys(handle for row in table.rows if (handle := row.cells[position].strip())))


def plan_import(
    table: FileTable, known: Mapping[str, KnownProduct], categories: Sequence[Category], category_code: str
) -> ImportPlan:
    """What the file will do to the products `known` by their handles. New products go into the category whose
    code or name stands in `Type`, else into `category_code`. Raises ColumnsMissing, ColumnTwice."""
    _require_columns(table.columns)
    reading = _Reading(table, categories, category_code)
    groups: dict[str, list[_Cells]] = {}
    for row in table.rows:
        cells = _Cells(row.number, dict(zip(table.columns, row.cells, strict=True)))
        handle = cells[HANDLE]
        if not handle or len(handle) > HANDLE_LENGTH_MAX or not handle.isprintable():
            reading.wrong(cells, HANDLE, N_("Every row needs a handle of 1 to 255 characters."))
        else:
            groups.setdefault(handle, []).append(cells)
    products = [reading.product(handle, rows, known.get(handle)) for handle, rows in groups.items()]
    problems = sorted(reading.problems, key=lambda problem: problem.row)
    actions = [product.action for product in products]
    return ImportPlan(
        counts=PlanCounts(
            create=actions.count(PlannedAction.CREATE),
            update=actions.count(PlannedAction.UPDATE),
            unchanged=actions.count(PlannedAction.UNCHANGED),
            problems=len(problems),
        ),
        products=products,
        problems=problems,
        row_count=len(table.rows),
        stock_known=QUANTITY in table.columns,
        picture_count=reading.picture_count,
        category_code=category_code,
    )


def plain_text(markup: str) -> str:
    """The words of an HTML text, a line for every block; scripts and styles are left out."""
    parser = _Words()
    parser.feed(markup)
    parser.close()
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).strip() for line in "".join(parser.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Words(HTMLParser):
    _BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self._silent += 1
        elif tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._silent = max(self._silent - 1, 0)
        elif tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


class _Cells:
    """One row, its cells by heading; a heading that the file lacks reads as empty."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self.number = number
        self._cells = cells

    def __getitem__(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def has(self, *columns: str) -> bool:
        return any(self[column] for column in columns)

    @property
    def is_variant(self) -> bool:
        return self.has(PRICE, CODE, QUANTITY, BARCODE, *OPTIONS)


def _require_columns(columns: Sequence[str]) -> None:
    if missing := [column for column in REQUIRED if column not in columns]:
        raise ColumnsMissing(columns=", ".join(missing))
    for column in KNOWN:
        if columns.count(column) > 1:
            raise ColumnTwice(column=column)


class _Reading:
    """The reading of one file: it goes on after a wrong cell, so that every wrong cell is told at once."""

    def __init__(self, table: FileTable, categories: Sequence[Category], category_code: str) -> None:
        parents = {category.parent_id for category in categories}
        leaves = [category for category in categories if category.category_id not in parents]
        self._leaf_codes = {category.code for category in leaves}
        self._codes_by_name = {
            name.casefold(): category.code
            for category in leaves
            for name in (category.code, category.name_zh, category.name_en)
        }
        self._category_code = category_code
        self.problems: list[RowProblem] = []
        self.picture_count = 0

    def wrong(self, cells: _Cells, column: str, message: str, **values: object) -> None:
        """Note a wrong cell."""
        self.problems.append(
            RowProblem(
                row=cells.number,
                column=column,
                message=message,
                values=dict(values),
                cell=cells[column][:CELL_SHOWN_MAX],
            )
        )

    def product(self, handle: str, rows: list[_Cells], known: KnownProduct | None) -> PlannedProduct:
        """One product of the file out of the rows with its handle."""
        first = rows[0]
        self.picture_count += sum(cells.has(PICTURE) for cells in rows)
        if known is not None and known.sale_status is SaleStatus.RETIRED:
            self.wrong(first, HANDLE, N_("The product with this handle is retired."))
        if known is not None and known.review_status is ReviewStatus.BANNED:
            self.wrong(first, HANDLE, N_("The platform has banned the product with this handle."))
        variants = [first, *(cells for cells in rows[1:] if cells.is_variant)]
        skus = self._skus(variants, known)
        text = self._text(first, known)
        changes = (
            []
            if known is None
            else [
                name for name in ProductText.__struct_fields__ if getattr(text, name) != getattr(known.text, name)
            ]
        )
        if known is None or changes:
            self._review(first, text, skus)
        if known is None:
            action = PlannedAction.CREATE
        elif changes or any(sku.changes for sku in skus):
            action = PlannedAction.UPDATE
        else:
            action = PlannedAction.UNCHANGED
        return PlannedProduct(
            handle=handle,
            row=first.number,
            action=action,
            product_id=None if known is None else known.product_id,
            version=None if known is None else known.version,
            text=text,
            text_changes=changes,
            skus=skus,
        )

    def _text(self, first: _Cells, known: KnownProduct | None) -> ProductText:
        """The text; an empty cell says nothing, so what is known stays."""
        before = known.text if known else ProductText(category_code=self._category(first), title="")
        return msgspec.structs.replace(
            before,
            title=html.unescape(first[TITLE]) or before.title,
            brand=first[VENDOR] or before.brand,
            description=plain_text(first[BODY]) or before.description,
        )

    def _category(self, first: _Cells) -> str:
        return self._codes_by_name.get(first[TYPE].casefold(), self._category_code)

    def _skus(self, variants: list[_Cells], known: KnownProduct | None) -> list[PlannedSku]:
        names = [self._name(cells) for cells in variants]
        skus_by_name = {sku.name: sku for sku in known.skus} if known else {}
        only = known.skus[0] if known and len(known.skus) == 1 and len(variants) == 1 else None
        planned: list[PlannedSku] = []
        for position, (cells, (name, name_en)) in enumerate(zip(variants, names, strict=True)):
            if (name, name_en) in names[:position]:
                self.wrong(cells, OPTIONS[0], N_("Two SKUs of one product have the same name."))
            before = skus_by_name.get(name) or only
            code = cells[CODE]
            barcode = cells[BARCODE].removeprefix("'").strip()
            planned.append(
                PlannedSku(
                    row=cells.number,
                    sku_id=before.sku_id if before else None,
                    name=before.name if before else name,
                    name_en=before.name_en if before else name_en,
                    price_fen=self._price(cells),
                    old_price_fen=before.price_fen if before else None,
                    merchant_code=code or (before.merchant_code if before else ""),
                    barcode=barcode or (before.barcode if before else ""),
                    codes_change=before is not None
                    and ((code or before.merchant_code), (barcode or before.barcode))
                    != (before.merchant_code, before.barcode),
                    quantity=self._quantity(cells),
                    old_available=before.available if before else None,
                )
            )
        self._check_skus(variants, planned)
        return planned

    @staticmethod
    def _name(cells: _Cells) -> tuple[str, str]:
        values = [cells[option] for option in OPTIONS if cells[option]]
        if not values or values == [WITHOUT_OPTIONS]:
            return ONLY_SKU
        return " / ".join(values), ""

    def _price(self, cells: _Cells) -> int:
        if not cells[PRICE]:
            self.wrong(cells, PRICE, N_("The price is missing."))
            return 0
        try:
            price = parse_yuan(cells[PRICE])
        except AmountUnreadable as refusal:
            self.wrong(cells, PRICE, refusal.message)
            return 0
        if not 1 <= price <= PRICE_FEN_MAX:
            self.wrong(cells, PRICE, N_("A price from 0.01 to 1,000,000 yuan."))
        return price

    def _quantity(self, cells: _Cells) -> int | None:
        if not cells[QUANTITY]:
            return None
        if not _WHOLE_NUMBER.fullmatch(cells[QUANTITY]) or int(cells[QUANTITY]) > QUANTITY_MAX:
            self.wrong(cells, QUANTITY, N_("A whole number from 0 to %(most)s."), most=QUANTITY_MAX)
            return None
        return int(cells[QUANTITY])

    def _check_skus(self, variants: list[_Cells], planned: list[PlannedSku]) -> None:
        """What the editor would refuse of a SKU, except what was already told of these rows."""
        told = {(problem.row, problem.column) for problem in self.problems}
        drafts = [
            NewSku(name=sku.name, price_fen=sku.price_fen, merchant_code=sku.merchant_code, barcode=sku.barcode)
            for sku in planned
        ]
        for field, problem in sku_problems(drafts).items():
            message, values = (problem, {}) if isinstance(problem, str) else problem
            row = int(field.split(".")[1]) if "." in field else 0
            column = _COLUMN_OF_FIELD.get(field.split(".")[-1], OPTIONS[0])
            if (variants[row].number, column) not in told:
                self.wrong(variants[row], column, message, **values)

    def _review(self, first: _Cells, text: ProductText, skus: Sequence[PlannedSku]) -> None:
        found = text_problems(text)
        for field, problem in found.items():
            message, values = (problem, {}) if isinstance(problem, str) else problem
            self.wrong(first, _COLUMN_OF_FIELD.get(field, TITLE), message, **values)
        if found:
            return
        # Prices have been judged cell by cell.
        for each in automatic_review(text, [1] * len(skus), is_leaf=text.category_code in self._leaf_codes):
            column = _COLUMN_OF_FINDING.get(each.finding, TITLE)
            if each.word and each.word not in text.title:
                column = BODY
            self.wrong(
                first,
                column,
                REVIEW_FINDINGS[each.finding],
                word=each.word,
                least=TITLE_REVIEWED_MIN,
                most=TITLE_REVIEWED_MAX,
            )
