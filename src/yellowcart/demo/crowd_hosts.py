"""The hosts of the crowd, who explain one product after the other."""

import asyncio
import random
from contextlib import suppress

from yellowcart.demo.accounts import cast
from yellowcart.demo.crowd_site import Account, Json, NotNow, Site
from yellowcart.demo.crowd_viewers import Rooms
from yellowcart.demo.world_file import World

LOOK_FOR_ROOMS_EVERY_S = 15.0


class Hosts:
    """Every creator of the world who has a room on air explains the next product now and then.

    A host whom a person plays (who moved the pin meanwhile) goes on from where the pin is.
    """

    def __init__(self, site: Site, world: World, seed: int, intensity: float) -> None:
        crowd = world.audience.crowd
        self._site = site
        self._seed = seed
        self._span_s = (crowd.explain_seconds_min / intensity, crowd.explain_seconds_max / intensity)
        logins = {part.creator: part.login for part in cast(world) if part.creator is not None}
        self._logins = {creator.name.zh: logins[creator.key] for creator in world.creators}
        self._at_work: dict[int, asyncio.Task[None]] = {}

    async def live(self, rooms: Rooms) -> None:
        """Watch for rooms that go on air, and host each until it ends."""
        try:
            while True:
                for room in rooms.on_air:
                    login = self._logins.get(room["creator_name"])
                    working = self._at_work.get(room["room_id"])
                    if login is not None and (working is None or working.done()):
                        host = self._host(room["room_id"], Account(self._site, login), rooms)
                        self._at_work[room["room_id"]] = asyncio.create_task(host)
                await asyncio.sleep(LOOK_FOR_ROOMS_EVERY_S if rooms.on_air else 1)
        finally:
            for task in self._at_work.values():
                task.cancel()
            await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    async def _host(self, room_id: int, account: Account, rooms: Rooms) -> None:
        dice = random.Random(f"{self._seed}/host/{account.login}")  # noqa: S311 - a story, not a secret
        await asyncio.sleep(dice.uniform(5, self._span_s[0]))
        while any(room["room_id"] == room_id for room in rooms.on_air):
            with suppress(NotNow):
                await self._explain_next(room_id, account)
            await asyncio.sleep(dice.uniform(*self._span_s))

    async def _explain_next(self, room_id: int, account: Account) -> None:
        cart: list[Json] = await self._site.call("GET", f"/api/v1/rooms/{room_id}/cart")
        shown = [each for each in cart if each["state"] in {"on_cart", "explaining"}]
        if len(shown) < 2:
            return
        at = next((place for place, each in enumerate(shown) if each["state"] == "explaining"), -1)
        following = shown[(at + 1) % len(shown)]
        await account.call("POST", f"/api/v1/listings/{following['listing_id']}/explain")
