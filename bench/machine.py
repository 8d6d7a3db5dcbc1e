"""Names the machine and the software that a number was measured on: without them a number means nothing."""

import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import psycopg

DURABILITY_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")


class PostgresFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says of itself; the settings decide whether a commit is durable."""

    version: str
    settings: dict[str, str]

    @property
    def is_durable(self) -> bool:
        """An acknowledged commit survives a crash: flushed to disk before the answer."""
        return self.settings["fsync"] == "on" and self.settings["synchronous_commit"] not in {"off", "local"}


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run happened. None where the machine does not tell."""

    cpu_model: str | None
    cores: int
    """Cores that this process may use."""
    memory_mib: int | None
    busy_cores: float | None
    """Cores in use by anybody in the second before the run: not near 0 means the numbers are disturbed."""
    kernel: str
    python: str
    postgres: PostgresFacts | None


def describe_machine(database_url: str | None = None) -> Machine:
    """Read the facts from the running system, and from PostgreSQL when a URL is given."""
    return Machine(
        cpu_model=cpu_model_in(_text_of(Path("/proc/cpuinfo"))),
        cores=len(os.sched_getaffinity(0)),
        memory_mib=memory_mib_in(_text_of(Path("/proc/meminfo"))),
        busy_cores=_busy_cores(),
        kernel=f"{platform.system()} {platform.release()}",
        python=_python_build(),
        postgres=describe_postgres(database_url) if database_url else None,
    )


def _python_build() -> str:
    build = f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})"
    has_lock: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    return build if has_lock else f"{build}, free-threaded"


def describe_postgres(database_url: str) -> PostgresFacts:
    """Ask the server for its version and its durability settings. Raises psycopg.OperationalError."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
            [[*DURABILITY_SETTINGS, "server_version"]],
        ).fetchall()
    told = {str(name): str(setting) for name, setting in rows}
    return PostgresFacts(
        version=told["server_version"], settings={name: told[name] for name in DURABILITY_SETTINGS}
    )


def cpu_model_in(cpuinfo: str) -> str | None:
    """The first "model name" of /proc/cpuinfo; some architectures have none."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip() or None
    return None


def memory_mib_in(meminfo: str) -> int | None:
    """MemTotal of /proc/meminfo in MiB."""
    for line in meminfo.splitlines():
        name, _, value = line.partition(":")
        if name == "MemTotal":
            return int(value.split()[0]) // 1024
    return None


def busy_ticks_in(stat: str) -> int | None:
    """Clock ticks that all cores of /proc/stat have spent neither idle nor waiting for a disk."""
    for line in stat.splitlines():
        name, *fields = line.split()
        if name == "cpu":
            user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in fields[:8])
            return user + nice + system + irq + softirq + steal
    return None


def _busy_cores() -> float | None:
    """Watch the machine for a second. Nothing is awaited here: the second is the measurement."""
    before, started_s = busy_ticks_in(_text_of(Path("/proc/stat"))), time.perf_counter()
    time.sleep(1)
    after, wall_s = busy_ticks_in(_text_of(Path("/proc/stat"))), time.perf_counter() - started_s
    if before is None or after is None:
        return None
    return (after - before) / os.sysconf("SC_CLK_TCK") / wall_s


def session_cpu_s(session: int) -> float:
    """CPU seconds that the living processes of a session have used: a server and its workers."""
    return sum(_cpu_s(lambda _, of_session: of_session == session).values())


def spent_s(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """What processes used between two readings. Those that ended meanwhile took their count along: they are left
    out, and what began is counted from its begin."""
    return sum(seconds - before.get(process_id, 0.0) for process_id, seconds in after.items())


def postgres_cpu_s(database_url: str) -> Mapping[int, float] | None:
    """CPU seconds that each of a PostgreSQL's living processes has used; None when it does not run on this
    machine."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        process_ids = {int(row[0]) for row in connection.execute("SELECT pid FROM pg_stat_activity").fetchall()}
        own = connection.info.backend_pid
    if not _text_of(Path(f"/proc/{min(process_ids - {own})}/comm")).startswith("postgres"):
        return None
    return _cpu_s(lambda process_id, _: process_id in process_ids)


def _cpu_s(is_meant: Callable[[int, int], bool]) -> dict[int, float]:
    """What each of the processes (id, session) that are meant used, by /proc/<id>/stat."""
    used: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        # What stands before the last bracket is the program's name, which may hold anything.
        fields = _text_of(folder / "stat").rpartition(")")[2].split()
        if fields and is_meant(int(folder.name), int(fields[3])):
            used[int(folder.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
