"""Whether a draft can become a notice: asked when it is submitted, and again when it is published."""

from datetime import datetime

from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.links.draft_rules import (
    is_scheduled_for_later,
    leaves_time_for_the_timer,
    missing_in,
    problems_of,
)
from yellowcart.links.draft_store import code_is_taken
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.errors import NoticeCodeTaken, RulesCollide, RulesInThePast, ScheduleTooTight
from yellowcart.links.preview import Preview, preview
from yellowcart.links.queries import codes_of
from yellowcart.links.store import read_notices, read_sources, read_timeline
from yellowcart.links.withdraw import lock_coming_notice


async def require_ready(writer: Writer, draft: NoticeDraft, now: datetime) -> Preview:
    """What the draft would do if it were published as planned: at `now`, or at its announcement if that is later.

    A notice that would change nothing is no refusal; the preview says so. Raises InvalidFields for what is missing
    or ill-formed, NoticeCodeTaken, ScheduleTooTight, RulesInThePast, RulesCollide; NoticeGone and NoticeBegun for
    an amendment that comes too late.
    """
    sources = [source.source for source in await read_sources(writer)]
    content = draft.content
    problems = problems_of(content, sources) | missing_in(content)
    if problems:
        raise InvalidFields(problems)
    if await code_is_taken(writer, content.code, except_draft=draft.draft_id):
        raise NoticeCodeTaken
    if draft.replaces_code is not None:
        await lock_coming_notice(writer, draft.replaces_code)
    published_at = now
    if is_scheduled_for_later(content, now) and content.announced_at is not None:
        if not leaves_time_for_the_timer(content):
            raise ScheduleTooTight
        published_at = content.announced_at
    codes = codes_of(await read_notices(writer))
    timeline = await read_timeline(writer)
    expected = preview(timeline, draft.as_notice(), sources, published_at, codes)
    if expected.late:
        raise RulesInThePast
    if expected.collisions:
        raise RulesCollide(expected.collisions)
    return expected
