"""Reading one product's cells: values where they can be told, and a problem with its place where they cannot.

Reading goes on after a wrong cell, so that everything wrong in a product is told at once.
"""

import html
import re
from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from yellowcart.catalog.imports.amounts import FORMULA, no_value, read_price, read_quantity
from yellowcart.catalog.imports.file_product import (
    CELL_SHOWN_MAX,
    FileProduct,
    FileSku,
    RowProblem,
    Sentence,
)
from yellowcart.catalog.imports.headings import Cells, Columns
from yellowcart.catalog.imports.plain_text import plain_text, visible
from yellowcart.catalog.model import NewSku, ProductText
from yellowcart.catalog.rules import PRICE_FEN_MAX, sku_problems, text_problems
from yellowcart.kernel.translation import N_, Locale, translate

PROBLEMS_MAX = 50
"""Problems of one product that are told; whoever corrects them sees the rest the next time."""
HANDLE_LENGTH_MAX = 255
PICTURES_MAX = 50
_STANDARD = N_("Standard")
ONLY_SKU = (translate(_STANDARD, Locale.CHINESE), _STANDARD)
"""What the SKU of a product without options is called here, in Chinese and English."""

_TEXT_GUARD = re.compile(r'="([^"]*)"')
_LOST_DIGITS = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]{1,3}")
_OVERSOLD = re.compile(r"-[0-9]+(?:\.0+)?")
_GUARDED = re.compile(r"'(?=[0-9=+\-@])")


class NotesOfFile:
    """What is worth saying of a file as a whole, counted while it is read."""

    def __init__(self) -> None:
        self.sentences: list[Sentence] = []
        self._counts: dict[str, int] = {}

    def say(self, message: str, **values: object) -> None:
        """Say it once, whatever the values."""
        if all(said != message for said, _ in self.sentences):
            self.sentences.append((message, values))

    def count(self, message: str, number: int = 1) -> None:
        """Say it with how many there were, as `%(count)s`."""
        self._counts[message] = self._counts.get(message, 0) + number

    def finish(self) -> None:
        """What was counted is said now, at the end of the file."""
        self.sentences.extend((message, {"count": number}) for message, number in self._counts.items() if number)
        self._counts.clear()


class DialectFields(msgspec.Struct, frozen=True, kw_only=True):
    """Which fields of a dialect stand for what a product has, where they are called otherwise."""

    handle: str = "handle"
    sku_name: str = "sku_name"
    price: str = "price"
    quantity: str = "quantity"
    merchant_code: str = "merchant_code"
    barcode: str = "barcode"


class FileChecking:
    """What the products of one file have in common: its columns, its dialect, its notes."""

    def __init__(self, columns: Columns, fields: DialectFields, notes: NotesOfFile) -> None:
        self.columns = columns
        self.fields = fields
        self.notes = notes

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Headings of a product's fields, for whoever finds something wrong later."""
        fields = {name: name for name in ("title", "title_en", "brand", "description", "category", "picture")} | {
            "handle": self.fields.handle,
            "price": self.fields.price,
        }
        return {name: self.columns.label(field) for name, field in fields.items()}

    @cached_property
    def label_of_rule(self) -> Mapping[str, str]:
        """The field in which catalog.rules finds something wrong, as a field of the dialect."""
        names = {"name": self.fields.sku_name, "name_en": self.fields.sku_name, "skus": self.fields.sku_name}
        return names | {
            "price": self.fields.price,
            "quantity": self.fields.quantity,
            "merchant_code": self.fields.merchant_code,
            "barcode": self.fields.barcode,
        }


