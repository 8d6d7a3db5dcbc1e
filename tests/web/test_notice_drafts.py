"""Notices from the first word to the timeline: two people, each reading what the other wrote."""

from datetime import timedelta

import msgspec
import pytest

from tests.conftest import MORNING
from tests.notice_world import (
    IN_TEN_DAYS,
    Desk,
    actions_on,
    begun,
    content,
    messages_of,
    open_desk,
    published,
    refuse,
    submitted,
    timeline_of,
)
from tests.stage_world import MARCH_2022
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import DraftId
from yellowcart.kernel.translation import Locale
from yellowcart.links.drafts import Bilingual
from yellowcart.links.errors import (
    DraftMoveImpossible,
    DraftOfAnother,
    DraftStale,
    NoticeCodeTaken,
    OwnDraft,
    RemarkMissing,
    RulesCollide,
    RulesInThePast,
)
from yellowcart.links.model import Action, DraftState, NoticeLine, Surface
from yellowcart.links.publish import publish_draft
from yellowcart.links.queries import draft, draft_by_code, notice
from yellowcart.links.rules import verdict
from yellowcart.links.submit import discard_draft, return_draft, submit_draft, take_back_draft
from yellowcart.links.write_draft import change_draft


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await open_desk(database)


async def test_a_notice_goes_from_its_drafter_through_a_second_operator_to_the_timeline(
    database: Database, desk: Desk
) -> None:
    written = content(refuse(Surface.LIVE_CART), refuse(Surface.VIDEO_CART, sources=("jd_union",)))
    draft_ = await submitted(database, desk, written)
    assert draft_.code == "kuaishou-e-commerce-2022-03-07"
    waits = "小青 submitted “Pinduoduo leaves the cart”. Read what it would do, then publish it or send it back."
    assert ("notice.submitted", waits) in await messages_of(database, desk.second.person)
    assert await messages_of(database, desk.drafter.person) == []
    before = await timeline_of(database)
    async with database.writing() as writer:
        done = await publish_draft(writer, desk.second.person, draft_.draft_id, version=draft_.version)
    assert done.state is DraftState.PUBLISHED
    async with database.reading() as reader:
        told = await notice(reader, draft_.code)
    assert told.notice.announced_at == MORNING
    assert told.notice.id == done.notice_id
    assert (told.drafter_name, told.publisher_name) == ("小青", "小贺")
    after = await timeline_of(database)
    assert {(rule.surface, rule.source) for rule in set(after.rules) - set(before.rules)} == {
        (Surface.LIVE_CART, "pinduoduo"),
        (Surface.VIDEO_CART, "jd_union"),
    }
    assert not verdict(after, Surface.LIVE_CART, "pinduoduo", IN_TEN_DAYS).admits
    assert verdict(after, Surface.LIVE_CART, "pinduoduo", IN_TEN_DAYS - timedelta(microseconds=1)).admits
    assert await actions_on(database, f"draft:{draft_.draft_id}") == ["links:draft:submit", "links:draft:begin"]
    assert await actions_on(database, f"notice:{told.notice.id}") == ["links:notice:publish"]
    done_at = "“Pinduoduo leaves the cart” is published and takes effect at 2022-03-07 12:00 (Beijing time)."
    assert ("notice.published", done_at) in await messages_of(database, desk.drafter.person)


async def test_who_drafts_neither_publishes_nor_sends_back(database: Database, desk: Desk) -> None:
    draft_ = await submitted(database, desk, content())
    async with database.writing() as writer:
        with pytest.raises(OwnDraft):
            await publish_draft(writer, desk.drafter.person, draft_.draft_id, version=draft_.version)
        with pytest.raises(OwnDraft):
            await return_draft(writer, desk.drafter.person, draft_.draft_id, version=draft_.version, remark="x")


async def test_only_the_drafter_writes_and_another_is_told_whose_it_is(database: Database, desk: Desk) -> None:
    draft_ = await begun(database, desk.drafter.person, content())
    async with database.writing() as writer:
        with pytest.raises(DraftOfAnother) as refused:
            await change_draft(writer, desk.second.person, draft_.draft_id, draft_.content, version=draft_.version)
        assert "小青" in refused.value.text(Locale.CHINESE)
        with pytest.raises(DraftOfAnother):
            await submit_draft(writer, desk.second.person, draft_.draft_id, version=draft_.version)
        with pytest.raises(DraftOfAnother):
            await take_back_draft(writer, desk.second.person, draft_.draft_id, version=draft_.version)
        with pytest.raises(NotFound):
            await submit_draft(writer, desk.drafter.person, DraftId(17), version=1)


