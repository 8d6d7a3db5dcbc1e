"""The automatic look at what somebody writes: telephone numbers, ways to another place, forbidden words.

It reads signs, not meaning. What it finds is held for a person to look at and never refused: an honest sentence
may look like anything.
"""

import re
import unicodedata
from typing import Final

from yellowcart.catalog.rules import FORBIDDEN_WORDS
from yellowcart.links.recognise import recognise
from yellowcart.reviews.model import Finding

_BETWEEN: Final = r"[\s.\-·—_]{0,2}"
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_BETWEEN})?1{_BETWEEN}[3-9](?:{_BETWEEN}\d){{9}}(?!\d)")
"""A mobile number of the mainland: eleven digits, 13 to 19 first, however they are set apart."""
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[\s\-—]{1,2}[2-9]\d{6,7}(?!\d)")
_SERVICE = re.compile(r"(?<!\d)[48]00[\s\-—]?\d{3}[\s\-—]?\d{4}(?!\d)")
_ADDRESS = re.compile(
    r"https?\s*:\s*//|\bwww\s*\.|(?<![\w@])[a-z0-9-]{2,}\.(?:com|cn|net|org|top|shop|xyz|vip|cc|io|me|link|store)\b",
    re.IGNORECASE | re.ASCII,
)


def look_at(text: str) -> list[Finding]:
    """What is found in a text; nothing lets it be shown at once."""
    plain = unicodedata.normalize("NFKC", text)
    found: list[Finding] = []
    if _MOBILE.search(plain) or _LANDLINE.search(plain) or _SERVICE.search(plain):
        found.append(Finding.PHONE)
    if _ADDRESS.search(plain) or recognise(plain):
        found.append(Finding.LINK)
    if any(word in plain for word in FORBIDDEN_WORDS):
        found.append(Finding.WORD)
    return found
