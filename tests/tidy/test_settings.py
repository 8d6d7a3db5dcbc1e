"""Every setting has its heading in docs/settings.md, and nothing else reads the environment."""

import ast
import dataclasses
import re

from tests.tidy.source import PACKAGE, ROOT, dotted, expect_none, expect_only, modules, name_of, tree_of
from yellowcart.kernel.settings import Settings

SETTINGS = PACKAGE / "kernel" / "settings.py"
PAGE = ROOT / "docs" / "settings.md"
ALSO_TOUCH_THE_ENVIRONMENT = {
    "src/yellowcart/cli.py",  # hands the address of the embedded database to the server it starts
    "src/yellowcart/demo/supervise.py",  # the same, to the processes of a demo world
}
"""May only shrink."""


def _variables() -> set[str]:
    return {
        node.value
        for node in ast.walk(tree_of(SETTINGS))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"YELLOWCART_[A-Z_]+|DATABASE_URL", node.value)
    }


def test_every_setting_has_its_heading_and_every_heading_its_setting() -> None:
    headings = set(re.findall(r"^## `([A-Z_]+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert headings == _variables()


def test_every_field_of_the_settings_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    expect_none([field.name for field in dataclasses.fields(Settings) if f"`{field.name}`" not in page])


def test_only_the_settings_read_the_environment() -> None:
    reading = {
        name_of(path)
        for path in modules()
        if path != SETTINGS
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.getenv", "os.putenv"}
    }
    expect_only(ALSO_TOUCH_THE_ENVIRONMENT, reading)
