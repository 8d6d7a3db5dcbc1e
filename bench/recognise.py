"""How many ordinary links a second one core recognises, and how long the worst texts of 100 kB take."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from bench.frame import Surroundings
from bench.report import Figure, Section, median_figure
from yellowcart.links.recognise import Recogniser, default_recogniser

ROUNDS: Final = 5
LINKS_PER_ROUND: Final = 20_000
HOSTILE_SIZE: Final = 100_000

ORDINARY: Final = (
    "https://item.taobao.com/item.htm?spm=a2106.m872.1000384.d13.jH3ETc&id=%d&scm=1029.newlist-0.1.1101",
    "https://detail.tmall.com/item.htm?id=%d&skuId=45631121136&ali_trackid=2:mm_26632258_3504122_32554087:1467",
    "https://item.jd.com/%d.html",
    "https://item.m.jd.com/product/%d.html?utm_source=iosapp&utm_medium=appshare&utm_campaign=t_335139774",
    "https://mobile.yangkeduo.com/goods.html?goods_id=%d&pid=20434335_206807608",
    "https://m.tb.cn/h.%d?sm=70d491",
    "https://u.jd.com/i%d",
    "https://app.kwaixiaodian.com/merchant/shop/detail?id=%d&hyId=kwaishop&layoutType=4",
    "https://haohuo.jinritemai.com/views/product/detail?id=%d",
    "https://detail.1688.com/offer/%d.html",
)

HOSTILE: Final[dict[str, str]] = {
    "words": "abcdefgh ",
    "hosts": "a.b ",
    "dots": "a.",
    "dashes": "a-",
    "schemes": "http://",
    "short links": "3.cn/abcd ",
    "encoded": "%25252F",
    "nested": "https%3A%2F%2Flogin.taobao.com%2F%3FredirectURL%3D",
    "parameters": "https://item.taobao.com/item.htm?id=1" + "&id=x" * 200 + " ",
    "code frames": "￥abcDEF12345￥",
    "brackets": "([{",
    "one long path": "https://item.taobao.com/",
    "slashes": "https://item.jd.com//",
    "links stuck together": "https://a",
    "links with commas": "https://a.b,",
    "links in brackets": "a.b/)",
    "app links": "tbopen://a?h5Url=",
    "app links of an app's own host": "pinduoduo://com.xunmeng.pinduoduo/",
    "signs as in JSON": "https://item.jd.com/\\u0026",
    "line ends as in JSON": "https://a\\nhttp",
    "letters around codes": "9哈abcDEF12345嘻 ",
    "a forwarder of words": "https://link.zhihu.com/?target=abcdefgh ",
}


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes on this thread's own CPU time."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


def ordinary_links() -> list[str]:
    """A mix of the links that hosts paste most."""
    return [ORDINARY[n % len(ORDINARY)] % (547040661236 + n) for n in range(LINKS_PER_ROUND)]


def rates(recogniser: Recogniser, texts: list[str]) -> Iterator[float]:
    """Links a second, round by round."""
    for _ in range(ROUNDS):
        taken = seconds(lambda: [recogniser.recognise(text) for text in texts])
        yield len(texts) / taken


def run_recognise(surroundings: Surroundings) -> tuple[Section, ...]:
    """The bench. Raises RuntimeError when an ordinary link is not found."""
    recogniser = default_recogniser()
    texts = ordinary_links()
    surroundings.step(f"{ROUNDS} rounds of {len(texts):,} ordinary links")
    found = sum(len(recogniser.recognise(text)) for text in texts)
    if found != len(texts):
        raise RuntimeError(f"{found} links were found in {len(texts)} texts of one each")
    measured = list(rates(recogniser, texts))
    surroundings.step("hostile texts")
    hostile: dict[str, float] = {}
    for name, piece in HOSTILE.items():
        text = (piece * (HOSTILE_SIZE // len(piece) + 1))[:HOSTILE_SIZE]
        hostile[name] = 1000 * seconds(partial(recogniser.recognise, text))
    slowest = max(hostile, key=lambda name: hostile[name])
    return (
        Section(
            title="Link recognition, one core",
            figures=(
                median_figure("recognise.links_per_s", "ordinary links", measured, "links/s"),
                Figure(
                    key="recognise.hostile_ms",
                    label=f"slowest of {len(hostile)} hostile texts of {HOSTILE_SIZE:,} characters ({slowest})",
                    value=hostile[slowest],
                    unit="ms",
                    decimals=1,
                ),
            ),
            notes=(
                "CPU time of one thread; one link in each of the ordinary texts, in the forms hosts paste most.",
            ),
        ),
    )
