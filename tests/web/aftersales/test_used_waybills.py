"""A waybill that names a parcel already, of this shop or another, brings nothing back and replaces nothing: over
the page and over the API, with the reason, and nothing is half-done."""

from dataclasses import dataclass

import httpx
import pytest

from tests.parcels.packing import PackingTable
from tests.small_world import make_small_world
from tests.web.aftersales.conftest import Scene
from yellowcart.aftersales.model import Case, CaseState
from yellowcart.aftersales.reasons import CaseKind, Reason

HERE, THERE = "SF7000000001", "SF7000000002"
TABLES = ("aftersale", "aftersale_step", "shipment", "waybill", "stock", "refund", "order_line", "shop_order")


@dataclass
class Used:
    """Two waybills that are taken: one of this shop, one of another."""

    scene: Scene

    async def as_it_stands(self) -> dict[str, list[str]]:
        async with self.scene.desk.database.reading() as reader:
            return {
                table: await reader.column(f"SELECT row::text FROM {table} AS row ORDER BY 1") for table in TABLES
            }

    async def send(self, who: str, way: str, page: str, program: str, waybill: str) -> httpx.Response:
        """A parcel with a waybill, by the form of a page or by the API."""
        if way == "page":
            return await self.scene.fill(who, page, "data-act", carrier="SF", waybill=waybill)
        body = {"carrier": "SF", "waybill": waybill}
        return await self.scene.pages[who].post(program, json=body, headers=self.scene.people[who].bearer)


@pytest.fixture
async def used(scene: Scene) -> Used:
    desk = scene.desk
    await desk.table.ship(await desk.paid(1), HERE)
    elsewhere = PackingTable(till=desk.till, world=await make_small_world(desk.database), buyer=desk.buyer)
    await elsewhere.ship(await elsewhere.paid(1), THERE)
    return Used(scene)


@pytest.mark.parametrize("way", ["page", "api"])
async def test_a_used_waybill_brings_nothing_back(used: Used, way: str) -> None:
    scene = used.scene
    case: Case = await scene.desk.agree(await scene.desk.open(await scene.desk.received(1)))
    page = scene.buyers(case, "/send-back")
    program = f"/api/v1/aftersales/{case.shop_id}/{case.aftersale_id}/send-back"
    before = await used.as_it_stands()
    for waybill in (HERE, THERE, HERE.lower(), f" {HERE[:4]} {HERE[4:]} "):
        answer = await used.send("buyer", way, page, program, waybill)
        assert answer.status_code == 409
        assert "This waybill number is already used for another parcel." in answer.text
        assert await used.as_it_stands() == before
    for nonsense in ("", "1", "1.23E+12", "'; DROP--", "9" * 5_000):
        answer = await used.send("buyer", way, page, program, nonsense)
        assert answer.status_code == 422, nonsense[:20]
        assert await used.as_it_stands() == before
    taken = await used.send("buyer", way, page, program, "SF7000000003")
    assert taken.status_code in {200, 303}
    assert (await scene.desk.now(case)).state is CaseState.AWAITING_INSPECTION


@pytest.mark.parametrize("way", ["page", "api"])
async def test_a_used_waybill_replaces_nothing(used: Used, way: str) -> None:
    scene = used.scene
    order_id = await scene.desk.received(2)
    case = await scene.desk.agree(await scene.desk.open(order_id, CaseKind.RESEND, Reason.MISSING))
    assert case.state is CaseState.AWAITING_REPLACEMENT
    page = scene.shops(case, "/ship")
    program = f"/api/v1/shops/{case.shop_id}/aftersales/{case.aftersale_id}/ship-replacement"
    before = await used.as_it_stands()
    for waybill in (HERE, THERE):
        answer = await used.send("shop", way, page, program, waybill)
        assert answer.status_code == 409
        assert "This waybill number is already used for another parcel." in answer.text
        assert await used.as_it_stands() == before, "nor is the shelf any emptier"
    assert (await used.send("shop", way, page, program, "SF7000000003")).status_code in {200, 303}
    assert (await scene.desk.now(case)).state is CaseState.AWAITING_RECEIPT
