"""HTML as a run of tags and texts, read once from left to right.

Whatever stands in it, reading takes time in proportion to its length; the parser of Python's library takes minutes
for a few hundred kilobytes of tags that never end. Nothing is built and nothing is judged: this is for taking
words and tables out of pages that others wrote.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

TAG_CHARACTERS_MAX = 20_000
"""A tag that is longer is taken for text."""
WAITING_CHARACTERS_MAX = 262_144
"""How much without the end of a tag is kept back until more comes."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_SILENT = {name: re.compile(rf"</{name}(?=[\s>/]|\Z)", re.IGNORECASE) for name in ("script", "style")}
"""Tags whose content is for no reader, and what ends it."""
_COMMENT_ENDS = re.compile("-->")
_QUOTE_WITHIN = 2_000
_NONE = -1


class Tag(msgspec.Struct, frozen=True):
    """A tag by its name in small letters; `attributes` is what stands behind the name, as it is written."""

    name: str
    closes: bool
    attributes: str


class MarkupReader:
    """Reads a page that comes in pieces, each of which ends where a tag may end. `rest` is what belongs before the
    next piece: a tag whose attribute holds the sign that ends tags."""

    def __init__(self) -> None:
        self._until: re.Pattern[str] | None = None
        self.rest = ""

    def tokens(self, text: str, *, final: bool) -> Iterator[Tag | str]:
        """Tags and the texts between them, entities as they are written. Comments, scripts and styles are left
        out. `final` says that nothing comes after."""
        place, closing = 0, 0
        self.rest = ""
        while place < len(text):
            if self._until is not None:
                found = self._until.search(text, place)
                if found is None:
                    return
                place = found.end() if self._until is _COMMENT_ENDS else found.start()
                self._until = None
                continue
            start = text.find("<", place)
            if start < 0:
                yield text[place:]
                return
            if start > place:
                yield text[place:start]
            if text.startswith("<!--", start):
                self._until, place = _COMMENT_ENDS, start + 4
                continue
            tag = _TAG.match(text, start)
            if tag is None and text[start + 1 : start + 2] not in {"!", "?", "/"}:
                yield "<"
                place = start + 1
                continue
            if closing != _NONE and closing <= start:
                found_closing = text.find(">", start)
                closing = _NONE if found_closing < 0 else found_closing
            if closing == _NONE or closing - start > TAG_CHARACTERS_MAX:
                yield "<"
                place = start + 1
                continue
            end, sure = _end_of_tag(text, start, closing)
            if not sure and not final and len(text) - start < _QUOTE_WITHIN:
                self.rest = text[start:]
                return
            place = end + 1
            if tag is not None:
                name = tag[2].lower()
                yield Tag(name, bool(tag[1]), text[tag.end() : end])
                if name in _SILENT and not tag[1]:
                    self._until = _SILENT[name]


def _end_of_tag(text: str, start: int, closing: int) -> tuple[int, bool]:
    """Where a tag ends: not within the quotes of an attribute. False where those quotes are not closed yet."""
    for quote in ('"', "'"):
        if text.count(quote, start, closing) % 2:
            closed = text.find(quote, closing, closing + _QUOTE_WITHIN)
            further = text.find(">", closed, closed + _QUOTE_WITHIN) if closed >= 0 else _NONE
            return (further, True) if further >= 0 else (closing, False)
    return closing, True


def markup_tokens(chunks: Iterable[str]) -> Iterator[Tag | str]:
    """The tags and texts of a page that comes in chunks of any length."""
    reader = MarkupReader()
    waiting = ""
    for chunk in chunks:
        waiting += chunk
        cut = waiting.rfind(">") + 1
        if not cut and len(waiting) > WAITING_CHARACTERS_MAX:
            cut = len(waiting)
        if cut:
            yield from reader.tokens(waiting[:cut], final=False)
            waiting = reader.rest + waiting[cut:]
    yield from reader.tokens(waiting, final=True)
