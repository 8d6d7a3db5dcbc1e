"""The other language in the middle of a checkout: nothing that was chosen or typed is lost, and the address bar
holds what can be read again."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.watched import Visits
from tests.browser.world import World

pytestmark = [pytest.mark.browser]

NUTS_ROOM, NUTS = "山野集自播", "每日坚果"


def test_the_language_changes_and_nothing_else(world: World, visits: Visits) -> None:
    goods = world.goods_of_room(world.room(NUTS_ROOM), NUTS)[0]
    page = visits.open(
        world,
        f"/checkout?listing={goods['listing_id']}&sku={goods['sku_id']}&quantity=2",
        login="buyer_look",
    )
    pieces = page.locator(f'input[name="pieces.{goods["listing_id"]}.{goods["sku_id"]}"]')
    note, recipient = page.locator("textarea[name=note]"), page.locator("input[name=recipient]")
    page.locator('[data-step="up"]').first.click()
    expect(page).to_have_url(re.compile(r"pieces\.\d+\.\d+=3"))
    note.fill("放门口，不要按铃")
    if not recipient.is_visible():
        page.locator('[data-fold="address"] > summary').click()
        page.get_by_role("button", name="新收货地址").click()
    recipient.fill("只写了一半")
    page.locator("a[data-language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for field, typed in ((pieces, "3"), (note, "放门口，不要按铃"), (recipient, "只写了一半")):
        expect(field).to_have_value(typed)
    assert "recipient" not in page.url
    page.reload()
    expect(pieces).to_have_value("3")
    expect(note).to_have_value("放门口，不要按铃")
