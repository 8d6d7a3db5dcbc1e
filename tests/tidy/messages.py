"""Every sentence that pages and refusals say, as Babel finds it in code and templates."""

from functools import cache
from typing import NamedTuple

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po

from tests.tidy.source import TEMPLATES, TRANSLATIONS, modules, name_of

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "N_": None,
    "translate": (1,),
    "translate_plural": (1, 2),
}
JINJA = {
    "extensions": "jinja2.ext.i18n,jinja2.ext.do",
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
"""As consoles.rendering makes its environment; `silent` off, so that a template that cannot be read fails."""


class Sentence(NamedTuple):
    """A message id and where it is said. The plural is a sentence of its own."""

    text: str
    place: str


@cache
def sentences() -> tuple[Sentence, ...]:
    """Every sentence marked for translation."""
    found: list[Sentence] = []
    sources = [("python", path) for path in modules()]
    sources += [("jinja2.ext:babel_extract", path) for path in sorted(TEMPLATES.rglob("*.html"))]
    for method, path in sources:
        options = {} if method == "python" else JINJA
        for line, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS, options=options):
            for text in (message,) if isinstance(message, str) else message:
                if text:
                    found.append(Sentence(text, f"{name_of(path)}:{line}"))
    return tuple(found)


class Translation(NamedTuple):
    """One entry of a translation file."""

    text: str
    chinese: str
    place: str
    fuzzy: bool
    singular: bool
    """The first form of a sentence with a plural: "one thing", which Chinese words like every other number."""


@cache
def translations() -> tuple[Translation, ...]:
    """Every entry of every Chinese file."""
    found: list[Translation] = []
    for path in sorted((TRANSLATIONS / "zh_CN").glob("*.po")):
        with path.open("rb") as file:
            messages: list[Message] = [message for message in read_po(file, locale="zh_CN") if message.id]
        for message in messages:
            strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
            ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
            for position, text in enumerate(ids):
                chinese = strings[min(position, len(strings) - 1)] or ""
                found.append(
                    Translation(
                        text, chinese, f"{path.name}:{message.lineno}", message.fuzzy, position < len(ids) - 1
                    )
                )
    return tuple(found)
