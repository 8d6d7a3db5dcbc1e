"""The notices of a demo world: those announced in its past, those planned for its future, and drafts nobody has
decided on.

What lies in the past is written as it was published. What comes is written, submitted and approved by two
operators through their own use cases and announced by the platform's timer: nobody can read of it before its day.
"""

from datetime import datetime, timedelta

from yellowcart.accounts.model import Person
from yellowcart.demo import model
from yellowcart.demo.seed_rows import Seeded
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import NoticeId, new_id
from yellowcart.links.drafts import Bilingual, DraftContent, NoticeDraft
from yellowcart.links.model import Action, Notice, NoticeLine, Surface, Wording
from yellowcart.links.publish import publish_draft
from yellowcart.links.store import PublishedNotice, enact
from yellowcart.links.submit import submit_draft
from yellowcart.links.write_draft import draft_notice

OPERATOR = "operator"
"""The login of who drafts."""
SECOND_OPERATOR = "operator_night"
"""The login of who decides."""

DRAFTED_BEFORE = timedelta(hours=3)
SUBMITTED_BEFORE = timedelta(hours=2)
APPROVED_BEFORE = timedelta(hours=1)
"""When, before the world's start, what was written lately was written, handed over and decided on."""


async def publish_announced(database: Database, seeded: Seeded, *, until: datetime) -> None:
    """Write the notices announced by then and not known yet, each at the moment of its announcement."""
    async with database.writing() as writer:
        known = set(await writer.column("SELECT code FROM notice"))
        for notice in sorted(seeded.world.notices, key=lambda each: each.announced_at):
            if notice.key not in known and notice.announced_at <= until:
                clock.process_clock().freeze(max(notice.announced_at, seeded.world.history_from))
                await _publish(writer, seeded, notice)


async def seed_drafts(database: Database, seeded: Seeded) -> None:
    """Schedule the notices that are announced after the world's start, and submit the drafts."""
    world = seeded.world
    announced_later = [each for each in world.notices if each.announced_at > world.starts_at]
    coming: list[model.Notice | model.Draft] = [*sorted(announced_later, key=lambda each: each.announced_at)]
    drafter, second = seeded.people[OPERATOR], seeded.people[SECOND_OPERATOR]
    async with database.writing() as writer:
        written = []
        for each in (*coming, *world.drafts):
            clock.process_clock().freeze(world.starts_at - DRAFTED_BEFORE)
            draft = await draft_notice(writer, drafter, content_of(each))
            clock.process_clock().freeze(world.starts_at - SUBMITTED_BEFORE)
            written.append(await submit_draft(writer, drafter, draft.draft_id, version=draft.version))
        for draft in written[: len(coming)]:
            await _approve(writer, second, draft, world.starts_at - APPROVED_BEFORE)


async def _approve(writer: Writer, second: Person, draft: NoticeDraft, at: datetime) -> None:
    clock.process_clock().freeze(at)
    await publish_draft(writer, second, draft.draft_id, version=draft.version)


async def _publish(writer: Writer, seeded: Seeded, notice: model.Notice) -> None:
    published = PublishedNotice(
        code=notice.key,
        title=_wording(notice.title),
        notice=Notice(
            id=new_id(NoticeId),
            issuer=_wording(notice.issuer),
            text=_wording(notice.text),
            reason=_wording(notice.reason),
            announced_at=notice.announced_at,
            effective_at=notice.effective_at,
            lines=_lines(notice),
        ),
        provenance=notice.source,
    )
    people = seeded.people
    await enact(
        writer,
        published,
        by=people[SECOND_OPERATOR].person_id,
        drafted_by=people[OPERATOR].person_id,
        history=True,
    )


def content_of(notice: model.Notice | model.Draft) -> DraftContent:
    """What an operator writes so that the platform announces a notice at its moment, or a draft when approved."""
    return DraftContent(
        code=notice.key,
        issuer=_bilingual(notice.issuer),
        title=_bilingual(notice.title),
        text=_bilingual(notice.text),
        reason=_bilingual(notice.reason),
        announced_at=notice.announced_at if isinstance(notice, model.Notice) else None,
        effective_at=notice.effective_at,
        lines=_lines(notice),
    )


def _lines(notice: model.Notice | model.Draft) -> tuple[NoticeLine, ...]:
    return tuple(
        NoticeLine(
            action=Action(rule.action.value),
            sources=rule.link_sources,
            surfaces=tuple(Surface(surface) for surface in rule.surfaces),
            fee_basis_points=rule.fee_basis_points,
            channel=rule.channel,
        )
        for rule in notice.rules
    )


def _wording(text: model.Text) -> Wording:
    return Wording(text.zh, text.en)


def _bilingual(text: model.Text) -> Bilingual:
    return Bilingual(text.zh, text.en)
