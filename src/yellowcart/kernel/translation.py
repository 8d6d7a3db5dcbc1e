"""Every visible word, in Chinese and English.

English sentences are the message ids; Chinese stands in `translations/zh_CN/<area>.po`, one file per area of
the pages. Babel reads the files when the process starts, so that nothing needs compiling.
"""

from enum import StrEnum
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).parent.parent / "translations"


class Locale(StrEnum):
    """A language that pages and errors are written in."""

    CHINESE = "zh_CN"
    """Simplified Chinese, the default."""
    ENGLISH = "en"
    """English."""

    @property
    def html(self) -> str:
        """The language tag as HTML and HTTP write it."""
        return "zh-CN" if self is Locale.CHINESE else "en"


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools know
    """Mark a sentence for translation where it is defined; it is translated where it is shown."""
    return message


@cache
def catalog(locale: Locale) -> dict[str, str]:
    """Message id to text; empty for English, whose texts are the ids. Raises ValueError for a double entry
    with two texts: one sentence has one translation on every page."""
    texts: dict[str, str] = {}
    for path in sorted((TRANSLATIONS / locale.value).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale.value):
                if not message.id or not message.string or message.fuzzy:
                    continue
                ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
                strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
                for position, message_id in enumerate(ids):
                    text = strings[min(position, len(strings) - 1)]
                    if texts.setdefault(message_id, text) != text:
                        raise ValueError(f"{path.name}: {message_id!r} is translated in two ways")
    return texts


def translate(message: str, locale: Locale, **values: object) -> str:
    """`message` in `locale`, with `%(name)s` places filled from `values`."""
    text = catalog(locale).get(message, message)
    return text % values if values else text


def translate_plural(singular: str, plural: str, number: int, locale: Locale) -> str:
    """The sentence for `number` things; Chinese has one form for all."""
    if locale is Locale.CHINESE:
        texts = catalog(locale)
        return texts.get(plural) or texts.get(singular) or (singular if number == 1 else plural)
    return singular if number == 1 else plural


def in_language(locale: Locale, chinese: str | None, english: str | None) -> str:
    """The text of a thing that people named in both languages; the Chinese one where there is no English."""
    return (english if locale is Locale.ENGLISH and english else chinese) or ""


def choose_locale(cookie: str | None, accept_language: str | None) -> Locale:
    """The reader's own choice first, then the browser's; Chinese for everybody else."""
    for locale in Locale:
        if cookie == locale.value:
            return locale
    for part in (accept_language or "")[:200].split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return Locale.CHINESE
        if tag.startswith("en"):
            return Locale.ENGLISH
    return Locale.CHINESE
