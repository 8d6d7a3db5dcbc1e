"""A file that somebody sends, on this machine's disk: what reads it needs to go back in it."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from yellowcart.kernel.file_errors import FileEmpty, FileTooLarge
from yellowcart.kernel.file_rows import FILE_LIMITS, MEGABYTE

FILE_BYTES_MAX: Final = FILE_LIMITS.bytes_max
FILE_MEGABYTES_MAX: Final = FILE_BYTES_MAX // MEGABYTE
UPLOAD_BYTES_MAX: Final = FILE_BYTES_MAX + 3 * MEGABYTE
"""A request with a file in it. A little more than the file may have and a form needs beside it: what is too large
by a little is refused in our own words."""
PIECE_BYTES: Final = MEGABYTE
"""Bytes of a file that are in memory at once."""
FILE_NAME_LENGTH_MAX: Final = 120


class LocalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file on this machine's disk, and what tells it from others."""

    path: Path
    name: str
    size: int
    content_hash: str


@asynccontextmanager
async def on_disk(name: str, read: Callable[[int], Awaitable[bytes]]) -> AsyncIterator[LocalFile]:
    """What `read(bytes_max)` gives piece by piece, as a file for the length of the block. Raises FileTooLarge,
    FileEmpty."""
    digest, size = hashlib.blake2b(digest_size=16), 0
    with tempfile.TemporaryDirectory(prefix="yellowcart-file-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            while piece := await read(PIECE_BYTES):
                size += len(piece)
                if size > FILE_BYTES_MAX:
                    raise FileTooLarge(most=FILE_MEGABYTES_MAX)
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
        if not size:
            raise FileEmpty
        yield LocalFile(path=path, name=shown_name(name), size=size, content_hash=digest.hexdigest())


async def local_file(path: Path) -> LocalFile:
    """A file that is on this machine's disk already. Raises OSError, FileTooLarge, FileEmpty."""

    def measure() -> tuple[int, str]:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise FileTooLarge(most=FILE_MEGABYTES_MAX)
        if not size:
            raise FileEmpty
        with path.open("rb") as file:
            return size, hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()

    size, content_hash = await asyncio.to_thread(measure)
    return LocalFile(path=path, name=shown_name(path.name), size=size, content_hash=content_hash)


def shown_name(file_name: str) -> str:
    """The last part of a file's name, of characters that can be shown."""
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable())[:FILE_NAME_LENGTH_MAX] or "–"
