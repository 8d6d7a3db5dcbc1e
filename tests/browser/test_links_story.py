"""Outside links from a notice to moved-over goods: two operators make a rule, the clock brings it, a creator reads
of it and replaces what left by its twin, and a viewer sees own goods there. And: ten kinds of links pasted."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_operator_story import entry, move_the_clock
from tests.browser.watched import DESK, Visits
from tests.browser.world import World

pytestmark = [pytest.mark.browser]

TITLE = "关于淘宝联盟商品提前离开直播间购物车的公告"
REASON = "近期售后纠纷集中，需先行整改"
CUT = "2022-02-27T00:00"
OUTSIDE, TWIN = "小波厨房葱油拌面", "小波厨房 葱油拌面"


def draft_a_notice(page: Page) -> None:
    """The operator writes what is to hold, and hands it over."""
    page.goto("/operator/drafts/new")
    page.get_by_label("发布方（中文）").fill("快手电商")
    page.get_by_label("标题（中文）").fill(TITLE)
    page.get_by_label("正文（中文）").fill(
        "自 2022 年 2 月 27 日 0 时起，直播间购物车不再支持挂载淘宝联盟的商品链接。"
    )
    page.get_by_label("原因（中文）").fill(REASON)
    page.get_by_label("生效时间").first.fill(CUT)
    line = page.locator(".draft-line").first
    line.get_by_label("淘宝联盟").check()
    line.get_by_label("直播间购物车").check()
    line.get_by_label("如何处理").select_option("refuse")
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.get_by_role("status").first).to_contain_text("已提交")


def publish_as_second(page: Page) -> None:
    """Another operator reads it, looks at what it would do, and publishes it."""
    page.get_by_role("link", name="影响测算").first.click()
    expect(page.get_by_role("heading", name="影响测算")).to_be_visible()
    figure = page.locator(".figure").filter(has=page.locator(".figure__label", has_text="涉及商品")).first
    expect(figure.locator(".figure__value")).to_have_text(re.compile(r"^[1-9]\d*$"))
    page.go_back()
    page.get_by_role("link", name="发布…").click()
    page.get_by_role("button", name="立即发布").click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def test_a_notice_of_two_operators_moves_a_creators_goods_over(world_apart: World, visits: Visits) -> None:
    world = world_apart
    room_id = world.room("午饭吃什么")
    drafter = visits.open(world, "/operator", login="operator", size=DESK)
    draft_a_notice(drafter)
    expect(drafter.get_by_role("link", name="发布…")).to_have_count(0)

    second = visits.open(world, "/operator/notices?tab=drafts", login="operator_night", size=DESK)
    second.get_by_role("link", name=TITLE).first.click()
    publish_as_second(second)

    viewer = visits.open(world, f"/rooms/{room_id}", login="viewer_33")
    viewer.locator(".cart-button").click()
    expect(entry(viewer, OUTSIDE).get_by_role("link", name="去看看")).to_be_visible()
    viewer.evaluate("window.openedOnce = true")
    move_the_clock(drafter, CUT)
    expect(entry(viewer, OUTSIDE)).to_contain_text("已下车")
    expect(entry(viewer, OUTSIDE)).to_contain_text(REASON)

    creator = visits.open(world, "/messages", login="xiaobo", size=DESK)
    told = creator.locator(".message", has_text="外链规则生效，您有")
    expect(told).to_contain_text(REASON)
    told.get_by_role("button", name="查看详情").click()
    creator.get_by_role("main").get_by_role("link", name="小店同款", exact=True).first.click()
    row = creator.locator(".twin", has_text=OUTSIDE)
    expect(row).to_contain_text(TWIN)
    row.get_by_role("link", name=re.compile("替换")).click()
    creator.get_by_role("button", name=re.compile("替换")).click()
    expect(creator.get_by_role("heading", name="替换结果")).to_be_visible()

    own = entry(viewer, TWIN).filter(has=viewer.get_by_role("button", name="抢购"))
    expect(own.first).to_be_visible()
    assert viewer.evaluate("window.openedOnce") is True, "no page was loaded again"


@dataclass(frozen=True)
class Pasted:
    """Something that a host pastes, and what the desk must answer: source, storefront, item, verdict, and what it
    says of links that cannot be listed."""

    text: str
    source: str
    facts: tuple[str, ...]
    verdict: str
    remark: str = ""


NO_PRODUCT = "该链接不指向某一件商品"
PASTED = (
    Pasted(
        "【淘宝】包邮 https://item.taobao.com/item.htm?id=678901234567&spm=a1z10 「铸铁煎锅」 点击链接直接打开",
        "淘宝联盟",
        ("taobao", "678901234567"),
        "允许",
    ),
    Pasted(
        "https://detail.tmall.com/item.htm?id=990524160215&ali_trackid=2:mm_99941850_99452485_99219766",
        "淘宝联盟",
        ("tmall", "990524160215"),
        "允许",
    ),
    Pasted("https://m.tb.cn/h.G6YwaFe", "淘宝联盟", ("m.tb.cn",), "允许", "这是短链"),
    Pasted("9￥ABcd1234EFg￥ 打开淘宝看看", "淘宝联盟", (), "允许", "这是口令"),
    Pasted(
        "https://item.m.jd.com/product/100012043978.html?utm_source=kuaishou",
        "京东联盟",
        ("100012043978",),
        "允许",
    ),
    Pasted("https://mobile.yangkeduo.com/goods.html?goods_id=992205424746", "拼多多", ("992205424746",), "允许"),
    Pasted("https://h5.youzan.com/v2/goods/2oszxv0yqp1ab", "有赞", ("2oszxv0yqp1ab",), "禁止"),
    Pasted("https://mall.jd.com/index-1000000127.html", "京东联盟", (), "允许", NO_PRODUCT),
    Pasted(
        "tbopen://m.taobao.com/tbopen/index.html?h5Url=https%3A%2F%2Fitem.taobao.com%2Fitem.htm%3Fid%3D612345678901",
        "淘宝联盟",
        ("612345678901",),
        "允许",
    ),
    Pasted("https://s.taobao.com/search?q=%E9%93%81%E9%94%85", "淘宝联盟", (), "允许", NO_PRODUCT),
)


def paste(page: Page, text: str) -> Locator:
    """What the desk finds in a pasted text."""
    page.get_by_label("粘贴链接或分享文案").fill(text)
    return page.locator("#found .desk-link")


def test_a_newcomer_pastes_ten_kinds_of_links_and_gets_ten_right_answers(world: World, visits: Visits) -> None:
    page = visits.open(world, "/creator", login="lao_k", size=DESK)
    page.get_by_role("link", name="直播中控台").first.click()
    for pasted in PASTED:
        link = paste(page, pasted.text)
        expect(link).to_have_count(1)
        for told in (pasted.source, *pasted.facts, pasted.verdict, pasted.remark):
            expect(link).to_contain_text(told)
        listable = pasted.verdict == "允许" and NO_PRODUCT not in pasted.remark and "口令" not in pasted.remark
        expect(link.get_by_role("button", name="加入小黄车")).to_have_count(int(listable))
        page.get_by_label("粘贴链接或分享文案").fill("")
        expect(page.locator("#found .desk-link")).to_have_count(0)
