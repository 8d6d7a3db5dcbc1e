"""What goes on around parcels as a world begins: wishes for another address, orders that an operator stopped,
shops that look for a carrier and what carriers quote."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from yellowcart.demo.chronicle import Chronicle
from yellowcart.demo.past_order import PastOrder
from yellowcart.demo.seed_parcels import SOURCE
from yellowcart.kernel.ids import ShopId
from yellowcart.orders.addresses import AddressEntry
from yellowcart.orders.model import DeliveryAddress, OrderState
from yellowcart.orders.stop import lift_risk, stop_for_risk
from yellowcart.parcels.address_change import (
    answer_address_change,
    ask_address_change,
    offer_address_change,
)
from yellowcart.parcels.model import AddressChangeId
from yellowcart.parcels.needs.accept import accept_quote, name_need_waybill
from yellowcart.parcels.needs.model import NeedId, NewNeed, NewQuote, QuoteId
from yellowcart.parcels.needs.post import post_need, withdraw_need
from yellowcart.parcels.needs.quote import quote_need
from yellowcart.parcels.tracking.sources import save_source


class Wish(NamedTuple):
    """A wish for another address: so many hours ago, from which side, and what was answered (None: nothing
    yet)."""

    hours: float
    note: str
    by_shop: bool = False
    accepted: bool | None = None


WISHES = (
    Wish(1.2, "搬家了，麻烦改成新地址"),
    Wish(0.4, "门牌写错了，是 12 号"),
    Wish(2.5, "送到公司收比较方便"),
    Wish(1.6, "快递说原地址暂不派送，改送驿站可以吗？", by_shop=True),
    Wish(3.5, "请送到父母家", accepted=True),
    Wish(4.2, "换个收货人电话", accepted=True),
    Wish(2.8, "改到外地亲戚家", accepted=False),
)


class Quoted(NamedTuple):
    """A carrier's quote: by whom, for how many fen, and whether the shop took it; with a waybill the goods
    left."""

    login: str
    price_fen: int
    note: str
    taken: bool = False
    waybill: str = ""


class Sought(NamedTuple):
    """A shop that looks for a carrier: hours ago, what is sent, how heavy, by when (hours from the start), where
    to (a place of the audience), the quotes; `of_order` for one that ships an order, `withdrawn` for one taken
    back."""

    hours: float
    goods: str
    weight_g: int
    pieces: int
    due_h: float
    to: int
    quotes: tuple[Quoted, ...] = ()
    of_order: bool = False
    withdrawn: bool = False


SOUGHT = (
    Sought(5, "整托盘补货，约 40 箱", 320_000, 40, 30, 3,
           (Quoted("carrier", 68_000, "厢式货车，含装卸"), Quoted("carrier_cold", 82_000, "可冷藏，明早到"))),
    Sought(2, "直播样品一箱，易碎", 6_500, 1, 12, 8, (Quoted("carrier", 3_800, "专人取件，当日达"),)),
    Sought(0.5, "退货集运回仓，30 件", 48_000, 30, 50, 12),
    Sought(7, "冷链整车去武汉", 900_000, 220, 44, 10,
           (Quoted("carrier_cold", 315_000, "全程零下十八度", taken=True),
            Quoted("carrier", 298_000, "普通厢车加冰"))),
    Sought(20, "大客户团购一单", 12_000, 1, 20, 1,
           (Quoted("carrier", 4_600, "顺路，今晚取", taken=True, waybill="DBL2088136655"),), of_order=True),
    Sought(26, "展会物料去上海", 75_000, 6, -3, 29, ()),
    Sought(9, "加急文件袋", 400, 1, 15, 6, (Quoted("carrier", 1_900, "两小时上门"),), withdrawn=True),
)  # fmt: skip
RISKS = ("同一地址十单不同收件人，疑似刷单", "收件电话与多起拒付相同", "下单后四分钟内连改三次地址")


def plan_shipping(chronicle: Chronicle) -> None:
    """Put wishes, stops and needs into the chronicle."""
    _plan_source(chronicle)
    waiting = [order for order in chronicle.orders if order.state is OrderState.PAID]
    for wish in WISHES:
        at = chronicle.now - timedelta(hours=wish.hours)
        for order in chronicle.foremost(_paid_before(waiting, at), 1):
            _wish(chronicle, order, wish, at)
    for number, note in enumerate(RISKS):
        at = chronicle.now - timedelta(hours=2 + number)
        for order in chronicle.foremost(_paid_before(waiting, at), 1):
            _stop(chronicle, order, note, at, lifted=number == len(RISKS) - 1)
    shops = chronicle.offered_shops()
    for number, sought in enumerate(SOUGHT):
        _seek(chronicle, shops[number % len(shops)], sought, waiting)


def _paid_before(orders: list[PastOrder], at: datetime) -> list[PastOrder]:
    return [order for order in orders if order.paid_at is not None and order.paid_at < at - timedelta(minutes=10)]


def _plan_source(chronicle: Chronicle) -> None:
    """Who told of the parcels of the past, and tells of the crowd's."""

    async def save() -> None:
        async with chronicle.database.writing() as writer:
            await save_source(
                writer, chronicle.operator, source=SOURCE, name="快递一百演示源", ask_url="", is_active=True
            )

    chronicle.add(chronicle.seeded.world.history_from, save)


