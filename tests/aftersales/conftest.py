"""A desk for after-sales."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.aftersales.claims_desk import ClaimsDesk, new_operator
from tests.conftest import settings_for, sign_in_as
from tests.orders.shopping import Till, open_till
from tests.parcels.packing import PackingTable
from tests.small_world import make_small_world
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.sweeps import register_sweeps
from yellowcart.uploads.storage import UploadStorage, open_storage


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    opened = await open_till(database)
    yield opened
    await opened.lane.stop()


@pytest.fixture
def storage(tmp_path: Path) -> UploadStorage:
    """Where evidence is kept."""
    return open_storage(settings_for("postgresql://nowhere/none", tmp_path))


@pytest.fixture
async def desk(till: Till, still_clock: clock.Clock) -> ClaimsDesk:
    """A shop whose goods come in two variants, a buyer, an operator."""
    register_sweeps()
    world = await make_small_world(till.database, skus=2, pieces=1_000)
    table = PackingTable(till=till, world=world, buyer=(await sign_in_as(till.database)).person)
    return ClaimsDesk(table=table, operator=await new_operator(till.database), still_clock=still_clock)
