"""Removing files: those that somebody takes back before they belong to anything, and those that nobody attached
in a day. Marked in one transaction, forgotten by the storage outside of any, and then the row goes: whatever dies
in between is done again."""

from collections.abc import Sequence

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.settings import read_settings
from yellowcart.kernel.tasks import Queue, sweep, time_is_up
from yellowcart.uploads.errors import UploadUnknown
from yellowcart.uploads.model import UploadId
from yellowcart.uploads.rules import UNUSED_AFTER
from yellowcart.uploads.storage import UploadStorage, open_storage, small_key

REMOVED_AT_ONCE = 100
KEPT_IN_A_ROW_MAX = 3
"""When the storage does not take so many removals one after another, it is left alone until the next run."""
_not_removed = Setbacks[UploadId]("remove_unused_uploads")


class _Doomed(msgspec.Struct, frozen=True):
    upload_id: UploadId
    storage_key: str
    has_small: bool


async def take_back_upload(database: Database, storage: UploadStorage, person: Person, upload_id: int) -> None:
    """The person removes a file that belongs to nothing yet. Raises UploadUnknown, StorageAway (the sweep then
    removes it later; it can be attached no more)."""
    async with database.writing() as writer:
        doomed = await _mark(
            writer,
            """
            SELECT upload_id, storage_key, has_small FROM upload
            WHERE upload_id = %(upload_id)s AND person_id = %(person_id)s AND subject IS NULL
            ORDER BY upload_id
            FOR UPDATE
            """,
            upload_id=upload_id,
            person_id=person.person_id,
        )
    if not doomed:
        raise UploadUnknown
    await _forget(database, storage, doomed)


async def remove_unused(database: Database, storage: UploadStorage) -> int:
    """Remove a set of files that nobody attached within UNUSED_AFTER, that were let go of, or whose keeping was
    broken off; answers how many. What the storage does not remove is tried again later."""
    async with database.writing() as writer:
        doomed = await _mark(
            writer,
            """
            SELECT upload_id, storage_key, has_small FROM upload
            WHERE subject IS NULL AND created_at <= %(before)s AND upload_id <> ALL(%(put_off)s)
            ORDER BY upload_id
            LIMIT %(most)s
            FOR UPDATE SKIP LOCKED
            """,
            before=clock.now() - UNUSED_AFTER,
            most=REMOVED_AT_ONCE,
            put_off=_not_removed.put_off(),
        )
    removed = kept_in_a_row = 0
    for each in doomed:
        if time_is_up() or kept_in_a_row >= KEPT_IN_A_ROW_MAX:
            break
        kept_in_a_row += 1
        with _not_removed.sparing(each.upload_id):
            await _forget(database, storage, [each])
            removed, kept_in_a_row = removed + 1, 0
    return removed


@sweep(every_s=600, queue=Queue.OUTSIDE)
async def remove_unused_uploads(database: Database) -> int:
    """Remove what was brought and never used."""
    return await remove_unused(database, open_storage(read_settings()))


async def _mark(writer: Writer, query: str, **values: object) -> list[_Doomed]:
    doomed = await writer.rows(_Doomed, query, **values)
    await writer.run(
        "UPDATE upload SET removed_at = %(now)s WHERE upload_id = ANY(%(upload_ids)s) AND removed_at IS NULL",
        now=clock.now(),
        upload_ids=[each.upload_id for each in doomed],
    )
    return doomed


async def _forget(database: Database, storage: UploadStorage, doomed: Sequence[_Doomed]) -> None:
    for each in doomed:
        keys = [each.storage_key, small_key(each.storage_key)] if each.has_small else [each.storage_key]
        await storage.delete(keys)
    if doomed:
        async with database.writing() as writer:
            await writer.run(
                "DELETE FROM upload WHERE upload_id = ANY(%(upload_ids)s) AND removed_at IS NOT NULL",
                upload_ids=[each.upload_id for each in doomed],
            )
