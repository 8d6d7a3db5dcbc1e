"""Reported orders for programs: send what a network's API answered, or lines in our own form; read what is
known."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody, QueryParameter, RawBody

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.conversions.errors import LineOfOtherNetwork, LinesTooMany
from yellowcart.conversions.model import ConversionState, Network, Outcome, ReportedLine
from yellowcart.conversions.queries import (
    ConversionLine,
    ReportLine,
    RevisionStep,
    Wanted,
    conversion_of,
    conversions,
    report_of,
    reports,
    revisions_of,
)
from yellowcart.conversions.report_reading import ReadReport, decoded, of_lines, read_document
from yellowcart.conversions.take_in import BATCH, take_in_lines, take_in_report, today
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.file_on_disk import UPLOAD_BYTES_MAX, on_disk
from yellowcart.kernel.idempotency import RequestKey, hash_of, once, request_key
from yellowcart.kernel.ids import CreatorId, ReportId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.kernel.translation import N_

OPERATOR: Final = allow(Role.OPERATOR)
RAW_BYTES_MAX: Final = 4 * 1024 * 1024

StateFilter = Annotated[ConversionState | None, QueryParameter(name="state")]


class KnownLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is known now, and all that reports said of it, the newest first."""

    line: ConversionLine
    revisions: list[RevisionStep]


class ReportUpload(msgspec.Struct):
    """A network's report as a file."""

    file: UploadFile


@get("/", guards=[OPERATOR])
async def all_conversions(
    database: NamedDependency[Database],
    network: FromQuery[Network | None] = None,
    reported_state: StateFilter = None,
    creator_id: FromQuery[int | None] = None,
    attributed: FromQuery[bool | None] = None,
    order_id: FromQuery[str] = "",
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ConversionLine]:
    """Reported order lines, the latest order first. `order_id` is an order's, a line's or an item's whole number;
    `since` and `until` bound the time of the order."""
    naive = [name for name, at in (("since", since), ("until", until)) if at is not None and at.tzinfo is None]
    if naive:
        raise InvalidFields(
            dict.fromkeys(naive, N_("A moment needs its zone, for example 2022-03-01T00:00:00+08:00."))
        )
    wanted = Wanted(
        network=network,
        state=reported_state,
        creator_id=None if creator_id is None else CreatorId(creator_id),
        attributed=attributed,
        text=order_id,
        since=since,
        until=until,
    )
    async with database.reading() as reader:
        return await conversions(reader, wanted, cursor=cursor, size=size)


@get("/reports", guards=[OPERATOR])
async def all_reports(
    database: NamedDependency[Database],
    network: FromQuery[Network | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ReportLine]:
    """The files and calls by which orders came, the newest first."""
    async with database.reading() as reader:
        return await reports(reader, network=network, cursor=cursor, size=size)


@get("/reports/{report_id:int}", guards=[OPERATOR])
async def one_report(report_id: FromPath[int], database: NamedDependency[Database]) -> ReportLine:
    """One report, with the lines of it that could not be read."""
    async with database.reading() as reader:
        return await report_of(reader, ReportId(report_id))


@get("/{network:str}/{order_line_id:str}", guards=[OPERATOR])
async def one_conversion(
    network: FromPath[str], order_line_id: FromPath[str], database: NamedDependency[Database]
) -> KnownLine:
    """One line with its history."""
    async with database.reading() as reader:
        line = await conversion_of(reader, network_of(network), order_line_id)
        return KnownLine(line=line, revisions=await revisions_of(reader, line))


@post("/{network:str}", guards=[OPERATOR])
async def send_lines(
    network: FromPath[str],
    data: JSONBody[list[ReportedLine]],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Outcome:
    """Send up to 500 lines: amounts in fen, rates in basis points, times with their zone. A line that was sent
    before is brought up to date; the same content again changes nothing.

    Refusals: `lines_too_many`, `line_of_other_network`, `report_holds_nothing`.
    """
    of = network_of(network)
    if len(data) > BATCH:
        raise LinesTooMany(most=BATCH)
    for row, line in enumerate(data, start=1):
        if line.network is not of:
            raise LineOfOtherNetwork(row=row)
    key = request_key(person.person_id, idempotency_key, [of, data])
    return await _take_in(database, person, of_lines(data, of), key, hash_of([of, data]))


@post("/{network:str}/raw", guards=[OPERATOR], request_max_body_size=RAW_BYTES_MAX)
async def send_raw(
    network: FromPath[str],
    body: RawBody,
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Outcome:
    """Send the JSON that the network's own order API answered, as it is: one page, or a list of pages.

    Every line is read by itself; those that cannot be read are told in `report.problems` with their place
    (`row`) and field (`column`). Refusals: `report_unreadable`, `report_form_unknown`,
    `report_of_other_network`, `report_is_an_error`, `report_holds_nothing`.
    """
    of = network_of(network)
    key = request_key(person.person_id, idempotency_key, body)
    with read_document(decoded(body), of, today()) as report:
        return await _take_in(database, person, report, key, hash_of(body))


@post(
    "/{network:str}/reports",
    guards=[OPERATOR],
    status_code=200,
    request_max_body_size=UPLOAD_BYTES_MAX,
)
async def send_file(
    network: FromPath[str],
    data: Annotated[ReportUpload, Body(media_type=RequestEncodingType.MULTI_PART)],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Outcome:
    """Send a report as a file: CSV, Excel or JSON. The same file again changes nothing, so no key is asked for."""
    of = network_of(network)
    async with on_disk(data.file.filename, data.file.read) as file:
        return await take_in_report(database, person, of, file.name, file.path)


def network_of(text: str) -> Network:
    """The network that an address names. Raises NotFound."""
    found = next((network for network in Network if network.value == text), None)
    if found is None:
        raise NotFound
    return found


async def _take_in(
    database: Database, person: Person, report: ReadReport, key: RequestKey, content_hash: str
) -> Outcome:
    async with database.writing() as writer:

        async def make() -> Outcome:
            return await take_in_lines(writer, person, report, "API", content_hash)

        return await once(writer, "conversions:report", key, Outcome, make)


ROUTES = Router(
    "/api/v1/conversions",
    route_handlers=[
        all_conversions,
        all_reports,
        one_report,
        one_conversion,
        send_lines,
        send_raw,
        send_file,
    ],
    tags=["Conversions"],
)
