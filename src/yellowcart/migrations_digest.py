"""A short name for the state of the schema: what a prepared database can be recognised by."""

import hashlib
from pathlib import Path


def migrations_digest() -> str:
    """A hash over every migration file."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted((Path(__file__).parent / "migrations" / "versions").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
