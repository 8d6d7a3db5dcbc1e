"""Alembic's entry: one transaction, under an advisory lock, so that two starting processes migrate once."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from yellowcart.schema import whole_schema

MIGRATION_LOCK = 0x59_43_4D


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """The job queue keeps its tables itself."""
    return kind != "table" or name is None or not name.startswith("procrastinate_")


engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection, connection.begin():
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    context.configure(
        connection=connection, target_metadata=whole_schema(), compare_type=True, include_name=is_ours
    )
    context.run_migrations()
