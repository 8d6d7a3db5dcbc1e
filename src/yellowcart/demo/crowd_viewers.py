"""A viewer of the crowd: goes into a room, watches, likes, chats, leaves through a link, buys, pays or not."""

import asyncio
import random
import uuid
from contextlib import suppress

import msgspec

from yellowcart.demo.audience_model import ChatMoment
from yellowcart.demo.crowd_site import Account, Json, NotNow, Site
from yellowcart.demo.world_file import World

PACE = 2.5
"""The world file's rates are for rooms of thousands; a crowd of sixty is a little busier each."""
STAY_S = (60.0, 300.0)
CART_IS_KNOWN_FOR_S = 20.0
AFTER_EXPLAINING = 0.12
"""How likely a viewer orders at once when the host opens a link."""
CLAIMS_PER_MINUTE = 3
"""Per hundred viewers, like the world file's rates; the file does not say how often coupons are claimed."""
CLAIMS = 4_500
"""Basis points of viewers who claim a coupon that pops up."""
REGRET_AFTER_S = (15.0, 90.0)
LANDED_BASIS_POINTS, RETURNED_BASIS_POINTS = 9_400, 5_800
"""Of those who leave through an outside link: the other site opens; of these: they come back."""
AWAY_S = (4.0, 40.0)


class Deed(msgspec.Struct, frozen=True):
    """Something a viewer does now and then, so many times a minute per hundred viewers."""

    name: str
    per_minute: int


