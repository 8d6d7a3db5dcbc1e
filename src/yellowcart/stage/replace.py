"""Replacing an outside product by its twin in all open carts of a creator at once, and putting it back.

A cart is open while its room has not ended or its video is published. The twin takes the place and the state of
the outside listing; where a link rule has taken that off already, the twin fills the place that it left. Every
cart is judged for itself and the answer says what became of each: what one cart forbids does not stop the others.
Locks have the one order of `stage.store`: the door, the creator, rooms, videos, listings.
"""

from collections.abc import Sequence

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.events import PLATFORM, publish_many
from yellowcart.kernel.ids import CreatorId, ListingId, ProductId, ShopId, new_id
from yellowcart.links.errors import RefusedByLinkRule
from yellowcart.links.model import OWN_SOURCE, Surface, Verdict
from yellowcart.stage.admission import admit
from yellowcart.stage.changes import all_listings_changed, listing_changed
from yellowcart.stage.creators import creator_of
from yellowcart.stage.errors import NotForSale, NotOutside, NoTwin
from yellowcart.stage.events import ListingExplained, ListingPutOn, ListingQueued, fields_of
from yellowcart.stage.goods import Goods, read_goods
from yellowcart.stage.model import Listing, ListingState, OffReason
from yellowcart.stage.open_carts import (
    HeldListing,
    OpenCarts,
    carts_holding,
    carts_replaced,
    lock_open_carts,
)
from yellowcart.stage.replace_rules import (
    CartResult,
    Outcome,
    order_with,
    putting_back_outcome,
    replacement_state,
    replacing_outcome,
)
from yellowcart.stage.rules import HOLD_S_DEFAULT, item_key, require_channel_task, require_may_sell
from yellowcart.stage.store import lock_creator, place_of, write_order
from yellowcart.stage.stream import RoomEvent, RoomMessage, tell_rooms
from yellowcart.stage.taking_off import ONE_BY_ONE_MAX, take_listings_off

CARTS_AT_ONCE_MAX = 100
"""Listings that one press changes; `Replacement.more` says that there are others."""
SURFACES = (Surface.LIVE_CART, Surface.VIDEO_CART)
Verdicts = dict[Surface, Verdict | None]


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """What one press did, cart by cart. `more`: so many carts hold it that another press is needed."""

    carts: tuple[CartResult, ...]
    more: bool

    @property
    def done(self) -> int:
        """In how many carts."""
        return sum(cart.outcome is Outcome.DONE for cart in self.carts)


async def replace_by_twin(
    writer: Writer, person: Person, listing_id: ListingId, shop_id: ShopId, product_id: ProductId
) -> Replacement:
    """Replace the outside product of a listing by its twin wherever the person has it in an open cart.

    Pressed twice it happens once. Raises NotACreator, NotFound, NotOutside, NoTwin, NotForSale, OnlyOwnShop,
    SwitchedOff.
    """
    verdicts = await _admissions(writer, OWN_SOURCE)
    creator = await lock_creator(writer, person)
    source, key = await outside_goods(writer, creator.creator_id, listing_id)
    require_may_sell(creator, shop_id)
    goods = await _twin_goods(writer, creator.creator_id, source, key, shop_id, product_id)
    found = await carts_holding(writer, creator.creator_id, source, key, CARTS_AT_ONCE_MAX + 1)
    held = found[:CARTS_AT_ONCE_MAX]
    carts = await lock_open_carts(writer, held)
    results, gone, entering = [], [], []
    for each in held:
        old = carts.listings.get(each.listing_id)
        outcome = _closed(carts, each, old)
        if old is not None and outcome is None:
            outcome = replacing_outcome(
                old,
                carts.cart_of(each),
                shop_id,
                product_id,
                admitted=_admits(verdicts[each.surface], None),
                ever_listed=carts.ever_listed.get(each.place_key, 0),
            )
        new = _entering(old, goods) if old is not None and outcome is Outcome.DONE else None
        if old is not None and new is not None:
            entering.append(new)
            if old.state is not ListingState.OFF_CART:
                gone.append(old)
            carts.swap(each, old, new)
        results.append(each.result(outcome or Outcome.GONE, None if new is None else new.listing_id))
    await take_listings_off(writer, gone, OffReason.REPLACED)
    replaced = {new.listing_id: cart.listing_id for new, cart in zip(entering, _done(results), strict=True)}
    await _insert(writer, entering, replaced)
    await _finish(writer, carts, entering)
    await _record(writer, person, "stage:listing:replace", listing_id, product_id, results)
    return Replacement(carts=tuple(results), more=len(found) > len(held))


