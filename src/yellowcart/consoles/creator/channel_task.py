"""Writing a channel's task number onto a listing, and putting it on with it."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.creator.navigation import is_part
from yellowcart.consoles.creator.shelf import cart_context, place_path
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import ListingId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.links.rules import Timeline
from yellowcart.stage import listings
from yellowcart.stage.carts import cart_listing
from yellowcart.stage.channel_tasks import give_task
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import Place, in_room, in_video


@post("/listings/{listing_id:int}/task", guards=[allow(Role.CREATOR)], status_code=200)
async def name_task(
    request: AnyRequest,
    listing_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str] | Redirect:
    """Write the number down, and put the listing on where that is asked; a wrong one comes back at its field."""
    form = None
    status = 200
    try:
        async with database.writing() as writer:
            listing = await give_task(writer, person, ListingId(listing_id), data.get("channel_task", ""))
            if data.get("put_on"):
                listing = await listings.put_on(writer, person, listing.listing_id)
    except InvalidFields as refusal:
        if not is_part(request):
            raise
        form, status = refused_form(refusal, data, locale_of(request)), status_of(refusal)
    async with database.reading() as reader:
        place = await _place(reader, person, ListingId(listing_id))
        if not is_part(request):
            return go_to(place_path(place), flash=N_("The task number is written down."))
        context = await cart_context(request, reader, place, timeline)
    wrong = {"task_listing": listing_id, "task_form_of": form} if form else {}
    return page(request, "creator/cart.html", context | wrong, status=status)


async def _place(reader: Reader, person: Person, listing_id: ListingId) -> Place:
    """The cart in which a listing of the person's stands. Raises NotFound."""
    creator = await creator_of(reader, person)
    listing = await cart_listing(reader, listing_id)
    if listing is not None and listing.creator_id == creator.creator_id:
        if listing.room_id is not None:
            return in_room(listing.room_id)
        if listing.video_id is not None:
            return in_video(listing.video_id)
    raise NotFound
