"""Tables of people, their roles and sessions, and the audit trail."""

from sqlalchemy import LargeBinary

from yellowcart.accounts.model import PersonState, Role
from yellowcart.kernel.tables import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    id_column,
    json_column,
    metadata,
    moment_column,
    state_check,
    state_column,
    text,
    text_column,
)

person = Table(
    "person",
    metadata,
    id_column("person_id"),
    text_column("login"),
    text_column("name"),
    text_column("password_hash"),
    state_column("state"),
    moment_column("created_at"),
    moment_column("shut_out_at", nullable=True),
    PrimaryKeyConstraint("person_id"),
    UniqueConstraint("login"),
    CheckConstraint("login = lower(login)", name="login_lower"),
    state_check("state", PersonState),
    Index("person_shut_out_idx", "shut_out_at", postgresql_where=text("shut_out_at IS NOT NULL")),
    comment="shut_out_at: when last shut out, by the machine's clock; no buyer token of before holds.",
)

person_role = Table(
    "person_role",
    metadata,
    id_column("person_id"),
    state_column("role"),
    moment_column("granted_at"),
    PrimaryKeyConstraint("person_id", "role"),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
    state_check("role", Role),
    # Recruiting and quality control are never in one hand (domain.md §5): the database itself refuses it.
    Index(
        "person_role_recruiter_or_inspector_key",
        "person_id",
        unique=True,
        postgresql_where=text("role IN ('recruiter', 'inspector')"),
    ),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, nullable=False),
    id_column("person_id"),
    text_column("user_agent"),
    text_column("address"),
    moment_column("created_at"),
    moment_column("expires_at"),
    moment_column("ended_at", nullable=True),
    PrimaryKeyConstraint("token_hash"),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
    Index("session_person_id_idx", "person_id"),
    comment="Server-side sessions. The token itself is only with its holder.",
)

failed_login = Table(
    "failed_login",
    metadata,
    id_column("failure_id"),
    text_column("subject"),
    moment_column("failed_at"),
    PrimaryKeyConstraint("failure_id"),
    Index("failed_login_subject_failed_at_idx", "subject", "failed_at"),
    comment="Failed logins by login name and by network address, for throttling.",
)

audit_entry = Table(
    "audit_entry",
    metadata,
    id_column("audit_id"),
    id_column("person_id", nullable=True),
    text_column("action"),
    text_column("subject"),
    json_column("before", nullable=True),
    json_column("after", nullable=True),
    text_column("address"),
    moment_column("recorded_at"),
    PrimaryKeyConstraint("audit_id"),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
    Index("audit_entry_subject_idx", "subject", "audit_id"),
    Index("audit_entry_person_id_idx", "person_id", "audit_id"),
    comment="Who did what, append-only: UPDATE and DELETE are refused by a trigger.",
)

message = Table(
    "message",
    metadata,
    id_column("person_id"),
    id_column("message_id"),
    text_column("kind"),
    text_column("title"),
    text_column("body"),
    json_column("parts"),
    text_column("link", default=""),
    text_column("occasion"),
    moment_column("created_at"),
    moment_column("read_at", nullable=True),
    PrimaryKeyConstraint("person_id", "message_id"),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
    # One message of one occasion to a person, however often its sender runs; and who was told of an occasion.
    UniqueConstraint("kind", "occasion", "person_id"),
    Index("message_unread_idx", "person_id", postgresql_where=text("read_at IS NULL")),
    # The inbox as it is read: what is unread first, the latest first among each.
    Index("message_inbox_idx", "person_id", text("((read_at IS NOT NULL)::int)"), text("message_id DESC")),
    Index("message_read_at_idx", "read_at", postgresql_where=text("read_at IS NOT NULL")),
    comment="What the platform tells a person. Title and body are message ids; parts fill them in.",
)
