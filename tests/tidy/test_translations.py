"""Every visible word is there in Chinese and English, and none stands outside the translation files."""

import re
from collections import defaultdict

from tests.tidy.messages import sentences, translations
from tests.tidy.source import TEMPLATES, expect_none, expect_only, modules, name_of, texts_of

CHINESE = re.compile("[一-鿿]")
PLACE = re.compile(r"%\((\w+)\)([sd])")
BROKEN_PLACE = re.compile(r"%(?!\(\w+\)[sd]|%)")
ONLY_PLACES = re.compile(r"(?:%\(\w+\)[sd]|\W)+\Z")
SAME_IN_BOTH = frozenset({"SKU", "MCN", "GMV", "GPM", "URL", "CSV", "Yellowcart", "English", "中文", "1688"})
"""Words that Chinese consoles write as they are."""
CHINESE_IN_CODE = {
    "src/yellowcart/consoles/figures.py",  # numbers and spans are worded by code: 1.2 万, 3 小时前
    "src/yellowcart/cli.py",  # the command introduces itself in both languages at once
    "src/yellowcart/catalog/rules.py",  # the absolute claims that advertising law forbids, as they are written
    "src/yellowcart/stage/goods.py",  # the words by which a pasted share text is told from a title
}
"""Chinese that code says to a reader. May only shrink."""
CHINESE_AS_DATA = (
    "src/yellowcart/demo/",
    "src/yellowcart/freight/",
    "src/yellowcart/links/",
    "src/yellowcart/payments/alipay_bill.py",
    "src/yellowcart/payments/wechat_bill.py",
)
"""A demo world's own words, the words by which pasted addresses are read, those by which link recognition knows
other platforms' share texts, and the headings of payment providers' bills."""
CHINESE_IN_TEMPLATES = re.compile(r"中文")
"""The name of the language, on the switch that chooses it."""


def _has_words(text: str) -> bool:
    return not ONLY_PLACES.match(text) and text not in SAME_IN_BOTH


def test_every_sentence_has_its_chinese() -> None:
    known = {each.text for each in translations() if each.chinese and not each.fuzzy}
    missing = sorted(
        {f"{text!r} ({place})" for text, place in sentences() if _has_words(text) and text not in known}
    )
    expect_none(missing)


def test_no_translation_is_left_over() -> None:
    said = {text for text, _ in sentences()} | {text for path in modules() for _, text in texts_of(path)}
    templates = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html")))
    left = [
        f"{each.place}: {each.text!r}"
        for each in translations()
        # A word that code or a template holds as a plain text is translated where it is shown.
        if each.text not in said and f"'{each.text}'" not in templates and f'"{each.text}"' not in templates
    ]
    expect_none(left)


def test_no_translation_is_doubtful_and_each_is_chinese() -> None:
    wrong = [
        f"{each.place}: {each.text!r}"
        for each in translations()
        if each.fuzzy or (_has_words(each.text) and not CHINESE.search(each.chinese))
    ]
    expect_none(wrong)


def test_one_sentence_has_one_translation() -> None:
    texts: dict[str, set[str]] = defaultdict(set)
    for each in translations():
        texts[each.text].add(each.chinese)
    assert {text: sorted(chinese) for text, chinese in texts.items() if len(chinese) > 1} == {}


def test_a_translation_has_the_places_of_its_sentence() -> None:
    wrong = [
        f"{each.place}: {each.text!r} {each.chinese!r}"
        for each in translations()
        if each.chinese
        and not each.singular
        and (
            set(PLACE.findall(each.text)) != set(PLACE.findall(each.chinese))
            if PLACE.search(each.text)
            else PLACE.search(each.chinese)
        )
    ]
    expect_none(wrong)


def test_a_place_is_named_and_a_percent_sign_is_doubled_beside_one() -> None:
    wrong = [
        f"{text!r} ({place})"
        for text, place in [
            *sentences(),
            *((each.chinese, each.place) for each in translations()),
        ]
        if PLACE.search(text) and BROKEN_PLACE.search(PLACE.sub("", text).replace("%%", ""))
    ]
    expect_none(wrong)


def test_no_sentence_is_written_in_chinese() -> None:
    expect_none([f"{text!r} ({place})" for text, place in sentences() if CHINESE.search(text) and text != "中文"])


def test_no_template_holds_chinese() -> None:
    raw = [
        name_of(path)
        for path in sorted(TEMPLATES.rglob("*.html"))
        if CHINESE.search(
            CHINESE_IN_TEMPLATES.sub(
                "", re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            )
        )
    ]
    expect_none(raw)


def test_no_code_says_chinese_to_a_reader() -> None:
    raw = {
        name_of(path)
        for path in modules()
        if not name_of(path).startswith(CHINESE_AS_DATA)
        for _, text in texts_of(path)
        if CHINESE.search(text)
    }
    expect_only(CHINESE_IN_CODE, raw)
