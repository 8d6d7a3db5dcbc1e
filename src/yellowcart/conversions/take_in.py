"""Taking in a network's report: every line for itself, as often as it is sent, in whatever order reports come.

A report is read to its end first (`report_reading`), then written in batches, each one transaction. A report
that was broken off between two batches is unfinished and goes on when it is sent again: what it already did is
unchanged then. The very same content of a finished report does nothing and says so. What a report created and
changed is counted in the transaction that did it, so that its counts are true whoever goes on with it, also when
it is sent twice at the same moment.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.imports.file_product import RowProblem
from yellowcart.conversions.attribute import PromotionOwners, attribute
from yellowcart.conversions.events import ConversionChanged, ConversionReported
from yellowcart.conversions.model import (
    Attribution,
    Conversion,
    Fate,
    FeeTerms,
    Network,
    Outcome,
    Report,
    ReportedLine,
)
from yellowcart.conversions.report_reading import PROBLEMS_KEPT_MAX, NumberedLine, ReadReport, read_report
from yellowcart.conversions.rules import (
    KnownKey,
    SettledKey,
    fee_fen,
    first_known,
    is_stale,
    later_known,
    settle_keys,
)
from yellowcart.conversions.store import Revision, lock_lines, lock_network, write_lines, write_revisions
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database, Writer, json_value
from yellowcart.kernel.events import PLATFORM, Event, publish_many
from yellowcart.kernel.file_on_disk import shown_name
from yellowcart.kernel.ids import NoticeId, ReportId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.links.model import Action
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.store import read_timeline

BATCH: Final = 500
_CHUNK: Final = 1024 * 1024


async def take_in_report(
    database: Database, person: Person, network: Network | None, file_name: str, path: Path
) -> Outcome:
    """Take in a file. `network` None: the file must tell. Raises what `report_reading.read_report` raises, and
    then nothing was written.

    Reading happens in a thread and holds no connection. 500 lines are one transaction.
    """
    content_hash = await asyncio.to_thread(_hash_of, path)
    reading = read_report(path, network, today())
    report = await asyncio.to_thread(reading.__enter__)
    try:
        assert report.network is not None, "a report that was read is of some network"
        taking = TakingIn(report, person, shown_name(file_name), content_hash)
        async with database.writing() as writer:
            if await taking.begin(writer):
                return await taking.outcome(writer, known_already=True)
        batches = report.batches(BATCH)
        while batch := await asyncio.to_thread(next, batches, None):
            async with database.writing() as writer:
                await taking.take(writer, batch)
        async with database.writing() as writer:
            await taking.finish(writer)
            return await taking.outcome(writer)
    finally:
        await asyncio.to_thread(reading.__exit__, None, None, None)


async def take_in_lines(
    writer: Writer, person: Person, report: ReadReport, file_name: str, content_hash: str
) -> Outcome:
    """Take in a bounded report in the caller's transaction: a call of a program."""
    taking = TakingIn(report, person, file_name, content_hash)
    if await taking.begin(writer):
        return await taking.outcome(writer, known_already=True)
    for batch in report.batches(BATCH):
        await taking.take(writer, batch)
    await taking.finish(writer)
    return await taking.outcome(writer)


def today() -> date:
    """The day in Shanghai: JD's rows are settled by their day of payment."""
    return clock.now().astimezone(SHANGHAI).date()


