"""What becomes of one product of a file, decided against what the shop knows of it. Pure.

What stands in the file was read and held against catalog.rules before (`file_product`); here is decided what only
the shop can tell: whether the product is known, what of it changes, into which category it goes, and whether the
automatic review would let it pass.
"""

import re
from collections.abc import Collection, Mapping, Sequence

import msgspec

from yellowcart.catalog.imports.file_product import CELL_SHOWN_MAX, FileProduct, FileSku, RowProblem
from yellowcart.catalog.imports.model import Fate, PlannedProduct, PlannedSku, ReadRow
from yellowcart.catalog.model import Category, ProductText, ReviewFinding, ReviewStatus, SaleStatus, Sku
from yellowcart.catalog.rules import (
    SKUS_MAX,
    TITLE_REVIEWED_MAX,
    TITLE_REVIEWED_MIN,
    automatic_review,
    text_problems,
)
from yellowcart.catalog.wording import REVIEW_FINDINGS
from yellowcart.kernel.ids import ProductId
from yellowcart.kernel.translation import N_

TITLE_SHOWN_MAX = 200
"""Characters of a title that are kept beside a row, for one that is too long to be a title at all."""
PICTURE_ADDRESS_MAX = 2_000
_COLUMN_OF_FINDING = {ReviewFinding.CATEGORY_NOT_LEAF: "category"}
_PATH = re.compile(r"\s*(?:>>|[>›»/\\|])\s*")


class KnownProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the shop that one of the file may be; `text` is its draft where it has one, `origins` are the
    outside items that it is known to come from."""

    product_id: ProductId
    version: int
    import_handle: str | None
    text: ProductText
    sale_status: SaleStatus
    review_status: ReviewStatus
    skus: list[Sku]
    origins: frozenset[tuple[str, str]] = frozenset()


class Categories:
    """The category tree as files name its places."""

    def __init__(self, tree: Sequence[Category], default_code: str) -> None:
        parents = {category.parent_id for category in tree}
        leaves = [category for category in tree if category.category_id not in parents]
        self.default_code = default_code
        self._leaf_codes = frozenset(category.code for category in leaves)
        self._codes_by_name = {
            name.casefold(): category.code
            for category in leaves
            for name in (category.name_en, category.name_zh, category.code)
            if name
        }

    def is_leaf(self, code: str) -> bool:
        """Whether products may stand in it."""
        return code in self._leaf_codes

    def code_for(self, hint: str) -> str:
        """The lowest category that a file names by its code, its name or a path of names, else the one chosen for
        the whole file. Of several, separated by commas, the first that is ours."""
        for each in (hint, *hint.split(",")):
            for name in (each, _PATH.split(each.strip())[-1]):
                if found := self._codes_by_name.get(name.strip().casefold()):
                    return found
        return self.default_code


def plan_product(
    product: FileProduct,
    known: KnownProduct | None,
    categories: Categories,
    *,
    same_before: int | None = None,
    quantities_taken: bool = False,
) -> ReadRow:
    """The fate of one product of a file, with its plan or with everything that is wrong in it.

    `known` is the product of the shop that it is; `same_before` the row at which this file had the same product
    already. `quantities_taken` says that this very file was imported before: what it counts is in stock since
    then, and what was sold in between must not come back.
    """
    if product.skipped is not None:
        message, values = product.skipped
        reason = RowProblem(row=product.row, column="", message=message, values=values)
        return _row(product, Fate.SKIPPED, problems=[reason])
    planned = _planned(product, known, categories, quantities_taken=quantities_taken)
    problems = [
        *product.problems,
        *_problems_with_known(product, known, planned, same_before),
        *(_review(product, planned, categories) if known is None or planned.text_changes else ()),
    ]
    if problems:
        return _row(product, Fate.WRONG, problems=_once_each(problems))
    picture = next((url for url in _pictures(product) if len(url) <= PICTURE_ADDRESS_MAX), "")
    return _row(
        product,
        _fate(planned, known),
        planned=planned,
        picture_url="" if known is not None and known.text.picture_url else picture,
    )


def choose_known(
    product: FileProduct,
    by_handle: Mapping[str, KnownProduct],
    by_origin: Mapping[tuple[str, str], Sequence[KnownProduct]],
    by_codes: Mapping[frozenset[str], Sequence[KnownProduct]],
) -> KnownProduct | None:
    """Which product of the shop one of the file is, if any: the one with its handle; else the only one that came
    from the same outside item; else the only one without a handle whose SKUs have exactly the same codes.

    Codes decide only where all of them stand and none twice: many sellers repeat a code within one product.
    """
    if found := by_handle.get(product.handle):
        return found
    if product.origin_source and product.origin_item_id:
        same = by_origin.get((product.origin_source, product.origin_item_id), ())
        if len(same) == 1:
            return same[0]
    codes = codes_of(product.skus)
    same = [each for each in by_codes.get(codes, ()) if each.import_handle is None] if codes else []
    return same[0] if len(same) == 1 else None


def codes_of(skus: Collection[FileSku] | Collection[Sku]) -> frozenset[str]:
    """The merchant codes of all SKUs of a product; empty where one has none or two share one."""
    codes = [sku.merchant_code for sku in skus]
    return frozenset(codes) if all(codes) and len(set(codes)) == len(codes) else frozenset()


def _row(
    product: FileProduct,
    fate: Fate,
    *,
    planned: PlannedProduct | None = None,
    problems: list[RowProblem] | None = None,
    picture_url: str = "",
) -> ReadRow:
    return ReadRow(
        row=product.row,
        handle=_keepable(product.handle),
        title=_keepable(planned.text.title if planned else product.title)[:TITLE_SHOWN_MAX],
        fate=fate,
        planned=planned,
        problems=[msgspec.structs.replace(each, cell=_keepable(each.cell)) for each in problems or ()],
        picture_url=picture_url,
    )


def _keepable(text: str) -> str:
    """A text of a wrong cell as a database can keep it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def _fate(planned: PlannedProduct, known: KnownProduct | None) -> Fate:
    if known is None:
        return Fate.CREATE
    changes = planned.text_changes or planned.origin is not None or planned.takes_handle
    return Fate.UPDATE if changes or any(sku.changes for sku in planned.skus) else Fate.UNCHANGED


