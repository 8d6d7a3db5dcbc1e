"""After-sales as programs of buyers, shops and operators see them."""

import secrets
from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import Any

import httpx
import pytest

from tests.aftersales.claims_desk import ClaimsDesk
from tests.conftest import browser, sign_in_as
from tests.small_world import PRICE_FEN
from yellowcart.accounts.model import Person
from yellowcart.accounts.sessions import open_session
from yellowcart.aftersales import wording
from yellowcart.aftersales.deadlines import Deadline
from yellowcart.aftersales.model import Action, Actor, AutoRule, CaseState, EndReason
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.app import Application
from yellowcart.kernel.ids import OrderId
from yellowcart.kernel.translation import Locale, catalog

ADDRESS = {
    "recipient": "王仓",
    "phone": "13900000000",
    "province": "福建省",
    "city": "泉州市",
    "district": "安溪县",
    "street": "仓库路 9 号",
}


class Program:
    """A program of one person."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {token}", "accept": "application/json"}

    async def get(self, path: str) -> httpx.Response:
        return await self._client.get(f"/api/v1{path}", headers=self._headers)

    async def post(self, path: str, body: object, *, key: str | None = None) -> httpx.Response:
        headers = self._headers | {"idempotency-key": key or secrets.token_hex(8)}
        return await self._client.post(f"/api/v1{path}", json=body, headers=headers)

    async def put(self, path: str, body: object) -> httpx.Response:
        return await self._client.put(f"/api/v1{path}", json=body, headers=self._headers)


@pytest.fixture
async def programs(desk: ClaimsDesk, application: Application) -> AsyncIterator[dict[str, Program]]:
    """Programs of the buyer, the shop, an operator and somebody who has nothing to do with it."""
    people = {
        "buyer": desk.buyer,
        "shop": desk.merchant,
        "operator": desk.operator,
        "stranger": (await sign_in_as(desk.database)).person,
    }
    async with browser(application) as client:
        yield {name: Program(client, await _token(desk, person)) for name, person in people.items()}


async def _token(desk: ClaimsDesk, person: Person) -> str:
    async with desk.database.writing() as writer:
        return (await open_session(writer, person.person_id, address="", user_agent="test")).token


async def asked(desk: ClaimsDesk, order_id: OrderId, **fields: Any) -> dict[str, Any]:
    """The body of a request."""
    (line_id, *_) = await desk.table.lines(order_id)
    return {
        "order_line_id": line_id,
        "kind": "return_refund",
        "reason": "quality",
        "quantity": 1,
        "words": "坏了",
        **fields,
    }


async def test_a_return_of_one_of_two_pieces_goes_its_whole_way(
    desk: ClaimsDesk, programs: dict[str, Program]
) -> None:
    order_id = await desk.received(2)
    buyer, shop = programs["buyer"], programs["shop"]
    may = (await buyer.get(f"/orders/{desk.shop_id}/{order_id}/askable")).json()["kinds"]
    (returnable,) = [each for each in may if each["kind"] == "return_refund"]
    assert (returnable["most_quantity"], returnable["most_fen"]) == (2, 2 * PRICE_FEN)
    opened = await buyer.post(f"/orders/{desk.shop_id}/{order_id}/aftersales", await asked(desk, order_id))
    assert opened.status_code == 201, opened.text
    case_id = opened.json()["aftersale_id"]
    own, theirs = f"/aftersales/{desk.shop_id}/{case_id}", f"/shops/{desk.shop_id}/aftersales/{case_id}"
    listed = (await shop.get(f"/shops/{desk.shop_id}/aftersales-due")).json()["items"]
    assert [each["aftersale_id"] for each in listed] == [case_id]
    agreed = await shop.post(f"{theirs}/agree", {"return_address": ADDRESS, "version": 1})
    assert agreed.json()["return_address"]["district_code"] == "350524"
    sent = await buyer.post(
        f"{own}/send-back", {"carrier": "ZTO", "waybill": "ZT00012345678", "freight_fen": 1_200}
    )
    assert sent.json()["state"] == "awaiting_inspection"
    done = await shop.post(f"{theirs}/confirm-return", {"restock": 1})
    assert (done.json()["state"], done.json()["refund_goods_fen"]) == ("refunding", PRICE_FEN)
    await desk.deliver()
    detail = (await buyer.get(own)).json()
    assert detail["case"]["state"] == "done"
    assert [step["action"] for step in detail["steps"]][-1] == "refund_carried_out"
    assert detail["may"] == {"buyer": [], "seller": [], "platform": []}
    mine = (await buyer.get("/aftersales?group=ended")).json()["items"]
    assert [each["refund_fen"] for each in mine] == [PRICE_FEN]


async def test_a_repeat_of_a_request_is_answered_and_not_asked_again(
    desk: ClaimsDesk, programs: dict[str, Program]
) -> None:
    order_id = await desk.paid(2)
    path = f"/orders/{desk.shop_id}/{order_id}/aftersales"
    body = await asked(desk, order_id, kind="refund_unshipped", reason="no_reason")
    first = await programs["buyer"].post(path, body, key="again")
    second = await programs["buyer"].post(path, body, key="again")
    assert first.json() == second.json()
    assert first.json()["auto_rule"] == "unshipped_at_once"
    assert len(await desk.refunds(order_id)) == 1
    other = await programs["buyer"].post(path, body | {"quantity": 2}, key="again")
    assert other.json()["code"] == "idempotency_key_reused"


async def test_cancelling_a_paid_order_answers_a_case_for_each_line(
    desk: ClaimsDesk, programs: dict[str, Program]
) -> None:
    order_id = await desk.paid(1, 2)
    path = f"/orders/{desk.shop_id}/{order_id}/cancel-paid"
    cancelled = await programs["buyer"].post(path, {}, key="once")
    assert cancelled.status_code == 201
    assert [case["refund_goods_fen"] for case in cancelled.json()["cases"]] == [PRICE_FEN, 2 * PRICE_FEN]
    assert (await programs["buyer"].post(path, {}, key="once")).json() == cancelled.json()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"quantity": 0}, 422, "aftersale_quantity"),
        ({"quantity": -1}, 422, "aftersale_quantity"),
        ({"quantity": 10**12}, 422, "aftersale_quantity"),
        ({"quantity": 10**40}, 422, "aftersale_quantity"),
        ({"amount_fen": 0}, 422, "aftersale_amount"),
        ({"amount_fen": 10**12}, 422, "aftersale_amount"),
        ({"reason": "price_drop"}, 422, "aftersale_reason"),
        ({"kind": "refund_unshipped", "reason": "late"}, 409, "aftersale_shipped"),
        ({"kind": "price_protection", "reason": "price_drop"}, 409, "aftersale_price_not_lower"),
        ({"order_line_id": 12}, 404, "line_unknown"),
        ({"evidence": [12]}, 404, "upload_unknown"),
        ({"words": "x" * 1_001}, 422, "invalid_fields"),
        ({"words": "a\x00b"}, 422, "invalid_fields"),
    ],
)
async def test_a_request_that_cannot_be_is_refused_in_both_languages(
    desk: ClaimsDesk, programs: dict[str, Program], fields: dict[str, Any], status: int, code: str
) -> None:
    order_id = await desk.received(1)
    refused = await programs["buyer"].post(
        f"/orders/{desk.shop_id}/{order_id}/aftersales", await asked(desk, order_id, **fields)
    )
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    messages = refused.json()["messages"]
    assert set(messages) == {"zh_CN", "en"}
    assert messages["zh_CN"] != messages["en"]
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM aftersale") == 0


async def test_what_is_not_yours_is_not_there(desk: ClaimsDesk, programs: dict[str, Program]) -> None:
    order_id = await desk.received(1)
    case = await desk.open(order_id)
    stranger, buyer = programs["stranger"], programs["buyer"]
    own = f"/aftersales/{desk.shop_id}/{case.aftersale_id}"
    assert (await stranger.get(own)).status_code == 404
    assert (await stranger.post(f"{own}/withdraw", {})).status_code == 404
    assert (await stranger.get(f"/orders/{desk.shop_id}/{order_id}/askable")).status_code == 404
    assert (await stranger.post(f"/orders/{desk.shop_id}/{order_id}/cancel-paid", {})).status_code == 404
    assert (await stranger.get("/aftersales")).json()["items"] == []
    for path in (f"/shops/{desk.shop_id}/aftersales", f"/shops/{desk.shop_id}/aftersales/{case.aftersale_id}"):
        assert (await buyer.get(path)).status_code == 403
        assert (await programs["shop"].get(path.replace(str(desk.shop_id), "12"))).status_code == 404
    for program in ("buyer", "shop"):
        assert (await programs[program].get("/arbitration")).status_code == 403


async def test_the_platform_is_called_and_decides(desk: ClaimsDesk, programs: dict[str, Program]) -> None:
    case = await desk.open(await desk.received(2), quantity=2)
    own = f"/aftersales/{desk.shop_id}/{case.aftersale_id}"
    theirs = f"/shops/{desk.shop_id}/aftersales/{case.aftersale_id}"
    desk_path = f"/arbitration/{desk.shop_id}/{case.aftersale_id}"
    buyer, shop, operator = programs["buyer"], programs["shop"], programs["operator"]
    assert (await shop.post(f"{theirs}/refuse", {"words": "没坏"})).json()["state"] == "awaiting_buyer"
    assert (await buyer.post(f"{own}/call-platform", {"words": " "})).json()["fields"].keys() == {"words"}
    assert (await buyer.post(f"{own}/call-platform", {"words": "坏了"})).status_code == 200
    assert (await shop.post(f"{theirs}/evidence", {"words": "视频"})).json()["state"] == "arbitration"
    listed = (await operator.get("/arbitration?state=arbitration")).json()["items"]
    assert [each["aftersale_id"] for each in listed] == [case.aftersale_id]
    decided = await operator.post(
        f"{desk_path}/decide", {"verdict": "split", "amount_fen": 3_000, "words": "各半"}
    )
    assert (decided.json()["state"], decided.json()["decided_fen"]) == ("refunding", 3_000)
    seen = (await shop.get(theirs)).json()
    assert [each["key"] for each in seen["amounts"]] == ["goods", "most", "asked", "decided", "refund"]
    again = await operator.post(f"{desk_path}/decide", {"verdict": "for_seller", "words": "反悔"})
    assert again.json()["code"] == "aftersale_moved"


async def test_a_shop_sets_its_rules_and_an_operator_the_times(
    desk: ClaimsDesk, programs: dict[str, Program]
) -> None:
    path = f"/shops/{desk.shop_id}/aftersale-settings"
    rules = (await programs["shop"].get(path)).json()["rules"]
    assert rules["no_reason_in_time"] is True
    changed = await programs["shop"].put(
        path, {"rules": rules | {"quality_return": True}, "return_address": ADDRESS}
    )
    assert changed.json()["return_address"]["recipient"] == "王仓"
    too_much = await programs["shop"].put(path, {"rules": rules | {"small_refund_fen": 10**12}})
    assert (too_much.status_code, list(too_much.json()["fields"])) == (422, ["small_refund"])
    times = (await programs["operator"].put("/aftersale-deadlines/evidence", {"seconds": 7_200})).json()
    (evidence,) = [each for each in times["deadlines"] if each["deadline"] == "evidence"]
    assert evidence["seconds"] == 7_200
    assert (await programs["operator"].put("/aftersale-deadlines/evidence", {"seconds": 1})).status_code == 422
    assert (await programs["operator"].put("/aftersale-deadlines/never", {"seconds": 7_200})).status_code == 422


@pytest.mark.parametrize(
    ("members", "names"),
    [
        (CaseKind, wording.KIND_NAMES),
        (CaseState, wording.STATE_NAMES),
        (Reason, wording.REASON_NAMES),
        (AutoRule, wording.RULE_NAMES),
        (EndReason, wording.END_NAMES),
        (Actor, wording.ACTOR_NAMES),
        (Action, wording.DONE_NAMES),
        (Deadline, wording.DEADLINE_NAMES),
    ],
)
def test_everything_that_a_page_shows_has_a_name_in_both_languages(
    members: type[StrEnum], names: Mapping[StrEnum, str]
) -> None:
    assert set(names) == set(members)
    assert [name for name in names.values() if name not in catalog(Locale.CHINESE)] == []
