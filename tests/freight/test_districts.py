"""Finding a district by the names that people and lists write."""

import pytest

from yellowcart.freight.districts import find_district, nearest_district, require_district
from yellowcart.freight.errors import DistrictMisspelt, DistrictUnknown
from yellowcart.kernel.translation import Locale


@pytest.mark.parametrize(
    ("province", "city", "district", "code", "text"),
    [
        ("浙江省", "杭州市", "西湖区", "330106", "浙江省 杭州市 西湖区"),
        ("北京市", "北京市", "朝阳区", "110105", "北京市 朝阳区"),
        ("北京市", "市辖区", "朝阳区", "110105", "北京市 朝阳区"),
        ("重庆市", "重庆市", "云阳县", "500235", "重庆市 云阳县"),
        ("重庆市", "县", "云阳县", "500235", "重庆市 云阳县"),
        ("湖北省", "省直辖县", "仙桃市", "429004", "湖北省 仙桃市"),
        ("湖北省", "省直辖县级行政区划", "仙桃市", "429004", "湖北省 仙桃市"),
        ("湖北省", "仙桃市", "仙桃市", "429004", "湖北省 仙桃市"),
        ("新疆维吾尔自治区", "石河子市", "石河子市", "659001", "新疆维吾尔自治区 石河子市"),
        ("广东省", "东莞市", "长安镇", "441904", "广东省 东莞市 长安镇"),
        ("广东省", "东莞市", "东莞市", "441900", "广东省 东莞市"),
        ("广东省", "东莞市", "", "441900", "广东省 东莞市"),
        ("广东省", "中山市", "中山市", "442000", "广东省 中山市"),
        ("海南省", "儋州市", "儋州市", "460400", "海南省 儋州市"),
        ("甘肃省", "嘉峪关市", "嘉峪关市", "620200", "甘肃省 嘉峪关市"),
        ("海南省", "三沙市", "西沙区", "460302", "海南省 三沙市 西沙区"),
        ("新疆维吾尔自治区", "和田地区", "和安县", "653229", "新疆维吾尔自治区 和田地区 和安县"),
        ("香港特别行政区", "九龙", "油尖旺区", "810202", "香港特别行政区 九龙 油尖旺区"),
        ("香港特别行政区", "香港特别行政区", "油尖旺区", "810202", "香港特别行政区 九龙 油尖旺区"),
        ("台湾省", "台北市", "中正区", "710101", "台湾省 台北市 中正区"),
    ],
)
def test_a_place_is_found_by_each_of_its_names(
    province: str, city: str, district: str, code: str, text: str
) -> None:
    found = find_district(province, city, district)
    assert found is not None
    assert (found.code, found.text) == (code, text)
    assert found.province_code == f"{code[:2]}0000"


@pytest.mark.parametrize(
    ("province", "city", "district"),
    [
        ("浙江", "杭州", "西湖"),
        ("浙江省", "杭州市", "朝阳区"),
        ("浙江省", "杭州市", ""),
        ("江苏省", "杭州市", "西湖区"),
        ("", "", ""),
        ("浙江省", "杭州市", "西湖区 "),
        ("省直辖县", "省直辖县", "省直辖县"),
    ],
)
def test_other_names_are_not_found(province: str, city: str, district: str) -> None:
    assert find_district(province, city, district) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("浙江", "杭州", "西湖"), "浙江省 杭州市 西湖区"),
        (("浙江省", "航州市", "西湖区"), "浙江省 杭州市 西湖区"),
        (("广东", "东莞", "长安"), "广东省 东莞市 长安镇"),
        (("内蒙古", "呼和浩特", "新城"), "内蒙古自治区 呼和浩特市 新城区"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(written: tuple[str, str, str], meant: str) -> None:
    near = nearest_district(*written)
    assert near is not None
    assert near.text == meant
    with pytest.raises(DistrictMisspelt) as refused:
        require_district(*written)
    assert meant in refused.value.text(Locale.CHINESE)
    assert meant in refused.value.fields(Locale.ENGLISH)["district"]


@pytest.mark.parametrize(
    "written",
    [("x", "y", "z"), ("", "", ""), ("'; DROP", "TABLE", "--"), ("火星" * 5_000, "", "")],
)
def test_what_is_like_nothing_gets_no_suggestion(written: tuple[str, str, str]) -> None:
    with pytest.raises(DistrictUnknown) as refused:
        require_district(*written)
    assert type(refused.value) is DistrictUnknown
