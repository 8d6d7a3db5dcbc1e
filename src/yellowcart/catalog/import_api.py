"""Imports for programs: send a file, read what it would do, apply or discard it."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.import_plan import ImportLine, ProductImport
from yellowcart.catalog.import_products import (
    apply_import,
    discard_import,
    imports_of_shop,
    keep_preview,
    plan_file,
    read_import,
)
from yellowcart.catalog.import_reading import FILE_BYTES_MAX
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey

MERCHANT = allow(Role.MERCHANT)


class ApplyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to apply an import; `on_sale` puts its new products on sale."""

    on_sale: bool = False


class ImportForm(msgspec.Struct):
    """A file of products and the category for new ones."""

    file: UploadFile
    category_code: str


class ImportMade(msgspec.Struct, frozen=True):
    """The number of a preview."""

    import_id: int


@get("/", guards=[MERCHANT])
async def my_imports(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ImportLine]:
    """The shop's imports, newest first."""
    async with database.reading() as reader:
        return await imports_of_shop(reader, person, ShopId(shop_id), cursor=cursor, size=size)


@post("/", guards=[MERCHANT], request_max_body_size=FILE_BYTES_MAX + 64 * 1024)
async def make_preview(
    shop_id: FromPath[int],
    data: Annotated[ImportForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """Send a Shopify product CSV; answers what it would do. No product changes."""
    content = await data.file.read(FILE_BYTES_MAX + 1)
    key = request_key(person.person_id, idempotency_key, [shop_id, data.category_code, content])

    planned = await plan_file(database, person, ShopId(shop_id), content, data.category_code)
    async with database.writing() as writer:

        async def make() -> ImportMade:
            name = data.file.filename
            return ImportMade((await keep_preview(writer, person, ShopId(shop_id), name, planned)).import_id)

        made = await once(writer, "catalog:import:preview", key, ImportMade, make)
        return await read_import(writer, person, ShopId(shop_id), made.import_id)


@get("/{import_id:int}", guards=[MERCHANT])
async def my_import(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """An import with its plan."""
    async with database.reading() as reader:
        return await read_import(reader, person, ShopId(shop_id), import_id)


@post("/{import_id:int}/apply", guards=[MERCHANT], status_code=200)
async def apply(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    data: JSONBody[ApplyBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """Do what the preview showed: the whole file or nothing."""
    async with database.writing() as writer:
        return await apply_import(writer, person, ShopId(shop_id), import_id, on_sale=data.on_sale)


@post("/{import_id:int}/discard", guards=[MERCHANT], status_code=200)
async def discard(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ProductImport:
    """Give a preview up."""
    async with database.writing() as writer:
        await discard_import(writer, person, ShopId(shop_id), import_id)
        return await read_import(writer, person, ShopId(shop_id), import_id)


ROUTES = Router(
    "/api/v1/shops/{shop_id:int}/imports",
    route_handlers=[my_imports, make_preview, my_import, apply, discard],
    tags=["Imports"],
)
