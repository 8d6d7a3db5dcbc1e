"""Taking in what viewers do: by the thousand, in sets, written before they are answered."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from yellowcart.kernel import clock
from yellowcart.kernel.batching import BatchLane
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import Invalid, NotFound
from yellowcart.kernel.ids import EventId, ListingId, PersonId, RoomId, VideoId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.stage.audience import AudienceKind

BATCH_MAX = 500
QUEUE_MAX = 20_000
PLACES_KNOWN_MAX = 50_000
ABOUT_A_LISTING = frozenset({AudienceKind.TAP, AudienceKind.JUMP_OUT})

Id = Annotated[int, Meta(gt=0, lt=2**53)]


class AudienceReportWrong(Invalid):
    """A report names one room or one video, and a listing where it is about one."""

    code = "audience_report_wrong"
    message = N_("A report names either a room or a video, and its listing where it is about one.")


class AudienceReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one viewer did, as a page reports it. `visitor` is a random name that the browser keeps."""

    kind: AudienceKind
    visitor: Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    room_id: Id | None = None
    video_id: Id | None = None
    listing_id: Id | None = None

    def require_sense(self) -> None:
        """Raises AudienceReportWrong."""
        if (self.room_id is None) == (self.video_id is None):
            raise AudienceReportWrong
        if self.kind in ABOUT_A_LISTING and self.listing_id is None:
            raise AudienceReportWrong


class Noted(msgspec.Struct, frozen=True):
    """A report with who made it, if they are signed in."""

    report: AudienceReport
    person_id: PersonId | None


class AudienceIntake:
    """The lane of audience events of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, int], None] = {}
        self._lane: BatchLane[str, Noted, bool] = BatchLane(self._commit, batch_max=BATCH_MAX, queue_max=QUEUE_MAX)

    async def take(self, report: AudienceReport, person_id: PersonId | None) -> None:
        """Write a report down; returns after its commit. Raises AudienceReportWrong, NotFound, QueueFull."""
        report.require_sense()
        if not await self._lane.submit("audience", Noted(report, person_id)):
            raise NotFound

    async def drain(self) -> None:
        """Wait until everything taken is written."""
        await self._lane.drain()

    async def _commit(self, _: str, noted: Sequence[Noted]) -> Sequence[bool]:
        async with self._database.writing() as writer:
            await self._learn(writer, noted)
            known = [self._place(each) in self._known for each in noted]
            await write_audience(writer, [each for each, place in zip(noted, known, strict=True) if place])
        return known

    async def _learn(self, writer: Writer, noted: Sequence[Noted]) -> None:
        """Rooms and videos are never deleted, so what was found once needs no second look."""
        unknown = {self._place(each) for each in noted} - self._known.keys()
        if not unknown:
            return
        for kind, query in (
            ("room", "SELECT room_id FROM room WHERE room_id = ANY(%(ids)s)"),
            ("video", "SELECT video_id FROM video WHERE video_id = ANY(%(ids)s)"),
        ):
            if ids := [place_id for of_kind, place_id in unknown if of_kind == kind]:
                self._known |= dict.fromkeys((kind, found) for found in await writer.column(query, ids=ids))
        while len(self._known) > PLACES_KNOWN_MAX:
            self._known.pop(next(iter(self._known)))

    @staticmethod
    def _place(noted: Noted) -> tuple[str, int]:
        report = noted.report
        return ("video", report.video_id) if report.room_id is None else ("room", report.room_id)  # type: ignore[return-value]


async def write_audience(writer: Writer, noted: Sequence[Noted]) -> None:
    """Write reports of existing rooms and videos, and count them."""
    if not noted:
        return
    now = clock.now()
    await writer.run(
        """
        INSERT INTO audience_event (event_id, kind, room_id, video_id, listing_id, person_id, visitor, happened_at)
        SELECT event_id, kind, room_id, video_id, listing_id, person_id, visitor, %(now)s
        FROM unnest(%(event_ids)s::bigint[], %(kinds)s::text[], %(room_ids)s::bigint[], %(video_ids)s::bigint[],
                    %(listing_ids)s::bigint[], %(person_ids)s::bigint[], %(visitors)s::text[])
            AS noted (event_id, kind, room_id, video_id, listing_id, person_id, visitor)
        """,
        now=now,
        event_ids=[new_id(EventId) for _ in noted],
        kinds=[each.report.kind.value for each in noted],
        room_ids=[each.report.room_id for each in noted],
        video_ids=[each.report.video_id for each in noted],
        listing_ids=[each.report.listing_id for each in noted],
        person_ids=[each.person_id for each in noted],
        visitors=[each.report.visitor for each in noted],
    )
    counts = Counter((each.report.room_id, each.report.kind) for each in noted if each.report.room_id is not None)
    rooms = sorted({room_id for room_id, _ in counts if room_id is not None})
    await writer.run(
        """
        INSERT INTO room_tally AS tally (room_id, enters, likes)
        SELECT room_id, enters, likes
        FROM unnest(%(room_ids)s::bigint[], %(enters)s::int[], %(likes)s::int[])
            AS counted (room_id, enters, likes)
        WHERE enters > 0 OR likes > 0
        ORDER BY room_id
        ON CONFLICT (room_id) DO UPDATE
        SET enters = tally.enters + excluded.enters, likes = tally.likes + excluded.likes
        """,
        room_ids=rooms,
        enters=[counts[room_id, AudienceKind.ENTER] for room_id in rooms],
        likes=[counts[room_id, AudienceKind.LIKE] for room_id in rooms],
    )


async def note_left(
    writer: Writer,
    listing_id: ListingId,
    *,
    room_id: RoomId | None,
    video_id: VideoId | None,
    visitor: str,
    person_id: PersonId | None,
) -> None:
    """Count a viewer who leaves through an outside listing among what viewers do (`stage.jumps` says the rest)."""
    report = AudienceReport(
        kind=AudienceKind.JUMP_OUT, visitor=visitor, room_id=room_id, video_id=video_id, listing_id=listing_id
    )
    await write_audience(writer, [Noted(report, person_id)])
