"""Buyers write, change and append; shops answer; the sums follow."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.errors import CheckViolation

from tests.conftest import MORNING, sign_in_as
from tests.reviews.received import Received, brought_picture, merchant_of, rated, received_order, sums
from tests.small_world import SmallWorld, make_small_world
from yellowcart.accounts.inbox import inbox_of
from yellowcart.kernel.clock import Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.translation import Locale
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import OrderState
from yellowcart.reviews.answer import answer_part
from yellowcart.reviews.desk_queries import count_to_answer, parts_of_shop
from yellowcart.reviews.errors import (
    AppendExists,
    LineRefunded,
    NotToAnswer,
    OrderNotReceived,
    ReviewExists,
    ReviewFinal,
    ReviewUnknown,
)
from yellowcart.reviews.model import (
    AnswerFilter,
    NewAppend,
    NewReview,
    Part,
    ReviewFilter,
    ReviewId,
    ReviewSum,
    ShowState,
    Stars,
)
from yellowcart.reviews.queries import lines_to_review, read_review, reviews_of_buyer, reviews_of_product
from yellowcart.reviews.rules import APPEND_WITHIN, EDITABLE_FOR
from yellowcart.reviews.to_review import orders_to_review
from yellowcart.reviews.write import edit_append, edit_review, write_append, write_review
from yellowcart.uploads.errors import UploadUnknown

GOOD = Stars(goods=5, parcel=4, service=3)


@pytest.fixture
async def world(database: Database) -> SmallWorld:
    return await make_small_world(database)


@pytest.fixture
async def order(database: Database, world: SmallWorld) -> Received:
    return await received_order(database, world, lines=2)


async def test_a_buyer_rates_a_line_and_the_sums_know_it(database: Database, order: Received) -> None:
    written = await rated(database, order)
    assert written.state is ShowState.SHOWN
    assert await sums(database, order) == ReviewSum(
        reviews=1, goods_sum=5, parcel_sum=4, service_sum=3, stars=(0, 0, 0, 0, 1)
    )
    async with database.reading() as reader:
        (shown,) = (await reviews_of_product(reader, order.shop_id, order.world.product_id)).items
        (event,) = await reader.records("SELECT payload FROM outbox_event WHERE kind = 'review.written'")
    assert (shown.author, shown.stars, shown.first.body, shown.sku_name) == ("林**", GOOD, "茶很香", "1 号")
    assert event["payload"]["goods_stars"] == 5
    assert event["payload"]["is_shown"] is True


async def test_a_line_that_coupons_paid_for_waits_for_its_review(database: Database, world: SmallWorld) -> None:
    order = await received_order(database, world)
    async with database.writing() as writer:
        await writer.run("UPDATE order_line SET discount_fen = total_fen, freight_fen = 0, payable_fen = 0")
    async with database.reading() as reader:
        (waiting,) = (await orders_to_review(reader, order.buyer.person.person_id)).items
    assert waiting.order_id == order.order_id
    await rated(database, order)
    async with database.reading() as reader:
        assert (await orders_to_review(reader, order.buyer.person.person_id)).items == []


async def test_a_line_that_coupons_paid_for_and_nobody_sent_is_nothing_to_rate(
    database: Database, world: SmallWorld
) -> None:
    order = await received_order(database, world, lines=2)
    buyer = order.buyer.person.person_id
    async with database.writing() as writer:
        await writer.run("UPDATE order_line SET discount_fen = total_fen, freight_fen = 0, payable_fen = 0")
        await writer.run(
            "UPDATE order_line SET cancelled_quantity = quantity WHERE order_line_id = %(line)s",
            line=order.line_ids[1],
        )
    with pytest.raises(LineRefunded):
        await rated(database, order, line=1)
    await rated(database, order)
    async with database.reading() as reader:
        assert (await orders_to_review(reader, buyer)).items == []
        lines = await lines_to_review(reader, buyer, order.shop_id, order.order_id)
    assert [(line.may_review, line.is_refunded) for line in lines] == [(False, False), (False, True)]


async def test_a_line_is_rated_once_and_each_line_for_itself(database: Database, order: Received) -> None:
    await rated(database, order)
    with pytest.raises(ReviewExists):
        await rated(database, order, goods=1)
    await rated(database, order, goods=2, line=1)
    assert (await sums(database, order)).stars == (0, 1, 0, 0, 1)
    async with database.reading() as reader:
        lines = await lines_to_review(reader, order.buyer.person.person_id, order.shop_id, order.order_id)
    assert [(line.goods_stars, line.may_review) for line in lines] == [(5, False), (2, False)]


async def test_a_rating_sent_many_times_at_once_is_one_rating(database: Database, order: Received) -> None:
    async def rate() -> bool:
        try:
            await rated(database, order)
        except ReviewExists:
            return False
        return True

    assert sorted(await asyncio.gather(*(rate() for _ in range(5)))) == [False] * 4 + [True]
    assert (await sums(database, order)).reviews == 1


async def test_many_buyers_rate_one_product_at_once_and_every_star_is_counted(
    database: Database, world: SmallWorld
) -> None:
    orders = [await received_order(database, world) for _ in range(6)]
    await asyncio.gather(*(rated(database, each, goods=1 + n % 5) for n, each in enumerate(orders)))
    assert await sums(database, orders[0]) == ReviewSum(
        reviews=6, goods_sum=16, parcel_sum=24, service_sum=18, stars=(2, 1, 1, 1, 1)
    )


@pytest.mark.parametrize(
    "state",
    [OrderState.SUBMITTED, OrderState.PAID, OrderState.PART_SHIPPED, OrderState.SHIPPED, OrderState.CLOSED],
)
async def test_what_has_not_come_is_not_rated(database: Database, world: SmallWorld, state: OrderState) -> None:
    order = await received_order(database, world, state=state)
    with pytest.raises(OrderNotReceived):
        await rated(database, order)
    assert await sums(database, order) == ReviewSum()


async def test_a_wholly_refunded_line_is_not_rated_and_its_neighbour_is(
    database: Database, world: SmallWorld
) -> None:
    order = await received_order(database, world, state=OrderState.COMPLETED, refunded=True, lines=2)
    with pytest.raises(LineRefunded):
        await rated(database, order)
    await rated(database, order, line=1)
    async with database.reading() as reader:
        lines = await lines_to_review(reader, order.buyer.person.person_id, order.shop_id, order.order_id)
    assert [(line.is_refunded, line.may_review) for line in lines] == [(True, False), (False, False)]


async def test_nobody_rates_what_another_bought_or_what_is_not_there(database: Database, order: Received) -> None:
    stranger = (await sign_in_as(database)).person
    review = NewReview(stars=GOOD)
    shop_id, order_id, line_id = order.shop_id, order.order_id, order.line_ids[0]
    async with database.writing() as writer:
        for person, where in (
            (stranger, (shop_id, order_id, line_id)),
            (order.buyer.person, (shop_id, order_id, OrderLineId(999))),
            (order.buyer.person, (shop_id, OrderId(999), line_id)),
            (order.buyer.person, (ShopId(shop_id + 1), order_id, line_id)),
        ):
            with pytest.raises(OrderUnknown):
                await write_review(writer, person, *where, review)
        assert await lines_to_review(writer, stranger.person_id, shop_id, order_id) == []


@pytest.mark.parametrize("goods", [0, 6, -1, 10**12])
async def test_stars_are_one_to_five(database: Database, order: Received, goods: int) -> None:
    with pytest.raises(InvalidFields):
        await rated(database, order, goods=goods)
    assert await sums(database, order) == ReviewSum()


async def test_pictures_belong_to_the_review_and_to_no_other(database: Database, order: Received) -> None:
    mine = await brought_picture(database, order.buyer.person)
    others = await brought_picture(database, (await sign_in_as(database)).person)
    with pytest.raises(UploadUnknown):
        await rated(database, order, upload_ids=(mine.upload_id, others.upload_id))
    assert await sums(database, order) == ReviewSum(), "nothing is half done"
    await rated(database, order, upload_ids=(mine.upload_id,))
    with pytest.raises(UploadUnknown):
        await rated(database, order, line=1, upload_ids=(mine.upload_id,))
    assert (await sums(database, order)).with_pictures == 1
    async with database.reading() as reader:
        (shown,) = (
            await reviews_of_product(reader, order.shop_id, order.world.product_id, only=ReviewFilter.PICTURES)
        ).items
    assert [each.upload_id for each in shown.first.pictures] == [mine.upload_id]


async def test_an_anonymous_author_is_nobody_to_readers(database: Database, order: Received) -> None:
    await rated(database, order, is_anonymous=True)
    async with database.reading() as reader:
        (shown,) = (await reviews_of_product(reader, order.shop_id, order.world.product_id)).items
    assert shown.author is None
    assert str(order.buyer.person.person_id) not in repr(shown)
    assert str(order.order_id) not in repr(shown)


async def test_a_review_is_changed_within_a_day_and_counts_as_it_is_now(
    database: Database, order: Received, still_clock: Clock
) -> None:
    first, second = [await brought_picture(database, order.buyer.person) for _ in range(2)]
    written = await rated(database, order, upload_ids=(first.upload_id,))
    still_clock.freeze(MORNING + EDITABLE_FOR - timedelta(seconds=1))
    changed = NewReview(
        stars=Stars(goods=2, parcel=1, service=5), body="受潮了", is_anonymous=True, upload_ids=(second.upload_id,)
    )
    key = (order.shop_id, written.review_id)
    async with database.writing() as writer:
        await edit_review(writer, order.buyer.person, *key, changed)
        review = await read_review(writer, *key)
    assert (review.stars, review.first.body, review.is_anonymous) == (changed.stars, "受潮了", True)
    assert [each.upload_id for each in review.first.pictures] == [second.upload_id]
    assert await sums(database, order) == ReviewSum(
        reviews=1, goods_sum=2, parcel_sum=1, service_sum=5, stars=(0, 1, 0, 0, 0), with_pictures=1
    )
    still_clock.freeze(MORNING + EDITABLE_FOR)
    async with database.writing() as writer:
        with pytest.raises(ReviewFinal):
            await edit_review(writer, order.buyer.person, *key, changed)
        with pytest.raises(ReviewUnknown):
            await edit_review(writer, (await sign_in_as(database)).person, *key, changed)


async def test_what_is_held_counts_nowhere_until_it_is_written_cleanly(
    database: Database, order: Received
) -> None:
    written = await rated(database, order, body="好评联系 13800138000")
    assert written.state is ShowState.HELD
    assert await sums(database, order) == ReviewSum()
    async with database.writing() as writer:
        assert (await reviews_of_product(writer, order.shop_id, order.world.product_id)).items == []
        assert [
            each.first.state for each in (await reviews_of_buyer(writer, order.buyer.person.person_id)).items
        ] == [ShowState.HELD]
        clean = NewReview(stars=GOOD, body="很好")
        again = await edit_review(writer, order.buyer.person, order.shop_id, written.review_id, clean)
    assert again.state is ShowState.SHOWN
    assert (await sums(database, order)).reviews == 1
    async with database.writing() as writer:
        dirty = NewReview(stars=GOOD, body="看 www.example.com")
        await edit_review(writer, order.buyer.person, order.shop_id, written.review_id, dirty)
    assert await sums(database, order) == ReviewSum()


async def test_a_review_is_appended_to_once_within_half_a_year(
    database: Database, order: Received, still_clock: Clock
) -> None:
    picture = await brought_picture(database, order.buyer.person)
    written, late = await rated(database, order), await rated(database, order, line=1)
    still_clock.freeze(MORNING + APPEND_WITHIN - timedelta(days=1))
    new = NewAppend(body="喝了半年", upload_ids=(picture.upload_id,))
    async with database.writing() as writer:
        await write_append(writer, order.buyer.person, order.shop_id, written.review_id, new)
        with pytest.raises(AppendExists):
            await write_append(writer, order.buyer.person, order.shop_id, written.review_id, new)
        with pytest.raises(InvalidFields):
            await write_append(writer, order.buyer.person, order.shop_id, late.review_id, NewAppend())
    assert (await sums(database, order)).appended == 1
    assert (await sums(database, order)).with_pictures == 1
    still_clock.freeze(MORNING + APPEND_WITHIN - timedelta(seconds=1))
    async with database.writing() as writer:
        await edit_append(writer, order.buyer.person, order.shop_id, written.review_id, NewAppend(body="还是很香"))
        with pytest.raises(ReviewUnknown):
            await edit_append(writer, order.buyer.person, order.shop_id, late.review_id, NewAppend(body="a"))
        review = await read_review(writer, order.shop_id, written.review_id)
    assert review.append is not None
    assert (review.append.body, review.append.pictures) == ("还是很香", [])
    assert (await sums(database, order)).with_pictures == 0


async def test_the_shop_answers_each_part_once_and_its_author_is_told(
    database: Database, order: Received, still_clock: Clock
) -> None:
    merchant = (await merchant_of(database, order.world)).person
    written = await rated(database, order, goods=2)
    async with database.writing() as writer:
        assert await count_to_answer(writer, order.shop_id) == 1
        await answer_part(writer, merchant, order.shop_id, written.part_id, "抱歉，已为您补发")
        await answer_part(writer, merchant, order.shop_id, written.part_id, "抱歉，已为您补发")
        still_clock.freeze(MORNING + timedelta(hours=23))
        await answer_part(writer, merchant, order.shop_id, written.part_id, "已补发")
        assert await count_to_answer(writer, order.shop_id) == 0
        (message,) = (await inbox_of(writer, order.buyer.person)).items
        for only, number in (
            (AnswerFilter.WAITING, 0),
            (AnswerFilter.ANSWERED, 1),
            (AnswerFilter.LOW, 1),
            (None, 1),
        ):
            assert len((await parts_of_shop(writer, order.shop_id, only=only)).items) == number
        review = await read_review(writer, order.shop_id, written.review_id)
    assert message.headline(Locale.ENGLISH) == "安溪茶铺 answered your review"
    assert review.first.answer is not None
    assert (review.first.answer.body, review.first.answer.answered_at) == ("已补发", MORNING)
    assert review.first.answer.edited_at == MORNING + timedelta(hours=23)
    still_clock.freeze(MORNING + EDITABLE_FOR)
    async with database.writing() as writer:
        with pytest.raises(ReviewFinal):
            await answer_part(writer, merchant, order.shop_id, written.part_id, "改口")


async def test_only_the_shop_answers_and_only_what_readers_see(database: Database, order: Received) -> None:
    merchant = (await merchant_of(database, order.world)).person
    other = await make_small_world(database)
    stranger = (await merchant_of(database, other)).person
    held = await rated(database, order, body="加微信 13800138000")
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await answer_part(writer, stranger, order.shop_id, held.part_id, "谢谢")
        with pytest.raises(ReviewUnknown):
            await answer_part(writer, stranger, other.shop_id, held.part_id, "谢谢")
        with pytest.raises(NotToAnswer):
            await answer_part(writer, merchant, order.shop_id, held.part_id, "谢谢")
        with pytest.raises(InvalidFields):
            await answer_part(writer, merchant, order.shop_id, held.part_id, "  ")
        assert (await parts_of_shop(writer, order.shop_id)).items == []


async def test_reviews_are_read_in_pages_and_by_filter(database: Database, world: SmallWorld) -> None:
    written = []
    for goods in (5, 1, 4, 2, 5):
        order = await received_order(database, world)
        written.append((await rated(database, order, goods=goods)).review_id)
    async with database.writing() as writer:
        await write_append(writer, order.buyer.person, world.shop_id, written[-1], NewAppend(body="追评"))
        seen: list[ReviewId] = []
        cursor: str | None = None
        for _ in range(3):
            page = await reviews_of_product(writer, world.shop_id, world.product_id, cursor=cursor, size=2)
            seen += [each.review_id for each in page.items]
            cursor = page.next_cursor
        assert (seen, cursor) == (written[::-1], None)
        low = await reviews_of_product(writer, world.shop_id, world.product_id, only=ReviewFilter.LOW)
        assert [each.stars.goods for each in low.items] == [2, 1]
        appended = await reviews_of_product(writer, world.shop_id, world.product_id, only=ReviewFilter.APPENDED)
        assert [each.append.body for each in appended.items if each.append] == ["追评"]
        parts = await parts_of_shop(writer, world.shop_id)
        assert [each.part for each in parts.items] == [Part.APPEND] + [Part.FIRST] * 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE review SET goods_stars = 6",
        "UPDATE review SET goods_stars = 0",
        "UPDATE review SET is_shown = false, has_pictures = true",
        "UPDATE review_sum SET goods_sum = goods_sum + 1",
        "UPDATE review_sum SET reviews = -1",
        "UPDATE review_part SET state = 'hidden'",
        "UPDATE review_part SET state = 'held'",
        "UPDATE review_part SET open_reports = 1",
        "UPDATE review_part SET answer = 'a'",
        "UPDATE review_part SET part = 'append', body = ''",
    ],
)
async def test_the_database_refuses_what_cannot_be(database: Database, order: Received, statement: str) -> None:
    await rated(database, order)
    with pytest.raises(CheckViolation):
        async with database.writing() as writer:
            await writer.run(statement)
