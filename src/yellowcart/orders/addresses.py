"""The addresses a buyer has used: the latest comes first at the next order, and they are the buyer's to forget."""

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.ids import PersonId, new_id
from yellowcart.orders.model import DeliveryAddress

ADDRESSES_MAX = 10
"""Addresses kept for one person; the one that was used longest ago goes first."""


class KnownAddress(msgspec.Struct, frozen=True):
    """An address under its id."""

    address_id: int
    address: DeliveryAddress


async def addresses_of(reader: Reader, person_id: PersonId) -> list[KnownAddress]:
    """The person's addresses, the latest used first."""
    return await reader.rows(
        KnownAddress,
        """
        SELECT address_id, address FROM buyer_address
        WHERE person_id = %(person_id)s
        ORDER BY used_at DESC, address_id DESC
        LIMIT %(most)s
        """,
        person_id=person_id,
        most=ADDRESSES_MAX,
    )


async def last_address(reader: Reader, person_id: PersonId) -> DeliveryAddress | None:
    """The address the person used last, or None."""
    known = await addresses_of(reader, person_id)
    return known[0].address if known else None


async def remember_address(writer: Writer, person_id: PersonId, address: DeliveryAddress) -> None:
    """Put an address first. One that is known is not kept twice."""
    await writer.run("SELECT 1 FROM person WHERE person_id = %(id)s ORDER BY person_id FOR UPDATE", id=person_id)
    values = {"person_id": person_id, "address": json_value(address), "now": clock.now()}
    known = await writer.run(
        "UPDATE buyer_address SET used_at = %(now)s WHERE person_id = %(person_id)s AND address = %(address)s",
        **values,
    )
    if known:
        return
    await writer.run(
        """
        INSERT INTO buyer_address (person_id, address_id, address, used_at)
        VALUES (%(person_id)s, %(address_id)s, %(address)s, %(now)s)
        """,
        address_id=new_id(int),
        **values,
    )
    await writer.run(
        """
        DELETE FROM buyer_address
        WHERE person_id = %(person_id)s AND address_id NOT IN (
            SELECT address_id FROM buyer_address
            WHERE person_id = %(person_id)s
            ORDER BY used_at DESC, address_id DESC
            LIMIT %(most)s
        )
        """,
        person_id=person_id,
        most=ADDRESSES_MAX,
    )


async def forget_address(writer: Writer, person_id: PersonId, address_id: int) -> None:
    """Forget one of the person's addresses. Forgetting one that is not there is no error."""
    await writer.run(
        "DELETE FROM buyer_address WHERE person_id = %(person_id)s AND address_id = %(address_id)s",
        person_id=person_id,
        address_id=address_id,
    )
