"""The words of an HTML text, as a description keeps them."""

import html
import re

from yellowcart.kernel.markup import Tag, markup_tokens

_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table"})


def plain_text(markup: str) -> str:
    """The words of an HTML text, a line for every block; scripts and styles are left out."""
    parts: list[str] = []
    for token in markup_tokens([markup]):
        if not isinstance(token, Tag):
            parts.append(token)
        elif token.name in _BLOCKS:
            parts.append("\n")
    text = html.unescape("".join(parts))
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
