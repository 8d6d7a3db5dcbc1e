"""The operator's own pattern files: what they add, and what is refused of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from yellowcart.links.added_patterns import adopt_patterns, failed_examples, read_all_patterns
from yellowcart.links.found_link import Kind
from yellowcart.links.pattern_files import PatternFileError, SourceKind
from yellowcart.links.recognise import default_recogniser, recognise, recogniser_in_use

NEW = """
source = "corner_shop"
storefront = "corner"
name_zh = "街角小铺"
name_en = "Corner Shop"
kind = "store_system"
"""
PAGE = """
[[page]]
kind = "item"
hosts = ["goods.corner.example"]
path = '/g/(?P<item>[a-z0-9]{4,12})'
"""
MORE_OF_MOCKUAI = """
source = "mockuai"

[[page]]
kind = "item"
hosts = ["act.mockuai.com"]
path = '/mkcp/(?P<item>\\d{3,12})\\.html'
canonical = "https://act.mockuai.com/mkcp/{item}.html"
"""


@pytest.fixture(autouse=True)
def patterns_of_the_platform_again() -> Iterator[None]:
    """Leave this process recognising as it did."""
    yield
    adopt_patterns(None)


def write(folder: Path, **files: str) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def test_a_file_adds_a_source_with_its_names_and_its_kind(tmp_path: Path) -> None:
    patterns = read_all_patterns(write(tmp_path, corner=NEW + PAGE))
    (added,) = patterns.added
    assert (added.source, added.name_zh, added.name_en) == ("corner_shop", "街角小铺", "Corner Shop")
    assert added.kind is SourceKind.STORE_SYSTEM
    (link,) = patterns.recogniser.recognise("看 https://goods.corner.example/g/abc123")
    assert (link.source, link.storefront, link.item_id) == ("corner_shop", "corner", "abc123")


def test_a_file_adds_forms_to_a_source_that_is_known_and_they_come_first(tmp_path: Path) -> None:
    text = "https://act.mockuai.com/mkcp/4160.html"
    assert [link.kind for link in recognise(text)] == [Kind.OTHER]
    patterns = read_all_patterns(write(tmp_path, more=MORE_OF_MOCKUAI))
    assert patterns.added == ()
    (link,) = patterns.recogniser.recognise(text)
    assert (link.source, link.storefront, link.kind, link.item_id) == ("mockuai", "mockuai", Kind.ITEM, "4160")


def test_a_further_file_of_a_source_knows_its_promoters(tmp_path: Path) -> None:
    patterns = read_all_patterns(
        write(
            tmp_path,
            more="""
source = "taobao_union"

[[page]]
kind = "item"
hosts = ["goods.taobao-partner.example"]
item = ["id"]
""",
        )
    )
    (link,) = patterns.recogniser.recognise(
        "https://goods.taobao-partner.example/x?id=612345678901&pid=mm_1_22_333"
    )
    assert (link.storefront, link.promotion_id) == ("taobao", "mm_1_22_333")


def test_one_source_may_have_several_files(tmp_path: Path) -> None:
    second = 'source = "corner_shop"\n' + PAGE.replace("goods.", "wares.")
    patterns = read_all_patterns(write(tmp_path, a_corner=NEW + PAGE, b_corner=second))
    (link,) = patterns.recogniser.recognise("https://wares.corner.example/g/abc123")
    assert (link.source, link.storefront) == ("corner_shop", "corner")


def test_adopted_patterns_are_those_of_the_process(tmp_path: Path) -> None:
    adopt_patterns(write(tmp_path, corner=NEW + PAGE))
    assert [link.source for link in recognise("https://goods.corner.example/g/abc123")] == ["corner_shop"]
    adopt_patterns(None)
    assert recogniser_in_use() is default_recogniser()


def test_patterns_with_a_fault_leave_the_process_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(PatternFileError):
        adopt_patterns(write(tmp_path, corner=NEW + PAGE, wrong="source ="))
    assert recogniser_in_use() is default_recogniser()


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("source = ", "corner.toml: "),
        ('source = "Corner"' + PAGE, "small letters"),
        (PAGE, "small letters"),
        ('source = "corner_shop"' + PAGE, "it needs name_zh, name_en and kind"),
        (NEW.replace('name_zh = "街角小铺"', 'name_zh = " "') + PAGE, "it needs name_zh, name_en and kind"),
        (NEW.replace('storefront = "corner"', "") + PAGE, "it needs a storefront"),
        (NEW.replace("store_system", "own") + PAGE, "kind"),
        (NEW.replace("corner_shop", "jd_union") + PAGE, "jd_union is known already"),
        (NEW + PAGE.replace("goods.corner.example", "item.jd.com"), "page[0]: item.jd.com belongs to jd_union"),
        (NEW + PAGE.replace("goods.corner.example", "new.jd.com"), "page[0]: new.jd.com belongs to jd_union"),
        (NEW + PAGE.replace("hosts", "under").replace("goods.corner.example", "jd.com"), "belongs to jd_union"),
        (NEW + PAGE.replace("hosts", "under").replace("goods.corner.example", "com"), "at least one dot"),
        (NEW + PAGE.replace("goods.corner.example", "https://corner.example/"), "at least one dot"),
        (NEW + PAGE.replace("[a-z0-9]{4,12}", "([a-z]+)+"), "page[0]: '/g/(?P<item>([a-z]+)+)' repeats"),
        (NEW + PAGE.replace("[a-z0-9]{4,12}", "("), "is no regular expression"),
        (NEW + '[way]\nwords = ["location=(.*)"]', "a group named url"),
        (NEW + '[way]\nthrough = ["A.example"]', "lower case"),
        (NEW + '[[app]]\nschemes = ["tbopen"]', "the app scheme tbopen is claimed"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_its_entry_and_its_fault(
    tmp_path: Path, file: str, told: str
) -> None:
    with pytest.raises(PatternFileError, match=re.escape(told)) as refused:
        read_all_patterns(write(tmp_path, corner=file))
    assert ".toml: " in str(refused.value)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PatternFileError, match="there is no such folder"):
        read_all_patterns(tmp_path / "gone")


def test_examples_are_run_and_what_fails_is_told(tmp_path: Path) -> None:
    patterns = read_all_patterns(
        write(
            tmp_path,
            corner=NEW
            + 'nothing = ["https://goods.corner.example/g/abc123"]\n'
            + PAGE
            + """
[[example]]
text = "https://goods.corner.example/g/abc123"
kind = "shop"

[[example]]
text = "no link at all"
kind = "item"
""",
        )
    )
    (file,) = [file for file in patterns.recogniser.files if file.source == "corner_shop"]
    failed = "\n".join(failed_examples(patterns.recogniser, file))
    assert "kind is <Kind.ITEM: 'item'>, not <Kind.SHOP: 'shop'>" in failed
    assert "'no link at all': 0 links were found" in failed
    assert "nothing 'https://goods.corner.example/g/abc123': a link was found" in failed
