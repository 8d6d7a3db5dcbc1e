"""Moderation of reviews for programs."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import Page
from yellowcart.reviews.desk_queries import DeskPart, moderation_queue, read_part
from yellowcart.reviews.model import HideReason, QueueFilter, ShowState
from yellowcart.reviews.moderate import Decision, decide_part
from yellowcart.reviews.subjects import MODERATORS

MODERATOR = allow(*MODERATORS)


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision about a part. `seen` is the state in which it was seen: a part that has moved since is not
    decided. Hiding needs a reason; the author reads reason and note."""

    decision: Decision
    seen: ShowState
    reason: HideReason | None = None
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


@get("/", guards=[MODERATOR])
async def queue(
    database: NamedDependency[Database],
    only: FromQuery[QueueFilter | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[DeskPart]:
    """What waits for a moderator, the longest first; with `only=hidden` what was hidden."""
    async with database.reading() as reader:
        return await moderation_queue(reader, only=only, cursor=cursor, size=size)


@post("/{shop_id:int}/{part_id:int}/decision", guards=[MODERATOR], status_code=200)
async def decide(
    shop_id: FromPath[int],
    part_id: FromPath[int],
    data: JSONBody[DecisionBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DeskPart:
    """Show or hide a part."""
    async with database.writing() as writer:
        await decide_part(
            writer,
            person,
            ShopId(shop_id),
            part_id,
            data.decision,
            seen=data.seen,
            reason=data.reason,
            note=data.note,
        )
        return await read_part(writer, ShopId(shop_id), part_id)


ROUTES = Router("/api/v1/moderation/reviews", route_handlers=[queue, decide], tags=["reviews"])
