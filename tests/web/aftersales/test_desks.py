"""The lists and desks: what waits for whom, many at once, rules and their preview, money given by the shop itself,
the platform's decision in two steps by one operator at a time, and the time that everybody has."""

import html
import re

import pytest

from tests.orders.shopping import ADDRESS
from tests.small_world import PRICE_FEN
from tests.web.aftersales.conftest import Scene
from tests.web.filled_form import fields_of
from yellowcart.accounts.audit import read_trail
from yellowcart.aftersales.claims import CLAIM_LASTS
from yellowcart.aftersales.deadline_settings import deadline_settings
from yellowcart.aftersales.deadlines import DEFAULTS_S, Deadline
from yellowcart.aftersales.model import AutoRule, Case, CaseState, case_subject
from yellowcart.aftersales.negotiate import withdraw_case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.rules import ShopRules
from yellowcart.aftersales.shop_rules import change_shop_rules, shop_rules
from yellowcart.kernel import clock

DECIDE = "data-verdict"


def rows(page: str) -> list[str]:
    """The rows of a page's list."""
    return re.findall(r"<tr>.*?</tr>", page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0], re.DOTALL)


async def test_a_shops_list_has_tabs_filters_and_finds_by_number(scene: Scene) -> None:
    asked = await scene.seeding.asked()
    back = await scene.seeding.sent_back()
    called = await scene.seeding.called()
    done = await scene.seeding.done()
    here = f"/merchant/{scene.desk.shop_id}/aftersales"

    async def listed(query: str = "") -> set[str]:
        return set(re.findall(rf"{here}/(\d+)\"", await scene.read("shop", here + query)))

    assert await listed() == {str(each.aftersale_id) for each in (asked, back, called)}
    assert await listed("?show=inspection") == {str(back.aftersale_id)}
    assert await listed("?show=arbitration") == {str(called.aftersale_id)}
    assert await listed("?show=ended") == {str(done.aftersale_id)}
    assert await listed("?kind=return_refund") == {str(back.aftersale_id)}
    assert await listed("?soon=yes") == set()
    assert await listed(f"?search={done.order_id}") == {str(done.aftersale_id)}
    assert await listed(f"?search={back.return_waybill}") == {str(back.aftersale_id)}
    assert await listed("?search=no-such-number") == set()
    await scene.desk.pass_time(hours=25)
    assert await listed("?soon=yes") == {str(asked.aftersale_id)}


async def test_the_most_urgent_stands_first(scene: Scene) -> None:
    back = await scene.seeding.sent_back()
    asked = await scene.seeding.asked()
    first, second = rows(await scene.read("shop", f"/merchant/{scene.desk.shop_id}/aftersales"))
    assert str(asked.aftersale_id) in first
    assert str(back.aftersale_id) in second


async def test_figures_say_what_is_open_and_why(scene: Scene) -> None:
    await scene.seeding.asked()
    await scene.seeding.done()
    part = await scene.read("shop", f"/merchant/{scene.desk.shop_id}/aftersales/figures")
    rate = PRICE_FEN * 10_000 // (4 * PRICE_FEN)
    assert f"{rate // 100} %" in part
    assert "It came damaged" in html.unescape(part)
    assert '<b class="badge-count"' in await scene.read("shop", f"/merchant/{scene.desk.shop_id}/aftersales/badge")
    other = await scene.pages["other shop"].get(f"/merchant/{scene.desk.shop_id}/aftersales/figures")
    assert other.status_code == 404


async def test_many_are_agreed_to_together_after_a_look(scene: Scene) -> None:
    first, second, moved = [await scene.seeding.asked() for _ in range(3)]
    here = f"/merchant/{scene.desk.shop_id}/aftersales"
    ticked = {f"case.{each.aftersale_id}": str(each.version) for each in (first, second, moved)}
    await scene.desk.refuse(moved)
    look = await scene.press("shop", f"{here}/agree", **ticked)
    assert look.status_code == 200
    assert "Left out: it has moved on" in look.text
    assert ">¥99.80<" in look.text
    assert (await scene.desk.now(first)).state is CaseState.AWAITING_SELLER
    done = await scene.press("shop", f"{here}/agree", sure="yes", **ticked)
    assert done.status_code == 303
    states = [(await scene.desk.now(each)).state for each in (first, second, moved)]
    assert states == [CaseState.REFUNDING, CaseState.REFUNDING, CaseState.AWAITING_BUYER]
    again = await scene.press("shop", f"{here}/agree", sure="yes", **ticked)
    assert again.status_code == 303
    nothing = await scene.press("shop", f"{here}/agree")
    assert nothing.headers["location"] == here


