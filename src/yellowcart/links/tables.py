"""Tables of outside sources and of the notices and rules that govern them. Read by every shop; of no shop."""

from yellowcart.kernel.tables import (
    CheckConstraint,
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
    text_column,
    whole_column,
)
from yellowcart.links.model import Action, Surface

source = Table(
    "source",
    metadata,
    text_column("source"),
    text_column("name_zh"),
    text_column("name_en"),
    state_column("kind"),
    whole_column("position"),
    PrimaryKeyConstraint("source"),
    CheckConstraint("kind IN ('own', 'affiliate_network', 'store_system', 'other')", name="kind"),
)

notice = Table(
    "notice",
    metadata,
    id_column("notice_id"),
    text_column("code"),
    text_column("issuer_zh"),
    text_column("issuer_en"),
    text_column("title_zh"),
    text_column("title_en"),
    text_column("text_zh"),
    text_column("text_en"),
    text_column("reason_zh"),
    text_column("reason_en"),
    moment_column("announced_at"),
    moment_column("effective_at"),
    json_column("lines"),
    id_column("published_by", nullable=True),
    moment_column("published_at"),
    text_column("provenance", default=""),
    PrimaryKeyConstraint("notice_id"),
    UniqueConstraint("code"),
    ForeignKeyConstraint(["published_by"], ["person.person_id"]),
    comment="An announcement that carries link rules. Published ones only; they are never edited.",
)

link_rule = Table(
    "link_rule",
    metadata,
    state_column("surface"),
    text_column("source"),
    moment_column("effective_at"),
    state_column("action"),
    whole_column("fee_basis_points", nullable=True),
    text_column("channel", nullable=True),
    id_column("notice_id"),
    # The key is the promise of rules.py: a pair has one rule per moment, so the timeline cannot overlap.
    PrimaryKeyConstraint("surface", "source", "effective_at"),
    ForeignKeyConstraint(["source"], ["source.source"]),
    ForeignKeyConstraint(["notice_id"], ["notice.notice_id"]),
    state_check("surface", Surface),
    state_check("action", Action),
    CheckConstraint("(action = 'allow_with_fee') = (fee_basis_points IS NOT NULL)", name="fee"),
    CheckConstraint("(action = 'require_channel') = (channel IS NOT NULL)", name="channel"),
    CheckConstraint("fee_basis_points BETWEEN 1 AND 10000", name="fee_range"),
    Index("link_rule_effective_at_idx", "effective_at"),
    comment="Append-only: UPDATE and DELETE are refused by a trigger.",
)
