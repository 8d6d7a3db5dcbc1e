"""Parcels, tracking messages, files of waybills and shipping needs as programs use them."""

import msgspec
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.parcels.packing import SF, PackingTable, told
from tests.parcels.test_needs import NEED
from tests.parcels.test_pages import token_of
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.parcels.tracking.signature import sign, source_secret
from yellowcart.parcels.tracking.sources import save_source

ADDRESS = {
    "recipient": "林小满", "phone": "13800000002", "province": "福建省", "city": "厦门市", "district": "思明区",
    "street": "湖滨路 2 号",
}  # fmt: skip


async def bearer(table: PackingTable) -> dict[str, str]:
    return {"authorization": f"Bearer {await token_of(table, table.world.merchant_id)}"}


async def test_parcels_are_shipped_read_and_corrected(application: Application, table: PackingTable) -> None:
    order_id = await table.paid(2, 1)
    first, _ = await table.lines(order_id)
    shop, headers = f"/api/v1/shops/{table.world.shop_id}", await bearer(table)
    async with browser(application) as client:
        body = {"carrier": "顺丰", "waybill": SF, "pieces": {str(first): 1}}
        part = await client.post(f"{shop}/orders/{order_id}/shipments", json=body, headers=headers)
        assert part.json()["order"]["state"] == "part_shipped", part.text
        read = await client.get(f"{shop}/orders/{order_id}/parcels", headers=headers)
        (parcel,) = read.json()["parcels"]
        assert (parcel["carrier"], parcel["lines"][0]["quantity"]) == ("SF", 1)
        corrected = await client.post(
            f"{shop}/shipments/{parcel['shipment_id']}/waybill",
            json={"carrier": "SF", "waybill": "SF0000000002"},
            headers=headers,
        )
        assert corrected.status_code == 200, corrected.text
        waiting = await client.get(f"{shop}/orders-to-ship?show=part_shipped", headers=headers)
        assert [each["pieces_left"] for each in waiting.json()["items"]] == [2]
        for path in ("stuck-parcels", "ship-rate", "orders-to-ship"):
            assert (await client.get(f"{shop}/{path}", headers=headers)).status_code == 200
        used = await client.post(
            f"{shop}/orders/{await table.paid()}/shipments",
            json={"carrier": "SF", "waybill": "SF0000000002"},
            headers=headers,
        )
        assert (used.status_code, used.json()["code"]) == (409, "waybill_used")


async def test_strangers_see_no_parcel(application: Application, table: PackingTable) -> None:
    order_id = await table.paid()
    shipped = await table.ship(order_id)
    stranger = await sign_in_as(table.database, Role.MERCHANT)
    shop = f"/api/v1/shops/{table.world.shop_id}"
    async with browser(application) as client:
        for path in (
            f"{shop}/orders/{order_id}/parcels",
            f"{shop}/orders-to-ship",
            f"{shop}/shipping-files",
            f"{shop}/shipping-needs",
            f"/api/v1/orders/{table.world.shop_id}/{order_id}/parcels",
        ):
            assert (await client.get(path, headers=stranger.bearer)).status_code == 404, path
        corrected = await client.post(
            f"{shop}/shipments/{shipped.shipment_id}/waybill",
            json={"carrier": "SF", "waybill": "SF0000000002"},
            headers=stranger.bearer,
        )
        assert corrected.status_code == 404


async def test_carriers_are_listed_and_suggested(application: Application) -> None:
    async with browser(application) as client:
        known = (await client.get("/api/v1/carriers?waybill=yt8812345678901")).json()
    assert known["suggested"] == ["YTO"]
    assert known["carriers"][0] == {"code": "SF", "name": "顺丰速运", "name_en": "SF Express", "is_usual": True}


def signed(body: bytes, secret: str, message_id: str = "msg_1") -> dict[str, str]:
    moment = clock.system_now()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": sign(secret, message_id, moment, body),
        "content-type": "application/json",
    }


