"""Viewers of the past who left through outside listings: the rows behind the audience's jump-outs."""

from datetime import datetime, timedelta

from yellowcart.demo.seed_rows import Jump, Seeded, SellingPlace, copy_rows
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import JumpId, ListingId, PersonId, new_id
from yellowcart.stage.audience import AudienceKind

LANDED = 0.94
"""Of those who leave: the other site opens in front of them."""
RETURNED = 0.58
"""Of those who landed: they come back to a page of the platform."""
LANDED_AFTER_S = (0.4, 4.0)
RETURNED_AFTER_S = (15.0, 900.0)

Happening = tuple[datetime, AudienceKind, SellingPlace, ListingId | None, PersonId | None, str]


async def write_jumps(writer: Writer, seeded: Seeded, happened: list[Happening], part: str) -> None:
    """Write a jump for each jump-out of the audience, in order of time. The shares are invented for the demo."""
    dice = seeded.dice(f"{part}/jumps")
    rows = []
    for clicked_at, kind, place, listing_id, person_id, visitor in happened:
        if kind is not AudienceKind.JUMP_OUT:
            continue
        listing = next(each for each in place.outside if each.listing_id == listing_id)
        landed_at = returned_at = None
        if dice.random() < LANDED:
            landed_at = clicked_at + timedelta(seconds=dice.uniform(*LANDED_AFTER_S))
            if dice.random() < RETURNED:
                back = landed_at + timedelta(seconds=dice.uniform(*RETURNED_AFTER_S))
                returned_at = back if back <= seeded.world.starts_at else None
        jump = Jump(
            place=place,
            listing=listing,
            person_id=person_id,
            visitor=visitor,
            clicked_at=clicked_at,
            landed_at=landed_at,
            returned_at=returned_at,
        )
        seeded.jumps.append(jump)
        rows.append(_row(jump, f"{dice.getrandbits(128):032x}"))
    await copy_rows(writer, "jump_out", rows)


def _row(jump: Jump, jump_key: str) -> dict[str, object]:
    return {
        "jump_id": new_id(JumpId),
        "jump_key": jump_key,
        "listing_id": jump.listing.listing_id,
        "creator_id": jump.place.creator_id,
        "surface": jump.place.surface,
        "room_id": jump.place.room_id,
        "video_id": jump.place.video_id,
        "source": jump.listing.goods.link_source,
        "item_id": jump.listing.item_id,
        "promotion_id": jump.listing.promotion_id,
        "price_fen": jump.listing.price_fen,
        "fee_basis_points": None,
        "person_id": jump.person_id,
        "visitor": jump.visitor,
        "clicked_at": jump.clicked_at,
        "landed_at": jump.landed_at,
        "returned_at": jump.returned_at,
    }
