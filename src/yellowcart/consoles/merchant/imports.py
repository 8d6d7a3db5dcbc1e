"""Importing products from a file: choosing it, the preview, applying or discarding it, and what was imported."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.categories import category_tree
from yellowcart.catalog.errors import FileEmpty
from yellowcart.catalog.import_products import (
    apply_import,
    discard_import,
    imports_of_shop,
    preview_import,
    read_import,
)
from yellowcart.catalog.import_reading import FILE_BYTES_MAX, FILE_MEGABYTES_MAX, ROWS_MAX
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.merchant.categories import category_options
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Conflict, NotFound, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

MERCHANT = allow(Role.MERCHANT)
SHOWN_MAX = 200
"""Products and problems that a preview page lists; it says how many there are besides."""


class UploadForm(msgspec.Struct):
    """The upload form. The CSRF token travels as a field."""

    file: UploadFile | None = None
    category_code: str = ""
    _csrf_token: str = ""


UploadBody = Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)]


@get("/merchant/{shop_id:int}/imports", guards=[MERCHANT])
async def imports_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """Choose a file, and what was imported before."""
    return await _page(request, database, person, ShopId(shop_id), cursor=cursor)


@post(
    "/merchant/{shop_id:int}/imports",
    guards=[MERCHANT],
    status_code=200,
    request_max_body_size=FILE_BYTES_MAX + 3 * 1024 * 1024,
)
async def upload(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: UploadBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Read a file and show what it would do. Nothing changes yet."""
    try:
        if data.file is None:
            raise FileEmpty
        made = await preview_import(
            database,
            person,
            ShopId(shop_id),
            file_name=data.file.filename,
            content=await data.file.read(FILE_BYTES_MAX + 1),
            category_code=data.category_code,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, {"category_code": data.category_code}, locale_of(request))
        if "" in form["errors"]:
            form["errors"]["file"] = form["errors"].pop("")
        return await _page(request, database, person, ShopId(shop_id), form=form, status=status_of(refusal))
    return go_to(f"/merchant/{shop_id}/imports/{made.import_id}")


@get("/merchant/{shop_id:int}/imports/{import_id:int}", guards=[MERCHANT])
async def preview_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """What a file will do, product by product, or every row that is wrong."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        kept = await read_import(reader, person, ShopId(shop_id), import_id)
        categories = {category.code: category for category in await category_tree(reader)}
    context: dict[str, object] = {
        "kept": kept,
        "products": kept.plan.products[:SHOWN_MAX],
        "problems": [(problem, problem.text(locale_of(request))) for problem in kept.plan.problems[:SHOWN_MAX]],
        "wrong_rows": {problem.row for problem in kept.plan.problems},
        "categories": categories,
    }
    return page(request, "merchant/import.html", console_context(request, shop, "imports") | context)


@post("/merchant/{shop_id:int}/imports/{import_id:int}/apply", guards=[MERCHANT])
async def apply(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Do what the preview showed."""
    back = f"/merchant/{shop_id}/imports/{import_id}"
    try:
        async with database.writing() as writer:
            await apply_import(writer, person, ShopId(shop_id), import_id, on_sale=bool(data.get("on_sale")))
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error", values=refusal.values)
    return go_to(back, flash=N_("The file is imported."))


@post("/merchant/{shop_id:int}/imports/{import_id:int}/discard", guards=[MERCHANT])
async def discard(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Give a preview up."""
    try:
        async with database.writing() as writer:
            await discard_import(writer, person, ShopId(shop_id), import_id)
    except Conflict as refusal:
        return go_to(f"/merchant/{shop_id}/imports", flash=refusal.message, kind="error")
    return go_to(f"/merchant/{shop_id}/imports", flash=N_("The preview is discarded. Nothing was changed."))


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    cursor: str = "",
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        imports = await imports_of_shop(reader, person, shop_id, cursor=cursor or None)
        categories = await category_tree(reader)
    context: dict[str, object] = {
        "imports": imports,
        "category_options": category_options(categories, locale_of(request), leaves_only=True),
        "form": form,
        "megabytes_max": FILE_MEGABYTES_MAX,
        "rows_max": ROWS_MAX,
    }
    return page(
        request, "merchant/imports.html", console_context(request, shop, "imports") | context, status=status
    )


ROUTES = (imports_page, upload, preview_page, apply, discard)
