"""Pictures that came with imports, as files: named for their content, kept once, served for ever."""

import hashlib
import os
import re
import secrets
from pathlib import Path

from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import File

from yellowcart.accounts.access import PUBLIC
from yellowcart.accounts.model import Person
from yellowcart.catalog.imports.errors import PictureUnusable
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.settings import Settings

PICTURES_PATH = "/media/pictures"
PICTURE_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}
PICTURE_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}
_NAME = re.compile(r"([0-9a-f]{40})\.(jpg|png|gif|webp)\Z")


def picture_folder(home: Path) -> Path:
    """Where pictures are kept."""
    return home.joinpath("pictures")


def ending_of(content: bytes) -> str:
    """What kind of picture it is, by its first bytes, never by what its sender says. Raises PictureUnusable."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp"
    raise PictureUnusable


def keep_picture(home: Path, content: bytes) -> str:
    """Keep a picture and answer its address on this installation. The same picture is kept once. Raises
    PictureUnusable."""
    name = f"{hashlib.blake2b(content, digest_size=20).hexdigest()}.{ending_of(content)}"
    file = picture_folder(home).joinpath(name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: whoever looks for the name finds all of the picture.
        draft = file.with_name(f".{name}.{secrets.token_hex(4)}")
        draft.write_bytes(content)
        os.replace(draft, file)
    return f"{PICTURES_PATH}/{name}"


@get("/{name:str}", guards=[PUBLIC])
async def picture(name: FromPath[str], request: Request[Person | None, str | None, State]) -> File:
    """`/media/pictures/{hash}.{ending}`: a picture; its name tells its content, so browsers may keep it."""
    settings: Settings = request.app.state.settings
    found = _NAME.match(name)
    file = picture_folder(settings.home).joinpath(name)
    if found is None or not file.is_file():
        raise NotFound
    return File(
        file,
        filename=name,
        media_type=PICTURE_TYPES[found[2]],
        content_disposition_type="inline",
        headers=PICTURE_HEADERS,
    )


ROUTES = Router(PICTURES_PATH, route_handlers=[picture], include_in_schema=False)
