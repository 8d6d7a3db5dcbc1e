"""`yellowcart links …`: texts in, one JSON object a line out; and pattern files checked."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.outside_internet import open_internet, redirect
from yellowcart.cli_links import followed
from yellowcart.links.recognise import default_recogniser

TEXTS = """【淘宝】https://item.taobao.com/item.htm?id=612345678901&spm=a1z10 点击链接直接打开
今天没有链接，只有聊天
https://item.jd.com/100012043978.html 和 https://item.jd.com.evil.example/1.html
"""


def run(*command: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "yellowcart.cli", "links", *command],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


def answers(ran: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    """What was printed, line by line."""
    assert ran.returncode == 0, ran.stderr
    return [msgspec.json.decode(line) for line in ran.stdout.splitlines()]


def test_every_line_has_one_answer_and_nothing_for_sale_is_an_empty_list() -> None:
    taobao, nothing, jd = answers(run("recognise", given=TEXTS.encode()))
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
    lines = answers(run("recognise", given=TEXTS.encode() + b"\xff\xfe broken\n"))
    assert len(lines) == 4
    assert lines[3] == {"links": []}


async def test_short_links_are_replaced_by_their_product_and_the_others_stay(tmp_path: Path) -> None:
    texts = "m.tb.cn/h.abcdEF 和 m.tb.cn/h.gone00 和 https://item.jd.com/100012043978.html"
    async with open_internet(tmp_path, ["m.tb.cn"]) as internet:
        internet.answers["m.tb.cn/h.abcdEF"] = redirect("https://item.taobao.com/item.htm?id=612345678901")
        recogniser = default_recogniser()
        links = await followed(recogniser.recognise(texts), recogniser, internet.network)
    assert [(link.kind.value, link.item_id) for link in links] == [
        ("item", "612345678901"),
        ("short", None),
        ("item", "100012043978"),
    ]


GOOD = """source = "corner_shop"
storefront = "corner"
name_zh = "街角小铺"
name_en = "Corner Shop"
kind = "store_system"

[[page]]
kind = "item"
hosts = ["goods.corner.example"]
path = '/g/(?P<item>[a-z0-9]{4,12})'
canonical = "https://goods.corner.example/g/{item}"

[[example]]
text = "https://goods.corner.example/g/abc123"
kind = "item"
item_id = "abc123"
"""


def test_a_folder_of_patterns_is_checked_and_used(tmp_path: Path) -> None:
    (tmp_path / "corner.toml").write_text(GOOD, "utf-8")
    checked = run("check-patterns", str(tmp_path))
    assert checked.returncode == 0
    assert "adds corner_shop: 街角小铺 · Corner Shop (store_system)" in checked.stdout.decode()
    (found,) = answers(
        run("recognise", given=b"https://goods.corner.example/g/abc123", YELLOWCART_PATTERNS=str(tmp_path))
    )
    assert found["links"][0]["source"] == "corner_shop"


def test_an_example_that_does_not_come_true_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "corner.toml").write_text(GOOD.replace('item_id = "abc123"', 'item_id = "abc124"'), "utf-8")
    checked = run("check-patterns", str(tmp_path))
    assert checked.returncode == 1
    assert "corner.toml: example" in checked.stderr.decode()
    assert "item_id is 'abc123', not 'abc124'" in checked.stderr.decode()


def test_a_wrong_file_ends_the_command_with_its_name_and_fault_and_no_trace(tmp_path: Path) -> None:
    (tmp_path / "corner.toml").write_text(GOOD.replace('kind = "item"', 'kind = "gift"', 1), "utf-8")
    ran = run("recognise", given=b"x", YELLOWCART_PATTERNS=str(tmp_path))
    assert ran.returncode == 1
    assert ran.stderr.decode().startswith("corner.toml: ")
    assert "page[0].kind" in ran.stderr.decode()
    assert b"Traceback" not in ran.stderr
