"""One database for test after test: copied from a template once, and emptied between two tests.

Copying costs a third of a second of the machine, most of it for making a thousand small files; emptying costs a
few milliseconds. A test sees no difference: the template holds nothing but the schema, and what a test leaves
behind that deleting rows does not undo (a changed schema, statistics of the planner, a great heap) makes the
next test get a new copy.
"""

import contextlib
import secrets
import time
from collections.abc import Iterator
from typing import LiteralString

import psycopg
from psycopg import sql

KEPT = "alembic_version"
"""The one table whose row belongs to the schema."""
PAGES_MOST = 1_000
"""A database whose tables have grown over so many pages of 8 KiB, dead rows counted, is copied anew."""
_LOOKS_MOST = 5_000
_EVERY_S = 0.002

# Every change of the schema counts, also one that is rolled back, except for tables of a session's own.
_WATCH: LiteralString = """
CREATE SCHEMA tests_watch;
CREATE SEQUENCE tests_watch.changes_of_schema;
CREATE FUNCTION tests_watch.count() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM nextval('tests_watch.changes_of_schema'); END $$;
CREATE EVENT TRIGGER tests_watch_changes ON ddl_command_end EXECUTE FUNCTION tests_watch.count();
CREATE EVENT TRIGGER tests_watch_drops ON sql_drop EXECUTE FUNCTION tests_watch.count();
"""

_END_CONNECTIONS: LiteralString = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_CHANGED_FOR_GOOD: LiteralString = """
SELECT (SELECT is_called FROM tests_watch.changes_of_schema)
    OR EXISTS (SELECT 1 FROM pg_statistic WHERE starelid >= 16384)
"""

_FILLED: LiteralString = """
SELECT relname, pg_relation_size(oid) / 8192 FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> %(kept)s
    AND pg_relation_size(oid) > 0
"""

_RESTART_COUNTS: LiteralString = """
SELECT setval(sequence.seqrelid, sequence.seqstart, false)
FROM pg_sequence AS sequence JOIN pg_class ON pg_class.oid = sequence.seqrelid
WHERE pg_class.relnamespace = 'public'::regnamespace
"""


class EmptiedDatabase:
    """A database on a server, made when it is first asked for. Close it at the end."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._name: str | None = None
        self._connection: psycopg.Connection | None = None

    @contextlib.contextmanager
    def lent(self) -> Iterator[str]:
        """Its name, for one test; nothing is in it. Every connection is ended when the test is over."""
        if self._name is None:
            self._name = self._copy()
        yield self._name
        if not self._emptied(self._name):
            self.close()

    def close(self) -> None:
        """Drop it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._name is not None:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self._name))
            with psycopg.connect(self._server_url, autocommit=True) as server:
                server.execute(drop)
            self._name = None

    def _copy(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with psycopg.connect(self._server_url, autocommit=True) as server:
            server.execute(copy.format(sql.Identifier(name), sql.Identifier(self._template)))
        self._connection = psycopg.connect(
            self._server_url, dbname=name, autocommit=True, application_name="tests empty"
        )
        self._connection.execute(_WATCH)
        self._connection.execute("SELECT setval('tests_watch.changes_of_schema', 1, false)")
        return name

    def _emptied(self, name: str) -> bool:
        """Empty it; False when that is not enough to make it as good as new."""
        connection = self._connection
        if connection is None or connection.closed:
            return False
        try:
            return _empty(connection)
        except psycopg.Error:
            # The test has dropped the database, or stopped the server.
            return False


def _empty(connection: psycopg.Connection) -> bool:
    if not _is_alone(connection):
        return False
    if connection.execute(_CHANGED_FOR_GOOD).fetchone() != (False,):
        return False
    filled = connection.execute(_FILLED, {"kept": KEPT}).fetchall()
    if sum(pages for _, pages in filled) > PAGES_MOST:
        return False
    with connection.transaction():
        # As a replica: neither foreign keys nor triggers against deleting have a say.
        connection.execute("SET LOCAL session_replication_role = replica")
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table, _ in filled]
        if deletes:
            connection.execute(sql.SQL("; ").join(deletes))
        connection.execute(_RESTART_COUNTS)
    return True


def _is_alone(connection: psycopg.Connection) -> bool:
    """End every other connection, and wait until PostgreSQL has cleared up after them."""
    for _ in range(_LOOKS_MOST):
        if not connection.execute(_END_CONNECTIONS).fetchall():
            return True
        time.sleep(_EVERY_S)
    return False
