"""The sources that the platform recognises by itself, for an installation that begins."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.translation import Locale, translate
from yellowcart.links.model import OWN_SOURCE
from yellowcart.links.wording import SOURCE_WORDS

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
