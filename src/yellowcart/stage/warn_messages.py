"""What creators are told before a link rule begins, and when it is withdrawn before that."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from yellowcart.accounts.inbox import NewMessage, in_both, post_messages
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import CreatorId, NoticeId, PersonId
from yellowcart.kernel.translation import N_, Locale
from yellowcart.links.model import Action, Grace, Pair, Surface, Terms, Verdict
from yellowcart.stage.rule_messages import (
    ADVICE_REFUSED,
    NOTHING,
    BothTexts,
    Told,
    lines,
    moment_text,
    occasion_of,
    percent_text,
    read_told,
    twin_text,
)
from yellowcart.stage.twins import Twin

WARNED = "rule.warning"
TAKEN_BACK = "rule.taken_back"

COMING: dict[Action, str] = {
    Action.REFUSE: N_("From %(begins)s goods of %(places)s may not be listed any more."),
    Action.REQUIRE_CHANNEL: N_("From %(begins)s goods of %(places)s may be listed only as tasks of %(channel)s."),
    Action.ALLOW_WITH_FEE: N_("From %(begins)s the platform takes a fee of %(fee)s of what is sold: %(places)s."),
}
ADVICE_CHANNEL = N_(
    "What to do: place your products as tasks of %(channel)s and write the task numbers onto your listings;"
    " those without one leave their carts."
)


class Affected(msgspec.Struct, kw_only=True):
    """What a creator has in carts of what a rule will touch, by surface and source; 0 where it was lately."""

    creator_id: CreatorId
    person_id: PersonId
    in_carts: dict[Pair, int]
    twins: list[Twin] = msgspec.field(default_factory=list)


async def tell_of_what_comes(
    writer: Writer,
    notice_id: NoticeId,
    begins_at: datetime,
    days_before: int,
    judged: Mapping[Pair, Verdict],
    affected: Sequence[Affected],
) -> None:
    """Warn everybody whom a notice will touch; repeating it warns nobody twice."""
    told = await read_told(writer, notice_id)
    if told is None:
        return
    left = time_left(begins_at - clock.now())
    why = told.why()
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=each.person_id,
                kind=WARNED,
                occasion=warning_occasion(notice_id, begins_at, days_before),
                title=N_("In %(left)s a link rule begins that touches your carts"),
                body="%(coming)s\n%(mine)s\n%(grace)s\n%(why)s\n%(advice)s\n%(twin)s",
                parts={
                    "left": left,
                    "coming": _coming(told, {pair: judged[pair] for pair in each.in_carts}, begins_at),
                    "mine": _mine(each),
                    "grace": _grace(told, {pair: judged[pair] for pair in each.in_carts}),
                    "why": why,
                    "advice": _advice(judged[pair] for pair in each.in_carts),
                    "twin": twin_text(each.twins),
                },
                link=told.link,
            )
            for each in affected
        ],
    )


async def tell_of_withdrawal(writer: Writer, notice_id: NoticeId, people: Iterable[PersonId]) -> None:
    """Tell those who were warned of a notice that it was withdrawn, and by what it was replaced, if it was."""
    told = await read_told(writer, notice_id)
    taken_back = None if told is None else told.published.withdrawal
    if told is None or taken_back is None:
        return
    replaced = taken_back.replaced_by
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=person_id,
                kind=TAKEN_BACK,
                occasion=f"notice:{notice_id}",
                title=N_("Withdrawn: a link rule that you were warned of"),
                body="%(what)s\n%(reason)s\n%(next)s",
                parts={
                    "what": in_both(
                        N_("Notice “%(notice)s”, which was to begin at %(begins)s, was withdrawn at %(at)s."),
                        notice=told.title(),
                        begins=moment_text(told.published.notice.effective_at),
                        at=moment_text(taken_back.at),
                    ),
                    "reason": {each.value: taken_back.reason.in_language(each.value) for each in Locale},
                    "next": NOTHING
                    if replaced is None
                    else in_both(
                        N_("Notice %(code)s takes its place; you are warned of it by itself."), code=replaced
                    ),
                },
                link="/creator",
            )
            for person_id in people
        ],
    )


def warning_occasion(notice_id: NoticeId, begins_at: datetime, days_before: int) -> str:
    """The occasion of one step of warning."""
    return f"{occasion_of(notice_id, begins_at)}:{days_before}"


def time_left(left: timedelta) -> BothTexts:
    """A stretch of time in whole days, or in hours where it is less than two days; rounded, at least one hour."""
    hours = max((left + timedelta(minutes=30)) // timedelta(hours=1), 1)
    if hours >= 48:
        return in_both(N_("%(count)s days"), count=(hours + 12) // 24)
    return in_both(N_("%(count)s hours"), count=hours)


def _coming(told: Told, judged: Mapping[Pair, Verdict], begins_at: datetime) -> BothTexts:
    groups: dict[Terms, list[Pair]] = {}
    for pair, each in judged.items():
        groups.setdefault(each.terms, []).append(pair)
    return lines(
        in_both(
            COMING[terms.action],
            begins=moment_text(begins_at),
            places=told.places(pairs),
            fee=percent_text(terms.fee_basis_points or 0),
            channel=terms.channel or "",
        )
        for terms, pairs in groups.items()
    )


def _mine(each: Affected) -> BothTexts:
    in_carts = sum(each.in_carts.values())
    if not in_carts:
        return in_both(N_("You had such products in carts within the last 7 days."))
    return in_both(N_("You have such products in carts now: %(count)s."), count=in_carts)


def _grace(told: Told, judged: Mapping[Pair, Verdict]) -> BothTexts:
    takes = {Action.REFUSE, Action.REQUIRE_CHANNEL}
    live = any(surface is Surface.LIVE_CART and each.action in takes for (surface, _), each in judged.items())
    if not live or told.published.notice.grace is not Grace.ROOM_ENDS:
        return NOTHING
    return in_both(N_("Rooms on air at that moment keep what stands in their carts until they end."))


def _advice(judged: Iterable[Verdict]) -> BothTexts:
    verdicts = list(judged)
    channels = sorted({each.channel for each in verdicts if each.channel is not None})
    sentences = [in_both(ADVICE_CHANNEL, channel=channel) for channel in channels]
    if any(each.action is Action.REFUSE for each in verdicts):
        sentences.append(in_both(ADVICE_REFUSED))
    return lines(sentences)
