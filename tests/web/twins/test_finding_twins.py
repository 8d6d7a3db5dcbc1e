"""Twins found, kept and dismissed."""

from datetime import timedelta

import pytest

from tests.conftest import sign_in_as
from tests.stage_world import (
    new_host,
    write_shop,
)
from tests.web.twins.stage_with_twin import (
    ITEM,
    KEY,
    Stage,
    find_all,
    press,
)
from yellowcart.accounts.model import Role
from yellowcart.catalog.matching import Sign
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.stage.errors import NotForSale, NoTwin
from yellowcart.stage.twins import best_twins, dismiss_twin, dismiss_twin_for_all, find_twins, twins_of


async def test_a_twin_is_found_with_its_reasons(database: Database, stage: Stage) -> None:
    async with database.reading() as reader:
        found = await best_twins(reader, [KEY, ("taobao_union", "1")])
    assert list(found) == [KEY]
    twin = found[KEY]
    assert (twin.shop_id, twin.product_id) == (stage.shop_id, stage.product_id)
    assert {reason.sign for reason in twin.reasons} >= {Sign.SAME_AMOUNT, Sign.SIMILAR_TITLE}
    assert twin.price_fen == 5_900


async def test_one_search_serves_every_cart_and_is_not_repeated(database: Database, stage: Stage) -> None:
    assert await find_twins(database) == 0
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM twin_search") == 1


async def test_another_title_calls_for_another_search(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        await writer.run("UPDATE listing SET title = '儿童绘本' WHERE source = 'taobao_union'")
    assert await find_twins(database) == 1
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY]) == {}


async def test_a_week_later_it_is_looked_at_again(
    database: Database, stage: Stage, still_clock: clock.Clock
) -> None:
    still_clock.freeze(clock.now() + timedelta(days=7, seconds=1))
    assert await find_twins(database) == 1


async def test_a_new_product_that_shares_a_word_calls_for_another_search(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        other_shop, other_product, _ = await write_shop(writer, price_fen=6_400)
        await writer.run(
            "UPDATE product SET title = '铸铁锅 无涂层 32cm 老式铁锅 家用' WHERE product_id = %(product_id)s",
            product_id=other_product,
        )
        await writer.run("UPDATE sku SET name = '标准'")
    await find_all(database)
    async with database.reading() as reader:
        twins = await twins_of(reader, *KEY)
    assert {twin.product_id for twin in twins} == {stage.product_id, other_product}
    assert twins[0].score_basis_points >= twins[1].score_basis_points
    assert other_shop != stage.shop_id


async def test_a_product_brought_over_from_the_item_is_its_twin_whatever_its_title(
    database: Database, stage: Stage, still_clock: clock.Clock
) -> None:
    still_clock.freeze(clock.now() + timedelta(minutes=1))
    async with database.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        await writer.run(
            "UPDATE product SET title = '晒谷场老味道' WHERE product_id = %(product_id)s", product_id=product_id
        )
        await writer.run(
            "INSERT INTO product_origin VALUES (%(shop_id)s, %(product_id)s, 'taobao_union', %(item)s, %(now)s)",
            shop_id=shop_id,
            product_id=product_id,
            item=ITEM,
            now=clock.now(),
        )
    await find_all(database)
    async with database.reading() as reader:
        best = (await best_twins(reader, [KEY]))[KEY]
    assert (best.product_id, best.score_basis_points) == (product_id, 10_000)
    assert best.reasons[0].sign is Sign.SAME_ORIGIN


async def test_only_products_for_sale_are_twins(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        await writer.run("UPDATE shop SET state = 'closed'")
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY]) == {}
        assert await twins_of(reader, *KEY) == []
    with pytest.raises(NotForSale):
        await press(database, stage)


async def test_a_very_long_address_has_no_twin_and_stops_nobody(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        await writer.run(
            "UPDATE listing SET item_id = NULL, url = %(url)s WHERE listing_id = %(listing_id)s",
            url="https://item.taobao.com/" + "长" * 2_000,
            listing_id=stage.outside[1].listing_id,
        )
    assert await find_twins(database) == 0


async def test_what_a_creator_dismisses_is_hidden_from_that_creator_alone(
    database: Database, stage: Stage
) -> None:
    other = await new_host(database, name="阿宁")
    for _ in range(2):
        async with database.writing() as writer:
            await dismiss_twin(writer, stage.host.person, *KEY, stage.shop_id, stage.product_id)
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY], creator_id=stage.host.creator_id) == {}
        assert KEY in await best_twins(reader, [KEY], creator_id=other.creator_id)
        assert KEY in await best_twins(reader, [KEY])


async def test_what_an_operator_dismisses_stays_hidden_from_everybody(
    database: Database, stage: Stage, still_clock: clock.Clock
) -> None:
    operator = await sign_in_as(database, Role.OPERATOR)
    async with database.writing() as writer:
        await dismiss_twin_for_all(writer, operator.person, *KEY, stage.shop_id, stage.product_id)
    still_clock.freeze(clock.now() + timedelta(days=8))
    await find_all(database)
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY]) == {}
    with pytest.raises(NoTwin):
        await press(database, stage)


async def test_only_a_known_twin_is_dismissed(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await dismiss_twin(writer, stage.host.person, "jd_union", "1", stage.shop_id, stage.product_id)
