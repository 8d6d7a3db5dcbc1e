"""What hosts paste (`pasted.txt`), and what must hold of any text whatever."""

from itertools import pairwise
from pathlib import Path

import pytest

from yellowcart.links.address import CANDIDATES_MAX, candidate_finder, candidates, take_apart
from yellowcart.links.found_link import Kind
from yellowcart.links.recognise import (
    LINKS_PER_TEXT_MAX,
    default_recogniser,
    recognise,
    recognise_with_doubts,
)

PASTED = Path(__file__).with_name("pasted.txt").read_text("utf-8")
LINES = [line for line in PASTED.splitlines() if line and not line.startswith("#")]


def told(text: str) -> str:
    return " + ".join(
        f"{link.source} {link.kind} {link.item_id or link.shop_id or '-'}" for link in recognise(text)
    )


@pytest.mark.parametrize("line", LINES)
def test_a_pasted_text_is_read_as_the_board_says(line: str) -> None:
    text, _, expected = line.rpartition("=>")
    assert told(text.strip()) == expected.strip()


@pytest.mark.parametrize(
    "text", ["《9DB6XVmAZzB》", "【9DB6XVmAZzB】", "9DB6XVmAZzB", "复制打开抖音 ￥9DB6XVmAZzB￥"]
)
def test_what_only_might_be_a_code_is_unsure_and_not_guessed(text: str) -> None:
    answer = recognise_with_doubts(text)
    assert answer.links == ()
    assert [text[span.start : span.end] for span in answer.unsure] == ["9DB6XVmAZzB"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("看 https://item.jd.com/100012043978.html?a=1，好", ["https://item.jd.com/100012043978.html?a=1"]),
        ("（m.tb.cn/h.abcdEF）", ["m.tb.cn/h.abcdEF"]),
        ("复制￥9DB6XVmAZzB￥打开淘宝", ["9DB6XVmAZzB"]),
        ("😀 u.jd.com/iF2WFqu 😀 3.cn/2np-Ywyb", ["u.jd.com/iF2WFqu", "3.cn/2np-Ywyb"]),
    ],
)
def test_the_span_is_the_link_itself(text: str, found: list[str]) -> None:
    assert [text[link.start : link.end] for link in recognise(text)] == found


@pytest.mark.parametrize(
    ("text", "promoter"),
    [
        (
            "https://detail.tmall.com/item.htm?id=678901234567&ali_trackid=2%3Amm_1_22_333%3A15",
            "mm_1_22_333",
        ),
        ("https://item.taobao.com/item.htm?id=678901234567&pid=mm_1_22_333", "mm_1_22_333"),
        ("https://item.jd.com/100012043978.html?unionId=1000&positionId=2000", "1000/2000"),
        ("https://item.jd.com/100012043978.html?utm_campaign=t_335139774&utm_medium=appshare", None),
        (
            "https://mobile.yangkeduo.com/goods.html?goods_id=247148672711&pid=8840667_107247830",
            "8840667_107247830",
        ),
        ("https://mobile.yangkeduo.com/goods.html?goods_id=247148672711&pid=x", None),
    ],
)
def test_a_product_page_with_a_promoter_stays_an_item(text: str, promoter: str | None) -> None:
    (link,) = recognise(text)
    assert (link.kind, link.promotion_id) == (Kind.ITEM, promoter)


def nested(times: int) -> str:
    link = "https%3A%2F%2Fitem.taobao.com%2Fitem.htm%3Fid%3D678901234567"
    for _ in range(times):
        link = "https%3A%2F%2Flogin.taobao.com%2Flogin%3FredirectURL%3D" + link.replace("%", "%25")
    return link


def test_links_within_links_are_opened_to_a_bound_and_no_deeper() -> None:
    assert [told(nested(times)) for times in (0, 1, 4)] == ["taobao_union item 678901234567"] * 3
    assert told(nested(5)) == ""
    assert told(nested(200)) == ""


HOSTILE = [
    "a.b ",
    "a.",
    "a-",
    "http://",
    "3.cn/abcd ",
    "%25252F",
    "https://a",
    "https://a.b,",
    "a.b/)",
    "￥abcDEF12345￥",
    "([{",
    "tbopen://a?h5Url=",
    "https%3A%2F%2F",
    "item.jd.com/",
    "&id=1",
    "\u3002",
    "a\u200b.",
    "https://item.jd.com/1.html(",
    '{"a":',
    "openjd://?params={",
    "啊abcDEF12345啊",
    "9哈abcDEF12345嘻 ",
    "\\n",
    "\\u0026",
    "https://a\\nhttp",
    "https://item.jd.com\\u002e",
    "pinduoduo://com.xunmeng.pinduoduo/",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_on_hostile_text_grows_no_faster_than_the_text(piece: str) -> None:
    finder = candidate_finder(("tbopen", "openjd"))
    for size in (1_000, 100_000):
        text = (piece * (size // len(piece) + 1))[:size]
        seen = list(candidates(text, finder))
        # Stretches do not overlap, so whatever is done with each, all of it is done on the text once.
        assert all(one.end <= two.start for one, two in pairwise(seen))
        assert sum(candidate.end - candidate.start for candidate in seen) <= size
        assert len(seen) <= CANDIDATES_MAX
        assert len(default_recogniser().recognise(text)) <= LINKS_PER_TEXT_MAX + 50


def test_a_text_of_many_links_is_answered_up_to_the_limit() -> None:
    assert len(recognise("https://item.jd.com/100012043978.html " * 40)) == 40
    assert len(recognise("https://item.jd.com/100012043978.html " * 2_000)) == LINKS_PER_TEXT_MAX


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800 https://", "http://", "://", "https://[::1]/", "https://%/"]
)
def test_broken_text_is_answered_with_nothing(text: str) -> None:
    assert recognise(text) == []


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("https://a.example", "a.example"),
        ("https://A.Example:8080/x", "a.example"),
        ("https://u:p@b.example@a.example/x", "a.example"),
        ("https://a.example\\@b.example/", "a.example"),
        ("https://a.example?x@b.example", "a.example"),
        ("https://a.example#@b.example", "a.example"),
        ("https://a\u3002example\uff0e/x", "a.example"),
        ("https://\uff41.example", "a.example"),
    ],
)
def test_the_host_is_the_one_a_browser_would_go_to(written: str, host: str) -> None:
    address = take_apart(written)
    assert address is not None
    assert address.host == host


def test_a_link_beyond_all_measure_is_not_taken_apart() -> None:
    assert take_apart("https://item.jd.com/" + "1" * 20_000 + ".html") is None
