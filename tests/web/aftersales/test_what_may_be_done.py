"""The page of a case in each of its states offers each side exactly what the machine lets it do, is all in one
language, and is there for nobody else."""

import re

import pytest

from tests.aftersales.every_state import MAKE, Seeding
from tests.web.aftersales.conftest import Scene
from yellowcart.aftersales.machine import actions_of
from yellowcart.aftersales.model import Actor, Case, CaseState
from yellowcart.aftersales.rules import may_refuse
from yellowcart.consoles.buyer.aftersale_acts import BUYER_ACTS
from yellowcart.consoles.figures import money
from yellowcart.consoles.merchant.aftersale_acts import SHOP_ACTS
from yellowcart.consoles.operator.aftersale_case import ACTIONS

EVERY_STATE = pytest.mark.parametrize("state", list(MAKE), ids=[state.value for state in MAKE])


def offered(page: str, path: str) -> set[str]:
    """What a page offers to do with a case: links to forms, the form that stands open, and questions."""
    content = page.split('id="content"', 1)[1]
    return set(re.findall(rf'(?:href|action)="{re.escape(path)}/([a-z-]+)(?:#act)?"', content))


def allowed(case: Case, actor: Actor) -> set[str]:
    """What the machine lets a side do."""
    actions = [
        action for action in actions_of(case, actor) if actor is not Actor.SELLER or may_refuse(case, action)
    ]
    acts = BUYER_ACTS if actor is Actor.BUYER else SHOP_ACTS
    return {name for name, act in acts.items() if act.action in actions}


@EVERY_STATE
async def test_each_side_is_offered_exactly_what_the_machine_allows(scene: Scene, state: CaseState) -> None:
    case = await MAKE[state](scene.seeding)
    assert case.state is state
    for who, path, actor in (
        ("buyer", scene.buyers(case), Actor.BUYER),
        ("shop", scene.shops(case), Actor.SELLER),
    ):
        assert offered(await scene.read(who, path), path) == allowed(case, actor), who
    page = await scene.read("operator", scene.operators(case))
    verdicts = set(re.findall(r'name="verdict" value="(\w+)"', page))
    decisions = actions_of(case, Actor.PLATFORM)
    assert verdicts == {name for name, action in ACTIONS.items() if action in decisions}


@EVERY_STATE
async def test_every_form_that_is_offered_opens(scene: Scene, state: CaseState) -> None:
    case = await MAKE[state](scene.seeding)
    for who, path, actor, acts in (
        ("buyer", scene.buyers(case), Actor.BUYER, BUYER_ACTS),
        ("shop", scene.shops(case), Actor.SELLER, SHOP_ACTS),
    ):
        for name in allowed(case, actor):
            if acts[name].form:
                assert "<form" in (await scene.read(who, f"{path}/{name}")).split('id="content"', 1)[1]


async def test_a_form_that_is_over_leads_to_the_case(scene: Scene) -> None:
    case = await scene.seeding.withdrawn()
    for do in ("change", "send-back", "call", "evidence", "accept"):
        answer = await scene.buyer.get(scene.buyers(case, f"/{do}"))
        assert (answer.status_code, answer.headers["location"]) == (303, scene.buyers(case))
    assert (await scene.buyer.get(scene.buyers(case, "/nothing"))).status_code == 404
    assert (await scene.shop.get(scene.shops(case, "/nothing"))).status_code == 404
    page = await scene.read("shop", scene.shops(case, "/agree"))
    assert "data-act" not in page


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_strangers_see_no_case_and_do_nothing_with_it(scene: Scene, language: str) -> None:
    case = await scene.seeding.offered()
    for who in ("stranger", "other shop", "shop", "operator"):
        scene.pages[who].cookies.set("language", language)
        assert (await scene.pages[who].get(scene.buyers(case))).status_code == 404
        assert (await scene.pages[who].get(scene.buyers(case, "/call"))).status_code == 404
        assert (await scene.post(who, scene.buyers(case, "/accept"))).status_code == 404
    for path in ("", "/agree"):
        assert (await scene.pages["other shop"].get(scene.shops(case, path))).status_code == 404
        assert (await scene.buyer.get(scene.shops(case, path))).status_code in {403, 404}
    assert (await scene.post("other shop", scene.shops(case, "/agree"))).status_code == 404
    assert (await scene.buyer.get(scene.operators(case))).status_code == 403
    assert await scene.desk.now(case) == case


async def test_another_shops_case_is_not_found_under_this_shop(scene: Scene) -> None:
    case = await scene.seeding.asked()
    other = scene.people["other shop"].person
    async with scene.desk.database.reading() as reader:
        shop_id = await reader.value(
            "SELECT shop_id FROM shop_member WHERE person_id = %(id)s", id=other.person_id
        )
    path = f"/merchant/{shop_id}/aftersales/{case.aftersale_id}"
    assert (await scene.pages["other shop"].get(path)).status_code == 404
    assert (await scene.post("other shop", f"{path}/agree")).status_code == 404


@pytest.mark.parametrize(
    "make", [Seeding.offered, Seeding.done, Seeding.sent_back], ids=["offered", "done", "back"]
)
async def test_all_pages_show_the_amounts_of_the_api(scene: Scene, make: object) -> None:
    case = await make(scene.seeding)  # type: ignore[operator]
    bearer = scene.people["buyer"].bearer
    told = await scene.buyer.get(
        f"/api/v1/aftersales/{case.shop_id}/{case.aftersale_id}", headers=bearer | {"accept": "application/json"}
    )
    amounts = told.json()["amounts"]
    assert amounts
    for who, path in (
        ("buyer", scene.buyers(case)),
        ("shop", scene.shops(case)),
        ("operator", scene.operators(case)),
    ):
        page = await scene.read(who, path)
        for line in amounts:
            assert f">{money(line['amount_fen'])}<" in page, (who, line)


@EVERY_STATE
async def test_no_english_stands_on_a_chinese_page(scene: Scene, state: CaseState) -> None:
    case = await MAKE[state](scene.seeding)
    for who, path in (
        ("buyer", scene.buyers(case)),
        ("shop", scene.shops(case)),
        ("operator", scene.operators(case)),
    ):
        scene.pages[who].cookies.set("language", "zh_CN")
        page = await scene.read(who, path)
        content = re.sub(r"<option.*?</option>|<[^>]+>", " ", page.split('id="content"', 1)[1])
        words = set(re.findall(r"(?<![\w.&;])[A-Za-z]{4,}", content))
        assert words <= {"Lin", "JPEG", "WebP", "Enter", "Ctrl", *re.findall(r"[a-z]+", who)} | _names(scene), who


def _names(scene: Scene) -> set[str]:
    """What people of the test are called."""
    return {word for each in scene.people.values() for word in re.findall(r"[A-Za-z]+", each.person.name)}