class Viewer:
    """One of the crowd. Everything it does by chance, it does by its own seeded chance."""

    def __init__(self, site: Site, world: World, login: str, seed: str, intensity: float) -> None:
        self._site = site
        self._crowd = world.audience.crowd
        self._lines = {chat.moment: [line.zh for line in chat.lines] for chat in world.audience.chats}
        self._places = world.audience.places
        self._recipients = world.audience.recipients
        self._dice = random.Random(seed)  # noqa: S311 - a story, not a secret
        self._account = Account(site, login)
        self._intensity = intensity
        self._visitor = f"crowd-{login.replace('_', '-')}"
        self._address = self._home()
        self._cart: list[Json] = []
        self._cart_read_at = 0.0
        self._errands: set[asyncio.Task[None]] = set()
        self._deeds = [
            Deed("like", self._crowd.likes_per_minute),
            Deed("cart_open", self._crowd.cart_opens_per_minute),
            Deed("chat", self._crowd.chats_per_minute),
            Deed("tap", self._crowd.product_taps_per_minute),
            Deed("jump_out", self._crowd.jump_outs_per_minute),
            Deed("order", self._crowd.orders_per_minute),
            Deed("claim", CLAIMS_PER_MINUTE),
        ]

    async def live(self, rooms: "Rooms") -> None:
        """Go from room to room for ever."""
        await asyncio.sleep(self._dice.uniform(0, 20) / self._intensity)
        while True:
            room_id = rooms.pick(self._dice)
            if room_id is None:
                await asyncio.sleep(5)
                continue
            with suppress(NotNow):
                await self._visit(room_id)
            await asyncio.sleep(self._dice.uniform(2, 12) / self._intensity)

    async def _visit(self, room_id: int) -> None:
        self._cart, self._cart_read_at = [], 0.0
        await self._report("enter", room_id)
        listening = asyncio.create_task(self._listen(room_id))
        try:
            if self._chance(2_500):
                await self._say(room_id, ChatMoment.GREETING)
            leaves_at = _now() + self._dice.uniform(*STAY_S)
            while _now() < leaves_at and not listening.done():
                per_minute = sum(deed.per_minute for deed in self._deeds) / 100 * PACE * self._intensity
                await asyncio.sleep(self._dice.expovariate(per_minute / 60))
                with suppress(NotNow):
                    await self._do(room_id)
            await self._report("leave", room_id)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, NotNow):
                await listening

    async def _do(self, room_id: int) -> None:
        deed = self._dice.choices(self._deeds, [each.per_minute for each in self._deeds])[0].name
        match deed:
            case "like" | "cart_open":
                await self._report(deed, room_id)
            case "chat":
                moments = (ChatMoment.ASKING, ChatMoment.ASKING, ChatMoment.PRAISING, ChatMoment.HURRYING)
                await self._say(room_id, self._dice.choice(moments))
            case "tap":
                listing = self._one_of(await self._read_cart(room_id))
                await self._report("tap", room_id, listing)
            case "jump_out":
                await self._jump_out(room_id)
            case "claim":
                await self._claim_one(room_id)
            case "order":
                await self._order(room_id)

    async def _listen(self, room_id: int) -> None:
        """Hold the room's stream open, and answer to what happens there."""
        async with self._site.stream(f"/rooms/{room_id}/stream") as events:
            async for kind, data in events:
                if kind == "cart":
                    self._cart_read_at = 0.0
                    with suppress(NotNow):
                        await self._answer(room_id, data)
                elif kind == "coupon" and self._chance(CLAIMS):
                    with suppress(NotNow):
                        await asyncio.sleep(self._dice.uniform(0.5, 9))
                        await self._claim(data["coupon_id"], room_id)
                elif kind == "room" and data.get("state") == "ended":
                    return

    async def _answer(self, room_id: int, data: Json) -> None:
        if data.get("off_reason") == "link_rule":
            if self._chance(self._crowd.notice_chat_probability_basis_points):
                await asyncio.sleep(self._dice.uniform(0.5, 15))
                await self._say(room_id, ChatMoment.AFTER_NOTICE)
        elif data.get("state") == "explaining" and self._dice.random() < AFTER_EXPLAINING * min(
            self._intensity, 2
        ):
            await asyncio.sleep(self._dice.uniform(0.3, 6))
            await self._order(room_id)

    async def _claim_one(self, room_id: int) -> None:
        """Take one of the coupons that the room offers."""
        offered = await self._site.call("GET", f"/api/v1/rooms/{room_id}/coupons")
        if coupon := self._one_of(offered):
            await self._claim(coupon["coupon_id"], room_id)

    async def _claim(self, coupon_id: int, room_id: int) -> None:
        headers = {"idempotency-key": self._key()}
        path = f"/api/v1/coupons/{coupon_id}/claims"
        await self._account.call("POST", path, json={"room_id": room_id}, headers=headers)

    async def _jump_out(self, room_id: int) -> None:
        listing = self._one_of([each for each in await self._read_cart(room_id) if not each.get("skus")])
        if listing is None:
            return
        await self._report("tap", room_id, listing)
        if self._chance(1_500):
            await self._say(room_id, ChatMoment.JUMPING_OUT)
        jump_key = self._key()
        await self._site.submit(f"/out/{listing['listing_id']}", {"visitor": self._visitor, "jump_key": jump_key})
        if self._chance(LANDED_BASIS_POINTS):
            await self._tell_of_jump(jump_key, "landed")
            if self._chance(RETURNED_BASIS_POINTS):
                await asyncio.sleep(self._dice.uniform(*AWAY_S) / self._intensity)
                await self._tell_of_jump(jump_key, "returned")

    async def _tell_of_jump(self, jump_key: str, happened: str) -> None:
        """What the page that was left tells, and the page that is in front again (`assets/jump.js`)."""
        await self._site.submit("/out/beacon", {"jump_key": jump_key, "happened": happened})

    async def _order(self, room_id: int) -> None:
        own = [each for each in await self._read_cart(room_id) if each.get("skus")]
        listing = next((each for each in own if each["state"] == "explaining"), None)
        if listing is None or self._chance(4_000):
            listing = self._one_of(own)
        if listing is None:
            return
        sku = self._dice.choice(listing["skus"])
        await self._report("tap", room_id, listing)
        if sku["available"] < 1:
            return
        quantity = self._dice.choices((1, 2, 3), (85, 12, 3))[0]
        where = {part: self._address[part] for part in ("province", "city", "district")}
        line = {"listing_id": listing["listing_id"], "sku_id": sku["sku_id"], "quantity": quantity}
        quote = await self._account.call("POST", "/api/v1/checkout", json={"lines": [line], "place": where})
        if quote["price"] is None:
            return
        (quoted,) = quote["lines"]
        line |= {part: quoted[part] for part in ("unit_price_fen", "special_price_id")}
        placed = await self._account.order(
            {
                "lines": [line | {"return_rule_accepted": quoted["needs_acceptance"]}],
                "total_fen": quote["price"]["total_fen"],
                "coupons": quote["used"],
                "address": self._address,
            },
            self._key(),
        )
        errand = asyncio.create_task(self._pay(placed, room_id))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _pay(self, placed: Json, room_id: int) -> None:
        """Go to the cashier, or forget about it; some who have paid change their mind."""
        with suppress(NotNow):
            crowd = self._crowd
            path = f"/api/v1/orders/{placed['shop_id']}/{placed['order_id']}"
            if not self._chance(crowd.pay_probability_basis_points):
                if self._chance(crowd.cancel_probability_basis_points * 5):
                    await asyncio.sleep(self._dice.uniform(*REGRET_AFTER_S))
                    await self._account.call("POST", f"{path}/cancel")
                return
            # Most pay at once; the slow ones stay within a few minutes.
            longest = crowd.pay_delay_seconds_max
            await asyncio.sleep(self._dice.triangular(crowd.pay_delay_seconds_min, longest / 2, 10))
            payment = await self._account.call("POST", f"{path}/payments")
            refused = self._chance(crowd.pay_refused_probability_basis_points)
            await self._site.submit(payment["url"], {"decision": "refuse" if refused else "pay"})
            await self._account.call("POST", f"{path}/payments/{payment['payment_id']}/settle")
            if refused:
                return
            if self._chance(3_000):
                await self._say(room_id, ChatMoment.BUYING)
            if self._chance(crowd.refund_probability_basis_points):
                await asyncio.sleep(self._dice.uniform(*REGRET_AFTER_S))
                headers = {"idempotency-key": self._key()}
                await self._account.call("POST", f"{path}/cancel-paid", json={}, headers=headers)

    async def _say(self, room_id: int, moment: ChatMoment) -> None:
        body = self._dice.choice(self._lines[moment])
        headers = {"idempotency-key": self._key()}
        await self._account.call("POST", f"/api/v1/rooms/{room_id}/chat", json={"body": body}, headers=headers)

    async def _report(self, kind: str, room_id: int, listing: Json = None) -> None:
        if kind == "tap" and listing is None:
            return
        event: dict[str, Json] = {"kind": kind, "visitor": self._visitor, "room_id": room_id}
        if listing is not None:
            event["listing_id"] = listing["listing_id"]
        await self._site.call("POST", "/api/v1/audience-events", json=event)

    async def _read_cart(self, room_id: int) -> list[Json]:
        """The cart as it was a moment ago; what is gone from it is not tapped."""
        if _now() - self._cart_read_at > CART_IS_KNOWN_FOR_S:
            cart: list[Json] = await self._site.call("GET", f"/api/v1/rooms/{room_id}/cart")
            self._cart = [each for each in cart if each["state"] in {"on_cart", "explaining"}]
            self._cart_read_at = _now()
        return self._cart

    def _one_of(self, listings: list[Json]) -> Json:
        return self._dice.choice(listings) if listings else None

    def _key(self) -> str:
        """An idempotency key. Not from the seeded chance: a crowd that starts again asks for something new."""
        return uuid.uuid4().hex

    def _chance(self, basis_points: int) -> bool:
        return self._dice.randrange(10_000) < basis_points

    def _home(self) -> dict[str, str]:
        place = self._dice.choice(self._places)
        return {
            "recipient": self._dice.choice(self._recipients),
            "phone": f"1380000{self._dice.randrange(10_000):04d}",
            "province": place.province,
            "city": place.city,
            "district": place.district,
            "street": f"{place.street}{self._dice.randint(1, place.houses)}号",
        }


class Rooms:
    """The rooms on air, as the whole crowd knows them: read by one, every few seconds."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.on_air: list[Json] = []

    async def follow(self, every_s: float) -> None:
        """Read them again and again."""
        while True:
            with suppress(NotNow):
                self.on_air = (await self._site.call("GET", "/api/v1/rooms", params={"size": "50"}))["items"]
            await asyncio.sleep(every_s if self.on_air else 2)

    def pick(self, dice: random.Random) -> int | None:
        """One of them: the earlier in the feed, the likelier."""
        if not self.on_air:
            return None
        weights = [1 / (place + 2) for place in range(len(self.on_air))]
        return int(dice.choices(self.on_air, weights)[0]["room_id"])


def _now() -> float:
    return asyncio.get_running_loop().time()