def _planned(
    product: FileProduct, known: KnownProduct | None, categories: Categories, *, quantities_taken: bool
) -> PlannedProduct:
    text = _text(product, known, categories)
    changes = (
        []
        if known is None
        else [name for name in ProductText.__struct_fields__ if getattr(text, name) != getattr(known.text, name)]
    )
    origin = (
        (product.origin_source, product.origin_item_id)
        if product.origin_source and product.origin_item_id
        else None
    )
    return PlannedProduct(
        product_id=None if known is None else known.product_id,
        version=None if known is None else known.version,
        text=text,
        text_changes=changes,
        skus=_skus(product, known, quantities_taken=quantities_taken),
        origin=None if known is not None and origin in known.origins else origin,
        takes_handle=known is not None and known.import_handle is None and bool(product.handle),
    )


def _text(product: FileProduct, known: KnownProduct | None, categories: Categories) -> ProductText:
    """The text; what the file leaves empty says nothing, so what is known stays."""
    before = (
        known.text if known else ProductText(category_code=categories.code_for(product.category_hint), title="")
    )
    return msgspec.structs.replace(
        before,
        title=product.title or before.title,
        title_en=product.title_en or before.title_en,
        brand=product.brand or before.brand,
        description=product.description or before.description,
    )


def _skus(product: FileProduct, known: KnownProduct | None, *, quantities_taken: bool) -> list[PlannedSku]:
    """A SKU is known by its name; the only SKU of a product is known whatever it is called."""
    by_name = {sku.name: sku for sku in known.skus} if known else {}
    only = known.skus[0] if known and len(known.skus) == 1 and len(product.skus) == 1 else None
    planned: list[PlannedSku] = []
    for sku in product.skus:
        before = by_name.get(sku.name) or only
        code = sku.merchant_code or (before.merchant_code if before else "")
        barcode = sku.barcode or (before.barcode if before else "")
        planned.append(
            PlannedSku(
                row=sku.row,
                sku_id=before.sku_id if before else None,
                name=before.name if before else sku.name,
                name_en=before.name_en if before else sku.name_en,
                price_fen=sku.price_fen,
                old_price_fen=before.price_fen if before else None,
                merchant_code=code,
                barcode=barcode,
                codes_change=before is not None and (code, barcode) != (before.merchant_code, before.barcode),
                quantity=None if before is not None and quantities_taken else sku.quantity,
                old_available=before.available if before else None,
            )
        )
    return planned


