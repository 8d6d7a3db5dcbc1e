"""The hub's own bookkeeping: bytes, queues, and pages that do not read."""

import asyncio

from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import RoomId
from yellowcart.stage.hub import OPENING, QUEUE_MAX, RoomHub, encode_event
from yellowcart.stage.stream import RoomEvent, RoomMessage

ROOM = RoomId(7)


def hub() -> RoomHub:
    return RoomHub(Database("postgresql://nowhere/nothing"))


def test_an_event_is_id_kind_and_one_line_of_data() -> None:
    told = encode_event(RoomEvent.CHAT, {"body": "一\n二"}, "7-1")
    assert told == 'id: 7-1\nevent: chat\ndata: {"body":"一\\n二"}\n\n'.encode()
    assert encode_event(RoomEvent.AUDIENCE, {"viewers": 2}, None) == b'event: audience\ndata: {"viewers":2}\n\n'


async def test_what_waits_for_a_page_goes_out_in_one_piece() -> None:
    rooms = hub()
    page = rooms.subscribe(ROOM)
    rooms.tell(RoomMessage(ROOM, RoomEvent.ORDER, {"count": 1}))
    rooms.tell(RoomMessage(RoomId(8), RoomEvent.ORDER, {"count": 2}))
    told = await page.next()
    assert told == OPENING + b'id: 7-1\nevent: order\ndata: {"count":1}\n\n'


async def test_a_page_that_does_not_read_is_dropped_and_the_others_are_not() -> None:
    rooms = hub()
    slow, quick = rooms.subscribe(ROOM), rooms.subscribe(ROOM)
    for _ in range(QUEUE_MAX):
        await quick.next()
        rooms.tell(RoomMessage(ROOM, RoomEvent.ORDER, {"count": 1}))
    assert rooms.viewers() == {ROOM: 1}
    assert (await quick.next() or b"").endswith(b'data: {"count":1}\n\n')
    await slow.next()
    assert await slow.next() is None


async def test_the_end_of_a_room_closes_every_page_after_its_last_event() -> None:
    rooms = hub()
    page = rooms.subscribe(ROOM)
    await page.next()
    waiting = asyncio.create_task(page.next())
    await asyncio.sleep(0)
    rooms.tell(RoomMessage(ROOM, RoomEvent.ROOM, {"state": "ended"}))
    assert b'"ended"' in (await waiting or b"")
    assert await page.next() is None


async def test_a_creators_own_desk_is_no_viewer() -> None:
    rooms = hub()
    rooms.subscribe(ROOM, counted=False)
    page = rooms.subscribe(ROOM)
    assert rooms.viewers() == {ROOM: 1}
    rooms.unsubscribe(ROOM, page)
    rooms.unsubscribe(ROOM, page)
    assert rooms.viewers() == {ROOM: 0}
