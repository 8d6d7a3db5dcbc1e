"""The words of an HTML text, as a description keeps them."""

import html
import re
import unicodedata

from yellowcart.kernel.markup import Tag, markup_tokens

_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table"})
_ENDS_OF_LINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_SPACES = re.compile("[^\\S\n\u3000]+")
_OF_EMOJI = "\u200d"


def visible(text: str) -> str:
    """A text without what nobody sees: the marks of byte order, of width nothing and of direction that editors of
    shops leave behind by the dozen. What joins emoji stays."""
    if text.isascii():
        return text
    return "".join(
        character for character in text if character == _OF_EMOJI or unicodedata.category(character) != "Cf"
    )


def plain_text(markup: str) -> str:
    """The words of an HTML text, a line for every block; scripts, styles and what nobody sees are left out."""
    parts: list[str] = []
    for token in markup_tokens([markup]):
        if not isinstance(token, Tag):
            parts.append(token)
        elif token.name in _BLOCKS:
            parts.append("\n")
    text = _ENDS_OF_LINES.sub("\n", visible(html.unescape("".join(parts))))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
