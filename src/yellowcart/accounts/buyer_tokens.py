"""Short-lived signed tokens for the hot lanes, which must not ask the database who is there.

`<payload>.<signature>`, both base64url: the payload is person and expiry as eight bytes each, the signature
HMAC-SHA256 over it. A token is made from a session and lives half an hour; a page fetches a new one.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable
from datetime import timedelta

from yellowcart.accounts.errors import TokenExpired, TokenInvalid
from yellowcart.kernel import clock
from yellowcart.kernel.ids import PersonId

TOKEN_LIFE = timedelta(minutes=30)
_FORM = struct.Struct(">qq")
_TOKEN_LENGTH = 22 + 1 + 43


class BuyerTokens:
    """Makes and checks the tokens of one installation. `holds` says of a person and an expiry whether such a token
    holds (still): see `accounts.shut_out`."""

    def __init__(self, secret: str, *, holds: Callable[[PersonId, int], bool] | None = None) -> None:
        self._key = hashlib.sha256(b"buyer token:" + secret.encode()).digest()
        self._holds = holds

    def make(self, person_id: PersonId) -> str:
        """A token for a signed-in person. It expires by the machine's clock, not by a demo world's."""
        expires_at = int((clock.system_now() + TOKEN_LIFE).timestamp())
        payload = _FORM.pack(person_id, expires_at)
        signature = hmac.digest(self._key, payload, "sha256")
        return f"{_encode(payload)}.{_encode(signature)}"

    def check(self, token: str, now_s: float) -> tuple[PersonId, int]:
        """Who the token speaks for, and until when in seconds since 1970; `now_s` is the machine's time.
        Raises TokenInvalid, TokenExpired."""
        if len(token) != _TOKEN_LENGTH or token[22] != ".":
            raise TokenInvalid
        try:
            payload = base64.urlsafe_b64decode(token[:22] + "==")
            signature = base64.urlsafe_b64decode(token[23:] + "=")
        except (binascii.Error, ValueError) as error:
            raise TokenInvalid from error
        if not hmac.compare_digest(signature, hmac.digest(self._key, payload, "sha256")):
            raise TokenInvalid
        person_id, expires_at = _FORM.unpack(payload)
        if expires_at <= now_s or (self._holds is not None and not self._holds(person_id, expires_at)):
            raise TokenExpired
        return PersonId(person_id), expires_at


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
