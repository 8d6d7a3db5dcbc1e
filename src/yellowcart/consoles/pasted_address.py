"""An address in one field, as people paste it: name, telephone and where, in any order."""

from yellowcart.freight.address_text import read_address_text
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.translation import N_
from yellowcart.orders.addresses import AddressEntry, check_entry
from yellowcart.orders.model import DeliveryAddress

PASTED_LENGTH_MAX = 500
INCOMPLETE = N_("Write the name, the telephone and the whole address with province, city and district.")


def pasted_entry(text: str) -> AddressEntry:
    """What a pasted text says, with nothing where it says nothing."""
    parts = read_address_text(text[:PASTED_LENGTH_MAX])
    return AddressEntry(
        recipient=parts.recipient,
        phone=parts.phone,
        province=parts.province,
        city=parts.city,
        district=parts.district,
        street=parts.street,
    )


def pasted_address(text: str, field: str) -> DeliveryAddress:
    """The address that a field of a form holds. Raises InvalidFields at that field, with what is not right."""
    entry = pasted_entry(text)
    if not all((entry.recipient, entry.phone, entry.district, entry.street)):
        raise InvalidFields({field: INCOMPLETE})
    try:
        return check_entry(entry)
    except InvalidFields as refusal:
        raise InvalidFields({field: next(iter(refusal.problems.values()))}) from refusal


def written_address(address: DeliveryAddress) -> str:
    """An address as `pasted_entry` reads it."""
    return (
        f"{address.recipient} {address.phone}\n{address.province}{address.city}{address.district} {address.street}"
    )
