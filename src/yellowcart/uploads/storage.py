"""Where kept files are: a folder of this machine, or a bucket that speaks S3, behind one interface (obstore).

Nobody calls it within a transaction. A key is no name: it is drawn by chance, says nothing, and is never told.
"""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from yellowcart.kernel.open_sessions import require_no_session
from yellowcart.kernel.settings import Settings
from yellowcart.uploads.errors import StorageAway, UploadUnknown

if TYPE_CHECKING:
    from obstore import GetResult

PIECE_BYTES: Final = 256 * 1024
SECONDS_MAX: Final = 20
"""For so long a failed request to a bucket is tried again."""
TRIES_MAX: Final = 3
log = structlog.get_logger()


class UploadStorage:
    """Objects by key: put, read whole or in part, deleted. Raises StorageAway when the storage does not answer,
    UploadUnknown for a key that it does not know."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, content: bytes) -> None:
        """Keep an object, whole or not at all; the same key again replaces it."""
        with _told():
            await self._store.put_async(key, content)

    async def read(self, key: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """An object from a byte on, piece by piece; whether it is there is known before the first piece."""
        with _told():
            if start or length is not None:
                whole = await self._store.get_range_async(key, start=start, length=length or 0)
                return _one_piece(bytes(whole))
            found = await self._store.get_async(key)
        return _pieces(found)

    async def delete(self, keys: Sequence[str]) -> None:
        """Forget objects; what is not there is no error."""
        for key in keys:
            with _told(missing_is_fine=True):
                await self._store.delete_async(key)


def open_storage(settings: Settings) -> UploadStorage:
    """The storage that the settings name. Raises ValueError for an address that is none."""
    if settings.uploads_url is None:
        return UploadStorage(LocalStore(settings.home / "uploads", mkdir=True))
    return UploadStorage(
        from_url(
            settings.uploads_url,
            retry_config={"max_retries": TRIES_MAX, "retry_timeout": timedelta(seconds=SECONDS_MAX)},
        )
    )


def fresh_key() -> str:
    """A key for a new object: by chance, in one of 256 folders, so that none grows too large to list."""
    drawn = secrets.token_hex(20)
    return f"{drawn[:2]}/{drawn[2:]}"


def small_key(key: str) -> str:
    """The key of the small picture beside an object."""
    return f"{key}-small"


async def _pieces(found: "GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=PIECE_BYTES):
        yield bytes(piece)


async def _one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


@contextmanager
def _told(*, missing_is_fine: bool = False) -> Iterator[None]:
    require_no_session("the storage of uploads")
    try:
        yield
    except FileNotFoundError as error:
        if not missing_is_fine:
            raise UploadUnknown from error
    except (BaseError, OSError) as error:
        log.warning("uploads.storage_away", error=str(error).partition("\n")[0])
        raise StorageAway from error
