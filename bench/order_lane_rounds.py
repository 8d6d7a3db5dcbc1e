"""What the rounds of the order lane are, and what was seen in them."""

import msgspec

from bench.load import LoadResult
from bench.postgres_insert import InsertResult
from bench.promoted import UsedUp
from bench.sales import Sales


class LaneShape(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much. Requests are built before a round; the bounds say how many there can be."""

    connections: tuple[int, ...] = (64, 256)
    rounds: int = 5
    seconds: float = 3.0
    insert_seconds: float = 2.0
    orders_max: int = 60_000
    promoted_max: int = 40_000
    """The same of orders with everything, whose buyers are persons with claimed coupons, made beforehand."""
    empty_max: int = 400_000

    @property
    def promoted_buyers(self) -> int:
        """So many persons hold coupons: enough for every round and the warm-up."""
        return (2 * self.rounds * len(self.connections) + 1) * self.promoted_max


class OrderRounds(msgspec.Struct):
    """What was seen of one kind of order with one number of connections, round by round."""

    results: list[LoadResult] = []
    server_cores: list[float] = []
    """Used by the web process while it took orders."""
    postgres_cores: list[float] = []
    """The same of PostgreSQL; empty where it runs on another machine."""


class LaneRounds(msgspec.Struct):
    """What was seen with one number of connections."""

    plain: OrderRounds = msgspec.field(default_factory=OrderRounds)
    everything: OrderRounds = msgspec.field(default_factory=OrderRounds)
    both_coupons: OrderRounds = msgspec.field(default_factory=OrderRounds)
    """With everything, and a second coupon."""
    foundation: OrderRounds | None = None
    """None where the foundation's commit is not at hand."""
    empty: list[LoadResult] = []


class LaneResult(msgspec.Struct, frozen=True, kw_only=True):
    """All rounds by number of connections, PostgreSQL's own inserts, and what the tables held afterwards."""

    at: dict[int, LaneRounds]
    inserts: list[InsertResult]
    answered: int
    """Buyers who were told that they have a plain order, the warm-up's included."""
    answered_everything: int
    """The same of orders with everything."""
    sales: Sales
    sales_everything: Sales
    used_up: UsedUp
    foundation_note: str | None
    """Why the foundation was not measured; None when it was."""
