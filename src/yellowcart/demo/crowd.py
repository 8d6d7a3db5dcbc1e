"""The simulated crowd: a process of its own that talks HTTP like anybody, so that every page of a demo is alive.

It survives restarts of the platform, asks for nothing that a person could not ask for, and is small on purpose:
a few requests a second. The same seed makes everybody decide the same way; what comes of it depends on the rest.
"""

import asyncio
import signal
from contextlib import suppress

import structlog

from yellowcart.demo.accounts import viewers
from yellowcart.demo.crowd_buyers import Homes
from yellowcart.demo.crowd_hosts import Hosts
from yellowcart.demo.crowd_merchants import Merchants
from yellowcart.demo.crowd_parcels import Couriers
from yellowcart.demo.crowd_site import Site
from yellowcart.demo.crowd_viewers import Rooms, Viewer
from yellowcart.demo.world_file import World

READ_ROOMS_EVERY_S = 20.0
TELL_EVERY_S = 300.0
log = structlog.get_logger()


async def run_crowd(
    url: str,
    *,
    world: World,
    seed: int,
    people: int,
    intensity: float,
    secret: str | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Be the crowd of the platform at `url` until SIGTERM or SIGINT, or until `stop` is set. `secret` is the
    installation's: its carriers sign with what follows from it, and without it they tell nothing."""
    stop = stop or _stop_on_signal()
    async with Site(url) as site:
        rooms, couriers = Rooms(site), Couriers(site, seed, intensity, secret)
        crowd = [
            Viewer(site, world, part.login, f"{seed}/viewer/{part.login}", intensity)
            for part in viewers(world)[:people]
        ]
        lives = [
            asyncio.create_task(rooms.follow(READ_ROOMS_EVERY_S), name="rooms"),
            asyncio.create_task(Hosts(site, world, seed, intensity).live(rooms), name="hosts"),
            asyncio.create_task(Merchants(site, world, seed, intensity, couriers).live(), name="merchants"),
            asyncio.create_task(Homes(site, world, seed, intensity).live(), name="homes"),
            asyncio.create_task(_tell(site), name="told"),
            *(asyncio.create_task(viewer.live(rooms), name="viewer") for viewer in crowd),
        ]
        log.info("crowd.here", people=len(crowd), url=url)
        stopping = asyncio.create_task(stop.wait(), name="stop")
        done, _ = await asyncio.wait([*lives, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in [*lives, stopping]:
            task.cancel()
        couriers.drop()
        await asyncio.gather(*lives, stopping, return_exceptions=True)
        for task in done - {stopping}:
            task.result()
    log.info("crowd.gone")


async def _tell(site: Site) -> None:
    while True:
        before = site.requests
        await asyncio.sleep(TELL_EVERY_S)
        log.info("crowd.requests", a_second=round((site.requests - before) / TELL_EVERY_S, 2))


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return stop
