"""Fetching the pictures that merchants asked for with their files, from where the files say they are.

A picture never holds its product up: one that cannot be fetched is told beside its row, and the product stays as
it is. Addresses are strangers' words, so they are asked through `kernel.outbound` alone.
"""

import asyncio
from pathlib import Path

import msgspec
import structlog

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.changes import product_changed
from yellowcart.catalog.imports.errors import PictureMissing, PictureNotKept, PictureTooLarge
from yellowcart.catalog.imports.model import PictureState, Told
from yellowcart.catalog.imports.picture_files import keep_picture
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database, Writer, json_value
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.outbound import INTERNET, Network, fetch_public
from yellowcart.kernel.setbacks import is_database_away

PICTURES_AT_ONCE = 8
"""Pictures that are fetched side by side."""
PICTURE_MEGABYTES_MAX = 5
SECONDS_MAX = 20
log = structlog.get_logger()
_HEADERS = {"accept": "image/webp,image/png,image/jpeg,image/gif"}


class _Wanted(msgspec.Struct, frozen=True):
    shop_id: ShopId
    import_id: int
    position: int
    product_id: ProductId
    picture_url: str


async def fetch_waiting_pictures(database: Database, home: Path, network: Network = INTERNET) -> int:
    """Fetch the next pictures that are waited for, side by side; answers how many were seen to. They are fetched
    between transactions; fetched twice, by two processes, a picture is kept once."""
    async with database.reading() as reader:
        wanted = await reader.rows(
            _Wanted,
            # In turn: a file of thousands of pictures, or of a slow server, does not shut the others out.
            """
            WITH turns AS (
                SELECT import_id, position,
                       row_number() OVER (PARTITION BY import_id ORDER BY position) AS turn
                FROM product_import_row
                WHERE picture_state = 'waiting' AND product_id IS NOT NULL
            ), next AS (
                SELECT import_id, position FROM turns
                WHERE turn <= %(most)s
                ORDER BY turn, import_id
                LIMIT %(most)s
            )
            SELECT shop_id, import_id, position, product_id, picture_url
            FROM product_import_row JOIN next USING (import_id, position)
            WHERE picture_state = 'waiting' AND product_id IS NOT NULL
            ORDER BY import_id, position
            """,
            most=PICTURES_AT_ONCE,
        )
    await asyncio.gather(*(_fetch_one(database, home, each, network) for each in wanted))
    return len(wanted)


async def ask_again(writer: Writer, person: Person, shop_id: ShopId, import_id: int) -> int:
    """Fetch once more the pictures of an import that could not be fetched; answers how many there are. Raises
    NotFound."""
    await require_member(writer, person, shop_id)
    return await writer.run(
        """
        UPDATE product_import_row SET picture_state = 'waiting', picture_failure = NULL
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND picture_state = 'failed'
        """,
        shop_id=shop_id,
        import_id=import_id,
    )


async def _fetch_one(database: Database, home: Path, wanted: _Wanted, network: Network) -> None:
    try:
        address = await asyncio.to_thread(keep_picture, home, await _content(wanted.picture_url, network))
        async with database.writing() as writer:
            await _show(writer, wanted, address)
            await _note(writer, wanted, PictureState.FETCHED, None)
    except Refusal as refusal:
        failure = Told(refusal.message, dict(refusal.values), refusal.code)
        await _note_failure(database, wanted, failure)
    except Exception as error:
        if is_database_away(error):
            raise
        # Whatever it is, it would meet the next try as well, and every picture behind this one would wait for it.
        log.exception("picture.failed", import_id=wanted.import_id, position=wanted.position, error=repr(error))
        await _note_failure(database, wanted, Told(PictureNotKept.message, {}, PictureNotKept.code))


async def _note_failure(database: Database, wanted: _Wanted, failure: Told) -> None:
    async with database.writing() as writer:
        await _note(writer, wanted, PictureState.FAILED, failure)


async def _content(url: str, network: Network) -> bytes:
    fetched = await fetch_public(
        url,
        is_allowed=lambda _: True,
        bytes_max=PICTURE_MEGABYTES_MAX * 1024 * 1024,
        seconds_max=SECONDS_MAX,
        headers=_HEADERS,
        network=network,
    )
    if fetched.status != 200:
        raise PictureMissing(status=fetched.status)
    if fetched.is_cut:
        raise PictureTooLarge(most=PICTURE_MEGABYTES_MAX)
    return fetched.content


async def _show(writer: Writer, wanted: _Wanted, address: str) -> None:
    """Give the product its picture, unless it got one meanwhile; a draft beside it gets the same."""
    shown = await writer.run(
        """
        UPDATE product
        SET picture_url = CASE WHEN picture_url = '' THEN %(address)s ELSE picture_url END,
            draft = CASE WHEN draft ->> 'picture_url' = ''
                         THEN jsonb_set(draft, '{picture_url}', to_jsonb(%(address)s::text)) ELSE draft END,
            version = version + 1
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
          AND (picture_url = '' OR draft ->> 'picture_url' = '')
        """,
        address=address,
        shop_id=wanted.shop_id,
        product_id=wanted.product_id,
    )
    if shown:
        await audit.record(
            writer,
            None,
            "catalog:product:picture",
            f"product:{wanted.product_id}",
            after={"picture_url": address, "import_id": wanted.import_id},
        )
        await product_changed(writer, wanted.shop_id, wanted.product_id)


async def _note(writer: Writer, wanted: _Wanted, state: PictureState, failure: Told | None) -> None:
    await writer.run(
        """
        UPDATE product_import_row
        SET picture_state = %(state)s, picture_failure = %(failure)s
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND position = %(position)s
        """,
        state=state.value,
        failure=None if failure is None else json_value(failure),
        shop_id=wanted.shop_id,
        import_id=wanted.import_id,
        position=wanted.position,
    )
