"""What two titles say of two things, case by case: facts, vetoes, and the surest signs."""

import pytest

from yellowcart.catalog.barcodes import barcode, barcodes_in, names_one_thing
from yellowcart.catalog.matching import (
    BARCODE_SCORE,
    ORIGIN_SCORE,
    SCORE_MAX,
    Described,
    Sign,
    Veto,
    compare,
    similarity,
)
from yellowcart.catalog.quantities import read_quantities
from yellowcart.catalog.title_facts import facts_of, shop_mark_of
from yellowcart.catalog.title_words import normalise, search_words, without_noise


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ＦＬＹＣＯ／飞科　ＦＳ３７３", "flyco/飞科 fs373"),
        ("【官方旗舰店】A5 Pro😀✨", "官方旗舰店 a5 pro"),
        ("500ML×2瓶", "500ml*2瓶"),
        ("500mlx2", "500ml*2"),
        ("70X140", "70*140"),
        ("FDX-35X66Bg5", "fdx-35x66bg5"),
        ("8–9mm", "8-9mm"),
        ("", ""),
        ("\x00\u202e\ud800", ""),
    ],
)
def test_one_way_of_writing(written: str, read: str) -> None:
    assert normalise(written) == read


def test_shop_words_seasons_and_gifts_say_nothing() -> None:
    assert without_noise(normalise("【官方旗舰店】2022新款 包邮 空气炸锅 送烘焙纸")) == "空气炸锅"


def test_a_thing_is_found_by_its_other_names() -> None:
    assert "剃须刀" in search_words("男士刮胡刀 充电")


@pytest.mark.parametrize(
    ("text", "dimension", "amounts"),
    [
        ("500g*2", "mass", {1_000}),
        ("1kg", "mass", {1_000}),
        ("5斤", "mass", {2_500}),
        ("1.12kg*2瓶", "mass", {2_240}),
        ("750g/30包", "mass", {750}),
        ("106g5包", "mass", {106, 530}),
        ("24*250ml", "volume", {6_000}),
        ("3kg+1kg*2", "mass", {5_000}),
        ("80抽*8包", "sheets", {640}),
        ("80抽*8包", "pieces", {8}),
        ("三支装", "pieces", {3}),
        ("一对", "pieces", {2}),
        ("1.5l", "volume", {1_500}),
        ("20000毫安", "charge", {20_000}),
        ("spf50", "spf", {50}),
        ("8+128g", "storage", {128}),
        ("8-9mm", "length", {8, 9}),
        ("60支长绒棉", "yarn", {60}),
        ("2016年寿眉", "year", {2016}),
    ],
)
def test_quantities_with_their_units(text: str, dimension: str, amounts: set[int]) -> None:
    readings = read_quantities(text, frozenset()).readings
    assert readings[dimension] == {amount * 1_000 for amount in amounts}


def test_a_phones_128g_is_a_storage_and_its_5g_no_weight() -> None:
    readings = read_quantities("手机 5g 128g", frozenset({"手机"})).readings
    assert dict(readings) == {"storage": frozenset({128_000})}


def test_brands_have_names_in_two_languages() -> None:
    assert facts_of("FLYCO/飞科剃须刀").brands == facts_of("飞科 剃须刀").brands == {"飞科"}
    assert facts_of("VOLARE/沃拉瑞 牛仔裤").brands == {"沃拉瑞"}, "an unknown one in the manner of shops"


def test_a_brand_that_is_an_ordinary_word_counts_only_in_front() -> None:
    assert facts_of("石头扫地机器人G10S").brands == {"石头"}
    assert facts_of("天然石头捣蒜臼").brands == frozenset()
    assert facts_of("洛川红富士苹果").brands == frozenset()


def test_models_tiers_and_numbers() -> None:
    facts = facts_of("苹果iPhone13 Pro Max 手机 256GB")
    assert facts.models == frozenset()
    assert facts.tiers == {"pro", "max"}
    assert facts_of("飞科 FS-373 剃须刀").models == {"fs373"}
    assert facts_of("小米手环7 NFC版").numbers == {7}


def test_a_shop_calls_itself_by_the_first_word_of_its_titles() -> None:
    assert shop_mark_of("橙子美妆 丝绒口红", "橙子美妆铺") == "橙子美妆"
    assert shop_mark_of("丝绒口红 显白", "橙子美妆铺") == ""


