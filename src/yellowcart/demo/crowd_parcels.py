"""The carriers of the crowd: what merchants of the crowd ship is picked up, brought and signed for within minutes,
told to the platform by signed messages like those of any tracking source."""

import asyncio
import json
import random
import uuid
from contextlib import suppress
from datetime import datetime, timedelta

from yellowcart.demo.crowd_site import NotNow, Site
from yellowcart.demo.seed_parcels import SOURCE
from yellowcart.kernel import clock
from yellowcart.parcels.tracking.signature import sign, source_secret

WAY: tuple[tuple[str, str, tuple[float, float]], ...] = (
    ("collected", "快件已揽收", (4.0, 25.0)),
    ("in_transit", "快件已到达分拨中心", (15.0, 60.0)),
    ("out_for_delivery", "快递员正在派件", (20.0, 70.0)),
    ("delivered", "快件已签收，签收人：本人", (15.0, 60.0)),
)
"""What is told, in whose words, and how many seconds after the thing before: a way of days in minutes."""
LOST = 0.06
"""So many parcels stop on their way."""


class Couriers:
    """Carry parcels; each is told of by a task of its own. `installation_secret` signs: without it nothing is
    told."""

    def __init__(self, site: Site, seed: int, intensity: float, installation_secret: str | None) -> None:
        self._site = site
        self._dice = random.Random(f"{seed}/couriers")  # noqa: S311 - a story, not a secret
        self._intensity = intensity
        self._secret = None if installation_secret is None else source_secret(installation_secret, SOURCE, 1)
        self._on_the_way: set[asyncio.Task[None]] = set()

    def carry(self, carrier: str, waybill: str, shipped_at: datetime, place: str) -> None:
        """Take a parcel on that was shipped at a moment of the platform's, to a place."""
        if self._secret is not None:
            task = asyncio.create_task(self._bring(self._secret, carrier, waybill, shipped_at, place))
            self._on_the_way.add(task)
            task.add_done_callback(self._on_the_way.discard)

    def drop(self) -> None:
        """Leave everything where it is: the crowd goes home."""
        for task in self._on_the_way:
            task.cancel()

    async def _bring(self, secret: str, carrier: str, waybill: str, shipped_at: datetime, place: str) -> None:
        at, told = shipped_at, WAY
        if self._dice.random() < LOST:
            told = WAY[: self._dice.randint(1, len(WAY) - 1)]
        for status, words, seconds in told:
            waited_s = self._dice.uniform(*seconds) / self._intensity
            await asyncio.sleep(waited_s)
            at += timedelta(seconds=waited_s)
            event = {"carrier": carrier, "waybill": waybill, "status": status, "at": at.isoformat()}
            with suppress(NotNow):
                await self._tell(secret, [event | {"place": place, "text": f"【{place}】{words}"}])

    async def _tell(self, secret: str, events: list[dict[str, str]]) -> None:
        message_id, sent_at, body = uuid.uuid4().hex, clock.system_now(), json.dumps(events).encode()
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": sign(secret, message_id, sent_at, body),
        }
        await self._site.call("POST", f"/api/v1/tracking/{SOURCE}", content=body, headers=headers)
