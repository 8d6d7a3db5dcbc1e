"""Reads of reported orders for pages, exports and the API. Every amount here is what the networks reported."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import msgspec

from yellowcart.conversions.model import Conversion, ConversionState, Network, Report, ReportedLine
from yellowcart.conversions.rules import FieldChange, told_apart
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CreatorId, ReportId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.links.model import require_aware

EXPORT_MAX: Final = 50_000
"""Lines of one export."""
EXPORTED_AT_ONCE: Final = 1_000
"""Lines that an export reads at a time."""
REVISIONS_SHOWN: Final = 200
TEXT_LENGTH_MAX: Final = 100
_END_OF_TIME: Final = "9999-12-31T00:00:00+00:00"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are asked for. `since` and `until` bound the time of the order, half-open; `text` is an order's
    number, a line's or an item's, whole."""

    network: Network | None = None
    state: ConversionState | None = None
    creator_id: CreatorId | None = None
    attributed: bool | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment is not None:
                require_aware(moment)


class ConversionLine(Conversion, frozen=True, kw_only=True):
    """A line with the name of the creator that it is counted to."""

    creator_name: str | None = None
    creator_name_en: str | None = None


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What the lines asked for come to, as the networks reported it. Fee: the platform's, by its own rules.

    `paid_fen` counts lines that are paid and not invalid; `estimated_fen` is the promoters' expected commission
    of the same lines; `settled_fen` what the networks settled, less what is to be given back. Null is unknown,
    not zero.
    """

    line_count: int
    paid_count: int
    invalid_count: int
    unattributed_count: int
    paid_fen: int | None
    estimated_fen: int | None
    settled_fen: int | None
    fee_fen: int | None
    newest_report_at: datetime | None


class RevisionStep(msgspec.Struct, frozen=True, kw_only=True):
    """One report of a line: when it came, in which file, what it said, and what that changed."""

    revision: int
    report_id: ReportId
    file_name: str
    recorded_at: datetime
    reported: ReportedLine
    changes: list[FieldChange] = []


class ReportLine(Report, frozen=True, kw_only=True):
    """A report with the name of who sent it."""

    person_name: str


_WANTED: Final = """
    (%(network)s::text IS NULL OR line.network = %(network)s)
    AND (%(state)s::text IS NULL OR line.state = %(state)s)
    AND (%(creator_id)s::bigint IS NULL OR line.creator_id = %(creator_id)s)
    AND (%(attributed)s::boolean IS NULL OR (line.creator_id IS NOT NULL) = %(attributed)s)
    AND (%(text)s = '' OR line.order_id = %(text)s OR line.order_line_id = %(text)s
         OR line.network_line_id = %(text)s OR line.item_id = %(text)s)
    AND (%(since)s::timestamptz IS NULL OR line.ordered_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR line.ordered_at < %(until)s)
"""


async def conversions(
    reader: Reader, wanted: Wanted, *, cursor: str | None = None, size: int | None = None
) -> Page[ConversionLine]:
    """The lines, the latest order first. Raises CursorBroken."""
    limit = bounded_size(size)
    rows = await _lines(reader, wanted, cursor, limit + 1)
    return page_of(rows, limit, _key)


async def exported(database: Database, wanted: Wanted) -> AsyncIterator[list[ConversionLine]]:
    """The latest lines for an export, EXPORT_MAX at most, page by page: each is a transaction of its own, so that
    whoever downloads slowly holds nobody up, and so few that no other request waits while they are unpacked."""
    cursor: str | None = None
    for _ in range(0, EXPORT_MAX, EXPORTED_AT_ONCE):
        async with database.reading() as reader:
            rows = await _lines(reader, wanted, cursor, EXPORTED_AT_ONCE + 1)
        page = page_of(rows, EXPORTED_AT_ONCE, _key)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _key(row: ConversionLine) -> tuple[str, str, str]:
    return row.ordered_at.isoformat(), row.network.value, row.order_line_id


async def _lines(reader: Reader, wanted: Wanted, cursor: str | None, limit: int) -> list[ConversionLine]:
    before_at, before_network, before_line = decode_cursor(cursor, tuple[datetime, str, str], _FIRST)
    return await reader.rows(
        ConversionLine,
        f"""
        SELECT line.*, creator.name AS creator_name, creator.name_en AS creator_name_en
        FROM conversion AS line
        LEFT JOIN creator ON creator.creator_id = line.creator_id
        WHERE (line.ordered_at, line.network, line.order_line_id)
              < (%(before_at)s, %(before_network)s, %(before_line)s)
          AND {_WANTED}
        ORDER BY line.ordered_at DESC, line.network DESC, line.order_line_id DESC
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        before_at=before_at,
        before_network=before_network,
        before_line=before_line,
        limit=limit,
        **_places(wanted),
    )


