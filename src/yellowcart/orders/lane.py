"""The order lane's HTTP side, as raw ASGI: the framework costs more than the order (design.md, measured).

`POST /api/v1/orders` with a buyer token and an idempotency key. Every answer is JSON; refusals are problem
details like everywhere else.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import structlog

from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.accounts.errors import TokenInvalid
from yellowcart.kernel.database import LOST
from yellowcart.kernel.errors import Refusal, Unavailable
from yellowcart.kernel.idempotency import KEY_LENGTH_MAX, IdempotencyKeyMissing, hash_of
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.raw_http import BodyUnreadable, BrokenInside, answer, answer_refusal, read_body
from yellowcart.kernel.translation import choose_locale
from yellowcart.orders.place import OrderLane, PlacedOrder
from yellowcart.orders.wanted import NewOrder

PATH = "/api/v1/orders"
BODY_BYTES_MAX = 8_192

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
log = structlog.get_logger()

_decode = msgspec.json.Decoder(NewOrder).decode
_encode = msgspec.json.Encoder().encode


class BuyersPlace:
    """Places the order of whoever holds a buyer token: what the raw lane and the framework's handler share."""

    def __init__(self, lane: OrderLane, tokens: BuyerTokens) -> None:
        self._lane = lane
        self._tokens = tokens

    async def __call__(self, authorization: bytes, key: str, wanted: NewOrder) -> PlacedOrder:
        """Raises what `admit` and `OrderLane.place` raise."""
        return await self.place(self.admit(authorization, key), key, wanted)

    def admit(self, authorization: bytes, key: str) -> PersonId:
        """Whose request this is. Raises TokenInvalid, TokenExpired, IdempotencyKeyMissing."""
        buyer_id = self._buyer(authorization)
        if not 0 < len(key) <= KEY_LENGTH_MAX or not key.isprintable():
            raise IdempotencyKeyMissing
        return buyer_id

    async def place(self, buyer_id: PersonId, key: str, wanted: NewOrder) -> PlacedOrder:
        """Place an admitted buyer's order. Raises what `OrderLane.place` raises."""
        return await self._lane.place(buyer_id, key, hash_of(wanted), wanted)

    def _buyer(self, authorization: bytes) -> PersonId:
        if authorization[:7].lower() != b"bearer ":
            raise TokenInvalid
        buyer_id, _ = self._tokens.check(authorization[7:].decode("latin-1"), time.time())
        return buyer_id


class OrderLaneHttp:
    """The raw ASGI callable for `POST /api/v1/orders`."""

    def __init__(self, place: BuyersPlace) -> None:
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        authorization = key = language = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"idempotency-key":
                key = value
            elif name == b"accept-language":
                language = value
        try:
            key_text = key.decode("latin-1")
            # Admission first: who is not signed in learns nothing about bodies.
            buyer_id = self._place.admit(authorization, key_text)
            wanted = _read(await read_body(receive, BODY_BYTES_MAX))
            placed = await self._place.place(buyer_id, key_text, wanted)
        except Refusal as refusal:
            await answer_refusal(send, refusal, choose_locale(None, language.decode("latin-1")))
        except LOST:
            await answer_refusal(send, Unavailable(), choose_locale(None, language.decode("latin-1")))
        except Exception:  # a defect of ours: logged here, told without its trace
            log.exception("order_lane.request_failed")
            await answer_refusal(send, BrokenInside(), choose_locale(None, language.decode("latin-1")))
        else:
            await answer(send, 201, _encode(placed))


def _read(body: bytes) -> NewOrder:
    try:
        return _decode(body)
    except JSON_UNREADABLE as error:
        raise BodyUnreadable(reason=str(error)) from error
