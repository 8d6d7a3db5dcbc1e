"""Rooms on air when a rule begins, under a notice with grace: what stood in the cart stays until the room ends."""

from datetime import timedelta

import pytest

from tests.conftest import browser
from tests.rule_world import (
    enforce_all,
    messages_of,
    put_outside,
    with_grace,
    write_allowances,
    write_cut,
)
from tests.stage_world import (
    JD_TEXT,
    TAOBAO_TEXT,
    Host,
    line,
    live_room,
    new_host,
    new_video,
    notice,
    state_of,
    write_shop,
)
from tests.web.test_front import csrf_of
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.translation import Locale
from yellowcart.links.errors import RefusedByLinkRule
from yellowcart.links.model import Action, Surface
from yellowcart.links.store import TimelineInMemory, enact
from yellowcart.orders.errors import LinkRefused
from yellowcart.orders.snapshots import ListingSnapshots
from yellowcart.stage import listings
from yellowcart.stage.grace import graced_rooms
from yellowcart.stage.model import Room, in_room, in_video
from yellowcart.stage.queries import cart_of_room
from yellowcart.stage.rooms import end_room, go_live, pause_room, schedule_room

HOUR = timedelta(hours=1)
TAOBAO = TAOBAO_TEXT.format(item=653289000001)
OTHER_TAOBAO = TAOBAO_TEXT.format(item=653289000002)


@pytest.fixture
async def host(database: Database) -> Host:
    """A creator, in a world where everything is allowed and enforced."""
    async with database.writing() as writer:
        await write_allowances(writer)
    await enforce_all(database)
    return await new_host(database)


