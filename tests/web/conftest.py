"""What several tests of pages stand on."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import browser, sign_in_as
from tests.small_world import make_small_world
from tests.web.checkout_counter import FUJIAN, Counter
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.orders.addresses import add_address


@pytest.fixture
async def counter(database: Database, application: Application) -> AsyncIterator[Counter]:
    world = await make_small_world(database, skus=3)
    buyer = await sign_in_as(database)
    async with database.writing() as writer:
        address = await add_address(writer, buyer.person.person_id, FUJIAN)
    async with browser(application, buyer.token) as page:
        page.cookies.set("language", "en")
        yield Counter(application, database, world, buyer, address, page)
