"""Who of a batch gets what."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.orders.priced import NOW
from yellowcart.kernel.errors import Refusal
from yellowcart.orders.judge import Asked, AskedLine, Held, PlacedBefore, Standing, judge
from yellowcart.orders.rules import HELD_ORDERS_IN_ROOM_MAX, HELD_ORDERS_IN_SHOP_MAX, HELD_PIECES_IN_ROOM_MAX

ROOM = 5


def asked(buyer: int, *lines: AskedLine, key: str = "k", claims: tuple[tuple[int, int], ...] = ()) -> Asked:
    return Asked(buyer, key, "hash", ROOM, lines, claims)


def codes(batch: list[Asked], standing: Standing) -> list[str]:
    return [
        verdict.code if isinstance(verdict, Refusal) else "repeated" if verdict else "placed"
        for verdict in judge(batch, standing)
    ]


def test_an_order_too_large_for_what_is_left_does_not_shut_out_a_smaller_one_behind_it() -> None:
    standing = Standing(available={1: 5})
    batch = [asked(buyer, AskedLine(9, 1, quantity)) for buyer, quantity in enumerate((3, 3, 2, 1))]
    assert codes(batch, standing) == ["placed", "sold_out", "placed", "sold_out"]
    assert standing.available == {1: 0}


def test_two_lines_that_share_one_sku_are_counted_together() -> None:
    standing = Standing(available={1: 3})
    both = asked(1, AskedLine(8, 1, 2), AskedLine(9, 1, 2))
    assert codes([both, asked(2, AskedLine(9, 1, 3))], standing) == ["sold_out", "placed"]


def test_an_order_gets_all_of_its_lines_or_none() -> None:
    standing = Standing(available={1: 5, 2: 0})
    assert codes([asked(1, AskedLine(9, 1, 1), AskedLine(9, 2, 1))], standing) == ["sold_out"]
    assert standing.available == {1: 5, 2: 0}


def test_a_limit_counts_over_the_skus_of_a_listing_and_what_was_bought_before() -> None:
    standing = Standing(available={1: 9, 2: 9}, bought={(9, 1): 1})
    lines = (AskedLine(9, 1, 1, limit_per_buyer=3), AskedLine(9, 2, 2, limit_per_buyer=3))
    assert codes([asked(1, *lines), asked(2, *lines)], standing) == ["limit_reached", "placed"]
    assert standing.bought == {(9, 1): 1, (9, 2): 3}


def test_a_special_price_ends_with_its_last_piece() -> None:
    standing = Standing(available={1: 9}, special_left={4: 2})
    special = AskedLine(9, 1, 2, special_price_id=4, usual_price_fen=9_900)
    verdicts = judge([asked(1, special), asked(2, special)], standing)
    assert verdicts[0] is None
    assert isinstance(verdicts[1], Refusal)
    assert (verdicts[1].code, verdicts[1].values) == ("special_price_gone", {"unit_price_fen": 9_900, "left": 0})


def test_who_saw_the_usual_price_is_told_of_the_lower_one_while_it_lasts() -> None:
    usual = AskedLine(9, 1, 2, better_special_id=4, better_price_fen=500)
    assert codes([asked(1, usual)], Standing(available={1: 9}, special_left={4: 2})) == ["price_changed"]
    assert codes([asked(1, usual)], Standing(available={1: 9}, special_left={4: 1})) == ["placed"]


def test_a_claimed_coupon_is_used_once_and_only_by_its_buyer() -> None:
    standing = Standing(available={1: 9}, unused={(1, 70, 7)})
    line = AskedLine(9, 1, 1)
    batch = [
        asked(2, line, claims=((70, 7),)),
        asked(1, line, claims=((70, 8),)),
        asked(1, line, claims=((70, 7),)),
    ]
    assert codes(batch, standing) == ["coupon_used", "coupon_used", "placed"]
    assert codes([asked(1, line, key="again", claims=((70, 7),))], standing) == ["coupon_used"]


def test_holding_without_paying_has_an_end() -> None:
    line = AskedLine(9, 1, 1)
    for held in (
        Held(HELD_ORDERS_IN_SHOP_MAX, 0, 0),
        Held(HELD_ORDERS_IN_ROOM_MAX, HELD_ORDERS_IN_ROOM_MAX, 3),
        Held(1, 1, HELD_PIECES_IN_ROOM_MAX),
    ):
        assert codes([asked(1, line)], Standing(available={1: 9}, held={(1, ROOM): held})) == [
            "hold_limit_reached"
        ]
    whole_shelf = asked(1, AskedLine(9, 1, HELD_PIECES_IN_ROOM_MAX), AskedLine(9, 1, 1))
    assert codes([whole_shelf], Standing(available={1: 999})) == ["hold_limit_reached"]
    almost = Held(HELD_ORDERS_IN_SHOP_MAX - 1, HELD_ORDERS_IN_ROOM_MAX - 1, HELD_PIECES_IN_ROOM_MAX - 1)
    assert codes([asked(1, line)], Standing(available={1: 9}, held={(1, ROOM): almost})) == ["placed"]


def test_a_repeat_is_answered_as_the_first_time_whatever_is_left() -> None:
    before = PlacedBefore(11, 500, NOW, "hash")
    standing = Standing(available={1: 0}, before={(1, "k"): before, (2, "k"): PlacedBefore(12, 5, NOW, "other")})
    assert judge([asked(1, AskedLine(9, 1, 1))], standing) == [before]
    assert codes([asked(2, AskedLine(9, 1, 1))], standing) == ["idempotency_key_reused"]


@given(
    st.dictionaries(st.integers(1, 4), st.integers(0, 20), min_size=4),
    st.lists(
        st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), min_size=1, max_size=4), min_size=1, max_size=30
    ),
)
def test_a_batch_is_judged_as_if_its_orders_came_one_by_one(
    available: dict[int, int], orders: list[list[tuple[int, int]]]
) -> None:
    batch = [asked(buyer, *(AskedLine(9, *line) for line in lines)) for buyer, lines in enumerate(orders)]
    together = Standing(available=dict(available))
    told = codes(batch, together)
    left = dict(available)
    for lines, code in zip(orders, told, strict=True):
        wanted: dict[int, int] = {}
        for sku, quantity in lines:
            wanted[sku] = wanted.get(sku, 0) + quantity
        fits = all(quantity <= left[sku] for sku, quantity in wanted.items())
        assert code == ("placed" if fits else "sold_out")
        if fits:
            left = {sku: pieces - wanted.get(sku, 0) for sku, pieces in left.items()}
    assert together.available == left