def _wish(chronicle: Chronicle, order: PastOrder, wish: Wish, at: datetime) -> None:
    shop_id, old = ShopId(order.shop_id), order.buyer.address
    buyer, seller = chronicle.buyer(order.buyer), chronicle.seller(order.shop_id)
    entry = AddressEntry(
        recipient=old.recipient,
        phone=old.phone,
        province=old.province,
        city=old.city,
        district=old.district,
        street=f"{old.street.rstrip('号0123456789')}12号（新）",
    )
    asked: list[AddressChangeId] = []

    async def ask() -> None:
        verb, person = (offer_address_change, seller) if wish.by_shop else (ask_address_change, buyer)
        async with chronicle.database.writing() as writer:
            asked.append(await verb(writer, person, shop_id, order.order_id, entry, wish.note))

    async def answer() -> None:
        async with chronicle.database.writing() as writer:
            await answer_address_change(
                writer,
                seller,
                shop_id,
                order.order_id,
                asked[0],
                accepted=bool(wish.accepted),
                answer="已修改" if wish.accepted else "已打包，改不了了",
            )

    chronicle.add(at, ask)
    if wish.accepted is not None:
        chronicle.add(at + timedelta(minutes=35), answer)


def _stop(chronicle: Chronicle, order: PastOrder, note: str, at: datetime, *, lifted: bool) -> None:
    async def stop() -> None:
        async with chronicle.database.writing() as writer:
            await stop_for_risk(writer, chronicle.operator, ShopId(order.shop_id), order.order_id, note)

    async def lift() -> None:
        async with chronicle.database.writing() as writer:
            await lift_risk(writer, chronicle.operator, ShopId(order.shop_id), order.order_id)

    chronicle.add(at, stop)
    if lifted:
        chronicle.add(at + timedelta(minutes=50), lift)


class _Need(msgspec.Struct):
    need_id: NeedId | None = None
    quote_ids: list[QuoteId] = []


def _seek(chronicle: Chronicle, shop_id: ShopId, sought: Sought, waiting: list[PastOrder]) -> None:
    at, seller, made = chronicle.now - timedelta(hours=sought.hours), chronicle.seller(shop_id), _Need()
    order: PastOrder | None = None
    if sought.of_order:
        own = [each for each in _paid_before(waiting, at) if each.shop_id == shop_id]
        order = next(iter(chronicle.foremost(own, 1)), None)
        if order is None:
            return
    due_at = chronicle.now + timedelta(hours=sought.due_h)
    need = NewNeed(
        goods=sought.goods,
        origin=chronicle.seeded.warehouses[shop_id],
        destination=order.buyer.address if order else _destination(chronicle, sought.to),
        weight_g=sought.weight_g,
        pieces=sought.pieces,
        due_at=due_at,
        order_id=order.order_id if order else None,
    )

    async def post() -> None:
        async with chronicle.database.writing() as writer:
            made.need_id = await post_need(writer, seller, shop_id, need)

    async def withdraw() -> None:
        assert made.need_id is not None
        async with chronicle.database.writing() as writer:
            await withdraw_need(writer, seller, shop_id, made.need_id)

    chronicle.add(at, post)
    for number, quoted in enumerate(sought.quotes, start=1):
        _quote(chronicle, shop_id, made, quoted, at + timedelta(minutes=14 * number), due_at)
    if sought.withdrawn:
        chronicle.add(at + timedelta(hours=2), withdraw)


def _quote(
    chronicle: Chronicle, shop_id: ShopId, made: _Need, quoted: Quoted, at: datetime, due_at: datetime
) -> None:
    """A carrier quotes; a quote that is taken is accepted later, and its waybill named after that."""
    carrier = chronicle.seeded.people[quoted.login]
    new = NewQuote(
        price_fen=quoted.price_fen,
        pick_up_by=at + (due_at - at) * 0.6,
        valid_until=at + (due_at - at) * 0.9,
        note=quoted.note,
    )
    mine: list[QuoteId] = []

    async def quote() -> None:
        assert made.need_id is not None
        async with chronicle.database.writing() as writer:
            mine.append(await quote_need(writer, carrier, shop_id, made.need_id, new))

    async def accept() -> None:
        assert made.need_id is not None
        seller = chronicle.seller(shop_id)
        async with chronicle.database.writing() as writer:
            await accept_quote(writer, seller, shop_id, made.need_id, mine[0], price_fen=quoted.price_fen)

    async def name_waybill() -> None:
        assert made.need_id is not None
        async with chronicle.database.writing() as writer:
            await name_need_waybill(writer, carrier, shop_id, made.need_id, "DBL", quoted.waybill)

    chronicle.add(at, quote)
    if quoted.taken:
        chronicle.add(at + timedelta(hours=1), accept)
    if quoted.waybill:
        chronicle.add(at + timedelta(hours=3), name_waybill)


def _destination(chronicle: Chronicle, number: int) -> DeliveryAddress:
    return chronicle.seeded.buyers[number * 3].address
