"""The operator's own pattern files: sources that the platform does not know, and further forms of those it knows.

They stand in a folder of the operator's and are tried before the platform's own. A file that is wrong is refused
whole, with its name, the entry and the fault: when a process starts, and by `yellowcart links check-patterns`.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import msgspec

from yellowcart.kernel.database import Writer
from yellowcart.links.found_link import FoundLink
from yellowcart.links.pattern_files import (
    Example,
    PatternFile,
    PatternFileError,
    SourceKind,
    read_pattern_file,
    read_patterns,
)
from yellowcart.links.recognise import Recogniser, default_recogniser, use_recogniser
from yellowcart.links.sources import SOURCES_CHANGED
from yellowcart.links.wording import SOURCE_WORDS

_HOST = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,9}")
_SOURCE_KEY = re.compile(r"[a-z0-9][a-z0-9_]{1,39}")


class AddedSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source that a file of the operator's introduces."""

    source: str
    name_zh: str
    name_en: str
    kind: SourceKind


class Patterns(msgspec.Struct, frozen=True):
    """What links are recognised by, and the sources that the operator's files add."""

    recogniser: Recogniser
    added: tuple[AddedSource, ...] = ()


def read_all_patterns(folder: Path | None) -> Patterns:
    """The platform's own patterns, and those of the operator's folder before them. Raises PatternFileError."""
    if folder is None:
        return Patterns(default_recogniser())
    ours = read_patterns()
    theirs = {file.file: file for file in _files_of(folder)}
    added: dict[str, AddedSource] = {}
    for name, file in theirs.items():
        try:
            _require_sound(file)
            introduced = _introduced(file, added)
        except ValueError as error:
            raise PatternFileError(f"{name}: {error}") from error
        if introduced is not None:
            added[introduced.source] = introduced
    _require_apart(theirs, ours)
    return Patterns(Recogniser((*theirs.values(), *ours)), tuple(added.values()))


def adopt_patterns(folder: Path | None) -> tuple[AddedSource, ...]:
    """Let this process recognise by the folder's patterns as well; the sources that they add.

    Raises PatternFileError, and then nothing has changed.
    """
    patterns = read_all_patterns(folder)
    use_recogniser(patterns.recogniser)
    return patterns.added


async def place_added_sources(writer: Writer, added: Collection[AddedSource]) -> None:
    """Write the sources that pattern files add, so that notices can speak of them, and tell every process.

    Their names are the files'. A source whose file is gone stays: rules and listings may name it.
    """
    await writer.run_many(
        """
        INSERT INTO source (source, name_zh, name_en, kind, position)
        VALUES (%(source)s, %(name_zh)s, %(name_en)s, %(kind)s, %(position)s)
        ON CONFLICT (source) DO UPDATE
        SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, kind = EXCLUDED.kind
        WHERE (source.name_zh, source.name_en, source.kind)
              IS DISTINCT FROM (EXCLUDED.name_zh, EXCLUDED.name_en, EXCLUDED.kind)
        """,
        [
            {
                "source": each.source,
                "name_zh": each.name_zh,
                "name_en": each.name_en,
                "kind": each.kind.value,
                "position": position,
            }
            for position, each in enumerate(added, start=len(SOURCE_WORDS) + 1)
        ],
    )
    await writer.notify(SOURCES_CHANGED, "")


def failed_examples(recogniser: Recogniser, file: PatternFile) -> Iterator[str]:
    """What the examples of a file say that does not come true, one sentence each."""
    for example in file.example:
        found = recogniser.recognise(example.text)
        if len(found) != 1:
            yield f"example {example.text!r}: {len(found)} links were found in it, not one"
            continue
        yield from _differences(file, example, found[0])
    for text in file.nothing:
        if recogniser.recognise(text):
            yield f"nothing {text!r}: a link was found in it"


def _differences(file: PatternFile, example: Example, link: FoundLink) -> Iterator[str]:
    wanted = {
        "source": file.source,
        "storefront": example.storefront or file.storefront or link.storefront,
        "kind": example.kind,
        "item_id": example.item_id,
        "shop_id": example.shop_id,
        "promotion_id": example.promotion_id,
        "canonical_url": example.canonical_url or link.canonical_url,
    }
    for name, value in wanted.items():
        found = getattr(link, name)
        if found != value:
            yield f"example {example.text!r}: {name} is {found!r}, not {value!r}"


