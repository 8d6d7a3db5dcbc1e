"""Moving house for programs: send a file, follow its import, read every product's fate, apply or discard."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.imports.apply_file import PRODUCTS_AT_ONCE, apply_here
from yellowcart.catalog.imports.decide import apply_import, discard_import, stop_import
from yellowcart.catalog.imports.model import ImportOptions, ImportRow, ProductImport
from yellowcart.catalog.imports.queries import RowGroup, imports_of_shop, read_import, rows_of_import
from yellowcart.catalog.imports.read_file import preview_file
from yellowcart.kernel.database import Database
from yellowcart.kernel.file_on_disk import UPLOAD_BYTES_MAX, on_disk
from yellowcart.kernel.idempotency import request_key
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey

MERCHANT = allow(Role.MERCHANT)


class ApplyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to apply an import. What is left out stays as it was chosen with the file: whether new products go on
    sale at once, and whether pictures are fetched."""

    on_sale: bool | None = None
    pictures: bool | None = None


class ImportForm(msgspec.Struct):
    """A file of products, the category for new ones, and how they are to come in. `dialect` is found out where it
    is not said; `on_sale` and `pictures` are `true` or `false`."""

    file: UploadFile
    category_code: str
    dialect: str = ""
    on_sale: bool = False
    pictures: bool = False


@get("/", guards=[MERCHANT])
async def my_imports(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ProductImport]:
    """The shop's imports, newest first."""
    async with database.reading() as reader:
        return await imports_of_shop(reader, person, ShopId(shop_id), cursor=cursor, size=size)


@post("/", guards=[MERCHANT], request_max_body_size=UPLOAD_BYTES_MAX)
async def make_preview(
    shop_id: FromPath[int],
    data: Annotated[ImportForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """Send a file of products; answers what it would do. No product changes. A small file is `previewed` at once;
    a large one is `reading` and is asked for again until it is `previewed` or `failed`."""
    options = ImportOptions(
        category_code=data.category_code,
        dialect=data.dialect or None,
        on_sale=data.on_sale,
        pictures=data.pictures,
    )
    async with on_disk(data.file.filename, data.file.read) as file:
        key = request_key(person.person_id, idempotency_key, [shop_id, options, file.content_hash])
        return await preview_file(database, person, ShopId(shop_id), file, options, key=key)


@get("/{import_id:int}", guards=[MERCHANT])
async def my_import(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """An import: its state, how far it is, and how many products have which fate."""
    async with database.reading() as reader:
        return await read_import(reader, person, ShopId(shop_id), import_id)


@get("/{import_id:int}/rows", guards=[MERCHANT])
async def my_rows(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    group: FromQuery[RowGroup | None] = None,
    text: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ImportRow]:
    """The products of the file in their order, each with its plan, its fate and everything that is wrong in it."""
    async with database.reading() as reader:
        return await rows_of_import(
            reader, person, ShopId(shop_id), import_id, group=group, text=text, cursor=cursor, size=size
        )


@post("/{import_id:int}/apply", guards=[MERCHANT], status_code=200)
async def apply(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    data: JSONBody[ApplyBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """Do what the preview showed, each product all or nothing. What is little is `applied` at once; otherwise the
    import is `applying` and is asked for again."""
    async with database.writing() as writer:
        kept = await apply_import(
            writer, person, ShopId(shop_id), import_id, on_sale=data.on_sale, pictures=data.pictures
        )
    if kept.counts.to_do <= PRODUCTS_AT_ONCE:
        return await apply_here(database, ShopId(shop_id), import_id, sets_max=2)
    return kept


@post("/{import_id:int}/stop", guards=[MERCHANT], status_code=200)
async def stop(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """Stop applying; what was done stays, and applying again goes on."""
    async with database.writing() as writer:
        return await stop_import(writer, person, ShopId(shop_id), import_id)


@post("/{import_id:int}/discard", guards=[MERCHANT], status_code=200)
async def discard(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """Give an import up; what was done of it stays."""
    async with database.writing() as writer:
        return await discard_import(writer, person, ShopId(shop_id), import_id)


ROUTES = Router(
    "/api/v1/shops/{shop_id:int}/imports",
    route_handlers=[my_imports, make_preview, my_import, my_rows, apply, stop, discard],
    tags=["Imports"],
)
