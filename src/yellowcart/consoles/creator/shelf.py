"""What the cart of a room and that of a video have in common on the console's pages."""

from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import RoomId, VideoId
from yellowcart.kernel.translation import Locale
from yellowcart.links.rules import Timeline
from yellowcart.links.wording import next_change_text, verdict_text
from yellowcart.promotions.special_price_queries import shown_special_prices
from yellowcart.stage.model import Creator, Listing, Place, Room, RoomState, VideoState, in_room, in_video
from yellowcart.stage.queries import CartListing, cart_of_room, cart_of_video, room_view, video_view
from yellowcart.stage.rules import HOLD_S_DEFAULT
from yellowcart.stage.twin_queries import twins_of_listings


async def room_of(reader: Reader, creator: Creator, room_id: RoomId) -> Room:
    """A room of the creator. Raises NotFound."""
    room = (await room_view(reader, room_id)).room
    if room.creator_id != creator.creator_id:
        raise NotFound
    return room


async def place_of_path(reader: Reader, creator: Creator, kind: str, place_id: int) -> Place:
    """The cart that an address names, `rooms` or `videos` and a number. Raises NotFound."""
    if kind == "rooms":
        return in_room((await room_of(reader, creator, RoomId(place_id))).room_id)
    if kind == "videos":
        video = (await video_view(reader, VideoId(place_id))).video
        if video.creator_id == creator.creator_id:
            return in_video(video.video_id)
    raise NotFound


async def cart_context(request: AnyRequest, reader: Reader, place: Place, timeline: Timeline) -> dict[str, object]:
    """The cart as its creator sees it, with every verdict in words."""
    locale = locale_of(request)
    if place.room_id is not None:
        cart = await cart_of_room(reader, place.room_id, include_queued=True, timeline=timeline)
        state = (await room_view(reader, place.room_id)).room.state
        is_open, explains = state is not RoomState.ENDED, state in {RoomState.LIVE, RoomState.PAUSED}
    else:
        assert place.video_id is not None, "a cart is that of a room or of a video"
        cart = await cart_of_video(reader, place.video_id, include_queued=True, timeline=timeline)
        is_open = (await video_view(reader, place.video_id)).video.state is VideoState.PUBLISHED
        explains = False
    outside = [each for each in cart if each.is_outside]
    listing_ids = [each.listing_id for each in outside]
    twins = await twins_of_listings(reader, outside[0].creator_id, listing_ids) if outside else {}
    return {
        "cart": cart,
        "specials": await shown_special_prices(reader, [each.listing_id for each in cart if not each.is_outside]),
        "twins": twins,
        "verdicts": {each.listing_id: _words(each, locale) for each in cart},
        "standing": sum(each.state.value != "off_cart" for each in cart),
        "cart_path": cart_path(place),
        "cart_open": is_open,
        "explains": explains,
        "hold_s_default": HOLD_S_DEFAULT,
    }


def place_path(place: Place | Listing) -> str:
    """The address of a cart's page."""
    if place.room_id is not None:
        return f"/creator/rooms/{place.room_id}"
    return f"/creator/videos/{place.video_id}"


def cart_path(place: Place) -> str:
    """Below which address the parts of a cart are asked for and changed."""
    return place_path(place).replace("/creator/", "/creator/carts/", 1)


def _words(listing: CartListing, locale: Locale) -> dict[str, object]:
    judged = listing.verdict
    assert judged is not None, "the cart is read with its verdicts"
    coming = judged.next_change.terms if judged.next_change else None
    name = listing.source_name_en if locale is Locale.ENGLISH else listing.source_name_zh
    return {
        "action": judged.action,
        "text": verdict_text(judged, locale, source_name=name),
        "next": next_change_text(judged, locale),
        "changes_at": judged.next_change.at if judged.next_change else None,
        "fee": judged.fee_basis_points,
        "channel": judged.channel or (coming.channel if coming else None),
        "needs_task": judged.channel is not None and not listing.channel_task,
        "stays": listing.stays_until_room_ends,
        "cuts": judged.next_change is not None and judged.next_change.action.value == "refuse",
    }
