"""The little that a raw ASGI lane needs of HTTP: read a bounded body, answer JSON, answer a refusal."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

import msgspec

from yellowcart.kernel.errors import Invalid, Refusal
from yellowcart.kernel.problem import CONTENT_TYPE, headers_of, problem_of
from yellowcart.kernel.translation import N_, Locale

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class BodyTooLarge(Invalid):
    """More was sent than this route takes."""

    code = "body_too_large"
    message = N_("What was sent is too large.")


class BodyUnreadable(Invalid):
    """The body is not what this route takes."""

    code = "body_malformed"
    message = N_("The request could not be read: %(reason)s")


class BrokenInside(Refusal):
    """A defect of ours."""

    code = "internal_error"
    message = N_("Something broke on our side. Nothing was changed; please try again.")


async def read_body(receive: Receive, bytes_max: int) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as it is longer than `bytes_max`."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > bytes_max:
            break
    if len(body) > bytes_max:
        raise BodyTooLarge
    return body


async def answer(
    send: Send,
    status: int,
    body: bytes,
    *,
    content_type: bytes = b"application/json",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Send one complete answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type),
                (b"content-length", b"%d" % len(body)),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def answer_refusal(send: Send, refusal: Refusal, locale: Locale) -> None:
    """Send a refusal as problem details. In a sale most answers are one and the same refusal, so that its bytes
    are made once and kept."""
    try:
        status, body = _kept_problem(
            type(refusal),  # type: ignore[arg-type]  # a class is hashable, whatever its instances are
            tuple(refusal.values.items()),
            locale,
        )
    except TypeError:  # a value that cannot be a key, or a refusal made of more than values
        status, body = _problem(refusal, locale)
    await answer(
        send,
        status,
        body,
        content_type=CONTENT_TYPE.encode(),
        headers=tuple((name.encode(), value.encode()) for name, value in headers_of(refusal).items()),
    )


@lru_cache(maxsize=512)
def _kept_problem(
    kind: type[Refusal], values: tuple[tuple[str, object], ...], locale: Locale
) -> tuple[int, bytes]:
    return _problem(kind(**dict(values)), locale)


def _problem(refusal: Refusal, locale: Locale) -> tuple[int, bytes]:
    problem = problem_of(refusal, locale)
    status = 500 if isinstance(refusal, BrokenInside) else problem.status
    return status, msgspec.json.encode(msgspec.structs.replace(problem, status=status))
