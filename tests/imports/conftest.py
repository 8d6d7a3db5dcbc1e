"""The merchant whose shop the files come into."""

import pytest

from tests.catalog_world import Merchant, open_merchant
from yellowcart.kernel.database import Database


@pytest.fixture
async def merchant(database: Database) -> Merchant:
    return await open_merchant(database)
