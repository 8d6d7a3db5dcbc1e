"""How many ordinary links a second one core recognises, and how long the worst texts of 100 kB take.

Prints what it measured, with the machine and the Python named; asserts nothing.
Run: `python -m bench.recognise`.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from bench.machine import describe_machine
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


def main() -> None:
    """Measure and print."""
    recogniser = default_recogniser()
    texts = ordinary_links()
    found = sum(len(recogniser.recognise(text)) for text in texts)
    measured = sorted(rates(recogniser, texts))
    machine = describe_machine()
    print(f"{machine.cpu_model or 'unknown processor'}, {machine.cores} cores, {machine.python}")
    print(f"{found} links found in {len(texts)} texts")
    print(f"ordinary links: {measured[len(measured) // 2]:,.0f} a second on one core (median of {ROUNDS} rounds)")
    for name, piece in HOSTILE.items():
        text = (piece * (HOSTILE_SIZE // len(piece) + 1))[:HOSTILE_SIZE]
        print(f"hostile, {name}: {1000 * seconds(partial(recogniser.recognise, text)):.1f} ms for 100 kB")


if __name__ == "__main__":
    main()
