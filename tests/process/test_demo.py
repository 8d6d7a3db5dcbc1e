"""`yellowcart demo` as a process: it comes up on a free port, is alive, and leaves nothing behind."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import TEST_HOME, free_port

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

UP_WITHIN_S = 90


class RunningDemo:
    """A demo in a home of its own."""

    def __init__(self, home: Path, output: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._output = output
        environment = {
            name: text for name, text in os.environ.items() if name not in {"DATABASE_URL", "YELLOWCART_SECRET"}
        }
        with output.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yellowcart.cli", "demo", "--port", str(self.port)],
                env=environment | {"YELLOWCART_HOME": str(home)},
                stdout=log,
                stderr=log,
            )

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers={"accept": "text/html"}, timeout=5, verify=False)

    def printed(self) -> str:
        return self._output.read_text()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the demo ended with {self.process.returncode}:\n{self.printed()}")
            # The board is printed when everything runs, the web process answers a little earlier.
            if self.url in self.printed() and self.get("/readyz").status_code == 200:
                return
            time.sleep(0.1)
        raise AssertionError(f"the demo did not come up:\n{self.printed()}")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def processes_of(home: Path) -> list[str]:
    """Command lines of everything that works below a home folder, PostgreSQL included."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(home) in words:
            found.append(words)
    return found


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may enter: pytest's temporary ones are for their maker alone."""
    folder = TEST_HOME / f"demo-{secrets.token_hex(4)}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def demo(home: Path, tmp_path: Path) -> Iterator[RunningDemo]:
    running = RunningDemo(home, tmp_path / "printed.txt")
    yield running
    if running.process.poll() is None:
        for each in running.family():
            each.kill()
        running.process.kill()
        running.process.wait(10)


def test_a_demo_comes_up_restarts_what_dies_and_leaves_nothing_behind(
    demo: RunningDemo, home: Path, tmp_path: Path
) -> None:
    demo.wait_until_up()
    assert "yellowcart" in demo.get("/login").text
    second = subprocess.run(
        [sys.executable, "-m", "yellowcart.cli", "demo", "--port", str(demo.port)],
        env=os.environ | {"YELLOWCART_HOME": str(tmp_path / "elsewhere")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"{demo.port + 1}" in second.stdout, "a port in use is said, with another one to take"

    worker = next(each for each in demo.family() if "worker" in each.cmdline())
    worker.kill()
    deadline = time.monotonic() + 20
    while not any("worker" in each.cmdline() for each in demo.family() if each.pid != worker.pid):
        assert time.monotonic() < deadline, "the worker was not started again"
        time.sleep(0.1)

    family = demo.family()
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(40) == 0, demo.printed()
    assert "Traceback" not in demo.printed()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert processes_of(home) == []
    assert (home / "postgres" / "PG_VERSION").exists(), "the data is kept"


def test_a_world_that_nobody_has_written_is_named_and_nothing_starts(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "yellowcart.cli", "demo", "--world", "atlantis", "--port", str(free_port())],
        env=os.environ | {"YELLOWCART_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "atlantis" in answer.stdout
    assert "douyin_2020, kuaishou_2022" in answer.stdout
    assert not (tmp_path / "home" / "postgres").exists()
