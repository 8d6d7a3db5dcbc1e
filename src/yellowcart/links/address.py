"""Finds what may be a web address or an app link in any text, and takes it apart.

Nothing here knows a platform. The promise that matters: the host returned is the one a browser would
go to, so that `https://item.jd.com@evil.example/1.html` is evil.example and nothing else.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

JSON_TRIES_MAX: Final = 100
"""How many parameters of one text are looked at for JSON that is not encoded."""
CANDIDATES_MAX: Final = 2_000
"""How many stretches of one text are looked at. Nobody pastes more; a hostile text does."""
WRITTEN_LENGTH_MAX: Final = 16_384
"""Longest link that is taken apart, in characters. Real ones with all their tracking stay under 5,000."""
UNQUOTE_ROUNDS_MAX: Final = 3
"""How often a link may have been URL-encoded as a whole."""

# Letters that a browser accepts in a host although they are not ASCII: look-alikes (Cyrillic, Greek, accents)
# and full-width forms. They belong to the host, or a fake would be cut down to the real name. Chinese
# characters do not: in running text they simply follow the link.
_FOREIGN: Final = "\u00ad\u00c0-\u1fff\u200b-\u200d\uff0d\uff0e\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff61\u3002"
_AUTHORITY: Final = rf"[A-Za-z0-9._\-@:%~!$&()*+;=\[\]{_FOREIGN}]*"
_TAIL: Final = r"[!#-&(-;=?-_a-~]*"  # printable ASCII without quotes, angle brackets and backquote
_SLASH: Final = r"%(?:25){0,2}2f"
_DOTS: Final = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
_IGNORED: Final = re.compile("[\u00ad\u200b-\u200d]")
_PARTS: Final = re.compile(r"[a-z][a-z0-9.+\-]*:[/\\]{2}([^/?#\\]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_WEB_LINK: Final = re.compile(r"https?://", re.IGNORECASE)
_ESCAPED_SIGN: Final = re.compile(r"\\u00([2-7][0-9a-fA-F])")
_ESCAPED_SPACE: Final = re.compile(r"\\[nrt]")
_HEAD: Final = re.compile(r"[a-z][a-z0-9.+\-]*:(?:[/\\]{2}|\\/\\/)[^/?#\\]*", re.IGNORECASE)
_TAIL_ON: Final = re.compile(_TAIL)
# A value in Chinese as it is, in the midst of parameters.
_VALUE_ON: Final = re.compile(
    rf"[^\x00-\x7f\s\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]{{1,100}}&[A-Za-z_]{{1,40}}={_TAIL}"
)
_BLANK: Final = re.compile(r"[\s<>`]")
_JSON: Final = json.JSONDecoder()
_JSON_LENGTH_MAX: Final = 4_096
"""Longest JSON that is looked for in a link, in characters."""
_NOT_BEFORE_SLASHES: Final = frozenset(":/\\\uff1a")
_BETWEEN_LINKS: Final = frozenset(",;|([")
_TRAILING: Final = frozenset(".,;:!?'\"*|([{\\")


class Address(NamedTuple):
    """An address taken apart: `host` in lower case without user, port or trailing dot; `path` decoded."""

    host: str
    path: str
    query: str


class Candidate(NamedTuple):
    """A stretch text[start:end] that has the shape of a link.

    `scheme` is `https` for web links however they are written, the scheme of an app link, or empty for
    a host that stands there bare. `written` is the link as text, ready for `take_apart`.
    """

    scheme: str
    written: str
    start: int
    end: int


def candidate_finder(app_schemes: Collection[str]) -> re.Pattern[str]:
    """The expression that finds the beginnings and extents of candidates.

    Three shapes: web links with their scheme (also encoded, as `https%3A%2F%2F`), links of the given
    app schemes, and bare hosts with at least one dot. Every repetition is bounded or runs over one
    class of characters that what follows it cannot match, so the search is linear in the text.
    """
    apps = "|".join(re.escape(scheme) for scheme in sorted(app_schemes, key=len, reverse=True)) or "(?!)"
    plain = rf"[:\uff1a](?:[/\\]{{2}}|\\/\\/){_AUTHORITY}(?:[/?#\\]{_TAIL})?"
    encoded = rf"(?::|%(?:25){{0,2}}3a){_SLASH}{_SLASH}{_TAIL}"
    web = rf"(?P<web>https?)(?:{plain}|(?P<encoded>{encoded}))"
    label = r"[A-Za-z0-9][A-Za-z0-9\-]{0,62}"
    dot = "[.\uff0e\uff61\u3002]"
    bare = (
        rf"(?P<bare>{label}(?:{dot}{label}){{1,12}}[A-Za-z0-9._\-{_FOREIGN}]*)(?::\d{{1,5}})?(?:[/?#\\]{_TAIL})?"
    )
    apart = rf"(?<![A-Za-z0-9_.\-@%{_FOREIGN}])"
    return re.compile(rf"(?=[A-Za-z0-9])(?:{web}|{apart}(?:(?P<app>{apps}):{_TAIL}|{bare}))", re.IGNORECASE)


def candidates(text: str, finder: re.Pattern[str]) -> Iterator[Candidate]:
    """The stretches of the text that look like links, in order and without overlap, `CANDIDATES_MAX` at most.

    A link is consumed whole, whatever its host, so that a link inside the query of another is never
    taken for one of its own. One that follows another without a space is its own.
    """
    position = 0
    stops: list[int] = []  # beginnings of further links in a run without spaces, the nearest last
    taken = json_tries = 0
    while taken < CANDIDATES_MAX:
        match = finder.search(text, position, stops[-1] if stops else len(text))
        if match is None:
            if not stops:
                return
            position = stops.pop()
            continue
        start, end = match.span()
        following = text[end : end + 1]
        if following == '"' and json_tries < JSON_TRIES_MAX and text.endswith(("{", "{\\"), start, end):
            json_tries += 1
            end = _with_json(text, start, end)
        elif following and not following.isascii() and text.find("?", start, end) != -1:
            end = _with_chinese(text, end)
        shape = match.lastgroup
        if not stops and shape != "app" and "http" in text[start + 4 : end].lower():
            stops = _further_links(text, start, end)
            if stops:
                continue
        position = end
        taken += 1
        end = _without_trailing(text, start, end)
        written = text[start:end]
        if shape == "app":
            yield Candidate(match["app"].lower(), written, start, end)
        elif shape == "bare":
            apart = (
                2
                if text.endswith("//", 0, start) and text[start - 3 : start - 2] not in _NOT_BEFORE_SLASHES
                else 0
            )
            yield Candidate("", "https://" + written, start - apart, end)
        elif shape == "encoded":
            yield Candidate("https", decoded(written), start, end)
        else:
            yield Candidate("https", written.replace("\uff1a", ":", 1), start, end)


def take_apart(written: str) -> Address | None:
    r"""Host, path and query of a link with its scheme, read as a browser reads it; None if it names no host.

    What stands before an `@` is a user, `\` is `/`, full-width letters and dots are their ASCII selves.
    A host with letters of other scripts is nobody's that we know, whatever it looks like. Signs written as in
    JSON (`\u0026`, `\/`) are read, except where the host ends with one: it would be another for other readers.
    """
    if len(written) > WRITTEN_LENGTH_MAX:
        return None
    if "\\" in written:
        unescaped = without_escapes(written)
        if unescaped is None:
            return None
        written = unescaped
    match = _PARTS.match(written)
    if match is None:
        return None
    authority, path, query = match.groups("")
    if "@" in authority:
        authority = authority.rpartition("@")[2]
    if "%" in authority:
        authority = unquote(authority)
    host = authority.partition(":")[0].lower()
    if not host.isascii():
        host = _IGNORED.sub("", unicodedata.normalize("NFKC", host.translate(_DOTS))).lower()
    if host.endswith("."):
        host = host[:-1]
    if "&" in path:  # parameters stuck to the path without a question mark
        path, _, stuck = path.partition("&")
        query = f"{stuck}&{query}" if query else stuck
    if "%" in path:
        path = unquote(path)
    if "\\" in path:
        path = path.replace("\\", "/")
    while "//" in path:
        path = path.replace("//", "/")
    return Address(host, path, query) if host and host.isascii() else None


def take_route_apart(written: str, address: Address) -> Address | None:
    """The address that a page of one script shows by its fragment (`#/goods?id=1`), or None."""
    route = written.partition("#")[2].removeprefix("!")
    if not route.startswith("/"):
        return None
    path, _, query = route.partition("?")
    return Address(address.host, unquote(path), f"{query}&{address.query}" if address.query else query)


