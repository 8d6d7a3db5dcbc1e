"""Writing a notice: beginning a draft, changing it, and beginning one that amends a notice still to come."""

from collections.abc import Collection

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import DraftId, NoticeId, new_id
from yellowcart.links.draft_rules import (
    CODE_LENGTH_MAX,
    next_code,
    problems_of,
    propose_code,
    require_drafter,
    require_version,
    slug,
)
from yellowcart.links.draft_store import (
    code_is_taken,
    codes_like,
    insert_draft,
    lock_draft,
    read_draft,
    save_content,
)
from yellowcart.links.drafts import Bilingual, DraftContent, NoticeDraft
from yellowcart.links.errors import AmendmentOpen, DraftMoveImpossible, NoticeCodeTaken
from yellowcart.links.model import DraftState
from yellowcart.links.queries import notice, open_amendment
from yellowcart.links.store import read_sources
from yellowcart.links.withdraw import lock_coming_notice


async def draft_notice(writer: Writer, person: Person, content: DraftContent) -> NoticeDraft:
    """Begin a notice. It may be unfinished; without a code it gets one of its issuer and its day.

    Raises InvalidFields for what is ill-formed, NoticeCodeTaken.
    """
    return await _begin(writer, person, content)


async def change_draft(
    writer: Writer, person: Person, draft_id: DraftId, content: DraftContent, *, version: int
) -> NoticeDraft:
    """Write what the draft says now; `version` is the one that the drafter has read.

    Raises NotFound, DraftOfAnother, DraftMoveImpossible (it is not being written any more), DraftStale,
    InvalidFields, NoticeCodeTaken.
    """
    before = await lock_draft(writer, draft_id)
    require_drafter(before, person.person_id)
    if before.state is not DraftState.DRAFT:
        raise DraftMoveImpossible
    require_version(before, version)
    content = await _checked(writer, content, except_draft=draft_id)
    if content != before.content:
        await save_content(writer, draft_id, content)
        changed = {
            name for name in content.__struct_fields__ if getattr(content, name) != getattr(before.content, name)
        }
        await audit.record(
            writer,
            person,
            "links:draft:change",
            f"draft:{draft_id}",
            before=_only(before.content, changed),
            after=_only(content, changed),
        )
    return await read_draft(writer, draft_id)


async def amend_notice(writer: Writer, person: Person, code: str) -> NoticeDraft:
    """Begin a draft with everything that a coming notice says, to take its place when it is published.

    Raises NotFound, NoticeGone, NoticeBegun, AmendmentOpen when somebody is already amending it.
    """
    held = await lock_coming_notice(writer, code)
    under_way = await open_amendment(writer, code)
    if under_way is not None:
        raise AmendmentOpen(code=under_way.code, name=under_way.drafter_name)
    told = await notice(writer, code)
    beginning = code[: CODE_LENGTH_MAX - 4].strip("-")
    content = DraftContent(
        code=next_code(beginning, await codes_like(writer, beginning)),
        issuer=Bilingual(told.notice.issuer.zh, told.notice.issuer.en),
        title=Bilingual(told.title.zh, told.title.en),
        text=Bilingual(told.notice.text.zh, told.notice.text.en),
        reason=Bilingual(told.notice.reason.zh, told.notice.reason.en),
        effective_at=told.notice.effective_at,
        lines=told.notice.lines,
        grace=told.notice.grace,
    )
    return await _begin(writer, person, content, replaces=held.notice_id)


async def _begin(
    writer: Writer, person: Person, content: DraftContent, *, replaces: NoticeId | None = None
) -> NoticeDraft:
    content = await _checked(writer, content)
    draft_id = new_id(DraftId)
    await insert_draft(writer, draft_id, content, by=person.person_id, replaces=replaces)
    await audit.record(
        writer,
        person,
        "links:draft:begin",
        f"draft:{draft_id}",
        after=_only(content, content.__struct_fields__) | ({"replaces": replaces} if replaces else {}),
    )
    return await read_draft(writer, draft_id)


async def _checked(reader: Reader, content: DraftContent, *, except_draft: DraftId | None = None) -> DraftContent:
    """The content as it may be saved, with a code. Raises InvalidFields, NoticeCodeTaken."""
    sources = [source.source for source in await read_sources(reader)]
    if problems := problems_of(content, sources):
        raise InvalidFields(problems)
    if not content.code:
        taken = await codes_like(reader, slug(content.issuer.en))
        return msgspec.structs.replace(content, code=propose_code(content.issuer, content.effective_at, taken))
    if await code_is_taken(reader, content.code, except_draft=except_draft):
        raise NoticeCodeTaken
    return content


def _only(content: DraftContent, names: Collection[str]) -> dict[str, object]:
    return {name: getattr(content, name) for name in sorted(names)}
