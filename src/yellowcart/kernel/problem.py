"""The web edge of refusals: RFC 9457 problem details, and the HTTP status of each branch of the error tree."""

from collections.abc import Mapping

import msgspec

from yellowcart.kernel.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    NotSignedIn,
    Refusal,
    TooMany,
    Unavailable,
)
from yellowcart.kernel.translation import Locale, translate

CONTENT_TYPE = "application/problem+json"

_STATUSES: dict[type[Refusal], int] = {
    Invalid: 422,
    NotSignedIn: 401,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details. `type` and `code` are stable; `detail` is in the reader's language, `messages` in both."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    messages: dict[str, str]
    fields: dict[str, str] = {}
    values: dict[str, object] = {}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal, by the branch of the tree it stands on; 400 for the bare root."""
    for branch, status in _STATUSES.items():
        if isinstance(refusal, branch):
            return status
    return 400


def problem_of(refusal: Refusal, locale: Locale) -> Problem:
    """What a program is told about a refusal."""
    return Problem(
        type=f"/docs/errors#{refusal.code}",
        title=translate(type(refusal).message, locale) if not refusal.values else refusal.text(locale),
        status=status_of(refusal),
        detail=refusal.text(locale),
        code=refusal.code,
        messages={each.value: refusal.text(each) for each in Locale},
        fields=refusal.fields(locale),
        values=dict(refusal.values),
    )


def headers_of(refusal: Refusal) -> Mapping[str, str]:
    """Headers that belong to a refusal: when to come again, how to sign in."""
    if isinstance(refusal, TooMany):
        return {"retry-after": str(refusal.retry_after_s)}
    if isinstance(refusal, NotSignedIn):
        return {"www-authenticate": "Bearer"}
    return {}