def without_escapes(written: str) -> str | None:
    """The link with signs written as in JSON read; None if its host would end in one."""
    if "\\u00" in written:
        head = _HEAD.match(written)
        if head is None or written.startswith("\\u", head.end()):
            return None
        written = head[0] + _ESCAPED_SIGN.sub(lambda sign: chr(int(sign[1], 16)), written[head.end() :])
    return written.replace("\\/", "/")


def decoded(written: str) -> str:
    """The link with the encoding of the whole undone, `UNQUOTE_ROUNDS_MAX` layers at most."""
    for _ in range(UNQUOTE_ROUNDS_MAX):
        if "://" in written[:64] or len(written) > WRITTEN_LENGTH_MAX:
            break
        written = unquote(written)
    return written


def _with_json(text: str, start: int, end: int) -> int:
    """Where a link ends that reached `end`, at the first quote of JSON that stands in a parameter as it is."""
    after = _json_end(text, text.rindex("{", start, end), end)
    tail = _TAIL_ON.match(text, after)
    return tail.end() if tail is not None else after


def _with_chinese(text: str, end: int) -> int:
    """Where a link ends that reached `end`, when a parameter is Chinese as it is and others follow."""
    while (match := _VALUE_ON.match(text, end)) is not None:
        end = match.end()
    return end