async def test_a_draft_changed_elsewhere_is_not_overwritten(database: Database, desk: Desk) -> None:
    first = await begun(database, desk.drafter.person, content())
    changed = msgspec.structs.replace(first.content, title=Bilingual("新标题"))
    async with database.writing() as writer:
        second = await change_draft(writer, desk.drafter.person, first.draft_id, changed, version=first.version)
    assert second.version == first.version + 1
    async with database.writing() as writer:
        with pytest.raises(DraftStale):
            await change_draft(writer, desk.drafter.person, first.draft_id, first.content, version=first.version)
    async with database.reading() as reader:
        assert (await draft(reader, first.draft_id)).content.title == Bilingual("新标题")


async def test_what_was_submitted_is_not_rewritten_until_it_is_taken_back(database: Database, desk: Desk) -> None:
    draft_ = await submitted(database, desk, content())
    async with database.writing() as writer:
        with pytest.raises(DraftMoveImpossible):
            await change_draft(
                writer, desk.drafter.person, draft_.draft_id, content(code="x"), version=draft_.version
            )
    async with database.writing() as writer:
        back = await take_back_draft(writer, desk.drafter.person, draft_.draft_id, version=draft_.version)
        await change_draft(writer, desk.drafter.person, draft_.draft_id, content(code="x"), version=back.version)
        with pytest.raises(DraftMoveImpossible):
            await publish_draft(writer, desk.second.person, draft_.draft_id, version=draft_.version)


async def test_the_second_operator_publishes_only_what_they_have_read(database: Database, desk: Desk) -> None:
    read = await submitted(database, desk, content())
    async with database.writing() as writer:
        back = await take_back_draft(writer, desk.drafter.person, read.draft_id, version=read.version)
        worse = msgspec.structs.replace(back.content, lines=(refuse(sources=("own",)),))
        changed = await change_draft(writer, desk.drafter.person, read.draft_id, worse, version=back.version)
        await submit_draft(writer, desk.drafter.person, read.draft_id, version=changed.version)
    async with database.writing() as writer:
        with pytest.raises(DraftStale):
            await publish_draft(writer, desk.second.person, read.draft_id, version=read.version)


async def test_a_draft_is_sent_back_with_a_remark(database: Database, desk: Desk) -> None:
    draft_ = await submitted(database, desk, content())
    async with database.writing() as writer:
        with pytest.raises(RemarkMissing):
            await return_draft(writer, desk.second.person, draft_.draft_id, version=draft_.version, remark="  ")
        back = await return_draft(
            writer, desk.second.person, draft_.draft_id, version=draft_.version, remark="日期不对"
        )
    assert (back.state, back.decision_remark, back.decider_name) == (DraftState.DRAFT, "日期不对", "小贺")
    assert ("notice.returned", "小贺 sent “Pinduoduo leaves the cart” back: 日期不对") in await messages_of(
        database, desk.drafter.person
    )
    async with database.writing() as writer:
        again = await submit_draft(writer, desk.drafter.person, draft_.draft_id, version=back.version)
    assert (again.decided_by, again.decision_remark) == (None, "")


async def test_a_discarded_draft_gives_its_code_back(database: Database, desk: Desk) -> None:
    first = await begun(database, desk.drafter.person, content(code="the-cut"))
    with pytest.raises(NoticeCodeTaken):
        await begun(database, desk.second.person, content(code="the-cut"))
    async with database.writing() as writer:
        with pytest.raises(RemarkMissing):
            await discard_draft(writer, desk.second.person, first.draft_id, version=first.version)
        await discard_draft(writer, desk.second.person, first.draft_id, version=first.version, remark="重复")
        with pytest.raises(DraftMoveImpossible):
            await submit_draft(writer, desk.drafter.person, first.draft_id, version=first.version + 1)
    second = await begun(database, desk.second.person, content(code="the-cut"))
    async with database.reading() as reader:
        found = await draft_by_code(reader, "the-cut")
        assert await draft_by_code(reader, "nobody") is None
    assert found == second
    assert ("notice.discarded", "小贺 discarded “Pinduoduo leaves the cart”: 重复") in await messages_of(
        database, desk.drafter.person
    )


