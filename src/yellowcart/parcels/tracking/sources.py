"""Tracking sources: who may tell of parcels. An operator makes them, hands out their secrets and switches them
off."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.translation import N_
from yellowcart.parcels.errors import TrackingSourceUnknown
from yellowcart.parcels.tracking.signature import source_secret

SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}\Z")
NAME_LENGTH_MAX = 60
URL_LENGTH_MAX = 500
SOURCES_MAX = 50
OLD_SECRET_FOR = timedelta(days=1)
"""After a secret was changed, the one before it is good for so long, so that nothing is lost meanwhile."""


class TrackingSource(msgspec.Struct, frozen=True, kw_only=True):
    """Who tells of parcels. `ask_url` is where the platform asks by itself, with `{carrier}` and `{waybill}` in
    it; empty: it only listens. `heard_at` and `asked_at` are when that last happened."""

    source: str
    name: str
    secret_version: int
    secret_changed_at: datetime
    ask_url: str
    is_active: bool
    heard_at: datetime | None
    asked_at: datetime | None
    last_failure: str
    created_at: datetime

    def secrets(self, installation_secret: str, now: datetime) -> list[str]:
        """The secrets that are good now, the present one first."""
        versions = [self.secret_version]
        if self.secret_version > 1 and now < self.secret_changed_at + OLD_SECRET_FOR:
            versions.append(self.secret_version - 1)
        return [source_secret(installation_secret, self.source, version) for version in versions]


_COLUMNS = ", ".join(TrackingSource.__struct_fields__)


async def tracking_sources(reader: Reader) -> list[TrackingSource]:
    """Every source, by its key."""
    return await reader.rows(
        TrackingSource,
        f"SELECT {_COLUMNS} FROM tracking_source ORDER BY source LIMIT %(most)s",  # noqa: S608 - the struct's
        most=SOURCES_MAX,
    )


async def active_source(reader: Reader, source: str) -> TrackingSource:
    """A source that is switched on. Raises TrackingSourceUnknown."""
    found = await reader.row(
        TrackingSource,
        f"SELECT {_COLUMNS} FROM tracking_source WHERE source = %(source)s AND is_active",  # noqa: S608
        source=source,
    )
    if found is None:
        raise TrackingSourceUnknown
    return found


async def save_source(
    writer: Writer, person: Person, *, source: str, name: str, ask_url: str, is_active: bool
) -> None:
    """Make a source, or change one. Raises InvalidFields (`source`, `name`, `ask_url`)."""
    source, name, ask_url = source.strip().lower(), name.strip(), ask_url.strip()
    if problems := source_problems(source, name, ask_url):
        raise InvalidFields(dict(problems))
    known = {each.source: each for each in await tracking_sources(writer)}
    if source not in known and len(known) >= SOURCES_MAX:
        raise InvalidFields(
            {"source": (N_("There can be at most %(most)s tracking sources."), {"most": SOURCES_MAX})}
        )
    await writer.run(
        """
        INSERT INTO tracking_source (source, name, secret_changed_at, ask_url, is_active, created_at)
        VALUES (%(source)s, %(name)s, %(now)s, %(ask_url)s, %(is_active)s, %(now)s)
        ON CONFLICT (source) DO UPDATE
        SET name = excluded.name, ask_url = excluded.ask_url, is_active = excluded.is_active, last_failure = ''
        """,
        source=source,
        name=name,
        ask_url=ask_url,
        is_active=is_active,
        now=clock.now(),
    )
    await audit.record(
        writer,
        person,
        "parcels:tracking_source:save",
        f"tracking_source:{source}",
        before=_told(known.get(source)),
        after={"name": name, "ask_url": ask_url, "is_active": is_active},
    )


async def renew_secret(writer: Writer, person: Person, source: str) -> None:
    """Give a source a new secret; the old one is good for a day. Raises TrackingSourceUnknown."""
    changed = await writer.run(
        """
        UPDATE tracking_source SET secret_version = secret_version + 1, secret_changed_at = %(now)s
        WHERE source = %(source)s
        """,
        source=source,
        now=clock.now(),
    )
    if not changed:
        raise TrackingSourceUnknown
    await audit.record(writer, person, "parcels:tracking_source:renew_secret", f"tracking_source:{source}")


def source_problems(source: str, name: str, ask_url: str) -> dict[str, str]:
    """What is wrong with a source, by field; empty when nothing is."""
    problems: dict[str, str] = {}
    if not SOURCE.match(source):
        problems["source"] = N_("2 to 40 small letters, digits or hyphens.")
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        problems["name"] = N_("Please give it a name of up to 60 characters.")
    if ask_url and not _may_ask(ask_url):
        problems["ask_url"] = N_("An address that begins with https:// and holds {carrier} and {waybill}.")
    return problems


def _may_ask(ask_url: str) -> bool:
    if len(ask_url) > URL_LENGTH_MAX or not ask_url.isprintable():
        return False
    plain = ask_url.replace("{carrier}", "C").replace("{waybill}", "W")
    try:
        parts = urlsplit(plain)
    except ValueError:
        return False
    in_place = "{carrier}" in ask_url and "{waybill}" in ask_url and not {"{", "}"} & set(plain)
    host = urlsplit(ask_url.replace("{carrier}", "").replace("{waybill}", "")).hostname
    return in_place and parts.scheme == "https" and bool(parts.hostname) and parts.hostname == host


def _told(source: TrackingSource | None) -> dict[str, object] | None:
    if source is None:
        return None
    return {"name": source.name, "ask_url": source.ask_url, "is_active": source.is_active}


async def note_heard(writer: Writer, source: str) -> None:
    """A source told something; noted once a minute at most, so that a busy one does not wait for its own row."""
    now = clock.now()
    await writer.run(
        """
        UPDATE tracking_source SET heard_at = %(now)s
        WHERE source = %(source)s AND (heard_at IS NULL OR heard_at < %(before)s)
        """,
        source=source,
        now=now,
        before=now - timedelta(minutes=1),
    )
