"""Douyin: third-party goods in live rooms cost a fee, then need a channel, then are refused; short video goes
on as before (domain.md §0). The clock is moved three times; the notices announce themselves on the way."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_operator_story import entry, move_the_clock, verdicts_of
from tests.browser.watched import DESK, Visits
from tests.browser.world import World

pytestmark = [pytest.mark.browser]

LINK = "https://item.jd.com/100012043978.html"
FEE, CHANNEL, CUT = "2020-08-20T00:00", "2020-09-06T00:00", "2020-10-09T00:00"
LIVE, VIDEO = 0, 1
"""Columns of the matrix of verdicts."""


def test_a_fee_then_a_channel_then_refused_in_live_rooms_only(douyin: World, visits: Visits) -> None:
    world = douyin
    room_id = world.room("小家电专场")
    video_id = world.row("SELECT video_id FROM video WHERE title = '吹风机怎么选'")["video_id"]
    operator = visits.open(world, "/operator/notices", login="operator", size=DESK)
    expect(operator.get_by_text("关于直播间商品平台服务费的调整").first).to_be_visible()
    expect(operator.get_by_text("关于直播间不再支持第三方来源商品的公告")).to_have_count(0)
    desk = visits.open(world, f"/creator/rooms/{room_id}", login="dapeng", size=DESK)
    viewer = visits.open(world, f"/rooms/{room_id}", login="viewer_31")
    viewer.locator(".cart-button").click()
    expect(entry(viewer, "BH-D8 负离子 1800W").get_by_role("link", name="去看看")).to_be_visible()

    move_the_clock(operator, FEE)
    found = paste(desk, LINK)
    expect(found).to_contain_text("收费允许")
    expect(found).to_contain_text("平台收取 20 % 的服务费")
    expect(entry(viewer, "BH-D8 负离子 1800W").get_by_role("link", name="去看看")).to_be_visible()

    move_the_clock(operator, CHANNEL)
    expect(entry(viewer, "BH-D8 负离子 1800W")).to_contain_text("已下车")
    expect(entry(viewer, "直播带货任务须可追溯").first).to_be_visible()
    found = paste(desk, LINK)
    expect(found).to_contain_text("限指定渠道")
    found.get_by_label("购物车标题").fill("静音破壁机 家用")
    task = found.get_by_label("巨量星图任务编号")
    expect(task).to_have_attribute("required", "")
    found.get_by_role("button", name="加入小黄车").click()
    expect(task).to_be_focused()
    task.fill("XT20200906-88")
    found.get_by_role("button", name="加入小黄车").click()
    expect(entry(viewer, "静音破壁机").get_by_role("link", name="去看看")).to_be_visible()

    move_the_clock(operator, CUT)
    expect(entry(viewer, "静音破壁机")).to_contain_text("已下车")
    found = paste(desk, LINK)
    expect(found).to_contain_text("禁止")
    expect(found).to_contain_text("直播内容稍纵即逝")
    expect(found.get_by_role("button", name="加入小黄车")).to_have_count(0)
    for title in ("BH-K17 1.7L", "负离子吹风机"):
        expect(entry(viewer, title).get_by_role("button", name="抢购").first).to_be_enabled()

    viewer.goto(f"/videos/{video_id}")
    viewer.locator(".cart-button").click()
    expect(entry(viewer, "BH-D8 负离子 1800W").get_by_role("link", name="去看看")).to_be_visible()
    operator.goto("/operator/rules")
    for source in ("淘宝联盟", "京东联盟", "拼多多", "苏宁易购"):
        said = verdicts_of(operator, source)
        assert (said[LIVE], said[VIDEO]) == ("禁止", "允许"), source
    assert verdicts_of(operator, "抖音小店（自营）")[LIVE] == "收费允许"

    messages = visits.open(world, "/messages", login="dapeng", size=DESK)
    expect(messages.locator(".message").filter(has_text=re.compile("外链规则生效，您有"))).to_have_count(2)


def paste(page: Page, text: str) -> Locator:
    """What the desk finds in a pasted text now."""
    page.reload()
    page.get_by_label("粘贴链接或分享文案").fill(text)
    return page.locator("#found .desk-link")
