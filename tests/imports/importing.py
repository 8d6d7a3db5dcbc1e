"""What tests of imports begin with: a file out of a text, previewed, applied, and read back."""

import io

from tests.catalog_world import Merchant
from yellowcart.catalog.imports.apply_file import apply_here
from yellowcart.catalog.imports.decide import apply_import
from yellowcart.catalog.imports.model import ImportOptions, ImportRow, ProductImport
from yellowcart.catalog.imports.queries import RowGroup, read_import, rows_of_import
from yellowcart.catalog.imports.read_file import preview_file
from yellowcart.kernel.database import Database
from yellowcart.kernel.file_on_disk import on_disk

HEAD = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,"
    "Variant Price,Variant Barcode,Image Src\n"
)
OOLONG = (
    "oolong,清香铁观音礼盒,<p>好茶</p>,安溪,茶叶,规格,125g,A-1,20,59.90,6901234567892,https://pictures.test/1.png\n"
    "oolong,,,,,,250g,A-2,10,109,,\n"
)
PUER = "puer,熟普洱茶饼,,,,Title,Default Title,P-1,5,88.8,,\n"
TWO_TEAS = HEAD + OOLONG + PUER


def numbered(count: int, *, price: str = "19.90") -> str:
    """A file of so many products, one row each."""
    return HEAD + "".join(
        f"tea-{number},第{number}号高山乌龙茶,,,,Title,Default Title,N-{number},7,{price},,\n"
        for number in range(count)
    )


async def preview(
    database: Database,
    merchant: Merchant,
    content: str | bytes,
    *,
    name: str = "产品.csv",
    category: str = "snacks",
    on_sale: bool = False,
    pictures: bool = False,
    dialect: str | None = None,
) -> ProductImport:
    """A file taken in, and read as far as that happens at once."""
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    options = ImportOptions(category_code=category, on_sale=on_sale, pictures=pictures, dialect=dialect)

    async def read(most: int) -> bytes:
        return stream.read(most)

    async with on_disk(name, read) as file:
        return await preview_file(database, merchant.signed_in.person, merchant.shop.shop_id, file, options)


async def begin(database: Database, merchant: Merchant, kept: ProductImport) -> ProductImport:
    """Decide that a preview is applied; nothing of it is done yet."""
    async with database.writing() as writer:
        return await apply_import(writer, merchant.signed_in.person, merchant.shop.shop_id, kept.import_id)


async def apply(database: Database, merchant: Merchant, kept: ProductImport) -> ProductImport:
    """A preview applied to its end."""
    await begin(database, merchant, kept)
    return await apply_here(database, merchant.shop.shop_id, kept.import_id)


async def bring_in(database: Database, merchant: Merchant, content: str, **options: object) -> ProductImport:
    """A file previewed and applied."""
    kept = await preview(database, merchant, content, **options)  # type: ignore[arg-type]
    return await apply(database, merchant, kept)


async def rows(
    database: Database, merchant: Merchant, kept: ProductImport, group: RowGroup | None = None
) -> list[ImportRow]:
    """The first hundred rows of an import."""
    async with database.reading() as reader:
        found = await rows_of_import(
            reader, merchant.signed_in.person, merchant.shop.shop_id, kept.import_id, group=group, size=100
        )
    return found.items


async def now(database: Database, merchant: Merchant, kept: ProductImport) -> ProductImport:
    """The import as it stands."""
    async with database.reading() as reader:
        return await read_import(reader, merchant.signed_in.person, merchant.shop.shop_id, kept.import_id)
