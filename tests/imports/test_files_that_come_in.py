"""A file on its way in: read at once or in the background, refused, given up, and how many there may be."""

import pytest

from tests.catalog_world import Merchant
from tests.imports.importing import (
    HEAD,
    TWO_TEAS,
    now,
    numbered,
    preview,
)
from yellowcart.catalog.imports.at_work import working_on
from yellowcart.catalog.imports.decide import apply_import
from yellowcart.catalog.imports.errors import (
    ImportStillRead,
    ImportsTooMany,
)
from yellowcart.catalog.imports.model import ImportCounts, ImportOptions, ImportState
from yellowcart.catalog.imports.queries import read_import
from yellowcart.catalog.imports.receive import (
    OPEN_PREVIEWS_MAX,
    READ_AT_ONCE_MAX,
    SMALL_FILE_BYTES,
    receive_file,
)
from yellowcart.catalog.imports.timers import read_files
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.file_errors import ColumnsMissing, FileEmpty
from yellowcart.kernel.file_on_disk import LocalFile
from yellowcart.kernel.ids import new_id


async def test_a_large_file_waits_for_the_background_and_is_not_kept_after_reading(
    database: Database, merchant: Merchant
) -> None:
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    file = numbered(300) + "\n" * SMALL_FILE_BYTES
    kept = await preview(database, merchant, file)
    assert (kept.state, kept.products_read) == (ImportState.READING, 0)
    async with database.writing() as writer:
        with pytest.raises(ImportStillRead):
            await apply_import(writer, person, shop_id, kept.import_id)
    async with database.reading() as reader:
        assert await reader.value("SELECT sum(length(content)) FROM product_import_part") == len(file.encode())
    assert await read_files(database) == 1
    read = await now(database, merchant, kept)
    assert (read.state, read.counts) == (ImportState.PREVIEWED, ImportCounts(create=300))
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product_import_part") == 0
    assert await read_files(database) == 0


async def test_a_file_that_breaks_off_late_fails_with_its_row_and_leaves_nothing(
    database: Database, merchant: Merchant
) -> None:
    kept = await preview(database, merchant, numbered(300) + "\n" * SMALL_FILE_BYTES + '"open,\n')
    assert kept.state is ImportState.READING
    await read_files(database)
    failed = await now(database, merchant, kept)
    assert failed.state is ImportState.FAILED
    assert failed.failure is not None
    assert failed.failure.code == "import_row_unreadable"
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product_import_row") == 0
        assert await reader.value("SELECT count(*) FROM product_import_part") == 0


@pytest.mark.parametrize(
    ("content", "refusal"), [("", FileEmpty), (HEAD, FileEmpty), ("Name,Colour\na,b\n", ColumnsMissing)]
)
async def test_what_is_no_product_file_is_refused_and_leaves_no_trace(
    database: Database, merchant: Merchant, content: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await preview(database, merchant, content)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product_import") == 0


async def test_reading_that_nobody_can_go_on_with_fails(database: Database, merchant: Merchant) -> None:
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    lost = new_id(int)
    file = LocalFile(path=__file__, name="a.csv", size=1, content_hash="x")  # type: ignore[arg-type]
    async with database.writing() as writer:
        options = ImportOptions(category_code="tea")
        await receive_file(writer, person, shop_id, lost, file, options, keep_file=False)
    async with working_on(database, lost) as mine:
        assert mine
        assert await read_files(database) == 0, "somebody is at it"
    assert await read_files(database) == 1
    async with database.reading() as reader:
        kept = await read_import(reader, person, shop_id, lost)
    assert kept.failure is not None
    assert kept.failure.code == "import_reading_interrupted"


async def test_only_so_many_files_of_a_shop_wait_to_be_read(database: Database, merchant: Merchant) -> None:
    large = numbered(3) + "\n" * SMALL_FILE_BYTES
    for _ in range(READ_AT_ONCE_MAX):
        await preview(database, merchant, large)
    with pytest.raises(ImportsTooMany):
        await preview(database, merchant, TWO_TEAS)


async def test_only_so_many_previews_of_a_shop_are_kept(database: Database, merchant: Merchant) -> None:
    first = await preview(database, merchant, TWO_TEAS)
    for _ in range(OPEN_PREVIEWS_MAX + 1):
        await preview(database, merchant, TWO_TEAS)
    assert (await now(database, merchant, first)).state is ImportState.DISCARDED


async def test_a_category_that_has_narrower_ones_is_refused(database: Database, merchant: Merchant) -> None:
    for category in ("food", "moon"):
        with pytest.raises(InvalidFields):
            await preview(database, merchant, TWO_TEAS, category=category)
    with pytest.raises(InvalidFields):
        await preview(database, merchant, TWO_TEAS, dialect="ebay")
