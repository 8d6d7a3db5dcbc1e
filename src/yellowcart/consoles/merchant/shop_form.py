"""A shop's settings out of a form."""

from collections.abc import Mapping

from yellowcart.catalog.model import MerchantKind, NewShop
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.translation import N_


def read_shop_form(values: Mapping[str, str]) -> NewShop:
    """The settings as they were typed. Raises InvalidFields for a kind that there is not."""
    try:
        kind = MerchantKind(values.get("kind", ""))
    except ValueError as error:
        raise InvalidFields({"kind": N_("Choose one of these.")}) from error
    return NewShop(
        kind=kind,
        name=values.get("name", ""),
        name_en=values.get("name_en", ""),
        region=values.get("region", ""),
        description=values.get("description", ""),
    )
