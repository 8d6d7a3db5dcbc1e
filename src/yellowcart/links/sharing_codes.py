"""Finds codes that are pasted into an app instead of a link (淘口令, 京口令, 1688 口令) in share texts.

A code is eleven or so letters and digits between two signs; so are model names, coupon texts and
parcel numbers. It is only called a code when its frame or the words around it leave no doubt
(domain.md §4); what merely might be one is reported as unsure, and never guessed.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from yellowcart.links.pattern_files import CodeForm

CODE_LENGTH_MIN: Final = 8
CODE_LENGTH_MAX: Final = 20
CODES_PER_TEXT_MAX: Final = 50
"""How many codes of one text are looked at."""

_TOKEN: Final = re.compile(
    rf"(?<![0-9A-Za-z])[0-9A-Za-z]{{{CODE_LENGTH_MIN},{CODE_LENGTH_MAX}}}(?![0-9A-Za-z])", re.ASCII
)
_COPYING: Final = re.compile(r"[复復複覆].{0,2}[制製致]|口令|[打咑].{0,2}[开開閞]|fu.?zhi|[拷]贝", re.IGNORECASE)
_FIGURE_AND_LETTER: Final = re.compile(r"(?<![0-9A-Za-z])\d{1,3}\w\Z")
_NUMBERED: Final = re.compile(r"(?:^|[^\x21-\x7e]|(?<![0-9A-Za-z])\d{1,2}:?)\Z")
_MONEY_LIKE: Final = frozenset("¤ƒℳ₰〒元")
_PAIRS: Final = {
    "(": ")",
    "（": "）",
    "[": "]",
    "{": "}",
    "《": "》",
    "〈": "〉",
    "<": ">",
    "｛": "｝",
    "［": "］",
}
_TITLE_PAIRS: Final = {"【": "】", "「": "」", "『": "』", "“": "”", '"': '"'}
_NO_FRAME: Final = frozenset("./:?=&-_\\,;'，。、；：？！~…·")
_PATH_LIKE: Final = frozenset("/.~")
"""Signs that frame a code only where they stand free of other ASCII signs."""
# A model name between brackets is no code; a code that happens to look like one is left as unsure.
_WORD_LIKE: Final = re.compile(
    r"[a-z]{6,}|(?i:phone|ipad|airpods|watch|huawei|xiaomi|redmi|honor|galaxy|nikon|canon|intel|series|ultra|plus|mini)"
)


class SourceCode(NamedTuple):
    """A code form together with the source that it belongs to; empty for places that we know but do not name."""

    source: str
    storefront: str
    form: CodeForm
    words: re.Pattern[str]


class FoundCode(NamedTuple):
    """text[start:end] is a code of `source`, or only might be one if `source` is empty."""

    source: str
    storefront: str
    start: int
    end: int


def found_codes(
    text: str, links: Sequence[tuple[int, int]], linked_sources: frozenset[str], known: Sequence[SourceCode]
) -> list[FoundCode]:
    """The codes of a text, sure and unsure, in order.

    `links` are the spans already read as links, in order; nothing is looked for inside them.
    `linked_sources` are the sources of these links: a share text names its platform by its short link too.
    """
    tokens = _tokens_outside(text, links)
    if not tokens:
        return []
    spoken = [code for code in known if code.source in linked_sources or code.words.search(text)]
    copying = _COPYING.search(text) is not None
    framed = [(start, end, _frame(text, start, end)) for start, end in tokens]
    has_money_frame = any(frame == "money" for _, _, frame in framed)
    found = []
    for start, end, frame in framed:
        token = text[start:end]
        if not _is_mixed(token) or frame == "none" or (has_money_frame and frame != "money"):
            if start == 0 and end == len(text) and _is_mixed(token):
                found.append(FoundCode("", "", start, end))
            continue
        owner = _owner(token, frame, spoken, known, copying, bool(linked_sources))
        if owner is not None:
            found.append(FoundCode(owner.source, owner.storefront, start, end))
        elif frame == "money" or end - start == 11:
            found.append(FoundCode("", "", start, end))
    return found


def _owner(
    token: str,
    frame: str,
    spoken: Sequence[SourceCode],
    known: Sequence[SourceCode],
    copying: bool,
    has_link: bool,
) -> SourceCode | None:
    """Whose code it is beyond doubt, or None."""
    fitting = [code for code in spoken if code.form.length_min <= len(token) <= code.form.length_max]
    if not fitting and frame in ("money", "moneys"):
        alone = [code for code in known if len(token) == code.form.alone_length]
        return alone[0] if len(alone) == 1 else None
    named = [code for code in fitting if code.source]
    if len({code.source for code in named}) != 1:
        return None
    return named[0] if _leaves_no_doubt(token, frame, copying, has_link) else None


def _leaves_no_doubt(token: str, frame: str, copying: bool, has_link: bool) -> bool:
    """Whether a token so framed is a code, given that the text names one platform whose codes are as long."""
    if frame in ("money", "moneys"):
        return True
    if frame == "letter":
        return has_link and _WORD_LIKE.search(token) is None
    if not copying or token.upper() == token:  # parcel numbers have no small letters
        return False
    word_like = _WORD_LIKE.search(token) is not None
    if frame == "title":  # beside a link these brackets hold the title of the product
        return not has_link and not word_like
    return frame == "signs" or not word_like


def _tokens_outside(text: str, links: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    tokens: list[tuple[int, int]] = []
    position = 0
    for start, end in (*links, (len(text), len(text))):
        if start - position >= CODE_LENGTH_MIN:
            for match in _TOKEN.finditer(text, position, start):
                if len(tokens) == CODES_PER_TEXT_MAX:
                    return tokens
                tokens.append(match.span())
        position = end
    return tokens


def _frame(text: str, start: int, end: int) -> str:
    """What stands around text[start:end]: money (twice the same sign), moneys (two), pair, title, signs, letter,
    or none."""
    left, right = text[start - 1 : start], text[end : end + 1]
    if " " in (left, right):
        left = text[start - 2 : start - 1] if left == " " else left
        right = text[end + 1 : end + 2] if right == " " else right
        return "money" if left and right and _is_money(left) and _sign(left) == _sign(right) else "none"
    frame = "none"
    if not left or not right:
        pass
    elif left == right == "$" and (
        _WORD_LIKE.search(text, start, end) is not None or not any(map(str.isdigit, text[start:end]))
    ):
        frame = "signs"  # programs and formulas are full of $words$
    elif _is_money(left) and _is_money(right):
        frame = "money" if _sign(left) == _sign(right) else "moneys"
    elif _PAIRS.get(left) == right:
        frame = "pair"
    elif _TITLE_PAIRS.get(left) == right:
        frame = "title"
    elif (_is_sign(left) and _is_sign(right)) or (
        left == right and left in _PATH_LIKE and _stands_free(text, start, end)
    ):
        frame = "signs"
    elif _is_letter(left) and _is_letter(right) and (left == right or _stands_behind_number(text, start)):
        frame = "letter"
    return frame


def _stands_free(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] with the sign on each side is no part of a path or file name (`8:/…//` is none)."""
    before, after = text[max(0, start - 4) : start - 1], text[end + 1 : end + 2]
    if after.isascii() and after not in ("", " ", "\n", "/", "("):
        return False
    return _NUMBERED.search(before) is not None


def _is_letter(character: str) -> bool:
    return character.isalpha() and not character.isascii()


def _stands_behind_number(text: str, start: int) -> bool:
    """Whether a share text begins before text[start:] as iPhones write it: a figure and one letter (`88啊…`)."""
    return _FIGURE_AND_LETTER.search(text, max(0, start - 6), start) is not None


def _sign(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _is_money(character: str) -> bool:
    return unicodedata.category(character) == "Sc" or character in _MONEY_LIKE


def _is_sign(character: str) -> bool:
    if character in _NO_FRAME or character.isspace() or character.isalnum():
        return False
    return character not in _TITLE_PAIRS and character not in _TITLE_PAIRS.values()


def _is_mixed(token: str) -> bool:
    """Codes are drawn from digits and both cases: one kind alone is a number or a word."""
    kinds = (any(map(str.isdigit, token)), any(map(str.islower, token)), any(map(str.isupper, token)))
    return sum(kinds) >= 2
