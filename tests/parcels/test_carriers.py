"""Carriers: the data that is kept, how they are called, and which of them a waybill looks like."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from yellowcart.kernel.translation import Locale
from yellowcart.parcels import carriers as module
from yellowcart.parcels.carriers import carrier_name, carrier_options, carriers, find_carrier, suggest_carriers
from yellowcart.parcels.rules import clean_waybill, waybill_problem

DATA = Path(module.__file__).parent / "data"


def test_every_kept_file_is_listed_with_its_checksum() -> None:
    listed = {
        file["path"]: file["sha256"]
        for package in tomllib.loads((DATA / "manifest.toml").read_text(encoding="utf-8"))["package"]
        for file in package["file"]
    }
    lying = {
        path.relative_to(DATA).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in DATA.rglob("*")
        if path.is_file() and path.name != "manifest.toml"
    }
    assert lying == listed


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("SF", "SF"),
        ("sf", "SF"),
        ("顺丰", "SF"),
        (" 顺丰速运 ", "SF"),
        ("SF Express", "SF"),
        ("ＳＦ", "SF"),
        ("YUNDA", "YD"),
        ("韵达快递", "YD"),
        ("极兔", "JTSD"),
        ("J&T Express", "JTSD"),
        ("安得物流", "ANNTO"),
        ("hq568", "HQ568"),
        ("", None),
        ("鸽子", None),
        ("x" * 10_000, None),
    ],
)
def test_a_carrier_is_found_by_everything_that_it_is_called(written: str, code: str | None) -> None:
    found = find_carrier(written)
    assert (found.code if found else None) == code


def test_every_carrier_has_a_name_and_the_usual_ones_come_first() -> None:
    options = carrier_options(Locale.CHINESE)
    assert len(options) == len(carriers()) > 700
    assert [code for code, _ in options[:4]] == ["SF", "ZTO", "YTO", "STO"]
    assert all(name for _, name in options)
    assert all(find_carrier(code) for code, _ in options)
    assert carrier_name("SF", Locale.ENGLISH) == "SF Express"
    assert carrier_name("unknown", Locale.ENGLISH) == "unknown"


@pytest.mark.parametrize(
    ("waybill", "codes"),
    [
        ("SF1234567890123", ["SF"]),
        ("YT8812345678901", ["YTO"]),
        ("JT3002232682242", ["JTSD"]),
        ("JDVA11408814483", ["JD"]),
        ("DPK364112047425", ["DBL"]),
        ("123456", []),
    ],
)
def test_a_waybill_suggests_carriers_and_no_more(waybill: str, codes: list[str]) -> None:
    assert suggest_carriers(waybill) == codes


@pytest.mark.parametrize(
    ("written", "cleaned", "right"),
    [
        (" sf 123 456 7890 ", "SF1234567890", True),
        ("ＳＦ１２３４５６", "SF123456", True),
        ("LBX012-1-A", "LBX012-1-A", True),
        ("12345", "12345", False),
        ("-123456", "-123456", False),
        ("1.2E+12", "1.2E+12", False),
        ("7E13", "7E13", False),
        ("7E131234", "7E131234", False),
        ("E71312345678", "E71312345678", True),
    ],
)
def test_waybills_are_cleaned_and_judged(written: str, cleaned: str, right: bool) -> None:
    assert clean_waybill(written) == cleaned
    assert (waybill_problem(cleaned) is None) is right
