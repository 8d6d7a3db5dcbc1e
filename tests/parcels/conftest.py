"""A shop with paid orders, for tests of parcels."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import sign_in_as
from tests.orders.shopping import Till, open_till
from tests.parcels.packing import PackingTable
from tests.small_world import make_small_world
from yellowcart.kernel.database import Database


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    opened = await open_till(database)
    yield opened
    await opened.lane.stop()


@pytest.fixture
async def table(till: Till) -> PackingTable:
    """A shop whose goods come in two variants, a buyer, and everything to place and ship orders."""
    world = await make_small_world(till.database, skus=2, pieces=1_000)
    return PackingTable(till=till, world=world, buyer=(await sign_in_as(till.database)).person)
