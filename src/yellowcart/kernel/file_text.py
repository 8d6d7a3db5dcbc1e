"""In which encoding a file is written, found out from its bytes and checked to its end.

Marks decide first. Then what is valid UTF-8 is UTF-8, for hardly any GB18030 text happens to be; UTF-16 without a
mark shows by its zero bytes. A file that is UTF-8 for a while and then breaks is a broken UTF-8 file: GB18030
would take most such bytes and make other characters of them.
"""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from yellowcart.kernel.file_errors import FileIsNoTable, FileUnreadable
from yellowcart.kernel.translation import N_

HEAD_BYTES = 65_536
CHUNK_BYTES = 1_048_576
WRONG_BYTES = "\udcff"
"""What stands in a text for bytes that are none; no encoding has this character."""
UTF8_CERTAIN = 4
"""Characters of three or four bytes that are valid UTF-8 before the first wrong byte: so many come by chance in
hardly any GB18030 text, where each needs three bytes of the right ranges in a row."""
CONTROLS_ONE_IN = 100
"""More control characters than one in so many characters make a file no text."""

_LONG_UTF8 = re.compile("[\u0800-\U0010ffff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f\ufffe\uffff]")
_LIKELY_IN_TABLES = re.compile(r"[\t\n,;\"0-9A-Za-z\u4e00-\u9fff]")
_MARKED = "yellowcart.wrong_bytes"


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return WRONG_BYTES, error.end


codecs.register_error(_MARKED, _mark)


class TextEncoding(msgspec.Struct, frozen=True, kw_only=True):
    """How the bytes of a file become text. `name` is what people call it, `codec` what Python does. `whole` is
    false when some byte of the file is no text in it: there `WRONG_BYTES` stands in the text."""

    name: str
    codec: str
    whole: bool


class OpenedText(msgspec.Struct, frozen=True, kw_only=True):
    """A file as text; `stream` keeps the line ends as they are."""

    encoding: TextEncoding
    stream: TextIO


@contextmanager
def open_text(path: Path) -> Iterator[OpenedText]:
    """The text of a file, decoded as it is read. Raises FileUnreadable, FileIsNoTable; a few wrong bytes become
    `WRONG_BYTES`, so that whoever reads can tell the row they stand in."""
    encoding = encoding_of(path)
    with (
        path.open("rb") as file,
        io.TextIOWrapper(file, encoding=encoding.codec, errors=_MARKED, newline="") as stream,
    ):
        yield OpenedText(encoding=encoding, stream=stream)


def encoding_of(path: Path) -> TextEncoding:
    """The encoding of a file that is some text. Raises FileUnreadable, FileIsNoTable."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if marked := _by_mark(head):
            name, codec = marked
            whole, _ = _decodes(file, codec)
            if not whole and not _decodes_in_part(head, codec):
                raise FileUnreadable
        elif silent := _utf16_without_mark(head):
            name, codec = "UTF-16", silent
            whole, _ = _decodes(file, codec)
        else:
            name, codec, whole = _by_content(file)
        _require_text(head, codec)
    return TextEncoding(name=name, codec=codec, whole=whole)


def _by_mark(head: bytes) -> tuple[str, str] | None:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and len(head) % 4 == 0 and b"\0\0" in head[4:]:
        return "UTF-32", "utf-32"
    if head.startswith(codecs.BOM_UTF8):
        return "UTF-8", "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16", "utf-16"
    return None


def _utf16_without_mark(head: bytes) -> str | None:
    """Zero bytes stand in no text of one or more bytes a character. Of the two orders, the one in which the
    beginning reads like a table."""
    if b"\0" not in head or _is_text_with_few_zeros(head):
        return None
    even = head[: len(head) // 2 * 2]
    best = max(("utf-16-le", "utf-16-be"), key=lambda codec: _likeliness(even, codec))
    text = even.decode(best, errors="replace")
    return best if len(text) > 1 and _likeliness(even, best) * 2 > len(text) else None


def _is_text_with_few_zeros(head: bytes) -> bool:
    """Whether zero bytes have only slipped into what is otherwise UTF-8."""
    if head.count(0) * 4 > len(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _likeliness(content: bytes, codec: str) -> int:
    return len(_LIKELY_IN_TABLES.findall(content.decode(codec, errors="replace")))


def _by_content(file: BinaryIO) -> tuple[str, str, bool]:
    """UTF-8 if all of it is, or so much of it that the rest is an accident; else GB18030. Raises
    FileUnreadable."""
    whole, certain = _decodes(file, "utf-8")
    if whole:
        return "UTF-8", "utf-8", True
    if certain:
        return "UTF-8", "utf-8", False
    whole, certain = _decodes(file, "gb18030")
    if not whole and not certain:
        raise FileUnreadable
    return "GB18030", "gb18030", whole


def _decodes(file: BinaryIO, codec: str) -> tuple[bool, bool]:
    """Whether the whole file is text in `codec`, and whether so much of it is that the file must be meant so."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    certain = 0
    while True:
        chunk = file.read(CHUNK_BYTES)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            begun = error.object[: error.start].decode(codec, errors="ignore")
            return False, certain + len(_LONG_UTF8.findall(begun)) >= UTF8_CERTAIN
        if certain < UTF8_CERTAIN:
            certain += len(_LONG_UTF8.findall(text))
        if not chunk:
            return True, True


def _decodes_in_part(head: bytes, codec: str) -> bool:
    """Whether the beginning at least is text in `codec`; its last character may be cut."""
    try:
        codecs.getincrementaldecoder(codec)().decode(head)
    except UnicodeDecodeError as error:
        return error.start > 64
    return len(head) > 64


def _require_text(head: bytes, codec: str) -> None:
    """One control character may have slipped into a description; many are no text. Raises FileIsNoTable."""
    text = codecs.getincrementaldecoder(codec)(errors="replace").decode(head)
    if len(_CONTROLS.findall(text)) > max(1, len(text) // CONTROLS_ONE_IN):
        raise FileIsNoTable(kind=N_("something binary"))
