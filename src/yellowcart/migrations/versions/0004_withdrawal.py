"""what may be deleted with a withdrawn notice, and further append-only tables

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("notice_withdrawal", "conversion_revision", "rule_warning")


def upgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
            """
        )
    op.execute(
        """
        CREATE FUNCTION refuse_unless_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM notice_withdrawal
                WHERE notice_withdrawal.notice_id = OLD.notice_id
                  AND notice_withdrawal.withdrawn_at < OLD.effective_at
            ) THEN
                RAISE EXCEPTION 'a rule leaves the timeline only with a notice withdrawn before it began'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN OLD;
        END $$
        """
    )
    op.drop_constraint(op.f("listing_off_reason_known_check"), "listing", type_="check")
    op.create_check_constraint(
        op.f("listing_off_reason_known_check"),
        "listing",
        "off_reason IN ('creator', 'link_rule', 'room_ended', 'video_removed', 'product_closed', 'replaced')",
    )
    # Checks on tables that were there before: Alembic finds none of them by itself.
    op.create_check_constraint(op.f("notice_grace_known_check"), "notice", "grace IN ('at_once', 'room_ends')")
    op.create_check_constraint(
        op.f("notice_two_people_check"), "notice", "drafted_by IS DISTINCT FROM published_by OR drafted_by IS NULL"
    )
    op.execute("DROP TRIGGER link_rule_append_only ON link_rule")
    op.execute(
        """
        CREATE TRIGGER link_rule_never_edited BEFORE UPDATE ON link_rule
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    op.execute(
        """
        CREATE TRIGGER link_rule_withdrawn BEFORE DELETE ON link_rule
        FOR EACH ROW EXECUTE FUNCTION refuse_unless_withdrawn()
        """
    )


def downgrade() -> None:
    raise NotImplementedError("going back is restoring a backup")
