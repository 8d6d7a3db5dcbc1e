"""Listings for programs: queueing, putting on, explaining, taking off, moving. As the creator console does it."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ListingId, ProductId, RoomId, ShopId, VideoId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.links.found_link import FoundLink
from yellowcart.links.model import Surface
from yellowcart.links.resolve import LinkResolver
from yellowcart.stage import listings
from yellowcart.stage.channel_tasks import give_task
from yellowcart.stage.creators import creator_of
from yellowcart.stage.errors import PlaceUnclear
from yellowcart.stage.goods import sellable_link
from yellowcart.stage.model import Listing, ListingState, Place, in_room, in_video
from yellowcart.stage.queries import CreatorListing, listings_of_creator
from yellowcart.stage.rules import HOLD_S_DEFAULT

CREATOR = allow(Role.CREATOR)
ListingStateFilter = Annotated[ListingState | None, QueryParameter(name="state")]
Id = Annotated[int, Meta(gt=0, lt=2**53)]
Text = Annotated[str, Meta(max_length=200)]


class NewProductListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="product"):
    """A product of a platform shop for the cart of a room or a video."""

    shop_id: Id
    product_id: Id
    room_id: Id | None = None
    video_id: Id | None = None
    limit_per_buyer: Annotated[int, Meta(ge=1, le=999)] | None = None
    hold_s: Annotated[int, Meta(ge=60, le=86_400)] = HOLD_S_DEFAULT


class NewOutsideListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="outside"):
    """An outside product, by its link or share text, for the cart of a room or a video."""

    pasted_text: Annotated[str, Meta(min_length=1, max_length=5_000)]
    title: Text
    title_en: Text = ""
    price_fen: Annotated[int, Meta(ge=1, le=100_000_000)] | None = None
    channel_task: Annotated[str, Meta(max_length=200)] | None = None
    room_id: Id | None = None
    video_id: Id | None = None


class ChannelTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number under which a channel placed the product as a task."""

    channel_task: Annotated[str, Meta(min_length=1, max_length=200)]


class NewPosition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a listing goes, counted from 1."""

    position: Annotated[int, Meta(ge=1, le=1_000)]


@get("/", guards=[CREATOR])
async def my_listings(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    source: FromQuery[str | None] = None,
    surface: FromQuery[Surface | None] = None,
    listing_state: ListingStateFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[CreatorListing]:
    """The signed-in creator's listings, the latest first."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        return await listings_of_creator(
            reader,
            creator.creator_id,
            source=source,
            surface=surface,
            state=listing_state,
            cursor=cursor,
            size=size,
        )


@post("/", guards=[CREATOR], status_code=201)
async def new_listing(
    data: JSONBody[NewProductListing | NewOutsideListing],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    link_resolver: NamedDependency[LinkResolver],
) -> Listing:
    """Queue a product or an outside link in a cart. `refused_by_link_rule` tells which notice forbids it."""
    key = request_key(person.person_id, idempotency_key, data)
    place = _place(data)
    resolved: FoundLink | None = None
    if isinstance(data, NewOutsideListing):  # asks the network: before the transaction
        resolved = (await link_resolver.resolve(sellable_link(data.pasted_text))).link
    async with database.writing() as writer:

        async def make() -> Listing:
            if isinstance(data, NewProductListing):
                return await listings.list_product(
                    writer,
                    person,
                    place,
                    ShopId(data.shop_id),
                    ProductId(data.product_id),
                    limit_per_buyer=data.limit_per_buyer,
                    hold_s=data.hold_s,
                )
            return await listings.list_outside(
                writer,
                person,
                place,
                pasted_text=data.pasted_text,
                title=data.title,
                title_en=data.title_en,
                price_fen=data.price_fen,
                channel_task=data.channel_task,
                link=resolved,
            )

        return await once(writer, "stage:listing:queue", key, Listing, make)


@post("/{listing_id:int}/put-on", guards=[CREATOR], status_code=200)
async def put_on(
    listing_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Listing:
    """Put a listing into its cart."""
    async with database.writing() as writer:
        return await listings.put_on(writer, person, ListingId(listing_id))


@post("/{listing_id:int}/channel-task", guards=[CREATOR], status_code=200)
async def name_channel_task(
    listing_id: FromPath[int],
    data: JSONBody[ChannelTask],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Listing:
    """Write a channel's task number onto a listing, before or after a link rule asks for it."""
    async with database.writing() as writer:
        return await give_task(writer, person, ListingId(listing_id), data.channel_task)


@post("/{listing_id:int}/explain", guards=[CREATOR], status_code=200)
async def explain(
    listing_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Listing:
    """Pin a listing over the video; the one pinned before is unpinned."""
    async with database.writing() as writer:
        return await listings.explain(writer, person, ListingId(listing_id))


@post("/{listing_id:int}/stop-explaining", guards=[CREATOR], status_code=200)
async def stop_explaining(
    listing_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Listing:
    """Unpin a listing."""
    async with database.writing() as writer:
        return await listings.stop_explaining(writer, person, ListingId(listing_id))


@post("/{listing_id:int}/take-off", guards=[CREATOR], status_code=200)
async def take_off(
    listing_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Listing:
    """Take a listing out of its cart."""
    async with database.writing() as writer:
        return await listings.take_off(writer, person, ListingId(listing_id))


@post("/{listing_id:int}/move", guards=[CREATOR], status_code=200)
async def move(
    listing_id: FromPath[int],
    data: JSONBody[NewPosition],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> list[Listing]:
    """Give a listing another place in its cart; answers the cart."""
    async with database.writing() as writer:
        return await listings.move(writer, person, ListingId(listing_id), data.position)


def _place(new: NewProductListing | NewOutsideListing) -> Place:
    if new.room_id is not None and new.video_id is None:
        return in_room(RoomId(new.room_id))
    if new.video_id is not None and new.room_id is None:
        return in_video(VideoId(new.video_id))
    raise PlaceUnclear


ROUTES = Router(
    "/api/v1/listings",
    route_handlers=[my_listings, new_listing, put_on, name_channel_task, explain, stop_explaining, take_off, move],
    tags=["stage"],
)
