"""What the people of a notice are told in their inbox: that it waits, was sent back, approved, published, could
not be published, or was withdrawn. Each once, however often a verb is repeated."""

from collections.abc import Iterable
from datetime import datetime

from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import NoticeId, PersonId
from yellowcart.kernel.translation import N_, Locale
from yellowcart.links.drafts import Bilingual, NoticeDraft
from yellowcart.links.model import Wording
from yellowcart.links.store import PublishedNotice

OPERATORS_TOLD_MAX = 200


async def tell_submitted(writer: Writer, draft: NoticeDraft) -> None:
    """Every active operator but the drafter, of a draft that waits for one of them."""
    operators: list[PersonId] = await writer.column(
        """
        SELECT person.person_id
        FROM person
        JOIN person_role ON person_role.person_id = person.person_id AND person_role.role = 'operator'
        WHERE person.state = 'active' AND person.person_id <> %(drafter)s
        ORDER BY person.person_id
        LIMIT %(most)s
        """,
        drafter=draft.drafted_by,
        most=OPERATORS_TOLD_MAX,
    )
    await _post(
        writer,
        operators,
        draft,
        kind="notice.submitted",
        title=N_("A notice waits for a second operator"),
        body=N_("%(name)s submitted “%(title)s”. Read what it would do, then publish it or send it back."),
        name=draft.drafter_name,
    )


async def tell_returned(writer: Writer, draft: NoticeDraft) -> None:
    """The drafter, of a draft that was sent back and why."""
    await _post(
        writer,
        [draft.drafted_by],
        draft,
        kind="notice.returned",
        title=N_("Your notice was sent back"),
        body=N_("%(name)s sent “%(title)s” back: %(remark)s"),
        name=draft.decider_name or "",
        remark=draft.decision_remark,
    )


async def tell_discarded(writer: Writer, draft: NoticeDraft) -> None:
    """The drafter, of a draft that another operator gave up."""
    await _post(
        writer,
        [draft.drafted_by],
        draft,
        kind="notice.discarded",
        title=N_("Your draft of a notice was discarded"),
        body=N_("%(name)s discarded “%(title)s”: %(remark)s"),
        name=draft.decider_name or "",
        remark=draft.decision_remark,
    )


async def tell_scheduled(writer: Writer, draft: NoticeDraft) -> None:
    """The drafter, of an approval that lets the timer publish the notice."""
    await _post(
        writer,
        [draft.drafted_by],
        draft,
        kind="notice.scheduled",
        title=N_("Your notice was approved"),
        body=N_("%(name)s approved “%(title)s”. It is published by itself at %(at)s (Beijing time)."),
        name=draft.decider_name or "",
        at=_moment(draft.content.announced_at or draft.updated_at),
    )


async def tell_published(writer: Writer, draft: NoticeDraft) -> None:
    """The drafter, of a notice that stands on the timeline now."""
    await _post(
        writer,
        [draft.drafted_by],
        draft,
        kind="notice.published",
        title=N_("Your notice is published"),
        body=N_("“%(title)s” is published and takes effect at %(at)s (Beijing time)."),
        link=f"/operator/notices/{draft.code}",
        at=_moment(draft.content.effective_at),
    )


async def tell_not_published(writer: Writer, draft: NoticeDraft, refusal: Refusal) -> None:
    """Both people, of a scheduled notice that the timer could not publish."""
    await _post(
        writer,
        _known([draft.drafted_by, draft.decided_by]),
        draft,
        kind="notice.unpublishable",
        title=N_("A scheduled notice could not be published"),
        body=N_("“%(title)s” was due to be published, but it is a draft again: %(why)s"),
        why={locale.value: refusal.text(locale) for locale in Locale},
    )


async def tell_withdrawn(
    writer: Writer, published: PublishedNotice, notice_id: NoticeId, people: Iterable[PersonId | None]
) -> None:
    """Whose notice it was, of its withdrawal and why."""
    taken_back = published.withdrawal
    if taken_back is None:
        return
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=person_id,
                kind="notice.withdrawn",
                occasion=f"notice:{notice_id}",
                title=N_("Your notice was withdrawn"),
                body=N_("%(name)s withdrew “%(title)s” before it took effect: %(remark)s"),
                parts={
                    "name": taken_back.by_name,
                    "title": _both(published.title),
                    "remark": _both(taken_back.reason),
                },
                link=f"/operator/notices/{published.code}",
            )
            for person_id in _known(people)
        ],
    )


async def _post(
    writer: Writer,
    people: Iterable[PersonId],
    draft: NoticeDraft,
    *,
    kind: str,
    title: str,
    body: str,
    link: str = "",
    **parts: str | dict[str, str],
) -> None:
    """One message about this version of a draft to each; its title is a part of every body."""
    named: dict[str, str | dict[str, str]] = {"title": _both(draft.content.title.worded(draft.code))}
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=person_id,
                kind=kind,
                occasion=f"draft:{draft.draft_id}:{draft.version}",
                title=title,
                body=body,
                parts=named | parts,
                link=link or f"/operator/drafts/{draft.draft_id}",
            )
            for person_id in people
        ],
    )


def _both(text: Wording | Bilingual) -> dict[str, str]:
    return {locale.value: text.in_language(locale.value) for locale in Locale}


def _known(people: Iterable[PersonId | None]) -> list[PersonId]:
    return sorted({each for each in people if each is not None})


def _moment(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
