"""The last days before a world's start, deed by deed in the order of time: the clock stands at each while somebody
acts with a verb of the platform, so that trail, messages and deadlines are what they would be."""

import heapq
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

from yellowcart.accounts.model import Person, Role
from yellowcart.demo.past_order import PastOrder
from yellowcart.demo.seed_rows import Buyer, Seeded
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.payments.providers import Gateways
from yellowcart.uploads.storage import UploadStorage

CLOTH = frozenset(
    {"womenswear", "menswear", "hanfu", "shoes", "bags", "leather_fur", "childrenswear", "home_textiles"}
)
WEIGHED = frozenset({"fruit", "seafood", "snacks", "cooking", "health_food", "tea", "spirits"})
"""Categories whose goods have seams, and those that are sold by weight: what can be wrong with a thing depends on
what it is."""

Deed = Callable[[], Awaitable[None]]


class Chronicle:
    """Deeds that wait for their moment. A deed may add later ones. `spoken_for` are the orders that a story is
    about already: no two stories share one."""

    def __init__(
        self,
        database: Database,
        storage: UploadStorage,
        gateways: Gateways,
        seeded: Seeded,
        orders: list[PastOrder],
    ) -> None:
        self.database = database
        self.storage = storage
        self.gateways = gateways
        self.seeded = seeded
        self.orders = orders
        self.now = seeded.world.starts_at
        self.spoken_for: set[OrderId] = set()
        self._waiting: list[tuple[datetime, int, Deed]] = []
        self._added = 0
        self._chosen = 0
        self._told: Counter[str] = Counter()
        self._words = {each.key: each.lines for each in seeded.world.case_words}

    def add(self, at: datetime, deed: Deed) -> None:
        """Have a deed done at a moment."""
        self._added += 1
        heapq.heappush(self._waiting, (at, self._added, deed))

    async def run(self) -> None:
        """Do everything, and leave the clock at the world's start."""
        while self._waiting:
            at, _, deed = heapq.heappop(self._waiting)
            clock.process_clock().freeze(at)
            await deed()
        clock.process_clock().freeze(self.now)

    def words(self, key: str, number: int) -> str:
        """What is said at a turn; "" where the world has no words for it."""
        lines = self._words.get(key, ("",))
        return lines[number % len(lines)]

    def buyer(self, buyer: Buyer) -> Person:
        """A buyer as who signs in."""
        login = next(
            (key for key, each in self.seeded.people.items() if each.person_id == buyer.person_id), "guest"
        )
        return Person(person_id=buyer.person_id, login=login, name=buyer.name, roles=frozenset({Role.BUYER}))

    def seller(self, shop_id: int) -> Person:
        """Who keeps a shop."""
        merchant = next(key for key, each in self.seeded.shops.items() if each == shop_id)
        return self.seeded.merchant_people[merchant]

    @property
    def operator(self) -> Person:
        """Who runs the platform by day."""
        return self.seeded.people["operator"]

    def offered_shops(self) -> list[ShopId]:
        """The shops whose keepers' accounts a newcomer is offered."""
        return [
            self.seeded.shops[account.merchant]
            for account in self.seeded.world.accounts
            if account.merchant is not None
        ]

    def suits(self, order: PastOrder, picture: str | None) -> bool:
        """Whether an order's first thing can look like a picture: a seam opens in cloth, weight lacks in food."""
        code = self.seeded.categories[order.lines[0].listing.product.product.category_id].code
        match picture:
            case "seam":
                return code in CLOTH
            case "crack":
                return code not in CLOTH
            case "scale":
                return code in WEIGHED
        return True

    def foremost(self, orders: list[PastOrder], number: int) -> list[PastOrder]:
        """Up to `number` orders that no story is about, those first that a newcomer will look at (of an offered
        buyer, of an offered shop), and of these the goods that few stories were about. They are spoken for then.
        """
        shops, buyers = set(self.offered_shops()), {each.person_id for each in self.seeded.offered_buyers}
        free = [order for order in orders if order.order_id not in self.spoken_for]
        chosen: list[PastOrder] = []
        while free and len(chosen) < number:
            # Three of four stories are a newcomer's to see; the fourth is anybody's.
            self._chosen += 1
            eager = self._chosen % 4 != 0

            def rank(order: PastOrder, *, eager: bool = eager) -> tuple[int, int]:
                told = self._told[order.listing.product_key]
                far = (order.shop_id not in shops) + (order.buyer.person_id not in buyers)
                return (far + told, told) if eager else (told, far)

            order = min(free, key=rank)
            free.remove(order)
            chosen.append(order)
            self._told[order.listing.product_key] += 1
        self.spoken_for.update(order.order_id for order in chosen)
        return chosen
