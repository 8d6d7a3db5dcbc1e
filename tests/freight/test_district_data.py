"""The district data is what its manifest says, and nothing else lies beside it."""

import hashlib
import tomllib

import msgspec
import pytest

from yellowcart.freight import districts

DATA = districts.AREA_LIST.parent.parent
MANIFEST = tomllib.loads((DATA / "manifest.toml").read_text(encoding="utf-8"))
LISTED = {entry["path"]: entry for package in MANIFEST["package"] for entry in package["file"]}


@pytest.mark.parametrize("path", sorted(LISTED))
def test_a_data_file_has_the_checksum_of_the_manifest(path: str) -> None:
    assert hashlib.sha256((DATA / path).read_bytes()).hexdigest() == LISTED[path]["sha256"]


def test_every_data_file_is_listed_with_its_origin_and_licence() -> None:
    lying = {found.relative_to(DATA).as_posix() for found in DATA.rglob("*") if found.is_file()}
    assert lying == {*LISTED, "manifest.toml"}
    for package in MANIFEST["package"]:
        assert all(package[field] for field in ("package", "version", "licence", "home", "purpose"))
        assert (DATA / package["name"] / "LICENSE").stat().st_size > 200


def test_every_code_has_six_digits_and_lies_in_its_city_and_province() -> None:
    for province in districts.district_tree():
        for city in province.cities:
            assert city.code[:2] == province.code[:2]
            for code, name in city.districts.items():
                assert len(code) == 6
                assert code.isdigit()
                assert code[:4] == city.code[:4]
                assert name


def test_there_are_34_provinces_and_no_place_is_lost_on_the_way_into_memory() -> None:
    raw = msgspec.json.decode(districts.AREA_LIST.read_bytes())
    assert len(districts.provinces()) == 34
    assert {each.code for each in districts.every_district()} == set(raw["county_list"])


def test_no_two_districts_have_the_same_names() -> None:
    names = [(each.province, each.city, each.district) for each in districts.every_district()]
    assert len(set(names)) == len(names)


def test_every_district_is_found_by_the_names_of_the_tree() -> None:
    for each in districts.every_district():
        assert districts.find_district(each.province, each.city, each.district) == each


def test_the_tree_for_pages_is_small_enough_for_a_phone() -> None:
    assert len(districts.district_tree_json()) < 150_000
