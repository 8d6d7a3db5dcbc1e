"""The platform as a bench measures it: a durable PostgreSQL, a database that is dropped afterwards, and the web
process started as in production. Everything is a context manager, so that an error or Ctrl-C leaves nothing.
"""

import asyncio
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql

from bench.machine import describe_postgres
from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.kernel.database import Database
from yellowcart.kernel.embedded_postgres import start_embedded_postgres
from yellowcart.schema import migrate
from yellowcart.serving import APPLICATION, server_command

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = CHECKOUT / "var" / "bench"
HOST = "127.0.0.1"
SERVED = "bench.served:create_application"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.05
LOG_LINES_SHOWN = 6
DATABASE_PREFIX = "yellowcart_bench_"

Made = TypeVar("Made")


class NotDurableError(RuntimeError):
    """PostgreSQL may lose what it acknowledged, so that no figure of it would be one of durable orders."""


@dataclass(frozen=True)
class PlatformUnderTest:
    """The running web process and the database that it works on."""

    database_url: str
    port: int
    process_id: int
    """Of granian's main process, which leads a session of its own: its workers are in it too."""
    tokens: BuyerTokens
    """Makes tokens that this server accepts."""

    def in_database(self, work: Callable[[Database], Awaitable[Made]]) -> Made:
        """Open the platform's database, do the work in it, close it."""
        return in_database(self.database_url, work)


def in_database(database_url: str, work: Callable[[Database], Awaitable[Made]]) -> Made:
    """Open a database, do the work in it, close it."""
    return asyncio.run(_work_in(database_url, work))


async def _work_in(database_url: str, work: Callable[[Database], Awaitable[Made]]) -> Made:
    database = Database(database_url, pool_size=2)
    await database.open()
    try:
        return await work(database)
    finally:
        await database.close()


@contextmanager
def postgres_server(home: Path = HOME) -> Iterator[str]:
    """URL of the server named by DATABASE_URL, else of an embedded one that runs for as long as the block.

    Raises RuntimeError when another bench of this checkout is running: both would measure each other.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RuntimeError(f"another bench is running in {home}") from error
        given = os.environ.get("DATABASE_URL")
        if given:
            yield given
            return
        embedded = start_embedded_postgres(home / "postgres")
        try:
            _drop_what_was_left(embedded.url)
            yield embedded.url
        finally:
            embedded.stop()


def _drop_what_was_left(server_url: str) -> None:
    """Scratch databases of runs that were killed; only on our own server, which nobody else uses."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [DATABASE_PREFIX]
        ).fetchall()
        for (name,) in left:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def scratch_database(server_url: str) -> Iterator[str]:
    """A fresh, migrated database on the server; dropped at the end. Raises psycopg.Error."""
    with empty_database(server_url) as database_url:
        migrate(database_url)
        yield database_url


@contextmanager
def empty_database(server_url: str) -> Iterator[str]:
    """A fresh database without a table; dropped at the end. Raises psycopg.Error."""
    name = f"{DATABASE_PREFIX}{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def require_durable(database_url: str) -> None:
    """Raises NotDurableError unless a commit is on disk before it is acknowledged."""
    postgres = describe_postgres(database_url)
    if not postgres.is_durable:
        settings = ", ".join(f"{name} = {value}" for name, value in postgres.settings.items())
        raise NotDurableError(f"commits are not durable here: {settings}")


@contextmanager
def platform_under_test(
    database_url: str, home: Path = HOME, checkout: Path = CHECKOUT
) -> Iterator[PlatformUnderTest]:
    """The web process of a checkout with production's flags on the database, ready to be asked; stopped at the
    end.

    Raises RuntimeError with the end of its log when it does not come up.
    """
    secret = secrets.token_urlsafe(32)
    environment = environment_of(checkout) | {
        "DATABASE_URL": database_url,
        "YELLOWCART_HOME": str(home),
        "YELLOWCART_SECRET": secret,
    }
    port = _free_port()
    command = server_command(host=HOST, port=port, demo=False)
    assert command[-1] == APPLICATION, "the application is granian's last argument"
    log = home / "server.log"
    home.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command[:-1], SERVED],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches the bench alone, which then stops the server
        )
    try:
        _wait_until_ready(process, port, log)
        yield PlatformUnderTest(
            database_url=database_url, port=port, process_id=process.pid, tokens=BuyerTokens(secret)
        )
    finally:
        _stop(process)


def environment_of(checkout: Path) -> dict[str, str]:
    """The environment of a process that runs the source of a checkout: no setting of ours is inherited, and its
    source comes before the one that is installed. The packages are those of this interpreter."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("YELLOWCART_")}
    return inherited | {"PYTHONPATH": str(checkout / "src")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    with httpx.Client(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(httpx.HTTPError):
                if client.get(f"http://{HOST}:{port}/readyz").status_code == 200:
                    return
            time.sleep(LOOK_EVERY_S)
    said = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
    raise RuntimeError(f"the server did not come up; the end of {log}:\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end; what of its session is still there after the wait is killed."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
