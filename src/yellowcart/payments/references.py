"""How our payments and refunds are called at a provider.

The number goes out with every call of one charge or refund, so that a repeat has no second effect, and comes back
in notifications and bills. It fits both providers: WeChat Pay takes 6 to 32 of `0-9A-Za-z_-|*` (微信支付 APIv3,
Native 下单, out_trade_no), Alipay up to 64 letters, digits and underscores (alipay.trade.page.pay, out_trade_no).
"""

import re
import string

from yellowcart.kernel.ids import LARGEST_ID, ShopId

_DIGITS = string.digits + string.ascii_lowercase
_FORM = re.compile(r"([0-9a-z]{1,11})_([0-9a-z]{4,11})")
_WIDTH = 4
"""Short ids are filled up, so that no reference has fewer than 6 characters."""


def reference_of(shop_id: ShopId, number: int) -> str:
    """The reference of a shop's payment or refund: both ids in base 36, at most 23 characters."""
    return f"{_written(shop_id)}_{_written(number).rjust(_WIDTH, '0')}"


def read_reference(reference: str) -> tuple[ShopId, int] | None:
    """Shop and payment (or refund) of a reference; None for one that `reference_of` never made."""
    found = _FORM.fullmatch(reference)
    if found is None:
        return None
    shop_id, number = int(found[1], 36), int(found[2], 36)
    if max(shop_id, number) > LARGEST_ID or reference_of(ShopId(shop_id), number) != reference:
        return None
    return ShopId(shop_id), number


def _written(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
