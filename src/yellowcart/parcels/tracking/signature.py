"""Signed messages after the Standard Webhooks specification (github.com/standard-webhooks/standard-webhooks,
spec/standard-webhooks.md): `webhook-id`, `webhook-timestamp` and `webhook-signature`, HMAC-SHA256 over
`id.timestamp.body`.

A tracking source's secret is derived from the installation's own and from a version that an operator can raise:
it stands in no table, and no copy of the database tells it.
"""

import base64
import hmac
from datetime import datetime, timedelta

from yellowcart.parcels.errors import SignatureWrong

TOLERANCE = timedelta(minutes=5)
"""A message may be so old, or so far ahead, and no more: an older one may be a replay."""
PREFIX = "whsec_"
HEADER_LENGTH_MAX = 1_000


def source_secret(installation_secret: str, source: str, version: int) -> str:
    """The secret that a tracking source signs with, as the specification writes it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(_key(installation_secret, f"tracking/{source}/{version}")).decode()


def ask_token(installation_secret: str, source: str, version: int) -> str:
    """What the platform shows when it asks a source itself; another one than the source signs with."""
    return (
        base64.urlsafe_b64encode(_key(installation_secret, f"tracking-ask/{source}/{version}"))
        .decode()
        .rstrip("=")
    )


def sign(secret: str, message_id: str, sent_at: datetime, body: bytes) -> str:
    """The signature header of a message."""
    return _signature(secret, message_id, str(int(sent_at.timestamp())), body)


def verify(
    secrets: list[str], *, message_id: str, timestamp: str, signature: str, body: bytes, now: datetime
) -> None:
    """Raises SignatureWrong unless one of the signatures fits one of the secrets and the message is of now (the
    machine's own time, which is what other machines know).

    What is sent again within the tolerance is let pass: intake takes an event once, however often it comes.
    """
    if not message_id or max(len(message_id), len(timestamp), len(signature)) > HEADER_LENGTH_MAX:
        raise SignatureWrong
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise SignatureWrong
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise SignatureWrong
    expected = [_signature(secret, message_id, timestamp, body).encode() for secret in secrets]
    given = [each.encode() for each in signature.split(" ") if each.startswith("v1,")]
    if not any(hmac.compare_digest(one, other) for one in expected for other in given):
        raise SignatureWrong


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()


def _key(installation_secret: str, purpose: str) -> bytes:
    return hmac.digest(installation_secret.encode(), purpose.encode(), "sha256")
