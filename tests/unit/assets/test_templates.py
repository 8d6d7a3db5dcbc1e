"""Layouts and parts: all they refer to exists, nothing is loaded from elsewhere, every word has its Chinese."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from yellowcart.consoles.rendering import ASSETS, TEMPLATES, environment
from yellowcart.kernel.translation import Locale, catalog

OWN_SHEETS_AND_SCRIPTS = [path for path in ASSETS.iterdir() if path.suffix in {".css", ".js"}]
ALL_TEMPLATES = sorted(TEMPLATES.rglob("*.html"))
NAMESPACE = "http://www.w3.org/2000/svg"
LAYOUT_CONTEXT: dict[str, object] = {
    "path": "/orders",
    "query": {"status": "paid", "cursor": "c1"},
    "page_address": "/orders?status=paid&cursor=c1",
    "csrf_token": "token",
    "person": None,
    "demo": False,
    "flashes": [("error", "<b>no</b>")],
}
PAGE_WEIGHT_LIMIT = 300_000


def _name(path: Path) -> str:
    return path.name if path.parent == ASSETS else path.relative_to(TEMPLATES).as_posix()


@pytest.mark.parametrize("template", ALL_TEMPLATES, ids=_name)
def test_every_icon_and_asset_of_a_template_exists(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    sprite = (ASSETS / "vendor/tabler-icons/icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'id="([\w-]+)"', sprite))
    assert set(re.findall(r"icon\('([\w-]+)'", text)) <= drawn
    assert [path for path in re.findall(r"asset\('([^']+)'\)", text) if not (ASSETS / path).is_file()] == []


@pytest.mark.parametrize("source", ALL_TEMPLATES + OWN_SHEETS_AND_SCRIPTS, ids=_name)
def test_nothing_is_loaded_from_another_host(source: Path) -> None:
    text = source.read_text(encoding="utf-8").replace(NAMESPACE, "")
    assert re.findall(r"(?:src|href|url|import|fetch)\W{1,4}(?:https?:)?//[^\s\"')]+", text) == []


def test_a_vendored_style_sheet_loads_nothing_but_what_it_carries() -> None:
    for sheet in (ASSETS / "vendor").rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "@import" not in text
        assert [
            link for link in re.findall(r"url\(\s*[\"']?([^\"')]{0,40})", text) if not link.startswith("data:")
        ] == []


@pytest.mark.parametrize("template", ALL_TEMPLATES, ids=_name)
def test_a_template_has_no_inline_script_or_handler(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert not body.strip() or 'type="application/json"' in attributes
    assert re.findall(r"<[^>{]*\son[a-z]+\s*=", text) == []


def _messages() -> Iterator[str]:
    for folder in ("layout", "parts"):
        found = extract_from_dir(
            TEMPLATES / folder,
            method_map=[("**.html", "jinja2.ext:babel_extract")],
            options_map={"**.html": {"newstyle_gettext": "true"}},
        )
        for _file, _line, message, _comments, _context in found:
            yield from [message] if isinstance(message, str) else message


def test_every_word_of_layouts_and_parts_has_its_chinese() -> None:
    chinese = catalog(Locale.CHINESE)
    assert sorted({message for message in _messages() if message not in chinese}) == []


@pytest.mark.parametrize("locale", list(Locale))
@pytest.mark.parametrize("layout", ["buyer", "console", "document", "room"])
def test_a_layout_stands_without_a_person_and_escapes_what_it_is_told(layout: str, locale: Locale) -> None:
    page = environment(locale).from_string(
        "{% extends 'layout/" + layout + ".html' %}{% block title %}A & B{% endblock %}"
    )
    html = page.render(LAYOUT_CONTEXT | {"now": None})
    assert f'<html lang="{locale.html}">' in html
    assert "<b>no</b>" not in html
    if layout != "room":
        assert "next=/orders%3Fstatus%3Dpaid%26cursor%3Dc1" in html


@pytest.mark.parametrize(
    "sheets",
    [
        ("tokens.css", "parts.css", "buyer.css"),
        ("vendor/tabler-core/tabler.min.css", "tokens.css", "parts.css", "console.css"),
    ],
    ids=["buyer", "console"],
)
def test_what_a_page_loads_is_light_before_video_and_charts(sheets: tuple[str, ...]) -> None:
    scripts = ("theme.js", "page.js", "vendor/htmx/htmx.min.js", "vendor/tabler-icons/icons.svg", "mark.svg")
    weight = sum(len(gzip.compress((ASSETS / path).read_bytes())) for path in sheets + scripts)
    assert weight < PAGE_WEIGHT_LIMIT
