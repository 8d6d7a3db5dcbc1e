"""What viewers write to a room."""

from datetime import timedelta

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import RoomId, new_id
from yellowcart.stage.errors import ChatClosed, ChatTooFast
from yellowcart.stage.model import RoomState
from yellowcart.stage.queries import ChatMessage
from yellowcart.stage.rules import CHAT_PER_WINDOW_MAX, CHAT_WINDOW_S, said
from yellowcart.stage.stream import RoomEvent, tell_room

CHAT_LOCK = 0x59_43_48
"""Advisory lock class: one person's messages are counted one at a time."""


async def say(writer: Writer, person: Person, room_id: RoomId, body: str) -> ChatMessage:
    """Send a message to a room on air. Raises InvalidFields, NotFound, ChatClosed, ChatTooFast."""
    text = said(body)
    state = await writer.value("SELECT state FROM room WHERE room_id = %(room_id)s", room_id=room_id)
    if state is None:
        raise NotFound
    if RoomState(state) not in {RoomState.LIVE, RoomState.PAUSED}:
        raise ChatClosed
    await writer.run(
        "SELECT pg_advisory_xact_lock(%(lock)s, hashint8(%(person_id)s::bigint))",
        lock=CHAT_LOCK,
        person_id=person.person_id,
    )
    now = clock.now()
    lately = await writer.value(
        """
        SELECT count(*) FROM chat_message
        WHERE person_id = %(person_id)s AND sent_at > %(since)s
        """,
        person_id=person.person_id,
        since=now - timedelta(seconds=CHAT_WINDOW_S),
    )
    if lately >= CHAT_PER_WINDOW_MAX:
        raise ChatTooFast
    message = ChatMessage(message_id=new_id(int), name=person.name, body=text, sent_at=now)
    await writer.run(
        """
        INSERT INTO chat_message (room_id, message_id, person_id, name, body, sent_at)
        VALUES (%(room_id)s, %(message_id)s, %(person_id)s, %(name)s, %(body)s, %(sent_at)s)
        """,
        room_id=room_id,
        message_id=message.message_id,
        person_id=person.person_id,
        name=message.name,
        body=message.body,
        sent_at=message.sent_at,
    )
    await tell_room(
        writer, room_id, RoomEvent.CHAT, message_id=message.message_id, name=message.name, body=message.body
    )
    return message
