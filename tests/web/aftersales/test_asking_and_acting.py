"""An after-sale from the wish to the money, page by page; a refused form comes back with what was typed."""

import re
from urllib.parse import urlencode

import pytest

from tests.orders.shopping import stock_of
from tests.small_world import PRICE_FEN
from tests.uploads.things_people_bring import photo
from tests.web.aftersales.conftest import Scene
from tests.web.filled_form import fields_of
from yellowcart.aftersales.model import AftersaleId, AutoRule, Case, CaseState
from yellowcart.aftersales.queries import cases_of_buyer
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.kernel.ids import OrderId

ADDRESS_TEXT = "李仓管 13900000002 福建省泉州市安溪县茶都路 8 号"


async def asking(scene: Scene, order_id: OrderId, line: int = 0, **more: str) -> str:
    """Where a line of an order is asked about."""
    line_id = (await scene.desk.table.lines(order_id))[line]
    asked = {"shop": scene.desk.shop_id, "order": order_id, "line": line_id, **more}
    return f"/aftersales/new?{urlencode(asked)}"


async def latest(scene: Scene) -> Case:
    """The buyer's latest case."""
    async with scene.desk.database.reading() as reader:
        found = await cases_of_buyer(reader, scene.desk.buyer.person_id)
    return (await scene.desk.detail_of(found.items[0].aftersale_id)).case


async def test_only_what_the_rules_allow_can_be_chosen_and_the_rest_says_why(scene: Scene) -> None:
    page = await scene.read("buyer", await asking(scene, await scene.desk.received(2)))
    offered = set(re.findall(r"kind=(\w+)\"", page))
    assert offered == {"refund_only", "return_refund", "exchange", "resend"}
    assert "This has been shipped meanwhile." in page
    assert "The price now is not lower than what you paid." in page
    unpaid = await scene.read("buyer", await asking(scene, await scene.desk.paid(1)))
    assert set(re.findall(r"kind=(\w+)\"", unpaid)) == {"refund_unshipped"}
    assert (await scene.pages["stranger"].get(await asking(scene, await scene.desk.paid(1)))).status_code == 404


async def test_a_return_goes_from_wish_to_money_over_the_pages(scene: Scene) -> None:
    order_id = await scene.desk.received(2)
    form = await asking(scene, order_id, kind="return_refund")
    page = await scene.read("buyer", form)
    fields = fields_of(page, "data-request") | {"reason": "quality", "quantity": "1", "words": "盖子裂了"}
    sent = await scene.buyer.post(
        "/aftersales/new", data=fields, files=[("evidence", ("broken.jpg", photo(), "image/jpeg"))]
    )
    assert sent.status_code == 303, sent.text[:1000]
    path = str(sent.headers["location"])
    case = await _case(scene, path)
    assert (case.kind, case.quantity, case.asked_fen) == (CaseKind.RETURN_REFUND, 1, PRICE_FEN)
    shop = await scene.read("shop", scene.shops(case))
    assert "盖子裂了" in shop
    assert "?size=small" in shop
    agreed = await scene.fill(
        "shop", scene.shops(case), "data-act", scene.shops(case, "/agree"), return_address=ADDRESS_TEXT
    )
    assert agreed.status_code == 303, agreed.text[-3000:]
    assert "李仓管" in await scene.read("buyer", path)
    back = await scene.fill(
        "buyer", f"{path}/send-back", "data-act", carrier="YTO", waybill="YT1234567890", freight="12"
    )
    assert back.status_code == 303
    taken = await scene.fill("shop", scene.shops(case), "data-act", scene.shops(case, "/take-back"), restock="1")
    assert taken.status_code == 303
    await scene.desk.deliver()
    ended = await scene.desk.now(case)
    assert (ended.state, ended.restocked_quantity, ended.return_freight_claimed_fen) == (CaseState.DONE, 1, 1_200)
    assert await stock_of(scene.desk.database, scene.desk.table.world) == (999, 0, 1)
    assert "Refunded" in await scene.read("buyer", path)
    order = await scene.read("buyer", f"/orders/{case.shop_id}/{order_id}")
    assert f'href="{path}"' in order


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"quantity": "0"}, "Choose from 1 to 2 pieces."),
        ({"quantity": "3"}, "Choose from 1 to 2 pieces."),
        ({"quantity": "-1"}, "Write a whole number."),
        ({"quantity": "1000000000000"}, "Choose from 1 to 2 pieces."),
        ({"amount": "99.81"}, "at most 99.80 yuan"),
        ({"amount": "0"}, "Ask for at least 0.01"),
        ({"amount": "1e3"}, "Write an amount in yuan"),
        ({"reason": "price_drop"}, "Choose a reason that goes with what you ask for."),
        ({"reason": "nonsense"}, "Choose a reason."),
        ({"reason": "other", "words": "  "}, "Say why in a few words."),
        ({"words": "长" * 1_001}, "Write at most 1,000 characters."),
        ({"goods_received": ""}, "Say whether you have received it."),
    ],
)
async def test_a_refused_request_keeps_what_was_typed_and_says_what_is_wrong(
    scene: Scene, changed: dict[str, str], told: str
) -> None:
    order_id = await scene.desk.received(2)
    form = await asking(scene, order_id, kind="refund_only")
    typed = {"reason": "damaged", "quantity": "2", "words": "外箱变形", "amount": "20.5"}
    typed |= {"goods_received": "yes"} | changed
    answer = await scene.fill("buyer", form, "data-request", "/aftersales/new", **typed)
    assert answer.status_code == 422, answer.headers
    assert told in answer.text
    kept = fields_of(answer.text, "data-request")
    for name in ("quantity", "amount", "words"):
        assert kept[name].strip() == typed[name].strip(), name
    async with scene.desk.database.reading() as reader:
        assert not (await cases_of_buyer(reader, scene.desk.buyer.person_id)).items