async def put_back(
    writer: Writer, person: Person, listing_id: ListingId, shop_id: ShopId, product_id: ProductId
) -> Replacement:
    """Undo `replace_by_twin`: wherever the product stands in the place of the listing's outside product, it is
    taken off and the outside listing comes back in its place and state, if a rule admits its source there now.

    Raises NotACreator, NotFound, NotOutside, SwitchedOff.
    """
    before = await creator_of(writer, person)
    source, key = await outside_goods(writer, before.creator_id, listing_id)
    verdicts = await _admissions(writer, source)
    creator = await lock_creator(writer, person)
    found = await carts_replaced(
        writer, creator.creator_id, source, key, shop_id, product_id, CARTS_AT_ONCE_MAX + 1
    )
    held = found[:CARTS_AT_ONCE_MAX]
    carts = await lock_open_carts(writer, held)
    results, gone, entering = [], [], []
    for each in held:
        old = carts.listings.get(each.listing_id)
        twin = carts.listings.get(each.twin_id) if each.twin_id is not None else None
        outcome = _closed(carts, each, old if twin is not None else None)
        if old is not None and twin is not None and outcome is None:
            admitted = _admits(verdicts[each.surface], old.channel_task)
            outcome = putting_back_outcome(old, twin, carts.cart_of(each), admitted=admitted)
        if old is not None and twin is not None and outcome is Outcome.DONE:
            back = msgspec.structs.replace(old, state=twin.state, position=twin.position)
            gone.append(twin)
            entering.append(back)
            carts.swap(each, twin, back)
        results.append(each.result(outcome or Outcome.GONE, each.twin_id))
    await take_listings_off(writer, gone, OffReason.CREATOR)
    await _write_back(writer, entering)
    await _finish(writer, carts, entering)
    await _record(writer, person, "stage:listing:put_back", listing_id, product_id, results)
    return Replacement(carts=tuple(results), more=len(found) > len(held))


async def outside_goods(reader: Reader, creator_id: CreatorId, listing_id: ListingId) -> tuple[str, str]:
    """Source and item key of a creator's outside listing. Raises NotFound, NotOutside."""
    listing = await place_of(reader, creator_id, listing_id)
    if listing.source == OWN_SOURCE or listing.url is None:
        raise NotOutside
    return listing.source, item_key(listing.item_id, listing.url)


async def _admissions(writer: Writer, source: str) -> Verdicts:
    """The verdict of each surface, None where the rules refuse the source."""
    verdicts: Verdicts = {}
    for surface in SURFACES:
        try:
            verdicts[surface] = await admit(writer, surface, source)
        except RefusedByLinkRule:
            verdicts[surface] = None
    return verdicts


def _admits(judged: Verdict | None, channel_task: str | None) -> bool:
    if judged is None:
        return False
    try:
        require_channel_task(judged, channel_task)
    except InvalidFields:
        return False
    return True


def _closed(carts: OpenCarts, held: HeldListing, listing: Listing | None) -> Outcome | None:
    """What has happened meanwhile to the listing or its cart, None for nothing."""
    if not carts.is_open(held):
        return Outcome.PLACE_CLOSED
    return Outcome.GONE if listing is None else None


async def _twin_goods(
    writer: Writer, creator_id: CreatorId, source: str, key: str, shop_id: ShopId, product_id: ProductId
) -> Goods:
    goods = await read_goods(writer, shop_id, product_id)
    if goods is None:
        raise NotFound
    known = await writer.value(
        """
        SELECT true FROM twin
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s AND source = %(source)s
          AND item_key = %(item_key)s AND dismissed_at IS NULL
        """,
        shop_id=shop_id,
        product_id=product_id,
        source=source,
        item_key=key,
    )
    if not known:
        raise NoTwin
    if not goods.for_sale:
        raise NotForSale
    return goods


