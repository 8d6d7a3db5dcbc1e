"""Every page that the navigation leads to and what stands one step behind it, as everybody, in both languages.

A page must come up without an error of the server or of a script, fit a phone's width, and be light.
"""

import gzip
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.watched import CHINESE, ENGLISH, Visits
from tests.browser.world import World

pytestmark = [pytest.mark.browser]

BEGINNINGS = {
    None: ("/", "/videos", "/me", "/login", "/register", "/docs/errors"),
    "buyer": ("/", "/videos", "/orders", "/me"),
    "xiaobo": ("/creator",),
    "xiaobo_kitchen": ("/merchant",),
    "operator": ("/operator",),
    "carrier": ("/carrier",),
}
PAGES_MAX = 30
"""Pages of one person in one language; of pages that differ in a number only one is opened."""

WEIGHT_MAX = 300_000
ELSEWHERE = re.compile(r"^/(language|assets|media|uploads|api|docs/api)(/|$)")
DOWNLOAD = re.compile(r"\.(csv|xlsx|ics)$")
NOT_COUNTED = re.compile(r"^/media/stream/|/vendor/(echarts|hls)/")
"""Video and charts, with what plays and draws them."""

LINKS = (
    """() => Array.from(document.querySelectorAll("a[href]:not([download])"), link => link.getAttribute("href"))"""
)
LOADED = """() => performance.getEntriesByType("resource").map(entry => entry.name)"""
TOO_WIDE = """() => {
  const width = document.scrollingElement.scrollWidth;
  return width > innerWidth ? width : 0;
}"""
_sizes: dict[str, int] = {}


def kind_of(path: str) -> str:
    """Pages that differ only in their numbers, or in their query, are of one kind."""
    return re.sub(r"\d{6,}", "#", urlsplit(path).path.rstrip("/") or "/")


def links_of(page: Page) -> Iterator[str]:
    for href in page.evaluate(LINKS):
        if href.startswith("/") and not ELSEWHERE.match(href) and not DOWNLOAD.search(urlsplit(href).path):
            yield href.split("#")[0]


def weight_of(page: Page, world: World) -> int:
    """What a page weighs compressed: itself, its styles, scripts and pictures, before video and charts."""
    whole = len(gzip.compress(page.content().encode()))
    for url in set(page.evaluate(LOADED)):
        if not url.startswith(world.url) or NOT_COUNTED.search(urlsplit(url).path):
            continue
        if url not in _sizes:
            with httpx.stream("GET", url, timeout=20, trust_env=False, verify=False) as answer:
                endless = answer.headers.get("content-type", "").startswith("text/event-stream")
                _sizes[url] = 0 if endless else len(gzip.compress(answer.read()))
        whole += _sizes[url]
    return whole


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
@pytest.mark.parametrize("login", list(BEGINNINGS))
def test_every_page_comes_up_fits_a_phone_and_is_light(
    world: World, visits: Visits, login: str | None, language: str
) -> None:
    page = visits.open(world, BEGINNINGS[login][0], login=login, language=language)
    ahead = [*BEGINNINGS[login]]
    known = {kind_of(path) for path in ahead}
    complaints: list[str] = []
    opened = 0
    while ahead and opened < PAGES_MAX:
        path = ahead.pop(0)
        answer = page.goto(path)
        opened += 1
        assert answer is not None
        if answer.status != 200:
            complaints.append(f"{path}: {answer.status}")
        if page.locator("html").get_attribute("lang") != ("zh-CN" if language == CHINESE else "en"):
            complaints.append(f"{path}: another language")
        if wide := page.evaluate(TOO_WIDE):
            complaints.append(f"{path}: {wide} px wide")
        if (weight := weight_of(page, world)) > WEIGHT_MAX:
            complaints.append(f"{path}: {weight:,} bytes")
        for link in links_of(page):
            if kind_of(link) not in known:
                known.add(kind_of(link))
                ahead.append(link)
    assert not complaints, "\n".join(complaints)
