"""A seeded demo world for tests: written once for a module, copied for tests that change it."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.conftest import url_of
from yellowcart.demo.accounts import demo_world
from yellowcart.demo.seed import seed_world
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import open_tasks


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
def seeded_database(server_url: str, template: str, world: str = "kuaishou_2022") -> Iterator[str]:
    """A database that holds a whole demo world; answers its name."""
    with copied_database(server_url, template) as name:
        asyncio.run(_seed(url_of(server_url, name), world))
        yield name


async def _seed(url: str, world: str) -> None:
    database = Database(url, pool_size=4)
    await database.open()
    try:
        async with open_tasks(database):
            await seed_world(database, demo_world(world), lambda _: None)
    finally:
        await database.close()
