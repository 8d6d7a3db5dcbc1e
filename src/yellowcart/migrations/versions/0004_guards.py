"""what the tables of 0003 refuse, and the checks that Alembic does not find

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("notice_withdrawal", "conversion_revision", "rule_warning", "warning_taken_back")
KEPT_BEFORE = ("audit_entry", "link_rule", "notice", "enforced_change")
"""Append-only since 0002, which forgot that a table can also be emptied at a stroke."""


def upgrade() -> None:
    _keep_what_is_written()
    _check_tables_of_before()
    _guard_rules()
    _guard_withdrawals()
    _guard_drafts()


def _keep_what_is_written() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
            """
        )
    for table in (*APPEND_ONLY, *KEPT_BEFORE, "notice_draft"):
        op.execute(
            f"""
            CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
            """
        )


def _check_tables_of_before() -> None:
    """Checks on tables that were there before: Alembic finds none of them by itself."""
    op.drop_constraint(op.f("listing_off_reason_known_check"), "listing", type_="check")
    op.create_check_constraint(
        op.f("listing_off_reason_known_check"),
        "listing",
        "off_reason IN ('creator', 'link_rule', 'room_ended', 'video_removed', 'product_closed', 'replaced')",
    )
    op.create_check_constraint(
        op.f("listing_tap_url_check"),
        "listing",
        "tap_url IS NULL OR (url IS NOT NULL AND tap_url ~* '^https?://')",
    )
    op.create_check_constraint(op.f("notice_grace_known_check"), "notice", "grace IN ('at_once', 'room_ends')")
    op.create_check_constraint(
        op.f("notice_two_people_check"),
        "notice",
        "drafted_by IS NULL OR published_by IS NOT NULL AND published_by <> drafted_by",
    )
    # A preview of before names rows that are no longer kept with it: it is given up, and nothing is lost by that.
    op.execute("UPDATE product_import SET state = 'discarded', finished_at = created_at WHERE state = 'previewed'")
    op.drop_constraint(op.f("product_import_state_check"), "product_import", type_="check")
    op.create_check_constraint(
        op.f("product_import_state_known_check"),
        "product_import",
        "state IN ('reading', 'previewed', 'applying', 'stopped', 'applied', 'failed', 'discarded')",
    )


def _guard_rules() -> None:
    """A rule is never edited, and leaves the timeline only with a notice that was withdrawn before it began."""
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


def _guard_withdrawals() -> None:
    """A notice is withdrawn before it begins, as a whole, and not by its author alone: who drafted it, or published
    it where no drafter is on record. An amended notice in its place is the work of two people already. That one is
    written in the same transaction, so the second half is asked at commit."""
    op.execute(
        """
        CREATE FUNCTION refuse_late_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM notice
                       WHERE notice.notice_id = NEW.notice_id AND notice.effective_at <= NEW.withdrawn_at)
               OR EXISTS (SELECT FROM link_rule
                          WHERE link_rule.notice_id = NEW.notice_id AND link_rule.effective_at <= NEW.withdrawn_at)
            THEN
                RAISE EXCEPTION 'a notice that has taken effect is not withdrawn'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER notice_withdrawal_in_time BEFORE INSERT ON notice_withdrawal
        FOR EACH ROW EXECUTE FUNCTION refuse_late_withdrawal()
        """
    )
    op.execute(
        """
        CREATE FUNCTION refuse_half_a_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM link_rule WHERE link_rule.notice_id = NEW.notice_id) THEN
                RAISE EXCEPTION 'a withdrawn notice leaves no rule on the timeline'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF EXISTS (SELECT FROM notice
                       WHERE notice.notice_id = NEW.notice_id
                         AND coalesce(notice.drafted_by, notice.published_by) = NEW.withdrawn_by)
               AND NOT EXISTS (SELECT FROM notice AS amended WHERE amended.replaces_notice_id = NEW.notice_id)
            THEN
                RAISE EXCEPTION 'the author of a notice does not withdraw it alone'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE CONSTRAINT TRIGGER notice_withdrawal_whole AFTER INSERT ON notice_withdrawal
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_half_a_withdrawal()
        """
    )
    op.execute(
        """
        CREATE FUNCTION refuse_rule_of_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM notice_withdrawal
                       WHERE notice_withdrawal.notice_id = NEW.notice_id) THEN
                RAISE EXCEPTION 'a withdrawn notice gets no rules' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER link_rule_of_standing_notice BEFORE INSERT ON link_rule
        FOR EACH ROW EXECUTE FUNCTION refuse_rule_of_withdrawn()
        """
    )


def _guard_drafts() -> None:
    """What the second operator reads is what is published: a draft's words change only while it is being written,
    its drafter never does, and what was published or discarded stays so."""
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_draft() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state IN ('published', 'discarded') OR NEW.drafted_by <> OLD.drafted_by
               OR NEW.replaces_notice_id IS DISTINCT FROM OLD.replaces_notice_id
            THEN
                RAISE EXCEPTION 'a draft keeps its drafter, and a closed one stays as it is'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.state <> 'draft'
               AND (NEW.code, NEW.issuer_zh, NEW.issuer_en, NEW.title_zh, NEW.title_en, NEW.text_zh, NEW.text_en,
                    NEW.reason_zh, NEW.reason_en, NEW.announced_at, NEW.effective_at, NEW.lines, NEW.grace)
                   IS DISTINCT FROM
                   (OLD.code, OLD.issuer_zh, OLD.issuer_en, OLD.title_zh, OLD.title_en, OLD.text_zh, OLD.text_en,
                    OLD.reason_zh, OLD.reason_en, OLD.announced_at, OLD.effective_at, OLD.lines, OLD.grace)
            THEN
                RAISE EXCEPTION 'a draft that was submitted is not rewritten' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER notice_draft_guarded BEFORE UPDATE ON notice_draft
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_draft()
        """
    )
    op.execute(
        """
        CREATE TRIGGER notice_draft_kept BEFORE DELETE ON notice_draft
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )


def downgrade() -> None:
    raise NotImplementedError("going back is restoring a backup")
