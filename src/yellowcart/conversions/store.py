"""Reported orders in the database: lines that a batch may touch, locked; rows and revisions written in sets."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec

from yellowcart.conversions.model import Conversion, Network, ReportedLine
from yellowcart.kernel.database import Writer, json_value
from yellowcart.kernel.ids import ReportId

_DOOR: Final = 0x59_43_43
"""Advisory-lock class of the networks; the second key is the network's place in the enum."""

_UPDATED: Final = ", ".join(
    f"{name} = EXCLUDED.{name}"
    for name in Conversion.__struct_fields__
    if name not in {"network", "order_line_id", "first_reported_at"}
)


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What one report said of a line, as it was kept."""

    network: Network
    order_line_id: str
    revision: int
    report_id: ReportId
    reported: ReportedLine
    recorded_at: datetime


async def lock_network(writer: Writer, network: Network) -> None:
    """Let no other report of the network be taken in until this transaction ends: a line that is not known yet has
    no row that could be locked."""
    await writer.run(
        "SELECT pg_advisory_xact_lock(%(door)s, %(network)s)", door=_DOOR, network=list(Network).index(network)
    )


async def lock_lines(
    writer: Writer, network: Network, keys: Collection[str], order_ids: Collection[str]
) -> list[Conversion]:
    """The lines of these keys, in either form, and those of these orders; in order of their keys."""
    return await writer.rows(
        Conversion,
        """
        SELECT * FROM conversion
        WHERE network = %(network)s
          AND (order_line_id = ANY(%(keys)s) OR network_line_id = ANY(%(keys)s) OR order_id = ANY(%(order_ids)s))
        ORDER BY network, order_line_id
        FOR UPDATE
        """,
        network=network.value,
        keys=sorted(keys),
        order_ids=sorted(order_ids),
    )


async def write_lines(writer: Writer, lines: Sequence[Conversion]) -> None:
    """Write lines as they are known now, new ones and changed ones."""
    if lines:
        await writer.run(
            f"""
            INSERT INTO conversion
            SELECT * FROM jsonb_populate_recordset(NULL::conversion, %(lines)s)
            ON CONFLICT (network, order_line_id) DO UPDATE SET {_UPDATED}
            """,  # noqa: S608 - put together from constants of ours
            lines=json_value(lines),
        )


async def write_revisions(writer: Writer, revisions: Sequence[Revision]) -> None:
    """Append what reports said."""
    if revisions:
        await writer.run(
            """
            INSERT INTO conversion_revision
            SELECT * FROM jsonb_populate_recordset(NULL::conversion_revision, %(revisions)s)
            """,
            revisions=json_value(revisions),
        )
