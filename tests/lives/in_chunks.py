"""Lives by the hundred: each chunk in a database of its own, which is dropped when its lives are over."""

import logging
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import psycopg
import structlog
from psycopg import sql

from tests.conftest import url_of
from tests.lives.power_cut import CuttableDatabase
from tests.lives.premises import BEGINNING, Premises, open_premises
from tests.lives.telling import LifeWentWrong, Told, script_of, shorten, tell
from yellowcart.kernel import clock


@asynccontextmanager
async def premises_on(database_url: str) -> AsyncIterator[Premises]:
    """Premises on an empty, migrated database, with the platform's clock at the beginning."""
    clock.process_clock().freeze(BEGINNING)
    database = CuttableDatabase(database_url, pool_size=4)
    await database.open()
    premises = await open_premises(database)
    try:
        yield premises
    finally:
        await premises.close()
        await database.close()
        clock.process_clock().set_offset(timedelta())


@asynccontextmanager
async def database_of_its_own(server_url: str, template: str) -> AsyncIterator[str]:
    """The URL of a copy of a template, dropped at the end."""
    name = f"lives_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield url_of(server_url, name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def tell_lives(premises: Premises, seeds: Iterable[int]) -> Told:
    """Live the lives of some seeds. Raises LifeWentWrong, with the shortest life found that goes wrong so."""
    told = Told()
    with hushed():
        for seed in seeds:
            try:
                await tell(premises, script_of(seed), told)
            except LifeWentWrong as wrong:
                shortest = await shorten(premises, wrong)
                shortest.add_note(f"seed {seed}, in {len(shortest.script.steps)} steps")
                raise shortest from wrong
    return told


async def tell_chunk(server_url: str, template: str, seeds: range) -> Told:
    """Live the lives of some seeds in a database of their own."""
    async with database_of_its_own(server_url, template) as url, premises_on(url) as premises:
        return await tell_lives(premises, seeds)


@contextmanager
def hushed() -> Iterator[None]:
    """Cut connections and bad providers are what lives are about: no line of a log for each."""
    connections, before = logging.getLogger("psycopg"), structlog.get_config()
    level = connections.level
    connections.setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        connections.setLevel(level)
        structlog.configure(**before)
