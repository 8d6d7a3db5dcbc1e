"""Shipping many orders by a file of waybills: uploading it, what each row would do, applying it, the result."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Stream

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.downloads import csv_download_in_pages, workbook_download
from yellowcart.consoles.forms import Form, refused_form
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Conflict, NotFound, Refusal
from yellowcart.kernel.file_errors import FileEmpty
from yellowcart.kernel.file_on_disk import on_disk
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.parcels.bulk.api import REQUEST_BYTES_MAX
from yellowcart.parcels.bulk.apply import apply_file, discard_file, file_of
from yellowcart.parcels.bulk.files import FATE_WORDS, result_columns, result_rows
from yellowcart.parcels.bulk.model import FileId, FileState, RowFate
from yellowcart.parcels.bulk.preview import ROWS_MAX, preview_file
from yellowcart.parcels.bulk.store import files_of_shop, rows_of_file

MERCHANT = allow(Role.MERCHANT)
FILES = "/merchant/{shop_id:int}/shipping/files"
ROWS_SHOWN = 50


class WaybillForm(msgspec.Struct):
    """The upload form. The CSRF token travels as a field."""

    file: UploadFile | None = None
    _csrf_token: str = ""


@get(FILES, guards=[MERCHANT])
async def files_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Upload a file of waybills, and what was uploaded before."""
    return await _files_page(request, database, person, ShopId(shop_id), cursor=cursor)


@post(FILES, guards=[MERCHANT], status_code=200, request_max_body_size=REQUEST_BYTES_MAX)
async def upload(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: Annotated[WaybillForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Take a file in and show what it would do. Nothing is shipped yet."""
    try:
        if data.file is None:
            raise FileEmpty
        async with on_disk(data.file.filename, data.file.read) as file:
            file_id = await preview_file(database, person, ShopId(shop_id), file)
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, {}, locale_of(request))
        if "" in form["errors"]:
            form["errors"]["file"] = form["errors"].pop("")
        return await _files_page(request, database, person, ShopId(shop_id), form=form, status=status_of(refusal))
    return go_to(f"/merchant/{shop_id}/shipping/files/{file_id}")


@get(FILES + "/{file_id:int}", guards=[MERCHANT])
async def file_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What a file will do or has done, row by row."""
    fate = next((each for each in RowFate if each.value == show), None)
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        kept = await file_of(reader, person, ShopId(shop_id), FileId(file_id))
        rows = await rows_of_file(
            reader,
            ShopId(shop_id),
            FileId(file_id),
            fates=tuple(RowFate) if fate is None else (fate,),
            cursor=cursor,
            size=ROWS_SHOWN,
        )
    locale = locale_of(request)
    context: dict[str, object] = {
        "kept": kept,
        "rows": rows,
        "problems": {row.number: row.problem.text(locale) for row in rows.items if row.problem},
        "tabs": [
            (fate.value, translate(words, locale), count)
            for fate, words in FATE_WORDS.items()
            if (count := getattr(kept.counts, fate.value))
        ],
        "total": sum(msgspec.structs.astuple(kept.counts)),
    }
    return page(request, "merchant/shipping_file.html", console_context(request, shop, "shipping") | context)


@get(FILES + "/{file_id:int}/progress", guards=[MERCHANT])
async def progress(
    request: AnyRequest,
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """How far applying is, asked for by the page; once it is over, the page is loaded anew."""
    async with database.reading() as reader:
        kept = await file_of(reader, person, ShopId(shop_id), FileId(file_id))
    answer = page(request, "merchant/shipping_progress.html", {"kept": kept})
    if kept.state is not FileState.APPLYING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@post(FILES + "/{file_id:int}/apply", guards=[MERCHANT])
async def apply(
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Ship what the preview showed; a long file goes on in the background."""
    back = f"/merchant/{shop_id}/shipping/files/{file_id}"
    try:
        applied = await apply_file(database, person, ShopId(shop_id), FileId(file_id))
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error")
    if applied.state is FileState.APPLYING:
        return go_to(back)
    if applied.counts.refused or applied.counts.wrong:
        return go_to(back, flash=N_("Some rows could not be shipped; each says why."), kind="warning")
    return go_to(back, flash=N_("Everything in the file was shipped."))


@post(FILES + "/{file_id:int}/discard", guards=[MERCHANT])
async def discard(
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Give a file up before anything was shipped by it."""
    try:
        async with database.writing() as writer:
            await discard_file(writer, person, ShopId(shop_id), FileId(file_id))
    except Conflict as refusal:
        return go_to(f"/merchant/{shop_id}/shipping/files/{file_id}", flash=refusal.message, kind="error")
    return go_to(f"/merchant/{shop_id}/shipping/files", flash=N_("The file is discarded. Nothing was shipped."))


@get([FILES + "/{file_id:int}/result.csv", FILES + "/{file_id:int}/result.xlsx"], guards=[MERCHANT])
async def result(
    request: AnyRequest,
    shop_id: FromPath[int],
    file_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[bytes] | Stream:
    """Every row of the file with what became of it, as a file."""
    async with database.reading() as reader:
        kept = await file_of(reader, person, ShopId(shop_id), FileId(file_id))
    locale = locale_of(request)
    title = translate(N_("Result of the waybill file"), locale)
    pages = result_rows(database, kept.shop_id, kept.file_id, locale)
    if request.url.path.endswith(".csv"):
        return csv_download_in_pages(title, result_columns(locale), pages)
    rows = [row async for part in pages for row in part]
    return workbook_download(title, title, result_columns(locale), rows)


async def _files_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    cursor: str | None = None,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        files = await files_of_shop(reader, shop_id, cursor=cursor)
    context = {"files": files, "form": form, "rows_max": ROWS_MAX}
    return page(
        request,
        "merchant/shipping_files.html",
        console_context(request, shop, "shipping") | context,
        status=status,
    )


ROUTES = (files_page, upload, file_page, progress, apply, discard, result)
