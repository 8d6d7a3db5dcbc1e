"""Setting a room-only or flash price, changing its quota, ending it early. The shop bears what it gives up."""

from datetime import datetime, timedelta

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import ListingId, RoomId, ShopId, SkuId, SpecialPriceId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.promotions.changes import special_price_changed
from yellowcart.promotions.errors import SpecialPriceExists, SpecialPriceOver, SpecialPricePlaceClosed
from yellowcart.promotions.events import SpecialPriceEnded, SpecialPriceSet
from yellowcart.promotions.model import SpecialPrice, SpecialPriceKind
from yellowcart.promotions.new_coupon import BACK_MAX, Problem

QUOTA_MAX = 1_000_000
FLASH_LENGTH_MAX = timedelta(days=7)
AHEAD_MAX = timedelta(days=90)


class NewSpecialPrice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a shop wants to set: for `quota` pieces of one SKU in one cart, `price_fen`. A flash price ends at
    `ends_at`; a room-only price ends with its room. None as `starts_at` is now."""

    listing_id: ListingId
    sku_id: SkuId
    kind: SpecialPriceKind
    price_fen: int
    quota: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class LockedSpecialPrice(SpecialPrice, frozen=True, kw_only=True):
    """A special price, locked, with what its table knows beside its terms."""

    shop_id: ShopId
    taken: int
    ended_at: datetime | None
    room_id: RoomId | None


async def set_special_price(writer: Writer, person: Person, shop_id: ShopId, new: NewSpecialPrice) -> SpecialPrice:
    """Set a special price for a SKU of the shop's in a cart that is not over.

    Raises NotFound (another's shop, listing or SKU), SpecialPricePlaceClosed, SpecialPriceExists, InvalidFields.
    """
    await require_member(writer, person, shop_id)
    now = clock.now()
    goods = await _goods(writer, shop_id, new)
    if not goods.place_open:
        raise SpecialPricePlaceClosed
    if problems := special_price_problems(new, goods.usual_fen, goods.room_id, now):
        raise InvalidFields(problems)
    made = SpecialPrice(
        special_price_id=new_id(SpecialPriceId),
        listing_id=new.listing_id,
        sku_id=new.sku_id,
        kind=new.kind,
        price_fen=new.price_fen,
        starts_at=new.starts_at or now,
        ends_at=new.ends_at,
        quota=new.quota,
    )
    await _end_passed(writer, shop_id, new, now)
    await _insert(writer, person, shop_id, made)
    await special_price_changed(writer, made.listing_id, goods.room_id)
    await publish(writer, SpecialPriceSet(shop_id=shop_id, **msgspec.structs.asdict(made)), shop_id=shop_id)
    await audit.record(
        writer,
        person,
        "promotions:special_price:set",
        f"special_price:{made.special_price_id}",
        before={"price_fen": goods.usual_fen},
        after=made,
    )
    return made


async def change_quota(
    writer: Writer, person: Person, shop_id: ShopId, special_price_id: SpecialPriceId, quota: int
) -> None:
    """Set how many pieces are sold at the price in all; never fewer than were taken.

    Raises NotFound, SpecialPriceOver, InvalidFields.
    """
    special = await _lock_own(writer, person, shop_id, special_price_id)
    least = max(special.taken, 1)
    if not least <= quota <= QUOTA_MAX:
        values: dict[str, object] = {"least": f"{least:,}", "most": f"{QUOTA_MAX:,}"}
        raise InvalidFields({"quota": (N_("From %(least)s, as many as were ordered, to %(most)s."), values)})
    await writer.run(
        """
        UPDATE special_price SET quota = %(quota)s
        WHERE shop_id = %(shop_id)s AND special_price_id = %(special_price_id)s
        """,
        quota=quota,
        shop_id=shop_id,
        special_price_id=special_price_id,
    )
    await special_price_changed(writer, special.listing_id, special.room_id)
    await audit.record(
        writer,
        person,
        "promotions:special_price:quota",
        f"special_price:{special_price_id}",
        before={"quota": special.quota},
        after={"quota": quota},
    )


async def end_special_price(
    writer: Writer, person: Person, shop_id: ShopId, special_price_id: SpecialPriceId
) -> None:
    """End a special price early; orders placed at it keep it. Raises NotFound, SpecialPriceOver."""
    special = await _lock_own(writer, person, shop_id, special_price_id)
    await writer.run(
        """
        UPDATE special_price SET ended_at = %(now)s
        WHERE shop_id = %(shop_id)s AND special_price_id = %(special_price_id)s
        """,
        now=clock.now(),
        shop_id=shop_id,
        special_price_id=special_price_id,
    )
    await special_price_changed(writer, special.listing_id, special.room_id)
    ended = SpecialPriceEnded(
        shop_id=shop_id,
        special_price_id=special_price_id,
        listing_id=special.listing_id,
        sku_id=special.sku_id,
        taken=special.taken,
    )
    await publish(writer, ended, shop_id=shop_id)
    await audit.record(
        writer,
        person,
        "promotions:special_price:end",
        f"special_price:{special_price_id}",
        after={"taken": special.taken},
    )


def special_price_problems(
    new: NewSpecialPrice, usual_fen: int, room_id: RoomId | None, now: datetime
) -> dict[str, Problem]:
    """What is wrong with a special price, by field; `usual_fen` is the SKU's price, `room_id` the room of the
    listing's cart (None in a video)."""
    problems: dict[str, Problem] = {}
    if not 1 <= new.price_fen < usual_fen:
        problems["price_fen"] = N_("It must be below the usual price, and at least ¥0.01.")
    if not 1 <= new.quota <= QUOTA_MAX:
        problems["quota"] = (
            N_("A whole number from %(least)s to %(most)s."),
            {"least": "1", "most": f"{QUOTA_MAX:,}"},
        )
    moments = (new.starts_at, new.ends_at)
    if any(moment is not None and moment.tzinfo is None for moment in moments):
        return problems | {"starts_at": N_("Moments carry their offset from UTC.")}
    starts_at = new.starts_at or now
    if starts_at > now + AHEAD_MAX:
        problems["starts_at"] = (N_("At most %(days)s days ahead."), {"days": AHEAD_MAX.days})
    elif starts_at < now - BACK_MAX:
        problems["starts_at"] = N_("This lies in the past.")
    if new.kind is SpecialPriceKind.ROOM_ONLY:
        if room_id is None:
            problems["kind"] = N_("A video has no room; set a flash price there.")
        if new.ends_at is not None:
            problems["ends_at"] = N_("A room-only price ends with its room, not by the clock.")
    elif new.ends_at is None:
        problems["ends_at"] = N_("A flash price needs an end.")
    elif new.ends_at <= max(starts_at, now):
        problems["ends_at"] = N_("The end must come after the beginning.")
    elif new.ends_at > starts_at + FLASH_LENGTH_MAX:
        problems["ends_at"] = (N_("A flash price lasts at most %(days)s days."), {"days": FLASH_LENGTH_MAX.days})
    return problems


class _Goods(msgspec.Struct, frozen=True):
    usual_fen: int
    room_id: RoomId | None
    place_open: bool


async def _goods(writer: Writer, shop_id: ShopId, new: NewSpecialPrice) -> _Goods:
    # The share lock keeps the listing where it is until this is decided: whoever takes it off waits, and ends
    # the price afterwards.
    found = await writer.row(
        _Goods,
        """
        SELECT sku.price_fen AS usual_fen, listing.room_id,
               listing.state <> 'off_cart' AND coalesce(room.state <> 'ended', video.state = 'published')
                   AS place_open
        FROM listing
        JOIN sku ON sku.shop_id = listing.shop_id AND sku.product_id = listing.product_id
        LEFT JOIN room ON room.room_id = listing.room_id
        LEFT JOIN video ON video.video_id = listing.video_id
        WHERE listing.listing_id = %(listing_id)s AND listing.shop_id = %(shop_id)s
          AND sku.sku_id = %(sku_id)s AND sku.is_active
        ORDER BY listing.listing_id
        FOR SHARE OF listing
        """,
        listing_id=new.listing_id,
        shop_id=shop_id,
        sku_id=new.sku_id,
    )
    if found is None:
        raise NotFound
    return found


async def _end_passed(writer: Writer, shop_id: ShopId, new: NewSpecialPrice, now: datetime) -> None:
    """A flash price that ran out a moment ago makes place for the next one before the sweep comes by."""
    await writer.run(
        """
        UPDATE special_price SET ended_at = ends_at
        WHERE shop_id = %(shop_id)s AND listing_id = %(listing_id)s AND sku_id = %(sku_id)s
          AND ended_at IS NULL AND ends_at <= %(now)s
        """,
        shop_id=shop_id,
        listing_id=new.listing_id,
        sku_id=new.sku_id,
        now=now,
    )


async def _insert(writer: Writer, person: Person, shop_id: ShopId, made: SpecialPrice) -> None:
    now = clock.now()
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO special_price (shop_id, special_price_id, listing_id, sku_id, kind, price_fen, quota,
                                           starts_at, ends_at, told_at, made_by, made_at)
                VALUES (%(shop_id)s, %(special_price_id)s, %(listing_id)s, %(sku_id)s, %(kind)s, %(price_fen)s,
                        %(quota)s, %(starts_at)s, %(ends_at)s, %(told_at)s, %(made_by)s, %(now)s)
                """,
                **msgspec.structs.asdict(made),
                shop_id=shop_id,
                told_at=now if made.starts_at <= now else None,
                made_by=person.person_id,
                now=now,
            )
    except UniqueViolation as error:
        raise SpecialPriceExists from error


async def _lock_own(
    writer: Writer, person: Person, shop_id: ShopId, special_price_id: SpecialPriceId
) -> LockedSpecialPrice:
    await require_member(writer, person, shop_id)
    special = await writer.row(
        LockedSpecialPrice,
        """
        SELECT special.*, (SELECT room_id FROM listing WHERE listing_id = special.listing_id) AS room_id
        FROM special_price AS special
        WHERE special.shop_id = %(shop_id)s AND special.special_price_id = %(special_price_id)s
        ORDER BY special.shop_id, special.special_price_id
        FOR UPDATE OF special
        """,
        shop_id=shop_id,
        special_price_id=special_price_id,
    )
    if special is None:
        raise NotFound
    if special.ended_at is not None or (special.ends_at is not None and special.ends_at <= clock.now()):
        raise SpecialPriceOver
    return special
