"""Pictures come over only if asked for, after their products, and never hold one up."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.catalog_world import Merchant, open_merchant
from tests.conftest import browser
from tests.imports.importing import HEAD, apply, bring_in, now, preview, rows
from tests.outside_internet import OutsideInternet, answer, open_internet
from yellowcart.app import Application
from yellowcart.catalog.imports.errors import PictureUnusable
from yellowcart.catalog.imports.fetch_pictures import (
    PICTURE_MEGABYTES_MAX,
    PICTURES_AT_ONCE,
    ask_again,
    fetch_waiting_pictures,
)
from yellowcart.catalog.imports.model import PictureState, ProductImport
from yellowcart.catalog.imports.picture_files import ending_of, keep_picture, picture_folder
from yellowcart.catalog.imports.queries import count_pictures
from yellowcart.kernel.database import Database

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)


@pytest.fixture
async def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OutsideInternet]:
    """An internet in which `pictures.test` has two pictures and `intern.test` is no host of the public one."""
    async with open_internet(tmp_path_factory.mktemp("certificate"), ["pictures.test"]) as internet:
        internet.addresses["intern.test"] = ["10.0.0.1"]
        internet.answers |= {"pictures.test/1.png": answer(body=PNG), "pictures.test/2.jpg": answer(body=JPEG)}
        yield internet


@pytest.fixture
async def merchant(database: Database) -> Merchant:
    return await open_merchant(database)


def pictured(*paths: str) -> str:
    """A file of one product for each picture."""
    return HEAD + "".join(
        f"tea-{number},第{number}号高山乌龙茶,,,,Title,Default Title,N-{number},7,19.90,,http://pictures.test{path}\n"
        for number, path in enumerate(paths)
    )


async def picture_urls(database: Database) -> list[str]:
    async with database.reading() as reader:
        return await reader.column("SELECT picture_url FROM product ORDER BY import_handle")


async def states(database: Database, merchant: Merchant, kept: ProductImport) -> list[PictureState]:
    return [row.picture_state for row in await rows(database, merchant, kept)]


async def test_nobody_is_asked_for_pictures_that_nobody_wants(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    kept = await bring_in(database, merchant, pictured("/1.png"))
    assert await fetch_waiting_pictures(database, tmp_path, elsewhere.network) == 0
    assert await states(database, merchant, kept) == [PictureState.NONE]
    assert elsewhere.asked == []


async def test_a_preview_asks_for_no_picture(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    await preview(database, merchant, pictured("/1.png"), pictures=True)
    assert await fetch_waiting_pictures(database, tmp_path, elsewhere.network) == 0


async def test_a_picture_is_fetched_kept_and_served_for_ever(
    database: Database,
    merchant: Merchant,
    elsewhere: OutsideInternet,
    tmp_path: Path,
    application: Application,
) -> None:
    kept = await bring_in(database, merchant, pictured("/1.png", "/2.jpg", "/1.png"), pictures=True)
    assert await fetch_waiting_pictures(database, tmp_path, elsewhere.network) == 3
    assert await states(database, merchant, kept) == [PictureState.FETCHED] * 3
    first, second, third = await picture_urls(database)
    assert first == third, "the same picture is kept once"
    assert first.endswith(".png")
    assert second.endswith(".jpg")
    assert len(list(picture_folder(tmp_path).iterdir())) == 2
    async with browser(application) as visitor:
        shown = await visitor.get(first)
        assert (shown.status_code, shown.content) == (200, PNG)
        assert shown.headers["content-type"] == "image/png"
        assert "immutable" in shown.headers["cache-control"]
        assert shown.headers["x-content-type-options"] == "nosniff"
        for path in ("/media/pictures/nothing.png", "/media/pictures/..%2Fsecret", first + "x"):
            assert (await visitor.get(path)).status_code == 404


async def test_what_cannot_be_fetched_is_told_beside_its_row_and_can_be_tried_again(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    elsewhere.answers["pictures.test/words.png"] = answer(
        body="<html>not a picture</html>", content_type="image/png"
    )
    elsewhere.answers["pictures.test/huge.png"] = answer(body=PNG + bytes(PICTURE_MEGABYTES_MAX * 1024 * 1024))
    file = pictured("/gone.png", "/words.png", "/huge.png").replace(
        "http://pictures.test/huge.png",
        "http://pictures.test/huge.png\nx,第四号高山乌龙茶,,,,,大,,1,10,,http://intern.test/a.png",
    )
    kept = await bring_in(database, merchant, file, pictures=True)
    await fetch_waiting_pictures(database, tmp_path, elsewhere.network)
    failures = [row.picture_failure for row in await rows(database, merchant, kept)]
    assert [each and each.code for each in failures] == [
        "picture_missing",
        "picture_unusable",
        "picture_too_large",
        "host_not_public",
    ]
    assert (await now(database, merchant, kept)).counts.created == 4
    assert await picture_urls(database) == [""] * 4
    assert not picture_folder(tmp_path).exists()

    elsewhere.answers["pictures.test/gone.png"] = answer(body=PNG)
    async with database.writing() as writer:
        assert await ask_again(writer, merchant.signed_in.person, merchant.shop.shop_id, kept.import_id) == 4
    await fetch_waiting_pictures(database, tmp_path, elsewhere.network)
    async with database.reading() as reader:
        counts = await count_pictures(reader, merchant.shop.shop_id, kept.import_id)
    assert (counts.fetched, counts.failed, counts.waiting) == (1, 3, 0)


async def test_a_defect_of_ours_is_told_beside_the_picture_and_holds_up_no_other(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    kept = await bring_in(database, merchant, pictured("/1.png"), pictures=True)
    full_disk = tmp_path / "a file where a folder should be"
    full_disk.write_bytes(b"")
    await fetch_waiting_pictures(database, full_disk, elsewhere.network)
    (row,) = await rows(database, merchant, kept)
    assert row.picture_failure is not None
    assert row.picture_failure.code == "picture_not_kept"
    assert await fetch_waiting_pictures(database, full_disk, elsewhere.network) == 0


async def test_a_file_of_many_pictures_does_not_shut_out_the_next_one(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    many = await bring_in(database, merchant, pictured(*["/gone.png"] * (PICTURES_AT_ONCE + 3)), pictures=True)
    few = await bring_in(
        database,
        merchant,
        pictured("/1.png").replace("tea-", "pot-").replace("N-", "P-").replace("高山乌龙茶", "紫砂壶"),
        pictures=True,
    )
    assert await fetch_waiting_pictures(database, tmp_path, elsewhere.network) == PICTURES_AT_ONCE
    assert await states(database, merchant, few) == [PictureState.FETCHED]
    assert (await states(database, merchant, many)).count(PictureState.WAITING) == 4


async def test_a_private_address_is_never_asked(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    file = pictured("/1.png").replace("pictures.test", "127.0.0.1")
    kept = await bring_in(database, merchant, file, pictures=True)
    await fetch_waiting_pictures(database, tmp_path)
    (row,) = await rows(database, merchant, kept)
    assert row.picture_failure is not None
    assert row.picture_failure.code == "host_not_public"
    assert elsewhere.asked == []


async def test_a_product_that_got_a_picture_meanwhile_keeps_it(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    await bring_in(database, merchant, pictured("/1.png"), pictures=True)
    async with database.writing() as writer:
        await writer.run("UPDATE product SET picture_url = '/media/own.svg'")
    await fetch_waiting_pictures(database, tmp_path, elsewhere.network)
    assert await picture_urls(database) == ["/media/own.svg"]


async def test_known_products_without_a_picture_get_theirs_by_the_same_file(
    database: Database, merchant: Merchant, elsewhere: OutsideInternet, tmp_path: Path
) -> None:
    await bring_in(database, merchant, pictured("/1.png"))
    again = await preview(database, merchant, pictured("/1.png"), pictures=True)
    assert again.counts.unchanged == 1
    await apply(database, merchant, again)
    await fetch_waiting_pictures(database, tmp_path, elsewhere.network)
    (address,) = await picture_urls(database)
    assert address.startswith("/media/pictures/")
    third = await preview(database, merchant, pictured("/1.png"), pictures=True)
    assert third.counts.unchanged == 1
    await apply(database, merchant, third)
    assert await fetch_waiting_pictures(database, tmp_path, elsewhere.network) == 0


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (PNG, "png"),
        (JPEG, "jpg"),
        (b"GIF89a" + bytes(8), "gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
    ],
)
def test_a_picture_is_known_by_its_content(content: bytes, ending: str) -> None:
    assert ending_of(content) == ending


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload='alert(1)'/>", b"RIFF\0\0\0\0WAVE", b"BM" + bytes(60), b"\x89PN"]
)
def test_what_is_no_picture_of_ours_is_not_kept(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PictureUnusable):
        keep_picture(tmp_path, content)
    assert not picture_folder(tmp_path).exists()


async def test_pictures_do_not_depend_on_the_demo(application: Application, tmp_path: Path) -> None:
    address = keep_picture(tmp_path, PNG)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://platform.test"
    ) as visitor:
        assert (await visitor.get(address)).status_code == 200
        assert (await visitor.get("/media/product/1/2.svg")).status_code == 404
