"""Forms of every page: what was typed comes back with what is wrong, and what is sent twice is done once."""

import secrets
from collections.abc import Mapping
from typing import Annotated

from litestar.enums import RequestEncodingType
from litestar.params import Body

from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.translation import Locale

FormBody = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""A form as a browser sends it."""

Form = dict[str, dict[str, str]]
"""What `parts/forms.html` draws: `values` as they were typed, `errors` by field."""


def refused_form(refusal: Refusal, values: Mapping[str, str], locale: Locale) -> Form:
    """A form with its input kept and the refusal's errors at their fields, or above the whole."""
    return {"values": dict(values), "errors": refusal.fields(locale) or {"": refusal.text(locale)}}


def fresh_request_key() -> str:
    """A key for a form that creates something: sent twice, it creates once."""
    return secrets.token_urlsafe(16)
