"""`yellowcart links recognise`: texts in, one JSON object a line out."""

import subprocess
import sys

import msgspec

from yellowcart.cli_links import answers

TEXTS = """【淘宝】https://item.taobao.com/item.htm?id=612345678901&spm=a1z10 点击链接直接打开
今天没有链接，只有聊天
https://item.jd.com/100012043978.html 和 https://item.jd.com.evil.example/1.html
"""


def test_every_line_has_one_answer_and_nothing_for_sale_is_an_empty_list() -> None:
    taobao, nothing, jd = [msgspec.json.decode(answer) for answer in answers(TEXTS.splitlines(keepends=True))]
    (item,) = taobao["links"]
    assert set(item) == {
        "source",
        "storefront",
        "kind",
        "item_id",
        "shop_id",
        "promotion_id",
        "canonical_url",
        "start",
        "end",
    }
    assert (item["source"], item["kind"], item["item_id"]) == ("taobao_union", "item", "612345678901")
    assert nothing == {"links": []}
    assert [link["item_id"] for link in jd["links"]] == ["100012043978"]


def test_the_command_answers_what_is_no_utf_8_as_well() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "yellowcart.cli", "links", "recognise"],
        input=TEXTS.encode() + b"\xff\xfe broken\n",
        capture_output=True,
        check=True,
        timeout=60,
    )
    lines = ran.stdout.splitlines()
    assert len(lines) == 4
    assert msgspec.json.decode(lines[3]) == {"links": []}