def _json_end(text: str, start: int, end: int) -> int:
    """Where the JSON that begins at `start` ends, or `end` if there is none."""
    piece = text[start : start + _JSON_LENGTH_MAX]
    try:
        return start + _JSON.raw_decode(piece)[1]
    except (ValueError, RecursionError):
        blank = _BLANK.search(piece)
        last = piece.rfind("}", 0, blank.start() if blank else len(piece))
        return max(end, start + last + 1)


def _further_links(text: str, start: int, end: int) -> list[int]:
    """Where further links begin in text[start:end], the last first.

    They follow a comma or a bracket, or stick to the path of the one before. A link behind any other
    sign is a parameter of the one before and stays a part of it.
    """
    stops = []
    piece = start
    for match in _WEB_LINK.finditer(text, start + 4, end):
        begins = match.start()
        before = text[begins - 1]
        sticks = before.isalnum() and text.find("?", piece, begins) == -1 and text.find("#", piece, begins) == -1
        if before in _BETWEEN_LINKS or sticks or _ESCAPED_SPACE.match(text, begins - 2):
            stops.append(begins)
            piece = begins
    stops.reverse()
    return stops


def _without_trailing(text: str, start: int, end: int) -> int:
    """Where the link ends when what belongs to the sentence around it is left out."""
    if text.find("\\", start, end) != -1 and (space := _ESCAPED_SPACE.search(text, start, end)) is not None:
        end = space.start()
    closing = text.find(")", start, end)
    if closing != -1 and text.find("(", start, closing) == -1:
        end = closing
    closing = text.find("]", start, end)
    if closing != -1 and text.find("[", start, closing) == -1:
        end = closing
    while end > start and text[end - 1] in _TRAILING:
        end -= 1
    return end
