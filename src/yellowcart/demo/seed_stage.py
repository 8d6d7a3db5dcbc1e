"""The second part of the seed: creators, rooms and videos with their carts, in the order of time."""

from datetime import datetime, timedelta

import msgspec

from yellowcart.demo import model
from yellowcart.demo.model import OutsideProduct
from yellowcart.demo.seed_rows import OutsideListing, OwnListing, Seeded, SellingPlace, copy_rows
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import CreatorId, ListingId, RoomId, VideoId, new_id
from yellowcart.links.model import Surface
from yellowcart.links.recognise import recognise
from yellowcart.stage.model import ListingState, OffReason, RoomState

PUT_ON_EVERY = timedelta(minutes=4)
"""A host opens one link after the other; a cart is not full at the first minute."""

HOLD_S = 1_800
LIMIT_PER_BUYER = 5
"""Pieces per buyer of what a room explains as the world begins."""

VIDEO_VIEWS_PER_VIEWER = 250
"""A video's views over its life against a room's viewers at once, so that their audiences can be compared."""


async def seed_creators(writer: Writer, seeded: Seeded) -> None:
    """Creators and the shops' own accounts, bound to their agencies."""
    mcn_ids = dict(await _pairs(writer, "SELECT name AS key, mcn_id AS id FROM mcn"))
    category_ids = dict(await _pairs(writer, "SELECT code AS key, category_id AS id FROM category"))
    agencies = {agency.key: agency.name.zh for agency in seeded.world.mcns}
    rows = []
    for creator in seeded.world.creators:
        creator_id = new_id(CreatorId)
        seeded.creators[creator.key] = creator_id
        rows.append(
            {
                "creator_id": creator_id,
                "person_id": seeded.creator_people[creator.key].person_id,
                "name": creator.name.zh,
                "name_en": creator.name.en,
                "kind": "creator" if creator.merchant is None else "shop_account",
                "shop_id": None if creator.merchant is None else seeded.shops[creator.merchant],
                "mcn_id": None if creator.mcn is None else mcn_ids[agencies[creator.mcn]],
                "category_id": category_ids[creator.category],
                "follower_count": creator.followers,
                "bio": creator.bio.zh,
                "bio_en": creator.bio.en,
                "region": creator.region.zh,
                "created_at": clock.now(),
            }
        )
    await copy_rows(writer, "creator", rows)


async def _pairs(writer: Writer, query: str) -> list[tuple[str, int]]:
    return [(row["key"], row["id"]) for row in await writer.records(query)]


async def seed_rooms(
    writer: Writer,
    seeded: Seeded,
    rooms: list[model.Room],
    *,
    carried_over: dict[str, tuple[str, ...]] | None = None,
) -> None:
    """Rooms as they stand at the platform's now: over, on air, or announced with a prepared cart.

    `carried_over` names goods that a creator's announced room still has in its prepared cart, by room.
    """
    now = clock.now()
    room_rows, listing_rows = [], []
    for room in sorted(rooms, key=lambda each: (each.starts_at, each.key)):
        room_id = new_id(RoomId)
        state = _state_at(room, now)
        place = SellingPlace(
            key=room.key,
            surface=Surface.LIVE_CART,
            room_id=room_id,
            creator_id=seeded.creators[room.creator],
            creator_key=room.creator,
            begins=room.starts_at,
            ends=min(room.ends_at or now, now),
            viewers=room.viewers,
        )
        seeded.places[room.key] = place
        announced_at = min(room.starts_at - timedelta(days=1), now)
        room_rows.append(
            {
                "room_id": room_id,
                "creator_id": place.creator_id,
                "title": room.title.zh,
                "title_en": room.title.en,
                "state": state,
                "scheduled_at": room.starts_at,
                "started_at": None if state is RoomState.SCHEDULED else room.starts_at,
                "ended_at": room.ends_at if state is RoomState.ENDED else None,
                "created_at": announced_at,
            }
        )
        cart = (*room.cart, *(carried_over or {}).get(room.key, ()))
        for position, key in enumerate(cart, start=1):
            row = _listing_row(seeded, place, key, position, announced_at)
            listing_rows.append(row | _standing(seeded, room, place, row, key, state))
    await copy_rows(writer, "room", room_rows)
    await copy_rows(writer, "listing", listing_rows)
    await copy_rows(writer, "room_tally", [{"room_id": row["room_id"]} for row in room_rows])


def _state_at(room: model.Room, now: datetime) -> RoomState:
    if room.starts_at > now:
        return RoomState.SCHEDULED
    if room.ends_at is not None and room.ends_at <= now:
        return RoomState.ENDED
    return RoomState.LIVE


def _standing(
    seeded: Seeded, room: model.Room, place: SellingPlace, row: dict[str, object], key: str, state: RoomState
) -> dict[str, object]:
    """Where a listing of a room stands: still queued, in the cart, explained, or gone with the room's end."""
    if state is RoomState.SCHEDULED:
        return _queued()
    position = row["position"]
    assert isinstance(position, int)
    put_on_at = min(room.starts_at + PUT_ON_EVERY * (position - 1), place.ends - timedelta(minutes=5))
    limit = (
        LIMIT_PER_BUYER if state is RoomState.LIVE and key == room.explaining and row["source"] == "own" else None
    )
    _remember(seeded, place, key, row, put_on_at, limit)
    if state is RoomState.LIVE:
        standing = ListingState.EXPLAINING if key == room.explaining else ListingState.ON_CART
        return _queued() | {"state": standing, "put_on_at": put_on_at, "limit_per_buyer": limit}
    return _queued() | {
        "state": ListingState.OFF_CART,
        "off_reason": OffReason.ROOM_ENDED,
        "put_on_at": put_on_at,
        "taken_off_at": room.ends_at,
    }


