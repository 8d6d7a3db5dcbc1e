"""The application that a bench asks: the real one, with one empty endpoint in front as the measure of the server.

Served by granian with the flags of production: `bench.served:create_application` instead of `yellowcart.app:…`.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from yellowcart.app import Application
from yellowcart.app import create_application as create_real_application
from yellowcart.kernel.raw_http import answer

EMPTY_PATH = "/bench/empty"
EMPTY_ANSWER = b'{"done":true}'

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WithEmptyEndpoint:
    """The real application, and `POST /bench/empty`, which answers 201 and does nothing at all."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"] == EMPTY_PATH and scope["method"] == "POST":
            await answer(send, 201, EMPTY_ANSWER)
        else:
            await self._application(scope, receive, send)


def create_application() -> WithEmptyEndpoint:
    """The application as the environment configures it."""
    return WithEmptyEndpoint(create_real_application())
