"""A till and somebody who buys at it."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import sign_in_as
from tests.orders.shopping import Till, open_till
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    """A till whose lane ends with the test."""
    opened = await open_till(database)
    yield opened
    await opened.lane.stop()


@pytest.fixture
async def buyer(database: Database) -> Person:
    """A person who has just registered."""
    return (await sign_in_as(database)).person
