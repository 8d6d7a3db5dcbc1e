"""Decisions about files: what one is by its first bytes, what its name claims, and how much may be brought."""

from datetime import timedelta
from typing import Final

from yellowcart.kernel.translation import N_
from yellowcart.uploads.errors import UploadMisnamed, UploadTooLarge, UploadUnsupported
from yellowcart.uploads.model import ENDINGS, PICTURES, UploadKind, UploadPurpose

MEGABYTE: Final = 1024 * 1024

MEGABYTES_MAX: dict[UploadKind, int] = {
    UploadKind.JPEG: 15,
    UploadKind.PNG: 15,
    UploadKind.WEBP: 15,
    UploadKind.MP4: 40,
    UploadKind.PDF: 10,
}
"""The largest file of each kind, as it is sent."""
UPLOAD_BYTES_MAX: Final = max(MEGABYTES_MAX.values()) * MEGABYTE
REQUEST_BYTES_MAX: Final = UPLOAD_BYTES_MAX + 3 * MEGABYTE
"""A request with one file: a little more, so that what is too large by a little is refused in our own words."""
FORM_BYTES_MAX: Final = 64 * MEGABYTE
"""A page's form that brings its files itself, because no script sent them ahead."""

KINDS: dict[UploadPurpose, frozenset[UploadKind]] = {
    UploadPurpose.EVIDENCE: frozenset(UploadKind),
    UploadPurpose.REVIEW: PICTURES,
}
"""What is taken for each purpose."""
NUMBER_MAX: dict[UploadPurpose, int] = {UploadPurpose.EVIDENCE: 9, UploadPurpose.REVIEW: 9}
"""Files that one subject may have."""
WAITING_MAX: Final = 60
"""Files that one person may have brought without attaching them."""
UNUSED_AFTER: Final = timedelta(days=1)
"""A file that nobody attached in this time is removed."""

PIXELS_MAX: Final = 50_000_000
"""Of a picture as it is sent: phones take up to 48 million; more is a bomb or no photograph."""
LONGEST_SIDE: Final = 2_560
"""Pixels; a larger picture is made smaller."""
SMALL_SIDE: Final = 480
"""Pixels of the longest side of the small picture."""
VIDEO_SECONDS_MAX: Final = 120
VIDEO_SIDE_MAX: Final = 4_096
NAME_LENGTH_MAX: Final = 120

MP4_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VH", b"qt  ", b"MSNV",
     b"3gp4", b"3gp5", b"dash"}
)  # fmt: skip
"""Major brands of boxes with the video of a phone or camera; a HEIC picture has the same box, of another brand."""

KIND_WORDS: dict[UploadKind, str] = {
    UploadKind.JPEG: N_("a JPEG picture"),
    UploadKind.PNG: N_("a PNG picture"),
    UploadKind.WEBP: N_("a WebP picture"),
    UploadKind.MP4: N_("an MP4 video"),
    UploadKind.PDF: N_("a PDF document"),
}
TAKEN_WORDS: dict[UploadPurpose, str] = {
    UploadPurpose.EVIDENCE: N_("JPEG, PNG and WebP pictures, MP4 videos, PDF documents"),
    UploadPurpose.REVIEW: N_("JPEG, PNG and WebP pictures"),
}
"""What is taken, for the reader of a refusal and for the hint at the field."""
ACCEPTED: dict[UploadPurpose, str] = {
    UploadPurpose.EVIDENCE: "image/jpeg,image/png,image/webp,video/mp4,video/quicktime,application/pdf",
    UploadPurpose.REVIEW: "image/jpeg,image/png,image/webp",
}
"""What a file field offers to choose; a browser's help, no check."""


def kind_by_content(content: bytes) -> UploadKind | None:
    """What a file seems to be by its first bytes; None for what is never taken. Whether it is that to its end,
    whoever opens it finds out."""
    if content.startswith(b"\xff\xd8\xff"):
        return UploadKind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return UploadKind.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return UploadKind.WEBP
    if content[4:8] == b"ftyp" and content[8:12] in MP4_BRANDS:
        return UploadKind.MP4
    if content.startswith(b"%PDF-"):
        return UploadKind.PDF
    return None


def kind_by_name(name: str) -> UploadKind | None:
    """What the ending of a name claims; None for one that claims nothing that we know."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return next((kind for kind, endings in ENDINGS.items() if ending in endings), None)


def require_kind(content: bytes, declared_name: str, purpose: UploadPurpose) -> UploadKind:
    """The kind of a file that is brought for a purpose, before it is opened.

    A picture may be named for another kind of picture: messengers rename what they save, and every picture is
    written anew. Raises UploadUnsupported, UploadMisnamed, UploadTooLarge.
    """
    kind = kind_by_content(content)
    if kind is None or kind not in KINDS[purpose]:
        raise UploadUnsupported(kinds=TAKEN_WORDS[purpose])
    named = kind_by_name(declared_name)
    if named is not None and named is not kind and not {named, kind} <= PICTURES:
        raise UploadMisnamed(named=KIND_WORDS[named], found=KIND_WORDS[kind])
    if len(content) > MEGABYTES_MAX[kind] * MEGABYTE:
        raise UploadTooLarge(megabytes=MEGABYTES_MAX[kind])
    return kind


def shown_name(declared_name: str) -> str:
    """The last part of a file's name, of characters that can be shown; for people only, never a path."""
    name = declared_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable())[:NAME_LENGTH_MAX]


def kind_of_subject(subject: str) -> str:
    """`aftersale` for `aftersale:17:42`: whose rule says who may read what is attached to it."""
    return subject.partition(":")[0]
