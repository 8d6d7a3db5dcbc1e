"""What the public feeds of notices share: a notice as plain values, and whether a reader has it already."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import msgspec

from yellowcart.kernel.ids import NoticeId
from yellowcart.links.drafts import Bilingual
from yellowcart.links.model import Action, Grace, LinkRule, Surface, Wording
from yellowcart.links.rules import Timeline
from yellowcart.links.store import PublishedNotice

SETTLED_AFTER = timedelta(seconds=2)
"""HTTP dates count whole seconds: what changed this recently may change once more within the same second, so no
date is told for it yet."""


class RuleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: what becomes of goods of `source` on `surface` from `effective_at` on."""

    surface: Surface
    source: str
    effective_at: datetime
    action: Action
    fee_basis_points: int | None
    channel: str | None
    notice_id: int


class NoticeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A published notice, in both languages, with its rules.

    A withdrawn one keeps its words and has no rules. `replaces` and `replaced_by` are codes of notices. `grace`
    tells what becomes of rooms that are on air at the moment of effect.
    """

    notice_id: NoticeId
    code: str
    issuer: Wording
    title: Wording
    text: Wording
    reason: Wording
    announced_at: datetime
    effective_at: datetime
    provenance: str
    grace: Grace
    rules: list[RuleAnswer]
    replaces: str | None
    replaced_by: str | None
    withdrawn_at: datetime | None
    withdrawal_reason: Bilingual | None
    changed_at: datetime


class NoticeFeed(msgspec.Struct, frozen=True):
    """Every published notice, oldest effect first."""

    notices: list[NoticeAnswer]


class Validators(msgspec.Struct, frozen=True):
    """By what a reader of a feed asks whether it has changed (RFC 9110 §8.8)."""

    etag: str
    last_modified: datetime | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell them. A copy may be kept, and is asked for anew before each use."""
        told = {"etag": self.etag, "cache-control": "no-cache"}
        if self.last_modified is not None:
            told["last-modified"] = format_datetime(self.last_modified.astimezone(UTC), usegmt=True)
        return told

    def are_known(self, *, if_none_match: str | None, if_modified_since: str | None) -> bool:
        """Whether the reader has this very content. A tag counts; a date only where no tag was sent
        (RFC 9110 §13.2.2); what cannot be read is passed over."""
        if if_none_match is not None:
            tags = {tag.strip().removeprefix("W/") for tag in if_none_match[:2_000].split(",")}
            return "*" in tags or self.etag in tags
        if if_modified_since is None or self.last_modified is None:
            return False
        try:
            since = parsedate_to_datetime(if_modified_since[:100])
        except (TypeError, ValueError):
            return False
        if since.tzinfo is None:
            return False
        return self.last_modified.replace(microsecond=0) <= since


def validators_of(content: bytes, notices: Iterable[PublishedNotice], now: datetime) -> Validators:
    """The validators of a feed's content that was made of these notices."""
    changed_at = max((each.changed_at for each in notices), default=None)
    if changed_at is not None and now - changed_at < SETTLED_AFTER:
        changed_at = None
    return Validators(f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"', changed_at)


def moment_key(moment: datetime) -> str:
    """Text that sorts like the moment it tells: microseconds always written, always UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def rule_answer(rule: LinkRule) -> RuleAnswer:
    """A rule as plain values."""
    return RuleAnswer(
        surface=rule.surface,
        source=rule.source,
        effective_at=rule.effective_at.astimezone(UTC),
        action=rule.action,
        fee_basis_points=rule.fee_basis_points,
        channel=rule.channel,
        notice_id=rule.notice_id,
    )


def rules_by_notice(timeline: Timeline) -> dict[int, list[LinkRule]]:
    """The rules of every notice, in order of effect, then surface, then source."""
    found: dict[int, list[LinkRule]] = {}
    for rule in sorted(timeline.rules, key=lambda each: (each.effective_at, each.surface, each.source)):
        found.setdefault(rule.notice_id, []).append(rule)
    return found


def notice_answer(published: PublishedNotice, rules: Mapping[int, list[LinkRule]]) -> NoticeAnswer:
    """A notice as plain values, with its rules out of `rules_by_notice`."""
    notice, taken_back = published.notice, published.withdrawal
    return NoticeAnswer(
        notice_id=NoticeId(notice.id),
        code=published.code,
        issuer=notice.issuer,
        title=published.title,
        text=notice.text,
        reason=notice.reason,
        announced_at=notice.announced_at.astimezone(UTC),
        effective_at=notice.effective_at.astimezone(UTC),
        provenance=published.provenance,
        grace=notice.grace,
        rules=[rule_answer(rule) for rule in rules.get(notice.id, ())],
        replaces=published.replaces,
        replaced_by=taken_back.replaced_by if taken_back else None,
        withdrawn_at=taken_back.at.astimezone(UTC) if taken_back else None,
        withdrawal_reason=taken_back.reason if taken_back else None,
        changed_at=published.changed_at.astimezone(UTC),
    )
