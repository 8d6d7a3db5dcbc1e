"""Getting a demo's database ready: started, at the newest schema, holding a whole world, its clock running on."""

import asyncio
import logging

import psycopg
from psycopg import sql

from yellowcart.demo.accounts import demo_world
from yellowcart.demo.seed import Progress, held_world, is_finished, seed_world
from yellowcart.demo.world_file import World
from yellowcart.kernel.clock_table import resume_clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.journal import start_journal
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.tasks import open_tasks
from yellowcart.schema import migrate
from yellowcart.uploads.storage import open_storage


class NotADemo(Exception):
    """The database holds people, and no demo world put them there: it is left alone."""

    def __init__(self) -> None:
        super().__init__(
            "这个数据库里有不属于演示的数据，未作任何改动。\n"
            "  This database holds data that no demo has written; nothing was changed."
        )


class OtherWorld(Exception):
    """The database holds another demo world than the one asked for: it is left alone."""

    def __init__(self, held: str, asked: str) -> None:
        super().__init__(
            f"这里放着另一个演示世界 {held}，未作任何改动。要看 {asked}：加 FRESH=1 重新开始（原有数据将清除），"
            "或另用一个 YELLOWCART_HOME 或数据库。\n"
            f"  Another demo world is kept here, {held}; nothing was changed. To see {asked}, start over with"
            " FRESH=1 (its data is removed), or use another YELLOWCART_HOME or database."
        )


async def prepare_database(url: str, settings: Settings, progress: Progress, *, fresh: bool) -> bool:
    """Make the database ready for a demo; True when a world was written, False when one goes on.

    Raises NotADemo rather than touch what a demo did not write, OtherWorld rather than go on with another world
    than that of the settings, UnknownWorld.
    """
    world = demo_world(settings.world)
    start_journal(settings.log_format, process="demo", level=logging.WARNING)
    if fresh and await asyncio.to_thread(_is_used, url):
        progress("清空演示数据 · Removing the demo's data")
        await _wipe(url)
    if await asyncio.to_thread(_is_foreign, url):
        raise NotADemo
    progress("数据库结构 · Database schema")
    await asyncio.to_thread(migrate, url)
    if not await _needs_world(url, world, progress):
        await _resume(url)
        return False
    database = Database(url, pool_size=settings.pool_size)
    await database.open()
    try:
        async with open_tasks(database):
            await seed_world(database, open_storage(settings), world, progress)
    finally:
        await database.close()
    return True


async def _needs_world(url: str, world: World, progress: Progress) -> bool:
    finished = await _finished(url, world)
    if finished is None:
        if await asyncio.to_thread(_is_used, url):
            raise NotADemo
        return True
    if not finished:
        progress("上次未写完，重新开始 · The last start was broken off: starting over")
        await _wipe(url)
        await asyncio.to_thread(migrate, url)
    return not finished


async def _finished(url: str, world: World) -> bool | None:
    database = Database(url, pool_size=1)
    await database.open()
    try:
        finished = await is_finished(database, world)
        if finished is not None:
            async with database.reading() as reader:
                held = await held_world(reader)
            if held is None:
                return False
            if held != world.key:
                raise OtherWorld(held, world.key)
        return finished
    finally:
        await database.close()


async def _resume(url: str) -> None:
    database = Database(url, pool_size=1)
    await database.open()
    try:
        async with database.writing() as writer:
            await resume_clock(writer)
    finally:
        await database.close()


async def _wipe(url: str) -> None:
    """Remove everything a demo wrote. Raises NotADemo for a database that is not marked by a demo's clock."""
    await asyncio.to_thread(_drop_everything, url)


def _is_foreign(url: str) -> bool:
    """Whether there are tables that no migration of ours has made."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = _tables(connection)
    return bool(tables) and "alembic_version" not in tables


def _is_used(url: str) -> bool:
    """Whether there are people, or the mark of a demo, or anything that is not ours."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = _tables(connection)
        if "person" not in tables:
            return bool(tables)
        return connection.execute("SELECT 1 FROM person LIMIT 1").fetchone() is not None or _is_marked(connection)


def _tables(connection: psycopg.Connection) -> set[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {str(row[0]) for row in found}


def _is_marked(connection: psycopg.Connection) -> bool:
    found = connection.execute("SELECT to_regclass('public.clock_anchor')").fetchone()
    if found is None or found[0] is None:
        return False
    return connection.execute("SELECT 1 FROM clock_anchor").fetchone() is not None


def _drop_everything(url: str) -> None:
    with psycopg.connect(url) as connection:
        if not _is_marked(connection):
            raise NotADemo
        connection.execute(sql.SQL("DROP SCHEMA public CASCADE"))
        connection.execute(sql.SQL("CREATE SCHEMA public"))
