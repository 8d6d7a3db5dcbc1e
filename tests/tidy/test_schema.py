"""What belongs to a shop is keyed by it, so that the same SQL runs on one machine and on a cluster of many
(design.md); and the migrations make exactly the tables that the code knows."""

from collections.abc import Iterable
from typing import TypeVar

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint, create_engine

from tests.conftest import url_of
from yellowcart.schema import whole_schema

AnyConstraint = TypeVar("AnyConstraint", UniqueConstraint, ForeignKeyConstraint, Index)
SHOP = "shop_id"
NOT_OF_A_SHOP = {
    "waybill": "one waybill names one parcel across all shops, and events find their parcel by it",
    "creator": "a creator belongs to a person; the shop is only named when the account is the shop's own",
    "coupon": "a coupon belongs to whoever bears its cost: a shop, a creator or the platform",
    "listing": "a listing belongs to a creator and may lead to another platform, where no shop of ours is",
}
"""Tables that name a shop without belonging to one, each with the reason."""
TABLES = whole_schema().tables
OF_A_SHOP = sorted(name for name, table in TABLES.items() if SHOP in table.columns and name not in NOT_OF_A_SHOP)


def _in_one_order(constraints: Iterable[AnyConstraint]) -> list[AnyConstraint]:
    """SQLAlchemy keeps constraints as sets; workers that share a run must see the same tests in the same order."""
    return sorted(constraints, key=lambda each: str(each.name))


UNIQUE: list[tuple[str, UniqueConstraint | Index]] = [
    *(
        (name, each)
        for name in OF_A_SHOP
        for each in _in_one_order(each for each in TABLES[name].constraints if isinstance(each, UniqueConstraint))
    ),
    *((name, each) for name in OF_A_SHOP for each in _in_one_order(TABLES[name].indexes) if each.unique),
]
FOREIGN_KEYS = [
    (table, key) for _, table in sorted(TABLES.items()) for key in _in_one_order(table.foreign_key_constraints)
]


def test_the_exceptions_still_name_a_shop_and_still_have_another_key() -> None:
    for name in NOT_OF_A_SHOP:
        assert SHOP in TABLES[name].columns
        assert SHOP not in TABLES[name].primary_key.columns


@pytest.mark.parametrize("name", OF_A_SHOP)
def test_the_primary_key_of_what_a_shop_owns_begins_with_the_shop(name: str) -> None:
    assert next(iter(TABLES[name].primary_key.columns)).name == SHOP


@pytest.mark.parametrize(
    ("name", "unique"),
    UNIQUE,
    ids=[f"{name}-{each.name}" for name, each in UNIQUE],
)
def test_what_is_unique_in_a_shops_table_is_unique_within_the_shop(
    name: str, unique: UniqueConstraint | Index
) -> None:
    assert SHOP in [column.name for column in unique.columns]


@pytest.mark.parametrize(
    ("table", "key"), FOREIGN_KEYS, ids=[f"{table.name}-{key.name}" for table, key in FOREIGN_KEYS]
)
def test_a_foreign_key_into_a_shops_table_includes_the_shop(table: Table, key: ForeignKeyConstraint) -> None:
    referred = key.referred_table
    if referred.name not in OF_A_SHOP:
        return
    pairs = {(element.parent.name, element.column.name) for element in key.elements}
    assert (SHOP, SHOP) in pairs


def test_every_table_has_a_primary_key_and_every_constraint_a_name() -> None:
    for table in TABLES.values():
        assert table.primary_key.columns, table.name
        assert [each for each in table.constraints if each.name is None] == [], table.name


def test_every_moment_is_aware_and_every_amount_is_whole() -> None:
    for table in TABLES.values():
        for column in table.columns:
            kind = str(column.type)
            if "TIMESTAMP" in kind or "DATETIME" in kind:
                assert getattr(column.type, "timezone", False), f"{table.name}.{column.name}"
            if column.name.endswith("_fen"):
                assert kind == "BIGINT", f"{table.name}.{column.name}"
            assert not any(word in kind for word in ("FLOAT", "REAL", "DOUBLE", "NUMERIC", "MONEY"))


def test_the_migrations_make_what_the_metadata_says(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    known = set(TABLES)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, parents: kind != "table" or name in known,
            },
        )
        differences = compare_metadata(context, whole_schema())
    engine.dispose()
    assert differences == []


def test_the_database_itself_cannot_tell_migrations_and_metadata_apart(
    postgres_url: str, database_url: str
) -> None:
    # Alembic compares no check constraint, no partial index's condition and no storage option; PostgreSQL does.
    name = f"{database_url.split('@/')[1].split('?', maxsplit=1)[0]}_metadata"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            engine = create_engine(url_of(postgres_url, name).replace("postgresql://", "postgresql+psycopg://", 1))
            whole_schema().create_all(engine)
            engine.dispose()
            made, migrated = _definitions(url_of(postgres_url, name)), _definitions(database_url)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    assert migrated - made == set()
    assert made - migrated == set()


def _definitions(url: str) -> set[tuple[str, str]]:
    """Constraints, indexes and storage options of the metadata's tables, in PostgreSQL's own words. Triggers stand
    in the migrations alone, those too that wait for the commit."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE contype <> 't' AND conrelid::regclass::text = ANY(%(tables)s)
            UNION ALL
            SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid)
            FROM pg_index WHERE indrelid::regclass::text = ANY(%(tables)s)
            UNION ALL
            SELECT oid::regclass::text, coalesce(reloptions::text, '') || coalesce(obj_description(oid), '')
            FROM pg_class WHERE oid::regclass::text = ANY(%(tables)s)
            """,
            {"tables": sorted(TABLES)},
        ).fetchall()
    return {(str(table), str(definition)) for table, definition in rows}


APPEND_ONLY = (
    "aftersale_step",
    "audit_entry",
    "conversion_revision",
    "enforced_change",
    "notice",
    "notice_withdrawal",
    "rule_warning",
)


@pytest.mark.parametrize(
    ("table", "verb"),
    [*((table, verb) for table in APPEND_ONLY for verb in ("DELETE", "UPDATE")), ("link_rule", "UPDATE")],
)
def test_what_is_append_only_refuses_change(database_url: str, table: str, verb: str) -> None:
    named, column = sql.Identifier(table), sql.Identifier(next(iter(TABLES[table].columns)).name)
    statement = (
        sql.SQL("DELETE FROM {}").format(named)
        if verb == "DELETE"
        else sql.SQL("UPDATE {} SET {} = {}").format(named, column, column)
    )
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(statement)


@pytest.mark.parametrize("table", [*APPEND_ONLY, "link_rule", "notice_draft", "warning_taken_back"])
def test_what_is_kept_for_good_cannot_be_emptied_at_a_stroke(database_url: str, table: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))
