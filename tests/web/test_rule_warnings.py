"""Warnings 7, 3 and 1 days before a link rule begins: to those whom it touches, once each, and taken back once."""

import asyncio
from datetime import datetime, timedelta

import pytest

from tests.conftest import MORNING, sign_in_as
from tests.rule_world import (
    STAR_MAP,
    days,
    messages_of,
    put_outside,
    third_party,
    warn_all,
    with_grace,
    write_allowances,
    write_cut,
)
from tests.stage_world import JD_TEXT, TAOBAO_TEXT, Host, line, live_room, new_host, new_video, notice
from yellowcart.accounts.model import Role
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import NoticeId
from yellowcart.kernel.translation import Locale
from yellowcart.links.drafts import Bilingual
from yellowcart.links.model import Action, SourceScope, Surface
from yellowcart.links.store import enact
from yellowcart.links.withdraw import withdraw_notice
from yellowcart.stage import listings
from yellowcart.stage.model import in_room, in_video
from yellowcart.stage.warn import tell_of_withdrawn_rules, warn_of_rules, warned_counts

BEGINS = MORNING + timedelta(days=10)


@pytest.fixture
async def host(database: Database) -> Host:
    """A creator, in a world where everything is allowed."""
    async with database.writing() as writer:
        await write_allowances(writer)
    return await new_host(database)


async def headlines(database: Database, host: Host) -> list[str]:
    return [message.headline(Locale.ENGLISH) for message in await messages_of(database, host)]


def in_time(left: str) -> str:
    return f"In {left} a link rule begins that touches your carts"


async def test_three_warnings_come_each_once(database: Database, host: Host, still_clock: clock.Clock) -> None:
    await put_outside(
        database, host, in_room((await live_room(database, host)).room_id), TAOBAO_TEXT.format(item=653289000001)
    )
    cut = await write_cut(database, BEGINS, "taobao_union")
    seen = []
    for hours in range(0, 10 * 24 + 2, 2):
        still_clock.freeze(MORNING + timedelta(hours=hours))
        if await warn_all(database):
            seen.append((BEGINS - clock.now()) / timedelta(days=1))
        assert await warn_all(database) == 0
    assert seen == [7, 3, 1]
    assert await headlines(database, host) == [in_time("7 days"), in_time("3 days"), in_time("24 hours")]
    async with database.reading() as reader:
        steps = await warned_counts(reader, NoticeId(cut.notice.id))
    assert [(step.days_before, step.people, list(step.creators.values())) for step in steps] == [
        (1, 1, [1]),
        (3, 1, [1]),
        (7, 1, [1]),
    ]


