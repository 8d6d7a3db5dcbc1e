"""Freight of returns that shops owe to buyers beside the refunds: a refund can carry no more than was paid.

It is decided with the case and stands on it. Nobody has paid it out yet when it stands here: what a shop owes is
settled with the shop's money, not with the payment of the order.
"""

import msgspec

from yellowcart.aftersales.model import DECIDED
from yellowcart.aftersales.queries import among
from yellowcart.kernel.database import Reader

FREIGHT_OWED = f"filed.return_freight_fen > filed.return_freight_refunded_fen AND filed.{among(DECIDED)}"
"""The cases in which a shop owes freight, worded like their partial index."""


class FreightOwed(msgspec.Struct, frozen=True):
    """How many cases, and how much in all, in fen."""

    cases: int
    sum_fen: int


async def freight_owed(reader: Reader) -> FreightOwed:
    """What all shops owe to buyers for sending things back."""
    found = await reader.row(
        FreightOwed,
        f"""
        SELECT count(*) AS cases,
               coalesce(sum(filed.return_freight_fen - filed.return_freight_refunded_fen), 0)::bigint AS sum_fen
        FROM aftersale AS filed
        WHERE {FREIGHT_OWED}
        """,  # noqa: S608 - the condition stands in this file
    )
    assert found is not None, "a sum is always there"
    return found
