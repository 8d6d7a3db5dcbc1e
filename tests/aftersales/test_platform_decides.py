"""Exchange, resend and arbitration; times that are over, however late anybody looks."""

from datetime import timedelta

import psycopg
import pytest

from tests.aftersales.claims_desk import WHY, ClaimsDesk, new_operator
from tests.conftest import MORNING
from tests.orders.shopping import order_state, stock_of
from tests.small_world import PRICE_FEN
from yellowcart.accounts.model import Person
from yellowcart.aftersales.arbitrate import (
    Decision,
    Verdict,
    add_evidence,
    arbitrate,
    call_platform,
    platform_close,
)
from yellowcart.aftersales.deadline_settings import deadline_settings, set_deadline
from yellowcart.aftersales.deadlines import Deadline
from yellowcart.aftersales.detail import case_of_platform
from yellowcart.aftersales.errors import (
    ActionImpossible,
    AmountImpossible,
    ArbiterIsParty,
    DeadlineOutOfRange,
    ReplacementSoldOut,
)
from yellowcart.aftersales.goods_back import SentBack, confirm_return, reject_return, send_back
from yellowcart.aftersales.model import Actor, Case, CaseState, EndReason
from yellowcart.aftersales.queries import (
    CaseGroup,
    cases_due_of_shop,
    cases_in_arbitration,
    cases_of_buyer,
    cases_of_order,
    cases_of_shop,
    counts_of_desk,
    counts_of_shop,
    open_cases_of_orders,
)
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.replace import (
    ReplacementParcel,
    confirm_replacement,
    refund_instead,
    ship_replacement,
)
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.paging import CursorBroken
from yellowcart.orders.stop import open_stops

ONLY, RETURN, EXCHANGE, RESEND = (
    CaseKind.REFUND_ONLY,
    CaseKind.RETURN_REFUND,
    CaseKind.EXCHANGE,
    CaseKind.RESEND,
)
BACK = SentBack(carrier="ZTO", waybill="ZT00012345678")
NEW = ReplacementParcel(carrier="SF", waybill="SF5555555555")


async def sent(desk: ClaimsDesk, case: Case) -> Case:
    return await desk.write(lambda writer: send_back(writer, desk.buyer, desk.shop_id, case.aftersale_id, BACK))


async def replaced(desk: ClaimsDesk, case: Case) -> Case:
    return await desk.write(
        lambda writer: ship_replacement(writer, desk.merchant, desk.shop_id, case.aftersale_id, NEW)
    )


async def called(desk: ClaimsDesk, case: Case) -> Case:
    return await desk.write(lambda writer: call_platform(writer, desk.buyer, desk.shop_id, case.aftersale_id, WHY))


async def shown(desk: ClaimsDesk, case: Case, actor: Actor) -> Case:
    person = desk.buyer if actor is Actor.BUYER else desk.merchant
    return await desk.write(
        lambda writer: add_evidence(writer, person, desk.shop_id, case.aftersale_id, WHY, actor=actor)
    )


async def decided(
    desk: ClaimsDesk,
    case: Case,
    verdict: Verdict,
    amount_fen: int | None = None,
    by: Person | None = None,
) -> Case:
    return await desk.write(
        lambda writer: arbitrate(
            writer,
            by or desk.operator,
            desk.shop_id,
            case.aftersale_id,
            Decision(verdict=verdict, amount_fen=amount_fen),
            WHY,
        )
    )


async def in_arbitration(desk: ClaimsDesk, kind: CaseKind = ONLY, quantity: int = 2) -> Case:
    """A case that was refused, with what both have shown."""
    case = await desk.refuse(await desk.open(await desk.received(2), kind, Reason.DAMAGED, quantity))
    return await shown(desk, await called(desk, case), Actor.SELLER)


