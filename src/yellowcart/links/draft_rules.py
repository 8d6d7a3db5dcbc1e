"""Decisions on drafts of notices: what may be saved, what is still missing, who may do what, and when.

Pure: values in, values out. A draft may be saved unfinished but never ill-formed; it is submitted only when it
is whole; and it is published only if its rules change nothing that has already been answered (design.md
"Link rules": a timeline without overlaps, append-only).
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from unicodedata import category

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.money import WHOLE
from yellowcart.kernel.translation import N_
from yellowcart.links.drafts import Bilingual, DraftContent, NoticeDraft
from yellowcart.links.errors import DraftMoveImpossible, DraftOfAnother, DraftStale, OwnDraft
from yellowcart.links.model import NOTICE_DRAFT_MOVES, Action, DraftState, NoticeLine, SourceScope

Problem = str | tuple[str, dict[str, object]]
"""A translatable sentence, with the values for its places where it has some."""

CODE_LENGTH_MAX: Final = 60
ISSUER_LENGTH_MAX: Final = 60
TITLE_LENGTH_MAX: Final = 120
TEXT_LENGTH_MAX: Final = 5_000
REASON_LENGTH_MAX: Final = 1_000
REMARK_LENGTH_MAX: Final = 500
CHANNEL_LENGTH_MAX: Final = 60
LINES_MAX: Final = 40
"""Sentences of one notice; the longest of domain.md §0 has three."""

SCHEDULE_LEAD: Final = timedelta(minutes=5)
"""A notice that publishes itself takes effect at least this long after its announcement: the timer that publishes
it may run late, and a rule never begins before it is published."""
ANNOUNCED_LATE: Final = timedelta(minutes=1)
"""A notice that its timer publishes later than this after its plan bears the true moment as its announcement."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED: Final = frozenset({"new"})
_NOT_A_CODE: Final = re.compile(r"[^a-z0-9]+")
_LENGTHS: Final[Mapping[str, int]] = {
    "issuer": ISSUER_LENGTH_MAX,
    "title": TITLE_LENGTH_MAX,
    "text": TEXT_LENGTH_MAX,
    "reason": REASON_LENGTH_MAX,
}

TOO_LONG: Final = N_("At most %(most)s characters.")
UNREADABLE: Final = N_("This contains line ends or control characters that do not belong here.")
CODE_SHAPE: Final = N_("Small letters, digits and single hyphens only, such as kuaishou-2022-03-01.")
NOT_A_MOMENT: Final = N_("Choose a date and a time between the years 2000 and 2100.")
AFTER_ITS_EFFECT: Final = N_("A notice is announced before it takes effect, not after.")
BEFORE_ITS_NOTICE: Final = N_("A line cannot begin before its notice.")
TOO_MANY_LINES: Final = N_("A notice has at most %(most)s lines. Split it into two notices.")
NO_LINES: Final = N_("A notice needs at least one line: what becomes of which source on which surface.")
ONE_LANGUAGE: Final = N_("Write it in at least one of the two languages.")
NO_SURFACE: Final = N_("Choose at least one surface, or every surface.")
NO_SOURCE: Final = N_("Choose at least one source, or a group of sources.")
UNKNOWN_SOURCE: Final = N_("There is no such source: %(source)s.")
FEE_RANGE: Final = N_("A fee is more than 0 and at most 100 percent, with at most two decimals.")
FEE_UNASKED: Final = N_("A fee belongs only to a line that allows with a fee.")
CHANNEL_NAME: Final = N_("Name the channel, in at most %(most)s characters.")
CHANNEL_UNASKED: Final = N_("A channel belongs only to a line that requires one.")


def line_problems(
    action: Action | None,
    *,
    sources: Collection[str] | SourceScope,
    surfaces: Collection[str] | None,
    fee_basis_points: int | None,
    channel: str | None,
    known_sources: Collection[str],
) -> dict[str, Problem]:
    """What is wrong with one line of a notice, by field; empty for a line of which a `NoticeLine` can be made.

    A fee is 1 to 10,000 basis points (0.01 to 100 %). `surfaces` None means every surface.
    """
    problems: dict[str, Problem] = {}
    if surfaces is not None and not surfaces:
        problems["surfaces"] = NO_SURFACE
    if not isinstance(sources, SourceScope):
        unknown = sorted(set(sources) - set(known_sources))
        if not sources:
            problems["sources"] = NO_SOURCE
        elif unknown:
            problems["sources"] = (UNKNOWN_SOURCE, {"source": ", ".join(unknown)[:200]})
    if action is Action.ALLOW_WITH_FEE:
        if fee_basis_points is None or not 0 < fee_basis_points <= WHOLE:
            problems["fee"] = FEE_RANGE
    elif fee_basis_points is not None:
        problems["fee"] = FEE_UNASKED
    if action is Action.REQUIRE_CHANNEL:
        if not channel or not channel.strip() or len(channel) > CHANNEL_LENGTH_MAX or not channel.isprintable():
            problems["channel"] = (CHANNEL_NAME, {"most": CHANNEL_LENGTH_MAX})
    elif channel is not None:
        problems["channel"] = CHANNEL_UNASKED
    return problems


