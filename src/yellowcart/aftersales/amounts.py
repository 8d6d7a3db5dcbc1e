"""What pieces of a line are worth when they are asked back: pure reckoning in fen.

The money of a line is its goods (`payable_fen` less freight) and its freight. What is left of the goods' money is
spread evenly over the pieces that are not done with, by largest remainder, so that pieces given back one by one,
in any order and beside other cases, sum to the whole exactly; no piece is ever worth more than it cost, so that
what was kept back from one piece does not go out with another. Open cases reserve their pieces and their worth.
"""

from collections.abc import Sequence

import msgspec

from yellowcart.aftersales.model import DECIDED, CaseState
from yellowcart.aftersales.reasons import CaseKind, Fault


class CaseMoney(msgspec.Struct, frozen=True, kw_only=True):
    """What one case takes, or took, of its line. Money in fen."""

    kind: CaseKind
    state: CaseState
    quantity: int
    most_fen: int
    most_goods_fen: int
    settled_quantity: int
    refund_goods_fen: int
    refund_freight_fen: int
    price_then_fen: int | None

    @property
    def is_open(self) -> bool:
        """Whether it still reserves what it asks for."""
        return self.state not in DECIDED


class LineMoney(msgspec.Struct, frozen=True, kw_only=True):
    """An order line as its cases see it: pieces, money, and the other cases about it. Money in fen."""

    quantity: int
    shipped_quantity: int
    cancelled_quantity: int
    payable_fen: int
    freight_fen: int
    refunded_fen: int
    cases: Sequence[CaseMoney] = ()

    @property
    def goods_fen(self) -> int:
        """What was paid for the goods alone."""
        return self.payable_fen - self.freight_fen

    @property
    def settled_quantity(self) -> int:
        """Pieces whose money is done with."""
        return sum(case.settled_quantity for case in self.cases)

    @property
    def reserved_quantity(self) -> int:
        """Pieces that open cases are about."""
        return sum(case.quantity for case in self.cases if case.is_open)

    @property
    def free_quantity(self) -> int:
        """Pieces that something can be asked for."""
        return max(self.quantity - self.settled_quantity - self.reserved_quantity, 0)

    @property
    def to_ship(self) -> int:
        """Pieces that have not left and were not cancelled, and that no open case is about."""
        reserved = sum(
            case.quantity for case in self.cases if case.is_open and case.kind is CaseKind.REFUND_UNSHIPPED
        )
        return self.quantity - self.shipped_quantity - self.cancelled_quantity - reserved

    @property
    def with_buyer(self) -> int:
        """Pieces that have left and that something can be asked for."""
        return max(min(self.free_quantity - self.to_ship, self.shipped_quantity), 0)

    @property
    def left_goods_fen(self) -> int:
        """What is left of the goods' money, beside what open cases reserve."""
        taken = sum(case.refund_goods_fen for case in self.cases)
        reserved = sum(case.most_goods_fen for case in self.cases if case.is_open)
        return max(self.goods_fen - taken - reserved, 0)

    @property
    def left_freight_fen(self) -> int:
        """What is left of the freight that was paid."""
        taken = sum(case.refund_freight_fen for case in self.cases)
        reserved = sum(case.most_fen - case.most_goods_fen for case in self.cases if case.is_open)
        return max(self.freight_fen - taken - reserved, 0)


