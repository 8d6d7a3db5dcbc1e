"""The task numbers of channels: where a rule admits a source only through a named channel, each listing names the
task under which the channel placed it."""

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import ListingId
from yellowcart.kernel.translation import N_
from yellowcart.links.rules import verdict
from yellowcart.links.store import read_timeline
from yellowcart.stage.changes import listing_changed
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import Listing
from yellowcart.stage.rules import require_channel_task
from yellowcart.stage.store import lock_cart, lock_place, place_of


async def give_task(writer: Writer, person: Person, listing_id: ListingId, channel_task: str) -> Listing:
    """Write a task number onto a listing of the person's, in whatever state it is, as long as its cart is open.

    It can be given before the rule begins that asks for it: the listing then stays. Raises InvalidFields,
    NotACreator, NotFound, PlaceClosed.
    """
    creator = await creator_of(writer, person)
    known = await place_of(writer, creator.creator_id, listing_id)
    judged = verdict(await read_timeline(writer), known.surface, known.source, clock.now())
    task = require_channel_task(judged, channel_task)
    if task is None:
        raise InvalidFields({"channel_task": N_("Give the task number.")})
    await lock_place(writer, creator.creator_id, known.place)
    await lock_cart(writer, known.place, listing_id)
    written = await writer.row(
        Listing,
        "UPDATE listing SET channel_task = %(task)s WHERE listing_id = %(listing_id)s RETURNING *",
        listing_id=listing_id,
        task=task,
    )
    if written is None:
        raise NotFound
    await listing_changed(writer, listing_id)
    await audit.record(
        writer,
        person,
        "stage:listing:task",
        f"listing:{listing_id}",
        before={"channel_task": known.channel_task},
        after={"channel_task": task},
    )
    return written
