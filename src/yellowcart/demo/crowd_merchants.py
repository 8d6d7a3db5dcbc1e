"""The merchants of the crowd: they ship what was paid, whole or in two parcels, answer after-sales and reviews.

Shops whose keeper's account is offered to newcomers are theirs to answer: the crowd only ships there.
"""

import asyncio
import random
from contextlib import suppress
from datetime import datetime

from yellowcart.demo.accounts import cast
from yellowcart.demo.crowd_parcels import Couriers
from yellowcart.demo.crowd_site import Account, Json, NotNow, Site
from yellowcart.demo.world_file import World

SHIP_EVERY_S = 15.0
SHIP_AT_ONCE = 3
CARRIERS = ("SF", "ZTO", "YTO", "STO", "YD", "JTSD")
PART_SHIPPED = 0.3
"""So many orders with several pieces leave in two parcels."""
ANSWERS_EVERY = 0.5
"""So often a merchant who looks at the desk also answers what buyers ask."""
AGREES, OFFERS = 0.66, 0.2
"""Of what may be refused, so much is granted, and for so much less is offered; the rest is refused."""
OFFERED_PERCENT = 40


class Merchants:
    """Merchants look at their desk in turn and do what has waited longest."""

    def __init__(self, site: Site, world: World, seed: int, intensity: float, couriers: Couriers) -> None:
        self._dice = random.Random(f"{seed}/merchants")  # noqa: S311 - a story, not a secret
        self._intensity = intensity
        self._couriers = couriers
        self._accounts = [Account(site, part.login) for part in cast(world) if part.merchant is not None]
        self._offered = {account.login for account in world.accounts}
        self._words = {each.key: each.lines for each in world.case_words}
        self._thanks = [line for each in world.review_words for line in each.answers if each.stars >= 4]
        self._shops: dict[str, list[int]] = {}

    async def live(self) -> None:
        """Work for ever."""
        while True:
            await asyncio.sleep(self._dice.expovariate(self._intensity / SHIP_EVERY_S))
            account = self._dice.choice(self._accounts)
            with suppress(NotNow):
                for shop_id in await self._shops_of(account):
                    await self._ship(account, shop_id)
            if account.login not in self._offered and self._dice.random() < ANSWERS_EVERY:
                with suppress(NotNow):
                    for shop_id in await self._shops_of(account):
                        await self._answer_cases(account, shop_id)
                        await self._answer_review(account, shop_id)

    async def _shops_of(self, account: Account) -> list[int]:
        if account.login not in self._shops:
            found = await account.call("GET", "/api/v1/shops")
            shops = found["items"] if isinstance(found, dict) else found
            self._shops[account.login] = [shop["shop_id"] for shop in shops]
        return self._shops[account.login]

    async def _ship(self, account: Account, shop_id: int) -> None:
        for state in ("part_shipped", "paid"):
            waiting = await account.call("GET", f"/api/v1/shops/{shop_id}/orders", params={"state": state})
            for order in waiting["items"][-SHIP_AT_ONCE:]:
                with suppress(NotNow):  # stopped, or its address is asked about: the next one
                    await self._ship_order(account, shop_id, order["order_id"], again=state == "part_shipped")

    async def _ship_order(self, account: Account, shop_id: int, order_id: int, *, again: bool) -> None:
        path = f"/api/v1/shops/{shop_id}/orders/{order_id}"
        carrier = self._dice.choice(CARRIERS)
        parcel: dict[str, Json] = {"carrier": carrier, "waybill": f"{carrier}{self._dice.randrange(10**11):011d}"}
        if not again and self._dice.random() < PART_SHIPPED:
            lines = (await account.call("GET", path))["lines"]
            if sum(line["quantity"] - line["cancelled_quantity"] for line in lines) > 1:
                parcel["pieces"] = {str(lines[0]["order_line_id"]): 1}
        detail = await account.call("POST", f"{path}/shipments", json=parcel)
        told = await account.call("GET", f"{path}/parcels")
        place = detail["order"]["address"]["city"]
        for each in told["parcels"]:
            if each["waybill"] == parcel["waybill"]:
                self._couriers.carry(carrier, each["waybill"], datetime.fromisoformat(each["shipped_at"]), place)

    async def _answer_cases(self, account: Account, shop_id: int) -> None:
        waiting = await account.call("GET", f"/api/v1/shops/{shop_id}/aftersales-due", params={"size": "3"})
        for case in waiting["items"]:
            with suppress(NotNow):
                await self._answer_case(account, shop_id, case)

    async def _answer_case(self, account: Account, shop_id: int, case: Json) -> None:
        path = f"/api/v1/shops/{shop_id}/aftersales/{case['aftersale_id']}"
        match case["state"]:
            case "awaiting_seller":
                await self._decide(account, path, case)
            case "awaiting_inspection":
                await account.call("POST", f"{path}/confirm-return", json={"restock": case["quantity"]})
            case "awaiting_replacement":
                parcel = {"carrier": "ZTO", "waybill": f"ZTO{self._dice.randrange(10**11):011d}"}
                await account.call("POST", f"{path}/ship-replacement", json=parcel)
            case "evidence_of_seller":
                await account.call("POST", f"{path}/evidence", json={"words": self._say("seller-evidence")})

    async def _decide(self, account: Account, path: str, case: Json) -> None:
        chance = self._dice.random()
        if chance < AGREES:
            await account.call("POST", f"{path}/agree", json={"words": self._say("agree")})
        elif chance < AGREES + OFFERS and case["asked_fen"] > 1:
            body = {
                "kind": "refund_only",
                "amount_fen": max(case["asked_fen"] * OFFERED_PERCENT // 100, 1),
                "words": self._say("offer"),
            }
            await account.call("POST", f"{path}/offer", json=body)
        else:
            await account.call("POST", f"{path}/refuse", json={"words": self._say("refuse")})

    async def _answer_review(self, account: Account, shop_id: int) -> None:
        path = f"/api/v1/shops/{shop_id}/review-parts"
        waiting = await account.call("GET", path, params={"only": "waiting", "size": "1"})
        for part in waiting["items"]:
            answer = {"answer": self._dice.choice(self._thanks)}
            await account.call("PUT", f"{path}/{part['part_id']}/answer", json=answer)

    def _say(self, key: str) -> str:
        return self._dice.choice(self._words[key])
