"""Link rules over HTTP, for everybody: whoever lists goods must know what holds and when it ends."""

from datetime import datetime

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import PUBLIC
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.kernel.translation import N_, Locale
from yellowcart.links.feeds import RuleAnswer, moment_key, rule_answer
from yellowcart.links.model import Action, LinkRule, Surface, VerdictReason
from yellowcart.links.rules import verdict
from yellowcart.links.store import read_sources, read_timeline
from yellowcart.links.wording import verdict_text


class VerdictAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a pair at a moment, why, since when, and when it changes next."""

    surface: Surface
    source: str
    action: Action
    fee_basis_points: int | None
    channel: str | None
    reason: VerdictReason
    text: dict[str, str]
    notice_id: int | None
    since: datetime | None
    next_change_at: datetime | None
    next_action: Action | None


class VerdictsAnswer(msgspec.Struct, frozen=True):
    """Every surface and source at one moment."""

    at: datetime
    verdicts: list[VerdictAnswer]


@get("/", guards=[PUBLIC])
async def list_rules(
    database: NamedDependency[Database],
    surface: FromQuery[Surface | None] = None,
    source: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[RuleAnswer]:
    """The timeline of link rules, past and coming, in order of effect; of one surface or one source if named."""
    async with database.reading() as reader:
        timeline = await read_timeline(reader)
    after = decode_cursor(cursor, tuple[str, str, str], ("", "", ""))
    limit = bounded_size(size)
    rules = [
        rule
        for rule in sorted(timeline.rules, key=_key)
        if _key(rule) > after and surface in (None, rule.surface) and source in (None, rule.source)
    ]
    page = page_of(rules[: limit + 1], limit, _key)
    return Page(items=[rule_answer(rule) for rule in page.items], next_cursor=page.next_cursor)


@get("/verdicts", guards=[PUBLIC])
async def list_verdicts(
    database: NamedDependency[Database], at: FromQuery[datetime | None] = None
) -> VerdictsAnswer:
    """What holds for every surface and source at a moment, past or future; without `at`, now."""
    if at is not None and at.tzinfo is None:
        raise InvalidFields({"at": N_("A moment needs its zone, for example 2022-03-01T00:00:00+08:00.")})
    moment = at or clock.now()
    async with database.reading() as reader:
        timeline = await read_timeline(reader)
        sources = await read_sources(reader)
    answers = []
    for each in sources:
        for surface in Surface:
            found = verdict(timeline, surface, each.source, moment)
            coming = found.next_change
            answers.append(
                VerdictAnswer(
                    surface=surface,
                    source=each.source,
                    action=found.action,
                    fee_basis_points=found.fee_basis_points,
                    channel=found.channel,
                    reason=found.reason,
                    text={locale.value: verdict_text(found, locale) for locale in Locale},
                    notice_id=found.rule.notice_id if found.rule else None,
                    since=found.since,
                    next_change_at=coming.at if coming else None,
                    next_action=coming.action if coming else None,
                )
            )
    return VerdictsAnswer(moment, answers)


def _key(rule: LinkRule) -> tuple[str, str, str]:
    return (moment_key(rule.effective_at), rule.surface.value, rule.source)


RULE_ROUTES = Router("/api/v1/link-rules", route_handlers=[list_rules, list_verdicts], tags=["link rules"])
