"""Amounts as pages write them, read back into fen, and the same amounts as the tables hold them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from playwright.sync_api import Locator

from tests.browser.world import World

SUM = re.compile(r"(−?)¥([\d,]+)\.(\d\d)")
LINES = """area => [...area.querySelectorAll('.line')].map(line => {
  const label = line.firstElementChild.cloneNode(true);
  for (const more of label.querySelectorAll('small, a')) more.remove();
  return [label.textContent.trim(), line.lastElementChild.textContent.trim()];
})"""
FACTS = """area => [...area.querySelectorAll('dt')].map(term => [
  term.textContent.trim(), term.nextElementSibling.textContent.trim()
])"""
CELLS = """row => [...row.querySelectorAll('td[data-label]')].map(cell => {
  const amount = cell.cloneNode(true);
  for (const more of amount.querySelectorAll('small')) more.remove();
  return [cell.dataset.label, amount.textContent.trim()];
})"""
FOOT = """table => [...table.querySelectorAll('tfoot tr')].map(row => [
  row.firstElementChild.textContent.trim(), row.lastElementChild.textContent.trim()
])"""


def yuan(fen: int) -> str:
    """An amount as every page writes it."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def fen_in(text: str) -> int:
    """The one amount that a text holds, in fen; negative after a minus."""
    found = SUM.findall(text)
    assert len(found) == 1, f"not one amount in {text!r}"
    sign, whole, rest = found[0]
    amount = int(whole.replace(",", "")) * 100 + int(rest)
    return -amount if sign else amount


def lines_of(area: Locator) -> dict[str, int]:
    """The amounts of a sum that is written line by line, by their labels; lines without an amount are left out."""
    return _amounts(area.evaluate(LINES))


def cells_of(row: Locator) -> dict[str, int]:
    """The amounts in a row of a table, by their headings; what stands small below one is left out."""
    return _amounts(row.evaluate(CELLS))


def foot_of(table: Locator) -> dict[str, int]:
    """The amounts below a table, by their labels."""
    return _amounts(table.evaluate(FOOT))


def facts_of(area: Locator) -> dict[str, int]:
    """The amounts among facts, by their terms."""
    return _amounts(area.evaluate(FACTS))


def require_same(shown: Mapping[str, int], expected: Mapping[str, int]) -> None:
    """Raises AssertionError, with both, unless a page shows exactly these amounts."""
    assert dict(shown) == dict(expected), f"{shown} is shown instead of {expected}"


def _amounts(pairs: list[list[str]]) -> dict[str, int]:
    found = [(label, text) for label, text in pairs if SUM.search(text)]
    assert len(dict(found)) == len(found), f"a label stands twice: {found}"
    return {label: fen_in(text) for label, text in found}


@dataclass(frozen=True, kw_only=True)
class Books:
    """What the tables hold of an order that has one line, one coupon and one payment. Money in fen."""

    list_price_fen: int
    unit_price_fen: int
    quantity: int
    goods_fen: int
    discount_fen: int
    freight_fen: int
    total_fen: int
    payable_fen: int
    refunded_fen: int
    coupon_id: int
    funder: str
    coupon_fen: int
    coupon_back_fen: int
    payment_id: int | None
    paid_fen: int | None
    given_back_fen: int | None

    @property
    def usual_fen(self) -> int:
        """What the goods cost without the special price."""
        return self.list_price_fen * self.quantity

    @property
    def saved_fen(self) -> int:
        """What the special price takes off."""
        return self.usual_fen - self.goods_fen


def books_of(world: World, shop_id: int, order_id: int) -> Books:
    """The order as the tables hold it now."""
    return Books(
        **world.row(
            """
            SELECT list_price_fen, unit_price_fen, quantity,
                   placed.goods_fen, placed.discount_fen, placed.freight_fen, placed.total_fen,
                   line.payable_fen, line.refunded_fen,
                   coupon_id, funder, discount.amount_fen AS coupon_fen, returned_fen AS coupon_back_fen,
                   payment_id, payment.amount_fen AS paid_fen, payment.refunded_fen AS given_back_fen
            FROM shop_order AS placed
            JOIN order_line AS line USING (shop_id, order_id)
            JOIN order_line_discount AS discount USING (shop_id, order_id, order_line_id)
            LEFT JOIN payment
              ON payment.shop_id = placed.shop_id AND payment.order_id = placed.order_id
             AND payment.state = 'succeeded'
            WHERE placed.shop_id = %(shop_id)s AND placed.order_id = %(order_id)s
            """,
            shop_id=shop_id,
            order_id=order_id,
        )
    )
