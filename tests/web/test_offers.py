"""Open offers: raised at once, cut from midnight, the targeted one before the open one."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.catalog_world import open_merchant, product_on_sale
from tests.conftest import MORNING
from yellowcart.alliance.offers import end_open_offer, set_open_offer
from yellowcart.alliance.queries import offer_in_force, offers_of_shop
from yellowcart.catalog.queries import search_listable
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import CreatorId

MIDNIGHT = datetime(2022, 2, 25, 16, 0, tzinfo=UTC)


async def test_a_rise_counts_at_once_and_a_cut_from_midnight_in_shanghai(
    database: Database, still_clock: clock.Clock
) -> None:
    merchant = await open_merchant(database)
    product_id = (await product_on_sale(database, merchant)).product.product_id
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.writing() as writer:
        await set_open_offer(writer, person, shop_id, product_id, 1_500)
        still_clock.freeze(MORNING + timedelta(hours=1))
        await set_open_offer(writer, person, shop_id, product_id, 2_000)
        still_clock.freeze(MORNING + timedelta(hours=2))
        cut = await set_open_offer(writer, person, shop_id, product_id, 1_000)
        assert cut.valid_from == MIDNIGHT

        rates = [
            (
                found.commission_rate
                if (found := await offer_in_force(writer, shop_id, product_id, at=at))
                else None
            )
            for at in (
                MORNING - timedelta(seconds=1),
                MORNING,
                MORNING + timedelta(hours=1),
                MIDNIGHT - timedelta(seconds=1),
                MIDNIGHT,
            )
        ]
        assert rates == [None, 1_500, 2_000, 2_000, 1_000]
        (line,) = (await offers_of_shop(writer, shop_id)).items
        assert (line.commission_rate, line.next_rate, line.next_from) == (2_000, 1_000, MIDNIGHT)
        (listable,) = (await search_listable(writer)).items
        assert listable.commission_rate == 2_000


async def test_a_cut_that_waits_is_taken_back_by_setting_the_rate_again(
    database: Database, still_clock: clock.Clock
) -> None:
    merchant = await open_merchant(database)
    product_id = (await product_on_sale(database, merchant)).product.product_id
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.writing() as writer:
        await set_open_offer(writer, person, shop_id, product_id, 2_000)
        still_clock.freeze(MORNING + timedelta(hours=1))
        await set_open_offer(writer, person, shop_id, product_id, 500)
        await set_open_offer(writer, person, shop_id, product_id, 2_000)
        after = await offer_in_force(writer, shop_id, product_id, at=MIDNIGHT + timedelta(days=1))
        assert after is not None
        assert after.commission_rate == 2_000
        await end_open_offer(writer, person, shop_id, product_id)
        assert await offer_in_force(writer, shop_id, product_id) is not None
        assert await offer_in_force(writer, shop_id, product_id, at=MIDNIGHT) is None
        (line,) = (await offers_of_shop(writer, shop_id)).items
        assert (line.commission_rate, line.next_rate, line.next_from) == (2_000, None, MIDNIGHT)


async def test_a_rate_beyond_ninety_percent_and_another_shops_product_are_refused(database: Database) -> None:
    mine, other = await open_merchant(database), await open_merchant(database, "别家小店")
    theirs = (await product_on_sale(database, other)).product.product_id
    async with database.writing() as writer:
        with pytest.raises(InvalidFields):
            await set_open_offer(writer, mine.signed_in.person, mine.shop.shop_id, theirs, 9_001)
        with pytest.raises(NotFound):
            await set_open_offer(writer, mine.signed_in.person, mine.shop.shop_id, theirs, 1_000)
        with pytest.raises(NotFound):
            await set_open_offer(writer, mine.signed_in.person, other.shop.shop_id, theirs, 1_000)


async def test_a_targeted_offer_goes_before_an_open_one(database: Database) -> None:
    merchant = await open_merchant(database)
    product_id = (await product_on_sale(database, merchant)).product.product_id
    person, shop_id = merchant.signed_in.person, merchant.shop.shop_id
    async with database.writing() as writer:
        await set_open_offer(writer, person, shop_id, product_id, 3_000)
        await writer.run(
            """
            INSERT INTO offer (shop_id, offer_id, product_id, kind, creator_id, commission_rate, valid_from)
            VALUES (%(shop_id)s, 1, %(product_id)s, 'targeted', 77, 1200, %(now)s)
            """,
            shop_id=shop_id,
            product_id=product_id,
            now=clock.now(),
        )
        theirs = await offer_in_force(writer, shop_id, product_id, CreatorId(77))
        assert theirs is not None
        assert theirs.commission_rate == 1_200
        everybodys = await offer_in_force(writer, shop_id, product_id, CreatorId(78))
        assert everybodys is not None
        assert everybodys.commission_rate == 3_000
        (found,) = (await search_listable(writer, creator_id=CreatorId(77))).items
        assert found.commission_rate == 1_200
