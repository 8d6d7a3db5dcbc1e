"""The hand-made world of these tests."""

from collections.abc import AsyncIterator

import pytest

from tests.web.insight.small_world import SmallWorld, small_world
from yellowcart.kernel.database import Database


@pytest.fixture
async def world(database: Database) -> AsyncIterator[SmallWorld]:
    async with database.writing() as writer:
        yield await small_world(database, writer)
