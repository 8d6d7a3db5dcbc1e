"""Moving house: choosing a file of products, its preview, applying, stopping or discarding it, and what became of
every product."""

import asyncio
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
from yellowcart.catalog.categories import category_tree
from yellowcart.catalog.imports.apply_file import PRODUCTS_AT_ONCE, apply_here
from yellowcart.catalog.imports.decide import apply_import, discard_import, stop_import
from yellowcart.catalog.imports.dialects import Dialect
from yellowcart.catalog.imports.fetch_pictures import ask_again
from yellowcart.catalog.imports.model import ImportOptions, ImportState, ProductImport
from yellowcart.catalog.imports.queries import (
    FATES,
    RowGroup,
    count_known_pictures,
    count_pictures,
    imports_of_shop,
    read_import,
    rows_of_import,
)
from yellowcart.catalog.imports.read_file import preview_file
from yellowcart.catalog.imports.report import report_columns, report_csv, report_lines
from yellowcart.catalog.imports.template import template_rows
from yellowcart.catalog.imports.wording import DIALECTS, FIELDS
from yellowcart.catalog.imports.wording import FATES as FATE_WORDS
from yellowcart.catalog.imports.wording import STATES as STATE_WORDS
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.downloads import csv_download, csv_stream, workbook_download
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.merchant.categories import category_options
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Conflict, NotFound, Refusal
from yellowcart.kernel.file_errors import FileEmpty
from yellowcart.kernel.file_on_disk import FILE_MEGABYTES_MAX, UPLOAD_BYTES_MAX, on_disk
from yellowcart.kernel.file_reading import FILE_LIMITS
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale, translate

MERCHANT = allow(Role.MERCHANT)
SKUS_SHOWN = 6
"""SKUs that a row of a preview lists; it says how many there are besides."""
AT_WORK = frozenset({ImportState.READING, ImportState.APPLYING})


