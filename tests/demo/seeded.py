"""A seeded demo world for tests: written once for a module, copied for tests that change it."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from obstore.store import LocalStore, MemoryStore
from psycopg import sql

from tests.conftest import url_of
from yellowcart.demo.accounts import demo_world
from yellowcart.demo.seed import seed_world
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import open_tasks
from yellowcart.uploads.storage import UploadStorage


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
    with copied_database(server_url, template) as name:
        asyncio.run(_seed(url_of(server_url, name), world, pictures))
        yield name


async def _seed(url: str, world: str, pictures: Path | None) -> None:
    storage = UploadStorage(MemoryStore() if pictures is None else LocalStore(pictures, mkdir=True))
    database = Database(url, pool_size=4)
    await database.open()
    try:
        async with open_tasks(database):
            await seed_world(database, storage, demo_world(world), lambda _: None)
    finally:
        await database.close()