class TakingIn:
    """One report on its way in: its counts so far, and what it needs to know of the platform."""

    def __init__(self, report: ReadReport, person: Person, file_name: str, content_hash: str) -> None:
        assert report.network is not None, "a report that was read is of some network"
        self._report = report
        self._network = report.network
        self._person = person
        self._file_name = file_name
        self._content_hash = content_hash
        self._report_id = new_id(ReportId)
        self._fates = dict.fromkeys(Fate, 0)
        self._wrong_count = report.wrong_count
        self._problems = list(report.problems)
        self._owners = PromotionOwners(report.network)
        self._timeline: Timeline | None = None

    async def begin(self, writer: Writer) -> bool:
        """Write the report's own row, or find it: True where the same content was taken in before."""
        await lock_network(writer, self._network)
        found = await writer.row(
            _Begun,
            """
            SELECT report_id, finished_at FROM conversion_report
            WHERE network = %(network)s AND content_hash = %(content_hash)s
            """,
            network=self._network.value,
            content_hash=self._content_hash,
        )
        if found is not None:
            self._report_id = found.report_id
            return found.finished_at is not None
        await writer.run(
            """INSERT INTO conversion_report (report_id, network, file_name, format, content_hash, person_id,
            received_at, row_count, created_count, changed_count, unchanged_count, stale_count, wrong_count,
            problems) VALUES (%(report_id)s, %(network)s, %(file_name)s, %(format)s, %(content_hash)s,
            %(person_id)s, %(now)s, %(row_count)s, 0, 0, 0, 0, %(wrong_count)s, '[]')""",
            report_id=self._report_id,
            network=self._network.value,
            file_name=self._file_name,
            format=self._report.form,
            content_hash=self._content_hash,
            person_id=self._person.person_id,
            now=clock.now(),
            row_count=self._report.row_count,
            wrong_count=self._wrong_count,
        )
        return False

    async def take(self, writer: Writer, batch: Sequence[NumberedLine]) -> None:
        """Take in some lines: match them to what is known, keep what is new, count them to creators, tell it."""
        if self._timeline is None:
            self._timeline = await read_timeline(writer)
        await lock_network(writer, self._network)
        lines = [each.line for each in batch]
        by_order = self._network is Network.TAOBAO_UNION
        known = {
            line.order_line_id: line
            for line in await lock_lines(
                writer,
                self._network,
                {line.order_line_id for line in lines},
                {line.order_id for line in lines} if by_order else (),
            )
        }
        keys = settle_keys(
            lines,
            (
                KnownKey(line.order_line_id, line.network_line_id, line.order_id, line.item_id)
                for line in known.values()
            ),
        )
        before = dict(self._fates)
        revisions = self._fold(known, batch, keys)
        await self._count(writer, before)
        reported = [known[key] for key in dict.fromkeys(settled.key for settled in keys) if key is not None]
        found = await attribute(
            writer, self._network, [line for line in reported if line.creator_id is None], self._owners
        )
        told = {revision.order_line_id for revision in revisions} | found.keys()
        named = {settled.key for settled in keys if settled.network_line_id is not None}
        changed = [
            self._with_fee(_counted_to(line, found.get(line.order_line_id)))
            for line in reported
            if line.order_line_id in told or line.order_line_id in named
        ]
        await write_lines(writer, changed)
        await write_revisions(writer, revisions)
        new = {revision.order_line_id for revision in revisions if revision.revision == 1}
        await publish_many(
            writer,
            [
                (PLATFORM, self._event(line, new=line.order_line_id in new))
                for line in changed
                if line.order_line_id in told
            ],
        )

    async def _count(self, writer: Writer, before: Mapping[Fate, int]) -> None:
        await writer.run(
            """
            UPDATE conversion_report
            SET created_count = created_count + %(created)s, changed_count = changed_count + %(changed)s
            WHERE report_id = %(report_id)s AND finished_at IS NULL
            """,
            created=self._fates[Fate.CREATED] - before[Fate.CREATED],
            changed=self._fates[Fate.CHANGED] - before[Fate.CHANGED],
            report_id=self._report_id,
        )

    def _fold(
        self, known: dict[str, Conversion], batch: Sequence[NumberedLine], keys: Sequence[SettledKey]
    ) -> list[Revision]:
        """Put every line onto what is known, in the order of the report; answers what they said that is new."""
        now = clock.now()
        revisions: list[Revision] = []
        for each, settled in zip(batch, keys, strict=True):
            if settled.key is None:
                self._refuse(each)
                continue
            before = known.get(settled.key)
            after, fate = self._after(before, each.line, settled.key, now)
            self._fates[fate] += 1
            if after is not None:
                revisions.append(self._revision(after, each.line, now))
            present = after or before
            if present is not None and settled.network_line_id is not None:
                present = msgspec.structs.replace(present, network_line_id=settled.network_line_id)
            if present is not None:
                known[settled.key] = present
        return revisions

    def _after(
        self, before: Conversion | None, line: ReportedLine, key: str, now: datetime
    ) -> tuple[Conversion | None, Fate]:
        if before is None:
            return first_known(line, key, self._report_id, now), Fate.CREATED
        after = later_known(before, line, self._report_id, now)
        if after is not None:
            return after, Fate.CHANGED
        return None, Fate.STALE if is_stale(before, line) else Fate.UNCHANGED

    def _revision(self, after: Conversion, line: ReportedLine, now: datetime) -> Revision:
        return Revision(
            network=after.network,
            order_line_id=after.order_line_id,
            revision=after.revision,
            report_id=self._report_id,
            reported=line,
            recorded_at=now,
        )

    def _refuse(self, each: NumberedLine) -> None:
        self._wrong_count += 1
        if len(self._problems) < PROBLEMS_KEPT_MAX:
            self._problems.append(
                RowProblem(
                    row=each.row,
                    column="",
                    message=N_(
                        "This order is known by several lines of the same item, and the report does not tell"
                        " which one it means."
                    ),
                    cell=each.line.order_line_id,
                )
            )

    def _with_fee(self, line: Conversion) -> Conversion:
        terms = self._fee_terms(line)
        amount = None if terms is None else fee_fen(line, terms.basis_points)
        if terms is None or amount is None:
            return msgspec.structs.replace(line, fee_basis_points=None, fee_fen=None, fee_notice_id=None)
        return msgspec.structs.replace(
            line, fee_basis_points=terms.basis_points, fee_fen=amount, fee_notice_id=terms.notice_id
        )

    def _fee_terms(self, line: Conversion) -> FeeTerms | None:
        """The terms that were frozen with the line, else those of the rule in force when it was placed."""
        if line.fee_basis_points is not None and line.fee_notice_id is not None:
            return FeeTerms(line.fee_basis_points, line.fee_notice_id)
        placed_at = line.placed_at or line.paid_at
        if line.surface is None or placed_at is None or self._timeline is None:
            return None
        said = verdict(self._timeline, line.surface, line.network.value, placed_at)
        if said.action is not Action.ALLOW_WITH_FEE or said.fee_basis_points is None or said.rule is None:
            return None
        return FeeTerms(said.fee_basis_points, NoticeId(said.rule.notice_id))

    def _event(self, line: Conversion, *, new: bool) -> Event:
        if new:
            return ConversionReported(
                network=line.network,
                order_line_id=line.order_line_id,
                report_id=self._report_id,
                state=line.state,
                creator_id=line.creator_id,
            )
        return ConversionChanged(
            network=line.network,
            order_line_id=line.order_line_id,
            report_id=self._report_id,
            state=line.state,
            creator_id=line.creator_id,
            revision=line.revision,
        )

    async def finish(self, writer: Writer) -> None:
        """Write down what became of the lines, and who sent them; nothing where another has done so meanwhile.
        A line that this report itself had created or changed before it was broken off is neither stale nor
        unchanged."""
        right_count = sum(self._fates.values())
        counts = await writer.row(
            _Counts,
            """
            UPDATE conversion_report
            SET finished_at = %(now)s, wrong_count = %(wrong_count)s, problems = %(problems)s,
                stale_count = least(%(stale)s, greatest(%(right)s - created_count - changed_count, 0)),
                unchanged_count = greatest(%(right)s - created_count - changed_count - %(stale)s, 0)
            WHERE report_id = %(report_id)s AND finished_at IS NULL
            RETURNING created_count, changed_count, unchanged_count, stale_count
            """,
            now=clock.now(),
            wrong_count=self._wrong_count,
            problems=json_value(self._problems),
            stale=self._fates[Fate.STALE],
            right=right_count,
            report_id=self._report_id,
        )
        if counts is None:
            return
        await audit.record(
            writer,
            self._person,
            "conversions:report:take_in",
            f"conversion_report:{self._report_id}",
            after={"network": self._network.value, "file": self._file_name, "wrong_count": self._wrong_count}
            | msgspec.structs.asdict(counts),
        )

    async def outcome(self, writer: Writer, *, known_already: bool = False) -> Outcome:
        """The report as it is kept."""
        found = await writer.row(
            Report, "SELECT * FROM conversion_report WHERE report_id = %(report_id)s", report_id=self._report_id
        )
        assert found is not None, "the report was begun"
        return Outcome(report=found, known_already=known_already)


def _counted_to(line: Conversion, attribution: Attribution | None) -> Conversion:
    if attribution is None:
        return line
    return msgspec.structs.replace(line, **msgspec.structs.asdict(attribution))


class _Begun(msgspec.Struct, frozen=True):
    report_id: ReportId
    finished_at: datetime | None


class _Counts(msgspec.Struct, frozen=True):
    created_count: int
    changed_count: int
    unchanged_count: int
    stale_count: int


def _hash_of(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
