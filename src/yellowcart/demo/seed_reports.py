"""The order reports of outside networks: files as the networks write them, made of the audience's jump-outs and
taken in through the door that an operator uses.

Who jumped out bought, or not; the shares, prices and commissions are invented for the demo. Two reports of each
network come before the world's start, the second with what changed since the first. Lines of short links name a
promotion that no listing carries: they are nobody's, as in life.
"""

import random
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from yellowcart.conversions.model import Network
from yellowcart.conversions.take_in import take_in_report
from yellowcart.demo.seed_notices import OPERATOR
from yellowcart.demo.seed_rows import Jump, Seeded
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database
from yellowcart.kernel.file_writing import Cell, Column, Kind, csv_text
from yellowcart.kernel.money import portion

BUY_UP_TO_FEN = ((5_000, 0.34), (20_000, 0.24), (10**9, 0.12))
"""How many of those who landed order, by what the thing costs: dear things are compared longer."""
PAID, SENT_BACK = 0.93, 0.08
RATES_BASIS_POINTS = {
    Network.TAOBAO_UNION: (1_000, 1_500, 2_000, 3_000),
    Network.JD_UNION: (300, 500, 800, 1_200),
}
REPORTED_AT = time(9, 40, tzinfo=SHANGHAI)
FIRST_REPORT_BEFORE = timedelta(days=2)
PAY_DAY = 20
"""JD pays on this day of the month after."""


TAOBAO_COLUMNS = (
    Column("创建时间", Kind.MOMENT), Column("点击时间", Kind.MOMENT), "商品标题", "商品ID", "店铺名称",
    Column("商品数", Kind.COUNT), Column("商品单价", Kind.FEN), "订单状态", Column("佣金比率", Kind.BASIS_POINTS),
    Column("付款金额", Kind.FEN), Column("付款预估收入", Kind.FEN), Column("结算金额", Kind.FEN),
    Column("结算预估收入", Kind.FEN), Column("付款时间", Kind.MOMENT), Column("结算时间", Kind.MOMENT), "媒体ID",
    "推广位ID", "淘宝父订单编号", "淘宝子订单号", Column("更新时间", Kind.MOMENT),
)  # fmt: skip
JD_COLUMNS = (
    Column("下单时间", Kind.MOMENT), "商品名称", "商品ID", "店铺名称", Column("商品数量", Kind.COUNT),
    Column("商品单价", Kind.FEN), "订单状态", Column("佣金比例", Kind.BASIS_POINTS),
    Column("预估计佣金额", Kind.FEN), Column("预估佣金", Kind.FEN), Column("实际计佣金额", Kind.FEN),
    Column("实际佣金", Kind.FEN), Column("完成时间", Kind.MOMENT), "结算时间", "推客ID", "推广位ID",
    "订单号", Column("更新时间", Kind.MOMENT),
)  # fmt: skip


class OutsideOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order somewhere else with everything that happens to it, also after the world's start."""

    jump: Jump
    number: str
    item_id: str
    account: str
    medium: str
    position: str
    quantity: int
    rate_basis_points: int
    placed_at: datetime
    paid_at: datetime | None
    received_at: datetime
    invalid_at: datetime | None

    @property
    def paid_fen(self) -> int:
        """What the buyer pays."""
        return self.jump.listing.price_fen * self.quantity

    @property
    def commission_fen(self) -> int:
        """What the promoter earns of it."""
        return portion(self.paid_fen, self.rate_basis_points)

    def changed_by(self, moment: datetime) -> datetime:
        """When it last changed, as seen at a moment."""
        steps = (self.placed_at, self.paid_at, self.received_at, self.invalid_at)
        return max(step for step in steps if step is not None and step <= moment)

    @property
    def title(self) -> str:
        """What was bought, as the listing called it."""
        return self.jump.listing.goods.title.zh

    def is_paid(self, moment: datetime) -> bool:
        """Whether it was paid by then, kept or not."""
        return self.paid_at is not None and self.paid_at <= moment

    def is_invalid(self, moment: datetime) -> bool:
        """Whether it was cancelled or sent back by then."""
        return self.invalid_at is not None and self.invalid_at <= moment

    def is_received(self, moment: datetime) -> bool:
        """Whether the buyer has it and kept it so far."""
        return self.is_paid(moment) and self.received_at <= moment and not self.is_invalid(moment)


async def take_in_reports(database: Database, seeded: Seeded) -> None:
    """Have the operator take in every network's reports, in the order of time."""
    start = seeded.world.starts_at.astimezone(SHANGHAI)
    today = datetime.combine(start.date(), REPORTED_AT)
    operator = seeded.people[OPERATOR]
    try:
        with TemporaryDirectory() as folder:
            for at in (today - FIRST_REPORT_BEFORE, today):
                clock.process_clock().freeze(at)
                for network, write in ((Network.TAOBAO_UNION, taobao_report), (Network.JD_UNION, jd_report)):
                    orders = [each for each in outside_orders(seeded, network) if each.placed_at <= at]
                    file = Path(folder) / f"{network.value}_{at:%Y-%m-%d}.csv"
                    file.write_text(write(orders, at), encoding="utf-8")
                    if orders:
                        await take_in_report(database, operator, network, file.name, file)
    finally:
        clock.process_clock().freeze(seeded.world.starts_at)


