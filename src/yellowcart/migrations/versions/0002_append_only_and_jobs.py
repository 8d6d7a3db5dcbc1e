"""append-only tables and the job queue

Revision ID: 0002
Revises: 0001
"""

from alembic import op
from procrastinate import PsycopgConnector
from procrastinate.schema import SchemaManager

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entry", "link_rule", "notice", "enforced_change")


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
            """
        )
    op.get_bind().exec_driver_sql(SchemaManager(PsycopgConnector()).get_schema().replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("the first schema has nothing to go back to")
