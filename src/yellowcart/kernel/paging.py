"""Lists are read in pages by cursor: stable while things are added, and as fast on the last page as on the first.

A cursor is the sort key of the last row of a page, opaque to the reader and signed by nothing: a forged one
can only point to another place of the same list.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from yellowcart.kernel.errors import Invalid
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.translation import N_

Item = TypeVar("Item")

PAGE_SIZE = 20
PAGE_SIZE_MAX = 100


class CursorBroken(Invalid):
    """The cursor is not one that this platform gave out."""

    code = "cursor_broken"
    message = N_("This page link is damaged. Start again from the first page.")


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list. `next_cursor` is None on the last page."""

    items: list[Item]
    next_cursor: str | None


def encode_cursor(*keys: int | str) -> str:
    """The cursor for a row's sort keys."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")


def decode_cursor(cursor: str | None, into: type[Item], first: Item) -> Item:
    """The sort keys of a cursor, as e.g. `tuple[int, int]`; `first` where there is none. Raises CursorBroken."""
    if not cursor:
        return first
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(content, type=into)
    except (binascii.Error, *JSON_UNREADABLE, ValueError) as error:
        raise CursorBroken from error


def page_of(rows: Sequence[Item], size: int, key: Callable[[Item], Sequence[int | str]]) -> Page[Item]:
    """A page out of `size + 1` rows asked for: the extra row only tells that there is a next page."""
    items = list(rows[:size])
    more = len(rows) > size
    return Page(items=items, next_cursor=encode_cursor(*key(items[-1])) if more else None)


def bounded_size(size: int | None) -> int:
    """The page size asked for, within 1 and 100."""
    return min(max(size or PAGE_SIZE, 1), PAGE_SIZE_MAX)
