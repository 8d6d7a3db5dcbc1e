"""Short links in the creator console: followed over real sockets, remembered, and listed as their product."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import MORNING, browser, settings_for
from tests.outside_internet import OutsideInternet, answer, open_internet, redirect
from tests.stage_world import Host, live_room, new_host, write_history, write_shop
from tests.web.test_creator_console import PART, token_of
from yellowcart.app import Application
from yellowcart.kernel.clock import Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.notifications import Notifications
from yellowcart.kernel.outbound import Network
from yellowcart.kernel.translation import Locale
from yellowcart.links import resolve as resolving
from yellowcart.links.added_patterns import adopt_patterns
from yellowcart.links.found_link import FoundLink, Kind
from yellowcart.links.recognise import recognise
from yellowcart.links.resolve import FOUND_FOR, NOT_FOUND_FOR, LinkResolver, Outcome
from yellowcart.links.source_names import use_source_names
from yellowcart.links.sources import place_known_sources
from yellowcart.links.store import read_sources
from yellowcart.links.wording import source_word
from yellowcart.platform import know_sources

HOSTS = ("m.tb.cn", "u.jd.com", "s.click.taobao.com", "v.kuaishou.com")
SHORT = "https://m.tb.cn/h.abcdEF"
ITEM = "https://item.taobao.com/item.htm?id=612345678901"


@pytest.fixture
async def internet(tmp_path: Path) -> AsyncIterator[OutsideInternet]:
    async with open_internet(tmp_path, HOSTS) as opened:
        opened.answers["m.tb.cn/h.abcdEF"] = redirect(f"{ITEM}&ali_trackid=2:mm_1_22_333:15")
        yield opened


def link(text: str) -> FoundLink:
    """The one link of a text."""
    (found,) = recognise(text)
    return found


def resolver(database: Database, network: Network, *, enabled: bool = True) -> LinkResolver:
    """A process's resolver on the test's internet."""
    return LinkResolver(database, enabled=enabled, network=network)


async def test_a_link_is_followed_once_and_remembered_for_every_process(
    database: Database, internet: OutsideInternet
) -> None:
    first = await resolver(database, internet.network).resolve(link(f"看 {SHORT}?sm=1"))
    again = await resolver(database, internet.network).resolve(link(f"再看一次 {SHORT}?tk=other"))
    assert (first.outcome, first.link.item_id, first.link.promotion_id) == (
        Outcome.FOUND,
        "612345678901",
        "mm_1_22_333",
    )
    assert (again.outcome, again.link.canonical_url, again.link.start) == (Outcome.FOUND, ITEM, 5)
    assert len(internet.asked) == 1


async def test_an_answer_is_good_for_days_and_none_for_minutes(
    database: Database, internet: OutsideInternet, still_clock: Clock
) -> None:
    resolve = resolver(database, internet.network).resolve
    gone = link("https://m.tb.cn/h.gone00")
    for after, asked in (
        (timedelta(0), 2),
        (NOT_FOUND_FOR - timedelta(seconds=1), 2),
        (NOT_FOUND_FOR, 3),
        (FOUND_FOR, 5),
    ):
        still_clock.freeze(MORNING + after)
        assert (await resolve(link(SHORT))).outcome is Outcome.FOUND
        assert (await resolve(gone)).outcome is Outcome.NOT_FOUND
        assert len(internet.asked) == asked


async def test_what_is_no_longer_good_is_cleared_away(
    database: Database, internet: OutsideInternet, still_clock: Clock
) -> None:
    resolve = resolver(database, internet.network).resolve
    await resolve(link("https://m.tb.cn/h.gone00"))
    still_clock.freeze(MORNING + NOT_FOUND_FOR)
    await resolve(link(SHORT))
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM resolved_link") == 1


async def test_switched_off_nobody_is_asked(database: Database, internet: OutsideInternet) -> None:
    resolved = await resolver(database, internet.network, enabled=False).resolve(link(SHORT))
    assert (resolved.outcome, resolved.link.kind) == (Outcome.NOT_ASKED, Kind.SHORT)
    assert internet.looked_up == []


async def test_what_names_its_product_is_not_followed(database: Database, internet: OutsideInternet) -> None:
    assert (await resolver(database, internet.network).resolve(link(ITEM))).outcome is Outcome.NOT_NEEDED
    assert internet.looked_up == []


async def test_beyond_the_limits_links_stay_as_they_are_and_nobody_waits(
    database: Database, internet: OutsideInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = recognise(" ".join(f"https://m.tb.cn/h.short{n}" for n in range(9)))
    resolved = await resolver(database, internet.network).resolve_all([*links, link(ITEM)])
    assert [each.outcome for each in resolved] == [
        *[Outcome.NOT_FOUND] * resolving.RESOLVED_PER_TEXT_MAX,
        *[Outcome.NOT_ASKED] * (9 - resolving.RESOLVED_PER_TEXT_MAX),
        Outcome.NOT_NEEDED,
    ]
    monkeypatch.setattr(resolving, "FOLLOWED_AT_ONCE_MAX", 0)
    assert (await resolver(database, internet.network).resolve(link(SHORT))).outcome is Outcome.NOT_ASKED


async def test_a_click_link_longer_than_an_index_takes_is_remembered(
    database: Database, internet: OutsideInternet
) -> None:
    place = f"s.click.taobao.com/t?e={'m' * 4_000}"
    internet.answers[place] = redirect(ITEM)
    resolved = await resolver(database, internet.network).resolve(link(f"https://{place}"))
    assert resolved.link.item_id == "612345678901"


@pytest.fixture
async def host(database: Database) -> Host:
    async with database.writing() as writer:
        await write_history(writer)
        await write_shop(writer)
    return await new_host(database)


def with_resolver(application: Application, database: Database, internet: OutsideInternet, enabled: bool) -> None:
    """Let the application follow links on the test's internet."""
    state = application.litestar.state
    state.platform = replace(state.platform, link_resolver=resolver(database, internet.network, enabled=enabled))