def outside_orders(seeded: Seeded, network: Network) -> list[OutsideOrder]:
    """What came of the jumps to a network's goods; always the same of the same world."""
    dice = seeded.dice(f"orders/{network.value}")
    orders = []
    for jump in sorted(seeded.jumps, key=lambda each: (each.clicked_at, each.visitor)):
        if jump.listing.goods.link_source == network.value and jump.landed_at is not None and _earns(jump):
            share = next(share for up_to, share in BUY_UP_TO_FEN if jump.listing.price_fen <= up_to)
            if dice.random() < share:
                orders.append(_order(dice, jump, network))
    return orders


def _earns(jump: Jump) -> bool:
    """Whether an order would be reported: a link that names its item and no promoter earns nobody anything."""
    return jump.listing.promotion_id is not None or jump.listing.item_id is None


def _order(dice: random.Random, jump: Jump, network: Network) -> OutsideOrder:
    placed_at = _whole(jump.clicked_at + timedelta(seconds=dice.uniform(60, 2_400)))
    paid_at = placed_at + timedelta(seconds=dice.randint(5, 600)) if dice.random() < PAID else None
    received_at = placed_at + timedelta(days=dice.randint(2, 5), seconds=dice.randint(0, 80_000))
    invalid_at: datetime | None = placed_at + timedelta(days=1)
    if paid_at is not None:
        after = timedelta(hours=dice.randint(6, 96))
        invalid_at = paid_at + after if dice.random() < SENT_BACK else None
    item_id, account, medium, position = _marks(jump, network)
    return OutsideOrder(
        jump=jump,
        number=f"99{dice.randrange(10**16):016d}",
        item_id=item_id,
        account=account,
        medium=medium,
        position=position,
        quantity=dice.choices((1, 2, 3), (88, 9, 3))[0],
        rate_basis_points=random.Random(jump.listing.goods.key).choice(RATES_BASIS_POINTS[network]),  # noqa: S311
        placed_at=placed_at,
        paid_at=paid_at,
        received_at=received_at,
        invalid_at=invalid_at,
    )


def _marks(jump: Jump, network: Network) -> tuple[str, str, str, str]:
    """The item and whose promotion the network says it was: account, medium, position."""
    unseen = random.Random(f"unseen/{jump.listing.goods.key}")  # noqa: S311 - a story, not a secret
    item_id = jump.listing.item_id or f"99{unseen.randrange(10**10):010d}"
    promotion = jump.listing.promotion_id
    if promotion is not None and network is Network.TAOBAO_UNION:
        _, account, medium, position = promotion.split("_")
        return item_id, account, medium, position
    if promotion is not None:
        account, _, position = promotion.partition("/")
        return item_id, account, "", position or "99001"
    account, medium, position = (f"99{unseen.randrange(10**6):06d}" for _ in range(3))
    return item_id, account, medium, position


def taobao_report(orders: Iterable[OutsideOrder], at: datetime) -> str:
    """订单明细 of the Taobao alliance as of a moment (`conversions/report_words.toml`)."""
    rows: list[list[Cell]] = []
    for order in orders:
        earned, paid = order.is_received(at), order.is_paid(at)
        word = (
            "订单失效" if order.is_invalid(at) else "订单结算" if earned else "订单付款" if paid else "拍下未付款"
        )
        rows.append(
            [
                order.placed_at, order.jump.clicked_at, order.title, order.item_id, "站外店铺", order.quantity,
                order.jump.listing.price_fen, word, order.rate_basis_points, order.paid_fen, order.commission_fen,
                order.paid_fen if earned else 0, order.commission_fen if earned else 0,
                order.paid_at if paid else None, order.received_at if earned else None,
                order.medium, order.position, order.number, f"{order.number}1", order.changed_by(at),
            ]
        )  # fmt: skip
    return "".join(csv_text(TAOBAO_COLUMNS, rows))


def jd_report(orders: Iterable[OutsideOrder], at: datetime) -> str:
    """The order rows of the JD union as of a moment, with the API's own Chinese names of its fields."""
    rows: list[list[Cell]] = []
    for order in orders:
        received, paid = order.is_received(at), order.is_paid(at)
        word = "无效-取消" if order.is_invalid(at) else "已完成" if received else "已付款" if paid else "待付款"
        rows.append(
            [
                order.placed_at, order.title, order.item_id, "站外店铺", order.quantity,
                order.jump.listing.price_fen, word, order.rate_basis_points, order.paid_fen, order.commission_fen,
                order.paid_fen if received else 0, order.commission_fen if received else 0,
                order.received_at if received else None, _pay_day(order.received_at) if received else "0",
                order.account, order.position, order.number, order.changed_by(at),
            ]
        )  # fmt: skip
    return "".join(csv_text(JD_COLUMNS, rows))


def _whole(moment: datetime) -> datetime:
    """Networks write whole seconds; never before the click."""
    return moment.replace(microsecond=0) + timedelta(seconds=1)


def _pay_day(received_at: datetime) -> str:
    local = received_at.astimezone(SHANGHAI)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return f"{year}{month:02d}{PAY_DAY}"
