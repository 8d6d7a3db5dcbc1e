"""Tables of the kernel, the one metadata of all tables, and the column kinds that every folder uses."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def id_column(name: str, *, nullable: bool = False) -> Column[int]:
    """An id: 53 bits, made by the platform, never by a sequence of the database."""
    return Column(name, BigInteger, nullable=nullable, autoincrement=False)


def text_column(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    """Text. Its length is bounded where it enters (structs) and, where it matters, by a check."""
    server_default = None if default is None else text(f"'{default}'")
    return Column(name, Text, nullable=nullable, server_default=server_default)


def moment_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """An aware moment."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def fen_column(name: str, *, nullable: bool = False, default: int | None = None) -> Column[int]:
    """An amount in fen."""
    server_default = None if default is None else text(str(default))
    return Column(name, BigInteger, nullable=nullable, server_default=server_default)


def whole_column(name: str, *, nullable: bool = False, default: int | None = None) -> Column[int]:
    """A whole number: a quantity, a position, a rate in basis points."""
    server_default = None if default is None else text(str(default))
    return Column(name, Integer, nullable=nullable, server_default=server_default)


def flag_column(name: str, *, default: bool = False) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def json_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """A JSON document whose shape a struct in the folder's model defines."""
    return Column(name, JSONB, nullable=nullable)


def state_column(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    """A state; pair it with `state_check`."""
    return text_column(name, nullable=nullable, default=default)


def state_check(column: str, states: type[StrEnum] | Sequence[StrEnum]) -> CheckConstraint:
    """The database knows only the states of the enum."""
    allowed = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_known")


outbox_event = Table(
    "outbox_event",
    metadata,
    id_column("shop_id"),
    id_column("event_id"),
    text_column("kind"),
    json_column("payload"),
    moment_column("effective_at"),
    moment_column("recorded_at"),
    moment_column("delivered_at", nullable=True),
    moment_column("parked_at", nullable=True),
    whole_column("attempts", default=0),
    moment_column("next_try_at", nullable=True),
    text_column("last_error", nullable=True),
    PrimaryKeyConstraint("shop_id", "event_id"),
    Index(
        "outbox_event_waiting_idx",
        "event_id",
        postgresql_where=text("delivered_at IS NULL AND parked_at IS NULL"),
    ),
    Index("outbox_event_parked_idx", "kind", "event_id", postgresql_where=text("parked_at IS NOT NULL")),
    comment="What happened, told to higher floors after commit. shop_id 0: of no shop.",
)

clock_anchor = Table(
    "clock_anchor",
    metadata,
    flag_column("singleton", default=True),
    moment_column("platform_at"),
    moment_column("system_at"),
    moment_column("heartbeat_at"),
    PrimaryKeyConstraint("singleton"),
    CheckConstraint("singleton", name="singleton"),
    comment="Which platform moment belongs to which system moment; empty on real time.",
)

answered_request = Table(
    "answered_request",
    metadata,
    id_column("person_id"),
    text_column("operation"),
    text_column("idempotency_key"),
    text_column("request_hash"),
    json_column("answer", nullable=True),
    moment_column("recorded_at"),
    PrimaryKeyConstraint("person_id", "operation", "idempotency_key"),
    Index("answered_request_recorded_at_idx", "recorded_at"),
    comment="The answer of every creating request, so that its repeat gets the same.",
)

kill_switch = Table(
    "kill_switch",
    metadata,
    text_column("name"),
    flag_column("closed"),
    text_column("reason", default=""),
    moment_column("changed_at"),
    PrimaryKeyConstraint("name"),
    comment="What an operator has switched off: listing, checkout, payment.",
)

__all__ = [
    "BigInteger",
    "CheckConstraint",
    "Column",
    "ForeignKeyConstraint",
    "Index",
    "PrimaryKeyConstraint",
    "Table",
    "UniqueConstraint",
    "answered_request",
    "clock_anchor",
    "fen_column",
    "flag_column",
    "id_column",
    "json_column",
    "kill_switch",
    "metadata",
    "moment_column",
    "outbox_event",
    "state_check",
    "state_column",
    "text",
    "text_column",
    "whole_column",
]
