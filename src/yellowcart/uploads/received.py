"""A file as a request brings it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.uploads.errors import UploadEmpty, UploadsTooMany, UploadTooLarge
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import UploadPurpose
from yellowcart.uploads.rules import MEGABYTE, NUMBER_MAX, UPLOAD_BYTES_MAX
from yellowcart.uploads.storage import UploadStorage

PIECE_BYTES: Final = MEGABYTE
ID_DIGITS_MAX: Final = 16


class UploadForm(msgspec.Struct):
    """One file and what it is brought for. A page's form also carries its token."""

    file: UploadFile
    purpose: UploadPurpose
    _csrf_token: str = ""


async def content_of(file: UploadFile) -> bytes:
    """Everything in a file. Raises UploadEmpty, UploadTooLarge."""
    content = bytearray()
    while piece := await file.read(PIECE_BYTES):
        content += piece
        if len(content) > UPLOAD_BYTES_MAX:
            raise UploadTooLarge(megabytes=UPLOAD_BYTES_MAX // MEGABYTE)
    if not content:
        raise UploadEmpty
    return bytes(content)


MultipartForm = Annotated[dict[str, object], Body(media_type=RequestEncodingType.MULTI_PART)]
"""A page's form with files: fields by name; a field that was sent several times is a list."""


def text_of(form: Mapping[str, object], name: str) -> str:
    """What was typed into a field; empty where there is none."""
    return next((each for each in _values(form, name) if isinstance(each, str)), "")


def texts_of(form: Mapping[str, object]) -> dict[str, str]:
    """What was typed, by field: what a refused form comes back with."""
    return {name: text_of(form, name) for name in form if not name.startswith("_")}


def upload_ids_of(form: Mapping[str, object], name: str = "upload_ids") -> tuple[int, ...]:
    """The uploads that a form names, in their order; what is no id is passed over."""
    typed = [each for each in _values(form, name) if isinstance(each, str)]
    return tuple(int(each) for each in typed if each.isascii() and each.isdecimal() and len(each) <= ID_DIGITS_MAX)


def files_of(form: Mapping[str, object], name: str) -> list[UploadFile]:
    """The files of a form's field; one that was left empty sends an empty part, which is none."""
    return [each for each in _values(form, name) if isinstance(each, UploadFile) and each.filename]


async def keep_sent(
    database: Database,
    storage: UploadStorage,
    person: Person,
    purpose: UploadPurpose,
    form: Mapping[str, object],
    name: str,
) -> tuple[int, ...]:
    """The uploads of a form: those that its script brought ahead, then the files that came with it, which are kept
    now. Raises what `keep_upload` raises, and UploadsTooMany before anything is kept."""
    known, files = upload_ids_of(form), files_of(form, name)
    if len(known) + len(files) > NUMBER_MAX[purpose]:
        raise UploadsTooMany(most=NUMBER_MAX[purpose])
    kept = [
        await keep_upload(database, storage, person, purpose, await content_of(file), file.filename)
        for file in files
    ]
    return known + tuple(upload.upload_id for upload in kept)


def _values(form: Mapping[str, object], name: str) -> Sequence[object]:
    value = form.get(name)
    return value if isinstance(value, list) else [value]
