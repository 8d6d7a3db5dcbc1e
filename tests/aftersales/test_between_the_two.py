"""Buyer and shop between themselves: offers, changes, rules that decide, a lower price, messages, evidence."""

import pytest

from tests.aftersales.claims_desk import ClaimsDesk
from tests.conftest import sign_in_as
from tests.orders.shopping import ADDRESS, order_state
from tests.small_world import PRICE_FEN
from tests.uploads.things_people_bring import picture
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person
from yellowcart.aftersales.arbitrate import add_evidence
from yellowcart.aftersales.detail import askable_of_buyer, case_of_buyer
from yellowcart.aftersales.errors import (
    ActionImpossible,
    AftersaleUnknown,
    AmountImpossible,
    CasesTooMany,
    NotShippedYet,
    OfferUnfit,
    OtherCaseOpen,
    PriceNotLower,
    QuantityImpossible,
    WindowOver,
)
from yellowcart.aftersales.model import Action, Actor, AutoRule, Case, CaseState, EndReason
from yellowcart.aftersales.negotiate import (
    ChangedRequest,
    Offer,
    accept_offer,
    change_case,
    offer,
    withdraw_case,
)
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.rules import CASES_PER_LINE_MAX, ShopRules
from yellowcart.aftersales.shop_rules import change_shop_rules, shop_rules
from yellowcart.aftersales.turns import Said
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.translation import Locale
from yellowcart.orders.stop import open_stops
from yellowcart.uploads.errors import UploadUnknown
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import Upload, UploadPurpose
from yellowcart.uploads.queries import read_upload
from yellowcart.uploads.storage import UploadStorage

ONLY, RETURN, PRICE = CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND, CaseKind.PRICE_PROTECTION


async def offered(desk: ClaimsDesk, case: Case, kind: CaseKind, amount_fen: int | None = None) -> Case:
    """The shop offers something."""
    return await desk.write(
        lambda writer: offer(
            writer,
            desk.merchant,
            desk.shop_id,
            case.aftersale_id,
            Offer(kind=kind, amount_fen=amount_fen),
            return_address=ADDRESS,
        )
    )


async def accepted(desk: ClaimsDesk, case: Case) -> Case:
    """The buyer accepts."""
    return await desk.write(lambda writer: accept_offer(writer, desk.buyer, desk.shop_id, case.aftersale_id))


async def changed(desk: ClaimsDesk, case: Case, request: ChangedRequest) -> Case:
    """The buyer asks for something else."""
    return await desk.write(
        lambda writer: change_case(writer, desk.buyer, desk.shop_id, case.aftersale_id, request)
    )


async def test_an_offer_of_less_money_is_taken_and_the_pieces_stay_claimable(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    case = await offered(desk, await desk.open(order_id, ONLY, Reason.DAMAGED, 2), ONLY, 2_000)
    assert (case.state, case.offer_fen) == (CaseState.AWAITING_BUYER, 2_000)
    done = await accepted(desk, case)
    assert (done.state, done.refund_fen, done.settled_quantity) == (CaseState.REFUNDING, 2_000, 0)
    again = await desk.open(order_id, RETURN, Reason.QUALITY, 2)
    assert again.most_fen == 2 * PRICE_FEN - 2_000


async def test_an_offer_of_another_kind_changes_the_way(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1), ONLY, Reason.DAMAGED)
    case = await accepted(desk, await offered(desk, case, RETURN))
    assert (case.kind, case.state) == (RETURN, CaseState.AWAITING_RETURN)
    assert case.return_address is not None
    assert case.decided_fen == PRICE_FEN


async def test_an_offer_of_an_exchange_leads_to_goods_instead_of_money(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1), RETURN, Reason.QUALITY)
    case = await accepted(desk, await offered(desk, case, CaseKind.EXCHANGE))
    assert (case.kind, case.state, case.decided_fen) == (CaseKind.EXCHANGE, CaseState.AWAITING_RETURN, None)


async def test_unfit_offers_are_refused(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1), ONLY, Reason.MISSING)
    with pytest.raises(OfferUnfit):
        await offered(desk, case, PRICE)
    for amount_fen in (0, -5, PRICE_FEN + 1, 10**12):
        with pytest.raises(AmountImpossible):
            await offered(desk, case, ONLY, amount_fen)
    with pytest.raises(ActionImpossible):
        await accepted(desk, case)


