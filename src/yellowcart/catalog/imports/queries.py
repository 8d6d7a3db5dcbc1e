"""Reading imports: one, the list of them, their rows page by page."""

from enum import StrEnum

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.catalog.imports.model import Fate, ImportRow, PictureState, ProductImport
from yellowcart.catalog.imports.store import IMPORT_COLUMNS, ROW_COLUMNS, find_import
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

SEARCH_LENGTH_MAX = 80


class RowGroup(StrEnum):
    """Rows that are looked at together, planned and done alike."""

    NEW = "new"
    """New products."""
    CHANGED = "changed"
    """Known products that change."""
    UNCHANGED = "unchanged"
    """Known products that stay as they are."""
    SKIPPED = "skipped"
    """None of ours."""
    WRONG = "wrong"
    """Something in them is wrong."""
    OUTDATED = "outdated"
    """Changed since the preview."""


FATES: dict[RowGroup, frozenset[Fate]] = {
    RowGroup.NEW: frozenset({Fate.CREATE, Fate.CREATED}),
    RowGroup.CHANGED: frozenset({Fate.UPDATE, Fate.UPDATED}),
    RowGroup.UNCHANGED: frozenset({Fate.UNCHANGED}),
    RowGroup.SKIPPED: frozenset({Fate.SKIPPED}),
    RowGroup.WRONG: frozenset({Fate.WRONG}),
    RowGroup.OUTDATED: frozenset({Fate.OUTDATED}),
}


class PictureCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How far the pictures of an import are."""

    waiting: int = 0
    fetched: int = 0
    failed: int = 0

    @property
    def asked_for(self) -> int:
        """All that were asked for."""
        return self.waiting + self.fetched + self.failed


async def read_import(reader: Reader, person: Person, shop_id: ShopId, import_id: int) -> ProductImport:
    """An import of a shop that the person works for. Raises NotFound."""
    await require_member(reader, person, shop_id)
    return await find_import(reader, shop_id, import_id)


async def imports_of_shop(
    reader: Reader, person: Person, shop_id: ShopId, *, cursor: str | None = None, size: int | None = None
) -> Page[ProductImport]:
    """The shop's imports, newest first. Raises NotFound, CursorBroken."""
    await require_member(reader, person, shop_id)
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ProductImport,
        f"""
        SELECT {IMPORT_COLUMNS} FROM product_import JOIN person USING (person_id)
        WHERE product_import.shop_id = %(shop_id)s AND product_import.import_id < %(before_id)s
        ORDER BY product_import.import_id DESC
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        before_id=before_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.import_id,))


async def rows_of_import(
    reader: Reader,
    person: Person,
    shop_id: ShopId,
    import_id: int,
    *,
    group: RowGroup | None = None,
    text: str = "",
    cursor: str | None = None,
    size: int | None = None,
) -> Page[ImportRow]:
    """The products of an import's file in their order: all, those of one group, those whose title or handle holds
    a text. Raises NotFound, CursorBroken."""
    await require_member(reader, person, shop_id)
    (after,) = decode_cursor(cursor, tuple[int], (-1,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ImportRow,
        f"""
        SELECT {ROW_COLUMNS} FROM product_import_row
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND position > %(after)s
          AND (%(fates)s::text[] IS NULL OR fate = ANY(%(fates)s))
          AND (%(wanted)s = '' OR strpos(lower(title), lower(%(wanted)s)) > 0
               OR strpos(lower(handle), lower(%(wanted)s)) > 0)
        ORDER BY position
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        import_id=import_id,
        after=after,
        fates=None if group is None else [fate.value for fate in FATES[group]],
        wanted=text.replace("\0", "").strip()[:SEARCH_LENGTH_MAX],
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.position,))


async def count_pictures(reader: Reader, shop_id: ShopId, import_id: int) -> PictureCounts:
    """How far the pictures of an import are. The caller has asked `require_member`."""
    found = await reader.row(
        PictureCounts,
        """
        SELECT count(*) FILTER (WHERE picture_state = 'waiting') AS waiting,
               count(*) FILTER (WHERE picture_state = 'fetched') AS fetched,
               count(*) FILTER (WHERE picture_state = 'failed') AS failed
        FROM product_import_row
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
          AND picture_state <> %(none)s
        """,
        shop_id=shop_id,
        import_id=import_id,
        none=PictureState.NONE.value,
    )
    return found or PictureCounts()


async def count_known_pictures(reader: Reader, shop_id: ShopId, import_id: int) -> int:
    """Products of a preview whose file names a picture that could be fetched. The caller has asked
    `require_member`."""
    return int(
        await reader.value(
            """
            SELECT count(*) FROM product_import_row
            WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND picture_url <> ''
            """,
            shop_id=shop_id,
            import_id=import_id,
        )
    )
