"""Opening what somebody brought, away from the event loop and few at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from yellowcart.uploads.documents import check_document
from yellowcart.uploads.model import PICTURES, CheckedFile, UploadKind, UploadPurpose
from yellowcart.uploads.pictures import rewrite_picture
from yellowcart.uploads.rules import require_kind
from yellowcart.uploads.videos import repack_video

OPENED_AT_ONCE: Final = 2
"""A large picture takes two hundred megabytes while it is open: this bounds what a crowd of them takes."""
_openers = ThreadPoolExecutor(max_workers=OPENED_AT_ONCE, thread_name_prefix="uploads")


async def check_file(content: bytes, declared_name: str, purpose: UploadPurpose) -> CheckedFile:
    """What is kept of a file that somebody brings for a purpose. Raises UploadUnsupported, UploadMisnamed,
    UploadTooLarge, UploadDamaged, PictureTooBig, VideoTooLong, VideoUnplayable, DocumentActive."""
    kind = require_kind(content, declared_name, purpose)
    return await asyncio.get_running_loop().run_in_executor(_openers, _opened, content, kind)


def _opened(content: bytes, kind: UploadKind) -> CheckedFile:
    if kind in PICTURES:
        return rewrite_picture(content, kind)
    if kind is UploadKind.MP4:
        return repack_video(content)
    return check_document(content)
