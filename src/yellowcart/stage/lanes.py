"""Two of the hot lanes as raw ASGI, beside the framework: the stream of a room, and what viewers report."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import structlog

from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.accounts.errors import TokenInvalid
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import PersonId, RoomId
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.raw_http import BodyUnreadable, BrokenInside, answer, answer_refusal, read_body
from yellowcart.kernel.translation import Locale, choose_locale
from yellowcart.stage.audience_intake import AudienceIntake, AudienceReport
from yellowcart.stage.hub import RoomHub
from yellowcart.stage.model import RoomState

AUDIENCE_PATH = "/api/v1/audience-events"
AUDIENCE_BODY_BYTES_MAX = 1_024
STREAM_PREFIX = "/rooms/"
STREAM_SUFFIX = "/stream"
UNCOUNTED = b"counted=no"
"""Asked for by the creator's own control desk, which watches without being a viewer."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
log = structlog.get_logger()
_decode = msgspec.json.Decoder(AudienceReport).decode

_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # A reverse proxy that buffers would hold back every event.
    (b"x-accel-buffering", b"no"),
]


def is_stream(path: str) -> bool:
    """Whether a path is that of a room's stream."""
    return path.startswith(STREAM_PREFIX) and path.endswith(STREAM_SUFFIX)


class RoomStreamHttp:
    """`GET /rooms/{room_id}/stream`: server-sent events, open to everybody as the room itself is.

    404 for a room that does not exist; 204, which ends a browser's attempts, for one that is over.
    """

    def __init__(self, database: Database, hub: RoomHub) -> None:
        self._database = database
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one stream until the page leaves or the room ends."""
        try:
            room_id = await self._open_room(scope["path"])
            if room_id is None:
                await answer(send, 204, b"")
                return
            page = self._hub.subscribe(room_id, counted=scope.get("query_string") != UNCOUNTED)
        except Refusal as refusal:
            await answer_refusal(send, refusal, _locale(scope))
            return
        except Exception:  # a defect of ours: logged here, told without its trace
            log.exception("room_stream.open_failed")
            await answer_refusal(send, BrokenInside(), _locale(scope))
            return
        serving = asyncio.current_task()
        assert serving is not None, "an ASGI application runs in a task"
        watch = asyncio.create_task(_cancel_when_left(receive, serving))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
            while (told := await page.next()) is not None:
                await send({"type": "http.response.body", "body": told, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except asyncio.CancelledError:
            if not watch.done():
                raise
        finally:
            self._hub.unsubscribe(room_id, page)
            watch.cancel()

    async def _open_room(self, path: str) -> RoomId | None:
        written = path[len(STREAM_PREFIX) : -len(STREAM_SUFFIX)]
        if not (written.isascii() and written.isdecimal() and len(written) <= 16):
            raise NotFound
        async with self._database.reading() as reader:
            state = await reader.value("SELECT state FROM room WHERE room_id = %(room_id)s", room_id=int(written))
        if state is None:
            raise NotFound
        return None if state == RoomState.ENDED.value else RoomId(int(written))


async def _cancel_when_left(receive: Receive, serving: asyncio.Task[None]) -> None:
    """End the serving of a stream as soon as its page has gone, wherever it waits."""
    while (await receive())["type"] != "http.disconnect":
        pass
    serving.cancel()


class AudienceHttp:
    """`POST /api/v1/audience-events`: one report of what a viewer did, answered 202 once it is written.

    No sign-in is needed; a buyer token says who it was.
    """

    def __init__(self, intake: AudienceIntake, tokens: BuyerTokens) -> None:
        self._intake = intake
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            person_id = self._person(scope)
            body = await read_body(receive, AUDIENCE_BODY_BYTES_MAX)
            try:
                report = _decode(body)
            except JSON_UNREADABLE as error:
                raise BodyUnreadable(reason=str(error)) from error
            await self._intake.take(report, person_id)
        except Refusal as refusal:
            await answer_refusal(send, refusal, _locale(scope))
        except Exception:  # a defect of ours: logged here, told without its trace
            log.exception("audience_lane.request_failed")
            await answer_refusal(send, BrokenInside(), _locale(scope))
        else:
            await answer(send, 202, b"{}")

    def _person(self, scope: Scope) -> PersonId | None:
        for name, value in scope["headers"]:
            if name == b"authorization":
                if value[:7].lower() != b"bearer ":
                    raise TokenInvalid
                return self._tokens.check(value[7:].decode("latin-1"), time.time())[0]
        return None


def _locale(scope: Scope) -> Locale:
    language = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    return choose_locale(None, language.decode("latin-1"))
