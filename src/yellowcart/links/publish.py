"""Publishing a notice: a second operator approves what another has drafted, and a timer keeps the announcement."""

from datetime import datetime

import msgspec
import structlog

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import on_the_way
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import DraftId, NoticeId, PersonId, new_id
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import sweep
from yellowcart.links.draft_rules import (
    announcement,
    is_scheduled_for_later,
    require_second,
    require_version,
)
from yellowcart.links.draft_store import lock_draft, lock_due_draft, move_draft, read_draft
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.errors import DraftMoveImpossible
from yellowcart.links.events import NoticePublished
from yellowcart.links.model import DraftState
from yellowcart.links.readiness import require_ready
from yellowcart.links.store import PublishedNotice, enact, take_the_rule_desk
from yellowcart.links.telling import tell_not_published, tell_published, tell_scheduled
from yellowcart.links.withdraw import replace_notice

_not_published = Setbacks[DraftId]("publish_scheduled")

log = structlog.get_logger()


async def publish_draft(writer: Writer, person: Person, draft_id: DraftId, *, version: int) -> NoticeDraft:
    """Approve a submitted draft. Without a moment of announcement, or with one that has passed, it is published
    now and bears this moment; with one that lies ahead it is scheduled, and `publish_scheduled` publishes it.

    A draft that replaces a notice withdraws that one in the same transaction. Raises NotFound, OwnDraft,
    DraftMoveImpossible, DraftStale, NoticeGone, NoticeBegun, and what `require_ready` raises.
    """
    draft = await lock_draft(writer, draft_id)
    require_second(draft, person.person_id)
    if draft.state is not DraftState.SUBMITTED:
        raise DraftMoveImpossible
    require_version(draft, version)
    await take_the_rule_desk(writer)
    now = clock.now()
    if is_scheduled_for_later(draft.content, now):
        await _schedule(writer, person, draft, now)
    else:
        await _publish(writer, draft, now, decided_by=person.person_id, person=person)
    return await read_draft(writer, draft_id)


async def _schedule(writer: Writer, person: Person, draft: NoticeDraft, now: datetime) -> None:
    await require_ready(writer, draft, now)
    await move_draft(writer, draft, DraftState.SCHEDULED, decided_by=person.person_id)
    await audit.record(
        writer,
        person,
        "links:draft:schedule",
        f"draft:{draft.draft_id}",
        before={"state": draft.state.value},
        after={"state": DraftState.SCHEDULED.value, "announced_at": draft.content.announced_at},
    )
    await tell_scheduled(writer, await read_draft(writer, draft.draft_id))


async def _publish(
    writer: Writer, draft: NoticeDraft, now: datetime, *, decided_by: PersonId, person: Person | None
) -> None:
    """Make the notice of a locked draft, with the rule desk taken. `person` is None for the timer."""
    await require_ready(writer, draft, now)
    content, notice_id = draft.content, new_id(NoticeId)
    if draft.replaces_notice_id is not None:
        await replace_notice(writer, draft.replaces_notice_id, by=decided_by, person=person, reason=content.reason)
    told = draft.as_notice(announced_at=announcement(content.announced_at, now))
    published = PublishedNotice(
        code=content.code,
        title=content.title.worded(content.code),
        notice=msgspec.structs.replace(told, id=notice_id),
        provenance="",
    )
    rules = await enact(writer, published, by=decided_by, drafted_by=draft.drafted_by)
    await move_draft(writer, draft, DraftState.PUBLISHED, decided_by=decided_by, notice_id=notice_id)
    await audit.record(
        writer,
        person,
        "links:notice:publish",
        f"notice:{notice_id}",
        after={
            "code": content.code,
            "draft": draft.draft_id,
            "rules": len(rules),
            "effective_at": content.effective_at,
        },
    )
    await publish(
        writer,
        NoticePublished(
            notice_id=notice_id,
            code=content.code,
            effective_at=content.effective_at,
            replaces_notice_id=draft.replaces_notice_id,
        ),
    )
    await tell_published(writer, await read_draft(writer, draft.draft_id))
    log.info("notice.published", code=content.code, rules=len(rules))


@sweep(every_s=2)
async def publish_scheduled(database: Database) -> int:
    """Publish the scheduled notice whose announcement is due first; answers how many drafts it has dealt with.

    Held by a row lock, so that each is published once, whoever runs. What cannot be published any more, because
    its rules have come too late or collide by now, goes back to its drafter with the reason; both people are told.
    One at which something breaks is tried again later, and keeps no other waiting.
    """
    async with database.writing() as writer:
        now = clock.now()
        draft = await lock_due_draft(writer, now, put_off=_not_published.put_off())
        if draft is None or draft.decided_by is None:
            return 0
        with _not_published.sparing(draft.draft_id):
            try:
                async with writer.attempt():
                    await take_the_rule_desk(writer)
                    await _publish(writer, draft, now, decided_by=draft.decided_by, person=None)
            except Refusal as refusal:
                async with writer.attempt():
                    await _send_back(writer, draft, refusal)
    return 1


@on_the_way
async def publish_on_the_way(writer: Writer, to: datetime) -> None:
    """Publish every scheduled notice whose announcement a moved clock passes over, as announced at its moment.

    Nobody could ask for a verdict between two moments that a clock leaps over, so none changes. Afterwards it
    would be too late: the timer sends back what should have begun before it was published.
    """
    while (draft := await lock_due_draft(writer, to)) is not None and draft.decided_by is not None:
        planned = draft.content.announced_at
        try:
            async with writer.attempt():
                await take_the_rule_desk(writer)
                await _publish(
                    writer, draft, max(planned or to, clock.now()), decided_by=draft.decided_by, person=None
                )
        except Refusal as refusal:
            await _send_back(writer, draft, refusal)


async def _send_back(writer: Writer, draft: NoticeDraft, refusal: Refusal) -> None:
    """What the timer could not publish. The remark is the refusal's sentence in English, which is its message id:
    pages translate it."""
    await move_draft(writer, draft, DraftState.DRAFT, decided_by=draft.decided_by, remark=refusal.message)
    await audit.record(
        writer,
        None,
        "links:draft:unpublishable",
        f"draft:{draft.draft_id}",
        before={"state": draft.state.value},
        after={"state": DraftState.DRAFT.value, "refusal": refusal.code},
    )
    await tell_not_published(writer, await read_draft(writer, draft.draft_id), refusal)
    log.warning("notice.unpublishable", code=draft.code, refusal=refusal.code)