async def test_a_refusal_takes_the_offer_off_the_table(desk: ClaimsDesk) -> None:
    case = await desk.refuse(await desk.open(await desk.received(1), ONLY, Reason.MISSING))
    with pytest.raises(ActionImpossible):
        await accepted(desk, case)
    assert Action.ACCEPT_OFFER not in (await desk.detail(case)).may[Actor.BUYER]


async def test_a_refused_request_can_be_changed_and_is_looked_at_anew(desk: ClaimsDesk) -> None:
    order_id = await desk.received(3)
    case = await desk.refuse(await desk.open(order_id, ONLY, Reason.DAMAGED, 3))
    request = ChangedRequest(kind=RETURN, reason=Reason.QUALITY, quantity=2)
    case = await changed(desk, case, request)
    assert (case.kind, case.quantity, case.asked_fen) == (RETURN, 2, 2 * PRICE_FEN)
    assert case.state is CaseState.AWAITING_SELLER
    with pytest.raises(ActionImpossible):
        await changed(desk, case, request)


async def test_a_changed_request_may_be_granted_by_a_rule(desk: ClaimsDesk) -> None:
    await desk.let_rules()
    case = await desk.refuse(await desk.open(await desk.received(1), ONLY, Reason.DAMAGED))
    case = await changed(desk, case, ChangedRequest(kind=RETURN, reason=Reason.NO_REASON, quantity=1))
    assert (case.state, case.auto_rule) == (CaseState.AWAITING_RETURN, AutoRule.NO_REASON_IN_TIME)


async def test_a_small_refund_goes_by_itself_to_a_buyer_in_good_standing(desk: ClaimsDesk) -> None:
    await desk.let_rules(small_refund_only=True, small_refund_fen=1_000)
    new_buyer = await desk.open(await desk.received(1), ONLY, Reason.DAMAGED, amount_fen=500)
    assert new_buyer.state is CaseState.AWAITING_SELLER
    for _ in range(2):
        order_id = await desk.received(1)
    too_much = await desk.open(order_id, ONLY, Reason.DAMAGED, amount_fen=1_001)
    assert too_much.state is CaseState.AWAITING_SELLER
    granted = await desk.open(await desk.received(1), ONLY, Reason.DAMAGED, amount_fen=1_000)
    assert (granted.state, granted.auto_rule) == (CaseState.REFUNDING, AutoRule.SMALL_REFUND_ONLY)


async def test_a_shops_rules_are_its_own_and_bounded(desk: ClaimsDesk) -> None:
    async with desk.database.reading() as reader:
        assert (await shop_rules(reader, desk.shop_id)).rules == ShopRules()
    for fen in (-1, 20_001, 10**12):
        with pytest.raises(InvalidFields):
            await desk.let_rules(small_refund_only=True, small_refund_fen=fen)
    with pytest.raises(NotFound):
        await desk.write(lambda writer: change_shop_rules(writer, desk.buyer, desk.shop_id, ShopRules(), None))
    await desk.let_rules(quality_return=True)
    kept = await desk.write(
        lambda writer: change_shop_rules(writer, desk.merchant, desk.shop_id, ShopRules(), None)
    )
    assert kept.return_address is not None


async def set_price(desk: ClaimsDesk, price_fen: int) -> None:
    """The shop sells at another price."""
    await desk.write(
        lambda writer: writer.run(
            "UPDATE sku SET price_fen = %(price)s WHERE sku_id = %(sku_id)s",
            price=price_fen,
            sku_id=desk.table.world.sku_ids[0],
        )
    )


