"""What the readers of product files give: one product of the file at a time, with everything that is wrong in it.

A `FileProduct` says what stands in the file, whatever its dialect; what becomes of it in a shop is planned
elsewhere. Its texts and SKUs are already held against catalog.rules, so that every wrong cell is told with its row
and its column; what depends on the shop (is the product known, which category, what does the review find) is not.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from yellowcart.kernel.translation import Locale, translate

Sentence = tuple[str, dict[str, Any]]
"""A translatable sentence and what fills its places."""

CELL_SHOWN_MAX = 80
"""Characters of a wrong cell that are repeated beside the problem."""


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong at one place of the file. `row` is the row as a spreadsheet shows it, `column` the heading
    as it stands in the file. `message` is a translatable sentence for `values`; `cell` is what stands there, cut
    short."""

    row: int
    column: str
    message: str
    values: dict[str, Any] = {}
    cell: str = ""

    def text(self, locale: Locale) -> str:
        """The sentence for a reader of `locale`."""
        return translate(self.message, locale, **self.values)


class FileSku(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as the file has it. `quantity` None means that the file does not say: never that there is none.
    `merchant_code` is the seller's own code, which many sellers repeat within one product: it is no key."""

    row: int
    name: str
    name_en: str = ""
    price_fen: int
    quantity: int | None = None
    merchant_code: str = ""
    barcode: str = ""
    picture_url: str = ""


class FileProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the file has it, gathered from all its rows.

    An empty text says nothing: what a shop knows already stays, and a product that is new without a title is
    refused by whoever plans it. `category_hint` is the code, name or path that the file names. `handle` is the
    file's own key of the product, the same each time the file is exported. A product with `problems` is never
    applied; one with `skipped` is none of ours (external goods, gift cards), for the reason given. `columns` maps
    fields of a product (`handle`, `title`, `brand`, `description`, `category`, `price`) to this file's headings.
    """

    row: int
    handle: str
    title: str = ""
    title_en: str = ""
    brand: str = ""
    description: str = ""
    category_hint: str = ""
    picture_urls: list[str] = []
    skus: list[FileSku] = []
    origin_source: str | None = None
    origin_item_id: str | None = None
    problems: list[RowProblem] = []
    skipped: Sentence | None = None
    columns: Mapping[str, str] = {}
