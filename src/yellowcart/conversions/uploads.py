"""A report that a browser or a program sends, as a file on disk: what reads it needs to go back in it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from litestar.datastructures import UploadFile

from yellowcart.kernel.file_errors import FileEmpty, FileTooLarge
from yellowcart.kernel.file_reading import FILE_LIMITS
from yellowcart.kernel.file_rows import MEGABYTE

UPLOAD_BYTES_MAX: Final = FILE_LIMITS.bytes_max + 64 * 1024
"""A request with a report in it: the largest file, and what a form needs beside it."""


@asynccontextmanager
async def on_disk(upload: UploadFile) -> AsyncIterator[Path]:
    """What was sent, piece by piece, as a file for the length of the block. Raises FileEmpty, FileTooLarge."""
    size = 0
    with tempfile.TemporaryDirectory(prefix="yellowcart-report-") as folder:
        path = Path(folder) / "report"
        with path.open("wb") as file:
            while piece := await upload.read(MEGABYTE):
                size += len(piece)
                if size > FILE_LIMITS.bytes_max:
                    raise FileTooLarge(most=FILE_LIMITS.bytes_max // MEGABYTE)
                await asyncio.to_thread(file.write, piece)
        if not size:
            raise FileEmpty
        yield path
