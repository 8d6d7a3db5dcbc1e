"""The processes of a demo: started with a log of their own, watched, started again, stopped in order."""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

RESTARTS_MAX = 5
RESTARTS_WITHIN_S = 120.0
"""A process that dies more often than this is given up."""

PAUSE_S = 1.0
STOP_WITHIN_S = 8.0
LOG_LINES_SHOWN = 6
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """One process of the demo."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._started: list[float] = []

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    async def start(self) -> None:
        """Start it in a session of its own: Ctrl-C in the terminal reaches the demo, and the demo ends its
        processes one after the other."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._started.append(time.monotonic())
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=dict(self._environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    async def wait(self) -> int:
        """Wait for its end; answers its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def keep_running(self, say: Callable[[str], None]) -> None:
        """Start it again whenever it dies; returns when it was stopped, or has died too often."""
        while True:
            code = await self.wait()
            if self._stopping:
                return
            since = time.monotonic() - RESTARTS_WITHIN_S
            self._started = [each for each in self._started if each > since]
            say(f"{self.name} 意外退出（{code}）· {self.name} died ({code})\n{self.last_words()}")
            if len(self._started) > RESTARTS_MAX:
                say(f"{self.name} 反复退出，不再重启 · {self.name} keeps dying and is given up: see {self.log}")
                return
            await asyncio.sleep(PAUSE_S)
            if self._stopping:
                return
            await self.start()

    async def stop(self) -> None:
        """Ask it to end, and make it end if it does not. Its whole process group goes with it."""
        self._stopping = True
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])


def end_with_parent() -> None:
    """In the new process: the kernel ends it when the demo itself is killed, so that nothing is orphaned."""
    if _libc is not None:
        _libc.prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
