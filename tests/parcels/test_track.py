"""What carriers tell: in any order, twice, too early, signed or not."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MORNING
from tests.parcels.packing import SF, PackingTable, told
from yellowcart.accounts.inbox import inbox_of
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields
from yellowcart.parcels.errors import SignatureWrong
from yellowcart.parcels.model import ARRIVED, SHIPMENT_MOVES, ShipmentState, TrackEvent
from yellowcart.parcels.returns import register_return_parcel
from yellowcart.parcels.rules import track_state
from yellowcart.parcels.timers import adopt_early_tracking, forget_early_tracking
from yellowcart.parcels.tracking.intake import BEFORE_SHIPPED, ToldEvent
from yellowcart.parcels.tracking.signature import sign, source_secret, verify
from yellowcart.parcels.tracking.sources import active_source, renew_secret, save_source

SECRET = "a secret for tests, long enough to sign with"
WAY = ("collected", "in_transit", "out_for_delivery", "in_transit", "out_for_delivery", "delivered")
TOLD = [state for state in ShipmentState if state is not ShipmentState.SHIPPED]


def track(*statuses: str) -> list[TrackEvent]:
    return [
        TrackEvent(status=ShipmentState(status), happened_at=MORNING + timedelta(hours=number), place="", text="")
        for number, status in enumerate(statuses)
    ]


def test_a_track_leads_to_the_same_place_in_every_order_of_arrival() -> None:
    for events in itertools.permutations(track(*WAY)):
        assert track_state(events) is ShipmentState.DELIVERED


@given(
    st.lists(
        st.sampled_from([state for state in ShipmentState if state is not ShipmentState.SHIPPED]), max_size=8
    ),
    st.randoms(use_true_random=False),
)
def test_no_order_of_arrival_changes_a_track(states: list[ShipmentState], dice: random.Random) -> None:
    events = track(*states)
    shuffled = events + events
    dice.shuffle(shuffled)
    assert track_state(shuffled) is track_state(events)


def test_nothing_follows_an_arrival() -> None:
    assert track_state(track("delivered", "in_transit", "problem")) is ShipmentState.DELIVERED
    assert track_state(track("problem", "returned", "delivered")) is ShipmentState.RETURNED
    assert all(not SHIPMENT_MOVES[state] for state in ARRIVED)


async def test_events_in_any_order_and_twice_make_one_track(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    events = [told(status, hours - 10) for hours, status in enumerate(WAY)]
    dice = random.Random(7)
    for _ in range(3):
        dice.shuffle(events)
        for event in events:
            await table.tell(event)
    assert (await table.tell(*events)).repeated == len(WAY)
    (parcel,) = await table.parcels(order_id)
    assert parcel.state is ShipmentState.DELIVERED
    assert [event.status.value for event in parcel.track] == list(reversed(WAY))
    assert parcel.moved_at == parcel.delivered_at == told("delivered", 5 - 10).at


async def test_a_delivery_is_told_to_the_buyer_once_and_the_order_waits_for_them(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    for _ in range(2):
        await table.tell(told("delivered", -1))
        await table.tell(told("in_transit", -3))
    async with table.database.reading() as reader:
        messages = await inbox_of(reader, table.buyer)
        moves = await reader.records("SELECT payload FROM outbox_event WHERE kind = 'parcel.moved'")
    assert [message.kind for message in messages.items] == ["parcel_delivered", "order_shipped"]
    assert [(row["payload"]["before"], row["payload"]["after"]) for row in moves] == [("shipped", "delivered")]
    assert (await table.detail(order_id)).order.state.value == "shipped"


async def test_a_return_that_arrives_is_told_to_programs_and_not_to_the_buyer(table: PackingTable) -> None:
    order_id = await table.paid()
    async with table.database.writing() as writer:
        await register_return_parcel(writer, table.world.shop_id, order_id, "aftersale:7", "SF", SF)
    await table.tell(told("delivered", -1))
    async with table.database.reading() as reader:
        assert (await inbox_of(reader, table.buyer)).items == []
        (row,) = await reader.records("SELECT payload FROM outbox_event WHERE kind = 'parcel.moved'")
    assert (row["payload"]["purpose"], row["payload"]["subject"]) == ("return", "aftersale:7")


async def test_two_messages_at_once_make_one_track(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    await asyncio.gather(*(table.tell(told(status, number - 12)) for number, status in enumerate(WAY * 2)))
    (parcel,) = await table.parcels(order_id)
    assert (parcel.state, len(parcel.track)) == (ShipmentState.DELIVERED, 2 * len(WAY))


async def test_nonsense_is_named_and_the_rest_is_taken(table: PackingTable) -> None:
    await table.ship(await table.paid())
    intake = await table.tell(
        told("collected", -1),
        told("flown", -1),
        told("shipped", -1),
        told("collected", -1, carrier="PIGEON"),
        told("collected", -1, waybill="1E+12"),
        told("collected", 2),
        msgspec.structs.replace(told("collected"), at=datetime(2022, 2, 25)),
    )
    assert (intake.taken, [each.position for each in intake.rejected]) == (1, [1, 2, 3, 4, 5, 6])


async def test_a_parcel_keeps_a_bounded_number_of_events(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    for part in range(3):
        await table.tell(*(told("in_transit", -1, text=f"{part}-{number}") for number in range(100)))
    assert len((await table.parcels(order_id))[0].track) == 200


async def test_a_chatty_carrier_does_not_keep_the_delivery_out(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    chatter = [told("in_transit", -1, text=str(number)) for number in range(250)]
    await table.tell(*chatter)
    await table.tell(*chatter, told("delivered"))
    (parcel,) = await table.parcels(order_id)
    assert (parcel.state, parcel.track[0].status) == (ShipmentState.DELIVERED, ShipmentState.DELIVERED)
    for part in range(3):
        await table.tell(*(told("delivered", text=f"{part}-{number}") for number in range(15)))
    async with table.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM track_event") == 220


async def test_a_track_told_again_and_longer_keeps_its_new_end(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    told_so_far = [told("in_transit", number / 100 - 3, text=str(number)) for number in range(198)]
    await table.tell(*told_so_far)
    intake = await table.tell(*told_so_far, told("out_for_delivery"))
    assert (intake.taken, intake.repeated) == (1, 198)
    assert (await table.parcels(order_id))[0].state is ShipmentState.OUT_FOR_DELIVERY


async def test_what_was_told_of_the_number_s_parcel_before_is_not_this_one_s(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    still_clock.freeze(MORNING)
    order_id = await table.paid()
    assert (await table.tell(told("delivered", -25), told("collected", -2))).kept_aside == 2
    await table.ship(order_id)
    await adopt_early_tracking(table.database)
    intake = await table.tell(told("delivered", -240), told("in_transit", -1))
    assert (intake.taken, [(each.position, each.reason) for each in intake.rejected]) == (1, [(0, BEFORE_SHIPPED)])
    (parcel,) = await table.parcels(order_id)
    assert (parcel.state, len(parcel.track)) == (ShipmentState.IN_TRANSIT, 2)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_time_that_no_calendar_holds_is_not_taken(table: PackingTable, moment: str) -> None:
    event = msgspec.structs.replace(told("collected"), at=datetime.fromisoformat(moment))
    unknown = msgspec.structs.replace(event, waybill="SF0000000000")
    await table.ship(await table.paid())
    intake = await table.tell(event, unknown)
    assert (intake.taken, intake.kept_aside, len(intake.rejected)) == (0, 0, 2)


async def test_events_before_their_waybill_wait_for_it_a_day(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    intake = await table.tell(told("collected", -1), told("collected", -1, waybill="SF0000000002"))
    assert (intake.taken, intake.kept_aside) == (0, 2)
    order_id = await table.paid()
    await table.ship(order_id)
    assert await adopt_early_tracking(table.database) == 1
    assert await adopt_early_tracking(table.database) == 0
    assert (await table.parcels(order_id))[0].state is ShipmentState.COLLECTED
    assert await forget_early_tracking(table.database) == 0
    still_clock.freeze(MORNING + timedelta(days=1, seconds=1))
    assert await forget_early_tracking(table.database) == 1


NOW = datetime(2026, 3, 1, tzinfo=UTC)
PUBLISHED_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_specification_s_own_example_is_signed_as_it_says() -> None:
    # The example of the specification's libraries (standard-webhooks/standard-webhooks, libraries/python/tests).
    moment = datetime.fromtimestamp(1_614_265_330, UTC)
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(PUBLISHED_SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, body) == expected


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({}, True),
        ({"signature": "v1,bm90IHRoaXM= {}"}, True),
        ({"body": b"[1]"}, False),
        ({"message_id": "another"}, False),
        ({"message_id": ""}, False),
        ({"timestamp": "1772323501"}, False),
        ({"timestamp": "1e9"}, False),
        ({"timestamp": "１７７２３２３２００"}, False),
        ({"timestamp": "9" * 40}, False),
        ({"signature": ""}, False),
        ({"signature": "v1a,abc"}, False),
        ({"signature": "v1,é"}, False),
        ({"now": NOW + timedelta(minutes=5, seconds=1)}, False),
        ({"now": NOW - timedelta(minutes=5, seconds=1)}, False),
    ],
)
def test_only_what_is_signed_and_of_now_is_believed(changes: dict[str, object], right: bool) -> None:
    secret = source_secret(SECRET, "hub", 1)
    signature = sign(secret, "id", NOW, b"[]")
    values: dict[str, object] = {
        "message_id": "id",
        "timestamp": str(int(NOW.timestamp())),
        "signature": signature,
        "body": b"[]",
        "now": NOW,
    } | changes
    values["signature"] = str(values["signature"]).replace("{}", signature)
    if right:
        verify([source_secret(SECRET, "hub", 2), secret], **values)  # type: ignore[arg-type]
    else:
        with pytest.raises(SignatureWrong):
            verify([secret], **values)  # type: ignore[arg-type]


async def test_a_new_secret_leaves_the_old_one_good_for_a_day(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    async with table.database.writing() as writer:
        await save_source(writer, table.merchant, source="hub", name="Hub", ask_url="", is_active=True)
        (before,) = (await active_source(writer, "hub")).secrets(SECRET, clock.now())
        await renew_secret(writer, table.merchant, "hub")
        good = (await active_source(writer, "hub")).secrets(SECRET, clock.now())
        assert good[1] == before != good[0]
        still_clock.freeze(MORNING + timedelta(days=1))
        assert (await active_source(writer, "hub")).secrets(SECRET, clock.now()) == good[:1]


@pytest.mark.parametrize(
    ("source", "name", "ask_url", "field"),
    [
        ("Hub 1", "Hub", "", "source"),
        ("h", "Hub", "", "source"),
        ("hub", "", "", "name"),
        ("hub", "Hub", "http://hub.test/{carrier}/{waybill}", "ask_url"),
        ("hub", "Hub", "https://hub.test/{waybill}", "ask_url"),
        ("hub", "Hub", "https://{carrier}.hub.test/{waybill}", "ask_url"),
        ("hub", "Hub", "https://hub.test/{carrier}/{waybill}/{x}", "ask_url"),
    ],
)
async def test_a_source_that_makes_no_sense_is_refused(
    table: PackingTable, source: str, name: str, ask_url: str, field: str
) -> None:
    async with table.database.writing() as writer:
        with pytest.raises(InvalidFields) as refused:
            await save_source(writer, table.merchant, source=source, name=name, ask_url=ask_url, is_active=True)
    assert set(refused.value.problems) == {field}


def test_told_events_bound_what_they_say() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            msgspec.json.encode({**msgspec.to_builtins(told("collected")), "text": "x" * 2_001}), type=ToldEvent
        )
