"""What freight costs: the examples of a merchant, and what must hold for any of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yellowcart.freight.districts import provinces
from yellowcart.freight.errors import NotDeliveredThere
from yellowcart.freight.model import (
    DeliveryTerms,
    FreightBasis,
    FreightItem,
    FreightTemplateId,
    FreightTerms,
    FreightZone,
    NewFreightTemplate,
    ShipPromise,
)
from yellowcart.freight.rules import (
    DAY_S,
    freight_by_line,
    freight_explained,
    promise_stands,
    reckon,
    template_problems,
)
from yellowcart.kernel.translation import Locale

ZHEJIANG, XINJIANG, TAIWAN = "330000", "650000", "710000"


def zone(
    *codes: str, first: int = 1, fee: int = 800, more: int = 1, then: int = 300, free: int | None = None
) -> FreightZone:
    return FreightZone(
        province_codes=codes, first=first, first_fen=fee, more=more, more_fen=then, free_above_fen=free
    )


def terms(
    *zones: FreightZone,
    elsewhere: FreightZone | None = None,
    basis: FreightBasis = FreightBasis.PIECE,
    number: int = 1,
    not_delivered: tuple[str, ...] = (),
) -> FreightTerms:
    return FreightTerms(
        freight_template_id=FreightTemplateId(number),
        basis=basis,
        zones=zones,
        elsewhere=elsewhere,
        not_delivered=not_delivered,
    )


def line(of: FreightTerms | None, pieces: int = 1, goods_fen: int = 1_000, weight_g: int = 0) -> FreightItem:
    return FreightItem(terms=DeliveryTerms(freight=of, weight_g=weight_g), pieces=pieces, goods_fen=goods_fen)


BY_PIECE = terms(zone(XINJIANG, fee=1_800, then=900), elsewhere=zone(free=9_900), not_delivered=(TAIWAN,))
BY_WEIGHT = terms(elsewhere=zone(first=1_000, fee=600, more=500, then=250), basis=FreightBasis.WEIGHT, number=2)


@pytest.mark.parametrize(
    ("items", "province", "fees"),
    [
        ([line(None)], ZHEJIANG, [0]),
        ([line(BY_PIECE)], ZHEJIANG, [800]),
        ([line(BY_PIECE, pieces=3)], ZHEJIANG, [1_400]),
        ([line(BY_PIECE, pieces=3)], XINJIANG, [3_600]),
        ([line(BY_PIECE, goods_fen=9_899)], ZHEJIANG, [800]),
        ([line(BY_PIECE, goods_fen=9_900)], ZHEJIANG, [0]),
        ([line(BY_PIECE, goods_fen=9_900)], XINJIANG, [1_800]),
        # Two lines of one template are one parcel: first piece once, free above counted over both.
        ([line(BY_PIECE, goods_fen=3_000), line(BY_PIECE, goods_fen=1_000)], ZHEJIANG, [825, 275]),
        ([line(BY_PIECE, goods_fen=5_000), line(BY_PIECE, goods_fen=4_900)], ZHEJIANG, [0, 0]),
        (
            [line(BY_PIECE, goods_fen=1), line(BY_PIECE, goods_fen=1), line(BY_PIECE, goods_fen=1)],
            ZHEJIANG,
            [467, 467, 466],
        ),
        ([line(BY_PIECE, goods_fen=0), line(BY_PIECE, goods_fen=0)], ZHEJIANG, [550, 550]),
        ([line(BY_WEIGHT, weight_g=1_000)], ZHEJIANG, [600]),
        ([line(BY_WEIGHT, weight_g=1_001)], ZHEJIANG, [850]),
        ([line(BY_WEIGHT, weight_g=500, pieces=4)], ZHEJIANG, [1_100]),
        ([line(BY_WEIGHT, weight_g=0)], ZHEJIANG, [600]),
        # Different templates are reckoned apart, a free line between them stays free.
        ([line(BY_WEIGHT, weight_g=10), line(None), line(BY_PIECE)], ZHEJIANG, [600, 0, 800]),
        ([], ZHEJIANG, []),
    ],
)
def test_freight_of_lines(items: list[FreightItem], province: str, fees: list[int]) -> None:
    assert freight_by_line(items, province) == fees


@pytest.mark.parametrize(
    "of", [BY_PIECE, terms(zone(TAIWAN), not_delivered=(TAIWAN,)), terms(zone(ZHEJIANG)), terms(zone(XINJIANG))]
)
def test_a_province_that_no_zone_names_or_that_is_excluded_is_refused(of: FreightTerms) -> None:
    with pytest.raises(NotDeliveredThere) as refused:
        freight_by_line([line(None), line(of)], TAIWAN)
    assert "台湾省" in refused.value.text(Locale.CHINESE)


def test_the_explanation_adds_up_to_what_the_lines_pay() -> None:
    items = [line(BY_PIECE, pieces=2), line(BY_WEIGHT, weight_g=2_200), line(BY_PIECE)]
    explained = freight_explained(items, ZHEJIANG)
    assert [(each.measured, each.steps, each.fee_fen) for each in explained] == [(3, 2, 1_400), (2_200, 3, 1_350)]
    assert sum(each.fee_fen for each in explained) == sum(freight_by_line(items, ZHEJIANG))


ANY_ZONE = st.builds(
    FreightZone,
    province_codes=st.just(()),
    first=st.integers(1, 1_000_000),
    first_fen=st.integers(0, 1_000_000),
    more=st.integers(1, 1_000_000),
    more_fen=st.integers(0, 1_000_000),
    free_above_fen=st.none() | st.integers(1, 100_000_000),
)
ANY_TERMS = st.builds(
    FreightTerms,
    freight_template_id=st.integers(1, 3).map(FreightTemplateId),
    basis=st.sampled_from(FreightBasis),
    zones=st.just(()),
    elsewhere=ANY_ZONE,
    not_delivered=st.just(()),
)
ANY_LINE = st.builds(
    FreightItem,
    terms=st.builds(DeliveryTerms, freight=st.none() | ANY_TERMS, weight_g=st.integers(0, 10**12)),
    pieces=st.integers(1, 999),
    goods_fen=st.integers(0, 100_000_000),
)


@given(of=ANY_TERMS, measured=st.integers(1, 10**12), more=st.integers(0, 10**12), goods_fen=st.integers(0, 10**9))
def test_a_heavier_parcel_never_costs_less(of: FreightTerms, measured: int, more: int, goods_fen: int) -> None:
    lighter = reckon(of, measured, goods_fen, ZHEJIANG).fee_fen
    heavier = reckon(of, measured + more, goods_fen, ZHEJIANG).fee_fen
    assert 0 <= lighter <= heavier


@given(of=ANY_TERMS, measured=st.integers(1, 10**12), goods_fen=st.integers(0, 10**9))
def test_every_begun_step_is_paid_and_none_that_was_not_begun(
    of: FreightTerms, measured: int, goods_fen: int
) -> None:
    assert of.elsewhere is not None
    reckoned = reckon(of, measured, goods_fen, ZHEJIANG)
    covered = of.elsewhere.first + reckoned.steps * of.elsewhere.more
    assert covered >= measured
    assert reckoned.steps == 0 or covered - of.elsewhere.more < measured


@given(of=ANY_TERMS, measured=st.integers(1, 10**12), goods_fen=st.integers(0, 10**9))
def test_goods_that_reach_the_amount_are_free_and_others_are_not(
    of: FreightTerms, measured: int, goods_fen: int
) -> None:
    assert of.elsewhere is not None
    reckoned = reckon(of, measured, goods_fen, ZHEJIANG)
    threshold = of.elsewhere.free_above_fen
    assert reckoned.is_free == (threshold is not None and goods_fen >= threshold)
    assert reckoned.fee_fen == 0 or not reckoned.is_free


@given(items=st.lists(ANY_LINE, max_size=12))
def test_the_lines_pay_exactly_what_the_templates_cost(items: list[FreightItem]) -> None:
    # A template id stands for one template: the first line that names it says what it is.
    first: dict[int, FreightTerms] = {}
    for item in items:
        if item.terms.freight is not None:
            first.setdefault(item.terms.freight.freight_template_id, item.terms.freight)
    fees = freight_by_line(items, ZHEJIANG)
    assert len(fees) == len(items)
    assert all(fee >= 0 for fee in fees)
    assert all(fee == 0 for fee, item in zip(fees, items, strict=True) if item.terms.freight is None)
    assert sum(fees) == sum(each.fee_fen for each in freight_explained(items, ZHEJIANG))
    assert len(freight_explained(items, ZHEJIANG)) == len(first)


@given(items=st.lists(ANY_LINE, min_size=1, max_size=6), extra=st.integers(1, 900))
def test_one_more_piece_at_the_same_price_of_goods_never_lowers_the_freight(
    items: list[FreightItem], extra: int
) -> None:
    head = items[0]
    larger = [FreightItem(terms=head.terms, pieces=head.pieces + extra, goods_fen=head.goods_fen), *items[1:]]
    assert sum(freight_by_line(larger, ZHEJIANG)) >= sum(freight_by_line(items, ZHEJIANG))


def wanted(
    *zones: FreightZone,
    name: str = "模板",
    elsewhere: FreightZone | None = None,
    not_delivered: tuple[str, ...] = (),
) -> NewFreightTemplate:
    return NewFreightTemplate(
        name=name, basis=FreightBasis.PIECE, zones=zones, elsewhere=elsewhere, not_delivered=not_delivered
    )


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        (wanted(elsewhere=zone()), set()),
        (wanted(zone(ZHEJIANG), not_delivered=(TAIWAN,)), set()),
        (wanted(), {"zones"}),
        (wanted(elsewhere=zone(), name=""), {"name"}),
        (wanted(elsewhere=zone(), name="字" * 41), {"name"}),
        (wanted(elsewhere=zone(), name="a\x00b"), {"name"}),
        (wanted(zone()), {"zones.0.province_codes"}),
        (wanted(zone("999999")), {"zones.0.province_codes"}),
        (wanted(zone(ZHEJIANG, ZHEJIANG)), {"zones.0.province_codes"}),
        (wanted(zone(ZHEJIANG), zone(XINJIANG, ZHEJIANG)), {"zones.1.province_codes"}),
        (wanted(zone(TAIWAN), not_delivered=(TAIWAN,)), {"zones.0.province_codes"}),
        (wanted(elsewhere=zone(), not_delivered=("abc",)), {"not_delivered"}),
        (wanted(elsewhere=zone(ZHEJIANG)), {"elsewhere"}),
        (wanted(zone(ZHEJIANG, first=0, more=-1)), {"zones.0.first", "zones.0.more"}),
        (wanted(elsewhere=zone(first=10**12)), {"elsewhere.first"}),
        (wanted(elsewhere=zone(fee=-1, then=10**12)), {"elsewhere.first_fen", "elsewhere.more_fen"}),
        (wanted(elsewhere=zone(free=0)), {"elsewhere.free_above_fen"}),
        (wanted(*[zone(ZHEJIANG)] * 21), {"zones"}),
    ],
)
def test_what_a_template_may_not_say(template: NewFreightTemplate, fields: set[str]) -> None:
    assert set(template_problems(template)) == fields


def test_every_province_may_have_a_zone_of_its_own_up_to_the_limit() -> None:
    zones = [zone(code) for code in list(provinces())[:20]]
    assert template_problems(wanted(*zones)) == {}


@pytest.mark.parametrize(
    ("seconds", "is_presale", "stands"),
    [
        (24 * 3_600, False, True),
        (48 * 3_600, False, True),
        (72 * 3_600, False, True),
        (0, False, False),
        (-86_400, False, False),
        (36 * 3_600, False, False),
        (5 * DAY_S, False, False),
        (3 * DAY_S, True, True),
        (15 * DAY_S, True, True),
        (2 * DAY_S, True, False),
        (16 * DAY_S, True, False),
        (5 * DAY_S + 1, True, False),
        (10**12, True, False),
    ],
)
def test_which_promises_stand(seconds: int, is_presale: bool, stands: bool) -> None:
    assert promise_stands(ShipPromise(seconds, is_presale)) is stands