_FIRST: Final = (datetime.fromisoformat(_END_OF_TIME), "", "")


async def sums(reader: Reader, wanted: Wanted) -> Sums:
    """What all the lines asked for come to, whatever page is shown."""
    found = await reader.row(
        Sums,
        f"""
        SELECT count(*)::int AS line_count,
               count(*) FILTER (WHERE state NOT IN ('placed', 'invalid'))::int AS paid_count,
               count(*) FILTER (WHERE state = 'invalid')::int AS invalid_count,
               count(*) FILTER (WHERE creator_id IS NULL)::int AS unattributed_count,
               sum(paid_fen) FILTER (WHERE state NOT IN ('placed', 'invalid'))::bigint AS paid_fen,
               sum(commission_estimated_fen) FILTER (WHERE state NOT IN ('placed', 'invalid'))::bigint
                   AS estimated_fen,
               sum(commission_settled_fen - coalesce(commission_returned_fen, 0))
                   FILTER (WHERE state = 'settled')::bigint AS settled_fen,
               sum(fee_fen)::bigint AS fee_fen,
               max(last_reported_at) AS newest_report_at
        FROM conversion AS line
        WHERE {_WANTED}
        """,  # noqa: S608 - put together from constants of ours
        **_places(wanted),
    )
    assert found is not None, "an aggregate answers one row"
    return found


def _places(wanted: Wanted) -> dict[str, object]:
    return {
        "network": None if wanted.network is None else wanted.network.value,
        "state": None if wanted.state is None else wanted.state.value,
        "creator_id": wanted.creator_id,
        "attributed": wanted.attributed,
        "text": "".join(filter(str.isprintable, wanted.text)).strip()[:TEXT_LENGTH_MAX],
        "since": wanted.since,
        "until": wanted.until,
    }


async def conversion_of(reader: Reader, network: Network, order_line_id: str) -> ConversionLine:
    """One line. Raises NotFound."""
    if not order_line_id.isprintable():
        raise NotFound
    found = await reader.row(
        ConversionLine,
        """
        SELECT line.*, creator.name AS creator_name, creator.name_en AS creator_name_en
        FROM conversion AS line
        LEFT JOIN creator ON creator.creator_id = line.creator_id
        WHERE line.network = %(network)s AND line.order_line_id = %(order_line_id)s
        """,
        network=network.value,
        order_line_id=order_line_id,
    )
    if found is None:
        raise NotFound
    return found


async def revisions_of(reader: Reader, line: Conversion) -> list[RevisionStep]:
    """Everything that reports said of a line and what it changed, the newest first; the first REVISIONS_SHOWN of a
    line with more than any network ever sent."""
    steps = await reader.rows(
        RevisionStep,
        """
        SELECT revision.revision, revision.report_id, report.file_name, revision.recorded_at, revision.reported
        FROM conversion_revision AS revision
        JOIN conversion_report AS report USING (report_id)
        WHERE revision.network = %(network)s AND revision.order_line_id = %(order_line_id)s
        ORDER BY revision.revision
        LIMIT %(limit)s
        """,
        network=line.network.value,
        order_line_id=line.order_line_id,
        limit=REVISIONS_SHOWN,
    )
    changes = told_apart([step.reported for step in steps], line)
    told = [msgspec.structs.replace(step, changes=change) for step, change in zip(steps, changes, strict=True)]
    return told[::-1]


async def reports(
    reader: Reader, *, network: Network | None = None, cursor: str | None = None, size: int | None = None
) -> Page[ReportLine]:
    """The reports that came, the newest first. Raises CursorBroken."""
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ReportLine,
        """
        SELECT report.*, person.name AS person_name
        FROM conversion_report AS report
        JOIN person USING (person_id)
        WHERE report.report_id < %(before_id)s AND (%(network)s::text IS NULL OR report.network = %(network)s)
        ORDER BY report.report_id DESC
        LIMIT %(limit)s
        """,
        before_id=before_id,
        network=None if network is None else network.value,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.report_id,))


async def report_of(reader: Reader, report_id: ReportId) -> ReportLine:
    """One report with what was wrong in it. Raises NotFound."""
    found = await reader.row(
        ReportLine,
        """
        SELECT report.*, person.name AS person_name
        FROM conversion_report AS report
        JOIN person USING (person_id)
        WHERE report.report_id = %(report_id)s
        """,
        report_id=report_id,
    )
    if found is None:
        raise NotFound
    return found
