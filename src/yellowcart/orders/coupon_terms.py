"""What the order lane knows of coupons without asking the database: their terms, which hardly ever change."""

from collections import OrderedDict
from collections.abc import Sequence

from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import CouponId
from yellowcart.kernel.notifications import Notifications
from yellowcart.orders.errors import CouponUnknown
from yellowcart.promotions.changes import COUPON_CHANGED
from yellowcart.promotions.model import CouponTerms
from yellowcart.promotions.queries import coupon_terms

KEPT_MAX = 10_000


class CouponTermsInMemory:
    """The terms of the coupons that this process was asked about, dropped when their makers change them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[CouponId, CouponTerms] = OrderedDict()
        self._changes = 0

    async def follow(self, notifications: Notifications) -> None:
        """Hear of every change. Before `notifications.start`."""
        notifications.on(COUPON_CHANGED, self._changed)
        notifications.on_gap(self._gap)

    async def read(self, coupon_ids: Sequence[CouponId]) -> list[CouponTerms]:
        """The terms of these coupons, in their order. Raises CouponUnknown."""
        known = {coupon_id: self._known[coupon_id] for coupon_id in coupon_ids if coupon_id in self._known}
        missing = [coupon_id for coupon_id in coupon_ids if coupon_id not in known]
        if missing:
            changes = self._changes
            async with self._database.reading() as reader:
                read = await coupon_terms(reader, missing)
            known |= read
            if changes == self._changes:  # else something read may be older than a change: used once, not kept
                self._known.update(read)
        try:
            found = [known[coupon_id] for coupon_id in coupon_ids]
        except KeyError as error:
            raise CouponUnknown from error
        while len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)
        return found

    async def _changed(self, payload: str) -> None:
        self._changes += 1
        self._known.pop(CouponId(int(payload)), None)

    async def _gap(self) -> None:
        self._changes += 1
        self._known.clear()