class UploadForm(msgspec.Struct):
    """The upload form. The CSRF token travels as a field."""

    file: UploadFile | None = None
    category_code: str = ""
    dialect: str = ""
    on_sale: str = ""
    pictures: str = ""
    _csrf_token: str = ""

    @property
    def kept_values(self) -> dict[str, str]:
        """What a refused form comes back with; a browser keeps no file."""
        return {
            "category_code": self.category_code,
            "dialect": self.dialect,
            "on_sale": self.on_sale,
            "pictures": self.pictures,
        }

    @property
    def options(self) -> ImportOptions:
        """What is asked for with the file."""
        return ImportOptions(
            category_code=self.category_code,
            dialect=self.dialect or None,
            on_sale=bool(self.on_sale),
            pictures=bool(self.pictures),
        )


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
    request_max_body_size=UPLOAD_BYTES_MAX,
)
async def upload(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: UploadBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Take a file in and show what it would do. Nothing changes yet; a large file is read in the background."""
    try:
        if data.file is None:
            raise FileEmpty
        async with on_disk(data.file.filename, data.file.read) as file:
            made = await preview_file(database, person, ShopId(shop_id), file, data.options)
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data.kept_values, locale_of(request))
        if "" in form["errors"]:
            form["errors"]["file"] = form["errors"].pop("")
        return await _page(request, database, person, ShopId(shop_id), form=form, status=status_of(refusal))
    return go_to(_path(made))


@get(
    ["/merchant/{shop_id:int}/imports/template.csv", "/merchant/{shop_id:int}/imports/template.xlsx"],
    guards=[MERCHANT],
)
async def template(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[bytes] | Stream:
    """The plain form to fill in, with examples, in the reader's language."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
    locale = locale_of(request)
    headings, *examples = template_rows(locale)
    title = translate(N_("Products"), locale)
    if request.url.path.endswith(".xlsx"):
        return workbook_download(title, title, headings, examples)
    return csv_download(title, headings, examples)


@get("/merchant/{shop_id:int}/imports/{import_id:int}", guards=[MERCHANT])
async def import_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[RowGroup | None] = None,
    text: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """What a file will do or has done, product by product, with every cell that is wrong."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        kept = await read_import(reader, person, ShopId(shop_id), import_id)
        rows = await rows_of_import(
            reader, person, ShopId(shop_id), import_id, group=show, text=text, cursor=cursor or None
        )
        pictures = await count_pictures(reader, ShopId(shop_id), import_id)
        known_pictures = await count_known_pictures(reader, ShopId(shop_id), import_id)
        categories = {category.code: category for category in await category_tree(reader)}
    locale = locale_of(request)
    context: dict[str, object] = {
        "kept": kept,
        "rows": rows,
        "show": show,
        "groups": [(group, sum(kept.counts.of(fate) for fate in FATES[group])) for group in RowGroup],
        "problems": {
            row.position: [(problem, problem.text(locale)) for problem in row.problems] for row in rows.items
        },
        "picture_failures": {
            row.position: row.picture_failure.text(locale) for row in rows.items if row.picture_failure
        },
        "notes": [note.text(locale) for note in kept.notes],
        "failure": kept.failure.text(locale) if kept.failure else None,
        "pictures": pictures,
        "known_pictures": known_pictures,
        "categories": categories,
        "skus_shown": SKUS_SHOWN,
        "at_work": kept.state in AT_WORK,
    }
    return page(
        request, "merchant/import.html", console_context(request, shop, "imports") | _words(locale) | context
    )


@get("/merchant/{shop_id:int}/imports/{import_id:int}/progress", guards=[MERCHANT])
async def progress(
    request: AnyRequest,
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    seen: FromQuery[str] = "",
) -> Response[str]:
    """How far it is, asked for by the page once a second; once the state is another than the page has `seen`, the
    page is loaded anew."""
    async with database.reading() as reader:
        kept = await read_import(reader, person, ShopId(shop_id), import_id)
    answer = page(request, "merchant/import_progress.html", {"kept": kept})
    if kept.state.value != seen:
        answer.headers["HX-Refresh"] = "true"
    return answer


@get(
    [
        "/merchant/{shop_id:int}/imports/{import_id:int}/report.csv",
        "/merchant/{shop_id:int}/imports/{import_id:int}/report.xlsx",
    ],
    guards=[MERCHANT],
)
async def report(
    request: AnyRequest,
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[bytes] | Stream:
    """Every product of the file with its fate, as a file."""
    locale = locale_of(request)
    async with database.reading() as reader:
        kept = await read_import(reader, person, ShopId(shop_id), import_id)
    name = f"import-{kept.import_id}"
    if request.url.path.endswith(".xlsx"):
        lines = await report_lines(database, person, ShopId(shop_id), import_id, locale)
        return await asyncio.to_thread(
            workbook_download, name, translate(N_("Import"), locale), report_columns(locale), lines
        )
    return csv_stream(name, report_csv(database, person, ShopId(shop_id), import_id, locale))


@post("/merchant/{shop_id:int}/imports/{import_id:int}/apply", guards=[MERCHANT])
async def apply(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Do what the preview showed, or go on with it. What is little is done at once, the rest in the background."""
    back = f"/merchant/{shop_id}/imports/{import_id}"
    try:
        async with database.writing() as writer:
            kept = await apply_import(
                writer,
                person,
                ShopId(shop_id),
                import_id,
                on_sale=bool(data.get("on_sale")),
                pictures=bool(data.get("pictures")),
            )
        if kept.counts.to_do <= PRODUCTS_AT_ONCE:
            kept = await apply_here(database, ShopId(shop_id), import_id, sets_max=2)
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error", values=refusal.values)
    if kept.state is ImportState.APPLYING:
        return go_to(back)
    return go_to(back, flash=N_("The file is imported."))


@post("/merchant/{shop_id:int}/imports/{import_id:int}/stop", guards=[MERCHANT])
async def stop(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Stop after the set that is at work."""
    back = f"/merchant/{shop_id}/imports/{import_id}"
    try:
        async with database.writing() as writer:
            await stop_import(writer, person, ShopId(shop_id), import_id)
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error")
    return go_to(back, flash=N_("Stopped. What is imported stays; you can go on at any time."))


@post("/merchant/{shop_id:int}/imports/{import_id:int}/discard", guards=[MERCHANT])
async def discard(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Give an import up."""
    try:
        async with database.writing() as writer:
            kept = await discard_import(writer, person, ShopId(shop_id), import_id)
    except Conflict as refusal:
        return go_to(f"/merchant/{shop_id}/imports", flash=refusal.message, kind="error")
    if kept.counts.done:
        return go_to(_path(kept), flash=N_("The rest is given up. What was imported stays."))
    return go_to(f"/merchant/{shop_id}/imports", flash=N_("The preview is discarded. Nothing was changed."))


@post("/merchant/{shop_id:int}/imports/{import_id:int}/pictures", guards=[MERCHANT])
async def pictures_again(
    shop_id: FromPath[int],
    import_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Try once more to fetch the pictures that could not be fetched."""
    async with database.writing() as writer:
        await read_import(writer, person, ShopId(shop_id), import_id)
        await ask_again(writer, person, ShopId(shop_id), import_id)
    return go_to(f"/merchant/{shop_id}/imports/{import_id}", flash=N_("The pictures are fetched again."))


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
    locale = locale_of(request)
    found_out = ("", translate(N_("Find out by itself"), locale))
    context: dict[str, object] = {
        "imports": imports,
        "category_options": category_options(categories, locale, leaves_only=True),
        "dialect_options": [
            found_out,
            *((each.value, translate(DIALECTS[each], locale)) for each in Dialect),
        ],
        "form": form,
        "megabytes_max": FILE_MEGABYTES_MAX,
        "rows_max": FILE_LIMITS.rows_max,
    }
    return page(
        request,
        "merchant/imports.html",
        console_context(request, shop, "imports") | _words(locale) | context,
        status=status,
    )


def _words(locale: Locale) -> dict[str, object]:
    """What the pages call fates, states, fields and kinds of files."""
    return {
        "fate_words": {fate.value: translate(words, locale) for fate, words in FATE_WORDS.items()},
        "state_words_of_imports": {state.value: translate(words, locale) for state, words in STATE_WORDS.items()},
        "field_words": {name: translate(words, locale) for name, words in FIELDS.items()},
        "dialect_words": {each.value: translate(words, locale) for each, words in DIALECTS.items()},
    }


def _path(kept: ProductImport) -> str:
    return f"/merchant/{kept.shop_id}/imports/{kept.import_id}"


ROUTES = (
    imports_page,
    upload,
    template,
    import_page,
    progress,
    report,
    apply,
    stop,
    discard,
    pictures_again,
)
