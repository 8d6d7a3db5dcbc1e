"""What a notice did to everybody's carts: gathered by creator while it is carried out, for the messages about it.

Sizes are bounded by the number of creators, not of listings: a creator's listings are counted, and the first few
kept by name.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from yellowcart.kernel.ids import CreatorId
from yellowcart.links.model import Pair
from yellowcart.stage.model import Listing
from yellowcart.stage.rules import item_key

TITLES_NAMED = 3
"""Products that a message calls by name; the others are counted."""
ITEMS_LOOKED_AT = 400
"""Outside products of one creator that are looked up for twins in own shops."""

ItemKey = tuple[str, str]
"""A source, and the item's id there, or its address where it has none."""


class CreatorEffects(msgspec.Struct, kw_only=True):
    """What befell one creator's listings. The counters count listings by surface and source."""

    creator_id: CreatorId
    left: Counter[Pair] = msgspec.field(default_factory=Counter)
    """Left their carts."""
    kept: Counter[Pair] = msgspec.field(default_factory=Counter)
    """Stay by grace until their rooms end."""
    on_terms: Counter[Pair] = msgspec.field(default_factory=Counter)
    """Stand in carts on new terms: for a fee, or as tasks of a channel."""
    titles: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """The first that left, in Chinese and English."""
    items: set[ItemKey] = msgspec.field(default_factory=set)
    """The outside products among those that left."""


class Effects:
    """What befell whom."""

    def __init__(self) -> None:
        self._of: dict[CreatorId, CreatorEffects] = {}

    def of(self, creator_id: CreatorId) -> CreatorEffects:
        """The creator's share, empty at first."""
        return self._of.setdefault(creator_id, CreatorEffects(creator_id=creator_id))

    def note_left(self, gone: Iterable[Listing]) -> None:
        """Listings that left their carts."""
        for listing in gone:
            share = self.of(listing.creator_id)
            share.left[listing.surface, listing.source] += 1
            if len(share.titles) < TITLES_NAMED:
                share.titles.append((listing.title, listing.title_en))
            if listing.url is not None and len(share.items) < ITEMS_LOOKED_AT:
                share.items.add((listing.source, item_key(listing.item_id, listing.url)))

    def everybody(self) -> list[CreatorEffects]:
        """In the order of the creators' ids."""
        return [self._of[creator_id] for creator_id in sorted(self._of)]
