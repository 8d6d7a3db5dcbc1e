"""What a buyer did not keep counts neither towards the quota of a special price nor towards the limit for each
buyer, by whichever way the pieces came back."""

import secrets

import pytest

from tests.aftersales.claims_desk import ClaimsDesk
from tests.orders.promoted import special_price
from tests.orders.shopping import ADDRESS, stock_of
from tests.small_world import PRICE_FEN
from yellowcart.aftersales.arbitrate import Decision, Verdict, add_evidence, arbitrate, call_platform
from yellowcart.aftersales.goods_back import SentBack, confirm_return, send_back
from yellowcart.aftersales.model import Actor, Case, CaseState
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.replace import (
    ReplacementParcel,
    confirm_replacement,
    refund_instead,
    ship_replacement,
)
from yellowcart.aftersales.turns import Said
from yellowcart.kernel.ids import OrderId
from yellowcart.orders.receive import confirm_receipt
from yellowcart.orders.wanted import NewOrder, WantedLine

OFF_FEN = 1_000
BOUGHT = 3
WHY = Said(words="因为")


async def bought_at_a_special_price(desk: ClaimsDesk) -> OrderId:
    """A received order of three pieces at a special price, of a listing with a limit for each buyer."""
    world = desk.table.world
    special_price_id = await special_price(desk.database, world, off_fen=OFF_FEN, quota=5)
    await desk.write(lambda writer: writer.run("UPDATE listing SET limit_per_buyer = 4"))
    price = PRICE_FEN - OFF_FEN
    line = WantedLine(
        listing_id=world.listing_id,
        sku_id=world.sku_ids[0],
        quantity=BOUGHT,
        unit_price_fen=price,
        special_price_id=special_price_id,
    )
    order = NewOrder(lines=[line], total_fen=BOUGHT * price, address=ADDRESS)
    placed = await desk.till.lane.place(desk.buyer.person_id, secrets.token_hex(8), "hash", order)
    await desk.till.pay(desk.buyer, placed)
    await desk.table.ship(placed.order_id)
    await desk.write(lambda writer: confirm_receipt(writer, desk.buyer, desk.shop_id, placed.order_id))
    return placed.order_id


async def counted(desk: ClaimsDesk) -> tuple[int, int]:
    """Pieces of the quota that are taken, and pieces that count towards the buyer's limit."""
    async with desk.database.reading() as reader:
        taken = await reader.value("SELECT taken FROM special_price")
        bought = await reader.value(
            "SELECT quantity FROM purchase_count WHERE buyer_id = %(buyer)s", buyer=desk.buyer.person_id
        )
    return int(taken), int(bought)


async def brought_back(desk: ClaimsDesk, kind: CaseKind, *, restock: int) -> Case:
    """Two of the three are brought back, and the shop puts some of them on the shelf."""
    asked = await desk.open(await bought_at_a_special_price(desk), kind, Reason.QUALITY, 2)
    case = await desk.agree(asked)
    assert await counted(desk) == (BOUGHT, BOUGHT)
    back = SentBack(carrier="ZTO", waybill="ZT00012345678")
    await desk.write(lambda writer: send_back(writer, desk.buyer, desk.shop_id, case.aftersale_id, back))
    return await desk.write(
        lambda writer: confirm_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, restock=restock)
    )


async def sent_new(desk: ClaimsDesk, case: Case) -> None:
    """Two new ones leave."""
    parcel = ReplacementParcel(carrier="SF", waybill="SF5555555555")
    await desk.write(
        lambda writer: ship_replacement(writer, desk.merchant, desk.shop_id, case.aftersale_id, parcel)
    )


@pytest.mark.parametrize("restock", [0, 1, 2])
async def test_a_return_gives_back_what_is_on_the_shelf_again(desk: ClaimsDesk, restock: int) -> None:
    await brought_back(desk, CaseKind.RETURN_REFUND, restock=restock)
    assert await counted(desk) == (BOUGHT - restock, BOUGHT - restock)


@pytest.mark.parametrize("restock", [0, 1, 2])
@pytest.mark.parametrize("by_time", [True, False])
async def test_an_exchange_that_became_money_gives_back_like_a_return(
    desk: ClaimsDesk, restock: int, by_time: bool
) -> None:
    case = await brought_back(desk, CaseKind.EXCHANGE, restock=restock)
    assert await counted(desk) == (BOUGHT, BOUGHT)
    shelf = await stock_of(desk.database, desk.table.world)
    if by_time:
        assert await desk.pass_time(hours=48) == 1
    else:
        await desk.write(lambda writer: refund_instead(writer, desk.merchant, desk.shop_id, case.aftersale_id))
    assert (await desk.now(case)).state in {CaseState.REFUNDING, CaseState.DONE}
    assert await counted(desk) == (BOUGHT - restock, BOUGHT - restock)
    assert await stock_of(desk.database, desk.table.world) == shelf


async def test_an_exchange_gives_nothing_back(desk: ClaimsDesk) -> None:
    case = await brought_back(desk, CaseKind.EXCHANGE, restock=2)
    await sent_new(desk, case)
    await desk.write(lambda writer: confirm_replacement(writer, desk.buyer, desk.shop_id, case.aftersale_id))
    assert await counted(desk) == (BOUGHT, BOUGHT)


async def test_money_beside_new_goods_gives_nothing_back(desk: ClaimsDesk) -> None:
    case = await brought_back(desk, CaseKind.EXCHANGE, restock=2)
    await sent_new(desk, case)
    key = (desk.shop_id, case.aftersale_id)
    await desk.write(lambda writer: call_platform(writer, desk.buyer, *key, WHY))
    await desk.write(lambda writer: add_evidence(writer, desk.merchant, *key, WHY, actor=Actor.SELLER))
    half = Decision(verdict=Verdict.SPLIT, amount_fen=100)
    await desk.write(lambda writer: arbitrate(writer, desk.operator, *key, half, WHY))
    assert await counted(desk) == (BOUGHT, BOUGHT)
