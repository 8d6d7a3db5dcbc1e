"""One life: a shop on the platform, and the books of who watches it. Every step is taken on both, and compared."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from tests.lives.bookkeeping import Books
from tests.lives.power_cut import Cut, cutting, is_cut
from tests.lives.premises import Premises, Shop
from tests.lives.provider import BookKeeper, ChargeThere
from tests.lives.what_tables_say import Tables, read_tables
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import PaymentId, ShopId

Answer = TypeVar("Answer")


class BooksDiffer(AssertionError):
    """The platform and the books say different things."""


@dataclass
class Outcome(Generic[Answer]):
    """What became of a step: its answer, or why it was refused, or neither when the power went before the commit.
    An answer that was lost after the commit is known all the same: what was committed must stand."""

    answer: Answer | None = None
    refused: Refusal | None = None
    happened: bool = False


@dataclass
class Box:
    """A parcel that brings goods of an order back: where it ended, as its carrier told."""

    order_id: int
    end: str | None = None


@dataclass
class Life:
    """A life that goes on."""

    premises: Premises
    shop: Shop
    story: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    tables: Tables = field(default_factory=Tables)
    waybills: int = 0
    placed: dict[int, tuple[str, Any, int]] = field(default_factory=dict)
    parcels: dict[int, list[str]] = field(default_factory=dict)
    sent: dict[str, dict[int, int]] = field(default_factory=dict)
    arrived: dict[str, datetime] = field(default_factory=dict)
    returns: dict[int, str] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    reconciles: bool = False

    @property
    def books(self) -> Books:
        """What should be."""
        return self.shop.books

    @property
    def shop_id(self) -> ShopId:
        return self.shop.world.shop_id

    @property
    def now(self) -> datetime:
        return clock.now()

    def tick(self, seconds: float = 1) -> None:
        """Time passes."""
        clock.process_clock().freeze(clock.now() + timedelta(seconds=seconds))

    def tell(self, words: str) -> None:
        """A line of the story."""
        self.story.append(words)

    def waybill(self) -> str:
        """A number that no parcel had before."""
        self.waybills += 1
        return f"Z{self.shop_id}X{self.waybills:03d}"

    def charges_of(self, order_id: int) -> list[tuple[BookKeeper, ChargeThere]]:
        """What the providers have of an order, by the payments that the platform has of it."""
        found = []
        for payment in sorted(self.tables.payments, key=lambda each: each.payment_id):
            if payment.order_id == order_id:
                provider = self.premises.providers[payment.gateway]
                charge = provider.charges.get((self.shop_id, PaymentId(payment.payment_id)))
                if charge is not None:
                    found.append((provider, charge))
        return found

    async def act(self, verb: Callable[[Writer], Awaitable[Answer]], cut: Cut | None = None) -> Outcome[Answer]:
        """Run a verb in a transaction of its own, cut off where `cut` says so."""
        answer: Answer | None = None
        try:
            with cutting(cut):
                async with self.premises.database.writing() as writer:
                    answer = await verb(writer)
        except Refusal as refused:
            self.counts[f"refused {refused.code}"] += 1
            return Outcome(refused=refused)
        except BaseException as error:
            if not is_cut(error, cut) or cut is None:
                raise
            self.counts["cut after the commit" if cut.committed else "cut before the commit"] += 1
            self.tell("  the power goes " + ("after the commit" if cut.committed else "before the commit"))
            return Outcome(answer, happened=True) if cut.committed else Outcome()
        return Outcome(answer, happened=True)

    def require(self, outcome: Outcome[Any], why_not: set[str]) -> bool:
        """Hold an outcome against what it should be: refused with one of these codes, or not at all. Answers
        whether it happened."""
        if outcome.refused is not None:
            self.tell(f"  refused: {outcome.refused.code}")
            if outcome.refused.code not in why_not:
                raise BooksDiffer(f"refused with {outcome.refused.code}, and should be {why_not or 'accepted'}")
            return False
        if outcome.happened and why_not:
            raise BooksDiffer(f"accepted, and should be refused: {why_not}")
        return outcome.happened

    def ends(self) -> Counter[str]:
        """What became of its orders, cases, payments and refunds."""
        tables = self.tables
        return Counter(
            [f"order {each.close_reason or each.state}" for each in tables.orders]
            + [f"case {each.kind}: {each.state}" for each in tables.cases]
            + [f"payment {each.state}" for each in tables.payments]
            + [f"refund {each.state}{' by hand' if each.by_hand else ''}" for each in tables.refunds]
        )

    async def look(self) -> Tables:
        """Read what the tables say."""
        async with self.premises.database.reading() as reader:
            self.tables = await read_tables(reader, self.shop_id, [each.person_id for each in self.shop.buyers])
        return self.tables