async def test_another_shop_agrees_to_nothing(scene: Scene) -> None:
    case = await scene.seeding.asked()
    fields = {f"case.{case.aftersale_id}": "1", "sure": "yes"}
    path = f"/merchant/{scene.desk.shop_id}/aftersales/agree"
    assert (await scene.press("other shop", path, **fields)).status_code == 404
    assert (await scene.desk.now(case)).state is CaseState.AWAITING_SELLER


async def test_a_rule_says_how_many_it_would_have_decided(scene: Scene) -> None:
    desk = scene.desk
    for reason in (Reason.NO_REASON, Reason.QUALITY, Reason.QUALITY):
        await desk.open(await desk.received(1), CaseKind.RETURN_REFUND, reason)
    page = await scene.read("shop", f"/merchant/{desk.shop_id}/aftersales/settings")
    would = re.findall(r'rule__would"><b class="number">(\d+)</b>of (\d+)', page)
    assert would == [("0", "3"), ("1", "3"), ("2", "3"), ("0", "3"), ("0", "3")]


async def test_settings_are_saved_whole_or_come_back_as_typed(scene: Scene) -> None:
    path = f"/merchant/{scene.desk.shop_id}/aftersales/settings"
    address = "李仓管 13900000002 福建省泉州市安溪县茶都路 8 号"
    for wrong, told in (
        ({"small_refund": "200.01"}, "Choose from 0 to 200.00 yuan."),
        ({"small_refund": "-1"}, "Write an amount in yuan"),
        ({"small_refund": ""}, "Say up to which amount."),
        ({"return_address": "somewhere"}, "Write the name, the telephone"),
    ):
        typed = {"small_refund_only": "yes", "small_refund": "20", "return_address": address} | wrong
        answer = await scene.press("shop", path, **typed)
        assert answer.status_code == 422
        assert told in answer.text
        kept = fields_of(answer.text, "data-settings")
        assert {name: kept[name] for name in typed} == typed
        assert "no_reason_in_time" not in kept
    saved = await scene.press("shop", path, small_refund_only="yes", small_refund="20", return_address=address)
    assert saved.status_code == 303
    async with scene.desk.database.reading() as reader:
        settings = await shop_rules(reader, scene.desk.shop_id)
    assert settings.rules == ShopRules(
        small_refund_only=True, small_refund_fen=2_000, no_reason_in_time=False, price_dropped=False
    )
    assert settings.return_address is not None
    assert settings.return_address.recipient == "李仓管"


async def test_a_shop_gives_money_back_from_an_order(scene: Scene) -> None:
    desk = scene.desk
    order_id = await desk.shipped(2)
    order = await scene.read("shop", f"/merchant/{desk.shop_id}/orders/{order_id}")
    (path,) = re.findall(rf'href="(/merchant/{desk.shop_id}/aftersales/give\?[^"]+)"', order)
    path = html.unescape(path)
    fields = fields_of(await scene.read("shop", path), "data-give") | {"reason": "agreed", "amount": "5"}
    over = await scene.press("shop", path, **(fields | {"amount": "500", "words": "抱歉"}))
    assert over.status_code == 422
    assert fields_of(over.text, "data-give")["words"] == "抱歉"
    first, second = [await scene.press("shop", path, **fields) for _ in range(2)]
    assert first.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert [(amount, state) for _, amount, state in await desk.refunds(order_id)] == [(500, "requested")]
    page = await scene.read("shop", str(first.headers["location"]))
    assert "The shop gives it back by itself" in page
    assert (await scene.pages["other shop"].get(path)).status_code == 404


