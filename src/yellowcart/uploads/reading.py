"""Who may see a file besides the person who brought it. What it is attached to decides, and uploads do not know
those things: each higher folder brings the rule of its kind when it is imported."""

from collections.abc import Awaitable, Callable

from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Reader
from yellowcart.uploads.model import Upload
from yellowcart.uploads.rules import kind_of_subject

ReadingRule = Callable[[Reader, Person | None, str], Awaitable[bool]]
"""Whether somebody (None: nobody is signed in) may see what is attached to a subject."""

_rules: dict[str, ReadingRule] = {}


def allow_reading(kind: str, rule: ReadingRule) -> None:
    """Have `rule` decide for subjects `kind:…`. One rule for a kind: another one raises ValueError."""
    if _rules.setdefault(kind, rule) is not rule:
        raise ValueError(f"the kind {kind!r} has a rule already")


async def may_read(reader: Reader, person: Person | None, upload: Upload) -> bool:
    """Whether somebody may see a file. A kind without a rule is seen by its owner alone."""
    if person is not None and person.person_id == upload.person_id:
        return True
    rule = _rules.get(kind_of_subject(upload.subject or ""))
    return rule is not None and upload.subject is not None and await rule(reader, person, upload.subject)
