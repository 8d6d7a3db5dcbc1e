"""Product files as shops and lists export them, and reading them in a test."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from yellowcart.catalog.imports.dialects import Dialect, open_products
from yellowcart.catalog.imports.file_product import FileProduct, Sentence
from yellowcart.kernel.file_reading import FILE_LIMITS, FileLimits

MARCH = datetime(2022, 3, 1, 4, tzinfo=UTC)
"""Noon in Shanghai."""

SHOPIFY_HEAD = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Option2 Value,Variant SKU,"
    "Variant Inventory Qty,Variant Price,Variant Barcode,Image Src,Variant Image,Gift Card,Status\n"
)

TAOBAO_FIELDS = {
    "title": "宝贝名称",
    "cid": "宝贝类目",
    "price": "宝贝价格",
    "num": "宝贝数量",
    "description": "宝贝描述",
    "picture": "新图片",
    "skuProps": "销售属性组合",
    "inputPids": "用户输入ID串",
    "inputValues": "用户输入名-值对",
    "outer_id": "商家编码",
    "propAlias": "销售属性别名",
    "num_id": "数字ID",
    "is_lighting_consigment": "闪电发货",
    "barcode": "商品条形码",
    "sku_barcode": "sku 条形码",
    "input_custom_cpv": "自定义属性值",
}
"""Fields of the Taobao assistant that matter here, and one that is misspelt in the real header (formats.md §1)."""
NUMBERS = {"cid", "price", "num", "num_id"}

ALIMAMA_DAILY = [
    "商品id", "商品名称", "商品主图", "商品详情页链接地址", "商品一级类目", "淘宝客链接", "商品价格(单位：元)",
    "商品月销量", "收入比率(%)", "佣金", "卖家旺旺", "卖家id", "店铺名称", "平台类型", "优惠券id", "优惠券总量",
    "优惠券剩余量", "优惠券面额", "优惠券开始时间", "优惠券结束时间", "优惠券链接", "商品优惠券推广链接",
]  # fmt: skip
ALIMAMA_OWN = [
    "商品id", "商品名称", "商品主图", "商品详情页链接地址", "店铺名称", "商品价格(单位：元)", "商品月销量",
    "收入比率(%)", "佣金", "卖家旺旺", "淘宝客短链接(300天内有效)", "淘宝客链接", "淘口令(30天内有效)",
    "优惠券总量", "优惠券剩余量", "优惠券面额", "优惠券开始时间", "优惠券结束时间", "优惠券链接",
    "优惠券淘口令(30天内有效)", "优惠券短链接(300天内有效)", "是否为营销计划商品", "成团人数", "成团价",
    "成团佣金", "拼团开始时间", "拼团结束时间",
]  # fmt: skip


class ProductsRead:
    """A product file with everything it gave."""

    def __init__(
        self,
        content: bytes | str,
        dialect: Dialect | None = None,
        *,
        now: datetime = MARCH,
        limits: FileLimits = FILE_LIMITS,
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "upload"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            with open_products(path, dialect, now=now, limits=limits) as opened:
                self.products: list[FileProduct] = list(opened.products)
                self.dialect = opened.dialect
                self.encoding = opened.encoding
                self.row_count_hint = opened.row_count_hint
                self.notes: list[Sentence] = opened.notes

    @property
    def only(self) -> FileProduct:
        (product,) = self.products
        return product

    @property
    def problems(self) -> list[tuple[int, str, str]]:
        """Row, column and cell of everything wrong."""
        return [(each.row, each.column, each.cell) for product in self.products for each in product.problems]


def taobao_file(*rows: Mapping[str, str], old: bool = False, line: str = "\r\n") -> str:
    """A Taobao assistant file; texts stand in quotes, with whatever is in them."""
    heads = [list(TAOBAO_FIELDS.values())] if old else [list(TAOBAO_FIELDS), list(TAOBAO_FIELDS.values())]
    lines = [] if old else ["version 1.00"]
    lines += ["\t".join(head) for head in heads]
    for row in rows:
        cells = [row.get(field, "") for field in TAOBAO_FIELDS]
        lines.append(
            "\t".join(
                cell if field in NUMBERS else f'"{cell}"' for field, cell in zip(TAOBAO_FIELDS, cells, strict=True)
            )
        )
    return line.join(lines) + line


def csv_line(cells: Sequence[str]) -> str:
    """One line of RFC 4180."""
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"
