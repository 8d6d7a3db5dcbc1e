"""What was acknowledged after an order was placed survives `kill -9`: a payment's notification, a shipment, a
refund; nothing happens twice, and the provider's books and ours are the same to the fen."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.payments.provider_server import Answer
from tests.payments.wechat_server import WechatServer
from tests.process.standing_sale import ORDERS, PIECES, ask_for_all, open_sale, serving, until, worker
from yellowcart.accounts.sessions import open_session
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]


class StallingWechat(WechatServer):
    """WeChat Pay whose answer to one refund can be held back, before or after it was carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.stall: str | None = None
        """"before" or "after": what it holds back next."""
        self.stalled = threading.Event()
        self.go_on = threading.Event()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        is_refund = method == "POST" and path == "/v3/refund/domestic/refunds"
        if not is_refund or self.stall is None or len(self.refunds) < ORDERS // 4:
            return super().answer(method, path, headers, body)
        when, self.stall = self.stall, None
        if when == "before":
            self._wait()
            # Whoever asked is dead: a request that never arrived is not carried out.
            return Answer(502, b"")
        answered = super().answer(method, path, headers, body)
        self._wait()
        return answered

    def _wait(self) -> None:
        self.stalled.set()
        self.go_on.wait(60)


@pytest.fixture
def wechat() -> Iterator[StallingWechat]:
    server = StallingWechat()
    with server.running():
        yield server
        server.go_on.set()


@pytest.fixture(autouse=True)
def real_time(still_clock: clock.Clock) -> None:
    """Processes of their own go by the real clock."""
    still_clock.set_offset(timedelta(0))


