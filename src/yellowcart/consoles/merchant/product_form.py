"""The product editor's form: between its flat fields and the values that the catalogue takes."""

import re
from collections.abc import Mapping

import msgspec

from yellowcart.catalog import rules
from yellowcart.catalog.model import NewProduct, NewSku, ProductDetail, ProductEdit, ProductText, SkuEdit
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import SkuId
from yellowcart.kernel.money import AmountUnreadable, parse_yuan, write_yuan
from yellowcart.kernel.translation import N_

TEXT_FIELDS = ProductText.__struct_fields__
SKU_FIELDS = ("sku_id", "name", "name_en", "price", "merchant_code", "barcode", "quantity")
_SKU_FIELD = re.compile(r"skus\.(\d{1,3})\.([a-z_]+)")
_WHOLE_NUMBER = re.compile(r"\d{1,9}")


class SkuRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the editor's SKU table as texts, numbered as its fields are. A known SKU shows its stock."""

    number: int
    sku_id: str = ""
    name: str = ""
    name_en: str = ""
    price: str = ""
    merchant_code: str = ""
    barcode: str = ""
    quantity: str = ""


def rows_of_form(values: Mapping[str, str]) -> list[SkuRow]:
    """The SKU rows that a form sent, numbered anew from 0."""
    found: dict[int, dict[str, str]] = {}
    for name, value in values.items():
        match = _SKU_FIELD.fullmatch(name)
        if match and match[2] in SKU_FIELDS:
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [SkuRow(number=number, **found[key]) for number, key in enumerate(sorted(found))]


def rows_of_product(detail: ProductDetail) -> list[SkuRow]:
    """The SKU rows of a product as it is saved."""
    return [
        SkuRow(
            number=number,
            sku_id=str(sku.sku_id),
            name=sku.name,
            name_en=sku.name_en,
            price=write_yuan(sku.price_fen),
            merchant_code=sku.merchant_code,
            barcode=sku.barcode,
        )
        for number, sku in enumerate(detail.skus)
    ]


def without_row(rows: list[SkuRow], number: int) -> list[SkuRow]:
    """The rows without one of them; the last one stays."""
    kept = [row for row in rows if row.number != number] or rows
    return [msgspec.structs.replace(row, number=place) for place, row in enumerate(kept)]


def with_row(rows: list[SkuRow]) -> list[SkuRow]:
    """The rows and an empty one, as long as there is room."""
    return rows if len(rows) >= rules.SKUS_MAX else [*rows, SkuRow(number=len(rows))]


def values_of_product(detail: ProductDetail) -> dict[str, str]:
    """The text fields of the editor: the draft where there is one."""
    text: dict[str, str] = msgspec.structs.asdict(detail.draft or detail.published)
    return text


def read_new_product(values: Mapping[str, str]) -> NewProduct:
    """The product that the form describes. Raises InvalidFields."""
    text, edits = _read(values)
    return NewProduct(
        text=text,
        skus=[
            NewSku(
                name=edit.name,
                name_en=edit.name_en,
                price_fen=edit.price_fen,
                merchant_code=edit.merchant_code,
                barcode=edit.barcode,
                quantity=edit.quantity,
            )
            for edit in edits
        ],
    )


def read_edit(values: Mapping[str, str]) -> ProductEdit:
    """The edit that the form describes. Raises InvalidFields."""
    text, edits = _read(values)
    version = values.get("version", "")
    return ProductEdit(version=int(version) if _WHOLE_NUMBER.fullmatch(version) else 0, text=text, skus=edits)


def _read(values: Mapping[str, str]) -> tuple[ProductText, list[SkuEdit]]:
    text = ProductText(**{name: values.get(name, "").strip().replace("\r\n", "\n") for name in TEXT_FIELDS})
    problems: dict[str, rules.ProblemText] = {}
    edits: list[SkuEdit] = []
    for row in rows_of_form(values):
        price, quantity = 0, 0
        try:
            price = parse_yuan(row.price)
        except AmountUnreadable as refusal:
            problems[f"skus.{row.number}.price"] = refusal.message
        if row.quantity.strip():
            if _WHOLE_NUMBER.fullmatch(row.quantity.strip()):
                quantity = int(row.quantity)
            else:
                problems[f"skus.{row.number}.quantity"] = (
                    N_("A whole number from 0 to %(most)s."),
                    {"most": rules.QUANTITY_MAX},
                )
        edits.append(
            SkuEdit(
                sku_id=SkuId(int(row.sku_id)) if _is_id(row.sku_id) else None,
                name=row.name.strip(),
                name_en=row.name_en.strip(),
                price_fen=price,
                merchant_code=row.merchant_code.strip(),
                barcode=row.barcode.strip(),
                quantity=quantity,
            )
        )
    if found := rules.text_problems(text) | rules.sku_problems(edits) | problems:
        raise InvalidFields(found)
    return text, edits


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16