def _entering(old: Listing, goods: Goods) -> Listing:
    state = replacement_state(old)
    return msgspec.structs.replace(
        old,
        listing_id=new_id(ListingId),
        state=state,
        source=OWN_SOURCE,
        storefront="",
        shop_id=goods.shop_id,
        product_id=goods.product_id,
        title=goods.title,
        title_en=goods.title_en,
        picture_url=goods.picture_url,
        price_fen=goods.price_fen,
        url=None,
        item_id=None,
        channel_task=None,
        limit_per_buyer=None,
        hold_s=HOLD_S_DEFAULT,
        off_reason=None,
        off_notice_id=None,
        put_on_at=None if state is ListingState.QUEUED else clock.now(),
        taken_off_at=None,
    )


def _done(results: Sequence[CartResult]) -> list[CartResult]:
    return [result for result in results if result.outcome is Outcome.DONE]


async def _insert(writer: Writer, entering: Sequence[Listing], replaced: dict[ListingId, ListingId]) -> None:
    await writer.run_many(
        """
        INSERT INTO listing (listing_id, creator_id, surface, room_id, video_id, position, state, source, shop_id,
                             product_id, title, title_en, picture_url, price_fen, replaces_id, hold_s, created_at,
                             put_on_at)
        VALUES (%(listing_id)s, %(creator_id)s, %(surface)s, %(room_id)s, %(video_id)s, %(position)s, %(state)s,
                'own', %(shop_id)s, %(product_id)s, %(title)s, %(title_en)s, %(picture_url)s, %(price_fen)s,
                %(replaces_id)s, %(hold_s)s, %(now)s, %(put_on_at)s)
        """,
        [
            msgspec.structs.asdict(new)
            | {
                "surface": new.surface.value,
                "state": new.state.value,
                "replaces_id": replaced[new.listing_id],
                "now": clock.now(),
            }
            for new in entering
        ],
    )


async def _write_back(writer: Writer, entering: Sequence[Listing]) -> None:
    await writer.run_many(
        """
        UPDATE listing
        SET state = %(state)s, position = %(position)s,
            off_reason = NULL, off_notice_id = NULL, taken_off_at = NULL,
            put_on_at = CASE WHEN %(state)s <> 'queued' THEN %(now)s ELSE put_on_at END
        WHERE listing_id = %(listing_id)s
        """,
        [
            {
                "listing_id": each.listing_id,
                "state": each.state.value,
                "position": each.position,
                "now": clock.now(),
            }
            for each in entering
        ],
    )


async def _finish(writer: Writer, carts: OpenCarts, entering: Sequence[Listing]) -> None:
    """Number the changed carts anew, publish what entered them, and tell whoever keeps or shows them."""
    new = {each.listing_id for each in entering}
    for cart in carts.carts.values():
        entered = [each for each in cart if each.listing_id in new]
        if entered:
            await write_order(writer, order_with([each for each in cart if each.listing_id not in new], entered))
    await publish_many(writer, [(each.shop_id or PLATFORM, event) for each in entering for event in _events(each)])
    if len(entering) > ONE_BY_ONE_MAX:
        await all_listings_changed(writer)
    else:
        for each in entering:
            await listing_changed(writer, each.listing_id)
    await tell_rooms(
        writer,
        [
            RoomMessage(
                each.room_id,
                RoomEvent.CART,
                {"listing_id": each.listing_id, "state": each.state.value, "off_reason": None},
            )
            for each in entering
            # A queued listing is nobody's business but its creator's.
            if each.room_id is not None and each.state is not ListingState.QUEUED
        ],
    )


def _events(listing: Listing) -> list[ListingQueued | ListingPutOn | ListingExplained]:
    fields = fields_of(listing)
    if listing.state is ListingState.QUEUED:
        return [ListingQueued(**fields)]
    events: list[ListingQueued | ListingPutOn | ListingExplained] = [ListingPutOn(**fields)]
    if listing.state is ListingState.EXPLAINING:
        events.append(ListingExplained(**fields))
    return events


async def _record(
    writer: Writer,
    person: Person,
    action: str,
    listing_id: ListingId,
    product_id: ProductId,
    results: Sequence[CartResult],
) -> None:
    done = _done(results)
    if not done:
        return
    await audit.record(
        writer,
        person,
        action,
        f"listing:{listing_id}",
        before={"listings": [each.listing_id for each in done]},
        after={"product_id": product_id, "listings": [each.new_listing_id for each in done]},
    )
