"""Telling other processes that a listing or its room changed, so that what they keep in memory is read again."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ListingId

LISTING_CHANGED = "listing_changed"
ALL_LISTINGS = "all"


async def listing_changed(writer: Writer, listing_id: ListingId) -> None:
    """Whoever keeps the listing in memory (the order lane) reads it again when this transaction commits."""
    await writer.notify(LISTING_CHANGED, str(listing_id))


async def all_listings_changed(writer: Writer) -> None:
    """Forget every listing kept in memory: a room opened or ended, a rule took effect."""
    await writer.notify(LISTING_CHANGED, ALL_LISTINGS)
