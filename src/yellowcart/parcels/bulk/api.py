"""Files of waybills for programs: send one, read what each row would do, apply or discard it."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.file_on_disk import on_disk
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.parcels.bulk.apply import apply_file, discard_file, file_of
from yellowcart.parcels.bulk.model import FileId, JudgedRow, RowFate, ShippingFile
from yellowcart.parcels.bulk.preview import LIMITS, preview_file
from yellowcart.parcels.bulk.store import files_of_shop, rows_of_file

MERCHANT = allow(Role.MERCHANT)
REQUEST_BYTES_MAX = LIMITS.bytes_max + 1024 * 1024


class WaybillForm(msgspec.Struct):
    """A file of waybills: CSV or a workbook, with the columns order number, carrier and waybill number."""

    file: UploadFile


class _Made(msgspec.Struct, frozen=True):
    file_id: FileId


@get("/", guards=[MERCHANT])
async def my_files(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ShippingFile]:
    """The shop's files of waybills, the latest first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await files_of_shop(reader, ShopId(shop_id), cursor=cursor, size=size)


@post("/", guards=[MERCHANT], request_max_body_size=REQUEST_BYTES_MAX)
async def make_preview(
    shop_id: FromPath[int],
    data: Annotated[WaybillForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ShippingFile:
    """Send a file of waybills; answers what it would do. Nothing is shipped by it yet."""
    async with on_disk(data.file.filename, data.file.read) as file:
        key = request_key(person.person_id, idempotency_key, [shop_id, file.content_hash])
        made = await preview_file(database, person, ShopId(shop_id), file)
    async with database.writing() as writer:

        async def keep() -> _Made:
            return _Made(made)

        # A repeat is answered with the first preview; the one that it made beside it is discarded.
        kept = await once(writer, "parcels:shipping_file:preview", key, _Made, keep)
        if kept.file_id != made:
            await discard_file(writer, person, ShopId(shop_id), made)
        return await file_of(writer, person, ShopId(shop_id), kept.file_id)


@get("/{file_id:int}", guards=[MERCHANT])
async def my_file(
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ShippingFile:
    """A file of waybills: its state, and how many rows have which fate."""
    async with database.reading() as reader:
        return await file_of(reader, person, ShopId(shop_id), FileId(file_id))


@get("/{file_id:int}/rows", guards=[MERCHANT])
async def my_rows(
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    fate: FromQuery[RowFate | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[JudgedRow]:
    """The rows of a file in their order, each with its fate and, where it is wrong, the reason."""
    async with database.reading() as reader:
        await file_of(reader, person, ShopId(shop_id), FileId(file_id))
        fates = tuple(RowFate) if fate is None else (fate,)
        return await rows_of_file(reader, ShopId(shop_id), FileId(file_id), fates=fates, cursor=cursor, size=size)


@post("/{file_id:int}/apply", guards=[MERCHANT], status_code=200)
async def apply(
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ShippingFile:
    """Ship what the preview showed, order by order. A long file is `applying` and is asked for again."""
    return await apply_file(database, person, ShopId(shop_id), FileId(file_id))


@post("/{file_id:int}/discard", guards=[MERCHANT], status_code=200)
async def discard(
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ShippingFile:
    """Give a file up before anything was shipped by it."""
    async with database.writing() as writer:
        await discard_file(writer, person, ShopId(shop_id), FileId(file_id))
        return await file_of(writer, person, ShopId(shop_id), FileId(file_id))


ROUTES = Router(
    "/api/v1/shops/{shop_id:int}/shipping-files",
    route_handlers=[my_files, make_preview, my_file, my_rows, apply, discard],
    tags=["parcels"],
)