def _files_of(folder: Path) -> Iterator[PatternFile]:
    if not folder.is_dir():
        raise PatternFileError(f"{folder}: there is no such folder")
    for path in sorted(folder.glob("*.toml")):
        try:
            yield read_pattern_file(path)
        except OSError as error:
            raise PatternFileError(f"{path.name}: {error.strerror}") from error


def _introduced(file: PatternFile, added: dict[str, AddedSource]) -> AddedSource | None:
    """The source that a file introduces; None if it speaks of one already known. Raises ValueError."""
    named = (file.name_zh, file.name_en, file.kind) != ("", "", None)
    if file.source in SOURCE_WORDS or file.source in added:
        if named:
            raise ValueError(
                f"source {file.source} is known already: name_zh, name_en and kind are not for this file"
            )
        return None
    if not _SOURCE_KEY.fullmatch(file.source):
        raise ValueError("source is 2 to 40 small letters, digits and underscores")
    if not file.name_zh.strip() or not file.name_en.strip() or file.kind is None:
        raise ValueError(f"source {file.source} is new: it needs name_zh, name_en and kind")
    if not file.storefront:
        raise ValueError(f"source {file.source} is new: it needs a storefront")
    return AddedSource(
        source=file.source, name_zh=file.name_zh.strip(), name_en=file.name_en.strip(), kind=file.kind
    )


def _require_sound(file: PatternFile) -> None:
    """Raises ValueError for an expression on which a hostile text could keep a process busy for ever."""
    for entry, expression in _expressions(file):
        if any(depth for depth, _ in _repeats(_parser.parse(expression, re.IGNORECASE))):
            raise ValueError(f"{entry}: {expression!r} repeats without bound inside a repetition")


def _expressions(file: PatternFile) -> Iterator[tuple[str, str]]:
    for number, page in enumerate(file.page):
        for expression in (page.host_form, page.path, page.item_form, page.shop_form):
            yield f"page[{number}]", expression
    for number, app in enumerate(file.app):
        yield f"app[{number}]", app.item_form
        yield f"app[{number}]", app.item_path
    for number, promotion in enumerate(file.promotion):
        yield f"promotion[{number}]", promotion.form
    for number, code in enumerate(file.code):
        yield f"code[{number}]", code.words
    for expression in file.way.words:
        yield "way", expression


def _repeats(tree: Any, depth: int = 0) -> Iterator[tuple[int, Any]]:
    """Every unbounded repetition of a parsed expression, with the number of unbounded ones around it."""
    for code, value in tree:
        inside = depth
        if code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and value[1] is _constants.MAXREPEAT:
            yield depth, value[2]
            inside += 1
        for part in value if isinstance(value, tuple | list) else ():
            for tree_part in part if isinstance(part, list) else (part,):
                if isinstance(tree_part, _parser.SubPattern):
                    yield from _repeats(tree_part, inside)


def _require_apart(theirs: dict[str, PatternFile], ours: tuple[PatternFile, ...]) -> None:
    """Raises PatternFileError where a file claims a host of another source, or one below a domain of its own."""
    hosts: dict[str, str] = {}
    domains: dict[str, str] = {}
    for file in (*ours, *theirs.values()):
        for page in file.page:
            for host in page.hosts:
                hosts.setdefault(host, file.source)
            for domain in page.under:
                domains.setdefault(domain, file.source)
    for name, file in theirs.items():
        for number, page in enumerate(file.page):
            for host in (*page.hosts, *page.under):
                entry = f"{name}: page[{number}]"
                if not _HOST.fullmatch(host):
                    raise PatternFileError(f"{entry}: {host!r} is no host with at least one dot")
                for owner in (hosts.get(host), *map(domains.get, _host_and_above(host))):
                    if owner not in (None, file.source):
                        raise PatternFileError(f"{entry}: {host} belongs to {owner}")


def _host_and_above(host: str) -> Iterator[str]:
    while host:
        yield host
        host = host.partition(".")[2]