async def test_only_those_whom_it_touches_are_warned_and_of_all_in_one_message(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    other, lately, long_ago, untouched = [await new_host(database, name=name) for name in ("甲", "乙", "丙", "丁")]
    live, video = in_room((await live_room(database, host)).room_id), in_video(await new_video(database, host))
    for place, text in (
        (live, TAOBAO_TEXT.format(item=653289000001)),
        (live, JD_TEXT.format(item=100001)),
        (video, TAOBAO_TEXT.format(item=653289000001)),
    ):
        await put_outside(database, host, place, text)
    others = in_video(await new_video(database, other))
    await put_outside(database, other, others, JD_TEXT.format(item=100001))
    for former, at in ((long_ago, BEGINS - days(14.01)), (lately, BEGINS - days(14))):
        still_clock.freeze(at - timedelta(minutes=1))
        listing = await put_outside(
            database, former, in_video(await new_video(database, former)), TAOBAO_TEXT.format(item=653289000002)
        )
        still_clock.freeze(at)
        async with database.writing() as writer:
            await listings.take_off(writer, former.person, listing.listing_id)
    cut = notice(
        "cut",
        BEGINS,
        line(Action.REFUSE, ("taobao_union",), Surface.LIVE_CART, Surface.VIDEO_CART),
        line(Action.REFUSE, ("jd_union",), Surface.LIVE_CART),
        line(Action.REFUSE, ("youzan",)),
    )
    still_clock.freeze(BEGINS - days(9))
    async with database.writing() as writer:
        await enact(writer, with_grace(cut), by=None)
    assert await warn_all(database) == 0
    still_clock.freeze(BEGINS - days(7) - timedelta(seconds=1))
    assert await warn_all(database) == 0
    still_clock.freeze(BEGINS - days(7))
    assert await warn_all(database) == 3 + len(Surface)
    (message,) = await messages_of(database, host)
    text = message.text(Locale.ENGLISH)
    assert (
        "goods of jd_union (live room carts), taobao_union (live room carts, video carts) may not be listed"
        in text
    )
    assert "You have such products in carts now: 3." in text
    assert "Rooms on air at that moment keep" in text
    assert message.link == "/creator/listings?notice=cut"
    (of_lately,) = await messages_of(database, lately)
    assert "within the last 7 days" in of_lately.text(Locale.ENGLISH)
    for spared in (other, long_ago, untouched):
        assert await messages_of(database, spared) == []


@pytest.mark.parametrize(
    ("published_before", "told"),
    [(6.0, ["6 days", "3 days", "24 hours"]), (2.0, ["2 days", "24 hours"]), (0.1, ["2 hours"])],
)
async def test_what_is_published_late_is_warned_of_at_once(
    database: Database, host: Host, still_clock: clock.Clock, published_before: float, told: list[str]
) -> None:
    await put_outside(
        database, host, in_video(await new_video(database, host)), TAOBAO_TEXT.format(item=653289000001)
    )
    still_clock.freeze(BEGINS - days(published_before))
    cut = notice("cut", BEGINS, line(Action.REFUSE, SourceScope.THIRD_PARTY, Surface.VIDEO_CART))
    async with database.writing() as writer:
        await enact(writer, cut, by=None)
    while clock.now() < BEGINS:
        await warn_all(database)
        still_clock.freeze(clock.now() + timedelta(hours=1))
    assert await headlines(database, host) == [in_time(left) for left in told]


async def test_after_a_pause_only_the_latest_warning_is_sent_and_none_after_the_beginning(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    await put_outside(
        database, host, in_video(await new_video(database, host)), TAOBAO_TEXT.format(item=653289000001)
    )
    for code, begins in (("first", BEGINS), ("over", MORNING + days(1))):
        cut = notice(code, begins, line(Action.REFUSE, ("taobao_union",), Surface.VIDEO_CART))
        async with database.writing() as writer:
            await enact(writer, cut, by=None)
    still_clock.freeze(BEGINS - timedelta(hours=12))
    await warn_all(database)
    assert await headlines(database, host) == [], "it has been refused since the other notice; nothing changes"


async def test_a_leap_of_the_clock_sends_one_warning(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    await put_outside(
        database, host, in_room((await live_room(database, host)).room_id), TAOBAO_TEXT.format(item=653289000001)
    )
    await write_cut(database, BEGINS, "taobao_union")
    still_clock.freeze(BEGINS - timedelta(hours=12))
    await warn_all(database)
    assert await headlines(database, host) == [in_time("12 hours")]
    still_clock.freeze(BEGINS + timedelta(seconds=1))
    assert await warn_all(database) == 0


async def test_fees_and_channels_are_warned_of_with_what_to_do(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    await put_outside(
        database, host, in_room((await live_room(database, host)).room_id), TAOBAO_TEXT.format(item=653289000001)
    )
    for published in (
        notice("fee", BEGINS, third_party(Action.ALLOW_WITH_FEE, fee=2_050)),
        notice("channel", BEGINS + days(1), third_party(Action.REQUIRE_CHANNEL, channel=STAR_MAP)),
    ):
        async with database.writing() as writer:
            await enact(writer, published, by=None)
    still_clock.freeze(BEGINS - days(1))
    await warn_all(database)
    texts = "\n".join(message.text(Locale.ENGLISH) for message in await messages_of(database, host))
    assert "takes a fee of 20.5 % of what is sold: taobao_union (live room carts)" in texts
    assert f"place your products as tasks of {STAR_MAP}" in texts


async def test_many_warners_at_once_warn_once(database: Database, host: Host, still_clock: clock.Clock) -> None:
    await put_outside(
        database, host, in_room((await live_room(database, host)).room_id), TAOBAO_TEXT.format(item=653289000001)
    )
    await write_cut(database, BEGINS, "taobao_union")
    still_clock.freeze(BEGINS - days(3))
    assert sum(await asyncio.gather(*(warn_of_rules(database) for _ in range(4)))) == 1
    assert len(await headlines(database, host)) == 1


async def test_those_who_were_warned_are_told_once_of_a_withdrawal(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    late = await new_host(database, name="阿华")
    await put_outside(
        database, host, in_room((await live_room(database, host)).room_id), TAOBAO_TEXT.format(item=653289000001)
    )
    cut = await write_cut(database, BEGINS, "taobao_union")
    for moment in (BEGINS - days(7), BEGINS - days(3)):
        still_clock.freeze(moment)
        await warn_all(database)
    await put_outside(
        database, late, in_room((await live_room(database, late)).room_id), TAOBAO_TEXT.format(item=653289000001)
    )
    still_clock.freeze(BEGINS - days(2))
    await _withdraw(database, cut.code)
    await asyncio.gather(*(tell_of_withdrawn_rules(database) for _ in range(3)))
    await warn_all(database)
    assert (await headlines(database, host))[2:] == ["Withdrawn: a link rule that you were warned of"]
    text = (await messages_of(database, host))[-1].text(Locale.ENGLISH)
    assert "Agreed with the networks" in text
    assert "was to begin at 2022-03-07 12:00" in text
    assert await headlines(database, late) == [], "they had not been warned"
    still_clock.freeze(BEGINS - timedelta(hours=3))
    assert await warn_all(database) == 0
    async with database.reading() as reader:
        steps = await warned_counts(reader, NoticeId(cut.notice.id))
    assert [step.taken_back_at for step in steps] == [BEGINS - days(2)] * 2


async def test_a_notice_withdrawn_before_any_warning_is_nobodys_news(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    await put_outside(
        database, host, in_room((await live_room(database, host)).room_id), TAOBAO_TEXT.format(item=653289000001)
    )
    cut = await write_cut(database, BEGINS, "taobao_union")
    await _withdraw(database, cut.code)
    still_clock.freeze(BEGINS - days(1))
    await warn_all(database)
    assert await headlines(database, host) == []


async def _withdraw(database: Database, code: str) -> datetime:
    operator = await sign_in_as(database, Role.OPERATOR)
    async with database.writing() as writer:
        await withdraw_notice(
            writer, operator.person, code, reason=Bilingual("已与联盟协商", "Agreed with the networks")
        )
    return clock.now()
