"""The names of sources as this process knows them, besides those that the platform is delivered with.

What an operator adds by a pattern file stands in the table of sources; `links.sources` reads it in here, so that
whoever words a sentence need not ask the database.
"""

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from yellowcart.kernel.translation import Locale, in_language


class SourceName(msgspec.Struct, frozen=True):
    """A source and its name in both languages."""

    source: str
    name_zh: str
    name_en: str


class _Known:
    by_source: ClassVar[dict[str, SourceName]] = {}


def use_source_names(names: Iterable[SourceName]) -> None:
    """Let this process call sources by these names."""
    _Known.by_source = {name.source: name for name in names}


def added_name(source: str, locale: Locale) -> str | None:
    """The name that the table gives a source; None if this process has not heard of it."""
    known = _Known.by_source.get(source)
    return in_language(locale, known.name_zh, known.name_en) if known is not None else None
