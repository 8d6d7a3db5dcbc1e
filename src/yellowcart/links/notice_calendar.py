"""Notices as a calendar that creators and merchants subscribe to (iCalendar, RFC 5545).

One event for every moment at which something begins. An amended notice keeps the events of the one that it
replaces: the same UID with a higher SEQUENCE, so that a calendar moves its entry instead of gaining a second one;
a moment that the amendment drops, and every moment of a withdrawn notice, is cancelled. Moments are written in
UTC, so that no calendar has to know a time zone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.links.model import LinkRule, Notice, Surface, Terms
from yellowcart.links.store import PublishedNotice
from yellowcart.links.wording import surface_word, terms_text

CONTENT_TYPE = "text/calendar"
WARNED_BEFORE = timedelta(days=1)
ASKED_AGAIN_AFTER = timedelta(hours=1)
"""How often a calendar is asked to look for changes."""

_NAME = N_("Yellowcart: notices on link rules")
_WITHDRAWN = N_("Withdrawn: %(title)s")
_REASON = N_("Reason: %(reason)s")
_BEGINS = N_("Takes effect at %(at)s (Beijing time)")
_TOMORROW = N_("Tomorrow: %(title)s")
_SENTENCE = N_("%(source)s: %(terms)s (%(surfaces)s)")
_EVERYWHERE = N_("every surface")


def notice_calendar(
    notices: Sequence[PublishedNotice],
    rules: Mapping[int, list[LinkRule]],
    source_names: Mapping[str, str],
    locale: Locale,
    site: str,
) -> bytes:
    """The calendar of all notices in one language. `rules` are those of `feeds.rules_by_notice`, `site` is the
    address that pages begin with, without a slash at its end. Equal notices make equal bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Yellowcart//Notices//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    name = translate(_NAME, locale)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", str(SHANGHAI))
    calendar.add("refresh-interval", ASKED_AGAIN_AFTER, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for versions in _chains(notices):
        for event in _events(versions, rules, source_names, locale, site):
            calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def moments_of(notice: Notice) -> tuple[datetime, ...]:
    """The moments at which something of a notice begins, in order; its own where it has no lines."""
    return tuple(
        sorted({line.effective_at or notice.effective_at for line in notice.lines} or {notice.effective_at})
    )


def _chains(notices: Sequence[PublishedNotice]) -> Iterator[list[PublishedNotice]]:
    """Each notice with the amendments that took its place, in their order."""
    successor = {
        each.notice.replaces_notice_id: each for each in notices if each.notice.replaces_notice_id is not None
    }
    for first in notices:
        if first.notice.replaces_notice_id is None:
            versions = [first]
            while (following := successor.get(versions[-1].notice.id)) and len(versions) <= len(notices):
                versions.append(following)
            yield versions


def _events(
    versions: Sequence[PublishedNotice],
    rules: Mapping[int, list[LinkRule]],
    source_names: Mapping[str, str],
    locale: Locale,
    site: str,
) -> Iterator[Event]:
    latest = versions[-1]
    moments = [moments_of(each.notice) for each in versions]
    standing = () if latest.withdrawal is not None else moments[-1]
    sequence = len(versions) - 1 + (latest.withdrawal is not None)
    for number in range(max(len(each) for each in moments)):
        cancelled = number >= len(standing)
        at = next(each[number] for each in reversed(moments) if number < len(each))
        event = Event()
        event.add("uid", f"notice-{versions[0].notice.id}-{number}@yellowcart")
        event.add("sequence", sequence)
        event.add("dtstamp", latest.changed_at.astimezone(UTC))
        event.add("last-modified", latest.changed_at.astimezone(UTC))
        event.add("dtstart", at.astimezone(UTC))
        event.add("transp", "TRANSPARENT")
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        title = latest.title.in_language(locale.value)
        event.add("summary", translate(_WITHDRAWN, locale, title=title) if cancelled else title)
        begun = [] if cancelled else [each for each in rules.get(latest.notice.id, ()) if each.effective_at == at]
        event.add("description", _description(latest, at, begun, source_names, locale))
        event.add("url", f"{site}/notices/{latest.code}")
        if not cancelled:
            event.add_component(_alarm(translate(_TOMORROW, locale, title=title)))
        yield event


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -WARNED_BEFORE)
    alarm.add("description", text)
    return alarm


def _description(
    published: PublishedNotice,
    at: datetime,
    begun: Iterable[LinkRule],
    source_names: Mapping[str, str],
    locale: Locale,
) -> str:
    language = locale.value
    taken_back = published.withdrawal
    reason = published.notice.reason.in_language(language)
    if taken_back is not None and not taken_back.reason.is_empty:
        reason = taken_back.reason.in_language(language)
    paragraphs = [
        translate(_BEGINS, locale, at=at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")),
        "\n".join(sentences_of(begun, source_names, locale)),
        published.notice.text.in_language(language),
        translate(_REASON, locale, reason=reason),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def sentences_of(rules: Iterable[LinkRule], source_names: Mapping[str, str], locale: Locale) -> list[str]:
    """Rules in words, one line for each source and what is demanded of it, such as `Taobao Union: Refused (live
    room carts, video carts)`; in the order of `source_names`."""
    gathered: dict[tuple[str, Terms], set[Surface]] = {}
    for rule in rules:
        gathered.setdefault((rule.source, rule.terms), set()).add(rule.surface)
    order = {source: place for place, source in enumerate(source_names)}
    return [
        translate(
            _SENTENCE,
            locale,
            source=source_names.get(source, source),
            terms=terms_text(terms, locale),
            surfaces=_surfaces_text(surfaces, locale),
        )
        for (source, terms), surfaces in sorted(
            gathered.items(), key=lambda each: (order.get(each[0][0], len(order)), each[0][1].action)
        )
    ]


def _surfaces_text(surfaces: set[Surface], locale: Locale) -> str:
    if len(surfaces) == len(Surface):
        return translate(_EVERYWHERE, locale)
    between = "、" if locale is Locale.CHINESE else ", "
    return between.join(surface_word(surface, locale) for surface in Surface if surface in surfaces)
