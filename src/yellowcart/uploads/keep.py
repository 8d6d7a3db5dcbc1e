"""Keeping what somebody brings: opened and written anew, promised in a row, kept as an object, then there.

The row comes before the object and says nothing until the object is kept (`kept_at`): whatever dies in between
leaves a row that knows its object, so that nothing is ever in the storage that no table knows of.
"""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.idempotency import RequestKey, hash_of, is_repeat, once
from yellowcart.kernel.ids import new_id
from yellowcart.uploads.checking import check_file
from yellowcart.uploads.errors import UploadsWaiting, UploadUnknown
from yellowcart.uploads.model import CheckedFile, Upload, UploadId, UploadPurpose
from yellowcart.uploads.queries import COLUMNS
from yellowcart.uploads.rules import WAITING_MAX, shown_name
from yellowcart.uploads.storage import UploadStorage, fresh_key, small_key

_KEEP = "uploads:keep"


class _Promised(msgspec.Struct, frozen=True):
    """The row of a file whose object is not kept yet."""

    upload_id: UploadId
    storage_key: str


async def keep_upload(
    database: Database,
    storage: UploadStorage,
    person: Person,
    purpose: UploadPurpose,
    content: bytes,
    declared_name: str,
    *,
    key: RequestKey | None = None,
) -> Upload:
    """Keep a file for a purpose. It belongs to nothing until somebody attaches it, and is removed after a day
    otherwise. With `key` a repeat gets the same upload, also after a crash in between.

    Whoever has too many waiting is refused before anything is opened. Raises UploadsWaiting, UploadUnsupported,
    UploadMisnamed, UploadTooLarge, UploadDamaged, PictureTooBig, VideoTooLong, VideoUnplayable, DocumentActive,
    StorageAway, IdempotencyKeyReused.
    """
    async with database.reading() as reader:
        if key is None or not await is_repeat(reader, _KEEP, key):
            await _require_place(reader, person)
    checked = await check_file(content, declared_name, purpose)
    async with database.writing() as writer:

        async def promise() -> _Promised:
            return await _promise(writer, person, purpose, checked, shown_name(declared_name))

        if key is None:
            promised = await promise()
        else:
            promised = await once(writer, _KEEP, key, _Promised, promise)
    if checked.small is not None:
        await storage.put(small_key(promised.storage_key), checked.small)
    await storage.put(promised.storage_key, checked.content)
    async with database.writing() as writer:
        return await _finish(writer, person, promised)


async def _promise(
    writer: Writer, person: Person, purpose: UploadPurpose, checked: CheckedFile, name: str
) -> _Promised:
    # One at a time for each person, so that the bound holds.
    await writer.run("SELECT FROM person WHERE person_id = %(id)s FOR NO KEY UPDATE", id=person.person_id)
    await _require_place(writer, person)
    promised = _Promised(new_id(UploadId), fresh_key())
    await writer.run(
        """
        INSERT INTO upload (upload_id, person_id, purpose, kind, declared_name, byte_size, width, height,
                            duration_ms, storage_key, has_small, content_hash, created_at)
        VALUES (%(upload_id)s, %(person_id)s, %(purpose)s, %(kind)s, %(name)s, %(byte_size)s, %(width)s,
                %(height)s, %(duration_ms)s, %(storage_key)s, %(has_small)s, %(content_hash)s, %(now)s)
        """,
        upload_id=promised.upload_id,
        person_id=person.person_id,
        purpose=purpose.value,
        kind=checked.kind.value,
        name=name,
        byte_size=len(checked.content),
        width=checked.width,
        height=checked.height,
        duration_ms=checked.duration_ms,
        storage_key=promised.storage_key,
        has_small=checked.small is not None,
        content_hash=hash_of(checked.content),
        now=clock.now(),
    )
    return promised


async def _require_place(reader: Reader, person: Person) -> None:
    """Raises UploadsWaiting for whoever has brought too many files without using them."""
    waiting = await reader.value(
        "SELECT count(*) FROM upload WHERE person_id = %(id)s AND subject IS NULL AND removed_at IS NULL",
        id=person.person_id,
    )
    if waiting >= WAITING_MAX:
        raise UploadsWaiting


async def _finish(writer: Writer, person: Person, promised: _Promised) -> Upload:
    fresh = await writer.run(
        "UPDATE upload SET kept_at = %(now)s WHERE upload_id = %(upload_id)s AND kept_at IS NULL"
        " AND removed_at IS NULL",
        now=clock.now(),
        upload_id=promised.upload_id,
    )
    kept = await writer.row(
        Upload,
        f"SELECT {COLUMNS} FROM upload WHERE upload_id = %(upload_id)s"  # noqa: S608 - constants of ours
        " AND kept_at IS NOT NULL AND removed_at IS NULL",
        upload_id=promised.upload_id,
    )
    if kept is None:
        # The object took longer than a whole day, or the key repeats a file that was removed since.
        raise UploadUnknown
    if fresh:
        await audit.record(
            writer, person, "uploads:upload:keep", f"upload:{kept.upload_id}", after={"kind": kept.kind}
        )
    return kept