def _queued() -> dict[str, object]:
    return {
        "state": ListingState.QUEUED,
        "off_reason": None,
        "put_on_at": None,
        "taken_off_at": None,
        "limit_per_buyer": None,
    }


async def hold_announced_rooms(writer: Writer, seeded: Seeded, rooms: list[model.Room]) -> None:
    """Rooms that were announced went on air and are over: what was still in their carts was shown and left
    with the room's end; what a link rule took off before stays as it is."""
    for room in rooms:
        place = seeded.places[room.key]
        place.begins, place.ends = room.starts_at, room.ends_at or room.starts_at
        await writer.run(
            """
            UPDATE room SET state = 'ended', started_at = %(starts_at)s, ended_at = %(ends_at)s
            WHERE room_id = %(room_id)s
            """,
            room_id=place.room_id,
            starts_at=place.begins,
            ends_at=place.ends,
        )
        shown = await writer.records(
            """
            UPDATE listing
            SET state = 'off_cart', off_reason = 'room_ended', put_on_at = %(starts_at)s,
                taken_off_at = %(ends_at)s
            WHERE room_id = %(room_id)s AND state = 'queued'
            RETURNING listing_id, source, product_id, position, item_id, promotion_id, price_fen
            """,
            room_id=place.room_id,
            starts_at=place.begins,
            ends_at=place.ends,
        )
        for row in sorted(shown, key=lambda each: each["position"]):
            _remember(seeded, place, room.cart[row["position"] - 1], row, place.begins, None)


async def seed_videos(writer: Writer, seeded: Seeded, videos: list[model.Video]) -> None:
    """Published videos, everything in their carts."""
    video_rows, listing_rows = [], []
    for video in sorted(videos, key=lambda each: (each.published_at, each.key)):
        place = SellingPlace(
            key=video.key,
            surface=Surface.VIDEO_CART,
            video_id=new_id(VideoId),
            creator_id=seeded.creators[video.creator],
            creator_key=video.creator,
            begins=video.published_at,
            ends=seeded.world.starts_at,
            viewers=video.views // VIDEO_VIEWS_PER_VIEWER,
        )
        seeded.places[video.key] = place
        video_rows.append(
            {
                "video_id": place.video_id,
                "creator_id": place.creator_id,
                "title": video.title.zh,
                "title_en": video.title.en,
                "state": "published",
                "published_at": video.published_at,
            }
        )
        for position, key in enumerate(video.cart, start=1):
            row = _listing_row(seeded, place, key, position, video.published_at)
            _remember(seeded, place, key, row, video.published_at, None)
            listing_rows.append(row | _queued() | {"state": ListingState.ON_CART, "put_on_at": video.published_at})
    await copy_rows(writer, "video", video_rows)
    await copy_rows(writer, "listing", listing_rows)


def _listing_row(
    seeded: Seeded, place: SellingPlace, key: str, position: int, created_at: datetime
) -> dict[str, object]:
    listing_id = new_id(ListingId)
    row: dict[str, object] = {
        "listing_id": listing_id,
        "creator_id": place.creator_id,
        "surface": place.surface,
        "room_id": place.room_id,
        "video_id": place.video_id,
        "position": position,
        "hold_s": HOLD_S,
        "created_at": created_at,
    }
    goods = seeded.world.listing(key)
    if isinstance(goods, OutsideProduct):
        found = recognise(goods.url)
        link = found[0] if found else None
        return row | {
            "source": goods.link_source,
            "storefront": goods.storefront,
            "shop_id": None,
            "product_id": None,
            "title": goods.title.zh,
            "title_en": goods.title.en,
            "picture_url": f"/media/listing/{listing_id}.svg",
            "price_fen": goods.price,
            "url": (link.canonical_url if link else None) or goods.url,
            "tap_url": goods.url,
            "item_id": link.item_id if link else None,
            "promotion_id": link.promotion_id if link else None,
        }
    detail = seeded.products[key]
    return row | {
        "source": "own",
        "storefront": "",
        "shop_id": detail.shop.shop_id,
        "product_id": detail.product.product_id,
        "title": detail.product.title,
        "title_en": detail.product.title_en,
        "picture_url": detail.product.picture_url,
        "price_fen": detail.lowest_price_fen,
        "url": None,
        "tap_url": None,
        "item_id": None,
        "promotion_id": None,
    }


def _remember(
    seeded: Seeded, place: SellingPlace, key: str, row: dict[str, object], put_on_at: datetime, limit: int | None
) -> None:
    listing_id = row["listing_id"]
    assert isinstance(listing_id, int)
    if row["source"] == "own":
        place.own.append(OwnListing(ListingId(listing_id), seeded.products[key], key, limit, put_on_at))
    else:
        goods = seeded.world.listing(key)
        assert isinstance(goods, OutsideProduct)
        terms = {name: row[name] for name in ("item_id", "promotion_id", "price_fen")}
        place.outside.append(
            msgspec.convert(
                {"listing_id": listing_id, "goods": goods, "put_on_at": put_on_at, **terms}, OutsideListing
            )
        )