async def test_a_payment_that_was_acknowledged_to_its_provider_survives(
    database: Database, database_url: str, wechat: StallingWechat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = await open_sale(database, tmp_path, wechat)
    monkeypatch.setenv("YELLOWCART_PAYMENTS", str(sale.settings))
    await sale.place()
    for reference in sale.references:
        wechat.pay(reference)
    notices = [wechat.payment_notification(reference) for reference in sale.references]

    async def notify(client: httpx.AsyncClient, number: int) -> httpx.Response:
        headers, body = notices[number]
        return await client.post("/api/v1/payments/notifications/wechat", headers=headers, content=body)

    async def check(told: dict[int, Any]) -> None:
        paid = await sale.pairs(
            "SELECT order_id, amount_fen FROM payment WHERE state = 'succeeded' AND paid_at IS NOT NULL"
        )
        assert {sale.orders[number].order_id for number in told} <= set(paid)
        states = await sale.pairs("SELECT order_id, state FROM shop_order")
        assert {order_id for order_id, state in states.items() if state == "paid"} == set(paid)
        (stock,) = (await sale.pairs("SELECT sku_id, ARRAY[available, held, sold] FROM stock")).values()
        assert stock == [PIECES - ORDERS, ORDERS - len(paid), len(paid)]
        events = "SELECT (payload->>'order_id')::bigint, 1 FROM outbox_event WHERE kind = 'order.paid'"
        assert set(await sale.pairs(events)) == set(paid), "told once of each"

    told: dict[int, Any] = {}
    async with serving(database_url, tmp_path) as server:
        await ask_for_all(server.url, notify, told, kill=server, after=ORDERS // 4)
    assert ORDERS // 4 <= len(told) < ORDERS
    await check(told)

    async with serving(database_url, tmp_path) as server:
        acknowledged = dict(told)
        await ask_for_all(server.url, notify, told)
        assert len(told) == ORDERS
        # A provider that did not hear the answer tells again what was taken in before.
        await ask_for_all(server.url, notify, {number: {} for number in told if number not in acknowledged})
    await check(told)
    assert await sale.number("SELECT sum(amount_fen) FROM payment WHERE state = 'succeeded'") == sale.sum_fen
    assert await sale.number("SELECT count(*) FROM payment WHERE state <> 'succeeded'") == 0
    assert await sale.number("SELECT count(*) FROM payment_notification WHERE outcome <> 'settled'") == 0
    assert await sale.number("SELECT count(*) FROM payment_finding") == 0
    await sale.till.lane.stop()


async def test_a_shipment_that_was_acknowledged_survives(
    database: Database, database_url: str, wechat: StallingWechat, tmp_path: Path
) -> None:
    sale = await open_sale(database, tmp_path, wechat)
    await sale.place()
    await sale.pay()
    async with database.writing() as writer:
        session = await open_session(writer, sale.world.merchant_id, address="", user_agent="test")
    bearer = {"authorization": f"Bearer {session.token}"}

    async def ship(client: httpx.AsyncClient, number: int) -> httpx.Response:
        path = f"/api/v1/shops/{sale.world.shop_id}/orders/{sale.orders[number].order_id}/shipments"
        parcel = {"carrier": "SF", "waybill": f"SF{10_000_000_000 + number}"}
        return await client.post(path, headers=bearer, json=parcel)

    async def check(told: dict[int, Any]) -> dict[int, int]:
        sent = await sale.pairs("SELECT order_id, shipment_id FROM shipment")
        assert {sale.orders[number].order_id for number in told} <= set(sent)
        states = await sale.pairs("SELECT order_id, state FROM shop_order")
        assert {order_id for order_id, state in states.items() if state == "shipped"} == set(sent)
        left = "SELECT order_id, shipped_quantity FROM order_line WHERE shipped_quantity > 0"
        assert await sale.pairs(left) == dict.fromkeys(sent, 1)
        lines = await sale.pairs("SELECT order_id, quantity FROM shipment_line")
        assert lines == dict.fromkeys(sent, 1)
        events = "SELECT (payload->>'order_id')::bigint, 1 FROM outbox_event WHERE kind = 'order.shipped'"
        assert set(await sale.pairs(events)) == set(sent), "told once of each"
        assert await sale.number("SELECT count(*) FROM waybill") == len(sent)
        return sent

    told: dict[int, Any] = {}
    async with serving(database_url, tmp_path) as server:
        await ask_for_all(server.url, ship, told, kill=server, after=ORDERS // 4)
    assert ORDERS // 4 <= len(told) < ORDERS
    before = await check(told)

    async with serving(database_url, tmp_path) as server:
        # Whoever got no answer asks again, and so do some who did.
        again = {number: told[number] for number in sorted(told)[5:]}
        await ask_for_all(server.url, ship, again)
        assert len(again) == ORDERS
    after = await check(again)
    assert after.items() >= before.items(), "the same parcels as before"
    assert len(after) == ORDERS
    await sale.till.lane.stop()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_refund_that_was_decided_goes_back_once_whenever_its_worker_dies(
    when: str,
    database: Database,
    database_url: str,
    wechat: StallingWechat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sale = await open_sale(database, tmp_path, wechat)
    monkeypatch.setenv("YELLOWCART_PAYMENTS", str(sale.settings))
    await sale.place()
    await sale.pay()

    async def cancel(client: httpx.AsyncClient, number: int) -> httpx.Response:
        placed = sale.orders[number]
        headers = sale.buyers[number].bearer | {"idempotency-key": f"cancel {number}"}
        path = f"/api/v1/orders/{placed.shop_id}/{placed.order_id}/cancel-paid"
        return await client.post(path, headers=headers, json={})

    async def check_decided(told: dict[int, Any]) -> None:
        cases = await sale.pairs("SELECT order_id, aftersale_id FROM aftersale")
        refunds = await sale.pairs("SELECT order_id, amount_fen FROM refund")
        assert set(refunds) == set(cases), "a case and its refund are one decision"
        for number, answer in told.items():
            order_id = sale.orders[number].order_id
            assert [case["aftersale_id"] for case in answer["cases"]] == [cases[order_id]]
            assert refunds[order_id] == sale.orders[number].total_fen
        given = await sale.pairs("SELECT order_id, refunded_fen FROM payment WHERE refunded_fen > 0")
        assert given == refunds

    told: dict[int, Any] = {}
    async with serving(database_url, tmp_path) as server:
        await ask_for_all(server.url, cancel, told, kill=server, after=ORDERS // 4)
    assert ORDERS // 4 <= len(told) < ORDERS
    await check_decided(told)
    assert wechat.refunds == {}, "deciding asks no provider"
    async with serving(database_url, tmp_path) as server:
        await ask_for_all(server.url, cancel, told)
    assert len(told) == ORDERS
    await check_decided(told)

    wechat.stall = when
    with worker(database_url, tmp_path, sale.settings) as first:
        await until(lambda: _is_set(wechat.stalled), first, "a refund is being carried out")
        first.kill()
        await asyncio.to_thread(first.wait, 10)
    wechat.go_on.set()
    done = await sale.number("SELECT count(*) FROM refund WHERE state = 'succeeded'")
    assert done == ORDERS // 4, "what the dead worker heard of, and nothing more"
    assert len(wechat.refunds) == done + (1 if when == "after" else 0)

    with worker(database_url, tmp_path, sale.settings) as second:
        over = "SELECT count(*) FROM aftersale WHERE state = 'done'"
        await until(lambda: _is(sale.number(over), ORDERS), second, "every case is done")
    await check_decided(told)
    assert {len(wechat.refunds), await sale.number("SELECT count(*) FROM refund WHERE state = 'succeeded'")} == {
        ORDERS
    }
    assert [charge.refunded for charge in wechat.charges.values()] == [each.total_fen for each in sale.orders]
    events = "SELECT (payload->>'order_id')::bigint, 1 FROM outbox_event WHERE kind = 'refund.succeeded'"
    assert len(await sale.pairs(events)) == ORDERS
    states = await sale.pairs("SELECT order_id, ARRAY[state, close_reason] FROM shop_order")
    assert set(map(tuple, states.values())) == {("closed", "refunded")}
    (stock,) = (await sale.pairs("SELECT sku_id, ARRAY[available, held, sold] FROM stock")).values()
    assert stock == [PIECES, 0, 0]
    told_once = await sale.pairs("SELECT person_id, 1 FROM message WHERE kind = 'refund.succeeded'")
    assert set(told_once) == {buyer.person.person_id for buyer in sale.buyers}
    await sale.till.lane.stop()


async def _is_set(event: threading.Event) -> bool:
    return event.is_set()


async def _is(counting: Any, wanted: int) -> bool:
    return bool(await counting == wanted)