async def test_two_operators_do_not_decide_one_case(scene: Scene) -> None:
    case = await scene.seeding.to_decide()
    path = scene.operators(case)
    assert (await scene.press("operator", f"{path}/claim")).headers["location"] == path
    refused = await scene.press("second", f"{path}/claim")
    assert refused.status_code == 409
    assert "Zhou has taken this after-sale" in refused.text
    verdict = {"verdict": "for_seller", "words": "凭证不足", "sure": "yes"}
    assert (await scene.press("second", f"{path}/decide", **verdict)).status_code == 409
    assert (await scene.desk.now(case)).state is CaseState.ARBITRATION
    assert "Zhou" in rows(await scene.read("second", "/operator/arbitration"))[0]
    scene.desk.still_clock.freeze(clock.now() + CLAIM_LASTS)
    assert (await scene.press("second", f"{path}/claim")).status_code == 303
    assert (await scene.press("second", f"{path}/claim", release="yes")).status_code == 303
    assert (await scene.press("operator", f"{path}/decide", **verdict)).status_code == 303
    assert (await scene.desk.now(case)).state is CaseState.REFUSED


async def test_programs_take_cases_and_give_them_back(scene: Scene) -> None:
    case = await scene.seeding.to_decide()
    path = f"/api/v1/arbitration/{case.shop_id}/{case.aftersale_id}/claim"
    first, second = (scene.people[who].bearer for who in ("operator", "second"))
    taken = await scene.operator.post(path, headers=first)
    assert taken.json()["operator_name"] == "Zhou"
    assert (await scene.operator.post(path, headers=second)).json()["code"] == "aftersale_claimed"
    assert (await scene.operator.delete(path, headers=second)).status_code == 409
    assert (await scene.operator.delete(path, headers=first)).status_code == 204
    assert (await scene.operator.post(path, headers=second)).status_code == 200
    done = await scene.seeding.done()
    over = await scene.operator.post(path.replace(str(case.aftersale_id), str(done.aftersale_id)), headers=first)
    assert over.json()["code"] == "aftersale_moved"


async def test_taking_a_case_and_giving_it_back_stand_in_the_audit_trail(scene: Scene) -> None:
    case = await scene.seeding.to_decide()
    path = scene.operators(case, "/claim")
    me = scene.people["operator"].person
    await scene.press("operator", path)
    scene.desk.still_clock.freeze(clock.now() + CLAIM_LASTS / 2)
    await scene.press("operator", path)
    assert (await scene.press("second", path)).status_code == 409
    await scene.press("operator", path, release="yes")
    await scene.press("operator", path, release="yes")
    async with scene.desk.database.reading() as reader:
        trail = await read_trail(reader, subject=case_subject(case.aftersale_id), action="aftersales:case:")
    taken = [each for each in trail.items if each.action.endswith((":claim", ":release"))][::-1]
    assert [(each.action.split(":")[-1], each.person_id) for each in taken] == [
        ("claim", me.person_id),
        ("claim", me.person_id),
        ("release", me.person_id),
    ]
    first, second, given = taken
    assert (first.before, given.after) == (None, None)
    assert first.after == second.before != second.after == given.before
    assert isinstance(second.after, dict)
    assert second.after["operator_id"] == me.person_id


async def test_a_shops_list_of_orders_marks_those_with_an_open_after_sale(scene: Scene) -> None:
    desk = scene.desk
    quiet, claimed = await desk.received(1), await desk.received(1)
    case = await desk.open(claimed)

    async def marked() -> dict[int, bool]:
        found = rows(await scene.read("shop", f"/merchant/{desk.shop_id}/orders"))
        return {
            order_id: "After-sale</span>" in row
            for row in found
            for order_id in (quiet, claimed)
            if str(order_id) in row
        }

    assert await marked() == {quiet: False, claimed: True}
    await desk.write(lambda writer: withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id))
    assert await marked() == {quiet: False, claimed: False}


async def test_the_operators_page_of_an_order_leads_to_its_cases(scene: Scene) -> None:
    case = await scene.seeding.to_decide()
    page = await scene.read("operator", f"/operator/orders/{case.shop_id}/{case.order_id}")
    assert f'<a href="{scene.operators(case)}">' in page
    without = await scene.read("operator", f"/operator/orders/{case.shop_id}/{await scene.desk.paid(1)}")
    assert f"/operator/arbitration/{case.shop_id}/" not in without


