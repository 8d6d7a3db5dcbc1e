"""Reads of notices, drafts and the timeline, for pages, programs and higher floors."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import DraftId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.links.draft_store import DRAFT, DraftRow, read_draft, storable
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.model import DraftState, Notice, Standing
from yellowcart.links.preview import Preview, preview
from yellowcart.links.rules import Timeline, standing
from yellowcart.links.store import (
    NOTICE,
    NoticeRow,
    PublishedNotice,
    Source,
    read_notices,
    read_sources,
    read_timeline,
)

__all__ = [
    "OPEN_STATES",
    "DraftCount",
    "NoticeCount",
    "NoticeGroup",
    "PublishedNotice",
    "Source",
    "codes_of",
    "draft",
    "draft_by_code",
    "draft_counts",
    "drafts_of",
    "next_announcement",
    "notice",
    "notice_counts",
    "notices_of",
    "open_amendment",
    "preview_of",
    "read_notices",
    "read_sources",
    "read_timeline",
    "standing_of",
]

SEARCH_LENGTH_MAX = 80
OPEN_STATES = (DraftState.SUBMITTED, DraftState.SCHEDULED, DraftState.DRAFT)
"""The states in which a draft may still become a notice."""


class NoticeGroup(StrEnum):
    """The lists in which published notices are shown."""

    COMING = "coming"
    """Published, not withdrawn, and still to take effect; the next one first."""
    IN_FORCE = "in_force"
    """Has taken effect; the latest first."""
    WITHDRAWN = "withdrawn"
    """Taken back before it took effect, or replaced; the latest first."""


class NoticeCount(msgspec.Struct, frozen=True):
    """How many published notices each group holds."""

    coming: int
    in_force: int
    withdrawn: int


class DraftCount(msgspec.Struct, frozen=True):
    """How many drafts are open, and how many of them wait for a second operator."""

    open: int
    submitted: int


async def draft(reader: Reader, draft_id: DraftId) -> NoticeDraft:
    """A draft. Raises NotFound."""
    return await read_draft(reader, draft_id)


async def draft_by_code(reader: Reader, code: str) -> NoticeDraft | None:
    """The draft with a code, whatever its state; a discarded one only if no other has the code. None if none."""
    row = await reader.row(
        DraftRow,
        DRAFT
        + """
        WHERE draft.code = %(code)s
        ORDER BY draft.state = 'discarded', draft.draft_id DESC
        LIMIT 1
        """,
        code=storable(code),
    )
    return None if row is None else row.draft()


async def drafts_of(
    reader: Reader,
    *,
    states: Sequence[DraftState] = OPEN_STATES,
    text: str = "",
    cursor: str | None = None,
    size: int | None = None,
) -> Page[NoticeDraft]:
    """Drafts in any of these states, those changed last first; with `text` those whose code, title or drafter
    contains it."""
    before, before_id = decode_cursor(cursor, tuple[datetime, int], (datetime(9999, 1, 1, tzinfo=UTC), 2**53))
    limit = bounded_size(size)
    rows = await reader.rows(
        DraftRow,
        DRAFT
        + """
        WHERE draft.state = ANY(%(states)s)
          AND (draft.updated_at, draft.draft_id) < (%(before)s, %(before_id)s)
          AND (%(text)s = '' OR strpos(lower(concat_ws(' ', draft.code, draft.title_zh, draft.title_en,
                                                       drafter.name)), lower(%(text)s)) > 0)
        ORDER BY draft.updated_at DESC, draft.draft_id DESC
        LIMIT %(limit)s
        """,
        states=[each.value for each in states],
        before=before,
        before_id=before_id,
        text=storable(text).strip()[:SEARCH_LENGTH_MAX],
        limit=limit + 1,
    )
    return page_of([row.draft() for row in rows], limit, lambda each: (_told(each.updated_at), each.draft_id))


async def next_announcement(reader: Reader) -> list[datetime]:
    """When the platform itself announces the next approved notice; empty when none is scheduled."""
    return await reader.column(
        "SELECT announced_at FROM notice_draft WHERE state = 'scheduled' ORDER BY announced_at LIMIT 1"
    )


async def draft_counts(reader: Reader) -> DraftCount:
    """How many drafts are open, and how many wait for a second operator."""
    found = await reader.row(
        DraftCount,
        """
        SELECT count(*) AS open, count(*) FILTER (WHERE state = 'submitted') AS submitted
        FROM notice_draft
        WHERE state IN ('draft', 'submitted', 'scheduled')
        """,
    )
    return found or DraftCount(0, 0)


async def open_amendment(reader: Reader, code: str) -> NoticeDraft | None:
    """The open draft that would replace the notice with this code, the latest if there are several."""
    row = await reader.row(
        DraftRow,
        DRAFT
        + """
        WHERE replaced.code = %(code)s AND draft.state IN ('draft', 'submitted', 'scheduled')
        ORDER BY draft.draft_id DESC
        LIMIT 1
        """,
        code=storable(code),
    )
    return None if row is None else row.draft()


async def notice(reader: Reader, code: str) -> PublishedNotice:
    """A published notice, withdrawn or not. Raises NotFound."""
    row = await reader.row(NoticeRow, NOTICE + "WHERE notice.code = %(code)s", code=storable(code))
    if row is None:
        raise NotFound
    return row.published()


_COMING = """
    WHERE withdrawal.notice_id IS NULL AND notice.effective_at > %(now)s
      AND (notice.effective_at, notice.notice_id) > (%(moment)s, %(id)s)
      AND (%(text)s = '' OR strpos(lower(concat_ws(' ', notice.code, notice.title_zh, notice.title_en,
                                                   notice.issuer_zh, notice.issuer_en)), lower(%(text)s)) > 0)
    ORDER BY notice.effective_at, notice.notice_id
    LIMIT %(limit)s