async def listed(database: Database) -> dict[str, Any]:
    """The one listing of the test."""
    async with database.reading() as reader:
        (row,) = await reader.records("SELECT source, item_id, promotion_id, url, title, state FROM listing")
    return dict(row)


async def paste(client: httpx.AsyncClient, path: str, text: str, **headers: str) -> str:
    """What the console shows for a pasted text."""
    shown = await client.post(f"{path}/recognise", data={"pasted_text": text}, headers=PART | headers)
    assert shown.status_code == 200
    return shown.text


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_a_pasted_short_link_shows_its_product_and_is_listed_as_it(
    application: Application, database: Database, internet: OutsideInternet, host: Host, language: str
) -> None:
    with_resolver(application, database, internet, enabled=True)
    room = await live_room(database, host)
    path = f"/creator/carts/rooms/{room.room_id}"
    async with browser(application, host.signed_in.token) as client:
        client.cookies.set("language", language)
        token = await token_of(client, f"/creator/rooms/{room.room_id}")
        shown = await paste(client, path, f"【淘宝】{SHORT}?tk=x 「铸铁锅」点击链接直接打开", **token)
        assert "612345678901" in shown
        assert ("Found behind the short link" if language == "en" else "已解析短链") in shown
        form = {"pasted_text": SHORT, "title": "铸铁锅", "price": "89", "put_on": "on", "request_key": "k" * 20}
        for _ in range(2):
            answered = await client.post(f"{path}/links", data=form, headers=PART | token)
            assert answered.status_code == 200, answered.text
    row = await listed(database)
    assert (row["item_id"], row["promotion_id"], row["url"]) == ("612345678901", "mm_1_22_333", ITEM)
    assert (row["source"], row["state"], row["title"]) == ("taobao_union", "on_cart", "铸铁锅")
    assert len(internet.asked) == 1


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_short_link_that_is_not_resolved_is_listed_as_it_is_and_the_page_says_so(
    application: Application, database: Database, internet: OutsideInternet, host: Host, enabled: bool
) -> None:
    with_resolver(application, database, internet, enabled=enabled)
    internet.answers["u.jd.com/abcdef"] = answer(200, "<h1>活动已结束</h1>")
    room = await live_room(database, host)
    path = f"/creator/carts/rooms/{room.room_id}"
    async with browser(application, host.signed_in.token) as client:
        client.cookies.set("language", "en")
        token = await token_of(client, f"/creator/rooms/{room.room_id}")
        shown = await paste(client, path, "https://u.jd.com/abcdef", **token)
        assert ("could not be found out" if enabled else "A short link: it is listed as it is") in shown
        form = {"pasted_text": "https://u.jd.com/abcdef", "title": "保温杯", "request_key": "k" * 20}
        assert (await client.post(f"{path}/links", data=form, headers=PART | token)).status_code == 200
    row = await listed(database)
    assert (row["item_id"], row["url"]) == (None, "https://u.jd.com/abcdef")
    assert bool(internet.asked) is enabled


async def test_the_same_product_behind_two_short_links_is_listed_once(
    application: Application, database: Database, internet: OutsideInternet, host: Host
) -> None:
    with_resolver(application, database, internet, enabled=True)
    internet.answers["m.tb.cn/h.otherEF"] = redirect(ITEM)
    room = await live_room(database, host)
    path = f"/creator/carts/rooms/{room.room_id}/links"
    async with browser(application, host.signed_in.token) as client:
        token = await token_of(client, f"/creator/rooms/{room.room_id}")
        first, second = [
            await client.post(
                path, data={"pasted_text": url, "title": "锅", "request_key": key * 20}, headers=PART | token
            )
            for url, key in ((SHORT, "a"), ("https://m.tb.cn/h.otherEF", "b"))
        ]
    assert (first.status_code, second.status_code) == (200, 422)
    assert (await listed(database))["url"] == ITEM


CORNER = """
source = "corner_shop"
storefront = "corner"
name_zh = "街角小铺"
name_en = "Corner Shop"
kind = "store_system"

[[page]]
kind = "item"
hosts = ["goods.corner.example"]
path = '/g/(?P<item>[a-z0-9]{4,12})'
canonical = "https://goods.corner.example/g/{item}"
"""


async def test_a_source_of_a_pattern_file_gets_its_row_its_name_and_keeps_up_with_its_file(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "patterns"
    folder.mkdir()
    settings = replace(settings_for(database_url, tmp_path), patterns=folder)
    async with database.writing() as writer:
        await place_known_sources(writer)
    try:
        for english in ("Corner Shop", "Corner Store"):
            (folder / "corner.toml").write_text(CORNER.replace("Corner Shop", english), "utf-8")
            await know_sources(settings, database, Notifications(database))
            assert link("https://goods.corner.example/g/abc123").source == "corner_shop"
            assert source_word("corner_shop", Locale.ENGLISH) == english
            assert source_word("corner_shop", Locale.CHINESE) == "街角小铺"
        async with database.reading() as reader:
            (row,) = [source for source in await read_sources(reader) if source.source == "corner_shop"]
        assert (row.name_en, row.kind) == ("Corner Store", "store_system")
    finally:
        adopt_patterns(None)
        use_source_names([])
    assert source_word("corner_shop", Locale.ENGLISH) == "corner_shop"
    assert source_word("taobao_union", Locale.CHINESE) == "淘宝联盟"
