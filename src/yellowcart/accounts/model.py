"""People, what they may do, and what is written down of it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import PersonId


class Role(StrEnum):
    """What a person may do. A person may hold several, but never recruiter and inspector together."""

    BUYER = "buyer"
    """Watches and buys. Everybody who registers is one."""
    CREATOR = "creator"
    """Shows goods in live rooms and videos."""
    MERCHANT = "merchant"
    """Works for one or more shops; which ones, the shop's members say."""
    CARRIER = "carrier"
    """Carries parcels, or brokers for those who do: quotes on shops' shipping needs (物流商)."""
    RECRUITER = "recruiter"
    """Recruits merchants and goods for the platform (招商)."""
    INSPECTOR = "inspector"
    """Controls quality (品控); never together with recruiter, nor in the same matter."""
    OPERATOR = "operator"
    """Runs the platform: link rules, the clock of a demo world, kill switches, numbers."""


class PersonState(StrEnum):
    """Whether a person may sign in."""

    ACTIVE = "active"
    """May sign in."""
    DISABLED = "disabled"
    """May not; every session ended."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in."""

    person_id: PersonId
    login: str
    name: str
    roles: frozenset[Role]

    def has(self, role: Role) -> bool:
        """Whether the person holds the role."""
        return role in self.roles


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit trail."""

    audit_id: int
    person_id: PersonId | None
    person_name: str | None
    action: str
    subject: str
    before: object
    after: object
    recorded_at: datetime
