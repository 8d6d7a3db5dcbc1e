"""What a page says of a case is what was said and decided, and leads to it."""

import re

from tests.web.aftersales.conftest import Scene
from yellowcart.aftersales.reasons import CaseKind, Reason


async def test_who_says_that_nothing_came_is_not_taken_to_have_it(scene: Scene) -> None:
    order_id = await scene.desk.received(1)
    case = await scene.desk.open(order_id, CaseKind.REFUND_ONLY, Reason.NOT_RECEIVED)
    assert not case.goods_received


async def test_a_refund_leads_the_operator_to_the_case_that_decided_it(scene: Scene) -> None:
    case = await scene.desk.open(await scene.desk.received(1), CaseKind.REFUND_ONLY, Reason.QUALITY)
    await scene.desk.agree(case)
    async with scene.desk.database.reading() as reader:
        payment_id = await reader.value(
            "SELECT payment_id FROM refund WHERE shop_id = %(shop_id)s", shop_id=case.shop_id
        )
    page = await scene.read("operator", f"/operator/payments/{case.shop_id}/{payment_id}")
    link = re.search(rf'href="([^"]*/{case.aftersale_id})"', page)
    assert link, "the case stands beside the refund"
    assert str(case.aftersale_id) in await scene.read("operator", link[1])