def _problems_with_known(
    product: FileProduct, known: KnownProduct | None, planned: PlannedProduct, same_before: int | None
) -> list[RowProblem]:
    """Why the product cannot be made or changed, whatever its cells say."""
    problems: list[RowProblem] = []
    if same_before is not None:
        problems.append(
            _problem(product, "handle", N_("Row %(row)s of this file is the same product."), row=same_before)
        )
    if known is not None and known.sale_status is SaleStatus.RETIRED:
        problems.append(_problem(product, "handle", N_("The product with this handle is retired.")))
    if known is not None and known.review_status is ReviewStatus.BANNED:
        problems.append(_problem(product, "handle", N_("The platform has banned the product with this handle.")))
    # SKUs that the file does not name stay; with the new ones they may be too many.
    count = len(planned.new_skus) + (len(known.skus) if known else 0)
    if product.skus and not 1 <= count <= SKUS_MAX:
        problems.append(_problem(product, "handle", N_("A product has 1 to %(most)s SKUs."), most=SKUS_MAX))
    return problems


def _review(product: FileProduct, planned: PlannedProduct, categories: Categories) -> list[RowProblem]:
    """What the editor and the automatic review would say of the text."""
    text = planned.text
    problems: list[RowProblem] = []
    for field, problem in text_problems(text).items():
        message, values = (problem, {}) if isinstance(problem, str) else problem
        problems.append(_problem(product, field, message, **values))
    if problems:
        return problems
    # Prices have been judged cell by cell.
    for found in automatic_review(text, [1], is_leaf=categories.is_leaf(text.category_code)):
        field = _COLUMN_OF_FINDING.get(found.finding, "title")
        if found.word and found.word not in text.title:
            field = "description"
        problems.append(
            _problem(
                product,
                field,
                REVIEW_FINDINGS[found.finding],
                word=found.word,
                least=TITLE_REVIEWED_MIN,
                most=TITLE_REVIEWED_MAX,
            )
        )
    return problems


def _problem(product: FileProduct, field: str, message: str, **values: object) -> RowProblem:
    cells = {
        "handle": product.handle,
        "title": product.title,
        "title_en": product.title_en,
        "brand": product.brand,
        "description": product.description,
        "category": product.category_hint,
    }
    return RowProblem(
        row=product.row,
        column=product.columns.get(field, field),
        message=message,
        values=dict(values),
        cell=cells.get(field, "")[:CELL_SHOWN_MAX],
    )


def _once_each(problems: list[RowProblem]) -> list[RowProblem]:
    """In the order of the rows; of several at one cell the first, which the cell's own form decides."""
    at_place = {(problem.row, problem.column): problem for problem in reversed(problems)}
    return sorted(at_place.values(), key=lambda problem: (problem.row, problems.index(problem)))


def _pictures(product: FileProduct) -> list[str]:
    """Where pictures stand, the product's own first. Chinese pages write addresses without their scheme."""
    written = [*product.picture_urls, *(sku.picture_url for sku in product.skus)]
    addresses = [f"https:{each}" if each.startswith("//") else each for each in written]
    return [each for each in addresses if each.startswith(("http://", "https://"))]