async def test_a_decision_is_shown_before_it_holds(scene: Scene) -> None:
    case = await scene.seeding.to_decide()
    path = scene.operators(case)
    fields = fields_of(await scene.read("operator", path), DECIDE)
    fields |= {"verdict": "split", "words": "各担一半", "amount": "20"}
    look = await scene.press("operator", f"{path}/decide", **fields)
    assert look.status_code == 200
    assert "¥20.00" in look.text
    assert (await scene.desk.now(case)) == case
    assert await scene.desk.refunds(case.order_id) == []
    sure = fields_of(look.text, "data-sure")
    assert (await scene.press("operator", f"{path}/decide", **sure)).headers["location"] == "/operator/arbitration"
    now = await scene.desk.now(case)
    assert (now.state, now.refund_fen) == (CaseState.REFUNDING, 2_000)
    for who, page in (("buyer", scene.buyers(case)), ("shop", scene.shops(case))):
        assert "各担一半" in await scene.read(who, page)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"verdict": "", "words": "为什么"}, "Choose a decision."),
        ({"verdict": "split", "words": "为什么"}, "Write the amount that goes back."),
        ({"verdict": "split", "amount": "49.91", "words": "为什么"}, "at most 49.90 yuan"),
        ({"verdict": "for_buyer", "amount": "x", "words": "为什么"}, "Write an amount in yuan"),
        ({"verdict": "for_seller", "words": " "}, "Say why in a few words."),
    ],
)
async def test_a_wrong_decision_keeps_its_words(scene: Scene, typed: dict[str, str], told: str) -> None:
    case = await scene.seeding.to_decide()
    for sure in ({}, {"sure": "yes"}):
        answer = await scene.press("operator", scene.operators(case, "/decide"), **typed, **sure)
        assert answer.status_code == 422
        assert told in answer.text
        kept = fields_of(answer.text, DECIDE)
        assert kept["words"].strip() == typed["words"].strip()
        assert kept["amount"] == typed.get("amount", "")
    assert await scene.desk.now(case) == case


async def test_an_operator_who_is_a_party_sees_and_decides_nothing(scene: Scene) -> None:
    case = await _case_of_operator(scene)
    page = await scene.read("operator", scene.operators(case))
    assert DECIDE not in page
    assert "You are a party in this case" in page
    fields = {"verdict": "for_buyer", "words": "我来判", "sure": "yes"}
    answer = await scene.press("operator", scene.operators(case, "/decide"), **fields)
    assert answer.status_code == 403
    assert await scene.desk.now(case) == case


async def test_operators_list_every_case_and_set_deadlines(scene: Scene) -> None:
    case = await scene.seeding.refused()
    found = f"/operator/aftersales?search={case.aftersale_id}&reason=damaged&show=for_buyer"
    assert len(rows(await scene.read("operator", found))) == 1
    path = "/operator/aftersales/deadlines"
    fields = fields_of(await scene.read("operator", path), "data-deadlines")
    wrong = await scene.press("operator", path, **(fields | {"evidence": "0", "seller_replaces": "72"}))
    assert wrong.status_code == 422
    assert fields_of(wrong.text, "data-deadlines")["seller_replaces"] == "72"
    assert await _set(scene) == {}
    assert (await scene.press("operator", path, **(fields | {"evidence": "24"}))).status_code == 303
    assert await _set(scene) == {Deadline.EVIDENCE: 24 * 3_600}
    assert (await scene.buyer.get(path)).status_code == 403


async def test_a_rule_puts_its_name_on_the_case(scene: Scene) -> None:
    desk = scene.desk
    await desk.write(
        lambda writer: change_shop_rules(
            writer, desk.merchant, desk.shop_id, ShopRules(quality_return=True), ADDRESS
        )
    )
    case = await desk.open(await desk.received(1))
    assert case.auto_rule is AutoRule.QUALITY_RETURN
    for who, path in (("buyer", scene.buyers(case)), ("shop", scene.shops(case))):
        assert "Return at the shop's fault: granted at once" in html.unescape(await scene.read(who, path))


async def _case_of_operator(scene: Scene) -> Case:
    """A case in arbitration that the operator is the buyer of."""
    case = await scene.seeding.to_decide()
    async with scene.desk.database.writing() as writer:
        for table in ("shop_order", "aftersale"):
            await writer.run(
                f"UPDATE {table} SET buyer_id = %(id)s WHERE order_id = %(order)s",
                id=scene.people["operator"].person.person_id,
                order=case.order_id,
            )
    return await scene.desk.now(case)


async def _set(scene: Scene) -> dict[Deadline, int]:
    async with scene.desk.database.reading() as reader:
        known = await deadline_settings(reader)
    return {each.deadline: each.seconds for each in known if each.seconds != DEFAULTS_S[each.deadline]}
