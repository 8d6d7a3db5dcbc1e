"""`yellowcart demo`: one command that brings a demo world up, keeps it running, and takes it down again.

It holds PostgreSQL (when none is named by DATABASE_URL), the web process, the worker and the simulated crowd, and
ends them in the opposite order on Ctrl-C. What it prints is in Chinese and English side by side.
"""

import asyncio
import fcntl
import io
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
from rich.console import Console
from rich.status import Status

from yellowcart.demo.accounts import UnknownWorld, demo_world
from yellowcart.demo.board import board
from yellowcart.demo.children import Child
from yellowcart.demo.prepare import NotADemo, OtherWorld, prepare_database
from yellowcart.kernel.embedded_postgres import EmbeddedPostgres, start_embedded_postgres
from yellowcart.kernel.settings import Settings, read_settings
from yellowcart.serving import server_command

HOST = "127.0.0.1"
READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.1


class CannotStart(Exception):
    """The demo cannot start; the message says why and what to do, in both languages."""


class Steps:
    """What is being done, with how long each step took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._title = ""
        self._since = 0.0

    def begin(self, title: str) -> None:
        """Finish the step before and show this one."""
        self.end()
        self._title, self._since = title, time.monotonic()
        self._status = self._console.status(f"{title} …")
        self._status.start()

    def end(self) -> None:
        """The step is done."""
        if self._status is not None:
            self._status.stop()
            self._status = None
            self._console.print(f"[green]✓[/] {self._title}  [dim]{time.monotonic() - self._since:.1f} s[/]")

    def broken_off(self) -> None:
        """The step did not end well: take the spinner away without calling it done."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def run_demo(*, port: int, fresh: bool, world: str) -> int:
    """Run the demo of a world until Ctrl-C or SIGTERM; answers the exit code of the command."""
    os.environ["YELLOWCART_DEMO"] = "1"
    os.environ["YELLOWCART_WORLD"] = world
    settings = read_settings()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Chinese still gets its English
    console = Console(highlight=False)
    try:
        demo_world(world)
        with _only_one(settings.home):
            _require_port(port)
            return asyncio.run(_Demo(settings, console, port, fresh=fresh).run())
    except (CannotStart, UnknownWorld) as error:
        console.print(f"[red]✗[/] {error}")
        return 1


class _Demo:
    def __init__(self, settings: Settings, console: Console, port: int, *, fresh: bool) -> None:
        self._settings = settings
        self._console = console
        self._port = port
        self._fresh = fresh
        self._steps = Steps(console)
        self._stop = asyncio.Event()
        self._postgres: EmbeddedPostgres | None = None
        self._children: list[Child] = []

    async def run(self) -> int:
        """Up, watch, down."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(each, self._stop.set)
        began = time.monotonic()
        try:
            if not await self._unless_stopped(self._come_up()):
                return 0
            self._steps.end()
            world = demo_world(self._settings.world)
            self._console.print(board(world, self._url, time.monotonic() - began, self._settings.home / "log"))
            return await self._watch()
        except (CannotStart, NotADemo, OtherWorld, psycopg.OperationalError, OSError) as error:
            self._steps.broken_off()
            self._console.print(f"[red]✗[/] {error}")
            return 1
        finally:
            await self._go_down()

    @property
    def _url(self) -> str:
        return f"http://{HOST}:{self._port}"

    async def _unless_stopped(self, work: Coroutine[None, None, None]) -> bool:
        """Do the work, or leave it as soon as somebody asks to stop; False when it was left."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            working.result()
            return not self._stop.is_set()
        self._steps.broken_off()
        working.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await working
        return False

    async def _come_up(self) -> None:
        url = await self._start_database()
        await prepare_database(url, self._settings, self._steps.begin, fresh=self._fresh)
        self._steps.begin("启动网站与后台任务 · Starting web and worker")
        environment = os.environ | {"DATABASE_URL": url, "YELLOWCART_HOME": str(self._settings.home)}
        cli = [sys.executable, "-m", "yellowcart.cli"]
        stream = self._child("stream", [*cli, "sample-stream"], environment)
        web = self._child("web", server_command(host=HOST, port=self._port, demo=True), environment)
        worker = self._child("worker", [*cli, "worker"], environment)
        seed = str(demo_world(self._settings.world).seed)
        crowd = self._child("crowd", [*cli, "crowd", "--url", self._url, "--seed", seed], environment)
        self._children = [crowd, web, worker, stream]
        await web.start()
        await worker.start()
        await self._until_ready(web)
        await crowd.start()
        if not (self._settings.home / "media" / "stream" / "index.m3u8").exists():
            await stream.start()

    async def _start_database(self) -> str:
        if self._settings.database_url is not None:
            return self._settings.database_url
        self._steps.begin("启动内置 PostgreSQL · Starting the embedded PostgreSQL")
        self._postgres = await asyncio.to_thread(start_embedded_postgres, self._settings.home / "postgres")
        return self._postgres.url

    def _child(self, name: str, command: list[str], environment: dict[str, str]) -> Child:
        log = self._settings.home / "log" / f"{name}.log"
        log.unlink(missing_ok=True)
        return Child(name, command, environment, log)

    async def _until_ready(self, web: Child) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            while time.monotonic() < deadline and web.pid is not None:
                with suppress(httpx.HTTPError):
                    if (await client.get(f"{self._url}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(LOOK_EVERY_S)
        raise CannotStart(f"网站未能启动 · The web process did not come up:\n{web.last_words()}")

    async def _watch(self) -> int:
        """Keep everything running until a signal comes, or until what cannot be missed is given up."""
        watched = {
            child.name: asyncio.create_task(child.keep_running(self._say), name=child.name)
            for child in self._children
            if child.name != "stream"
        }
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        vital = [watched["web"], watched["worker"], stopping]
        await asyncio.wait(vital, return_when=asyncio.FIRST_COMPLETED)
        return 0 if self._stop.is_set() else 1

    def _say(self, message: str) -> None:
        self._console.print(f"[yellow]![/] {message}")

    async def _go_down(self) -> None:
        """The crowd first, so that nobody runs against a closed door, and the database last."""
        self._stop.set()
        if any(child.pid is not None for child in self._children) or self._postgres is not None:
            self._console.print("\n正在停止… · Stopping …")
        for child in self._children:
            await child.stop()
        if self._postgres is not None:
            await asyncio.to_thread(self._postgres.stop)
            self._console.print("[green]✓[/] 已停止，数据已保留 · Stopped; the data is kept")


class _only_one:  # noqa: N801 - read as a verb at its one place
    """One demo per home folder: a second one would share its database and its clock."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._path = home / "demo.lock"

    def __enter__(self) -> None:
        self._file = self._path.open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"这里已有一个演示在运行（{self._path.parent}）· A demo is already running in {self._path.parent}"
            ) from error

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _require_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotStart(
                f"端口 {port} 已被占用，请换一个：make demo PORT={port + 1}\n"
                f"  Port {port} is in use; choose another one: make demo PORT={port + 1}"
            ) from error