async def test_what_stood_in_a_room_on_air_stays_until_it_ends(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    room = await live_room(database, host)
    cart = in_room(room.room_id)
    kept = await put_outside(database, host, cart, TAOBAO, title="铁锅")
    await put_outside(database, host, cart, JD_TEXT.format(item=100001), title="菜刀")
    async with database.writing() as writer:
        queued = await listings.list_outside(writer, host.person, cart, pasted_text=OTHER_TAOBAO, title="砂锅")
    video = await put_outside(database, host, in_video(await new_video(database, host)), TAOBAO)
    begins = clock.now() + HOUR
    cut = await write_cut(database, begins, "taobao_union", graced=True)
    still_clock.freeze(begins + timedelta(seconds=2))
    await enforce_all(database)
    assert await state_of(database, kept) == ("on_cart", None)
    assert await state_of(database, queued) == ("off_cart", "link_rule"), "it had not been put on"
    assert await state_of(database, video) == ("on_cart", None), "the rule speaks of live carts"
    async with database.reading() as reader:
        assert await graced_rooms(reader, [room.room_id]) == {(room.room_id, "taobao_union"): cut.notice.id}
        shown = {each.listing_id: each for each in await cart_of_room(reader, room.room_id)}
    assert shown[kept.listing_id].stays_until_room_ends
    assert shown[kept.listing_id].may_be_shown
    assert [each.stays_until_room_ends for each in shown.values()].count(True) == 1
    for text in (OTHER_TAOBAO, TAOBAO_TEXT.format(item=653289000003)):
        with pytest.raises(RefusedByLinkRule):
            await put_outside(database, host, cart, text)
    async with database.writing() as writer:
        await listings.explain(writer, host.person, kept.listing_id)
        await end_room(writer, host.person, room.room_id)
    async with database.reading() as reader:
        reasons = await reader.records(
            "SELECT title, off_reason, off_notice_id FROM listing WHERE surface='live_cart'"
        )
        assert await graced_rooms(reader, [room.room_id]) == {}
    assert {row["title"]: (row["off_reason"], row["off_notice_id"]) for row in reasons} == {
        "铁锅": ("link_rule", cut.notice.id),
        "砂锅": ("link_rule", cut.notice.id),
        "菜刀": ("room_ended", None),
    }
    at_the_moment, at_the_end = await messages_of(database, host)
    assert "1 products of taobao_union (live room carts) stay in rooms" in at_the_moment.text(Locale.ENGLISH)
    assert at_the_end.headline(Locale.ENGLISH).endswith("grace of a link rule: 1")
    assert "“午饭吃什么” these left its cart: “铁锅”; 1 in all" in at_the_end.text(Locale.ENGLISH)


async def test_taken_off_by_its_creator_it_does_not_come_back(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    kept = await put_outside(database, host, in_room((await live_room(database, host)).room_id), TAOBAO)
    begins = clock.now() + HOUR
    await write_cut(database, begins, "taobao_union", graced=True)
    still_clock.freeze(begins)
    await enforce_all(database)
    async with database.writing() as writer:
        await listings.take_off(writer, host.person, kept.listing_id)
    async with database.writing() as writer:
        with pytest.raises(RefusedByLinkRule):
            await listings.put_on(writer, host.person, kept.listing_id)


async def test_a_notice_without_grace_takes_it_at_once(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    room = await live_room(database, host)
    listing = await put_outside(database, host, in_room(room.room_id), TAOBAO)
    begins = clock.now() + HOUR
    await write_cut(database, begins, "taobao_union")
    still_clock.freeze(begins)
    await enforce_all(database)
    assert await state_of(database, listing) == ("off_cart", "link_rule")
    async with database.reading() as reader:
        assert await graced_rooms(reader, [room.room_id]) == {}


@pytest.mark.parametrize("begun", ["paused", "at the very moment", "a second late", "announced only"])
async def test_on_air_is_judged_at_the_effective_moment(
    database: Database, host: Host, still_clock: clock.Clock, begun: str
) -> None:
    begins = clock.now() + HOUR
    room = await _room(database, host)
    listing = await put_outside(database, host, in_room(room.room_id), TAOBAO)
    await write_cut(database, begins, "taobao_union", graced=True)
    if begun == "at the very moment":
        still_clock.freeze(begins)
    elif begun == "a second late":
        still_clock.freeze(begins + timedelta(seconds=1))
    if begun != "announced only":
        async with database.writing() as writer:
            await go_live(writer, host.person, room.room_id)
            if begun == "paused":
                await pause_room(writer, host.person, room.room_id)
    # Nobody enforces for ten minutes.
    still_clock.freeze(begins + timedelta(minutes=10))
    await enforce_all(database)
    stays = begun in {"paused", "at the very moment"}
    assert await state_of(database, listing) == (("on_cart", None) if stays else ("off_cart", "link_rule"))


async def test_a_room_that_ended_before_anybody_enforced_is_told_the_same(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    room = await live_room(database, host)
    listing = await put_outside(database, host, in_room(room.room_id), TAOBAO)
    begins = clock.now() + HOUR
    cut = await write_cut(database, begins, "taobao_union", graced=True)
    still_clock.freeze(begins + timedelta(minutes=5))
    async with database.writing() as writer:
        await end_room(writer, host.person, room.room_id)
    assert await state_of(database, listing) == ("off_cart", "link_rule")
    await enforce_all(database)
    (message,) = await messages_of(database, host)
    assert cut.title.in_language("en") in message.text(Locale.ENGLISH)


async def test_a_later_rule_ends_the_grace(database: Database, host: Host, still_clock: clock.Clock) -> None:
    room = await live_room(database, host)
    listing = await put_outside(database, host, in_room(room.room_id), TAOBAO)
    begins = clock.now() + HOUR
    await write_cut(database, begins, "taobao_union", graced=True)
    await write_cut(database, begins + HOUR, "taobao_union", code="at once")
    still_clock.freeze(begins)
    await enforce_all(database)
    assert await state_of(database, listing) == ("on_cart", None)
    still_clock.freeze(begins + HOUR)
    await enforce_all(database)
    assert await state_of(database, listing) == ("off_cart", "link_rule")
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM room_grace") == 0


async def test_allowed_again_it_is_an_ordinary_listing_again(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    room = await live_room(database, host)
    listing = await put_outside(database, host, in_room(room.room_id), TAOBAO)
    begins = clock.now() + HOUR
    await write_cut(database, begins, "taobao_union", graced=True)
    back = notice("back", begins + HOUR, line(Action.ALLOW, ("taobao_union",), Surface.LIVE_CART))
    async with database.writing() as writer:
        await enact(writer, back, by=None)
    for moment in (begins, begins + HOUR):
        still_clock.freeze(moment)
        await enforce_all(database)
    async with database.writing() as writer:
        assert await graced_rooms(writer, [room.room_id]) == {}
        await end_room(writer, host.person, room.room_id)
    assert await state_of(database, listing) == ("off_cart", "room_ended")


async def test_viewers_may_still_leave_through_it(
    database: Database, host: Host, application: Application, still_clock: clock.Clock
) -> None:
    cart = in_room((await live_room(database, host)).room_id)
    kept = await put_outside(database, host, cart, TAOBAO)
    begins = clock.now() + HOUR
    await write_cut(database, begins, "taobao_union", graced=True)
    await write_cut(database, begins, "jd_union", code="jd at once")
    gone = await put_outside(database, host, cart, JD_TEXT.format(item=100001))
    await application.litestar.state.platform.rules.read()
    for enforced in (False, True):
        still_clock.freeze(begins + timedelta(seconds=5))
        if enforced:
            await enforce_all(database)
        async with browser(application) as client:
            client.cookies.set("language", "en")
            for listing, status in ((kept, 302), (gone, 409)):
                page = await client.get(f"/out/{listing.listing_id}")
                key = {"jump_key": "k" * 20 + str(enforced), "_csrf_token": csrf_of(page.text)}
                answer = await client.post(f"/out/{listing.listing_id}", data=key)
                assert answer.status_code == status, (enforced, answer.text)
    async with browser(application) as client:
        client.cookies.set("language", "en")
        assert (await client.get(f"/rooms/{kept.room_id}")).text.count("Until this room ends") == 1
    async with browser(application, host.signed_in.token) as client:
        client.cookies.set("language", "en")
        assert (await client.get(f"/creator/rooms/{kept.room_id}")).text.count("Until this room ends") == 1


async def test_the_order_lane_honours_it_for_own_goods(
    database: Database, host: Host, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
    begins = clock.now() + HOUR
    cut = with_grace(notice("own cut", begins, line(Action.REFUSE, ("own",), Surface.LIVE_CART)))
    async with database.writing() as writer:
        await enact(writer, cut, by=None)
    on_air, video = await live_room(database, host), await new_video(database, host)
    late_host = await new_host(database, name="阿华")
    announced = await _room(database, late_host)
    made = {}
    for name, who, place in (
        ("on air", host, in_room(on_air.room_id)),
        ("late", late_host, in_room(announced.room_id)),
    ):
        async with database.writing() as writer:
            listing = await listings.list_product(writer, who.person, place, shop_id, product_id)
            made[name] = await listings.put_on(writer, who.person, listing.listing_id)
    assert video
    still_clock.freeze(begins + timedelta(seconds=1))
    async with database.writing() as writer:
        await go_live(writer, late_host.person, announced.room_id)
    rules = TimelineInMemory(database)
    await rules.read()
    for _ in ("before the sweep", "after it"):
        snapshots = ListingSnapshots(database, rules)
        assert (await snapshots.read(made["on air"].listing_id)).refusal is None
        assert (await snapshots.read(made["late"].listing_id)).refusal is LinkRefused
        await enforce_all(database)


async def _room(database: Database, host: Host) -> Room:
    async with database.writing() as writer:
        return await schedule_room(writer, host.person, title="晚饭吃什么", scheduled_at=clock.now())
