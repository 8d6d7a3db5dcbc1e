"""What readers report and the automatic look holds comes before somebody who has no part in it."""

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import MORNING, SignedIn, sign_in_as
from tests.reviews.received import (
    Received,
    brought_picture,
    merchant_of,
    moderator,
    rated,
    received_order,
    sums,
)
from tests.small_world import SmallWorld, make_small_world
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.clock import Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.translation import Locale
from yellowcart.reviews.desk_queries import count_queue, moderation_queue, read_part, reports_of_part
from yellowcart.reviews.errors import (
    AppealedAlready,
    ModerationMoved,
    ModeratorInvolved,
    OwnReview,
    ReportsTooMany,
    ReviewClosed,
    ReviewUnknown,
)
from yellowcart.reviews.model import HideReason, NewAppend, NewReview, QueueFilter, ReviewSum, ShowState, Stars
from yellowcart.reviews.moderate import Decision, appeal_part, decide_part
from yellowcart.reviews.queries import reviews_of_product
from yellowcart.reviews.report import report_part
from yellowcart.reviews.rules import REPORTS_PER_DAY_MAX
from yellowcart.reviews.write import WrittenReview, edit_review, write_append
from yellowcart.uploads.errors import UploadUnknown
from yellowcart.uploads.queries import read_upload

SHOWN, HELD, HIDDEN, APPEALED = ShowState.SHOWN, ShowState.HELD, ShowState.HIDDEN, ShowState.APPEALED
CALL_ME = "加我 13800138000"


@pytest.fixture
async def world(database: Database) -> SmallWorld:
    return await make_small_world(database)


@pytest.fixture
async def order(database: Database, world: SmallWorld) -> Received:
    return await received_order(database, world)


@pytest.fixture
async def judge(database: Database) -> Person:
    return (await moderator(database)).person


async def hide(database: Database, judge: Person, written: WrittenReview, seen: ShowState = SHOWN) -> None:
    """Hide a part."""
    async with database.writing() as writer:
        await decide_part(
            writer,
            judge,
            written.shop_id,
            written.part_id,
            Decision.HIDE,
            seen=seen,
            reason=HideReason.ADVERT,
            note="请勿留电话",
        )


async def show(database: Database, judge: Person, written: WrittenReview, seen: ShowState) -> None:
    """Show a part."""
    async with database.writing() as writer:
        await decide_part(writer, judge, written.shop_id, written.part_id, Decision.SHOW, seen=seen)


async def state_of(database: Database, written: WrittenReview) -> ShowState:
    """The state of a part."""
    async with database.reading() as reader:
        return (await read_part(reader, written.shop_id, written.part_id)).state


async def told(database: Database, buyer: SignedIn) -> list[str]:
    """What the author was told, the latest first."""
    async with database.reading() as reader:
        return [message.headline(Locale.ENGLISH) for message in (await inbox_of(reader, buyer.person)).items]


async def test_a_held_review_waits_and_is_shown_or_hidden(
    database: Database, order: Received, judge: Person
) -> None:
    written = await rated(database, order, body=CALL_ME)
    async with database.reading() as reader:
        assert await count_queue(reader) == {
            QueueFilter.HELD: 1, QueueFilter.REPORTED: 0, QueueFilter.APPEALED: 0
        }  # fmt: skip
        (waiting,) = (await moderation_queue(reader, only=QueueFilter.HELD)).items
    assert (waiting.part_id, [each.value for each in waiting.findings]) == (written.part_id, ["phone"])
    await show(database, judge, written, HELD)
    assert (await sums(database, order)).reviews == 1
    await hide(database, judge, written)
    assert await sums(database, order) == ReviewSum()
    assert await told(database, order.buyer) == ["Your review was hidden", "Your review is shown"]
    async with database.reading() as reader:
        assert (await moderation_queue(reader)).items == []
        (hidden,) = (await moderation_queue(reader, only=QueueFilter.HIDDEN)).items
        assert (hidden.hide_reason, hidden.hide_note) == (HideReason.ADVERT, "请勿留电话")
        assert (await reviews_of_product(reader, order.shop_id, order.world.product_id)).items == []


async def test_a_hidden_review_is_neither_changed_nor_added_to(
    database: Database, order: Received, judge: Person
) -> None:
    written = await rated(database, order)
    await hide(database, judge, written)
    new = NewReview(stars=Stars(goods=5, parcel=5, service=5))
    async with database.writing() as writer:
        with pytest.raises(ReviewClosed):
            await edit_review(writer, order.buyer.person, order.shop_id, written.review_id, new)
        with pytest.raises(ReviewClosed):
            await write_append(writer, order.buyer.person, order.shop_id, written.review_id, NewAppend(body="追"))


