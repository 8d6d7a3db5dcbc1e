"""Short links followed to their product, over real sockets, through the ways in which platforms lead on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.outside_internet import OutsideInternet, answer, open_internet, redirect
from yellowcart.kernel.outbound_errors import HostNotPublic, OutboundRefusal
from yellowcart.links import follow as following
from yellowcart.links.follow import HOPS_MAX, PAGE_BYTES_MAX, follow, leads_on
from yellowcart.links.found_link import FoundLink, Kind
from yellowcart.links.landing_pages import ADDRESSES_PER_PAGE_MAX, read_landing_page
from yellowcart.links.recognise import default_recogniser

HOSTS = (
    *("m.tb.cn", "s.click.taobao.com", "item.taobao.com", "login.taobao.com", "u.jd.com", "union-click.jd.com"),
    *("item.jd.com", "p.pinduoduo.com", "mobile.yangkeduo.com", "k.youshop10.com", "evil.example"),
)
ITEM = "https://item.taobao.com/item.htm?id=612345678901"


@pytest.fixture
async def internet(tmp_path: Path) -> AsyncIterator[OutsideInternet]:
    async with open_internet(tmp_path, HOSTS) as opened:
        yield opened


def link(text: str) -> FoundLink:
    """The one link of a text."""
    (found,) = default_recogniser().recognise(text)
    return found


async def product(internet: OutsideInternet, text: str) -> tuple[str, str | None, str | None] | None:
    """Kind, item and promoter of what a link leads to."""
    found = await follow(link(text), default_recogniser(), internet.network)
    return None if found is None else (found.kind.value, found.item_id, found.promotion_id)


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("https://m.tb.cn/h.abcdEF", True),
        ("https://u.jd.com/abcdef", True),
        ("https://s.click.taobao.com/AbCdEf1", True),
        ("https://mobile.yangkeduo.com/goods.html?ps=Bo90h8nXsj", True),
        (ITEM, False),
        ("https://uland.taobao.com/coupon/edetail?itemId=612345678901", False),
        ("https://shop131259851.taobao.com/", False),
        ("复制￥x4aVbLnW5Cz￥打开淘宝", False),
    ],
)
def test_only_what_names_no_product_is_followed(text: str, leads: bool) -> None:
    assert leads_on(link(text)) is leads


async def test_a_redirect_to_the_product_is_enough_and_the_product_itself_is_not_asked(
    internet: OutsideInternet,
) -> None:
    internet.answers["m.tb.cn/h.abcdEF"] = redirect(f"{ITEM}&ali_trackid=2:mm_1_22_333:15")
    found = await follow(link("看 https://m.tb.cn/h.abcdEF?sm=1 好物"), default_recogniser(), internet.network)
    assert found is not None
    assert (found.kind, found.item_id, found.promotion_id) == (Kind.ITEM, "612345678901", "mm_1_22_333")
    assert (found.canonical_url, found.start, found.end) == (ITEM, 2, 31)
    assert internet.urls == ["https://m.tb.cn/h.abcdEF"]


@pytest.mark.parametrize(
    "page",
    [
        f"<script>var url = '{ITEM}';</script>",
        f'<script>let targetUrl="{ITEM}"</script>',
        f"<script>window.location.href = '{ITEM}'</script>",
        f'<script>location.replace("{ITEM}")</script>',
        f'<meta http-equiv="refresh" content="0; url={ITEM}">',
        f"<META content='0;URL={ITEM}' http-equiv=refresh>",
        '{"code":0,"data":{"jumpUrl":"https:\\/\\/item.taobao.com\\/item.htm?spm=1\\u0026id=612345678901"}}',
        "<script>var url='https://item.taobao.com/item.htm?spm=1&amp;id=612345678901'</script>",
        "<script>var url = 'tbopen://m.taobao.com/a?h5Url="
        "https%3A%2F%2Fitem.taobao.com%2Fitem.htm%3Fid%3D612345678901'</script>",
        f"<script>location.href='https://www.taobao.com/';var url='{ITEM}'</script>",
        "<script>location.href='https://login.taobao.com/member/login.jhtml?redirectURL="
        "https%3A%2F%2Fitem.taobao.com%2Fitem.htm%3Fid%3D612345678901'</script>",
    ],
)
async def test_a_landing_page_leads_on_in_many_ways(internet: OutsideInternet, page: str) -> None:
    internet.answers["m.tb.cn/h.abcdEF"] = answer(200, page, content_type="text/html")
    assert await product(internet, "https://m.tb.cn/h.abcdEF") == ("item", "612345678901", None)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<h1>宝贝不见了</h1>",
        f"<script>var url='{ITEM}';var otherUrl='https://item.taobao.com/item.htm?id=612345678902'</script>",
        f'[{{"url":"{ITEM}"}},{{"url":"https://item.taobao.com/item.htm?id=612345678902"}}]',
        "<script>var url='https://item.jd.com/100012043978.html'</script>",
        f"<script>var url='https://evil.example/?u={ITEM}'</script>",
        f"<a href='{ITEM}'>相似宝贝</a>",
        f"<script>if (location.href == '{ITEM}') {{}}</script>",
    ],
)
async def test_a_page_that_names_no_product_or_several_is_not_guessed_at(
    internet: OutsideInternet, page: str
) -> None:
    internet.answers["m.tb.cn/h.abcdEF"] = answer(200, page, content_type="text/html")
    assert await product(internet, "https://m.tb.cn/h.abcdEF") is None
    assert len(internet.asked) == 1


async def test_what_is_no_page_or_a_page_of_errors_is_not_read(internet: OutsideInternet) -> None:
    page = f"<script>var url='{ITEM}'</script>"
    internet.answers |= {
        "m.tb.cn/h.abcdEF": answer(200, page, content_type="image/png"),
        "m.tb.cn/h.abcdEG": answer(404, page, content_type="text/html"),
    }
    assert await product(internet, "https://m.tb.cn/h.abcdEF") is None
    assert await product(internet, "https://m.tb.cn/h.abcdEG") is None


async def test_a_page_that_is_no_way_station_is_not_believed_on_what_its_data_mention(
    internet: OutsideInternet,
) -> None:
    internet.answers |= {
        "m.tb.cn/h.abcdEF": redirect("https://item.taobao.com/shelf"),
        "item.taobao.com/shelf": answer(200, f'{{"url":"{ITEM}"}}', content_type="application/json"),
    }
    assert await product(internet, "https://m.tb.cn/h.abcdEF") is None


async def test_the_alliance_is_followed_past_the_page_that_checks_where_one_comes_from(
    internet: OutsideInternet,
) -> None:
    internet.answers |= {
        "s.click.taobao.com/AbCdEf1": redirect("https://s.click.taobao.com/t?e=m%3D2&pid=mm_1_22_333"),
        "s.click.taobao.com/t?e=m%3D2&pid=mm_1_22_333": redirect(
            "https://s.click.taobao.com/t_js?tu=https%3A%2F%2Fs.click.taobao.com%2Ft%3Fe%3Dm%253D2%26et%3Dx"
        ),
        "s.click.taobao.com/t?e=m%3D2&et=x": redirect(ITEM),
    }
    assert await product(internet, "https://s.click.taobao.com/AbCdEf1") == ("item", "612345678901", "mm_1_22_333")
    assert internet.asked[-1].headers["referer"].startswith("https://s.click.taobao.com/t_js?")
    assert all("t_js" not in url for url in internet.urls)


async def test_jd_is_followed_through_its_page_and_its_click_address_with_a_phone(
    internet: OutsideInternet,
) -> None:
    internet.answers |= {
        "u.jd.com/abcdef": answer(200, "<script>var hrl='https://union-click.jd.com/jdc?e=1&p=2'</script>"),
        "union-click.jd.com/jda?e=1&p=2": redirect(
            "https://item.jd.com/100012043978.html?utm_campaign=t_2011246109_&utm_medium=jingfen"
        ),
    }
    assert await product(internet, "https://u.jd.com/abcdef") == ("item", "100012043978", "2011246109")
    assert all("iphone" in each.headers["user-agent"] for each in internet.asked)


async def test_a_click_page_that_names_the_product_is_the_product(internet: OutsideInternet) -> None:
    internet.answers["p.pinduoduo.com/9EUv3GT0"] = redirect(
        "https://mobile.yangkeduo.com/duo_coupon_landing.html?goods_id=70059699720&pid=8840667_107247830"
    )
    found = await follow(link("https://p.pinduoduo.com/9EUv3GT0"), default_recogniser(), internet.network)
    assert found is not None
    assert (found.kind, found.item_id, found.promotion_id) == (Kind.ITEM, "70059699720", "8840667_107247830")
    assert found.canonical_url == "https://mobile.yangkeduo.com/goods.html?goods_id=70059699720"


async def test_a_click_page_without_a_product_address_is_an_answer_when_nothing_comes_after_it(
    internet: OutsideInternet,
) -> None:
    landing = "https://s.click.taobao.com/l?itemId=612345678901&pid=mm_1_22_333"
    internet.answers["m.tb.cn/h.abcdEF"] = redirect(landing)
    assert await product(internet, "https://m.tb.cn/h.abcdEF") == ("affiliate", "612345678901", "mm_1_22_333")


async def test_a_link_that_leads_to_another_platform_leads_nowhere(internet: OutsideInternet) -> None:
    internet.answers["m.tb.cn/h.abcdEF"] = redirect("https://item.jd.com/100012043978.html")
    assert await product(internet, "https://m.tb.cn/h.abcdEF") is None


async def test_only_hosts_of_its_own_platform_are_asked(internet: OutsideInternet) -> None:
    internet.answers |= {
        "m.tb.cn/h.abcdEF": redirect("https://evil.example/"),
        "evil.example/": redirect(ITEM),
    }
    assert await product(internet, "https://m.tb.cn/h.abcdEF") is None
    assert internet.looked_up == ["m.tb.cn"]


async def test_a_platform_name_in_a_private_network_is_not_asked(internet: OutsideInternet) -> None:
    internet.addresses["m.tb.cn"] = ["10.0.0.1"]
    with pytest.raises(HostNotPublic):
        await product(internet, "https://m.tb.cn/h.abcdEF")


async def test_a_circle_and_an_endless_way_end_without_an_answer(internet: OutsideInternet) -> None:
    internet.answers |= {
        "m.tb.cn/h.abcdEF": redirect("https://m.tb.cn/h.abcdEG"),
        "m.tb.cn/h.abcdEG": answer(200, "<script>location.href='https://m.tb.cn/h.abcdEF'</script>"),
    }
    assert await product(internet, "https://m.tb.cn/h.abcdEF") is None
    assert len(internet.asked) == 2
    internet.answers |= {f"m.tb.cn/h.way{n}": redirect(f"/h.way{n + 1}") for n in range(30)}
    assert await product(internet, "https://m.tb.cn/h.way0") is None
    assert len(internet.asked) == 2 + HOPS_MAX


async def test_somebody_who_waits_is_not_kept_waiting(
    internet: OutsideInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silence(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(following, "FOLLOW_SECONDS_MAX", 0.2)
    internet.answers["m.tb.cn/h.abcdEF"] = silence
    with pytest.raises((TimeoutError, OutboundRefusal)):
        await product(internet, "https://m.tb.cn/h.abcdEF")


@pytest.mark.parametrize("trap", ["location.href='", "<meta ", 'var url = "', '"url":"', "var " + "a" * 40])
def test_a_landing_page_of_nothing_but_traps_names_few_addresses(trap: str) -> None:
    leads = read_landing_page(trap * (PAGE_BYTES_MAX // len(trap)))
    assert max(map(len, leads.grades())) <= ADDRESSES_PER_PAGE_MAX
