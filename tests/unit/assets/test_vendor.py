"""Third-party files are what their manifest says, and nothing else lies beside them."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from yellowcart.consoles.rendering import ASSETS

VENDOR = ASSETS / "vendor"
MANIFEST = tomllib.loads((VENDOR / "manifest.toml").read_text(encoding="utf-8"))
LISTED = {entry["path"]: entry for package in MANIFEST["package"] for entry in package["file"]}


@pytest.mark.parametrize("path", sorted(LISTED))
def test_a_vendored_file_has_the_checksum_of_the_manifest(path: str) -> None:
    assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == LISTED[path]["sha256"]


def test_every_vendored_file_is_listed() -> None:
    lying = {
        found.relative_to(VENDOR).as_posix()
        for found in VENDOR.rglob("*")
        if found.is_file() and found.name != "manifest.toml"
    }
    assert lying == set(LISTED)


@pytest.mark.parametrize("package", MANIFEST["package"], ids=lambda package: str(package["name"]))
def test_a_package_names_its_origin_and_brings_its_licence(package: dict[str, str]) -> None:
    assert all(package[field] for field in ("package", "version", "licence", "home", "purpose"))
    assert (VENDOR / package["name"] / "LICENSE").stat().st_size > 200


def test_no_file_asks_for_a_source_map_that_is_not_served() -> None:
    asking = [path.name for path in VENDOR.rglob("*") if path.suffix in {".js", ".css"} and _asks_for_a_map(path)]
    assert asking == []


def _asks_for_a_map(path: Path) -> bool:
    return "sourceMappingURL=" in path.read_text(encoding="utf-8")[-300:]
