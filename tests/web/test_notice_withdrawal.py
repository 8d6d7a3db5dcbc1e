"""Notices taken back or amended before they take effect, and what the database itself refuses."""

from datetime import timedelta

import msgspec
import psycopg
import pytest

from tests.conftest import MORNING
from tests.notice_world import (
    IN_TEN_DAYS,
    REASON,
    Desk,
    content,
    messages_of,
    open_desk,
    published,
    refuse,
    submitted,
    timeline_of,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.links.drafts import Bilingual
from yellowcart.links.errors import (
    AmendmentOpen,
    NoticeBegun,
    NoticeGone,
    WithdrawalOfOwn,
    WithdrawalReasonMissing,
)
from yellowcart.links.model import Grace, Standing, Surface
from yellowcart.links.publish import publish_draft
from yellowcart.links.queries import notice, standing_of
from yellowcart.links.rules import verdict
from yellowcart.links.submit import submit_draft
from yellowcart.links.withdraw import withdraw_notice
from yellowcart.links.write_draft import amend_notice, change_draft

COPIED = (
    "issuer_zh, issuer_en, title_zh, title_en, text_zh, text_en, reason_zh, reason_en, announced_at, effective_at,"
    " lines, published_at"
)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await open_desk(database)


async def test_a_withdrawn_notice_leaves_no_trace_in_the_verdicts(database: Database, desk: Desk) -> None:
    before = await timeline_of(database)
    told = await published(database, desk, content(refuse(), refuse(Surface.LIVE_CART, sources=("jd_union",))))
    async with database.writing() as writer:
        with pytest.raises(WithdrawalOfOwn):
            await withdraw_notice(writer, desk.drafter.person, told.code, reason=REASON)
        with pytest.raises(WithdrawalReasonMissing):
            await withdraw_notice(writer, desk.second.person, told.code, reason=Bilingual(" "))
    async with database.writing() as writer:
        gone = await withdraw_notice(writer, desk.second.person, told.code, reason=Bilingual("协商一致"))
    after = await timeline_of(database)
    assert after.rules == before.rules
    assert gone.withdrawal is not None
    assert (gone.withdrawal.reason.zh, gone.withdrawal.by_name) == ("协商一致", "小贺")
    assert standing_of(gone, after, MORNING) is Standing.WITHDRAWN
    assert "notice.withdrawn" in [kind for kind, _ in await messages_of(database, desk.drafter.person)]
    async with database.writing() as writer:
        with pytest.raises(NoticeGone):
            await withdraw_notice(writer, desk.third.person, told.code, reason=REASON)
        with pytest.raises(NoticeGone):
            await amend_notice(writer, desk.drafter.person, told.code)
        with pytest.raises(NotFound):
            await withdraw_notice(writer, desk.third.person, "nobody", reason=REASON)
    assert (await published(database, desk, content(code="again"))).code == "again", "the moment is free again"


async def test_what_has_begun_stays(database: Database, desk: Desk, still_clock: clock.Clock) -> None:
    staged = content(refuse(Surface.LIVE_CART), refuse(Surface.VIDEO_CART, at=IN_TEN_DAYS + timedelta(days=30)))
    told = await published(database, desk, staged)
    still_clock.freeze(IN_TEN_DAYS)
    async with database.writing() as writer:
        for verb in (
            withdraw_notice(writer, desk.second.person, told.code, reason=REASON),
            amend_notice(writer, desk.drafter.person, told.code),
        ):
            with pytest.raises(NoticeBegun):
                await verb


async def test_an_amendment_takes_the_place_of_its_notice_in_one_step(database: Database, desk: Desk) -> None:
    told = await published(database, desk, content(refuse(), code="cut", grace=Grace.ROOM_ENDS))
    async with database.writing() as writer:
        amending = await amend_notice(writer, desk.second.person, "cut")
        with pytest.raises(AmendmentOpen):
            await amend_notice(writer, desk.third.person, "cut")
    assert (amending.code, amending.replaces_code, amending.content.grace) == ("cut-2", "cut", Grace.ROOM_ENDS)
    assert amending.content.lines == told.notice.lines
    milder = msgspec.structs.replace(amending.content, lines=(refuse(Surface.LIVE_CART),))
    async with database.writing() as writer:
        changed = await change_draft(
            writer, desk.second.person, amending.draft_id, milder, version=amending.version
        )
        waiting = await submit_draft(writer, desk.second.person, amending.draft_id, version=changed.version)
    # The first notice's drafter approves: with the amendment's drafter that is two people.
    async with database.writing() as writer:
        await publish_draft(writer, desk.drafter.person, amending.draft_id, version=waiting.version)
    timeline = await timeline_of(database)
    async with database.reading() as reader:
        first, second = await notice(reader, "cut"), await notice(reader, "cut-2")
    assert first.withdrawal is not None
    assert first.withdrawal.replaced_by == "cut-2"
    assert second.replaces == "cut"
    assert standing_of(first, timeline, MORNING) is Standing.REPLACED
    assert {rule.pair for rule in timeline.rules if rule.effective_at == IN_TEN_DAYS} == {
        (Surface.LIVE_CART, "pinduoduo")
    }
    assert verdict(timeline, Surface.VIDEO_CART, "pinduoduo", IN_TEN_DAYS).admits


async def test_an_amendment_of_what_was_withdrawn_or_has_begun_is_refused(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    await published(database, desk, content(code="cut"))
    async with database.writing() as writer:
        amending = await amend_notice(writer, desk.drafter.person, "cut")
        waiting = await submit_draft(writer, desk.drafter.person, amending.draft_id, version=amending.version)
    refusals: list[type[Refusal]] = []
    async with database.writing() as writer:
        await withdraw_notice(writer, desk.second.person, "cut", reason=REASON)
    async with database.writing() as writer:
        try:
            await publish_draft(writer, desk.second.person, amending.draft_id, version=waiting.version)
        except Refusal as refusal:
            refusals.append(type(refusal))
    await published(database, desk, content(code="other"))
    async with database.writing() as writer:
        amending = await amend_notice(writer, desk.drafter.person, "other")
        waiting = await submit_draft(writer, desk.drafter.person, amending.draft_id, version=amending.version)
    still_clock.freeze(IN_TEN_DAYS)
    async with database.writing() as writer:
        try:
            await publish_draft(writer, desk.second.person, amending.draft_id, version=waiting.version)
        except Refusal as refusal:
            refusals.append(type(refusal))
    assert refusals == [NoticeGone, NoticeBegun]


async def test_the_database_itself_insists_on_two_people(database: Database, desk: Desk) -> None:
    draft_ = await submitted(database, desk, content())
    told = await published(database, desk, content(refuse(Surface.SHOP_PAGE), code="told"))
    values: dict[str, object] = {
        "draft": draft_.draft_id,
        "notice": told.notice.id,
        "me": desk.drafter.person.person_id,
        "you": desk.second.person.person_id,
        "at": MORNING,
        "late": IN_TEN_DAYS,
    }

    async def commit(*statements: str) -> None:
        async with database.writing() as writer:
            for each in statements:
                await writer.run(each, **values)

    for statement in (
        "UPDATE notice_draft SET state = 'scheduled', decided_by = %(me)s, announced_at = %(at)s"
        " WHERE draft_id = %(draft)s",
        "UPDATE notice_draft SET decided_by = %(me)s WHERE draft_id = %(draft)s",
        "UPDATE notice_draft SET drafted_by = %(you)s WHERE draft_id = %(draft)s",
        "UPDATE notice_draft SET lines = '[]' WHERE draft_id = %(draft)s",
        "UPDATE notice_draft SET effective_at = effective_at + interval '1 day' WHERE draft_id = %(draft)s",
        "DELETE FROM notice_draft WHERE draft_id = %(draft)s",
        f"INSERT INTO notice (notice_id, code, {COPIED}, drafted_by, published_by)"
        f" SELECT 1, 'mine', {COPIED}, %(me)s, %(me)s FROM notice LIMIT 1",
        f"INSERT INTO notice (notice_id, code, {COPIED}, drafted_by)"
        f" SELECT 1, 'mine', {COPIED}, %(me)s FROM notice LIMIT 1",
        "WITH taken AS (INSERT INTO notice_withdrawal VALUES (%(notice)s, %(me)s, %(at)s, 'x', '')) SELECT 1",
        "INSERT INTO notice_withdrawal VALUES (%(notice)s, %(you)s, %(at)s, 'x', '')",
        "INSERT INTO notice_withdrawal VALUES (%(notice)s, %(you)s, %(late)s, 'x', '')",
        "DELETE FROM link_rule WHERE notice_id = %(notice)s",
        "UPDATE link_rule SET action = 'allow' WHERE notice_id = %(notice)s",
        "UPDATE notice SET effective_at = %(late)s WHERE notice_id = %(notice)s",
    ):
        with pytest.raises(psycopg.errors.IntegrityError):
            await commit(statement)
    with pytest.raises(psycopg.errors.RestrictViolation, match="alone"):
        await commit(
            "INSERT INTO notice_withdrawal VALUES (%(notice)s, %(me)s, %(at)s, 'x', '')",
            "DELETE FROM link_rule WHERE notice_id = %(notice)s",
        )
