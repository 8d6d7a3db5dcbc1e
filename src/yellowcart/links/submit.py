"""Handing a draft over: its drafter submits it or takes it back, another sends it back, and it is given up."""

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import DraftId
from yellowcart.links.draft_rules import (
    REMARK_LENGTH_MAX,
    require_drafter,
    require_move,
    require_second,
    require_version,
)
from yellowcart.links.draft_store import lock_draft, move_draft, read_draft
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.errors import DraftMoveImpossible, RemarkMissing
from yellowcart.links.model import DraftState
from yellowcart.links.readiness import require_ready
from yellowcart.links.telling import tell_discarded, tell_returned, tell_submitted


async def submit_draft(writer: Writer, person: Person, draft_id: DraftId, *, version: int) -> NoticeDraft:
    """Ask another operator to decide; from now on the draft cannot be rewritten. Every other operator is told.

    Raises NotFound, DraftOfAnother, DraftMoveImpossible, DraftStale, and what `require_ready` raises.
    """
    draft = await lock_draft(writer, draft_id)
    require_drafter(draft, person.person_id)
    require_move(draft, DraftState.SUBMITTED)
    require_version(draft, version)
    await require_ready(writer, draft, clock.now())
    await move_draft(writer, draft, DraftState.SUBMITTED)
    await _record(writer, person, draft, "submit", DraftState.SUBMITTED)
    submitted = await read_draft(writer, draft_id)
    await tell_submitted(writer, submitted)
    return submitted


async def take_back_draft(writer: Writer, person: Person, draft_id: DraftId, *, version: int) -> NoticeDraft:
    """Go on writing a draft that was submitted or scheduled. Only its drafter does.

    Raises NotFound, DraftOfAnother, DraftMoveImpossible, DraftStale.
    """
    draft = await lock_draft(writer, draft_id)
    require_drafter(draft, person.person_id)
    _require_handed_over(draft)
    require_version(draft, version)
    await move_draft(writer, draft, DraftState.DRAFT)
    await _record(writer, person, draft, "take_back", DraftState.DRAFT)
    return await read_draft(writer, draft_id)


async def return_draft(
    writer: Writer, person: Person, draft_id: DraftId, *, version: int, remark: str
) -> NoticeDraft:
    """Send a submitted or scheduled draft back to its drafter, with a remark that says why.

    Raises NotFound, OwnDraft, DraftMoveImpossible, DraftStale, RemarkMissing.
    """
    draft = await lock_draft(writer, draft_id)
    require_second(draft, person.person_id)
    _require_handed_over(draft)
    require_version(draft, version)
    remark = _required(remark)
    await move_draft(writer, draft, DraftState.DRAFT, decided_by=person.person_id, remark=remark)
    await _record(writer, person, draft, "return", DraftState.DRAFT, remark)
    returned = await read_draft(writer, draft_id)
    await tell_returned(writer, returned)
    return returned


async def discard_draft(
    writer: Writer, person: Person, draft_id: DraftId, *, version: int, remark: str = ""
) -> NoticeDraft:
    """Give up a draft for good; its code is free again. Its drafter may, and any other operator who says why: a
    draft outlives its drafter's time at the platform.

    Raises NotFound, DraftMoveImpossible, DraftStale, RemarkMissing.
    """
    draft = await lock_draft(writer, draft_id)
    require_move(draft, DraftState.DISCARDED)
    require_version(draft, version)
    if draft.drafted_by == person.person_id:
        decided_by, remark = draft.decided_by, remark.strip()[:REMARK_LENGTH_MAX]
    else:
        decided_by, remark = person.person_id, _required(remark)
    await move_draft(writer, draft, DraftState.DISCARDED, decided_by=decided_by, remark=remark)
    await _record(writer, person, draft, "discard", DraftState.DISCARDED, remark)
    discarded = await read_draft(writer, draft_id)
    if discarded.drafted_by != person.person_id:
        await tell_discarded(writer, discarded)
    return discarded


def _require_handed_over(draft: NoticeDraft) -> None:
    if draft.state not in (DraftState.SUBMITTED, DraftState.SCHEDULED):
        raise DraftMoveImpossible


def _required(remark: str) -> str:
    remark = remark.strip()
    if not remark or len(remark) > REMARK_LENGTH_MAX or "\0" in remark:
        raise RemarkMissing
    return remark


async def _record(
    writer: Writer, person: Person, draft: NoticeDraft, verb: str, to: DraftState, remark: str = ""
) -> None:
    await audit.record(
        writer,
        person,
        f"links:draft:{verb}",
        f"draft:{draft.draft_id}",
        before={"state": draft.state.value},
        after={"state": to.value} | ({"remark": remark} if remark else {}),
    )
