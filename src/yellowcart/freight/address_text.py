"""Reading an address that somebody pasted, such as 张三 13800138000 浙江省杭州市西湖区文三路 1 号.

What is recognised is a proposal that its owner looks at. A part that is not recognised stays empty; nothing is
guessed that the text does not say, save that a province follows from its city and a city from its district.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from yellowcart.freight.districts import INNER_CITIES, MUNICIPALITIES, District, every_district, find_district
from yellowcart.freight.errors import PhoneUnreadable
from yellowcart.freight.phones import read_phone

TEXT_LENGTH_MAX = 500
NAME_LENGTH_MAX = 25

_LABELS = re.compile(
    r"(收货人姓名|收件人姓名|收货人|收件人|联系人|姓名|手机号码|手机号|联系电话|联系方式|收货电话|电话号码|电话|手机|所在地区|"
    r"所在地|收货地址|收件地址|详细地址|地址|地区|邮政编码|邮编|recipient|name|phone|mobile|tel|address)\s*[:：]",
    re.IGNORECASE,
)
_NAME_LABELS = frozenset({"收货人姓名", "收件人姓名", "收货人", "收件人", "联系人", "姓名", "recipient", "name"})
_PHONES = re.compile(
    r"(?<![\d-])(?:\+?86[- ]?|0086[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?:[-转]\d{1,6})?(?!\d)"
    r"|(?<![\d-])\(?0\d{2,3}\)?[- ]?[2-9]\d{6,7}(?:[-转]\d{1,6})?(?!\d)"
    r"|(?<![\d-])[48]00-?\d{3}-?\d{4}(?!\d)"
    r"|\+(?:852|853|886)[- ]?\d{4,5}[- ]?\d{4}(?!\d)"
)
_POSTCODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_BREAKS = re.compile(r"[\n\r\t,，;；、|/]+")
_PLACE_ENDINGS = "路街道巷弄号室楼栋幢座层村组镇乡区县市省园苑城厦店校院里门口站厂"
"""A word that ends so is part of a street, not somebody's name."""
_PEOPLES = (
    "维吾尔|蒙古|回|藏|壮|苗|彝|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|"
    "柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|鄂温克|保安|裕固|独龙|鄂伦春|门巴|珞巴|各"
)
_OF_A_PEOPLE = re.compile(rf"(?:(?:{_PEOPLES})(?:族)?)+(?:自治区|自治州|自治县|自治旗)\Z")
_AUTONOMOUS = re.compile(r"(?:自治区|自治州|自治县|自治旗)\Z")
_PLAIN_ENDING = re.compile(r"(?:特别行政区|地区|林区|省|市|区|县|盟|旗)\Z")


class AddressParts(msgspec.Struct, frozen=True, kw_only=True):
    """What was recognised; a part that was not is empty."""

    recipient: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""


class _Place(msgspec.Struct, frozen=True):
    """Where in a text a place was found, and how many of its three names stand there. `district` is empty where
    the text goes no further than the city."""

    province: str
    city: str
    district: str
    begin: int
    end: int
    names: int

    @property
    def weight(self) -> tuple[bool, int, int]:
        """What speaks for it: a district, then the names, then the letters."""
        return self.district != "", self.names, self.end - self.begin


def read_address_text(text: str) -> AddressParts:
    """The parts of a pasted address. Pure, and quick for any text; only its first 500 characters are read."""
    written = unicodedata.normalize("NFKC", text[:TEXT_LENGTH_MAX])
    written, labelled = _without_labels(written)
    phone, written = _take_phone(written)
    written = _BREAKS.sub("\n", written)
    place = _find_place(written)
    if place is None:
        lines = _lines(_POSTCODE.sub("\n", written))
        recipient = labelled or _name_among(lines)
        street = re.sub(r"\s+", " ", " ".join(lines))
        return AddressParts(
            recipient=recipient, phone=phone, street="" if street == recipient else _without(street, recipient)
        )
    recipient = labelled or _name_among(_lines(_POSTCODE.sub("\n", written[: place.begin])))
    street, recipient = _street_and_name(_POSTCODE.sub("\n", written[place.end :]), recipient)
    return AddressParts(
        recipient=recipient,
        phone=phone,
        province=place.province,
        city=place.city,
        district=place.district,
        street=street,
    )


def _without_labels(text: str) -> tuple[str, str]:
    """The text with its labels as line ends, and the name that stood behind a label for it."""
    name = ""
    for found in _LABELS.finditer(text):
        if found[1].lower() in _NAME_LABELS and not name:
            rest = _LABELS.split(text[found.end() :], maxsplit=1)[0]
            said = re.split(r"[\n\r,，;；|\t]|\d{3}", rest.strip(), maxsplit=1)[0].strip()
            name = said if 1 <= len(said) <= NAME_LENGTH_MAX else ""
            text = text.replace(said, "\n" + "\0" * len(said) if name else said, 1)
            break
    return _LABELS.sub("\n", text).replace("\0", ""), name


def _take_phone(text: str) -> tuple[str, str]:
    for found in _PHONES.finditer(text):
        try:
            phone = read_phone(found[0])
        except PhoneUnreadable:
            continue
        return phone, text[: found.start()] + "\n" + text[found.end() :]
    return "", text


def _street_and_name(after: str, recipient: str) -> tuple[str, str]:
    """The street from what follows the district. A name at its end, or on a line of its own, is the recipient."""
    lines = _lines(after)
    if not recipient:
        for number, line in enumerate(lines):
            if number > 0 and _is_name(line):
                recipient = line
                del lines[number]
                break
    if not recipient and lines:
        words = lines[-1].split(" ")
        if len(words) > 1 and _is_name(words[-1]):
            recipient = words.pop()
            lines[-1] = " ".join(words)
    return re.sub(r"\s+", " ", " ".join(lines)).strip(" .。:-"), recipient


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _name_among(lines: list[str]) -> str:
    """The first line that is a name, else the first word that is one."""
    words = [word for line in lines for word in line.split()]
    return next((each for each in [*lines, *words] if _is_name(each)), "")


