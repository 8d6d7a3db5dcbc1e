"""Kept files for browsers: one address each, for whoever may see it; and the two calls of the upload field."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Stream

from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.uploads.errors import UploadUnknown
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import ENDINGS, MEDIA_TYPES, Upload, UploadKind
from yellowcart.uploads.queries import StoredUpload, read_upload
from yellowcart.uploads.received import UploadForm, content_of
from yellowcart.uploads.remove import take_back_upload
from yellowcart.uploads.rules import REQUEST_BYTES_MAX
from yellowcart.uploads.storage import UploadStorage, small_key

HEADERS = {
    "cache-control": "private, no-cache",
    "content-security-policy": "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""A file runs nothing, is taken for nothing else than it is, and goes to no other site. Whoever may no longer see
it does not see a copy either: a browser asks before it shows what it has kept, which its mark makes cheap."""
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})\Z")

AnyRequest = Request[Person | None, str | None, State]


@get("/{upload_id:int}", guards=[PUBLIC])
async def file(
    request: AnyRequest,
    upload_id: FromPath[int],
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    size: FromQuery[str] = "",
) -> Response[bytes] | Stream:
    """`/uploads/{upload_id}`: the file, for its owner and whom the rule of its subject lets; `?size=small` for the
    small picture of a picture or video."""
    async with database.reading() as reader:
        stored = await read_upload(reader, request.scope.get("user"), upload_id)
    return await answer_file(request, upload_storage, stored, small=size == "small")


async def answer_file(
    request: AnyRequest, storage: UploadStorage, stored: StoredUpload, *, small: bool
) -> Response[bytes] | Stream:
    """A file whose reader was found entitled to it: whole, or the part that a player asks for. Raises StorageAway,
    and UploadUnknown for the small picture of what has none."""
    upload = stored.upload
    mark = f'"{upload.content_hash}{"-small" if small else ""}"'
    headers = HEADERS | {"etag": mark}
    if request.headers.get("if-none-match") == mark:
        return Response(b"", status_code=304, headers=headers)
    if small:
        if not stored.has_small:
            raise UploadUnknown
        pieces = await storage.read(small_key(stored.storage_key))
        return Stream(pieces, media_type=MEDIA_TYPES[UploadKind.JPEG], headers=headers | _named(upload, "jpg"))
    headers |= {"accept-ranges": "bytes"} | _named(upload, ENDINGS[upload.kind][0])
    part = part_asked(request.headers.get("range", ""), upload.byte_size)
    if part is None:
        whole: AsyncIterator[bytes] = await storage.read(stored.storage_key)
        headers["content-length"] = str(upload.byte_size)
        return Stream(whole, media_type=MEDIA_TYPES[upload.kind], headers=headers)
    start, end = part
    headers |= {
        "content-range": f"bytes {start}-{end}/{upload.byte_size}",
        "content-length": str(end - start + 1),
    }
    pieces = await storage.read(stored.storage_key, start=start, length=end - start + 1)
    return Stream(pieces, status_code=206, media_type=MEDIA_TYPES[upload.kind], headers=headers)


def part_asked(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte of the one part that a `Range` header asks for; None for the whole, which also
    answers a header that asks for several parts or for what is not there (RFC 9110, 14.2 allows that)."""
    found = _RANGE.match(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        start, end = int(found[1]), min(int(found[2]) if found[2] else size - 1, size - 1)
    else:
        start, end = max(0, size - int(found[2])), size - 1
    return (start, end) if start <= end else None


@post("/", guards=[SIGNED_IN], request_max_body_size=REQUEST_BYTES_MAX)
async def bring(
    data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Upload:
    """Keep one file that the upload field of a page sends ahead of its form."""
    content = await content_of(data.file)
    return await keep_upload(database, upload_storage, person, data.purpose, content, data.file.filename)


@post("/{upload_id:int}/remove", guards=[SIGNED_IN], status_code=204)
async def take_back(
    upload_id: FromPath[int],
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> None:
    """Remove a file that belongs to nothing yet."""
    await take_back_upload(database, upload_storage, person, upload_id)


def _named(upload: Upload, ending: str) -> dict[str, str]:
    """Under which name a browser saves it: ours, never the sender's. A document is saved and not shown."""
    how = "attachment" if upload.kind is UploadKind.PDF else "inline"
    return {"content-disposition": f'{how}; filename="yellowcart-{upload.upload_id}.{ending}"'}


ROUTES = Router("/uploads", route_handlers=[file, bring, take_back], include_in_schema=False)
