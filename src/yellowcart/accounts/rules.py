"""Decisions about people: which roles go together, what a login name and a password must be."""

import re
from collections.abc import Collection

from yellowcart.accounts.model import Role
from yellowcart.kernel.translation import N_

LOGIN_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}\Z")
PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 200
NAME_LENGTH_MAX = 40

FAILURES_MAX = 10
"""Failed logins within `FAILURE_WINDOW_S`, for one name or from one address, before waiting is asked."""
FAILURES_PER_ADDRESS_MAX = 50
FAILURE_WINDOW_S = 900

OPPOSED = frozenset({Role.RECRUITER, Role.INSPECTOR})
"""Roles that one person never holds together (domain.md §5: quality control was split from recruiting)."""


def duties_mixed(roles: Collection[Role]) -> bool:
    """Whether a set of roles would put recruiting and quality control into one hand."""
    return frozenset(roles) >= OPPOSED


def registration_problems(login: str, name: str, password: str) -> dict[str, str]:
    """What is wrong with a registration, by field; empty when nothing is."""
    problems: dict[str, str] = {}
    if not LOGIN_PATTERN.match(login):
        problems["login"] = N_(
            "3 to 40 small letters, digits, dots, hyphens or underscores, beginning with a letter or digit."
        )
    if not name.strip() or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        problems["name"] = N_("A name of 1 to 40 characters.")
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        problems["password"] = N_("8 to 200 characters.")
    return problems
