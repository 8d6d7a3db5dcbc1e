"""How many watch a room: the open streams of all web processes together, on the machine's clock."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import RoomId

FRESH_FOR = timedelta(seconds=10)
"""A process that has not written its count for so long is gone, and its viewers with it."""
FORGOTTEN_AFTER = timedelta(minutes=5)


class Headcount(msgspec.Struct, frozen=True):
    """Viewers and likes of a room."""

    viewers: int
    likes: int

    @property
    def data(self) -> dict[str, int]:
        """As pages are told."""
        return {"viewers": self.viewers, "likes": self.likes}


async def count_viewers(writer: Writer, node: str, viewers: Mapping[RoomId, int]) -> dict[RoomId, Headcount]:
    """Write the viewers of this process (`node`) and read those of all, with the likes, for the same rooms."""
    now = clock.system_now()
    await writer.run(
        "DELETE FROM room_viewers WHERE node = %(node)s AND NOT room_id = ANY(%(room_ids)s)"
        " OR updated_at < %(forgotten)s",
        node=node,
        room_ids=list(viewers),
        forgotten=now - FORGOTTEN_AFTER,
    )
    if not viewers:
        return {}
    await writer.run(
        """
        INSERT INTO room_viewers (room_id, node, viewers, updated_at)
        SELECT counted.room_id, %(node)s, counted.viewers, %(now)s
        FROM unnest(%(room_ids)s::bigint[], %(viewers)s::int[]) AS counted (room_id, viewers)
        ON CONFLICT (room_id, node) DO UPDATE SET viewers = excluded.viewers, updated_at = excluded.updated_at
        """,
        node=node,
        now=now,
        room_ids=list(viewers),
        viewers=list(viewers.values()),
    )
    counted = await writer.rows(
        _Counted,
        """
        WITH watched AS (
            SELECT room_id, sum(viewers)::int AS viewers
            FROM room_viewers
            WHERE room_id = ANY(%(room_ids)s) AND updated_at > %(fresh)s
            GROUP BY room_id
        ), peaked AS (
            INSERT INTO room_tally AS tally (room_id, viewers_peak)
            SELECT room_id, viewers FROM watched ORDER BY room_id
            ON CONFLICT (room_id) DO UPDATE SET viewers_peak = excluded.viewers_peak
            WHERE tally.viewers_peak < excluded.viewers_peak
        )
        SELECT watched.room_id, watched.viewers, coalesce(room_tally.likes, 0) AS likes
        FROM watched LEFT JOIN room_tally USING (room_id)
        """,
        room_ids=list(viewers),
        fresh=now - FRESH_FOR,
    )
    return {row.room_id: Headcount(row.viewers, row.likes) for row in counted}


class _Counted(msgspec.Struct, frozen=True):
    room_id: RoomId
    viewers: int
    likes: int
