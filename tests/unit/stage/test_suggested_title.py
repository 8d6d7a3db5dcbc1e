"""What a pasted text calls the product behind one of its links."""

import pytest

from yellowcart.links.recognise import recognise
from yellowcart.stage.goods import suggested_title


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("【淘宝】https://m.tb.cn/h.abcdEF?tk=x CZ0001 「铸铁锅」点击链接直接打开", ["铸铁锅"]),
        ("【淘宝】https://m.tb.cn/h.abcdEF?tk=x\n「铸铁锅」\n点击链接直接打开", ["铸铁锅"]),
        ("「铸铁锅」\nhttps://m.tb.cn/h.abcdEF", ["铸铁锅"]),
        ("「铸铁锅」https://m.tb.cn/h.abcdEF\n保温杯 https://u.jd.com/abcdef", ["铸铁锅", "保温杯"]),
        ("https://m.tb.cn/h.abcdEF 「铸铁锅」\nhttps://u.jd.com/abcdef 「保温杯」", ["铸铁锅", "保温杯"]),
        ("https://m.tb.cn/h.abcdEF 「铸铁锅」\nhttps://u.jd.com/abcdef", ["铸铁锅", ""]),
        ("https://item.jd.com/100012043978.html", [""]),
    ],
)
def test_every_link_of_a_text_has_the_title_that_belongs_to_it(text: str, titles: list[str]) -> None:
    assert [suggested_title(text, link) for link in recognise(text)] == titles