async def test_an_author_appeals_once_and_is_told_the_result(
    database: Database, order: Received, judge: Person, still_clock: Clock
) -> None:
    written = await rated(database, order)
    await hide(database, judge, written)
    key = (order.shop_id, written.review_id, written.part_id)
    async with database.writing() as writer:
        with pytest.raises(ReviewUnknown):
            await appeal_part(writer, (await sign_in_as(database)).person, *key, "这是我的")
        with pytest.raises(InvalidFields):
            await appeal_part(writer, order.buyer.person, *key, " ")
        await appeal_part(writer, order.buyer.person, *key, "没有电话")
    assert await state_of(database, written) is APPEALED
    assert (await sums(database, order)).reviews == 0
    async with database.reading() as reader:
        (waiting,) = (await moderation_queue(reader, only=QueueFilter.APPEALED)).items
    assert waiting.appeal == "没有电话"
    still_clock.freeze(MORNING + timedelta(hours=1))
    await hide(database, judge, written, APPEALED)
    assert (await told(database, order.buyer))[0] == "Your review stays hidden"
    async with database.writing() as writer:
        with pytest.raises(AppealedAlready):
            await appeal_part(writer, order.buyer.person, *key, "再看看")


async def test_an_appeal_that_is_right_brings_the_review_back_into_the_sums(
    database: Database, order: Received, judge: Person
) -> None:
    written = await rated(database, order, goods=1)
    await hide(database, judge, written)
    async with database.writing() as writer:
        await appeal_part(writer, order.buyer.person, order.shop_id, written.review_id, written.part_id, "属实")
    await show(database, judge, written, APPEALED)
    assert (await sums(database, order)).low == 1


async def test_a_hidden_append_takes_nothing_but_itself_away(
    database: Database, order: Received, judge: Person
) -> None:
    written = await rated(database, order)
    async with database.writing() as writer:
        append = await write_append(
            writer, order.buyer.person, order.shop_id, written.review_id, NewAppend(body="追评")
        )
    await hide(database, judge, append)
    found = await sums(database, order)
    assert (found.reviews, found.appended) == (1, 0)
    async with database.reading() as reader:
        (shown,) = (await reviews_of_product(reader, order.shop_id, order.world.product_id)).items
    assert shown.append is None
    await hide(database, judge, written)
    assert await sums(database, order) == ReviewSum()


async def test_a_reader_reports_once_and_a_report_is_closed_by_a_decision(
    database: Database, order: Received, judge: Person
) -> None:
    written = await rated(database, order)
    readers = [(await sign_in_as(database)).person for _ in range(2)]
    async with database.writing() as writer:
        for reader_of_it in (*readers, readers[0]):
            await report_part(writer, reader_of_it, order.shop_id, written.part_id, HideReason.ABUSE, "骂人")
        assert (await read_part(writer, order.shop_id, written.part_id)).open_reports == 2
        assert len(await reports_of_part(writer, order.shop_id, written.part_id)) == 2
    assert (await sums(database, order)).reviews == 1, "a report alone hides nothing"
    await show(database, judge, written, SHOWN)
    async with database.reading() as reader:
        assert (await moderation_queue(reader)).items == []
        assert all(each.closed_at for each in await reports_of_part(reader, order.shop_id, written.part_id))
    assert await told(database, order.buyer) == [], "nothing changed for the author"
    with pytest.raises(ModerationMoved):
        await show(database, judge, written, SHOWN)


async def test_what_cannot_be_reported_is_refused(database: Database, order: Received, judge: Person) -> None:
    written = await rated(database, order)
    reader_of_it = (await sign_in_as(database)).person
    async with database.writing() as writer:
        with pytest.raises(OwnReview):
            await report_part(writer, order.buyer.person, order.shop_id, written.part_id, HideReason.ABUSE)
        for part_id in (0, -1, 10**12):
            with pytest.raises(ReviewUnknown):
                await report_part(writer, reader_of_it, order.shop_id, part_id, HideReason.ABUSE)
        with pytest.raises(InvalidFields):
            await report_part(writer, reader_of_it, order.shop_id, written.part_id, HideReason.ABUSE, "x" * 301)
    await hide(database, judge, written)
    async with database.writing() as writer:
        with pytest.raises(ReviewUnknown):
            await report_part(writer, reader_of_it, order.shop_id, written.part_id, HideReason.ABUSE)


