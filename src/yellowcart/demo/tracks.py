"""The way of a parcel as its carrier tells it: picked up, through the depots of real cities, brought and signed
for.

Cities and districts come from the district data; how long a leg takes and what a courier writes is invented for
the demo.
"""

import random
from datetime import datetime, timedelta

from yellowcart.freight.districts import district_tree, provinces
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.orders.model import DeliveryAddress
from yellowcart.parcels.model import ShipmentState, TrackEvent

DESK_OPENS, DESK_CLOSES = 9, 20
"""Parcels leave and arrive between these hours."""
NOBODY_THERE = 400
"""Basis points of parcels that are brought twice."""
SIGNED_BY = ("本人", "家人", "门卫", "菜鸟驿站", "丰巢柜")


def at_the_desk(dice: random.Random, moment: datetime) -> datetime:
    """The moment, moved into the hours of the day in which parcels move."""
    local = moment.astimezone(SHANGHAI)
    if DESK_OPENS <= local.hour < DESK_CLOSES:
        return moment
    morning = local.replace(hour=DESK_OPENS, minute=0, second=0) + timedelta(minutes=dice.randint(0, 150))
    return morning if local.hour < DESK_OPENS else morning + timedelta(days=1)


def track_of(
    dice: random.Random, origin: DeliveryAddress, destination: DeliveryAddress, shipped_at: datetime, hours: float
) -> list[TrackEvent]:
    """The whole track of a parcel that is delivered about `hours` after it was shipped, oldest first."""
    delivered_at = at_the_desk(dice, shipped_at + timedelta(hours=hours))
    whole = delivered_at - shipped_at
    events = [
        _event(ShipmentState.COLLECTED, shipped_at + whole * 0.05, _city(origin), "快件已揽收，正在发往分拨中心")
    ]
    legs = _depots(origin, destination)
    for number, depot in enumerate(legs):
        part = 0.12 + 0.68 * number / max(len(legs) - 1, 1)
        arrived_at = shipped_at + whole * (part + dice.random() * 0.02)
        events.append(_event(ShipmentState.IN_TRANSIT, arrived_at, depot, f"快件已到达【{depot}分拨中心】"))
        if number + 1 < len(legs):
            left_at = arrived_at + whole * (0.02 + dice.random() * 0.03)
            words = f"快件离开【{depot}分拨中心】，发往【{legs[number + 1]}】"
            events.append(_event(ShipmentState.IN_TRANSIT, left_at, depot, words))
    door = f"{_city(destination)}{destination.district}"
    brought_at = max(
        delivered_at - timedelta(hours=dice.uniform(0.7, 4)), events[-1].happened_at + timedelta(minutes=9)
    )
    brought_at = min(brought_at, delivered_at - timedelta(minutes=3))
    events.append(
        _event(ShipmentState.OUT_FOR_DELIVERY, brought_at, door, f"快递员正在派件，{destination.district}营业部")
    )
    if dice.randrange(10_000) < NOBODY_THERE:
        events.append(
            _event(ShipmentState.PROBLEM, brought_at + timedelta(minutes=40), door, "派件时无人接听，改日再派")
        )
        delivered_at = at_the_desk(dice, delivered_at + timedelta(hours=20))
        again_at = delivered_at - timedelta(minutes=70)
        events.append(_event(ShipmentState.OUT_FOR_DELIVERY, again_at, door, "快递员再次派件"))
    words = f"快件已签收，签收人：{dice.choice(SIGNED_BY)}，感谢使用"
    events.append(_event(ShipmentState.DELIVERED, delivered_at, door, words))
    return events


def _depots(origin: DeliveryAddress, destination: DeliveryAddress) -> list[str]:
    """The cities with depots between two addresses: theirs, and the capitals of their provinces."""
    way = [_city(origin), _capital(origin), _capital(destination), _city(destination)]
    if origin.province == destination.province:
        way = [_city(origin), _city(destination)]
    return [city for number, city in enumerate(way) if city not in way[:number]]


def _city(address: DeliveryAddress) -> str:
    return address.city


def _capital(address: DeliveryAddress) -> str:
    """A province's first city by code, which is its capital; a municipality is its own."""
    code = address.district_code[:2] + "0000"
    if provinces()[code] == address.city:
        return address.city
    province = next(each for each in district_tree() if each.code == code)
    return province.cities[0].name


def _event(status: ShipmentState, at: datetime, place: str, text: str) -> TrackEvent:
    return TrackEvent(status=status, happened_at=at.replace(microsecond=0), place=place, text=f"【{place}】{text}")
