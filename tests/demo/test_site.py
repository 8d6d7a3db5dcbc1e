"""The demo's own pages: pictures drawn on request, the sample stream, accounts offered at the door."""

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from tests.conftest import browser, running_application, settings_for
from tests.small_world import SmallWorld, make_small_world
from yellowcart.app import Application
from yellowcart.demo.accounts import demo_accounts, demo_world
from yellowcart.demo.media import stream_folder
from yellowcart.demo.site import create_demo
from yellowcart.kernel.database import Database


@pytest.fixture
async def demo(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    application = _routes_of_a_demo()
    application.litestar.state.settings = settings_for(database_url, tmp_path)
    async with application.litestar.lifespan(), browser(application) as client:
        yield client


@cache
def _routes_of_a_demo() -> Application:
    return create_demo(settings_for("postgresql://nowhere/none", Path("nowhere")))


@pytest.fixture
async def small_world(database: Database) -> SmallWorld:
    return await make_small_world(database)


async def test_pictures_are_drawn_and_may_be_kept(demo: httpx.AsyncClient, small_world: SmallWorld) -> None:
    for path in (
        f"/media/product/{small_world.shop_id}/{small_world.product_id}.svg",
        f"/media/listing/{small_world.listing_id}.svg",
        f"/media/creator/{small_world.creator_id}.svg",
        f"/media/room/{small_world.room_id}.svg",
    ):
        first, again = await demo.get(path), await demo.get(path)
        assert first.status_code == 200, path
        assert first.headers["content-type"].startswith("image/svg+xml")
        assert "sandbox" in first.headers["content-security-policy"]
        assert "max-age=86400" in first.headers["cache-control"]
        assert "set-cookie" not in first.headers, "what is kept by everybody carries nobody's cookie"
        assert ElementTree.fromstring(first.text).tag.endswith("svg")
        assert first.text == again.text


@pytest.mark.parametrize(
    "path",
    [
        "/media/product/1/1.svg",
        "/media/creator/1.svg",
        "/media/creator/1.png",
        "/media/creator/²³.svg",
        "/media/creator/99999999999999999999.svg",
        "/media/room/1%27--.svg",
    ],
)
async def test_what_there_is_no_picture_of_is_not_found(demo: httpx.AsyncClient, path: str) -> None:
    assert (await demo.get(path)).status_code == 404


async def test_only_the_files_of_the_stream_are_served(demo: httpx.AsyncClient, tmp_path: Path) -> None:
    folder = stream_folder(settings_for("", tmp_path))
    folder.mkdir(parents=True)
    (folder / "index.m3u8").write_text("#EXTM3U\n")
    (folder / "part000.ts").write_bytes(b"G" * 188)
    (folder / "notes.txt").write_text("not for anybody")
    (tmp_path / "secret").write_text("not for anybody")
    playlist = await demo.get("/media/stream/index.m3u8")
    assert (playlist.status_code, playlist.headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
    part = await demo.get("/media/stream/part000.ts", headers={"range": "bytes=0-10"})
    assert part.status_code in {200, 206}
    assert part.headers["content-type"] == "video/mp2t"
    for name in ("notes.txt", "..%2f..%2fsecret", "%2e%2e%2fsecret", "part000.ts%00", "missing.ts"):
        assert (await demo.get(f"/media/stream/{name}")).status_code == 404, name


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_door_offers_every_account_of_the_demo(demo: httpx.AsyncClient, language: str) -> None:
    page = (await demo.get("/login", headers={"accept-language": language})).text
    for account in demo_accounts(demo_world()):
        assert f'value="{account.login}"' in page
        assert (account.name.zh if language == "zh-CN" else account.name.en).replace("'", "&#39;") in page


async def test_an_installation_that_is_no_demo_offers_no_accounts_and_draws_no_pictures(
    database: Database, database_url: str, tmp_path: Path, small_world: SmallWorld
) -> None:
    async with running_application(settings_for(database_url, tmp_path)) as platform, browser(platform) as client:
        assert demo_accounts(demo_world())[0].password not in (await client.get("/login")).text
        assert (await client.get(f"/media/creator/{small_world.creator_id}.svg")).status_code == 404