class ProductChecking:
    """The reading of one product: gathers its problems."""

    def __init__(self, file: FileChecking) -> None:
        self._file = file
        self.problems: list[RowProblem] = []

    def wrong(self, cells: Cells, field: str, message: str, **values: object) -> None:
        """Note a wrong cell, once."""
        column = self._file.columns.label(field)
        if any((each.row, each.column) == (cells.number, column) for each in self.problems):
            return
        if len(self.problems) < PROBLEMS_MAX:
            cell = cells[field][:CELL_SHOWN_MAX]
            self.problems.append(
                RowProblem(row=cells.number, column=column, message=message, values=values, cell=cell)
            )

    def _present(self, cells: Cells, field: str) -> str:
        """The cell, or nothing where it holds no value; a formula's last result is taken, and noted."""
        text = cells[field]
        wrong = FORMULA if cells.is_unreckoned(field) else no_value(text)
        if wrong is not None:
            self.wrong(cells, field, wrong[0], **wrong[1])
            return ""
        if cells.formulas and cells.columns.position(field) in cells.formulas:
            self._file.notes.count(N_("%(count)s cells hold formulas; their last results were taken."))
        return text

    def line(self, cells: Cells, field: str) -> str:
        """A text in one line."""
        return " ".join(visible(html.unescape(self._present(cells, field))).split())

    def block(self, cells: Cells, field: str) -> str:
        """A text of several lines, out of HTML."""
        return plain_text(self._present(cells, field))

    def code(self, cells: Cells, field: str) -> str:
        """A code or an id: never a number. What spreadsheets put around digits to keep them is taken away; where
        they have cut digits off, nothing is left to save."""
        guarded = _TEXT_GUARD.fullmatch(cells[field])
        text = guarded[1].strip() if guarded else self._present(cells, field)
        text = _GUARDED.sub("", text, count=1) if text.startswith("'") else text
        if _LOST_DIGITS.fullmatch(text):
            self.wrong(
                cells,
                field,
                N_("A spreadsheet has cut this number short. Format the column as text and enter it anew."),
            )
            return ""
        return text.strip()

    def price(self, cells: Cells, field: str) -> int:
        """A price in fen; 0 where it is wrong."""
        return self.price_of(self._present(cells, field), cells, field)

    def price_of(self, text: str, cells: Cells, field: str) -> int:
        """A price in fen that is part of a cell."""
        price = read_price(text)
        if isinstance(price, int):
            return price
        self.wrong(cells, field, price[0], **price[1])
        return 0

    def quantity(self, cells: Cells, field: str) -> int | None:
        """Pieces in stock; None where the file does not say, or where it is wrong."""
        return self.quantity_of(self._present(cells, field), cells, field)

    def stock(self, cells: Cells, field: str) -> int | None:
        """Pieces in stock as shop programs count them: where more was sold than there was, the number is below
        zero, and there is none."""
        return 0 if _OVERSOLD.fullmatch(cells[field]) else self.quantity(cells, field)

    def quantity_of(self, text: str, cells: Cells, field: str) -> int | None:
        """Pieces in stock that are part of a cell."""
        quantity = read_quantity(text)
        if quantity is None or isinstance(quantity, int):
            return quantity
        self.wrong(cells, field, quantity[0], **quantity[1])
        return None

    def product(self, first: Cells, product: FileProduct, sku_cells: Sequence[Cells]) -> FileProduct:
        """The product with everything wrong in it; `sku_cells` are the rows of its SKUs, in their order."""
        if not product.skipped:
            self._check_handle(first, product)
            self._check_texts(first, product)
            self._check_skus(product.skus, sku_cells)
        problems = sorted(self.problems, key=lambda problem: problem.row)
        return msgspec.structs.replace(
            product, problems=problems, columns=self._file.labels, picture_urls=product.picture_urls[:PICTURES_MAX]
        )

    def _check_handle(self, first: Cells, product: FileProduct) -> None:
        handle = product.handle
        if not handle or len(handle) > HANDLE_LENGTH_MAX or not handle.isprintable():
            self.wrong(first, self._file.fields.handle, N_("Every row needs a handle of 1 to 255 characters."))

    def _check_texts(self, first: Cells, product: FileProduct) -> None:
        # A product without a title may be one that is known; whoever plans it decides.
        text = ProductText(
            category_code="",
            title=product.title or _STANDARD,
            title_en=product.title_en,
            brand=product.brand,
            description=product.description,
        )
        for field, problem in text_problems(text).items():
            message, values = (problem, {}) if isinstance(problem, str) else problem
            self.wrong(first, field, message, **values)

    def _check_skus(self, skus: Sequence[FileSku], sku_cells: Sequence[Cells]) -> None:
        drafts = [
            NewSku(
                name=sku.name,
                name_en=sku.name_en,
                # A price that cannot be told was noted already.
                price_fen=sku.price_fen or PRICE_FEN_MAX,
                merchant_code=sku.merchant_code,
                barcode=sku.barcode,
                quantity=sku.quantity or 0,
            )
            for sku in skus
        ]
        for field, problem in sku_problems(drafts).items():
            message, values = (problem, {}) if isinstance(problem, str) else problem
            row = int(field.split(".")[1]) if "." in field else 0
            self.wrong(sku_cells[row], self._file.label_of_rule[field.rpartition(".")[2]], message, **values)
