"""Passwords are kept as argon2id hashes with the library's current defaults, and rehashed when those change."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()

NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$wJv/cq4JMWyp479e+C9G9A$0EcdIOncxwR/0ceAs+LdxPA2YSMyG8uuyHTAmtRYflQ"
"""Checked when a login name does not exist, so that the answer takes as long as for one that does: a hash of 32
random bytes that were not kept, written here because making it costs every process a fifth of a second."""


async def hash_password(password: str) -> str:
    """The hash to keep. Takes tens of milliseconds on purpose, on a thread."""
    return await asyncio.to_thread(_hasher.hash, password)


async def password_fits(password_hash: str, password: str) -> bool:
    """Whether the password is the one that the hash was made of."""
    try:
        return await asyncio.to_thread(_hasher.verify, password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
