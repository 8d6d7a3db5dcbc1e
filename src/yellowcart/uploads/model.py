"""What people bring, as values: for what, of which kind, and how much of it."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from yellowcart.kernel.ids import PersonId

UploadId = NewType("UploadId", int)


class UploadPurpose(StrEnum):
    """What somebody brings a file for."""

    EVIDENCE = "evidence"
    """Shows what happened, in an after-sale case."""
    REVIEW = "review"
    """A picture in a review or its append."""


class UploadKind(StrEnum):
    """What a file is, by its content."""

    JPEG = "jpeg"
    """A JPEG picture."""
    PNG = "png"
    """A PNG picture."""
    WEBP = "webp"
    """A WebP picture."""
    MP4 = "mp4"
    """A video in an MP4 or QuickTime box; kept as MP4."""
    PDF = "pdf"
    """A document."""


PICTURES = frozenset({UploadKind.JPEG, UploadKind.PNG, UploadKind.WEBP})

MEDIA_TYPES = {
    UploadKind.JPEG: "image/jpeg",
    UploadKind.PNG: "image/png",
    UploadKind.WEBP: "image/webp",
    UploadKind.MP4: "video/mp4",
    UploadKind.PDF: "application/pdf",
}
"""As what a kept file is served."""

ENDINGS = {
    UploadKind.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    UploadKind.PNG: ("png",),
    UploadKind.WEBP: ("webp",),
    UploadKind.MP4: ("mp4", "m4v", "mov"),
    UploadKind.PDF: ("pdf",),
}
"""How names of files of a kind end; the first is the one that we write."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A kept file. `byte_size` is what is kept, not what was sent. Pictures and videos have `width` and `height`
    (pixels), videos `duration_ms`. `subject` names what it was attached to (`review:…`), with `attached_at`."""

    upload_id: UploadId
    person_id: PersonId
    purpose: UploadPurpose
    kind: UploadKind
    declared_name: str
    byte_size: int
    width: int | None
    height: int | None
    duration_ms: int | None
    content_hash: str
    created_at: datetime
    subject: str | None
    attached_at: datetime | None

    @property
    def is_picture(self) -> bool:
        """Whether it is a still picture."""
        return self.kind in PICTURES

    @property
    def path(self) -> str:
        """Its address on this installation."""
        return f"/uploads/{self.upload_id}"

    @property
    def small_path(self) -> str:
        """The address of its small picture; a document has none."""
        return f"{self.path}?size=small"


class CheckedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was checked and written anew: what is kept of it. `small` is a small JPEG of it, for lists."""

    kind: UploadKind
    content: bytes
    small: bytes | None
    width: int | None
    height: int | None
    duration_ms: int | None
