"""Pictures and the sample stream of the demo world.

Pictures are drawn on request from what the catalogue and the stage say, and kept in memory. They are SVG: served
with a policy that lets them run and load nothing, should somebody open one as a page of its own.
"""

import re
import zlib
from collections import OrderedDict
from pathlib import Path

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import File

from yellowcart.accounts.access import PUBLIC
from yellowcart.consoles.rendering import AnyRequest
from yellowcart.demo.pictures import avatar, cover, product_picture
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.settings import Settings

PICTURES_KEPT = 2_000
"""Pictures in memory, each under 6 kB; the one that nobody asked for longest goes first."""

PICTURE_HEADERS = {
    "cache-control": "public, max-age=86400, stale-while-revalidate=604800",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
}
STREAM_FILE = re.compile(r"[a-z0-9_]{1,40}\.(m3u8|ts)\Z")
STREAM_TYPES = {"m3u8": "application/vnd.apple.mpegurl", "ts": "video/mp2t"}

_drawn: OrderedDict[str, str] = OrderedDict()


class _Subject(msgspec.Struct, frozen=True):
    """What a picture is drawn of."""

    title: str
    category: str | None


@get("/product/{shop_id:int}/{picture:str}", guards=[PUBLIC])
async def product(
    shop_id: FromPath[int], picture: FromPath[str], database: NamedDependency[Database]
) -> Response[str]:
    """`/media/product/{shop_id}/{product_id}.svg`: a still life of the product."""
    return await _picture(
        database,
        "product",
        """
        SELECT title, code AS category FROM product JOIN category USING (category_id)
        WHERE shop_id = %(shop_id)s AND product_id = %(id)s
        """,
        picture,
        shop_id=shop_id,
    )


@get("/listing/{picture:str}", guards=[PUBLIC])
async def listing(picture: FromPath[str], database: NamedDependency[Database]) -> Response[str]:
    """`/media/listing/{listing_id}.svg`: a still life of what an outside link sells, by its title."""
    return await _picture(
        database,
        "product",
        "SELECT title, NULL AS category FROM listing WHERE listing_id = %(id)s",
        picture,
    )


@get("/creator/{picture:str}", guards=[PUBLIC])
async def creator(picture: FromPath[str], database: NamedDependency[Database]) -> Response[str]:
    """`/media/creator/{creator_id}.svg`: an avatar."""
    return await _picture(
        database,
        "creator",
        "SELECT name AS title, NULL AS category FROM creator WHERE creator_id = %(id)s",
        picture,
    )


@get("/room/{picture:str}", guards=[PUBLIC])
async def room(picture: FromPath[str], database: NamedDependency[Database]) -> Response[str]:
    """`/media/room/{room_id}.svg`: a cover."""
    return await _picture(
        database,
        "cover",
        """
        SELECT room.title, category.code AS category
        FROM room JOIN creator USING (creator_id) LEFT JOIN category USING (category_id)
        WHERE room_id = %(id)s
        """,
        picture,
    )


@get("/video/{picture:str}", guards=[PUBLIC])
async def video(picture: FromPath[str], database: NamedDependency[Database]) -> Response[str]:
    """`/media/video/{video_id}.svg`: a cover."""
    return await _picture(
        database,
        "cover",
        """
        SELECT video.title, category.code AS category
        FROM video JOIN creator USING (creator_id) LEFT JOIN category USING (category_id)
        WHERE video_id = %(id)s
        """,
        picture,
    )


@get("/stream/{name:str}", guards=[PUBLIC])
async def stream(name: FromPath[str], request: AnyRequest) -> File:
    """`/media/stream/index.m3u8` and its segments; nothing else of that folder."""
    found = STREAM_FILE.match(name)
    settings: Settings = request.app.state.settings
    file = stream_folder(settings) / name
    if found is None or not file.is_file():
        raise NotFound
    return File(
        file,
        filename=name,
        media_type=STREAM_TYPES[found[1]],
        content_disposition_type="inline",
        headers={"cache-control": "public, max-age=86400" if found[1] == "ts" else "no-cache"},
    )


def stream_folder(settings: Settings) -> Path:
    """Where the sample stream is kept."""
    return settings.home / "media" / "stream"


async def _picture(database: Database, kind: str, query: str, picture: str, **values: object) -> Response[str]:
    written, _, ending = picture.partition(".")
    if ending != "svg" or not (written.isascii() and written.isdecimal() and len(written) <= 16):
        raise NotFound
    async with database.reading() as reader:
        subject = await reader.row(_Subject, query, id=int(written), **values)
    if subject is None:
        raise NotFound
    return Response(_draw(kind, subject), media_type="image/svg+xml", headers=PICTURE_HEADERS)


def _draw(kind: str, subject: _Subject) -> str:
    """A picture, drawn once. The same words give the same picture in every world."""
    key = f"{kind}/{subject.category}/{subject.title}"
    drawn = _drawn.pop(key, None)
    if drawn is None:
        seed = zlib.crc32(key.encode())
        category = subject.category or ""
        match kind:
            case "creator":
                drawn = avatar(subject.title, seed)
            case "cover":
                drawn = cover(subject.title, category, seed)
            case _:
                drawn = product_picture(subject.title, category, seed)
    _drawn[key] = drawn
    while len(_drawn) > PICTURES_KEPT:
        _drawn.popitem(last=False)
    return drawn


ROUTES = Router("/media", route_handlers=[product, listing, creator, room, video, stream], include_in_schema=False)
