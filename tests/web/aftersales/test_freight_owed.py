"""Freight of a return that no refund can carry: the buyer reads who owes it and how it is paid, and operators have
the sum before them until it is."""

from tests.aftersales.test_returns import confirmed
from tests.web.aftersales.conftest import Scene
from yellowcart.aftersales.arbitrate import Decision, Verdict, arbitrate
from yellowcart.aftersales.freight_owed import FreightOwed, freight_owed
from yellowcart.aftersales.model import Case, CaseState
from yellowcart.aftersales.turns import Said

OWED = "/operator/aftersales?show=freight_owed"


async def owed(scene: Scene) -> FreightOwed:
    async with scene.desk.database.reading() as reader:
        return await freight_owed(reader)


async def returned(scene: Scene) -> Case:
    """A return at the shop's fault, decided: the refund is all that was paid, the freight of 12 yuan is owed."""
    return await confirmed(scene.desk, await scene.seeding.sent_back())


async def test_the_buyer_reads_what_is_owed_and_how_it_comes(scene: Scene) -> None:
    back = await scene.seeding.sent_back()
    words, chinese = "The shop owes you ¥12.00 for sending it back.", "商家另欠您退货运费 ¥12.00"
    assert words not in await scene.read("buyer", scene.buyers(back)), "nothing is decided yet"
    case = await confirmed(scene.desk, back)
    assert words in await scene.read("buyer", scene.buyers(case))
    scene.buyer.cookies.set("language", "zh_CN")
    assert chinese in await scene.read("buyer", scene.buyers(case))


async def test_operators_see_the_sum_and_the_cases_until_nothing_is_owed(scene: Scene) -> None:
    nothing = await scene.read("operator", "/operator/aftersales")
    assert "No after-sale fits" in await scene.read("operator", OWED)
    assert "no refund could carry" not in nothing
    first, second = await returned(scene), await returned(scene)
    waiting = await scene.seeding.sent_back()
    assert await owed(scene) == FreightOwed(cases=2, sum_fen=2_400)
    for path in ("/operator/aftersales", "/operator/payments/refunds"):
        page = await scene.read("operator", path)
        assert "In 2 after-sales shops owe buyers freight of returns that no refund could carry: ¥24.00" in page, (
            path
        )
        assert OWED in page
    listed = await scene.read("operator", OWED)
    for case in (first, second):
        assert scene.operators(case) in listed
    assert scene.operators(waiting) not in listed, "what is not decided is not owed"
    assert listed.count("owes ¥12.00 freight") == 2


async def test_the_freight_of_an_exchange_is_owed_once_the_new_one_has_come(scene: Scene) -> None:
    replaced = await scene.seeding.replaced()
    assert (await owed(scene)).cases == 0
    ended = await scene.press("buyer", scene.buyers(replaced, "/received"), version=str(replaced.version))
    assert ended.status_code == 303
    assert await owed(scene) == FreightOwed(cases=1, sum_fen=1_200)


async def test_a_return_whose_case_is_lost_owes_nothing(scene: Scene) -> None:
    back = await scene.seeding.return_rejected()
    await scene.desk.pass_time(hours=24 * 30)
    assert (await scene.desk.now(back)).return_freight_fen == 1_200
    key, decision = (back.shop_id, back.aftersale_id), Decision(verdict=Verdict.FOR_SELLER)
    lost = await scene.desk.write(
        lambda writer: arbitrate(writer, scene.desk.operator, *key, decision, Said(words="opened and used"))
    )
    assert (lost.state, lost.return_freight_owed_fen) == (CaseState.REFUSED, 0)
    assert (await owed(scene)).cases == 0
