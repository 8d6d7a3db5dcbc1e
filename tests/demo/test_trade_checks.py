"""What a world's file says of trade must hold together, and says where it does not."""

import msgspec
import pytest

from yellowcart.demo.accounts import demo_world
from yellowcart.demo.trade_checks import trade_flaws
from yellowcart.demo.world_file import World, world_names

replace = msgspec.structs.replace


def changed_first(world: World, kind: str, **changes: object) -> World:
    """The world with other values in the first entry of a kind."""
    first, *others = getattr(world, kind)
    return replace(world, **{kind: (replace(first, **changes), *others)})


@pytest.mark.parametrize("name", world_names())
def test_the_worlds_hold_together(name: str) -> None:
    assert list(trade_flaws(demo_world(name))) == []


@pytest.mark.parametrize(
    ("kind", "changes", "complaint"),
    [
        ("warehouses", {"district": "没有区"}, "names no district that there is"),
        ("freight_plans", {"not_delivered": ("没有省",)}, "no province '没有省'"),
        ("delivery_plans", {"template": "nobodys"}, "'xiaobo-kitchen' has no template 'nobodys'"),
        ("delivery_plans", {"weights": {"daily-nuts": 1}}, "'daily-nuts' is no product of 'xiaobo-kitchen'"),
        ("coupon_plans", {"off_rate": 1_000}, "takes off an amount or a part, one of them"),
        ("coupon_plans", {"merchant": None}, "does not say who pays for it"),
        ("coupon_plans", {"claim_until_h": 500}, "ends before it begins"),
        ("coupon_plans", {"products": ("daily-nuts",)}, "'daily-nuts' is no product of 'xiaobo-kitchen'"),
        ("price_plans", {"price": 99_999}, "is not below the usual price"),
        ("price_plans", {"place": "laok-repair"}, "'chili-sauce' is not in the cart of 'laok-repair'"),
        ("price_falls", {"was": 1}, "did not cost more before"),
    ],
)
def test_a_contradiction_is_told(kind: str, changes: dict[str, object], complaint: str) -> None:
    world = changed_first(demo_world("kuaishou_2022"), kind, **changes)
    assert complaint in {flaw[2] for flaw in trade_flaws(world)}