async def test_codes_are_proposed_apart_and_a_published_one_stays_taken(database: Database, desk: Desk) -> None:
    told = await published(database, desk, content())
    other = content(refuse(Surface.SHOP_PAGE))
    second = await begun(database, desk.drafter.person, other)
    assert second.code == f"{told.code}-2"
    with pytest.raises(NoticeCodeTaken):
        await begun(database, desk.drafter.person, content(code="2022-03"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lines": ()}, "lines"),
        ({"issuer": Bilingual()}, "issuer_zh"),
        ({"title": Bilingual(" ", "")}, "title_zh"),
        ({"text": Bilingual()}, "text_zh"),
        ({"reason": Bilingual()}, "reason_zh"),
    ],
)
async def test_an_unfinished_draft_is_saved_and_not_submitted(
    database: Database, desk: Desk, changes: dict[str, object], field: str
) -> None:
    half = msgspec.structs.replace(content(), **changes)
    draft_ = await begun(database, desk.drafter.person, half)
    async with database.writing() as writer:
        with pytest.raises(InvalidFields) as refused:
            await submit_draft(writer, desk.drafter.person, draft_.draft_id, version=draft_.version)
    assert list(refused.value.problems) == [field]


async def test_a_notice_that_comes_too_late_or_collides_is_refused_with_the_notice_it_meets(
    database: Database, desk: Desk
) -> None:
    late = await begun(database, desk.drafter.person, content(effective_at=MORNING - timedelta(seconds=1)))
    meets = content(
        refuse(Surface.LIVE_CART, sources=("jd_union", "taobao_union")), effective_at=MARCH_2022, code="meets"
    )
    colliding = await begun(database, desk.drafter.person, meets)
    twice = await begun(database, desk.drafter.person, content(refuse(Surface.LIVE_CART), refuse()))
    async with database.writing() as writer:
        with pytest.raises(RulesInThePast):
            await submit_draft(writer, desk.drafter.person, late.draft_id, version=late.version)
        with pytest.raises(RulesCollide) as refused:
            await submit_draft(writer, desk.drafter.person, colliding.draft_id, version=colliding.version)
        assert {(each.source, each.code) for each in refused.value.collisions} == {
            ("jd_union", "2022-03"),
            ("taobao_union", "2022-03"),
        }
        assert "公告 2022-03" in refused.value.text(Locale.CHINESE)
        with pytest.raises(RulesCollide) as within:
            await submit_draft(writer, desk.drafter.person, twice.draft_id, version=twice.version)
        assert [each.code for each in within.value.collisions] == [None]


async def test_a_fee_and_a_channel_reach_the_timeline_as_they_were_drafted(database: Database, desk: Desk) -> None:
    # Douyin's steps of 2020 (domain.md §0) as one notice with a moment for each line.
    lines = (
        NoticeLine(
            action=Action.ALLOW_WITH_FEE,
            sources=("pinduoduo",),
            surfaces=(Surface.LIVE_CART,),
            fee_basis_points=2_000,
        ),
        NoticeLine(
            action=Action.REQUIRE_CHANNEL,
            sources=("pinduoduo",),
            surfaces=(Surface.LIVE_CART,),
            channel="巨量星图",
            effective_at=IN_TEN_DAYS + timedelta(days=17),
        ),
        refuse(Surface.LIVE_CART, at=IN_TEN_DAYS + timedelta(days=50)),
    )
    await published(database, desk, content(*lines))
    timeline = await timeline_of(database)

    def at(days: int) -> tuple[Action, int | None, str | None]:
        found = verdict(timeline, Surface.LIVE_CART, "pinduoduo", IN_TEN_DAYS + timedelta(days=days))
        return found.action, found.fee_basis_points, found.channel

    assert [at(days) for days in (-1, 0, 16, 17, 49, 50)] == [
        (Action.ALLOW, None, None),
        (Action.ALLOW_WITH_FEE, 2_000, None),
        (Action.ALLOW_WITH_FEE, 2_000, None),
        (Action.REQUIRE_CHANNEL, None, "巨量星图"),
        (Action.REQUIRE_CHANNEL, None, "巨量星图"),
        (Action.REFUSE, None, None),
    ]
