"""Uploads for programs: bring a file, read what is known of it, read it, take it back."""

from typing import Annotated

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Stream

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import hash_of, request_key
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.uploads.files import AnyRequest, answer_file
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import Upload
from yellowcart.uploads.queries import read_upload
from yellowcart.uploads.received import UploadForm, content_of
from yellowcart.uploads.remove import take_back_upload
from yellowcart.uploads.rules import REQUEST_BYTES_MAX
from yellowcart.uploads.storage import UploadStorage


@post("/", guards=[SIGNED_IN], request_max_body_size=REQUEST_BYTES_MAX)
async def bring(
    data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Upload:
    """Bring a file for a purpose (`evidence` or `review`), then name its `upload_id` where it belongs; what is
    named nowhere within a day is removed. A picture is written anew without its metadata, a video packed anew.

    Refusals: `upload_unsupported`, `upload_misnamed`, `upload_empty`, `upload_too_large`, `upload_damaged`,
    `picture_too_big`, `video_too_long`, `video_unplayable`, `document_active`, `uploads_waiting`, `storage_away`.
    """
    content = await content_of(data.file)
    asked = [data.purpose.value, data.file.filename, hash_of(content)]
    key = request_key(person.person_id, idempotency_key, asked)
    return await keep_upload(database, upload_storage, person, data.purpose, content, data.file.filename, key=key)


@get("/{upload_id:int}", guards=[SIGNED_IN])
async def known(
    upload_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Upload:
    """What is known of a file: its kind, its measures, what it is attached to."""
    async with database.reading() as reader:
        return (await read_upload(reader, person, upload_id)).upload


@get("/{upload_id:int}/content", guards=[SIGNED_IN])
async def content(
    request: AnyRequest,
    upload_id: FromPath[int],
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
    size: FromQuery[str] = "",
) -> Response[bytes] | Stream:
    """The file itself, or with `size=small` a small JPEG of a picture or video. One `Range` is answered."""
    async with database.reading() as reader:
        stored = await read_upload(reader, person, upload_id)
    return await answer_file(request, upload_storage, stored, small=size == "small")


@delete("/{upload_id:int}", guards=[SIGNED_IN])
async def take_back(
    upload_id: FromPath[int],
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> None:
    """Remove a file of yours that belongs to nothing yet."""
    await take_back_upload(database, upload_storage, person, upload_id)


ROUTES = Router("/api/v1/uploads", route_handlers=[bring, known, content, take_back], tags=["uploads"])
