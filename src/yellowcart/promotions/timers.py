"""What special prices do by themselves: begin and end by the clock, and end with the listing they stand on."""

from collections.abc import Sequence

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import Envelope, publish_many, subscribe
from yellowcart.kernel.ids import ListingId, RoomId, ShopId, SkuId, SpecialPriceId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import sweep
from yellowcart.promotions.changes import special_price_changed
from yellowcart.promotions.events import SpecialPriceEnded
from yellowcart.promotions.model import SpecialPriceKind
from yellowcart.promotions.special_price_rules import ends_with_listing
from yellowcart.stage.events import ListingTakenOff

AT_ONCE = 500
_not_told = Setbacks[SpecialPriceId]("tell_of_begun_prices")
_not_ended = Setbacks[SpecialPriceId]("end_passed_prices")


@sweep(every_s=2)
async def tell_of_begun_prices(database: Database) -> int:
    """Special prices whose time has come: viewers read the cart again. The order lane knows the moment itself."""
    async with database.writing() as writer:
        begun = await writer.rows(
            _Changed,
            _DUE.format(due="told_at IS NULL AND starts_at <= %(now)s", order="starts_at"),
            now=clock.now(),
            most=AT_ONCE,
            put_off=_not_told.put_off(),
        )
        return await _not_told.act_on_set(
            writer, begun, lambda price: price.special_price_id, lambda prices: _begin(writer, prices)
        )


@sweep(every_s=2)
async def end_passed_prices(database: Database) -> int:
    """Flash prices whose time is over are ended, as of that time."""
    async with database.writing() as writer:
        passed = await writer.rows(
            _Changed,
            _DUE.format(due="ends_at <= %(now)s", order="ends_at"),
            now=clock.now(),
            most=AT_ONCE,
            put_off=_not_ended.put_off(),
        )
        return await _not_ended.act_on_set(
            writer, passed, lambda price: price.special_price_id, lambda prices: _end(writer, prices)
        )


@subscribe(ListingTakenOff)
async def on_listing_taken_off(writer: Writer, _: Envelope, event: ListingTakenOff) -> None:
    """A room-only price ends when its listing leaves its cart, any price when the cart itself is over; unless the
    listing stands in its cart again by now."""
    kinds = [kind.value for kind in SpecialPriceKind if ends_with_listing(kind, event.reason)]
    gone = await writer.rows(
        _Changed,
        """
        SELECT special.shop_id, special.special_price_id, special.listing_id, special.sku_id, special.taken,
               listing.room_id
        FROM special_price AS special
        JOIN listing USING (listing_id)
        WHERE special.listing_id = %(listing_id)s AND special.ended_at IS NULL AND special.kind = ANY(%(kinds)s)
          AND listing.state = 'off_cart'
        ORDER BY special.shop_id, special.special_price_id
        LIMIT %(most)s
        FOR UPDATE OF special
        """,
        listing_id=event.listing_id,
        kinds=kinds,
        most=AT_ONCE,
    )
    await _end(writer, gone)


class _Changed(msgspec.Struct, frozen=True):
    shop_id: ShopId
    special_price_id: SpecialPriceId
    listing_id: ListingId
    sku_id: SkuId
    taken: int
    room_id: RoomId | None


_DUE = """
SELECT special.shop_id, special.special_price_id, special.listing_id, special.sku_id, special.taken,
       (SELECT room_id FROM listing WHERE listing.listing_id = special.listing_id) AS room_id
FROM special_price AS special
WHERE ended_at IS NULL AND {due} AND special.special_price_id <> ALL(%(put_off)s)
ORDER BY {order}, special.shop_id, special.special_price_id
LIMIT %(most)s
FOR UPDATE OF special SKIP LOCKED
"""


def _keys(prices: Sequence[_Changed]) -> dict[str, list[int]]:
    return {
        "shop_ids": [each.shop_id for each in prices],
        "special_price_ids": [each.special_price_id for each in prices],
    }


async def _begin(writer: Writer, prices: Sequence[_Changed]) -> None:
    await writer.run(
        """
        UPDATE special_price AS special SET told_at = %(now)s
        FROM unnest(%(shop_ids)s::bigint[], %(special_price_ids)s::bigint[]) AS begun (shop_id, id)
        WHERE special.shop_id = begun.shop_id AND special.special_price_id = begun.id
        """,
        now=clock.now(),
        **_keys(prices),
    )
    await _tell(writer, prices)


async def _end(writer: Writer, prices: Sequence[_Changed]) -> None:
    if not prices:
        return
    await writer.run(
        """
        UPDATE special_price AS special SET ended_at = least(special.ends_at, %(now)s)
        FROM unnest(%(shop_ids)s::bigint[], %(special_price_ids)s::bigint[]) AS gone (shop_id, id)
        WHERE special.shop_id = gone.shop_id AND special.special_price_id = gone.id
        """,
        now=clock.now(),
        **_keys(prices),
    )
    await publish_many(
        writer,
        [
            (
                each.shop_id,
                SpecialPriceEnded(
                    shop_id=each.shop_id,
                    special_price_id=each.special_price_id,
                    listing_id=each.listing_id,
                    sku_id=each.sku_id,
                    taken=each.taken,
                ),
            )
            for each in prices
        ],
    )
    await _tell(writer, prices)


async def _tell(writer: Writer, prices: Sequence[_Changed]) -> None:
    for listing_id, room_id in sorted({(each.listing_id, each.room_id or 0) for each in prices}):
        await special_price_changed(writer, listing_id, RoomId(room_id) if room_id else None)
