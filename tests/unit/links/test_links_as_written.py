"""Where a link begins and ends in what is around it, and how links that stick together come apart."""

import pytest

from yellowcart.links.recognise import default_recogniser

ITEM = "https://item.taobao.com/item.htm?id=612345678901"
JD_ITEM = "https://item.jd.com/100012043978.html"


def written(text: str) -> list[str]:
    """The links of the text, exactly as they stand in it."""
    return [text[link.start : link.end] for link in default_recogniser().recognise(text)]


@pytest.mark.parametrize(
    "around",
    [
        "{}。好的",
        "{}，点开",
        "{}、还有",
        "{}；",
        "{}！",
        "（{}）",
        "({})",
        "【{}】",
        "[{}]",
        "“{}”",
        "《{}》",
        "「{}」",
        "'{}'",
        '"{}"',
        "`{}`",
        "<{}>",
        "[商品]({})",
        '[商品]({} "标题")',
        '<a href="{}">买</a>',
        "链接{}复制打开",
        "{}\u200b复制",
        "{}\n下一行",
        "{}, next",
        "{}...",
        "{}*",
    ],
)
@pytest.mark.parametrize(
    "link",
    [
        ITEM,
        JD_ITEM,
        "https://u.jd.com/abc123",
        "taobao://item.taobao.com/item.htm?id=612345678901",
        "HTTPS://ITEM.JD.COM/100012043978.HTML",
    ],
)
def test_a_link_ends_where_what_is_around_it_begins(around: str, link: str) -> None:
    assert written(around.format(link)) == [link]


@pytest.mark.parametrize(
    "link",
    [
        'openapp.jdmobile://virtual?params={"category":"jump","des":"productDetail","skuId":"100012043978"}',
        'openapp.jdmobile://virtual?params={"des": "productDetail", "skuId": "100012043978"}',
        'openapp.jdmobile://virtual?params={"param":{"a":"b"},"url":"https://item.m.jd.com/product/1439822107.html"}',
        'https://mobile.yangkeduo.com/goods.html?customParameters={"uid":"1","sid":""}&goods_id=278428510770',
        "https://detail.tmall.com/item.htm?title=连衣裙夏&id=612345678901",
        "https：//item.jd.com/100012043978.html",
        "//item.jd.com/100012043978.html",
        "https:\\/\\/item.jd.com\\/100012043978.html",
        "https%3A%2F%2Fitem.jd.com%2F100012043978.html",
        "https://mobile.yangkeduo.com/index.html#/goods.html?goods_id=247148672711",
        "https://passport.jd.com/uc/login?ReturnUrl=http%3A%2F%2Fitem.jd.com%2F10021937750949.html",
    ],
)
def test_a_link_is_whole_with_all_that_it_holds(link: str) -> None:
    text = f"看 {link} ，快来"
    (found,) = default_recogniser().recognise(text)
    assert text[found.start : found.end] == link
    assert found.kind == "item"
    assert found.item_id is not None


def test_links_that_stick_together_come_apart() -> None:
    assert written(ITEM + JD_ITEM) == [ITEM, JD_ITEM]
    assert written(JD_ITEM + ITEM) == [JD_ITEM, ITEM]
    assert written(f"{ITEM};{JD_ITEM},{ITEM}") == [ITEM, JD_ITEM, ITEM]


def test_a_link_behind_a_parameter_of_a_page_that_we_do_not_know_is_no_link_of_its_own() -> None:
    assert written("https://evil.example/?u=1" + JD_ITEM) == []
    assert written("https://evil.example/?u=" + JD_ITEM) == []


@pytest.mark.parametrize(
    "text",
    [
        "https://passport.jd.com/new/login.aspx?ReturnUrl=https%3A%2F%2Fcart.jd.com%2Fcart.action",
        "https://login.taobao.com/member/login.jhtml?redirectURL=http%3A%2F%2Fwww.taobao.com%2F",
        "https://oauth.taobao.com/authorize?response_type=code",
        "https://mai.pinduoduo.com/h5-login.html?redirect=1",
    ],
)
def test_a_login_page_that_returns_to_no_goods_is_nothing(text: str) -> None:
    assert written(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "99￥ x4aVbLnW5Cz￥ 打开淘宝",
        "别人的淘口令：如 ￥ x4aVbLnW5Cz ￥",
        "或復·制这段描述/x4aVbLnW5Cz/后到淘♂寳♀",
        "复制2:/x4aVbLnW5Cz/ 打开淘宝",
        "￥x4aVbLnW5Cz$",
        "￥x4aVbLnW5Cz￥/ CZ0001 https://u.jd.com/abc123",
    ],
)
def test_a_code_is_found_in_its_frame(text: str) -> None:
    (code,) = [link for link in default_recogniser().recognise(text) if link.kind == "code"]
    assert text[code.start : code.end] == "x4aVbLnW5Cz"
    assert code.source == "taobao_union"


@pytest.mark.parametrize(
    "text", ["$LastChanged$", "$HelloWorlds$", "a/x4aVbLnW5Cz/b 复制打开淘宝", "淘宝复制 ./x4aVbLnW5Cz/b"]
)
def test_a_word_of_a_program_or_path_is_no_code(text: str) -> None:
    assert written(text) == []