def _without(street: str, recipient: str) -> str:
    return " ".join(word for word in street.split() if word != recipient)


def _is_name(word: str) -> bool:
    if re.fullmatch(r"[\u4e00-\u9fff·]{2,10}", word):
        return len(word) <= 4 + 6 * ("·" in word) and word[-1] not in _PLACE_ENDINGS
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z .'-]{1,24}", word))


def _find_place(text: str) -> _Place | None:
    """The place that most of the text's names speak for; the earlier one among equals."""
    best: _Place | None = None
    for begin in range(len(text)):
        for place in _places_at(text, begin):
            if best is None or place.weight > best.weight:
                best = place
    return best


def _places_at(text: str, begin: int) -> Iterator[_Place]:
    index = _index()
    for name in index.provinces.get(text[begin], ()):
        if text.startswith(name, begin):
            for province in index.province_of[name]:
                yield from _in_province(text, begin, begin + len(name), province)
    for name in index.cities.get(text[begin], ()):
        if text.startswith(name, begin):
            for province, city in index.city_of[name]:
                yield from _in_city(text, begin, begin + len(name), province, city, 1)
    for name in index.districts.get(text[begin], ()):
        # A district alone names its place only in full, and only where there is one of that name.
        if text.startswith(name, begin) and len(index.district_of[name]) == 1:
            only = index.district_of[name][0]
            yield _Place(only.province, only.city, only.district, begin, begin + len(name), 1)


def _in_province(text: str, begin: int, end: int, province: str) -> Iterator[_Place]:
    index = _index()
    after = _skip_space(text, end)
    for name, city in index.cities_in[province]:
        if text.startswith(name, after):
            yield from _in_city(text, begin, after + len(name), province, city, 2)
    for name, found in index.districts_in[province]:
        if text.startswith(name, after):
            yield _Place(province, found.city, found.district, begin, after + len(name), 2)


def _in_city(text: str, begin: int, end: int, province: str, city: str, names: int) -> Iterator[_Place]:
    after = _skip_space(text, end)
    for name, found in _index().districts_of[province, city]:
        if text.startswith(name, after):
            yield _Place(province, city, found.district, begin, after + len(name), names + 1)
    # Without its district, a city is one only where it stands in full, or behind its province.
    if city.endswith(text[begin:end][-1]) or names > 1:
        whole = find_district(province, city, "")
        yield _Place(province, city, "" if whole is None else whole.district, begin, end, names)


def _skip_space(text: str, begin: int) -> int:
    while begin < len(text) and text[begin] in " \n-":
        begin += 1
    return begin


class _Index(msgspec.Struct):
    """Every way of writing a name, by first letter and by what it lies in."""

    provinces: dict[str, list[str]]
    province_of: dict[str, list[str]]
    cities: dict[str, list[str]]
    city_of: dict[str, list[tuple[str, str]]]
    cities_in: dict[str, list[tuple[str, str]]]
    districts: dict[str, list[str]]
    district_of: dict[str, list[District]]
    districts_in: dict[str, list[tuple[str, District]]]
    districts_of: dict[tuple[str, str], list[tuple[str, District]]]


@cache
def _index() -> _Index:
    province_of: dict[str, list[str]] = defaultdict(list)
    city_of: dict[str, list[tuple[str, str]]] = defaultdict(list)
    cities_in: dict[str, list[tuple[str, str]]] = defaultdict(list)
    district_of: dict[str, list[District]] = defaultdict(list)
    districts_in: dict[str, list[tuple[str, District]]] = defaultdict(list)
    districts_of: dict[tuple[str, str], list[tuple[str, District]]] = defaultdict(list)
    for each in every_district():
        for name in ways_of_writing(each.province):
            if each.province not in province_of[name]:
                province_of[name].append(each.province)
        inner = ("县" if each.city == "县" else "市辖区",) if each.province_code in MUNICIPALITIES else ()
        for name in (*ways_of_writing(each.city), *inner):
            if (name, each.city) not in cities_in[each.province]:
                cities_in[each.province].append((name, each.city))
            if name not in INNER_CITIES and (each.province, each.city) not in city_of[name]:
                city_of[name].append((each.province, each.city))
        if each.district not in INNER_CITIES:
            district_of[each.district].append(each)
        for name in ways_of_writing(each.district):
            districts_in[each.province].append((name, each))
            districts_of[each.province, each.city].append((name, each))
    return _Index(
        provinces=_by_letter(province_of),
        province_of=province_of,
        cities=_by_letter(city_of),
        city_of=city_of,
        cities_in=cities_in,
        districts=_by_letter(district_of),
        district_of=district_of,
        districts_in=districts_in,
        districts_of=districts_of,
    )


def _by_letter(names: Iterable[str]) -> dict[str, list[str]]:
    letters: dict[str, list[str]] = defaultdict(list)
    for name in names:
        letters[name[0]].append(name)
    return letters


def ways_of_writing(name: str) -> tuple[str, ...]:
    """A name in full and as people shorten it: 浙江省, 浙江; 延边朝鲜族自治州, 延边. Never one letter only."""
    for ending in (_OF_A_PEOPLE, _AUTONOMOUS, _PLAIN_ENDING):
        short = ending.sub("", name)
        if short != name and len(short) >= 2:
            return name, short
    return (name,)
