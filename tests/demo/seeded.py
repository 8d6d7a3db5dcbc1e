"""A seeded demo world for tests. Writing one takes ten seconds of a core: each world is written once for every
state of the source and then copied, by all workers and by the runs that follow."""

import asyncio
import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from obstore.store import LocalStore, MemoryStore
from psycopg import sql

import yellowcart
from tests.conftest import TEST_HOME, url_of
from yellowcart.demo.accounts import demo_world
from yellowcart.demo.seed import seed_world
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import open_tasks
from yellowcart.uploads.storage import UploadStorage

KEPT = "world_"
PICTURES = TEST_HOME / "worlds"
"""What the people of kept worlds have uploaded, a folder for each."""
SOURCE = Path(yellowcart.__file__).parent
LOCKFILES = SOURCE.parent.parent / "requirements"
_WRITING_LOCK = 8


@contextmanager
def copied_database(server_url: str, template: str) -> Iterator[str]:
    """A database of its own, copied from another one that nobody is connected to."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def seeded_database(
    server_url: str, template: str, world: str = "kuaishou_2022", *, pictures: Path | None = None
) -> Iterator[str]:
    """A database that holds a whole demo world; answers its name. `pictures` is the folder for what its people
    have uploaded; without one nobody looks at it."""
    with _kept_world(server_url, template, world) as kept, copied_database(server_url, kept) as name:
        with psycopg.connect(url_of(server_url, name)) as connection:
            # Its clock has run on since it was written, and starts here.
            connection.execute("UPDATE clock_anchor SET system_at = now()")
        if pictures is not None:
            shutil.copytree(PICTURES / kept, pictures, dirs_exist_ok=True)
        yield name


@contextmanager
def newly_seeded_database(server_url: str, template: str, world: str) -> Iterator[str]:
    """As `seeded_database`, written for this once."""
    with copied_database(server_url, template) as name:
        asyncio.run(_seed(url_of(server_url, name), world, UploadStorage(MemoryStore())))
        yield name


@contextmanager
def _kept_world(server_url: str, template: str, world: str) -> Iterator[str]:
    """The database from which a world is copied. It is not removed as long as it is lent."""
    name = f"{KEPT}{world}_{_digest()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(hashtext(%s))", (name,))
        connection.execute("SELECT pg_advisory_lock(%s)", (_WRITING_LOCK,))
        if not _is_kept(connection, name):
            _forget_old_worlds(connection, world)
            with _being_written(connection, template, name) as building:
                storage = UploadStorage(LocalStore(PICTURES / name, mkdir=True))
                asyncio.run(_seed(url_of(server_url, building), world, storage))
        connection.execute("SELECT pg_advisory_unlock(%s)", (_WRITING_LOCK,))
        yield name


def _is_kept(connection: psycopg.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    return found is not None and (PICTURES / name).is_dir()


@contextmanager
def _being_written(connection: psycopg.Connection, template: str, name: str) -> Iterator[str]:
    """A copy of a template that gets its name when the block ends well."""
    building = sql.Identifier(f"{name}_building")
    for left in (building, sql.Identifier(name)):
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(left))
    shutil.rmtree(PICTURES / name, ignore_errors=True)
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(building, sql.Identifier(template)))
    yield f"{name}_building"
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(building, sql.Identifier(name)))


def _forget_old_worlds(connection: psycopg.Connection, world: str) -> None:
    """Remove the worlds that were written by another state of the source, unless another run has one lent."""
    old = connection.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (f"{KEPT}{world}_",)
    ).fetchall()
    for (name,) in old:
        lock = connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", (name,)).fetchone()
        if lock == (True,):
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            shutil.rmtree(PICTURES / name, ignore_errors=True)
            connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", (name,))


@cache
def _digest() -> str:
    """A hash over everything that a world could depend on."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted([*SOURCE.rglob("*.*"), *LOCKFILES.glob("*.lock")]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(str(path).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


async def _seed(url: str, world: str, storage: UploadStorage) -> None:
    database = Database(url, pool_size=4)
    await database.open()
    try:
        async with open_tasks(database):
            await seed_world(database, storage, demo_world(world), lambda _: None)
    finally:
        await database.close()
