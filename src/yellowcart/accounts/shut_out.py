"""Whose buyer tokens hold no longer although they have not expired: people who were shut out since they were made.

A token is checked without asking the database. So every process knows those who were shut out within a token's
life: it hears of each on commit, and reads them all whenever it may have missed one.
"""

from datetime import datetime, timedelta
from math import ceil

import msgspec

from yellowcart.accounts.buyer_tokens import TOKEN_LIFE
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.notifications import Notifications

CHANNEL = "person_shut_out"
SETTLES_IN = timedelta(seconds=10)
"""A token that is made while somebody is being shut out is void as well: the two may not see each other."""
KNOWN_MAX = 100_000


class _Person(msgspec.Struct, frozen=True):
    person_id: PersonId
    shut_out_at: datetime


class ShutOut:
    """Until which expiry the tokens of a person are void, in this process."""

    def __init__(self) -> None:
        self._void_until_s: dict[int, int] = {}

    def holds(self, person_id: PersonId, expires_at_s: int) -> bool:
        """Whether a token that expires at a second of the machine's clock was made since."""
        return expires_at_s > self._void_until_s.get(person_id, 0)

    async def follow(self, database: Database, notifications: Notifications) -> None:
        """Know them from now on. Before `notifications.start`."""

        async def read() -> None:
            async with database.reading() as reader:
                rows = await reader.rows(
                    _Person,
                    """
                    SELECT person_id, shut_out_at FROM person
                    WHERE shut_out_at > %(since)s
                    ORDER BY shut_out_at DESC
                    LIMIT %(most)s
                    """,
                    since=clock.system_now() - TOKEN_LIFE - SETTLES_IN,
                    most=KNOWN_MAX,
                )
            for row in rows:
                self._note(row.person_id, void_until_s(row.shut_out_at))

        async def hear(payload: str) -> None:
            person_id, _, until_s = payload.partition(" ")
            self._note(int(person_id), int(until_s))

        notifications.on(CHANNEL, hear)
        notifications.on_gap(read)

    def _note(self, person_id: int, until_s: int) -> None:
        now_s = clock.system_now().timestamp()
        self._void_until_s = {each: until for each, until in self._void_until_s.items() if until > now_s}
        self._void_until_s[person_id] = max(until_s, self._void_until_s.get(person_id, 0))


def void_until_s(shut_out_at: datetime) -> int:
    """The latest expiry of a token that was made before somebody was shut out, in seconds since 1970."""
    return ceil((shut_out_at + TOKEN_LIFE + SETTLES_IN).timestamp())


async def void_tokens(writer: Writer, person_id: PersonId) -> None:
    """Let no token of the person hold that was made until now. They stay void when the person is let in again."""
    now = clock.system_now()
    await writer.run(
        "UPDATE person SET shut_out_at = %(now)s WHERE person_id = %(person_id)s", now=now, person_id=person_id
    )
    await writer.notify(CHANNEL, f"{person_id} {void_until_s(now)}")