"""

_IN_FORCE = """
    WHERE withdrawal.notice_id IS NULL AND notice.effective_at <= %(now)s
      AND (notice.effective_at, notice.notice_id) < (%(moment)s, %(id)s)
      AND (%(text)s = '' OR strpos(lower(concat_ws(' ', notice.code, notice.title_zh, notice.title_en,
                                                   notice.issuer_zh, notice.issuer_en)), lower(%(text)s)) > 0)
    ORDER BY notice.effective_at DESC, notice.notice_id DESC
    LIMIT %(limit)s
"""

_WITHDRAWN = """
    WHERE withdrawal.notice_id IS NOT NULL
      AND (withdrawal.withdrawn_at, notice.notice_id) < (%(moment)s, %(id)s)
      AND (%(text)s = '' OR strpos(lower(concat_ws(' ', notice.code, notice.title_zh, notice.title_en,
                                                   notice.issuer_zh, notice.issuer_en)), lower(%(text)s)) > 0)
    ORDER BY withdrawal.withdrawn_at DESC, notice.notice_id DESC
    LIMIT %(limit)s
"""

_GROUPS = {
    NoticeGroup.COMING: (_COMING, (datetime(1970, 1, 1, tzinfo=UTC), 0)),
    NoticeGroup.IN_FORCE: (_IN_FORCE, (datetime(9999, 1, 1, tzinfo=UTC), 2**53)),
    NoticeGroup.WITHDRAWN: (_WITHDRAWN, (datetime(9999, 1, 1, tzinfo=UTC), 2**53)),
}


async def notices_of(
    reader: Reader, group: NoticeGroup, *, text: str = "", cursor: str | None = None, size: int | None = None
) -> Page[PublishedNotice]:
    """One list of published notices; with `text` those whose code, title or issuer contains it."""
    condition, first = _GROUPS[group]
    moment, after_id = decode_cursor(cursor, tuple[datetime, int], first)
    limit = bounded_size(size)
    rows = await reader.rows(
        NoticeRow,
        NOTICE + condition,
        now=clock.now(),
        moment=moment,
        id=after_id,
        text=storable(text).strip()[:SEARCH_LENGTH_MAX],
        limit=limit + 1,
    )
    return page_of(
        [row.published() for row in rows],
        limit,
        lambda each: (_told(each.withdrawal.at if each.withdrawal else each.notice.effective_at), each.notice.id),
    )


async def notice_counts(reader: Reader) -> NoticeCount:
    """How many published notices are coming, have taken effect, and were withdrawn."""
    found = await reader.row(
        NoticeCount,
        """
        SELECT count(*) FILTER (WHERE withdrawal.notice_id IS NULL AND effective_at > %(now)s) AS coming,
               count(*) FILTER (WHERE withdrawal.notice_id IS NULL AND effective_at <= %(now)s) AS in_force,
               count(withdrawal.notice_id) AS withdrawn
        FROM notice
        LEFT JOIN notice_withdrawal AS withdrawal USING (notice_id)
        """,
        now=clock.now(),
    )
    return found or NoticeCount(0, 0, 0)


def codes_of(notices: Sequence[PublishedNotice]) -> dict[int, str]:
    """The codes of notices by their ids."""
    return {published.notice.id: published.code for published in notices}


def standing_of(published: PublishedNotice, timeline: Timeline, at: datetime) -> Standing:
    """What has become of a notice by the moment `at`."""
    taken_back = published.withdrawal
    return standing(
        published.notice,
        timeline,
        at,
        withdrawn=taken_back is not None,
        replaced=taken_back is not None and taken_back.replaced_by is not None,
    )


async def preview_of(reader: Reader, proposed: Notice, *, now: datetime | None = None) -> Preview:
    """What a notice would do to the timeline as it stands, if it were published at `now` (the present)."""
    timeline = await read_timeline(reader)
    sources = [source.source for source in await read_sources(reader)]
    codes = codes_of(await read_notices(reader))
    return preview(timeline, proposed, sources, now or clock.now(), codes)


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
