"""Requests of many buyers for one listed product, as the load generator sends them: every attempt is another
buyer's, with a token and an idempotency key of its own."""

import msgspec

from bench.load import LoadSpec
from bench.platform_under_test import PlatformUnderTest
from tests.small_world import PRICE_FEN, SmallWorld
from yellowcart.kernel.ids import PersonId
from yellowcart.orders.lane import PATH

FIRST_BUYER = 1_000_000
ADDRESS = {
    "recipient": "林小满",
    "phone": "13800000001",
    "province": "福建省",
    "city": "泉州市",
    "district": "安溪县",
    "street": "茶都路 1 号",
}


def attempts(
    platform: PlatformUnderTest,
    world: SmallWorld,
    *,
    first_number: int,
    requests: int,
    connections: int,
    seconds: float,
) -> LoadSpec:
    """One piece for each of `requests` buyers, beginning with the buyer of `first_number`."""
    body = {
        "listing_id": world.listing_id,
        "sku_id": world.sku_id,
        "quantity": 1,
        "unit_price_fen": PRICE_FEN,
        "address": ADDRESS,
    }
    buyers = range(FIRST_BUYER + first_number, FIRST_BUYER + first_number + requests)
    return LoadSpec(
        port=platform.port,
        path=PATH,
        headers={
            "authorization": "Bearer {{token}}",
            "idempotency-key": "bench-{{number}}",
            "content-type": "application/json",
        },
        body=msgspec.json.encode(body).decode(),
        columns={"token": [platform.tokens.make(PersonId(buyer)) for buyer in buyers]},
        first_number=first_number,
        connections=connections,
        requests=requests,
        seconds=seconds,
    )
