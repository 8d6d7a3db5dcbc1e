"""Requests of many buyers for one listed product, as the load generator sends them: every attempt is another
buyer's, with a token and an idempotency key of its own."""

from collections.abc import Mapping

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
    """One piece at the usual price for each of `requests` buyers, beginning with the buyer of `first_number`."""
    body = {
        "lines": [
            {"listing_id": world.listing_id, "sku_id": world.sku_id, "quantity": 1, "unit_price_fen": PRICE_FEN}
        ],
        "total_fen": PRICE_FEN,
        "address": ADDRESS,
    }
    return order_spec(
        platform,
        msgspec.json.encode(body).decode(),
        first_number=first_number,
        requests=requests,
        connections=connections,
        seconds=seconds,
    )


def order_spec(
    platform: PlatformUnderTest,
    body: str,
    *,
    first_number: int,
    requests: int,
    connections: int,
    seconds: float,
    columns: Mapping[str, list[str]] | None = None,
) -> LoadSpec:
    """The same order for each of `requests` buyers; `columns` are what differs in the body beside who buys."""
    buyers = range(FIRST_BUYER + first_number, FIRST_BUYER + first_number + requests)
    return LoadSpec(
        port=platform.port,
        path=PATH,
        headers={
            "authorization": "Bearer {{token}}",
            "idempotency-key": "bench-{{number}}",
            "content-type": "application/json",
        },
        body=body,
        columns={"token": [platform.tokens.make(PersonId(buyer)) for buyer in buyers], **(columns or {})},
        first_number=first_number,
        connections=connections,
        requests=requests,
        seconds=seconds,
    )
