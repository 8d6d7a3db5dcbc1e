"""The table of sources: filled for an installation that begins, and read for the names of what was added."""

from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.notifications import Notifications
from yellowcart.kernel.translation import Locale, translate
from yellowcart.links.model import OWN_SOURCE
from yellowcart.links.source_names import SourceName, use_source_names
from yellowcart.links.wording import SOURCE_WORDS

SOURCES_CHANGED = "sources_changed"
"""Channel on which processes hear that a source was added or renamed."""

STORE_SYSTEMS = frozenset({"youzan", "mockuai", "weidian"})
"""Rented shops with a cashier of their own; every other outside source is a network that pays for jump-outs."""


def kind_of(source: str) -> str:
    """What kind of source it is, as the table knows it."""
    if source == OWN_SOURCE:
        return "own"
    return "store_system" if source in STORE_SYSTEMS else "affiliate_network"


async def place_known_sources(writer: Writer) -> None:
    """Write every source that a pattern recognises; those that are there keep their names."""
    await writer.run_many(
        """
        INSERT INTO source (source, name_zh, name_en, kind, position)
        VALUES (%(source)s, %(name_zh)s, %(name_en)s, %(kind)s, %(position)s)
        ON CONFLICT (source) DO NOTHING
        """,
        [
            {
                "source": source,
                "name_zh": translate(word, Locale.CHINESE),
                "name_en": word,
                "kind": kind_of(source),
                "position": position,
            }
            for position, (source, word) in enumerate(SOURCE_WORDS.items(), start=1)
        ],
    )
    await writer.notify(SOURCES_CHANGED, "")


async def follow_source_names(database: Database, notifications: Notifications) -> None:
    """Know the names of all sources, now and whenever one changes. Before `notifications.start`."""

    async def read() -> None:
        async with database.reading() as reader:
            use_source_names(
                await reader.rows(
                    SourceName, "SELECT source, name_zh, name_en FROM source ORDER BY source LIMIT 200"
                )
            )

    async def heard(_: str) -> None:
        await read()

    notifications.on(SOURCES_CHANGED, heard)
    notifications.on_gap(read)
    await read()