async def test_a_source_tells_by_signed_messages(application: Application, table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    async with table.database.writing() as writer:
        await save_source(writer, table.merchant, source="hub", name="Hub", ask_url="", is_active=True)
    secret = source_secret(application.litestar.state.settings.secret, "hub", 1)
    body = msgspec.json.encode([told("collected", -2), told("in_transit", -1), told("flown", -1)])
    async with browser(application) as client:
        answer = await client.post("/api/v1/tracking/hub", content=body, headers=signed(body, secret))
        assert answer.status_code == 200, answer.text
        assert answer.json()["taken"] == 2
        assert [each["position"] for each in answer.json()["rejected"]] == [2]
        again = await client.post("/api/v1/tracking/hub", content=body, headers=signed(body, secret))
        assert (again.json()["taken"], again.json()["repeated"]) == (0, 2)
        forged = await client.post("/api/v1/tracking/hub", content=body + b" ", headers=signed(body, secret))
        assert (forged.status_code, forged.json()["code"]) == (403, "signature_wrong")
        unknown = await client.post("/api/v1/tracking/nobody", content=body, headers=signed(body, secret))
        assert unknown.status_code == 404
        for wrong in (
            b"{}",
            b"[1]",
            b"\xff",
            '[{"place": "泉州"}]'.encode("gbk"),
            b'[{"more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}]",
            b"[" + b",".join([msgspec.json.encode(told("collected"))] * 501) + b"]",
        ):
            refused = await client.post("/api/v1/tracking/hub", content=wrong, headers=signed(wrong, secret))
            assert refused.status_code in {413, 422}, (wrong[:20], refused.text)
    assert [event.status.value for event in (await table.parcels(order_id))[0].track] == [
        "in_transit",
        "collected",
    ]


async def test_a_message_without_its_headers_is_refused(application: Application, table: PackingTable) -> None:
    async with table.database.writing() as writer:
        await save_source(writer, table.merchant, source="hub", name="Hub", ask_url="", is_active=True)
    async with browser(application) as client:
        assert (await client.post("/api/v1/tracking/hub", content=b"[]")).status_code == 422


async def test_an_address_is_asked_for_and_answered(application: Application, table: PackingTable) -> None:
    order_id = await table.paid()
    mine = {"authorization": f"Bearer {await token_of(table, table.buyer.person_id)}"}
    shop_headers = await bearer(table)
    path = f"/api/v1/orders/{table.world.shop_id}/{order_id}/address-changes"
    async with browser(application) as client:
        assert (await client.post(path, json=ADDRESS, headers=mine)).status_code == 422
        asked = [
            await client.post(path, json=ADDRESS, headers=mine | {"idempotency-key": "one"}) for _ in range(2)
        ]
        assert [each.status_code for each in asked] == [201, 201], asked[0].text
        change_id = asked[0].json()["change_id"]
        assert asked[1].json()["change_id"] == change_id
        answered = await client.post(f"{path}/{change_id}/answer", json={"accepted": True}, headers=mine)
        assert answered.status_code == 404
        answered = await client.post(f"{path}/{change_id}/answer", json={"accepted": True}, headers=shop_headers)
        assert answered.status_code == 200, answered.text
        changes = (await client.get(path, headers=mine)).json()["changes"]
    assert [change["state"] for change in changes] == ["accepted"]


async def test_a_file_of_waybills_goes_through_the_api(application: Application, table: PackingTable) -> None:
    order_id = await table.paid()
    path, headers = f"/api/v1/shops/{table.world.shop_id}/shipping-files", await bearer(table)
    content = f"order,carrier,waybill\n{order_id},SF,{SF}\n".encode()
    async with browser(application) as client:
        made = [
            await client.post(
                path, files={"file": ("w.csv", content)}, headers=headers | {"idempotency-key": "one"}
            )
            for _ in range(2)
        ]
        assert made[0].status_code == 201, made[0].text
        assert made[1].json()["file_id"] == made[0].json()["file_id"]
        file = f"{path}/{made[0].json()['file_id']}"
        rows = await client.get(f"{file}/rows?fate=ready", headers=headers)
        assert [row["waybill"] for row in rows.json()["items"]] == [SF]
        applied = await client.post(f"{file}/apply", headers=headers)
        assert (applied.json()["state"], applied.json()["counts"]["shipped"]) == ("applied", 1)
        assert (await client.post(f"{file}/discard", headers=headers)).status_code == 409
        assert len((await client.get(path, headers=headers)).json()["items"]) == 2


@pytest.fixture
async def carrier(table: PackingTable) -> SignedIn:
    return await sign_in_as(table.database, Role.CARRIER)


async def test_a_need_is_quoted_and_accepted_through_the_api(
    application: Application, table: PackingTable, carrier: SignedIn
) -> None:
    body = {
        "goods": "茶", "origin": ADDRESS, "destination": ADDRESS, "weight_g": 1_500, "pieces": 1,
        "due_at": NEED.due_at.isoformat(),
    }  # fmt: skip
    path, headers = f"/api/v1/shops/{table.world.shop_id}/shipping-needs", await bearer(table)
    async with browser(application) as client:
        made = await client.post(path, json=body, headers=headers | {"idempotency-key": "one"})
        assert made.status_code == 201, made.text
        need_id = made.json()["need_id"]
        (seen,) = (await client.get("/api/v1/carrier/needs", headers=carrier.bearer)).json()["items"]
        assert "湖滨路" not in str(seen)
        quotes = f"/api/v1/carrier/needs/{table.world.shop_id}/{need_id}"
        quote = {
            "price_fen": 3_500,
            "pick_up_by": NEED.due_at.isoformat(),
            "valid_until": NEED.due_at.isoformat(),
        }
        quoted = await client.post(f"{quotes}/quotes", json=quote, headers=carrier.bearer)
        assert quoted.status_code == 200, quoted.text
        quote_id = quoted.json()["quotes"][0]["quote"]["quote_id"]
        accepted = await client.post(
            f"{path}/{need_id}/accept", json={"quote_id": quote_id, "price_fen": 3_500}, headers=headers
        )
        assert accepted.json()["state"] == "accepted", accepted.text
        named = await client.post(
            f"{quotes}/waybill", json={"carrier": "SF", "waybill": SF}, headers=carrier.bearer
        )
        assert named.status_code == 200, named.text
        read = (await client.get(f"{path}/{need_id}", headers=headers)).json()
        assert (read["need"]["state"], read["need"]["waybill"]) == ("fulfilled", SF)
        (mine,) = (await client.get("/api/v1/carrier/quotes", headers=carrier.bearer)).json()["items"]
    assert mine["destination"]["street"] == "湖滨路 2 号"
