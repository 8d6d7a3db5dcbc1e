"""What the audience of the past did: coming, liking, looking into the cart, tapping, jumping out, chatting.

A room's audience is drawn at one thirtieth of the size that the world file tells, so that a demo stays small;
what orders say of taps is kept: nobody ordered without having tapped.
"""

import random
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from yellowcart.demo.audience_model import ChatMoment
from yellowcart.demo.past_order import PastOrder
from yellowcart.demo.seed_jumps import Happening, write_jumps
from yellowcart.demo.seed_rows import Seeded, SellingPlace, copy_rows
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import new_id
from yellowcart.stage.audience import AudienceKind

SCALE = 30
ENTERS_PER_VIEWER = 1.6
"""People who come in over a room's time, for each who is there at its fullest."""
LIKES, CART_OPENS, TAPS, LEAVES = 0.5, 0.4, 0.35, 0.3
"""Of each kind so many for one who enters."""
JUMPS_OF_OUTSIDE_TAPS = 0.35
CHAT_LINES = 18
"""Said lately in a room that is on air."""
MOMENTS = (ChatMoment.GREETING, ChatMoment.ASKING, ChatMoment.BUYING, ChatMoment.PRAISING, ChatMoment.HURRYING)


async def write_audience(
    writer: Writer, seeded: Seeded, places: list[SellingPlace], orders: list[PastOrder], part: str
) -> None:
    """Write the audience of rooms and videos, and each room's tally."""
    dice = seeded.dice(part)
    of_place: dict[str, list[PastOrder]] = defaultdict(list)
    for order in orders:
        of_place[order.place.key].append(order)
    happened: list[Happening] = []
    for place in places:
        happened += _of_place(seeded, dice, place, of_place[place.key])
    happened.sort(key=lambda each: each[0])
    await write_jumps(writer, seeded, happened, part)
    await copy_rows(
        writer,
        "audience_event",
        [
            {
                "event_id": new_id(int),
                "kind": kind,
                "room_id": place.room_id,
                "video_id": place.video_id,
                "listing_id": listing_id,
                "person_id": person_id,
                "visitor": visitor,
                "happened_at": at,
            }
            for at, kind, place, listing_id, person_id, visitor in happened
        ],
    )
    await _tally(writer, places, happened)


def _of_place(
    seeded: Seeded, dice: random.Random, place: SellingPlace, orders: list[PastOrder]
) -> list[Happening]:
    visitors = int(place.viewers / SCALE * ENTERS_PER_VIEWER)
    begins = max(place.begins, place.ends - timedelta(days=7))
    listings = [(listing.listing_id, listing.put_on_at, False) for listing in place.own] + [
        (listing.listing_id, listing.put_on_at, True) for listing in place.outside
    ]
    happened: list[Happening] = []
    for number in range(visitors):
        visitor, person_id = f"{place.key}-{number}", None
        if dice.random() < 0.2:
            buyer = dice.choice(seeded.buyers)
            visitor, person_id = f"p{seeded.buyers.index(buyer)}", buyer.person_id
        at = begins + (place.ends - begins) * dice.random()
        happened.append((at, AudienceKind.ENTER, place, None, person_id, visitor))
        for kind, often in ((AudienceKind.LIKE, LIKES), (AudienceKind.CART_OPEN, CART_OPENS)):
            if dice.random() < often:
                at = _a_little_later(dice, at, place.ends)
                happened.append((at, kind, place, None, person_id, visitor))
        shown = [listing for listing in listings if listing[1] <= at]
        if shown and dice.random() < TAPS:
            listing_id, _, outside = dice.choice(shown)
            at = _a_little_later(dice, at, place.ends)
            happened.append((at, AudienceKind.TAP, place, listing_id, person_id, visitor))
            if outside and dice.random() < JUMPS_OF_OUTSIDE_TAPS:
                at = _a_little_later(dice, at, place.ends)
                happened.append((at, AudienceKind.JUMP_OUT, place, listing_id, person_id, visitor))
        if dice.random() < LEAVES:
            at = _a_little_later(dice, at, place.ends)
            happened.append((at, AudienceKind.LEAVE, place, None, person_id, visitor))
    for order in orders:
        buyer = order.buyer
        visitor = f"p{seeded.buyers.index(buyer)}"
        came_at = max(order.submitted_at - timedelta(seconds=dice.randint(40, 400)), begins)
        tapped_at = came_at + (order.submitted_at - came_at) * 0.6
        happened.append((came_at, AudienceKind.ENTER, place, None, buyer.person_id, visitor))
        for line in order.lines:
            listing_id = line.listing.listing_id
            happened.append((tapped_at, AudienceKind.TAP, place, listing_id, buyer.person_id, visitor))
    return happened


def _a_little_later(dice: random.Random, at: datetime, ends: datetime) -> datetime:
    return min(at + timedelta(seconds=dice.randint(5, 240)), ends)


async def _tally(writer: Writer, places: list[SellingPlace], happened: list[Happening]) -> None:
    enters: Counter[str] = Counter()
    likes: Counter[str] = Counter()
    for _, kind, place, _, _, _ in happened:
        enters[place.key] += kind is AudienceKind.ENTER
        likes[place.key] += kind is AudienceKind.LIKE
    await writer.run_many(
        """
        UPDATE room_tally SET viewers_peak = %(peak)s, enters = %(enters)s, likes = %(likes)s
        WHERE room_id = %(room_id)s
        """,
        [
            {
                "room_id": place.room_id,
                "peak": place.viewers // SCALE,
                "enters": enters[place.key],
                "likes": likes[place.key],
            }
            for place in places
            if place.room_id is not None
        ],
    )


async def write_chat(writer: Writer, seeded: Seeded, places: list[SellingPlace]) -> None:
    """What was said in rooms during their last ten minutes so far."""
    dice = seeded.dice("chat")
    lines = [line.zh for chat in seeded.world.audience.chats if chat.moment in MOMENTS for line in chat.lines]
    said = sorted(
        (
            (place.ends - timedelta(seconds=dice.randint(2, 600)), place, dice.choice(seeded.buyers), line)
            for place in places
            if place.room_id is not None
            for line in dice.sample(lines, min(CHAT_LINES, len(lines)))
        ),
        key=lambda each: each[0],
    )
    await copy_rows(
        writer,
        "chat_message",
        [
            {
                "room_id": place.room_id,
                "message_id": new_id(int),
                "person_id": buyer.person_id,
                "name": buyer.name,
                "body": line,
                "sent_at": at,
            }
            for at, place, buyer, line in said
        ],
    )
