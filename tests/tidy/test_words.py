"""What the project says stands on any machine: no path of somebody's disk, no address of a package index."""

import re
from pathlib import Path

import pytest

from tests.tidy.source import PACKAGE, ROOT, expect_none, name_of

SPEAKING = {
    ".css",
    ".csv",
    ".cfg",
    ".html",
    ".js",
    ".json",
    ".md",
    ".po",
    ".py",
    ".sh",
    ".sql",
    ".svg",
    ".toml",
    ".txt",
}
VENDORED = PACKAGE / "assets" / "vendor"
MACHINE_PATHS = re.compile(
    r"(?<![\w.}/-])/(?:work|root|tmp|home|Users|mnt|private|shared)(?:/[\w.-]+|\b(?=[\s\"'`),.;:]|$))"
)
PACKAGE_INDEX = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|pip\.conf")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|WIP)\b")


def _speaking() -> list[Path]:
    folders = [ROOT / name for name in ("src", "docs", "bench", "requirements", ".ci")]
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found += [path for path in ROOT.iterdir() if path.is_file()]
    return sorted(
        path
        for path in found
        if (path.suffix in SPEAKING or path.suffix == ".lock" or path.name in {"Makefile", "run"})
        and VENDORED not in path.parents
        and "__pycache__" not in path.parts
    )


@pytest.mark.parametrize("path", _speaking(), ids=name_of)
def test_a_file_names_no_path_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expect_none([found[0] for found in MACHINE_PATHS.finditer(text)])


@pytest.mark.parametrize("path", _speaking(), ids=name_of)
def test_a_file_names_no_package_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "Makefile":
        text = text.replace("--no-emit-index-url", "")
    expect_none(PACKAGE_INDEX.findall(text))


@pytest.mark.parametrize("path", [path for path in _speaking() if path.suffix == ".py"], ids=name_of)
def test_nothing_is_left_for_later_in_a_comment(path: Path) -> None:
    expect_none(UNFINISHED.findall(path.read_text(encoding="utf-8")))