def problems_of(content: DraftContent, known_sources: Collection[str]) -> dict[str, Problem]:
    """What keeps a draft from being saved, by field (`title_zh`, `effective_at`, `lines.0.sources`).

    Texts may be missing, and so may lines. An empty code is no problem: one is proposed.
    """
    problems: dict[str, Problem] = {}
    if content.code and (
        len(content.code) > CODE_LENGTH_MAX or not _CODE.fullmatch(content.code) or content.code in _RESERVED
    ):
        problems["code"] = CODE_SHAPE
    for name, most in _LENGTHS.items():
        written: Bilingual = getattr(content, name)
        for language, text in (("zh", written.zh), ("en", written.en)):
            if len(text) > most:
                problems[f"{name}_{language}"] = (TOO_LONG, {"most": most})
            elif not _is_writing(text, in_paragraphs=name in {"text", "reason"}):
                problems[f"{name}_{language}"] = UNREADABLE
    for name, moment in (("announced_at", content.announced_at), ("effective_at", content.effective_at)):
        if moment is not None and not EARLIEST <= moment < LATEST:
            problems[name] = NOT_A_MOMENT
    if content.announced_at is not None and content.announced_at > content.effective_at:
        problems.setdefault("announced_at", AFTER_ITS_EFFECT)
    if len(content.lines) > LINES_MAX:
        problems["lines"] = (TOO_MANY_LINES, {"most": LINES_MAX})
    for number, line in enumerate(content.lines[:LINES_MAX]):
        problems |= {
            f"lines.{number}.{name}": each for name, each in _of_line(line, content, known_sources).items()
        }
    return problems


def _is_writing(text: str, *, in_paragraphs: bool) -> bool:
    """Whether it holds nothing but what people write: no control characters and no halves of characters; ends of
    lines only where there are paragraphs."""
    allowed = "\n\t" if in_paragraphs else ""
    return all(sign in allowed or category(sign) not in {"Cc", "Cs", "Zl", "Zp"} for sign in text)


def _of_line(line: NoticeLine, content: DraftContent, known_sources: Collection[str]) -> dict[str, Problem]:
    problems = line_problems(
        line.action,
        sources=line.sources,
        surfaces=line.surfaces,
        fee_basis_points=line.fee_basis_points,
        channel=line.channel,
        known_sources=known_sources,
    )
    if line.effective_at is not None:
        if not EARLIEST <= line.effective_at < LATEST:
            problems["effective_at"] = NOT_A_MOMENT
        elif line.effective_at < content.effective_at:
            problems["effective_at"] = BEFORE_ITS_NOTICE
    return problems


def missing_in(content: DraftContent) -> dict[str, Problem]:
    """What a draft still needs before it can be submitted, by field; a text in one language is enough."""
    missing: dict[str, Problem] = {
        f"{name}_zh": ONE_LANGUAGE for name in _LENGTHS if getattr(content, name).is_empty
    }
    if not content.lines:
        missing["lines"] = NO_LINES
    return missing


def propose_code(issuer: Bilingual, effective_at: datetime, taken: Collection[str]) -> str:
    """A code for a notice: who and which day (Shanghai), and a number where that is taken."""
    day = effective_at.astimezone(SHANGHAI).strftime("%Y-%m-%d")
    beginning = f"{slug(issuer.en)}-{day}"
    return next_code(beginning, taken)


def slug(text: str) -> str:
    """The Latin letters and digits of a text as the beginning of a code; `notice` where there are none."""
    words = _NOT_A_CODE.sub("-", text.lower()).strip("-")
    return words[:40].strip("-") or "notice"


def next_code(beginning: str, taken: Collection[str]) -> str:
    """The code itself, or with the first number from 2 on that is free."""
    number, code = 1, beginning
    while code in taken or code in _RESERVED:
        number += 1
        code = f"{beginning}-{number}"
    return code


def require_move(draft: NoticeDraft, to: DraftState) -> None:
    """Raises DraftMoveImpossible for a step that NOTICE_DRAFT_MOVES does not have."""
    if to not in NOTICE_DRAFT_MOVES[draft.state]:
        raise DraftMoveImpossible


def require_version(draft: NoticeDraft, version: int) -> None:
    """Raises DraftStale when the draft is not the one that was read."""
    if draft.version != version:
        raise DraftStale


def require_drafter(draft: NoticeDraft, person_id: PersonId) -> None:
    """Raises DraftOfAnother, which says whose it is: only who drafted it writes it."""
    if draft.drafted_by != person_id:
        raise DraftOfAnother(name=draft.drafter_name)


def require_second(draft: NoticeDraft, person_id: PersonId) -> None:
    """Raises OwnDraft: who drafts does not decide on it."""
    if draft.drafted_by == person_id:
        raise OwnDraft


def is_scheduled_for_later(content: DraftContent, now: datetime) -> bool:
    """Whether its approval only schedules it: its announcement lies ahead."""
    return content.announced_at is not None and content.announced_at > now


def leaves_time_for_the_timer(content: DraftContent) -> bool:
    """Whether a scheduled notice takes effect at least SCHEDULE_LEAD after its announcement."""
    return content.announced_at is None or content.effective_at - content.announced_at >= SCHEDULE_LEAD


def announcement(planned: datetime | None, now: datetime) -> datetime:
    """The moment of announcement that a notice published now bears: its plan, if its timer kept it, else now."""
    if planned is not None and planned <= now <= planned + ANNOUNCED_LATE:
        return planned
    return now
