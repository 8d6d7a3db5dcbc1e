"""The life of a live room: announced, on air, paused, over."""

from datetime import datetime

from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import Event, publish
from yellowcart.kernel.ids import RoomId, new_id
from yellowcart.stage.changes import all_listings_changed
from yellowcart.stage.creators import creator_of
from yellowcart.stage.errors import AlreadyOnAir, TooManyRoomsAhead
from yellowcart.stage.events import RoomEnded, RoomPaused, RoomResumed, RoomScheduled, RoomStarted
from yellowcart.stage.grace import leaving_by_rule
from yellowcart.stage.model import OffReason, Room, RoomState, in_room
from yellowcart.stage.rule_messages import tell_of_room_over
from yellowcart.stage.rules import (
    ROOMS_AHEAD_MAX,
    require_room_move,
    room_move_refused,
    schedule_problem,
    title_problem,
)
from yellowcart.stage.store import lock_cart, lock_creator, lock_room
from yellowcart.stage.stream import RoomEvent, tell_room
from yellowcart.stage.taking_off import take_listings_off


async def schedule_room(
    writer: Writer, person: Person, *, title: str, title_en: str = "", scheduled_at: datetime
) -> Room:
    """Announce a live room; its cart can be filled from now on.

    Raises InvalidFields, TooManyRoomsAhead, NotACreator.
    """
    creator = await lock_creator(writer, person)
    problems = {
        "title": title_problem(title),
        "title_en": title_problem(title_en, least=0),
        "scheduled_at": schedule_problem(scheduled_at, clock.now()),
    }
    if found := {name: problem for name, problem in problems.items() if problem is not None}:
        raise InvalidFields(found)
    ahead = await writer.value(
        "SELECT count(*) FROM room WHERE creator_id = %(creator_id)s AND state = 'scheduled'",
        creator_id=creator.creator_id,
    )
    if ahead >= ROOMS_AHEAD_MAX:
        raise TooManyRoomsAhead
    room = Room(
        room_id=new_id(RoomId),
        creator_id=creator.creator_id,
        title=title.strip(),
        title_en=title_en.strip(),
        state=RoomState.SCHEDULED,
        scheduled_at=scheduled_at,
        started_at=None,
        ended_at=None,
    )
    await writer.run(
        """
        INSERT INTO room (room_id, creator_id, title, title_en, state, scheduled_at, created_at)
        VALUES (%(room_id)s, %(creator_id)s, %(title)s, %(title_en)s, 'scheduled', %(scheduled_at)s, %(now)s)
        """,
        room_id=room.room_id,
        creator_id=room.creator_id,
        title=room.title,
        title_en=room.title_en,
        scheduled_at=room.scheduled_at,
        now=clock.now(),
    )
    await writer.run("INSERT INTO room_tally (room_id) VALUES (%(room_id)s)", room_id=room.room_id)
    await publish(writer, RoomScheduled(room_id=room.room_id, creator_id=room.creator_id))
    await audit.record(writer, person, "stage:room:schedule", f"room:{room.room_id}", after={"title": room.title})
    return room


async def go_live(writer: Writer, person: Person, room_id: RoomId) -> Room:
    """Put a scheduled room on air. Queued listings stay queued until their creator puts them on.

    An empty cart does not forbid it; the control desk warns (domain.md §5.3). Raises NotFound,
    RoomMoveImpossible, AlreadyOnAir.
    """
    creator = await creator_of(writer, person)
    room = await lock_room(writer, creator.creator_id, room_id)
    if room.state is not RoomState.SCHEDULED:
        raise room_move_refused(room.state)
    started = RoomStarted(room_id=room.room_id, creator_id=room.creator_id)
    return await _move(writer, person, room, RoomState.LIVE, started)


async def pause_room(writer: Writer, person: Person, room_id: RoomId) -> Room:
    """Take a break: viewers stay, the cart stays open. Raises NotFound, RoomMoveImpossible."""
    creator = await creator_of(writer, person)
    room = await lock_room(writer, creator.creator_id, room_id)
    paused = RoomPaused(room_id=room.room_id, creator_id=room.creator_id)
    return await _move(writer, person, room, RoomState.PAUSED, paused)


async def resume_room(writer: Writer, person: Person, room_id: RoomId) -> Room:
    """End a break. Raises NotFound, RoomMoveImpossible."""
    creator = await creator_of(writer, person)
    room = await lock_room(writer, creator.creator_id, room_id)
    if room.state is not RoomState.PAUSED:
        raise room_move_refused(room.state)
    resumed = RoomResumed(room_id=room.room_id, creator_id=room.creator_id)
    return await _move(writer, person, room, RoomState.LIVE, resumed)


async def end_room(writer: Writer, person: Person, room_id: RoomId) -> Room:
    """End a room, or call off one that has not begun; every listing leaves its cart. What had stayed there by the
    grace of a notice leaves by that notice, and its creator is told. Raises NotFound, RoomMoveImpossible.
    """
    creator = await creator_of(writer, person)
    room = await lock_room(writer, creator.creator_id, room_id)
    require_room_move(room.state, RoomState.ENDED)
    cart = await lock_cart(writer, in_room(room_id))
    by_rule = await leaving_by_rule(writer, cart)
    for notice_id in sorted(set(by_rule.values())):
        leaving = [listing for listing in cart if by_rule.get(listing.listing_id) == notice_id]
        await take_listings_off(writer, leaving, OffReason.LINK_RULE, notice_id)
        await tell_of_room_over(writer, person.person_id, room, notice_id, leaving)
    others = [listing for listing in cart if listing.listing_id not in by_rule]
    await take_listings_off(writer, others, OffReason.ROOM_ENDED)
    ended = RoomEnded(room_id=room.room_id, creator_id=room.creator_id, listing_count=len(cart))
    return await _move(writer, person, room, RoomState.ENDED, ended)


async def _move(writer: Writer, person: Person, room: Room, wanted: RoomState, event: Event) -> Room:
    require_room_move(room.state, wanted)
    try:
        async with writer.attempt():
            moved = await writer.row(
                Room,
                """
                UPDATE room
                SET state = %(state)s,
                    started_at = CASE WHEN %(state)s = 'live' THEN coalesce(started_at, %(now)s)
                                      ELSE started_at END,
                    ended_at = CASE WHEN %(state)s = 'ended' THEN %(now)s END
                WHERE room_id = %(room_id)s
                RETURNING *
                """,
                room_id=room.room_id,
                state=wanted.value,
                now=clock.now(),
            )
    except UniqueViolation as error:
        raise AlreadyOnAir from error
    assert moved is not None, "the room is locked"
    await publish(writer, event)
    await all_listings_changed(writer)
    await tell_room(writer, room.room_id, RoomEvent.ROOM, state=wanted.value)
    await audit.record(
        writer,
        person,
        "stage:room:move",
        f"room:{room.room_id}",
        before={"state": room.state.value},
        after={"state": wanted.value},
    )
    return moved
