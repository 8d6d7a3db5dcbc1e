"""PDF documents, by their structure. They are kept as they are, so whatever acts by itself keeps them out:
scripts, launched programs, files within, forms that send (ISO 32000-1, 7.5 file structure and 12.6 actions)."""

import re
import zlib
from typing import Final

from yellowcart.uploads.errors import DocumentActive, UploadDamaged
from yellowcart.uploads.model import CheckedFile, UploadKind

TAIL_BYTES: Final = 1_024
"""Within so many bytes of its end a document says `startxref` and `%%EOF` (ISO 32000-1, 7.5.5): what follows a
document is something else that hides behind it."""
UNPACKED_BYTES_MAX: Final = 32 * 1024 * 1024
"""What all packed lists of objects of one document may unpack to."""
OBJECT_LISTS_MAX: Final = 5_000

ACTIVE: Final = frozenset(
    [b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"XFA", b"Encrypt",
     b"SubmitForm", b"ImportData", b"GoToE", b"GoToR"]
)  # fmt: skip
"""Names that no picture of a page needs."""

_VERSION = re.compile(rb"%PDF-[12]\.\d")
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_STREAM = re.compile(rb"(?<=>>)(?:[\s\0]|%[^\r\n]*[\r\n])*stream(?:\r\n?|\n)?")
"""A comment may stand before the word, and readers are lenient about the end of its line."""
_STREAM_END: Final = b"endstream"
_NAME = re.compile(rb"/([^\s()<>\[\]{}/%]+)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PACKED_LIST: Final = b"/ObjStm"


def check_document(content: bytes) -> CheckedFile:
    """A PDF, unchanged. Blocking. Raises UploadDamaged for what has not the structure of one, DocumentActive."""
    if not _VERSION.match(content):
        raise UploadDamaged
    start = _START.search(content[-TAIL_BYTES:])
    if start is None:
        raise UploadDamaged
    offset = int(start[1])
    if not (0 < offset < len(content) and _is_cross_reference(content[offset : offset + 40])):
        raise UploadDamaged
    for part in _readable_parts(content):
        names = {_ESCAPED.sub(_unescaped, found) for found in _NAME.findall(part)}
        if names & ACTIVE:
            raise DocumentActive
    return CheckedFile(kind=UploadKind.PDF, content=content, small=None, width=None, height=None, duration_ms=None)


def _is_cross_reference(beginning: bytes) -> bool:
    """A table, or the object that holds a packed one."""
    return bool(re.match(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)", beginning))


def _readable_parts(content: bytes) -> list[bytes]:
    """Everything of a document that is written as objects: what stands between streams, and the lists of objects
    that are packed into streams. Pictures and fonts are left out: by chance their bytes say anything.

    Every byte is looked at once: a stream that never ends, or a million of them, must not be searched for its end
    again and again."""
    parts: list[bytes] = []
    room, end = UNPACKED_BYTES_MAX, 0
    while found := _STREAM.search(content, end):
        closed = content.find(_STREAM_END, found.end())
        if closed < 0:
            break
        between = content[end : found.start()]
        parts.append(between)
        end = closed + len(_STREAM_END)
        if _PACKED_LIST not in _ESCAPED.sub(_unescaped, between):
            continue
        unpacked = _unpacked(content[found.end() : closed], room)
        room -= len(unpacked)
        if room <= 0 or len(parts) > OBJECT_LISTS_MAX:
            raise DocumentActive
        parts.append(unpacked)
    rest = content[end:]
    if _PACKED_LIST in _ESCAPED.sub(_unescaped, rest):
        # A list of objects without an end cannot be looked into.
        raise DocumentActive
    parts.append(rest)
    return parts


def _unpacked(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error as error:
        # A list of objects that cannot be looked into may hold anything.
        raise DocumentActive from error


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])
