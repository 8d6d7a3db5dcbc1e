"""What the viewers of the crowd do with what they bought: they say that it came, review it, and ask for an
after-sale now and then."""

import asyncio
import random
import uuid
from contextlib import suppress

from yellowcart.demo.accounts import viewers
from yellowcart.demo.crowd_site import Account, Json, NotNow, Site
from yellowcart.demo.world_file import World

LOOKS_EVERY_S = 9.0
REVIEWS, ASKS = 0.5, 0.12
"""Of what has come, so much is reviewed, and about so much something is asked."""
ASKED = (
    ("return_refund", "no_reason", "no-reason-open"),
    ("return_refund", "quality", "quality-open"),
    ("refund_only", "damaged", "damaged-open"),
    ("resend", "missing", "missing-open"),
)
STARS, STAR_WEIGHTS = (5, 4, 3, 2, 1), (62, 20, 9, 4, 5)


class Homes:
    """Buyers of the crowd at home, one after the other."""

    def __init__(self, site: Site, world: World, seed: int, intensity: float) -> None:
        self._dice = random.Random(f"{seed}/homes")  # noqa: S311 - a story, not a secret
        self._intensity = intensity
        self._accounts = [Account(site, part.login) for part in viewers(world)]
        self._cases = {each.key: each.lines for each in world.case_words}
        self._reviews = world.review_words
        self._judged: set[int] = set()

    async def live(self) -> None:
        """Look at parcels and cases for ever."""
        while True:
            await asyncio.sleep(self._dice.expovariate(self._intensity / LOOKS_EVERY_S))
            account = self._dice.choice(self._accounts)
            for look in (self._confirm, self._judge, self._go_on):
                with suppress(NotNow):
                    await look(account)

    async def _confirm(self, account: Account) -> None:
        """What has come whole is confirmed."""
        for order in await self._orders(account, "shipped"):
            path = f"/api/v1/orders/{order['shop_id']}/{order['order_id']}"
            parcels = (await account.call("GET", f"{path}/parcels"))["parcels"]
            if parcels and all(parcel["state"] == "delivered" for parcel in parcels):
                await account.call("POST", f"{path}/confirm")

    async def _judge(self, account: Account) -> None:
        """Review what came, or ask for something; each order once."""
        for order in await self._orders(account, "received"):
            if order["order_id"] in self._judged:
                continue
            self._judged.add(order["order_id"])
            path = f"/api/v1/orders/{order['shop_id']}/{order['order_id']}"
            line = (await account.call("GET", path))["lines"][0]
            if self._dice.random() < ASKS:
                await self._ask(account, path, line)
            elif self._dice.random() < REVIEWS:
                await self._review(account, path, line)
            return

    async def _ask(self, account: Account, path: str, line: Json) -> None:
        kind, reason, words = self._dice.choice(ASKED)
        case = {
            "order_line_id": line["order_line_id"],
            "kind": kind,
            "reason": reason,
            "quantity": 1,
            "goods_received": True,
            "words": self._say(words),
        }
        await account.call("POST", f"{path}/aftersales", json=case, headers={"idempotency-key": uuid.uuid4().hex})

    async def _review(self, account: Account, path: str, line: Json) -> None:
        stars = self._dice.choices(STARS, STAR_WEIGHTS)[0]
        known = [each for each in self._reviews if each.stars == stars and not each.categories]
        body = self._dice.choice(self._dice.choice(known).first) if known else ""
        review = {
            "stars": {"goods": stars, "parcel": self._dice.randint(max(stars - 1, 1), 5), "service": stars},
            "body": body,
            "is_anonymous": self._dice.random() < 0.25,
        }
        headers = {"idempotency-key": uuid.uuid4().hex}
        review_path = f"{path}/lines/{line['order_line_id']}/review"
        await account.call("POST", review_path, json=review, headers=headers)

    async def _go_on(self, account: Account) -> None:
        """Send back what may come back, take what is offered or call the platform, confirm what came anew."""
        for case in (await account.call("GET", "/api/v1/aftersales", params={"size": "5"}))["items"]:
            path = f"/api/v1/aftersales/{case['shop_id']}/{case['aftersale_id']}"
            match case["state"]:
                case "awaiting_return":
                    parcel = {"carrier": "SF", "waybill": f"SF{self._dice.randrange(10**12):012d}"}
                    await account.call("POST", f"{path}/send-back", json=parcel | {"freight_fen": 1_200})
                case "awaiting_receipt":
                    await account.call("POST", f"{path}/confirm-replacement", json={})
                case "awaiting_buyer":
                    await self._answer(account, path)

    async def _answer(self, account: Account, path: str) -> None:
        with suppress(NotNow):
            await account.call("POST", f"{path}/accept-offer", json={})
            return
        await account.call("POST", f"{path}/call-platform", json={"words": self._say("call")})

    async def _orders(self, account: Account, state: str) -> list[Json]:
        found = await account.call("GET", "/api/v1/orders", params={"state": state, "size": "5"})
        orders: list[Json] = found["items"]
        return orders

    def _say(self, key: str) -> str:
        return self._dice.choice(self._cases[key])