async def test_an_exchange_brings_new_goods_and_leaves_the_money_where_it_is(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    case = await desk.agree(await desk.open(order_id, EXCHANGE, Reason.WRONG_ITEM, 1))
    await sent(desk, case)
    case = await desk.write(
        lambda writer: confirm_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, restock=1)
    )
    assert case.state is CaseState.AWAITING_REPLACEMENT
    assert await stock_of(desk.database, desk.table.world) == (999, 0, 1)
    case = await replaced(desk, case)
    assert await stock_of(desk.database, desk.table.world) == (998, 0, 2)
    assert (await replaced(desk, case)).version == case.version, "the same parcel again is no error"
    case = await desk.write(
        lambda writer: confirm_replacement(writer, desk.buyer, desk.shop_id, case.aftersale_id)
    )
    assert (case.state, case.end_reason, case.refund_fen) == (CaseState.DONE, EndReason.REPLACED, 0)
    assert (await desk.line_row(order_id))["refunded_fen"] == 0
    assert await desk.refunds(order_id) == []
    assert (await desk.open(order_id, RETURN, Reason.QUALITY, 2)).asked_fen == 2 * PRICE_FEN


async def test_missing_pieces_are_sent_once_more_or_paid_back(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    case = await desk.agree(await desk.open(order_id, RESEND, Reason.MISSING, 1))
    assert case.state is CaseState.AWAITING_REPLACEMENT
    await desk.write(lambda writer: writer.run("UPDATE stock SET available = 0, received = received - available"))
    with pytest.raises(ReplacementSoldOut):
        await replaced(desk, case)
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM shipment WHERE purpose = 'replacement'") == 0
    paid_back = await desk.write(
        lambda writer: refund_instead(writer, desk.merchant, desk.shop_id, case.aftersale_id)
    )
    assert (paid_back.state, paid_back.refund_fen) == (CaseState.REFUNDING, PRICE_FEN)


async def test_a_replacement_that_nobody_sends_becomes_money(desk: ClaimsDesk) -> None:
    case = await desk.agree(await desk.open(await desk.received(1), RESEND, Reason.MISSING))
    assert await desk.pass_time(hours=48) == 1
    assert (await desk.now(case)).refund_fen == PRICE_FEN


async def test_a_replacement_counts_as_received_after_ten_days_or_is_disputed_before(desk: ClaimsDesk) -> None:
    case = await replaced(desk, await desk.agree(await desk.open(await desk.received(1), RESEND, Reason.MISSING)))
    await desk.pass_time(days=9)
    disputed = await called(desk, case)
    assert disputed.state is CaseState.EVIDENCE_OF_SELLER
    await desk.pass_time(hours=48)
    money = await decided(desk, disputed, Verdict.SPLIT, PRICE_FEN)
    assert money.refund_fen == PRICE_FEN
    quiet = await desk.agree(await desk.open(await desk.received(1), RESEND, Reason.MISSING))
    parcel = ReplacementParcel(carrier="SF", waybill="SF6666666666")
    await desk.write(
        lambda writer: ship_replacement(writer, desk.merchant, desk.shop_id, quiet.aftersale_id, parcel)
    )
    await desk.pass_time(days=10)
    assert (await desk.now(quiet)).end_reason is EndReason.REPLACED


async def test_the_shops_silence_is_decided_for_the_buyer(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    case = await desk.open(order_id, ONLY, Reason.NOT_RECEIVED)
    assert case.due_at == MORNING + timedelta(hours=36)
    assert await desk.pass_time(hours=36, seconds=-1) == 0
    assert await desk.pass_time(seconds=1) == 1
    assert await desk.pass_time(seconds=0) == 0
    granted = await desk.now(case)
    assert (granted.state, granted.refund_fen) == (CaseState.REFUNDING, PRICE_FEN)
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")


async def test_the_shop_has_48_hours_from_the_sign_off_to_inspect(desk: ClaimsDesk) -> None:
    case = await sent(desk, await desk.agree(await desk.open(await desk.received(1))))
    assert case.due_at == clock.now() + timedelta(days=10)
    await desk.pass_time(days=2)
    delivered_at = clock.now()
    await desk.deliver_parcel(BACK.carrier, BACK.waybill)
    there = await desk.now(case)
    assert (there.return_delivered_at, there.due_at) == (delivered_at, delivered_at + timedelta(hours=48))
    await desk.deliver_parcel(BACK.carrier, BACK.waybill)
    assert (await desk.now(case)).version == there.version
    await desk.pass_time(hours=48)
    refunded = await desk.now(case)
    assert (refunded.refund_fen, refunded.returned_quantity) == (PRICE_FEN, 1)


async def test_after_a_long_downtime_everything_that_was_due_happens_once(desk: ClaimsDesk) -> None:
    cases = [await desk.open(await desk.received(1), ONLY, Reason.DAMAGED) for _ in range(3)]
    refused = await desk.refuse(await desk.open(await desk.received(1), ONLY, Reason.DAMAGED))
    assert await desk.pass_time(days=200) == 4
    assert [(await desk.now(case)).state for case in cases] == [CaseState.REFUNDING] * 3
    assert (await desk.now(refused)).state is CaseState.WITHDRAWN
    await desk.deliver()
    assert [(await desk.now(case)).state for case in cases] == [CaseState.DONE] * 3
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM refund") == 3
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'aftersale.finished'") == 4


@pytest.mark.parametrize(
    ("verdict", "amount_fen", "state", "refund_fen", "settled"),
    [
        (Verdict.FOR_BUYER, None, CaseState.REFUNDING, 2 * PRICE_FEN, 2),
        (Verdict.FOR_BUYER, 7_000, CaseState.REFUNDING, 7_000, 0),
        (Verdict.SPLIT, 1_234, CaseState.REFUNDING, 1_234, 0),
        (Verdict.FOR_SELLER, None, CaseState.REFUSED, 0, 0),
    ],
)
async def test_the_platform_decides_for_one_side_or_on_an_amount(
    desk: ClaimsDesk,
    verdict: Verdict,
    amount_fen: int | None,
    state: CaseState,
    refund_fen: int,
    settled: int,
) -> None:
    case = await decided(desk, await in_arbitration(desk), verdict, amount_fen)
    assert (case.state, case.refund_fen, case.settled_quantity) == (state, refund_fen, settled)
    async with desk.database.reading() as reader:
        assert await open_stops(reader, desk.shop_id, case.order_id) == []
    await desk.deliver()
    assert (await desk.now(case)).ended_at is not None


@pytest.mark.parametrize("amount_fen", [0, -1, 2 * PRICE_FEN + 1, 10**12])
async def test_the_platform_gives_no_more_than_was_paid(desk: ClaimsDesk, amount_fen: int) -> None:
    case = await in_arbitration(desk)
    for verdict in (Verdict.SPLIT, Verdict.FOR_BUYER):
        with pytest.raises(AmountImpossible):
            await decided(desk, case, verdict, amount_fen)
    with pytest.raises(InvalidFields):
        await decided(desk, case, Verdict.SPLIT)
    assert (await desk.now(case)).state is CaseState.ARBITRATION


async def test_the_platform_asks_a_side_for_more_and_decides_without_who_stays_silent(
    desk: ClaimsDesk,
) -> None:
    case = await decided(desk, await in_arbitration(desk), Verdict.DEMAND_OF_BUYER)
    assert (case.state, case.due_at) == (CaseState.EVIDENCE_OF_BUYER, clock.now() + timedelta(hours=48))
    assert (await shown(desk, case, Actor.SELLER)).state is CaseState.EVIDENCE_OF_BUYER
    with pytest.raises(ActionImpossible):
        await decided(desk, case, Verdict.FOR_SELLER)
    assert (await shown(desk, case, Actor.BUYER)).state is CaseState.ARBITRATION
    await decided(desk, case, Verdict.DEMAND_OF_SELLER)
    await desk.pass_time(hours=48)
    assert (await desk.now(case)).state is CaseState.ARBITRATION
    assert await desk.pass_time(days=30) == 0, "the platform's own silence decides nothing"


async def test_goods_come_back_first_when_the_platform_grants_a_return(desk: ClaimsDesk) -> None:
    case = await decided(desk, await in_arbitration(desk, RETURN, 1), Verdict.FOR_BUYER, 4_000)
    assert (case.state, case.decided_fen) == (CaseState.AWAITING_RETURN, 4_000)


async def test_the_platform_decides_on_goods_that_the_shop_did_not_take_back(desk: ClaimsDesk) -> None:
    case = await sent(desk, await desk.agree(await desk.open(await desk.received(2), RETURN, Reason.QUALITY)))
    await desk.write(lambda writer: reject_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, WHY))
    await called(desk, case)
    await desk.pass_time(hours=48)
    granted = await decided(desk, case, Verdict.FOR_BUYER)
    assert (granted.state, granted.refund_fen, granted.returned_quantity) == (
        CaseState.REFUNDING,
        PRICE_FEN,
        1,
    )


async def test_a_party_is_no_judge(desk: ClaimsDesk) -> None:
    case = await in_arbitration(desk)
    member = await new_operator(desk.database)
    await desk.write(
        lambda writer: writer.run(
            "INSERT INTO shop_member VALUES (%(shop)s, %(person)s, %(now)s)",
            shop=desk.shop_id,
            person=member.person_id,
            now=clock.now(),
        )
    )
    for party in (member, desk.buyer):
        with pytest.raises(ArbiterIsParty):
            await decided(desk, case, Verdict.FOR_SELLER, by=party)
        with pytest.raises(ArbiterIsParty):
            async with desk.database.writing() as writer:
                await platform_close(writer, party, desk.shop_id, case.aftersale_id, WHY)
    async with desk.database.reading() as reader:
        seen = await case_of_platform(reader, member, desk.shop_id, case.aftersale_id)
    assert seen.may[Actor.PLATFORM] == []


async def test_nobody_is_judged_who_was_not_called_before_the_platform(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    with pytest.raises(ActionImpossible):
        await decided(desk, case, Verdict.FOR_BUYER)
    with pytest.raises(ActionImpossible):
        await called(desk, case)
    closed = await desk.write(
        lambda writer: platform_close(writer, desk.operator, desk.shop_id, case.aftersale_id, WHY)
    )
    assert (closed.state, closed.end_reason) == (CaseState.CLOSED, EndReason.CLOSED)


async def test_a_deadline_can_be_set_and_what_runs_keeps_its_end(desk: ClaimsDesk) -> None:
    running = await desk.open(await desk.received(1), ONLY, Reason.DAMAGED)
    answers = Deadline.SELLER_ANSWERS_SHIPPED
    for seconds in (0, -1, 3_599, 61 * 86_400, 10**12):
        with pytest.raises(DeadlineOutOfRange):
            async with desk.database.writing() as writer:
                await set_deadline(writer, desk.operator, answers, seconds)
    for hours in (3, 2):
        async with desk.database.writing() as writer:
            await set_deadline(writer, desk.operator, answers, hours * 3_600)
    later = await desk.open(await desk.received(1), ONLY, Reason.DAMAGED)
    assert later.due_at == MORNING + timedelta(hours=2)
    assert (await desk.now(running)).due_at == MORNING + timedelta(hours=36)
    async with desk.database.reading() as reader:
        settings = {each.deadline: each for each in await deadline_settings(reader)}
    assert set(settings) == set(Deadline)
    assert (settings[answers].seconds, settings[answers].default_s) == (7_200, 36 * 3_600)


async def test_lists_are_paged_filtered_and_counted(desk: ClaimsDesk) -> None:
    order_id = await desk.received(9)
    waiting = [await desk.open(order_id, ONLY, Reason.DAMAGED) for _ in range(3)]
    refused = await desk.refuse(await desk.open(order_id, RETURN, Reason.QUALITY))
    judged = await in_arbitration(desk)
    granted = await desk.agree(waiting[0])
    async with desk.database.reading() as reader:
        first = await cases_of_buyer(reader, desk.buyer.person_id, size=2)
        assert [each.aftersale_id for each in first.items] == [judged.aftersale_id, refused.aftersale_id]
        rest = await cases_of_buyer(reader, desk.buyer.person_id, cursor=first.next_cursor)
        assert [each.aftersale_id for each in rest.items] == [case.aftersale_id for case in reversed(waiting)]
        assert rest.next_cursor is None

        async def of_shop(group: CaseGroup, kind: CaseKind | None = None) -> list[int]:
            page = await cases_of_shop(reader, desk.shop_id, group=group, kind=kind)
            return [each.aftersale_id for each in page.items]

        assert len(await of_shop(CaseGroup.ALL)) == 5
        assert len(await of_shop(CaseGroup.OPEN)) == 5
        assert await of_shop(CaseGroup.FOR_BUYER) == [refused.aftersale_id]
        assert await of_shop(CaseGroup.IN_ARBITRATION) == [judged.aftersale_id]
        assert await of_shop(CaseGroup.REFUNDING) == [granted.aftersale_id]
        assert await of_shop(CaseGroup.ENDED) == []
        assert await of_shop(CaseGroup.ALL, RETURN) == [refused.aftersale_id]
        due = await cases_due_of_shop(reader, desk.shop_id, size=1)
        more = await cases_due_of_shop(reader, desk.shop_id, cursor=due.next_cursor)
        assert [each.aftersale_id for each in (*due.items, *more.items)] == [
            waiting[1].aftersale_id,
            waiting[2].aftersale_id,
        ]
        assert (await cases_due_of_shop(reader, desk.shop_id, within=timedelta(hours=1))).items == []
        with pytest.raises(CursorBroken):
            await cases_due_of_shop(reader, desk.shop_id, cursor="bm9uc2Vuc2U")
        assert [each.aftersale_id for each in (await cases_in_arbitration(reader)).items] == [judged.aftersale_id]
        only = await cases_in_arbitration(reader, only=CaseState.EVIDENCE_OF_BUYER)
        assert only.items == []
        assert len(await cases_of_order(reader, desk.shop_id, order_id)) == 4
        assert await open_cases_of_orders(reader, desk.shop_id, [order_id]) == {order_id: 4}
        counts = await counts_of_shop(reader, desk.shop_id)
        assert (counts.for_seller, counts.due_soon, counts.for_buyer) == (2, 0, 1)
        assert (counts.in_arbitration, counts.refunding) == (1, 1)
        badges = await counts_of_desk(reader)
        assert (badges.to_decide, badges.overdue, badges.waiting_for_evidence) == (1, 0, 0)
    await desk.pass_time(hours=30)
    async with desk.database.reading() as reader:
        assert (await counts_of_shop(reader, desk.shop_id)).due_soon == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE aftersale SET refund_goods_fen = most_goods_fen + 1, decided_fen = most_fen",
        "UPDATE aftersale SET asked_fen = most_fen + 1",
        "UPDATE aftersale SET due_at = NULL",
        "UPDATE aftersale SET state = 'done'",
        "UPDATE aftersale SET settled_quantity = quantity + 1",
        "UPDATE aftersale SET return_freight_refunded_fen = 1",
        "UPDATE aftersale SET return_shipment_id = 1",
        "UPDATE aftersale_deadline SET seconds = 1",
    ],
)
async def test_the_database_itself_refuses_an_illegal_case(desk: ClaimsDesk, statement: str) -> None:
    await desk.open(await desk.received(1))
    await desk.write(lambda writer: set_deadline(writer, desk.operator, Deadline.EVIDENCE, 7_200))
    with pytest.raises(psycopg.errors.CheckViolation):
        await desk.write(lambda writer: writer.run(statement))
