"""An order that was checked and priced in memory, on its way through the lane."""

from collections.abc import Mapping, Sequence

import msgspec

from yellowcart.kernel.ids import OrderId, PersonId
from yellowcart.orders.judge import Asked
from yellowcart.orders.kept_prices import KeptPrice
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.price import Price
from yellowcart.orders.wanted import CheckedLine


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An order that waits to be judged. `claims` are the claimed coupons by the coupon that each is."""

    order_id: OrderId
    buyer_id: PersonId
    key: str
    request_hash: str
    lines: Sequence[CheckedLine]
    kept: KeptPrice
    claims: Mapping[int, int]
    address: DeliveryAddress
    note: str

    @property
    def price(self) -> Price:
        """What it costs."""
        return self.kept.price

    @property
    def hold_s(self) -> int:
        """How long it keeps its stock unpaid, in seconds: as long as the strictest of its listings allows."""
        return self.kept.hold_s

    def asked(self) -> Asked:
        """What the judge has to know of it."""
        return Asked(
            buyer_id=self.buyer_id,
            key=self.key,
            request_hash=self.request_hash,
            room_id=self.lines[0].listing.room_id,
            lines=self.kept.asked,
            claims=[(claim_id, coupon_id) for coupon_id, claim_id in self.claims.items()],
        )
