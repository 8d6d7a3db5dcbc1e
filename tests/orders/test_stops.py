"""A stop keeps an order where it is: for shipping, for the timers, and until an outsider lets it go on."""

from datetime import timedelta

import pytest

from tests.conftest import MORNING, browser, sign_in_as
from tests.orders.shopping import Till, open_till, order_state
from tests.small_world import make_small_world
from tests.web.test_front import csrf_of
from yellowcart.accounts.model import Person, Role
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields
from yellowcart.orders.errors import OperatorIsParty, OrderStopped
from yellowcart.orders.queries import order_of_buyer
from yellowcart.orders.stop import lift_risk, open_stops, stop_for_risk
from yellowcart.orders.timers import confirm_old_shipments
from yellowcart.parcels.ship import NewShipment, ship_order

PARCEL = NewShipment("SF", "SF1234567890")


async def test_a_stopped_order_is_neither_shipped_nor_received_by_time(
    till: Till, still_clock: clock.Clock
) -> None:
    buyer = (await sign_in_as(till.database)).person
    operator = (await sign_in_as(till.database, Role.OPERATOR)).person
    world = await make_small_world(till.database)
    merchant = Person(person_id=world.merchant_id, login="m", name="m", roles=frozenset({Role.MERCHANT}))
    placed = await till.place(buyer, world)
    await till.pay(buyer, placed)
    key = (placed.shop_id, placed.order_id)
    async with till.database.writing() as writer:
        for _ in range(2):
            await stop_for_risk(writer, operator, *key, "many phones, one address")
        (stop,) = await open_stops(writer, *key)
    assert stop.note == "many phones, one address"
    async with till.database.writing() as writer:
        assert [each.note for each in (await order_of_buyer(writer, buyer.person_id, *key)).stops] == [""]
        with pytest.raises(OrderStopped):
            await ship_order(writer, merchant, *key, PARCEL)
        await lift_risk(writer, operator, *key)
        await ship_order(writer, merchant, *key, PARCEL)
        await stop_for_risk(writer, operator, *key, "again")
    still_clock.freeze(MORNING + timedelta(days=30))
    assert await confirm_old_shipments(till.database) == 0
    async with till.database.writing() as writer:
        await lift_risk(writer, operator, *key)
    assert await confirm_old_shipments(till.database) == 1
    assert (await order_state(till.database, *key))[0] == "received"


async def test_who_bought_it_or_gives_no_reason_stops_nothing(till: Till) -> None:
    operator = (await sign_in_as(till.database, Role.OPERATOR)).person
    other = (await sign_in_as(till.database, Role.OPERATOR)).person
    world = await make_small_world(till.database)
    placed = await till.place(operator, world)
    key = (placed.shop_id, placed.order_id)
    async with till.database.writing() as writer:
        with pytest.raises(OperatorIsParty):
            await stop_for_risk(writer, operator, *key, "mine")
        with pytest.raises(InvalidFields):
            await stop_for_risk(writer, other, *key, "  ")
        assert await open_stops(writer, *key) == []


async def test_an_operator_stops_and_lifts_on_the_page(application: Application, database: Database) -> None:
    operator = await sign_in_as(database, Role.OPERATOR)
    till = await open_till(database)
    placed = await till.place((await sign_in_as(database)).person, await make_small_world(database))
    await till.lane.stop()
    here = f"/operator/orders/{placed.shop_id}/{placed.order_id}"
    async with browser(application, operator.token) as visitor:
        visitor.cookies.set("language", "en")
        shown = (await visitor.get(here)).text
        assert "Stop this order" in shown
        token = {"_csrf_token": csrf_of(shown)}
        refused = await visitor.post(f"{here}/stop", data=token | {"note": ""})
        assert (refused.status_code, "Say why" in refused.text) == (422, True)
        assert (await visitor.post(f"{here}/stop", data=token | {"note": "odd"})).status_code == 303
        assert "Stopped by an operator: odd" in (await visitor.get(here)).text
        assert (await visitor.post(f"{here}/lift", data=token)).status_code == 303
        assert "Stop this order" in (await visitor.get(here)).text
