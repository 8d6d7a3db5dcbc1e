"""The palette keeps its promises: one set of names in light and dark, and contrast AA wherever words stand."""

import re

import pytest

from yellowcart.consoles.rendering import ASSETS

TOKENS = (ASSETS / "tokens.css").read_text(encoding="utf-8")
BLOCKS = [
    dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block))
    for block in re.findall(r"(?:^|\n)\s*(?::root|\[data-bs-theme)[^{]*\{([^}]*)\}", TOKENS)
]
LIGHT, DARK_BY_SYSTEM, DARK_BY_CHOICE = BLOCKS
AA = 4.5

ON_EVERY_GROUND = ("--ink", "--ink-soft", "--ink-faint", "--amber", "--red", "--green", "--blue")
GROUNDS = ("--paper", "--surface", "--surface-quiet")
OWN_GROUND = (
    ("--cart-ink", "--cart"),
    ("--cart-ink", "--cart-pressed"),
    ("--amber", "--cart-soft"),
    ("--ink-soft", "--cart-soft"),
    ("--red", "--red-soft"),
    ("--green", "--green-soft"),
    ("--blue", "--blue-soft"),
    ("--blue", "--red-soft"),
    ("--ink-soft", "--surface-pressed"),
    ("--red-fill-ink", "--red-fill"),
)
PAIRS = [(ink, ground) for ink in ON_EVERY_GROUND for ground in GROUNDS] + list(OWN_GROUND)


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_dark_is_the_same_by_choice_and_by_the_system() -> None:
    assert DARK_BY_SYSTEM == DARK_BY_CHOICE


def test_dark_gives_every_colour_of_light_its_own_value() -> None:
    colours = {name for name, value in LIGHT.items() if value.startswith(("#", "rgb"))}
    assert colours <= set(DARK_BY_CHOICE)


@pytest.mark.parametrize("theme", [LIGHT, DARK_BY_CHOICE], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_words_stand_out_from_their_ground(theme: dict[str, str], ink: str, ground: str) -> None:
    assert _contrast(theme[ink], theme[ground]) >= AA


@pytest.mark.parametrize("sheet", ["parts.css", "buyer.css", "console.css", "document.css"])
def test_a_style_sheet_uses_only_tokens_that_exist(sheet: str) -> None:
    text = (ASSETS / sheet).read_text(encoding="utf-8")
    own = set(re.findall(r"(--[\w-]+):", text))
    used = {name for name in re.findall(r"var\((--[\w-]+)", text) if not name.startswith("--tblr-")}
    assert used - own - set(LIGHT) == set()
