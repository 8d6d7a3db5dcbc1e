"""Chinese provinces, cities and districts: what an address may name, and what a freight template is about.

The names and codes are a package's (`data/manifest.toml`), read once into memory. Codes are those of GB/T 2260
where the standard has the district; the development zones, the towns of cities without districts, and the
districts of Hong Kong, Macau and Taiwan carry the package's own six digits.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
from rapidfuzz import fuzz, process

from yellowcart.freight.errors import DistrictMisspelt, DistrictUnknown

AREA_LIST = Path(__file__).parent / "data" / "vant-area-data" / "area-list.json"

MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})
"""Provinces that are one city: 北京市, 天津市, 上海市, 重庆市."""
_SPECIAL_REGIONS = frozenset({"810000", "820000"})
INNER_CITIES = ("市辖区", "县")
"""What GB/T 2260 writes as the city of a municipality's districts."""
_DIRECT = ("省直辖县", "省直辖县级行政区划", "自治区直辖县级行政区划", "直辖县级")
"""What different lists write as the city of counties that no city governs."""
_WITHOUT_DISTRICTS = frozenset({"441900", "442000", "460400", "620200"})
"""Cities without districts: 东莞市, 中山市, 儋州市, 嘉峪关市."""
_NEAR_ENOUGH = 60
"""A suggestion shares at least so much (of 100) with what was written."""


def place_text(province: str, city: str, district: str) -> str:
    """The names of a place as people write them: without the city where it only repeats another name, or where
    lists write 市辖区 or 省直辖县 for none at all."""
    said = [province, city, district]
    if city in (province, district, *INNER_CITIES, *_DIRECT):
        said.remove(city)
    return " ".join(name for name in said if name)


class District(msgspec.Struct, frozen=True):
    """A district (区县) with its city and province, named as the data names them."""

    code: str
    province_code: str
    province: str
    city: str
    district: str

    @property
    def text(self) -> str:
        """The three names as people write them one after the other, nothing twice: 北京市 朝阳区."""
        return place_text(self.province, self.city, self.district)


class City(msgspec.Struct, frozen=True):
    """A city of a province, with the names of its districts by their codes."""

    code: str
    name: str
    districts: dict[str, str]


class Province(msgspec.Struct, frozen=True):
    """A province with its cities, in the order of the data."""

    code: str
    name: str
    cities: tuple[City, ...]


class _AreaList(msgspec.Struct, frozen=True):
    province_list: dict[str, str]
    city_list: dict[str, str]
    county_list: dict[str, str]


@cache
def district_tree() -> tuple[Province, ...]:
    """Every province, city and district, for a select after a select."""
    areas = msgspec.json.decode(AREA_LIST.read_bytes(), type=_AreaList)
    districts: dict[str, dict[str, str]] = {code: {} for code in areas.city_list}
    for code, name in areas.county_list.items():
        districts[f"{code[:4]}00"][code] = name
    cities: dict[str, list[City]] = {code: [] for code in areas.province_list}
    for code, name in areas.city_list.items():
        cities[f"{code[:2]}0000"].append(City(code, name, districts[code]))
    return tuple(Province(code, name, tuple(cities[code])) for code, name in areas.province_list.items())


@cache
def district_tree_json() -> bytes:
    """The tree as JSON, for the pages' selects and for programs."""
    return msgspec.json.encode(district_tree())


@cache
def provinces() -> dict[str, str]:
    """The names of the provinces by their codes, in the order of the data."""
    return {province.code: province.name for province in district_tree()}


def find_district(province: str, city: str, district: str) -> District | None:
    """The district of these names, or None. One look into memory: the order lane asks for every order.

    Names are the full ones. The city of a municipality's district may be the municipality (北京市), 市辖区 or 县;
    that of a county directly under its province may be the data's 省直辖县 or the county itself (仙桃市); a city
    without districts (东莞市) may stand as its own district beside its towns.
    """
    return _by_names().get((province, city, district))


def require_district(province: str, city: str, district: str) -> District:
    """The district of these names. Raises DistrictMisspelt with the nearest one, DistrictUnknown when there is
    nothing near."""
    found = find_district(province, city, district)
    if found is not None:
        return found
    near = nearest_district(province, city, district)
    if near is None:
        raise DistrictUnknown
    raise DistrictMisspelt(suggestion=near.text)


def nearest_district(province: str, city: str, district: str) -> District | None:
    """The district whose names are most like these; None when nothing is near."""
    written = f"{province}{city}{district}"[:180]
    texts = _by_text()
    best = process.extractOne(written, texts.keys(), scorer=fuzz.ratio, score_cutoff=_NEAR_ENOUGH)
    return None if best is None else texts[best[0]]


@cache
def every_district() -> tuple[District, ...]:
    """Every district once, under the data's names, in the order of the data."""
    return tuple(
        District(code, province.code, province.name, city.name, name)
        for province in district_tree()
        for city in province.cities
        for code, name in city.districts.items()
    )


@cache
def _by_text() -> dict[str, District]:
    return {f"{each.province}{each.city}{each.district}": each for each in every_district()}


@cache
def _by_names() -> dict[tuple[str, str, str], District]:
    known: dict[tuple[str, str, str], District] = {}
    for district in every_district():
        for city in _names_of_city(district):
            known.setdefault((district.province, city, district.district), district)
    for whole in _cities_without_districts():
        for name in (whole.city, "", "市辖区"):
            known.setdefault((whole.province, whole.city, name), whole)
    return known


def _names_of_city(district: District) -> Iterator[str]:
    yield district.city
    if district.province_code in MUNICIPALITIES:
        yield district.province
        yield from INNER_CITIES
    if district.province_code in _SPECIAL_REGIONS:
        yield district.province
    if district.city in _DIRECT:
        yield district.district
        yield from _DIRECT


def _cities_without_districts() -> Iterator[District]:
    """The cities that have towns only, or one district of their own name, each as a district."""
    for province in district_tree():
        for city in province.cities:
            if city.code in _WITHOUT_DISTRICTS:
                yield District(city.code, province.code, province.name, city.name, city.name)
