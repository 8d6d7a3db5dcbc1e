"""Pages in a browser that are watched: an error that nobody expected fails the test that opened them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Response, ViewportSize

from tests.browser.world import World

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1440, height=900)
WAIT_MS = 15_000
CHINESE = "zh_CN"
ENGLISH = "en"
TOLERATED = (
    # The sample stream is made while the platform runs already; the player asks again until it is there.
    (404, "/media/stream/index.m3u8"),
)


class Visits:
    """Every page that one test opened, each in a browser profile of its own unless it is asked otherwise."""

    def __init__(self, browser: Browser, shots: Path, test: str) -> None:
        self._browser = browser
        self._shots = shots
        self._test = test
        self._contexts: list[BrowserContext] = []
        self._expected: list[tuple[int, str]] = list(TOLERATED)
        self._problems: list[str] = []

    def open(
        self,
        world: World,
        path: str = "/",
        *,
        login: str | None = None,
        size: ViewportSize = PHONE,
        language: str = CHINESE,
    ) -> Page:
        """A person comes by: signed in as `login`, or as nobody, with a screen and a language."""
        context = self._browser.new_context(
            base_url=world.url,
            viewport=size,
            locale="zh-CN" if language == CHINESE else "en-GB",
            timezone_id="Asia/Shanghai",
            has_touch=size is PHONE,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        context.on("page", self._watch)
        if login:
            context.add_cookies([{"name": "session", "value": world.session_of(login), "url": world.url}])
        page = context.new_page()
        page.goto(path)
        return page

    def expect_refusal(self, status: int, path: str) -> None:
        """The test brings about an answer of this status; the browser notes it as an error, and that is right."""
        self._expected.append((status, path))

    def require_clean(self) -> None:
        """Raises AssertionError for what any of the pages had to complain about."""
        assert not self._problems, "the pages complained:\n" + "\n".join(self._problems)

    def take_shots(self) -> None:
        """Keep a picture of every open page."""
        self._shots.mkdir(parents=True, exist_ok=True)
        pages = [page for context in self._contexts for page in context.pages]
        for number, page in enumerate(pages, start=1):
            with suppress(Error):
                page.screenshot(path=self._shots / f"{self._test}-{number}.png", timeout=WAIT_MS)

    def keep_shot(self, page: Page, name: str) -> None:
        """Keep a picture of a whole page, for people to look at."""
        self._shots.mkdir(parents=True, exist_ok=True)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self._shots / f"{self._test}-{name}.png", full_page=True, timeout=WAIT_MS)

    def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._problems.append(f"{page.url}: {error}"))
        page.on("console", self._hear)
        page.on("response", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        at = str(message.location.get("url", ""))
        refused = re.search(r"status of (\d{3})", message.text)
        if refused and _is_among(self._expected, int(refused[1]), at):
            return
        self._problems.append(f"{at}: {message.text}")

    def _see(self, response: Response) -> None:
        if response.status >= 500:
            self._problems.append(f"{response.url}: {response.status}")


def _is_among(expected: Sequence[tuple[int, str]], status: int, url: str) -> bool:
    return any(status == code and path in url for code, path in expected)
