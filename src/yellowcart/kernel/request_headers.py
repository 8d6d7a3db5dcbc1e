"""Headers that several folders' handlers take, described once for the OpenAPI document."""

from typing import Annotated

from litestar.params import HeaderParameter

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Required. 1 to 80 characters of your own; a repeat of the request gets the first answer.",
    ),
]
"""A handler hands it to `idempotency.request_key`, which refuses a missing one in the platform's own words."""
