"""Live very many lives: `python -m tests.lives --lives 20000`, in several processes, with figures at the end.

The lives of a seed are always the same: `--first 12000` goes on from there, `--lives 1 --first 7` tells one again.
The server is the embedded one under YELLOWCART_TEST_HOME, or the one of TEST_DATABASE_URL. Ends with 1, and the
shortest story found, when platform and books part.
"""

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.conftest import SETTINGS_FOR_TESTS, TEST_HOME, url_of
from tests.lives.in_chunks import tell_chunk
from tests.lives.telling import LifeWentWrong, Told
from yellowcart.kernel.embedded_postgres import start_embedded_postgres
from yellowcart.migrations_digest import migrations_digest
from yellowcart.schema import migrate

CHUNK = 200


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server for lives."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    embedded = start_embedded_postgres(Path(TEST_HOME) / "postgres")
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        # As in the suite, but a chunk's database lives long enough to need its statistics.
        for setting in (*SETTINGS_FOR_TESTS, "autovacuum = on"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield embedded.url
    finally:
        embedded.stop()


def template_on(server_url: str) -> str:
    """A migrated, empty database to copy from."""
    name = f"template_lives_{migrations_digest()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            building = sql.Identifier(f"{name}_building")
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(building))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(building))
            migrate(url_of(server_url, f"{name}_building"))
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(building, sql.Identifier(name)))
    return name


def live_chunk(server_url: str, template: str, first: int, lives: int) -> Told | str:
    """A chunk in this process: what its lives came to, or the story of the one that went wrong."""
    try:
        return asyncio.run(tell_chunk(server_url, template, range(first, first + lives)))
    except LifeWentWrong as wrong:
        return "\n".join([str(wrong), *getattr(wrong, "__notes__", ())])


def main() -> int:
    """Live them, and say what they came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.lives", description=__doc__)
    parser.add_argument("--lives", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    told, began = Told(), time.monotonic()
    chunks = range(asked.first, asked.first + asked.lives, CHUNK)
    with server() as url, ProcessPoolExecutor(asked.processes) as pool:
        template = template_on(url)
        running = {
            pool.submit(live_chunk, url, template, first, min(CHUNK, chunks.stop - first)): first
            for first in chunks
        }
        for done in as_completed(running):
            result = done.result()
            if isinstance(result, str):
                pool.shutdown(wait=False, cancel_futures=True)
                sys.stdout.write(f"\n{result}\n")
                return 1
            told.add(result)
            seconds = time.monotonic() - began
            sys.stdout.write(
                f"{told.lives:,} of {asked.lives:,} lives, {told.lives / seconds:.1f}/s; seeds from"
                f" {running[done]:,} are done\n"
            )
            sys.stdout.flush()
    report(told, asked.first, asked.lives, time.monotonic() - began)
    return 0


def report(told: Told, first: int, lives: int, seconds: float) -> None:
    """What all lives came to."""
    steps = sum(told.steps.values())
    sys.stdout.write(
        f"\n{told.lives:,} lives (seeds {first:,} to {first + lives - 1:,}), {steps:,} steps in {seconds:,.0f} s:"
        f" {told.lives / seconds:.2f} lives/s\n"
    )
    for title, counts in (("steps", told.steps), ("what happened, and what was refused", told.counts)):
        sys.stdout.write(f"\n{title}\n{_table(counts)}\n")


def _table(counts: Counter[str]) -> str:
    return "\n".join(f"{number:>10,}  {name}" for name, number in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
