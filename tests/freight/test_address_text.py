"""Pasted addresses are taken apart, and nothing is guessed that they do not say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yellowcart.freight.address_text import AddressParts, read_address_text, ways_of_writing
from yellowcart.freight.districts import every_district, find_district

HANGZHOU = ("浙江省", "杭州市", "西湖区")


def parts(recipient: str, phone: str, place: tuple[str, str, str], street: str) -> AddressParts:
    return AddressParts(
        recipient=recipient, phone=phone, province=place[0], city=place[1], district=place[2], street=street
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "张三 13800000000 浙江省杭州市西湖区文三路 1 号",
            parts("张三", "13800000000", HANGZHOU, "文三路 1 号"),
        ),
        ("浙江省杭州市西湖区文三路1号 张三 13800000000", parts("张三", "13800000000", HANGZHOU, "文三路1号")),
        ("张三13800000000浙江省杭州市西湖区文三路1号", parts("张三", "13800000000", HANGZHOU, "文三路1号")),
        ("浙江 杭州 西湖 文三路1号，13800000000，张三", parts("张三", "13800000000", HANGZHOU, "文三路1号")),
        (
            "收货人: 李小明\n手机号码: 138-0013-8000\n"
            "所在地区: 北京市市辖区朝阳区三里屯街道\n详细地址: 工体北路8号院",
            parts("李小明", "13800138000", ("北京市", "北京市", "朝阳区"), "三里屯街道 工体北路8号院"),
        ),
        (
            "收件人：欧阳娜娜，电话：0571-88880000，地址：四川省成都市武侯区天府大道北段1700号",
            parts("欧阳娜娜", "0571-88880000", ("四川省", "成都市", "武侯区"), "天府大道北段1700号"),
        ),
        (
            "上海浦东新区张江镇科苑路88号 赵六 021-50801234",
            parts("赵六", "021-50801234", ("上海市", "上海市", "浦东新区"), "张江镇科苑路88号"),
        ),
        (
            "湖北省仙桃市沔阳大道1号，孙七，13900001111",
            parts("孙七", "13900001111", ("湖北省", "省直辖县", "仙桃市"), "沔阳大道1号"),
        ),
        (
            "广东东莞长安镇振安路1号 王五 13800138000",
            parts("王五", "13800138000", ("广东省", "东莞市", "长安镇"), "振安路1号"),
        ),
        (
            "甘肃省嘉峪关市新华路1号 吴一 13800138000",
            parts("吴一", "13800138000", ("甘肃省", "嘉峪关市", "嘉峪关市"), "新华路1号"),
        ),
        (
            "延边延吉市人民路1号 金哲 13800001111",
            parts("金哲", "13800001111", ("吉林省", "延边朝鲜族自治州", "延吉市"), "人民路1号"),
        ),
        (
            "新疆石河子市北四路 阿依古丽·买买提 13999990000",
            parts(
                "阿依古丽·买买提",
                "13999990000",
                ("新疆维吾尔自治区", "自治区直辖县级行政区划", "石河子市"),
                "北四路",
            ),
        ),
        (
            "江苏省 南京市 鼓楼区 北京西路2号 210008 周杰 13800138000",
            parts("周杰", "13800138000", ("江苏省", "南京市", "鼓楼区"), "北京西路2号"),
        ),
        (
            "John Smith 13800138000 上海市徐汇区漕溪北路 18 号",
            parts("John Smith", "13800138000", ("上海市", "上海市", "徐汇区"), "漕溪北路 18 号"),
        ),
        (
            "陈大文 +852 2123 4567 香港特别行政区九龙油尖旺区弥敦道1号",
            parts("陈大文", "+852-21234567", ("香港特别行政区", "九龙", "油尖旺区"), "弥敦道1号"),
        ),
    ],
)
def test_the_parts_are_found_in_any_order(text: str, read: AddressParts) -> None:
    assert read_address_text(text) == read


def test_a_city_without_its_district_leaves_the_district_to_be_chosen() -> None:
    read = read_address_text("张三 13800138000 浙江省杭州市文三路1号")
    assert read == parts("张三", "13800138000", ("浙江省", "杭州市", ""), "文三路1号")


def test_a_district_that_there_are_several_of_is_not_guessed() -> None:
    read = read_address_text("朝阳区建国路1号 张三 13800001111")
    assert (read.province, read.city, read.district) == ("", "", "")
    assert read.street == "朝阳区建国路1号"


def test_a_district_that_there_is_one_of_brings_its_city_and_province() -> None:
    read = read_address_text("海淀区中关村大街1号 张三")
    assert (read.province, read.city, read.district) == ("北京市", "北京市", "海淀区")


def test_a_street_named_after_a_place_is_no_place() -> None:
    read = read_address_text("吉林省吉林市船营区北京路1号 13800138000")
    assert (read.province, read.city, read.district, read.street) == ("吉林省", "吉林市", "船营区", "北京路1号")


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "13800138000"])
def test_nothing_said_is_nothing_read(text: str) -> None:
    assert read_address_text(text) == AddressParts(phone=text if text.strip() else "")


@given(district=st.sampled_from(every_district()), short=st.booleans())
def test_every_district_of_the_data_is_read_back_from_its_own_names(district, short: bool) -> None:  # type: ignore[no-untyped-def]
    province = ways_of_writing(district.province)[-1] if short else district.province
    read = read_address_text(f"张三 13800138000 {province}{district.city}{district.district}")
    found = find_district(read.province, read.city, read.district)
    assert found is not None
    assert found.province == district.province
    # A place whose name begins another one's, or a city that is its own district, may be read by either.
    assert found == district or district.district in {found.district, found.city} or found.city == district.city


@settings(deadline=None)
@given(text=st.text(max_size=700))
def test_any_text_at_all_is_read_without_a_fault(text: str) -> None:
    read = read_address_text(text)
    assert read.province == "" or read.city != ""
    assert len(read.street) <= 1_000
