"""A browser, and worlds to look at with it."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.watched import WAIT_MS, Visits
from tests.browser.world import World, running_world
from tests.conftest import TEST_HOME, url_of
from tests.demo.seeded import copied_database, seeded_database

SHOTS = TEST_HOME / "screenshots"
UPLOADS = "uploads"
"""Where a world keeps what its people upload, below its home (`uploads.storage.open_storage`)."""

SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    # Whoever follows an outside link ends at a name that nobody knows: tests leave this machine for nothing.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Where the worlds keep their stream and their logs."""
    TEST_HOME.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix="browser-", dir=TEST_HOME))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def seeded(postgres_url: str, template_database: str, home: Path) -> Iterator[str]:
    """A database that holds the demo world as it begins; nobody is connected to it, so that it can be copied."""
    with seeded_database(postgres_url, template_database, pictures=home / UPLOADS) as name:
        yield name


@pytest.fixture(scope="session")
def world(postgres_url: str, seeded: str, home: Path) -> Iterator[World]:
    """The world that the stories share. Its clock runs on and is never moved."""
    with (
        copied_database(postgres_url, seeded) as name,
        running_world(url_of(postgres_url, name), home, "shared") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def world_apart(postgres_url: str, seeded: str, home: Path) -> Iterator[World]:
    """A world of its own for a story that changes everybody's world: one that moves the clock."""
    with (
        copied_database(postgres_url, seeded) as name,
        running_world(url_of(postgres_url, name), home, "apart") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def douyin(postgres_url: str, template_database: str, home: Path) -> Iterator[World]:
    """Douyin in August 2020, for a file of stories of its own: ask for it before the browser."""
    with (
        seeded_database(postgres_url, template_database, "douyin_2020", pictures=home / UPLOADS) as name,
        running_world(url_of(postgres_url, name), home, "douyin", "douyin_2020") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def browser(seeded: str) -> Iterator[Browser]:
    """Chromium: the system's, else Playwright's own.

    Of each file, not of the session: while it is open, Playwright holds this thread's event loop, and other tests
    want one. For the same reason the world is written before (`seeded`).
    """
    with sync_playwright() as playwright:
        path = _chromium(playwright)
        if path is None:
            missing = "no Chromium here: install Debian's, or run `playwright install chromium`"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        expect.set_options(timeout=WAIT_MS)
        yield opened
        opened.close()


@pytest.fixture
def visits(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """Opens pages for one test, and closes them with it."""
    made = Visits(browser, SHOTS, request.node.name)
    yield made
    made.close()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A test whose pages complained has failed, and a test that failed leaves pictures of its pages."""
    visits = pyfuncitem.funcargs.get("visits")
    if not isinstance(visits, Visits):
        return (yield)
    try:
        answer = yield
        visits.require_clean()
    except BaseException:
        visits.take_shots()
        raise
    return answer


def _chromium(playwright: Playwright) -> str | None:
    """Where Chromium is, or None."""
    found = next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)