async def test_a_file_that_lies_is_refused_at_its_field_and_the_words_stay(scene: Scene) -> None:
    form = await asking(scene, await scene.desk.received(2), kind="refund_only")
    fields = fields_of(await scene.read("buyer", form), "data-request") | {
        "reason": "damaged",
        "words": "看照片",
        "goods_received": "yes",
    }
    answer = await scene.buyer.post(
        "/aftersales/new", data=fields, files=[("evidence", ("a.jpg", b"MZ no picture at all", "image/jpeg"))]
    )
    assert answer.status_code == 422
    assert 'id="field-evidence-error"' in answer.text
    assert fields_of(answer.text, "data-request")["words"] == "看照片"


async def test_a_request_sent_twice_is_one_case(scene: Scene) -> None:
    form = await asking(scene, await scene.desk.received(2), kind="refund_only")
    typed = {"reason": "damaged", "quantity": "1", "goods_received": "yes"}
    fields = fields_of(await scene.read("buyer", form), "data-request") | typed
    first, second = [await scene.post("buyer", "/aftersales/new", **fields) for _ in range(2)]
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]


async def test_what_a_request_comes_to_is_explained_while_it_is_typed(scene: Scene) -> None:
    order_id = await scene.desk.received(2)
    line_id = (await scene.desk.table.lines(order_id))[0]
    asked: dict[str, object] = {
        "kind": "return_refund",
        "reason": "no_reason",
        "quantity": 2,
        "amount": "60",
    }
    path = f"/aftersales/reckon/{scene.desk.shop_id}/{order_id}/{line_id}"
    part = await scene.read("buyer", f"{path}?{urlencode(asked)}")
    assert ">¥99.80<" in part
    assert "data-asked>¥60.00<" in part
    assert "You bear the freight of the return." in part
    part = await scene.read("buyer", f"{path}?{urlencode(asked | {'quantity': 3})}")
    assert "Choose from 1 to 2 pieces." in part
    stranger = await scene.pages["stranger"].get(f"{path}?{urlencode(asked)}")
    assert stranger.status_code == 404


async def test_a_paid_order_is_cancelled_in_two_taps(scene: Scene) -> None:
    order_id = await scene.desk.paid(2, 1)
    path = f"/orders/{scene.desk.shop_id}/{order_id}"
    assert 'data-opens="cancel"' in await scene.read("buyer", path)
    answer = await scene.press("buyer", f"{path}/cancel")
    assert answer.status_code == 303
    listed = await scene.read("buyer", "/aftersales?show=open")
    assert listed.count("order-card__goods") == 2
    assert (await latest(scene)).auto_rule is AutoRule.UNSHIPPED_AT_ONCE


async def test_a_turn_on_what_has_moved_on_is_refused_and_changes_nothing(scene: Scene) -> None:
    case = await scene.seeding.offered()
    seen = fields_of(await scene.read("buyer", scene.buyers(case, "/call")), "data-act")
    await scene.desk.agree(case)
    answer = await scene.post("buyer", scene.buyers(case, "/call"), **(seen | {"words": "请平台处理"}))
    assert answer.status_code == 409
    assert "The other side has acted meanwhile." in answer.text
    assert (await scene.desk.now(case)).state is CaseState.REFUNDING


async def test_the_buyer_changes_the_request_after_a_refusal(scene: Scene) -> None:
    case = await scene.seeding.refused()
    form = scene.buyers(case, "/change?kind=return_refund")
    answer = await scene.fill(
        "buyer",
        form,
        "data-request",
        scene.buyers(case, "/change"),
        reason="quality",
        quantity="1",
        words="改退货",
    )
    assert answer.status_code == 303, answer.text[:2000]
    now = await scene.desk.now(case)
    assert (now.kind, now.state) == (CaseKind.RETURN_REFUND, CaseState.AWAITING_SELLER)


@pytest.mark.parametrize(
    ("do", "typed", "told"),
    [
        ("refuse", {"words": " "}, "Say why in a few words."),
        ("offer", {"offer_kind": "refund_only", "amount": "49.91"}, "at most 49.90 yuan"),
        ("offer", {"offer_kind": "exchange"}, "Say where the goods are sent back to."),
        ("offer", {"offer_kind": "exchange", "return_address": "nowhere"}, "Write the name, the telephone"),
        ("evidence", {"words": ""}, "Say why in a few words."),
    ],
)
async def test_a_shops_form_that_is_refused_keeps_its_input(
    scene: Scene, do: str, typed: dict[str, str], told: str
) -> None:
    case = await scene.seeding.asked()
    answer = await scene.fill("shop", scene.shops(case, f"/{do}"), "data-act", **typed)
    assert answer.status_code in {409, 422}, answer.text[:500]
    assert told in answer.text
    kept = fields_of(answer.text, "data-act")
    assert {name: kept[name].strip() for name in typed} == {name: text.strip() for name, text in typed.items()}
    assert (await scene.desk.now(case)).version == case.version


async def _case(scene: Scene, path: str) -> Case:
    return (await scene.desk.detail_of(AftersaleId(int(path.rsplit("/", 1)[1])))).case
