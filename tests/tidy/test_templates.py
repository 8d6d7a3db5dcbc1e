"""HTML lives in templates (style.md, rule 14), and a page runs and loads only what the platform itself serves."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.tidy.source import TEMPLATES, expect_none, expect_only, modules, name_of, texts_of

PAGES = sorted(TEMPLATES.rglob("*.html"))
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "manifest"}
DATA_SCRIPTS = {"application/json"}
HTML_IN_CODE = {
    "src/yellowcart/consoles/figures.py",  # <time>: a moment with its zone, marked up the same on every page
}
"""May only shrink."""


class _Reader(HTMLParser):
    """Collects what a page must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._script: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An attribute that runs code or loads from another host; a script that stands in the page."""
        line = self.getpos()[0]
        for name, value in attrs:
            text = (value or "").strip().lower()
            if name.startswith(("on", "hx-on", "x-on", "@")):
                self.wrong.append(f"line {line}: {name} runs code in the page")
            if text.startswith(("javascript:", "data:text/html")):
                self.wrong.append(f"line {line}: {name} runs code in the page")
            loads = name in LOADING or (name == "href" and tag != "a")
            if loads and text.startswith(("http:", "https:", "//")):
                self.wrong.append(f"line {line}: {name} loads from another host")
        if tag == "script":
            self._script = dict(attrs)
        if tag == "style":
            self.wrong.append(f"line {line}: a style sheet stands in the page")

    def handle_endtag(self, tag: str) -> None:
        """The end of a script."""
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        """What stands in a script that is no plain data."""
        if self._script is not None and data.strip() and self._script.get("type") not in DATA_SCRIPTS:
            self.wrong.append(f"line {self.getpos()[0]}: a script stands in the page")


def what_is_wrong(template: str) -> list[str]:
    """What a template has that a page must not have."""
    reader = _Reader()
    # A value becomes letters and a statement blanks, line by line, so that attributes and line numbers stay.
    reader.feed(JINJA.sub(lambda found: re.sub(r"[^\n]", "j" if found[0][1] == "{" else " ", found[0]), template))
    reader.close()
    return reader.wrong


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_template_runs_and_loads_only_our_own(path: Path) -> None:
    assert what_is_wrong(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_template_trusts_no_value(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expect_none(re.findall(r"\|\s*safe\b|autoescape\s+false", text))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_form_that_posts_carries_its_token(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    forms = re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, flags=re.DOTALL | re.IGNORECASE)
    expect_none([form[:80] for form in forms if "csrf" not in form])


def test_no_html_is_written_in_code() -> None:
    writing = {
        name_of(path)
        for path in modules()
        if "demo" not in path.parts  # pictures are SVG, drawn by code
        for _, text in texts_of(path)
        if re.search(
            r"</?(?:a|b|br|button|div|form|h\d|img|input|li|p|script|span|table|td|time|tr|ul)\b[^<]*>", text
        )
    }
    expect_only(HTML_IN_CODE, writing)


@pytest.mark.parametrize(
    "template",
    [
        "<script>alert(1)</script>",
        '<button onclick="go()">',
        '<img src="https://elsewhere.test/a.png">',
        '<link rel="stylesheet" href="//elsewhere.test/a.css">',
        '<a href="javascript:go()">',
        '<div {% if a %}hx-on:click="go()"{% endif %}>',
        "<style>a {}</style>",
    ],
)
def test_the_guard_sees_what_a_page_must_not_have(template: str) -> None:
    assert what_is_wrong(template)


@pytest.mark.parametrize(
    "template",
    [
        "<script src=\"{{ asset('page.js') }}\" defer></script>",
        '<script type="application/json">{{ data | tojson }}</script>',
        '<a href="https://elsewhere.test/">',
        '<input value="{{ online }}" name="only">',
    ],
)
def test_the_guard_lets_pass_what_a_page_may_have(template: str) -> None:
    assert what_is_wrong(template) == []
