"""Attaching files to what they belong to, and letting go of those that belong to it no more."""

from collections.abc import Sequence
from typing import Any

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import PersonId
from yellowcart.uploads.errors import UploadsTooMany, UploadUnknown
from yellowcart.uploads.model import UploadId, UploadPurpose
from yellowcart.uploads.rules import NUMBER_MAX


class _Held(msgspec.Struct, frozen=True):
    upload_id: UploadId
    subject: str | None


async def attach_uploads(
    writer: Writer, person_id: PersonId, purpose: UploadPurpose, upload_ids: Sequence[int], subject: str
) -> None:
    """Attach files of a person to `subject` (`review:…`), in this order behind those that are attached already.
    Attaching again changes nothing.

    Raises UploadUnknown for a file that is not the person's, was brought for another purpose, or belongs to
    something else; UploadsTooMany beyond NUMBER_MAX of the purpose.
    """
    wanted = list(dict.fromkeys(upload_ids))
    if not wanted:
        return
    if len(wanted) > NUMBER_MAX[purpose]:
        raise UploadsTooMany(most=NUMBER_MAX[purpose])
    held = await writer.rows(
        _Held,
        """
        SELECT upload_id, subject FROM upload
        WHERE upload_id = ANY(%(upload_ids)s) AND person_id = %(person_id)s AND purpose = %(purpose)s
          AND kept_at IS NOT NULL AND removed_at IS NULL
        ORDER BY upload_id
        FOR UPDATE
        """,
        upload_ids=wanted,
        person_id=person_id,
        purpose=purpose.value,
    )
    if len(held) < len(wanted) or any(each.subject not in (None, subject) for each in held):
        raise UploadUnknown
    known = {each.upload_id for each in held if each.subject == subject}
    new = [upload_id for upload_id in wanted if upload_id not in known]
    await _append(writer, new, subject, purpose)


async def replace_uploads(
    writer: Writer, person_id: PersonId, purpose: UploadPurpose, upload_ids: Sequence[int], subject: str
) -> None:
    """Have exactly these files attached to `subject`, in this order; the others are let go and removed by the
    sweep. The caller holds the lock of the subject. Raises as `attach_uploads`."""
    await writer.run(
        """
        UPDATE upload SET subject = NULL, attached_at = NULL, position = 0
        WHERE subject = %(subject)s AND upload_id <> ALL(%(upload_ids)s)
        """,
        subject=subject,
        upload_ids=list(upload_ids),
    )
    await attach_uploads(writer, person_id, purpose, upload_ids, subject)
    await writer.run(
        """
        UPDATE upload SET position = wanted.position
        FROM unnest(%(upload_ids)s::bigint[]) WITH ORDINALITY AS wanted (upload_id, position)
        WHERE upload.upload_id = wanted.upload_id AND upload.subject = %(subject)s
        """,
        subject=subject,
        upload_ids=list(dict.fromkeys(upload_ids)),
    )


async def _append(writer: Writer, upload_ids: Sequence[int], subject: str, purpose: UploadPurpose) -> None:
    row: dict[str, Any] = (
        await writer.records(
            "SELECT count(*) AS number, coalesce(max(position), 0) AS last FROM upload"
            " WHERE subject = %(subject)s",
            subject=subject,
        )
    )[0]
    if row["number"] + len(upload_ids) > NUMBER_MAX[purpose]:
        raise UploadsTooMany(most=NUMBER_MAX[purpose])
    await writer.run(
        """
        UPDATE upload
        SET subject = %(subject)s, attached_at = %(now)s, position = %(last)s + wanted.position
        FROM unnest(%(upload_ids)s::bigint[]) WITH ORDINALITY AS wanted (upload_id, position)
        WHERE upload.upload_id = wanted.upload_id
        """,
        subject=subject,
        now=clock.now(),
        last=row["last"],
        upload_ids=list(upload_ids),
    )