class Worth(msgspec.Struct, frozen=True):
    """The most that can go back for pieces of a line, in fen."""

    goods_fen: int
    freight_fen: int

    @property
    def total_fen(self) -> int:
        """Goods and freight."""
        return self.goods_fen + self.freight_fen


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decided amount as it is booked: what of it is for goods and what for freight, in fen, and how many pieces
    are done with by it."""

    goods_fen: int
    freight_fen: int
    settled_quantity: int


def share_of_pieces(amount_fen: int, pieces: int, quantity: int) -> int:
    """What `quantity` of `pieces` equal pieces get of an amount, by largest remainder: the first pieces get the
    fen that are left over, so that any sequence of parts sums to the whole."""
    if not 0 <= quantity <= pieces or pieces == 0:
        raise ValueError("a part has from 0 to all pieces")
    return amount_fen // pieces * quantity + min(quantity, amount_fen % pieces)


def worth_of(line: LineMoney, kind: CaseKind, quantity: int, fault: Fault) -> Worth:
    """What `quantity` free pieces are worth. Freight comes with the last free pieces of a line: before shipment if
    none of the line has left, afterwards at the shop's fault. Pieces that other cases are about are not free, so
    that asking for one after the other comes to as much as asking at once.

    Price protection has its own `price_difference`. Raises ValueError for more pieces than are free.
    """
    if not 1 <= quantity <= line.free_quantity:
        raise ValueError("more pieces than are free")
    goods_fen = min(
        share_of_pieces(line.left_goods_fen, line.free_quantity, quantity),
        share_of_pieces(line.goods_fen, line.quantity, quantity),
    )
    last = quantity == line.free_quantity
    never_left = kind is CaseKind.REFUND_UNSHIPPED and line.shipped_quantity == 0
    with_freight = last and (never_left or (kind is not CaseKind.REFUND_UNSHIPPED and fault is Fault.SELLER))
    return Worth(goods_fen, line.left_freight_fen if with_freight else 0)


def price_difference(line: LineMoney, quantity: int, price_now_fen: int) -> int:
    """What goes back because the price of a piece is lower now, in fen; 0 when it is not.

    Reckoned from what was paid for the goods after coupons, or, once compensated, from the lowest price that was
    compensated: the same difference is never given twice.
    """
    given = [case for case in line.cases if case.refund_goods_fen and case.price_then_fen is not None]
    worth_fen = worth_of(line, CaseKind.PRICE_PROTECTION, quantity, Fault.NOBODY).goods_fen
    before_fen = min(
        share_of_pieces(line.goods_fen, line.quantity, quantity),
        worth_fen + sum(case.refund_goods_fen for case in given),
        *(case.price_then_fen * quantity for case in given if case.price_then_fen is not None),
    )
    return max(min(before_fen - price_now_fen * quantity, worth_fen), 0)


def settle(
    amount_fen: int,
    *,
    kind: CaseKind,
    quantity: int,
    most_goods_fen: int,
    most_fen: int,
    goods_back: bool,
) -> Decided:
    """How a decided amount is booked. Goods come first, then freight.

    Pieces are done with when they never left, when they came back, or when their whole goods' money goes back;
    a smaller amount for pieces that the buyer keeps settles none of them. Raises ValueError above `most_fen`.
    """
    if not 0 <= amount_fen <= most_fen:
        raise ValueError("a decided amount lies between nothing and the most")
    goods_fen = min(amount_fen, most_goods_fen)
    done = kind is not CaseKind.PRICE_PROTECTION and (
        kind is CaseKind.REFUND_UNSHIPPED or goods_back or amount_fen >= most_goods_fen
    )
    return Decided(
        goods_fen=goods_fen, freight_fen=amount_fen - goods_fen, settled_quantity=quantity if done else 0
    )


class CouponPart(msgspec.Struct, frozen=True):
    """What a coupon took off a line, and what of it went back to its funder, in fen."""

    coupon_id: int
    amount_fen: int
    returned_fen: int


def coupons_back(
    coupons: Sequence[CouponPart], line: LineMoney, *, goods_refunded_fen: int, settled_quantity: int
) -> dict[int, int]:
    """What of each coupon goes back to its funder, by coupon, when so much of the goods' money has gone back in
    all.

    In proportion to the money, rounded down, and the whole of it with the last fen: the parts sum to the coupon
    exactly (domain.md §3.5). Where coupons paid for everything, in proportion to the pieces that are done with.
    """
    part, whole = goods_refunded_fen, line.goods_fen
    if whole == 0:
        part, whole = settled_quantity, line.quantity
    back = {
        coupon.coupon_id: max(coupon.amount_fen * min(part, whole) // whole - coupon.returned_fen, 0)
        for coupon in coupons
    }
    return {coupon_id: amount_fen for coupon_id, amount_fen in back.items() if amount_fen}


def return_freight_with(line: LineMoney, decided: Decided, wanted_fen: int) -> int:
    """How much of the return's freight can go back by the way of the payment, in fen.

    A payment gives back at most what was paid. What is left of the line's money is free for it once no piece is
    left that anything could be asked for. `line` is without the case itself.
    """
    if line.free_quantity > decided.settled_quantity or line.reserved_quantity:
        return 0
    left = line.left_goods_fen + line.left_freight_fen - decided.goods_fen - decided.freight_fen
    return max(min(wanted_fen, left), 0)