async def test_one_person_reports_so_many_in_a_day(database: Database, world: SmallWorld) -> None:
    reader_of_it = (await sign_in_as(database)).person
    buyer = await sign_in_as(database)
    for number in range(REPORTS_PER_DAY_MAX + 1):
        order = await received_order(database, world, buyer=buyer)
        written = await rated(database, order)
        async with database.writing() as writer:
            if number < REPORTS_PER_DAY_MAX:
                await report_part(writer, reader_of_it, order.shop_id, written.part_id, HideReason.PAID)
            else:
                with pytest.raises(ReportsTooMany):
                    await report_part(writer, reader_of_it, order.shop_id, written.part_id, HideReason.PAID)


async def test_two_moderators_do_not_both_decide(database: Database, order: Received) -> None:
    written = await rated(database, order, body=CALL_ME)
    judges = [(await moderator(database, role)).person for role in (Role.OPERATOR, Role.INSPECTOR)]

    async def decide(judge: Person, decision: Decision) -> str:
        try:
            async with database.writing() as writer:
                await decide_part(
                    writer,
                    judge,
                    order.shop_id,
                    written.part_id,
                    decision,
                    seen=HELD,
                    reason=HideReason.ADVERT,
                )
        except ModerationMoved:
            return "moved"
        return decision.value

    got = await asyncio.gather(decide(judges[0], Decision.SHOW), decide(judges[1], Decision.HIDE))
    assert got.count("moved") == 1
    kept = await state_of(database, written)
    assert kept is (SHOWN if "show" in got else HIDDEN)
    assert (await sums(database, order)).reviews == (1 if kept is SHOWN else 0)


async def test_nobody_decides_in_their_own_matter_and_hiding_needs_a_reason(
    database: Database, order: Received, judge: Person
) -> None:
    written = await rated(database, order)
    author_as_operator = Person(
        person_id=order.buyer.person.person_id,
        login="a",
        name="a",
        roles=frozenset({Role.BUYER, Role.OPERATOR}),
    )
    merchant = (await merchant_of(database, order.world)).person
    for involved in (author_as_operator, merchant):
        with pytest.raises(ModeratorInvolved):
            await hide(database, involved, written)
    async with database.writing() as writer:
        with pytest.raises(InvalidFields):
            await decide_part(writer, judge, order.shop_id, written.part_id, Decision.HIDE, seen=SHOWN)
    assert await state_of(database, written) is SHOWN


async def test_pictures_are_public_while_their_part_is_shown(
    database: Database, order: Received, judge: Person
) -> None:
    picture = await brought_picture(database, order.buyer.person)
    written = await rated(database, order, upload_ids=(picture.upload_id,))
    async with database.reading() as reader:
        await read_upload(reader, None, picture.upload_id)
    await hide(database, judge, written)
    async with database.reading() as reader:
        for somebody in (
            None,
            (await sign_in_as(database)).person,
            (await merchant_of(database, order.world)).person,
        ):
            with pytest.raises(UploadUnknown):
                await read_upload(reader, somebody, picture.upload_id)
        for entitled in (order.buyer.person, judge):
            await read_upload(reader, entitled, picture.upload_id)


async def test_the_queue_is_read_in_pages_the_longest_waiting_first(
    database: Database, world: SmallWorld, still_clock: Clock, judge: Person
) -> None:
    waiting = []
    for number in range(5):
        still_clock.freeze(MORNING + timedelta(minutes=number))
        order = await received_order(database, world)
        waiting.append(await rated(database, order, body=CALL_ME))
    async with database.reading() as reader:
        seen, cursor = [], None
        for _ in range(3):
            page = await moderation_queue(reader, cursor=cursor, size=2)
            seen += [each.part_id for each in page.items]
            cursor = page.next_cursor
    assert (seen, cursor) == ([each.part_id for each in waiting], None)
    for number, each in enumerate(waiting):
        still_clock.freeze(MORNING + timedelta(hours=1, minutes=number))
        await hide(database, judge, each, HELD)
    async with database.reading() as reader:
        first = await moderation_queue(reader, only=QueueFilter.HIDDEN, size=3)
        rest = await moderation_queue(reader, only=QueueFilter.HIDDEN, size=3, cursor=first.next_cursor)
    assert [each.part_id for each in [*first.items, *rest.items]] == [each.part_id for each in reversed(waiting)]
