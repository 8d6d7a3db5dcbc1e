"""Orders that outside networks report: all of them, one with its history, and the reports by which they came."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Stream

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles import reported_orders as shown
from yellowcart.consoles.downloads import csv_download_in_pages
from yellowcart.consoles.forms import Form, refused_form
from yellowcart.consoles.operator.navigation import moment_of, operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.conversions.api import network_of
from yellowcart.conversions.model import Network
from yellowcart.conversions.queries import (
    conversion_of,
    conversions,
    exported,
    report_of,
    reports,
    revisions_of,
    sums,
)
from yellowcart.conversions.take_in import take_in_report
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_errors import FileEmpty
from yellowcart.kernel.file_on_disk import FILE_MEGABYTES_MAX, UPLOAD_BYTES_MAX, on_disk
from yellowcart.kernel.file_reading import FILE_LIMITS
from yellowcart.kernel.ids import CreatorId, ReportId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.links.wording import source_word

StateFilter = Annotated[str, QueryParameter(name="state")]
PROBLEMS_SHOWN = 200
ID_DIGITS_MAX = 16


class UploadForm(msgspec.Struct):
    """The upload form. The CSRF token travels as a field."""

    file: UploadFile | None = None
    network: str = ""
    _csrf_token: str = ""


@get("/conversions", guards=[allow(Role.OPERATOR)])
async def conversions_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    network: FromQuery[str] = "",
    wanted_state: StateFilter = "",
    counted: FromQuery[str] = "",
    text: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    creator: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The lines that fit, what they come to, the latest order first."""
    locale = locale_of(request)
    wanted = shown.wanted_of(
        network=network,
        state=wanted_state,
        counted=counted,
        text=text,
        since=moment_of(since),
        until=moment_of(until),
        creator_id=_creator_of(creator),
    )
    async with database.reading() as reader:
        found = await conversions(reader, wanted, cursor=cursor)
        whole = await sums(reader, wanted)
    context = {
        "lines": found.items,
        "next_cursor": found.next_cursor,
        "sums": whole,
        "options": shown.options(locale),
        "filtered": any((network, wanted_state, counted, text, since, until, creator)),
        "export": _export_address(request),
        "form": {
            "values": {
                "network": network,
                "state": wanted_state,
                "counted": counted,
                "text": text,
                "since": since,
                "until": until,
            },
            "errors": {},
        },
    }
    return operator_page(request, "conversions", "conversions.html", shown.words(locale) | context)


@get("/conversions.csv", guards=[allow(Role.OPERATOR)])
async def conversions_file(
    request: AnyRequest,
    database: NamedDependency[Database],
    network: FromQuery[str] = "",
    wanted_state: StateFilter = "",
    counted: FromQuery[str] = "",
    text: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    creator: FromQuery[str] = "",
) -> Stream:
    """The same lines as CSV, the latest 50,000."""
    locale = locale_of(request)
    wanted = shown.wanted_of(
        network=network,
        state=wanted_state,
        counted=counted,
        text=text,
        since=moment_of(since),
        until=moment_of(until),
        creator_id=_creator_of(creator),
    )
    pages = (shown.rows(lines, locale) async for lines in exported(database, wanted))
    return csv_download_in_pages("reported-orders", shown.columns(locale), pages)


@get("/conversions/reports", guards=[allow(Role.OPERATOR)])
async def reports_page(
    request: AnyRequest, database: NamedDependency[Database], cursor: FromQuery[str | None] = None
) -> Response[str]:
    """Send a report, and those that came before."""
    return await _reports_page(request, database, cursor=cursor)


@post(
    "/conversions/reports", guards=[allow(Role.OPERATOR)], status_code=200, request_max_body_size=UPLOAD_BYTES_MAX
)
async def upload(
    request: AnyRequest,
    data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Take a file in and show what became of its lines."""
    network = next((each for each in Network if each.value == data.network), None)
    try:
        if data.file is None or not data.file.filename:
            raise FileEmpty
        async with on_disk(data.file.filename, data.file.read) as file:
            outcome = await take_in_report(database, person, network, file.name, file.path)
    except Refusal as refusal:
        form = refused_form(refusal, {"network": data.network}, locale_of(request))
        if "" in form["errors"]:
            form["errors"]["file"] = form["errors"].pop("")
        return await _reports_page(request, database, form=form, status=status_of(refusal))
    address = f"/operator/conversions/reports/{outcome.report.report_id}"
    if outcome.known_already:
        return go_to(
            address,
            flash=N_("This very file was taken in before; nothing was changed. This is what it did then."),
            kind="info",
        )
    if outcome.report.wrong_count:
        return go_to(
            address,
            flash=N_("The file was taken in; some lines could not be read. They are listed below."),
            kind="warning",
        )
    return go_to(address, flash=N_("The file was taken in."))


@get("/conversions/reports/{report_id:int}", guards=[allow(Role.OPERATOR)])
async def report_page(
    request: AnyRequest, report_id: FromPath[int], database: NamedDependency[Database]
) -> Response[str]:
    """What became of the lines of one report, and what was wrong with some."""
    locale = locale_of(request)
    async with database.reading() as reader:
        report = await report_of(reader, ReportId(report_id))
    context = {
        "report": report,
        "problems": [(problem, problem.text(locale)) for problem in report.problems[:PROBLEMS_SHOWN]],
    }
    return operator_page(request, "conversions", "conversion_report.html", shown.words(locale) | context)


@get("/conversions/{network:str}/{order_line_id:str}", guards=[allow(Role.OPERATOR)])
async def conversion_page(
    request: AnyRequest,
    network: FromPath[str],
    order_line_id: FromPath[str],
    database: NamedDependency[Database],
) -> Response[str]:
    """One line as it is known now, and every report that changed it."""
    locale = locale_of(request)
    async with database.reading() as reader:
        line = await conversion_of(reader, network_of(network), order_line_id)
        steps = await revisions_of(reader, line)
    context = {"line": line, "steps": steps}
    return operator_page(request, "conversions", "conversion.html", shown.words(locale) | context)


async def _reports_page(
    request: AnyRequest,
    database: Database,
    *,
    cursor: str | None = None,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        found = await reports(reader, cursor=cursor)
    context = {
        "reports": found.items,
        "next_cursor": found.next_cursor,
        "form": form,
        "network_options": [
            ("", translate(N_("Tell it from the file"), locale)),
            *((each.value, source_word(each.value, locale)) for each in Network),
        ],
        "megabytes_max": FILE_MEGABYTES_MAX,
        "rows_max": FILE_LIMITS.rows_max,
    }
    return operator_page(
        request, "conversions", "conversion_reports.html", shown.words(locale) | context, status=status
    )


def _creator_of(text: str) -> CreatorId | None:
    """The creator that an address names; None for what is no id."""
    return CreatorId(int(text)) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX else None


def _export_address(request: AnyRequest) -> str:
    query = request.url.query
    return f"/operator/conversions.csv?{query}" if query else "/operator/conversions.csv"
