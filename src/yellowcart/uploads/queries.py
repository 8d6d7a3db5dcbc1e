"""Reading uploads: what is attached to things, what a person has brought, and one file for whoever may see it."""

from collections.abc import Collection, Sequence

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import PersonId
from yellowcart.uploads.errors import UploadUnknown
from yellowcart.uploads.model import Upload, UploadId, UploadPurpose
from yellowcart.uploads.reading import may_read
from yellowcart.uploads.rules import WAITING_MAX

COLUMNS = (
    "upload_id, person_id, purpose, kind, declared_name, byte_size, width, height, duration_ms, content_hash,"
    " created_at, subject, attached_at"
)
SUBJECTS_MAX = 500
"""Subjects whose files one call reads: a page of a list, with what belongs to each entry."""


class StoredUpload(msgspec.Struct, frozen=True, kw_only=True):
    """A file and where its objects are. For the storage alone; keys are told to nobody."""

    upload: Upload
    storage_key: str
    has_small: bool


async def uploads_of(reader: Reader, subjects: Collection[str]) -> dict[str, list[Upload]]:
    """The files attached to each of the subjects, in their order; a subject without any is not named. Raises
    ValueError for more than SUBJECTS_MAX."""
    if len(subjects) > SUBJECTS_MAX:
        raise ValueError(f"at most {SUBJECTS_MAX} subjects at once")
    found: dict[str, list[Upload]] = {}
    if not subjects:
        return found
    rows = await reader.rows(
        Upload,
        f"SELECT {COLUMNS} FROM upload WHERE subject = ANY(%(subjects)s)"  # noqa: S608 - constants of ours
        " ORDER BY subject, position, upload_id",
        subjects=list(subjects),
    )
    for row in rows:
        found.setdefault(row.subject or "", []).append(row)
    return found


async def waiting_uploads(
    reader: Reader, person_id: PersonId, purpose: UploadPurpose, upload_ids: Sequence[int]
) -> list[Upload]:
    """Those of the files that the person may attach for the purpose, in the order asked for: what a refused form
    shows again."""
    rows = await reader.rows(
        Upload,
        f"""
        SELECT {COLUMNS} FROM upload
        WHERE upload_id = ANY(%(upload_ids)s) AND person_id = %(person_id)s AND purpose = %(purpose)s
          AND kept_at IS NOT NULL AND removed_at IS NULL
        """,  # noqa: S608 - constants of ours
        upload_ids=list(upload_ids)[:WAITING_MAX],
        person_id=person_id,
        purpose=purpose.value,
    )
    return sorted(rows, key=lambda each: list(upload_ids).index(each.upload_id))


async def read_upload(reader: Reader, person: Person | None, upload_id: int) -> StoredUpload:
    """A kept file, if the person (None: nobody) brought it or the rule of its subject's kind lets them see it.
    Raises UploadUnknown: what somebody may not see does not exist for them."""
    row = await reader.row(
        _Row,
        f"SELECT {COLUMNS}, storage_key, has_small FROM upload WHERE upload_id = %(upload_id)s"  # noqa: S608
        " AND kept_at IS NOT NULL AND removed_at IS NULL",
        upload_id=upload_id,
    )
    if row is None:
        raise UploadUnknown
    values = msgspec.structs.asdict(row)
    stored = StoredUpload(
        storage_key=values.pop("storage_key"), has_small=values.pop("has_small"), upload=Upload(**values)
    )
    if not await may_read(reader, person, stored.upload):
        raise UploadUnknown
    return stored


class _Row(Upload, frozen=True, kw_only=True):
    storage_key: str
    has_small: bool


__all__ = ["COLUMNS", "StoredUpload", "UploadId", "read_upload", "uploads_of", "waiting_uploads"]