async def test_a_price_that_falls_is_made_up_for_at_once_and_only_once(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(2)
    with pytest.raises(PriceNotLower):
        await desk.open(order_id, PRICE, Reason.PRICE_DROP, 2)
    await set_price(desk, PRICE_FEN - 500)
    with pytest.raises(QuantityImpossible):
        await desk.open(order_id, PRICE, Reason.PRICE_DROP, 1)
    case = await desk.open(order_id, PRICE, Reason.PRICE_DROP, 2, amount_fen=10**9)
    assert (case.refund_fen, case.auto_rule) == (1_000, AutoRule.PRICE_DROPPED)
    assert (await order_state(desk.database, desk.shop_id, order_id))[0] == "paid"
    with pytest.raises(PriceNotLower):
        await desk.open(order_id, PRICE, Reason.PRICE_DROP, 2)
    await set_price(desk, PRICE_FEN - 600)
    assert (await desk.open(order_id, PRICE, Reason.PRICE_DROP, 2)).refund_fen == 200
    rest = await desk.open(order_id, CaseKind.REFUND_UNSHIPPED, Reason.NO_REASON, 2)
    assert rest.refund_fen == 2 * PRICE_FEN - 1_200
    row = await desk.line_row(order_id)
    assert row["refunded_fen"] == row["payable_fen"]


async def test_price_protection_ends_after_seven_days_and_waits_for_other_cases(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    await set_price(desk, PRICE_FEN - 500)
    other = await desk.open(order_id, ONLY, Reason.DAMAGED)
    with pytest.raises(OtherCaseOpen):
        await desk.open(order_id, PRICE, Reason.PRICE_DROP, 1)
    await desk.write(lambda writer: withdraw_case(writer, desk.buyer, desk.shop_id, other.aftersale_id))
    await desk.pass_time(days=7)
    with pytest.raises(WindowOver):
        await desk.open(order_id, PRICE, Reason.PRICE_DROP, 2)


async def test_a_waiting_price_protection_stops_no_shipment(desk: ClaimsDesk) -> None:
    await desk.let_rules(price_dropped=False)
    order_id = await desk.paid(1)
    await set_price(desk, PRICE_FEN - 500)
    case = await desk.open(order_id, PRICE, Reason.PRICE_DROP, 1)
    assert case.state is CaseState.AWAITING_SELLER
    async with desk.database.reading() as reader:
        assert await open_stops(reader, desk.shop_id, order_id) == []
    await desk.table.ship(order_id)
    await desk.pass_time(hours=36)
    assert (await desk.now(case)).refund_fen == 500


async def test_cases_of_one_line_have_an_end(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    for _ in range(CASES_PER_LINE_MAX):
        case = await desk.open(order_id)
        async with desk.database.writing() as writer:
            await withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id)
    with pytest.raises(CasesTooMany):
        await desk.open(order_id)


async def inbox(desk: ClaimsDesk, person: Person) -> list[tuple[str, str, str]]:
    """Headline, text and link of everything that a person was told, the latest first."""
    async with desk.database.reading() as reader:
        page = await inbox_of(reader, person, size=100)
    return [(each.headline(Locale.CHINESE), each.text(Locale.CHINESE), each.link) for each in page.items]


async def test_both_sides_are_told_of_every_turn_in_their_language(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1), ONLY, Reason.DAMAGED, words="杯子碎了")
    ((title, text, link),) = [each for each in await inbox(desk, desk.merchant) if "售后" in each[0]]
    assert title == "有买家申请售后"
    assert "杯子碎了" in text
    assert "请在 2022-02-27 00:00 前处理，逾期将自动同意买家申请。" in text
    assert link == f"/merchant/{desk.shop_id}/aftersales/{case.aftersale_id}"
    await desk.refuse(case)
    title, text, link = (await inbox(desk, desk.buyer))[0]
    assert title == "商家拒绝了您的售后申请"
    assert "看照片" in text
    assert link == f"/aftersales/{desk.shop_id}/{case.aftersale_id}"
    await desk.agree(case)
    await desk.deliver()
    told = [title for title, _, _ in await inbox(desk, desk.buyer)]
    assert "您的售后申请已通过" in told


async def test_a_case_is_seen_by_its_buyer_alone(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    stranger = (await sign_in_as(desk.database)).person
    async with desk.database.reading() as reader:
        own = await case_of_buyer(reader, desk.buyer, desk.shop_id, case.aftersale_id)
        assert own.case == case
        with pytest.raises(AftersaleUnknown):
            await case_of_buyer(reader, stranger, desk.shop_id, case.aftersale_id)
    with pytest.raises(AftersaleUnknown):
        await desk.write(lambda writer: withdraw_case(writer, stranger, desk.shop_id, case.aftersale_id))


async def test_who_acted_for_the_shop_is_not_told_to_the_buyer(desk: ClaimsDesk) -> None:
    case = await desk.refuse(await desk.open(await desk.received(1)))
    async with desk.database.reading() as reader:
        steps = (await case_of_buyer(reader, desk.buyer, desk.shop_id, case.aftersale_id)).steps
    assert [(step.actor, step.person_id) for step in steps] == [
        (Actor.BUYER, desk.buyer.person_id),
        (Actor.SELLER, None),
    ]


async def brought(desk: ClaimsDesk, person: Person, storage: UploadStorage) -> Upload:
    """A picture that somebody brought as evidence."""
    return await keep_upload(desk.database, storage, person, UploadPurpose.EVIDENCE, picture(), "broken.jpg")


async def test_evidence_is_seen_by_both_sides_and_the_platform_and_by_nobody_else(
    desk: ClaimsDesk, storage: UploadStorage
) -> None:
    shown = await brought(desk, desk.buyer, storage)
    case = await desk.open(await desk.received(1), evidence=[shown.upload_id])
    detail = await desk.detail(case)
    assert [upload.upload_id for upload in detail.files[detail.steps[0].step_id]] == [shown.upload_id]
    stranger = (await sign_in_as(desk.database)).person
    async with desk.database.reading() as reader:
        for person in (desk.buyer, desk.merchant, desk.operator):
            assert (await read_upload(reader, person, shown.upload_id)).upload.upload_id == shown.upload_id
        for nobody in (stranger, None):
            with pytest.raises(UploadUnknown):
                await read_upload(reader, nobody, shown.upload_id)


async def test_evidence_of_somebody_else_is_refused_and_nothing_is_half_done(
    desk: ClaimsDesk, storage: UploadStorage
) -> None:
    stolen = await brought(desk, desk.merchant, storage)
    order_id = await desk.received(1)
    with pytest.raises(UploadUnknown):
        await desk.open(order_id, evidence=[stolen.upload_id])
    case = await desk.open(order_id)
    with pytest.raises(InvalidFields):
        await desk.write(
            lambda writer: add_evidence(
                writer, desk.buyer, desk.shop_id, case.aftersale_id, Said(), actor=Actor.BUYER
            )
        )
    with pytest.raises(NotFound):
        await desk.write(
            lambda writer: add_evidence(
                writer, desk.buyer, desk.shop_id, case.aftersale_id, Said(words="x"), actor=Actor.SELLER
            )
        )
    more = await desk.write(
        lambda writer: add_evidence(
            writer,
            desk.merchant,
            desk.shop_id,
            case.aftersale_id,
            Said(evidence=[stolen.upload_id]),
            actor=Actor.SELLER,
        )
    )
    assert (more.state, more.due_at) == (case.state, case.due_at)


async def test_a_page_learns_what_may_be_asked_of_each_line_and_why_not(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(2, 1)
    first, second = await desk.table.lines(order_id)
    await desk.table.ship(order_id, pieces={first: 1})
    async with desk.database.reading() as reader:
        found = await askable_of_buyer(reader, desk.buyer, desk.shop_id, order_id)
    by_kind = {(line_id, each.kind): each for line_id, kinds in found.items() for each in kinds}
    assert len(by_kind) == 2 * len(CaseKind)
    unshipped = by_kind[first, CaseKind.REFUND_UNSHIPPED]
    assert (unshipped.most_quantity, unshipped.most_fen, unshipped.refusal) == (1, PRICE_FEN, None)
    assert by_kind[first, RETURN].most_quantity == 1
    assert Reason.NO_REASON in by_kind[first, RETURN].reasons
    assert isinstance(by_kind[second, RETURN].refusal, NotShippedYet)


async def test_an_amount_is_explained_line_by_line(desk: ClaimsDesk) -> None:
    order_id = await desk.received(3)
    compensated = await desk.open(order_id, ONLY, Reason.DAMAGED, 1, amount_fen=300)
    await desk.agree(compensated)
    case = await desk.open(order_id, RETURN, Reason.QUALITY, 2, amount_fen=9_000)
    lines = {each.key: each.amount_fen for each in (await desk.detail(case)).amounts}
    assert lines == {"goods": 2 * PRICE_FEN, "earlier": -200, "most": 2 * PRICE_FEN - 200, "asked": 9_000}


async def test_silence_of_the_buyer_ends_it_and_the_order_goes_on(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    case = await desk.refuse(await desk.open(order_id))
    assert await desk.pass_time(days=3) == 1
    ended = await desk.now(case)
    assert (ended.state, ended.end_reason) == (CaseState.WITHDRAWN, EndReason.BUYER_SILENT)
    async with desk.database.reading() as reader:
        assert await open_stops(reader, desk.shop_id, order_id) == []
