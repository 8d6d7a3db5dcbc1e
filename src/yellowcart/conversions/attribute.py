"""Whose sale a reported order was: by the jump that came before it, else by who lists the item, else by
promotion.

Asked whenever a line is reported that is nobody's yet; once found, an attribution stays, whatever becomes known
later. Without a promotion in the report nothing is attributed: the item alone says nothing of who earns.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from yellowcart.conversions.model import AttributedBy, Attribution, Conversion, Network
from yellowcart.conversions.promotions import bucket_of, listed_patterns, promotes
from yellowcart.kernel.database import Reader, json_value
from yellowcart.kernel.ids import CreatorId, ListingId
from yellowcart.links.model import Surface

WINDOWS: Final[dict[Network, timedelta]] = {
    # The alliance counts an order to a promoter for 15 days after the click.
    Network.TAOBAO_UNION: timedelta(days=15),
    # What JD and Pinduoduo count by is not published in their APIs; our choice is the same.
    Network.JD_UNION: timedelta(days=15),
    Network.PINDUODUO: timedelta(days=15),
}
"""How long before an order a jump may lie to have led to it."""

PROMOTIONS_MAX: Final = 100_000
"""Promotions of one source that are looked at; beyond them an order of unknown item stays nobody's."""


class PromotionOwners:
    """Which creators list with which promotion: read when it is first asked for, once for a whole report."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._owners: dict[str, list[_Owner]] | None = None

    async def only(self, reader: Reader, promotion: str) -> CreatorId | None:
        """The one creator who lists with a promotion, or None."""
        if self._owners is None:
            self._owners = await self._read(reader)
        found = [
            owner
            for owner in self._owners.get(bucket_of(self._network, promotion), ())
            if promotes(self._network, promotion, owner.promotion_id)
        ]
        creators = {owner.creator_id for owner in found}
        return found[0].creator_id if len(creators) == 1 and all(not owner.shared for owner in found) else None

    async def _read(self, reader: Reader) -> dict[str, list["_Owner"]]:
        rows = await reader.rows(
            _Owner,
            """
            SELECT promotion_id, min(creator_id) AS creator_id, min(creator_id) <> max(creator_id) AS shared
            FROM listing
            WHERE source = %(source)s AND promotion_id IS NOT NULL
            GROUP BY promotion_id
            ORDER BY promotion_id
            LIMIT %(limit)s
            """,
            source=self._network.value,
            limit=PROMOTIONS_MAX,
        )
        owners: dict[str, list[_Owner]] = defaultdict(list)
        for row in rows:
            owners[bucket_of(self._network, row.promotion_id)].append(row)
        return owners


async def attribute(
    reader: Reader, network: Network, lines: Sequence[Conversion], owners: PromotionOwners
) -> dict[str, Attribution]:
    """The attribution of each line that has one, by its key. Lines without a promotion have none."""
    asked = [line for line in lines if line.promotion_id is not None]
    found = await _by_jumps(reader, network, asked)
    rest = [line for line in asked if line.order_line_id not in found]
    found |= await _by_listings(reader, network, rest)
    for line in rest:
        if line.order_line_id not in found and line.promotion_id is not None:
            creator_id = await owners.only(reader, line.promotion_id)
            if creator_id is not None:
                found[line.order_line_id] = Attribution(
                    attributed_by=AttributedBy.PROMOTION, creator_id=creator_id
                )
    return found


async def _by_jumps(reader: Reader, network: Network, lines: Sequence[Conversion]) -> dict[str, Attribution]:
    """By the last jump before the order, through any listing of the item with the promotion."""
    asked = []
    for line in lines:
        placed_at = line.placed_at or line.paid_at
        if line.item_id is not None and placed_at is not None:
            asked.append(_question(network, line) | {"since": placed_at - WINDOWS[network], "until": placed_at})
    if not asked:
        return {}
    rows = await reader.rows(
        _Found,
        """
        SELECT line.order_line_id, jump.creator_id, jump.listing_id, jump.surface
        FROM jsonb_to_recordset(%(lines)s)
            AS line (order_line_id text, item_id text, patterns jsonb, since timestamptz, until timestamptz)
        CROSS JOIN LATERAL (
            SELECT creator_id, listing_id, surface FROM jump_out
            WHERE source = %(source)s AND item_id = line.item_id
              AND clicked_at BETWEEN line.since AND line.until
              AND promotion_id LIKE ANY (ARRAY(SELECT jsonb_array_elements_text(line.patterns)))
            ORDER BY clicked_at DESC, jump_id DESC
            LIMIT 1
        ) AS jump
        """,
        lines=json_value(asked),
        source=network.value,
    )
    return {row.order_line_id: row.attribution(AttributedBy.JUMP) for row in rows}


async def _by_listings(reader: Reader, network: Network, lines: Sequence[Conversion]) -> dict[str, Attribution]:
    """By the one creator who listed the item with the promotion before the order; the latest such listing."""
    asked = [
        _question(network, line) | {"until": line.placed_at or line.paid_at}
        for line in lines
        if line.item_id is not None
    ]
    if not asked:
        return {}
    rows = await reader.rows(
        _Found,
        """
        SELECT line.order_line_id, listed.creator_id, listed.listing_id, listed.surface
        FROM jsonb_to_recordset(%(lines)s)
            AS line (order_line_id text, item_id text, patterns jsonb, until timestamptz)
        CROSS JOIN LATERAL (
            SELECT min(creator_id) AS creator_id, max(creator_id) AS other_id,
                   (array_agg(listing_id ORDER BY listing_id DESC))[1] AS listing_id,
                   (array_agg(surface ORDER BY listing_id DESC))[1] AS surface
            FROM listing
            WHERE source = %(source)s AND item_id = line.item_id
              AND (line.until IS NULL OR created_at <= line.until)
              AND promotion_id LIKE ANY (ARRAY(SELECT jsonb_array_elements_text(line.patterns)))
        ) AS listed
        WHERE listed.creator_id = listed.other_id
        """,
        lines=json_value(asked),
        source=network.value,
    )
    return {row.order_line_id: row.attribution(AttributedBy.LISTING) for row in rows}


def _question(network: Network, line: Conversion) -> dict[str, object]:
    return {
        "order_line_id": line.order_line_id,
        "item_id": line.item_id,
        "patterns": listed_patterns(network, line.promotion_id or ""),
    }


class _Owner(msgspec.Struct, frozen=True):
    promotion_id: str
    creator_id: CreatorId
    shared: bool


class _Found(msgspec.Struct, frozen=True):
    order_line_id: str
    creator_id: CreatorId
    listing_id: ListingId
    surface: Surface

    def attribution(self, by: AttributedBy) -> Attribution:
        return Attribution(
            attributed_by=by, creator_id=self.creator_id, listing_id=self.listing_id, surface=self.surface
        )
