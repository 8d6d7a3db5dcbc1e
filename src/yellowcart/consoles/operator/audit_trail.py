"""The audit trail: who did what to which thing, with what it was before and after."""

from collections.abc import Mapping

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.audit import read_trail
from yellowcart.accounts.model import AuditEntry, Role
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import PersonId

FILTER_LENGTH_MAX = 80


class Shown(msgspec.Struct, frozen=True):
    """A line of the trail with its change taken apart: (what, before, after); None where there was nothing."""

    entry: AuditEntry
    changes: list[tuple[str, str | None, str | None]]


@get("/audit", guards=[allow(Role.OPERATOR)])
async def audit_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    subject: FromQuery[str] = "",
    action: FromQuery[str] = "",
    person_id: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The trail, filtered by subject, person or the beginning of the action."""
    values = {
        "subject": subject.strip()[:FILTER_LENGTH_MAX],
        "action": action.strip()[:FILTER_LENGTH_MAX],
        "person_id": person_id.strip()[:16],
    }
    who = int(values["person_id"]) if values["person_id"].isdecimal() else None
    async with database.reading() as reader:
        found = await read_trail(
            reader,
            subject=values["subject"] or None,
            action=values["action"] or None,
            person_id=None if who is None else PersonId(who),
            cursor=cursor,
        )
    context = {
        "lines": [Shown(entry, changes(entry.before, entry.after)) for entry in found.items],
        "next_cursor": found.next_cursor,
        "form": {"values": values, "errors": {}},
    }
    return operator_page(request, "audit", "audit.html", context)


def changes(before: object, after: object) -> list[tuple[str, str | None, str | None]]:
    """What differs between before and after, by name; one nameless line for values that are no mapping."""
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        old = before if isinstance(before, Mapping) else {}
        new = after if isinstance(after, Mapping) else {}
        names = list(dict.fromkeys([*old, *new]))
        return [
            (str(name), _written(old.get(name)), _written(new.get(name)))
            for name in names
            if old.get(name) != new.get(name)
        ]
    return [("", _written(before), _written(after))] if before != after else []


def _written(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode()