OWN = Described(title="飞科 FS373 电动剃须刀 全身水洗", brand="飞科", sku_names=("黑色", "蓝色"), price_fen=11_900)


@pytest.mark.parametrize(
    ("title", "veto"),
    [
        ("超人 FS373 电动剃须刀 PHILIPS/飞利浦", Veto.OTHER_BRAND),
        ("飞科 FS903 电动剃须刀", Veto.OTHER_MODEL),
        ("飞科剃须刀刀头FR8 适用FS373", Veto.PART_OF_IT),
        ("飞科 FS373 吹风机", Veto.OTHER_THING),
        ("飞科 FS373 电动剃须刀 红色", Veto.OTHER_VARIANT),
    ],
)
def test_what_another_thing_is_known_by(title: str, veto: Veto) -> None:
    match = compare(Described(title=title), OWN)
    assert (match.veto, match.score, match.is_twin) == (veto, 0, False)
    assert match.differs


def test_brand_and_model_make_a_twin_with_reasons() -> None:
    match = compare(Described(title="FLYCO/飞科剃须刀FS373男士刮胡刀充电式正品包邮", price_fen=12_900), OWN)
    assert match.is_twin
    assert {reason.sign for reason in match.reasons} >= {Sign.SAME_BRAND, Sign.SAME_MODEL, Sign.SAME_THING}
    assert match.score <= SCORE_MAX


def test_origin_and_barcode_go_before_every_word() -> None:
    outside = Described(
        title="什么都不像", barcodes=frozenset({"6901234567892"}), origins=frozenset({("jd", "1")})
    )
    own = Described(title="飞科剃须刀", barcodes=outside.barcodes, origins=outside.origins)
    assert compare(outside, own).score == ORIGIN_SCORE
    assert compare(Described(title="儿童", barcodes=outside.barcodes), own).score == BARCODE_SCORE


def test_the_outside_thing_must_be_one_of_the_variants() -> None:
    own = Described(title="云朵 抽纸", sku_names=("10包", "20包"))
    assert compare(Described(title="云朵 抽纸 20包"), own).veto is None
    assert compare(Described(title="云朵 抽纸 30包"), own).veto is Veto.OTHER_AMOUNT


def test_a_price_alone_makes_no_twin_and_a_far_price_speaks_against_one() -> None:
    near = compare(Described(title="铸铁锅 32cm", price_fen=100), Described(title="毛绒熊 32cm", price_fen=100))
    assert not near.is_twin
    outside, own = "铸铁锅 无涂层 32cm", "无涂层 铸铁锅 32cm"
    close = compare(Described(title=outside, price_fen=9_000), Described(title=own, price_fen=9_900))
    far = compare(Described(title=outside, price_fen=900), Described(title=own, price_fen=9_900))
    assert far.score < close.score


def test_rare_words_weigh_more() -> None:
    common = {"家用": 250, "厨房": 250}
    theirs, ours = ("家用", "厨房", "悍马"), ("家用", "厨房", "灵芝")
    assert similarity(theirs, ours, common) < similarity(theirs, ours, {})


@pytest.mark.parametrize("text", ["", " ", "😀", "12", "×××", "的", "\n" * 500])
def test_titles_that_say_nothing_are_no_twins_of_anything(text: str) -> None:
    assert not compare(Described(title=text), OWN).is_twin
    assert not compare(Described(title=text), Described(title=text)).is_twin


def test_a_title_of_two_words_fits_too_much_to_name_one_thing() -> None:
    own = Described(title="安溪铁观音 清香型 一级", sku_names=("125g", "250g"))
    assert not compare(Described(title="铁观音 250g"), own).is_twin
    assert compare(Described(title="安溪铁观音清香型一级250g"), own).is_twin


@pytest.mark.parametrize("code", ["6901234567892", "036000291452", "96385074"])
def test_barcodes_with_a_right_check_digit(code: str) -> None:
    assert barcode(code) == code.zfill(13)


@pytest.mark.parametrize(
    "code", ["6901234567893", "690123456789", "", "abcdefghijklm", "0000000000000", "６９０１２３４５６７８９２"]
)
def test_what_is_no_barcode(code: str) -> None:
    assert barcode(code) is None


def test_numbers_of_shops_own_name_nothing_elsewhere() -> None:
    assert not names_one_thing("2600000066105")
    assert barcodes_in("条码 6901234567892 店内码 2600000066105") == {"6901234567892"}
