"""Every lock and every write of imports, their rows and the pieces of their files."""

from collections.abc import Sequence

import msgspec

from yellowcart.catalog.imports.errors import ImportFinished
from yellowcart.catalog.imports.model import (
    IMPORT_MOVES,
    TO_DO,
    Fate,
    ImportCounts,
    ImportOptions,
    ImportRow,
    ImportState,
    ProductImport,
    ReadRow,
    Told,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import PersonId, ProductId, ShopId

IMPORT_COLUMNS = """
    product_import.shop_id, product_import.import_id, product_import.person_id, person.name AS person_name,
    product_import.file_name, product_import.file_bytes, product_import.dialect, product_import.encoding,
    product_import.notes, product_import.options, product_import.state, product_import.counts,
    product_import.products_read, product_import.rows_read, product_import.row_count_hint,
    product_import.failure, product_import.created_at, product_import.finished_at
"""
ROW_COLUMNS = """
    position, row, handle, title, fate, planned, problems, product_id, picture_url, picture_state,
    picture_failure, applied_at
"""


class NewImport(msgspec.Struct, frozen=True, kw_only=True):
    """An import before anything of its file is read."""

    shop_id: ShopId
    import_id: int
    person_id: PersonId
    file_name: str
    file_bytes: int
    content_hash: str
    options: ImportOptions


async def insert_import(writer: Writer, new: NewImport) -> None:
    """Note an import whose file is still to be read."""
    await writer.run(
        """
        INSERT INTO product_import (shop_id, import_id, person_id, file_name, file_bytes, content_hash, options,
                                    encoding, state, created_at)
        VALUES (%(shop_id)s, %(import_id)s, %(person_id)s, %(file_name)s, %(file_bytes)s, %(content_hash)s,
                %(options_json)s, '', %(state)s, %(now)s)
        """,
        **msgspec.structs.asdict(new) | {"options": None},
        options_json=json_value(new.options),
        state=ImportState.READING.value,
        now=clock.now(),
    )


async def insert_part(writer: Writer, shop_id: ShopId, import_id: int, position: int, content: bytes) -> None:
    """Keep one piece of a file that waits to be read."""
    await writer.run(
        """
        INSERT INTO product_import_part (shop_id, import_id, position, content)
        VALUES (%(shop_id)s, %(import_id)s, %(position)s, %(content)s)
        """,
        shop_id=shop_id,
        import_id=import_id,
        position=position,
        content=content,
    )


async def read_part(reader: Reader, shop_id: ShopId, import_id: int, position: int) -> bytes | None:
    """A piece of a file, or None behind the last."""
    content = await reader.value(
        """
        SELECT content FROM product_import_part
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND position = %(position)s
        """,
        shop_id=shop_id,
        import_id=import_id,
        position=position,
    )
    return None if content is None else bytes(content)


async def forget_parts(writer: Writer, shop_id: ShopId, import_id: int) -> None:
    """The file has been read, or never will be: it is not kept."""
    await writer.run(
        "DELETE FROM product_import_part WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s",
        shop_id=shop_id,
        import_id=import_id,
    )


async def forget_rows(writer: Writer, shop_id: ShopId, import_id: int) -> None:
    """Nobody will look at the rows any more; the counts stay."""
    await writer.run(
        "DELETE FROM product_import_row WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s",
        shop_id=shop_id,
        import_id=import_id,
    )


async def find_import(reader: Reader, shop_id: ShopId, import_id: int) -> ProductImport:
    """An import as it stands. Raises NotFound."""
    kept = await reader.row(
        ProductImport,
        f"""
        SELECT {IMPORT_COLUMNS} FROM product_import JOIN person USING (person_id)
        WHERE product_import.shop_id = %(shop_id)s AND product_import.import_id = %(import_id)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        import_id=import_id,
    )
    if kept is None:
        raise NotFound
    return kept


async def lock_import(writer: Writer, shop_id: ShopId, import_id: int) -> ProductImport:
    """An import, locked until the transaction ends: whoever goes on with it does so alone. Raises NotFound."""
    await writer.run(
        """
        SELECT FROM product_import WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        ORDER BY shop_id, import_id
        FOR UPDATE
        """,
        shop_id=shop_id,
        import_id=import_id,
    )
    return await find_import(writer, shop_id, import_id)


async def move_import(
    writer: Writer,
    kept: ProductImport,
    to: ImportState,
    *,
    failure: Told | None = None,
    applied_by: PersonId | None = None,
) -> None:
    """Give a locked import its next state; one that nothing leaves is finished by it. Raises ImportFinished for a
    move that the state does not know."""
    if to not in IMPORT_MOVES[kept.state]:
        raise ImportFinished
    await writer.run(
        """
        UPDATE product_import
        SET state = %(state)s, failure = %(failure)s, applied_by = coalesce(%(applied_by)s, applied_by),
            finished_at = CASE WHEN %(is_end)s THEN %(now)s::timestamptz END
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        state=to.value,
        failure=None if failure is None else json_value(failure),
        applied_by=applied_by,
        is_end=not IMPORT_MOVES[to],
        now=clock.now(),
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )


async def write_options(writer: Writer, kept: ProductImport, options: ImportOptions) -> None:
    """Other options for a locked import."""
    await writer.run(
        """
        UPDATE product_import SET options = %(options)s
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        options=json_value(options),
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )


async def write_counts(writer: Writer, kept: ProductImport, counts: ImportCounts) -> None:
    """How many products of a locked import have which fate now."""
    await writer.run(
        """
        UPDATE product_import SET counts = %(counts)s
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        counts=json_value(counts),
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )


async def write_form(
    writer: Writer, kept: ProductImport, *, dialect: str, encoding: str, row_count_hint: int | None
) -> None:
    """What kind of file a locked import turned out to be."""
    await writer.run(
        """
        UPDATE product_import
        SET dialect = %(dialect)s, encoding = %(encoding)s, row_count_hint = %(row_count_hint)s
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        dialect=dialect,
        encoding=encoding,
        row_count_hint=row_count_hint,
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )


async def write_notes(writer: Writer, kept: ProductImport, notes: Sequence[Told]) -> None:
    """What the reader of the file wants said of the whole of it."""
    await writer.run(
        """
        UPDATE product_import SET notes = %(notes)s
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        notes=json_value(list(notes)),
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )


async def insert_rows(writer: Writer, kept: ProductImport, rows: Sequence[ReadRow]) -> None:
    """The next products of a locked import's file, behind those that are there; progress and counts with them."""
    async with (
        writer.connection.cursor() as cursor,
        cursor.copy(
            """
            COPY product_import_row (shop_id, import_id, position, row, handle, title, fate, planned, problems,
                                     product_id, picture_url)
            FROM STDIN
            """
        ) as copy,
    ):
        for position, row in enumerate(rows, start=kept.products_read):
            await copy.write_row(
                (
                    kept.shop_id,
                    kept.import_id,
                    position,
                    row.row,
                    row.handle,
                    row.title,
                    row.fate.value,
                    None if row.planned is None else json_value(row.planned),
                    json_value(row.problems),
                    None if row.planned is None else row.planned.product_id,
                    row.picture_url,
                )
            )
    last_row = max((sku.row for row in rows if row.planned for sku in row.planned.skus), default=0)
    await writer.run(
        """
        UPDATE product_import
        SET products_read = products_read + %(count)s, rows_read = greatest(rows_read, %(last_row)s),
            counts = %(counts)s
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        count=len(rows),
        last_row=max(last_row, *(row.row for row in rows)) if rows else 0,
        counts=json_value(_with_rows(kept.counts, rows)),
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )


def _with_rows(counts: ImportCounts, rows: Sequence[ReadRow]) -> ImportCounts:
    fates = [row.fate for row in rows]
    added = {fate.value: counts.of(fate) + fates.count(fate) for fate in Fate}
    wrong = sum(len(row.problems) for row in rows if row.fate is Fate.WRONG)
    return msgspec.structs.replace(counts, **added, problems=counts.problems + wrong)


async def rows_to_do(writer: Writer, kept: ProductImport, most: int) -> list[ImportRow]:
    """The next products of a locked import that applying has to see to, in the order of the file."""
    return await writer.rows(
        ImportRow,
        f"""
        SELECT {ROW_COLUMNS} FROM product_import_row
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND fate = ANY(%(fates)s)
        ORDER BY position
        LIMIT %(most)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=kept.shop_id,
        import_id=kept.import_id,
        fates=[fate.value for fate in TO_DO],
        most=most,
    )


class DoneRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one product."""

    position: int
    fate: Fate
    product_id: ProductId | None
    problem: Told | None = None


async def write_fates(writer: Writer, kept: ProductImport, done: Sequence[DoneRow]) -> None:
    """What became of products of a locked import; a picture that was asked for is waited for from now on."""
    await writer.run_many(
        """
        UPDATE product_import_row
        SET fate = %(fate)s, product_id = %(product_id)s, applied_at = %(now)s, problems = %(problems)s,
            picture_state = CASE WHEN %(pictures)s AND %(is_done)s AND picture_url <> '' THEN 'waiting'
                                 ELSE picture_state END
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND position = %(position)s
        """,
        [
            {
                "fate": each.fate.value,
                "product_id": each.product_id,
                "problems": json_value(_problems_of(each)),
                "pictures": kept.options.pictures,
                "is_done": each.fate is not Fate.OUTDATED,
                "now": clock.now(),
                "shop_id": kept.shop_id,
                "import_id": kept.import_id,
                "position": each.position,
            }
            for each in done
        ],
    )


def _problems_of(done: DoneRow) -> list[dict[str, object]]:
    if done.problem is None:
        return []
    return [{"row": 0, "column": "", "message": done.problem.message, "values": done.problem.values}]


async def ask_for_pictures_of_unchanged(writer: Writer, kept: ProductImport) -> None:
    """Products that the file does not change may still be without a picture."""
    await writer.run(
        """
        UPDATE product_import_row SET picture_state = 'waiting'
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s AND fate = 'unchanged' AND picture_url <> ''
          AND picture_state = 'none'
        """,
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )
