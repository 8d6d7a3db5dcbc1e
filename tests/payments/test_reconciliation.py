"""The providers' daily bills against our books: what fits, what was lost and is found, what nobody can explain."""

from datetime import date, datetime, timedelta

import pytest

from tests.conftest import sign_in_as
from tests.orders.shopping import order_state
from tests.payments.paying import PayingWorld
from tests.payments.test_refunds import ask_back, refund_of
from yellowcart.accounts.model import Role
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.errors import InvalidFields
from yellowcart.payments.errors import FindingMoved, FindingUnknown
from yellowcart.payments.findings import decide_finding
from yellowcart.payments.model import FindingState, PaymentMethod, RefundState
from yellowcart.payments.reconcile import reconcile_next_bill
from yellowcart.payments.references import reference_of
from yellowcart.payments.refund_desk import done_by_hand
from yellowcart.payments.timers import carry_out_refunds

DAY = date(2022, 2, 25)
NOON = "2022-02-25 12:00:00"
NEXT_MORNING = datetime(2022, 2, 26, 10, 31, tzinfo=SHANGHAI)


async def reconcile(paying: PayingWorld) -> int:
    """Compare whatever is due; answers how many bills were looked at."""
    looked_at = 0
    while await reconcile_next_bill(paying.database, paying.gateways):
        looked_at += 1
    return looked_at


async def bills(paying: PayingWorld, provider: str) -> list[tuple[date, str, int, int, int]]:
    """Day, state, paid, refunded and findings of a provider's bills."""
    async with paying.database.reading() as reader:
        rows = await reader.records(
            "SELECT day, state, paid_fen, refunded_fen, findings FROM provider_bill"
            " WHERE provider = %(provider)s ORDER BY day",
            provider=provider,
        )
    return [tuple(row.values()) for row in rows]


async def test_a_bill_that_fits_finds_nothing(paying: PayingWorld, still_clock: clock.Clock) -> None:
    placed, _, reference = await paying.paid()
    refund = await refund_of(paying, placed, await ask_back(paying, placed, 1_000))
    await carry_out_refunds(paying.database)
    rows = [
        paying.wechat.bill_row(reference, moment=NOON),
        paying.wechat.bill_row(reference, refund.reference, moment=NOON),
    ]
    paying.wechat.put_bill(str(DAY), rows)
    assert await reconcile(paying) == 0, "the day is not over"
    still_clock.freeze(NEXT_MORNING)
    assert await reconcile(paying) == 1
    assert await bills(paying, "wechat") == [(DAY, "compared", 4_990, 1_000, 0)]
    assert await paying.findings() == []
    assert await reconcile(paying) == 0


@pytest.mark.parametrize("method", [PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE])
async def test_what_a_lost_notification_left_behind_is_repaired_and_said(
    paying: PayingWorld, still_clock: clock.Clock, method: PaymentMethod
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed, method)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    server = paying.wechat if cashier.code else paying.alipay
    if cashier.code:
        paying.wechat.pay(reference)
    else:
        paying.alipay.pay(str(cashier.url))
    server.put_bill(str(DAY), [server.bill_row(reference, moment=NOON)])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await order_state(paying.database, placed.shop_id, placed.order_id) == ("paid", None)
    assert await paying.findings() == [("lost_notification", "resolved")]


async def test_a_refund_that_only_the_bill_tells_of_is_written_down(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, reference = await paying.paid()
    paying.wechat.refund_status = "PROCESSING"
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    rows = [
        paying.wechat.bill_row(reference, moment=NOON),
        paying.wechat.bill_row(reference, refund.reference, moment=NOON),
    ]
    paying.wechat.put_bill(str(DAY), rows)
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == [], "a refund that is accepted and still under way is as it should be"
    paying.wechat.refunds[refund.reference].status = "SUCCESS"
    async with paying.database.writing() as writer:
        await writer.run("UPDATE provider_bill SET state = 'awaited', compared_at = NULL")
    await reconcile(paying)
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED
    assert await paying.findings() == [("lost_notification", "resolved")]


async def test_what_nobody_can_explain_is_left_for_an_operator(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, reference = await paying.paid()
    wechat = paying.wechat
    rows = [
        wechat.bill_row(reference, amount="49.91", moment=NOON),
        wechat.bill_row("of-another-system", amount="12.00", moment=NOON),
        wechat.bill_row(reference, reference_of(placed.shop_id, 5_555), amount="3.00", moment=NOON),
        wechat.bill_row(reference, "by-hand-in-their-office", amount="4.00", moment=NOON),
    ]
    wechat.put_bill(str(DAY), rows)
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert sorted(await paying.findings()) == [
        ("amount_differs", "open"),
        ("unknown_payment", "open"),
        ("unknown_refund", "open"),
        ("unknown_refund", "open"),
    ]
    assert (await bills(paying, "wechat"))[0][-1] == 4


async def test_a_row_in_another_currency_does_not_fit(paying: PayingWorld, still_clock: clock.Clock) -> None:
    _, _, reference = await paying.paid()
    paying.wechat.put_bill(str(DAY), [paying.wechat.bill_row(reference, moment=NOON, currency="JPY")])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == [("currency_differs", "open")]


async def test_a_number_of_ours_on_the_wrong_bill_or_beside_another_payment_is_not_ours(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, reference = await paying.paid()
    refund = await refund_of(paying, placed, await ask_back(paying, placed, 1_000))
    await carry_out_refunds(paying.database)
    _, _, beside = await paying.paid()
    _, _, at_alipay = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    wechat, alipay = paying.wechat, paying.alipay
    rows = [wechat.bill_row(each, moment=NOON) for each in (reference, beside)]
    rows += [wechat.bill_row(each, refund.reference, moment=NOON) for each in (reference, beside)]
    wechat.put_bill(str(DAY), rows)
    alipay.put_bill(
        str(DAY),
        [
            alipay.bill_row(at_alipay, moment=NOON),
            alipay.bill_row(at_alipay, refund.reference, amount="10.00", moment=NOON),
        ],
    )
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == [("unknown_refund", "open"), ("unknown_refund", "open")]


async def test_what_stands_on_no_bill_is_found_until_a_later_bill_has_it(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    still_clock.freeze(datetime(2022, 2, 25, 23, 59, 50, tzinfo=SHANGHAI))
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.pay(reference, at=clock.now())
    await paying.settle(placed, cashier)
    paying.wechat.put_bill(str(DAY), [])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == [("missing_there", "open")]
    paying.wechat.put_bill("2022-02-26", [paying.wechat.bill_row(reference, moment="2022-02-26 00:00:01")])
    still_clock.freeze(NEXT_MORNING + timedelta(days=1))
    await reconcile(paying)
    assert await paying.findings() == [("missing_there", "resolved")]


async def test_a_bill_that_is_late_or_broken_is_asked_for_again(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    _, _, reference = await paying.paid()
    still_clock.freeze(NEXT_MORNING)
    with paying.wechat.troubled(refusal=(400, "STATEMENT_CREATING")):
        assert await reconcile(paying) == 1
    paying.wechat.put_bill(str(DAY), [paying.wechat.bill_row(reference, moment=NOON)])
    paying.wechat.broken_digest = True
    still_clock.freeze(NEXT_MORNING + timedelta(hours=1))
    assert await reconcile(paying) == 1
    assert [state for _, state, *_ in await bills(paying, "wechat")] == ["awaited"]
    paying.wechat.broken_digest = False
    still_clock.freeze(NEXT_MORNING + timedelta(hours=2))
    assert await reconcile(paying) == 1
    assert await bills(paying, "wechat") == [(DAY, "compared", 4_990, 0, 0)]


async def test_a_day_without_rows_is_an_empty_bill(paying: PayingWorld, still_clock: clock.Clock) -> None:
    await paying.paid(PaymentMethod.ALIPAY_PAGE)
    paying.alipay.put_empty_bill(str(DAY))
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await bills(paying, "alipay") == [(DAY, "compared", 0, 0, 0)]


@pytest.mark.parametrize("spoiled", ["file", "row"])
async def test_a_bill_that_cannot_be_used_keeps_nobody_elses_from_being_compared(
    paying: PayingWorld, still_clock: clock.Clock, spoiled: str
) -> None:
    _, _, at_alipay = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    _, _, at_wechat = await paying.paid()
    paying.alipay.put_bill(str(DAY), [paying.alipay.bill_row(f"{at_alipay}\0", amount="1.00", moment=NOON)])
    if spoiled == "file":
        content = paying.alipay.bills[str(DAY)]
        locked = content.replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0")
        assert locked != content
        paying.alipay.bills[str(DAY)] = locked
    paying.wechat.put_bill(str(DAY), [paying.wechat.bill_row(at_wechat, moment=NOON)])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await bills(paying, "wechat") == [(DAY, "compared", 4_990, 0, 0)]
    assert [state for _, state, *_ in await bills(paying, "alipay")] == ["awaited"]
    paying.alipay.put_bill(str(DAY), [paying.alipay.bill_row(at_alipay, moment=NOON)])
    still_clock.freeze(NEXT_MORNING + timedelta(hours=1))
    await reconcile(paying)
    assert await bills(paying, "alipay") == [(DAY, "compared", 4_990, 0, 0)]


async def test_however_many_a_day_has_the_one_that_stands_on_no_bill_is_found(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    _, cashier, _ = await paying.paid()
    key = {"id": cashier.payment_id, "noon": datetime(2022, 2, 25, 12, 0, tzinfo=SHANGHAI), "day": DAY}
    async with paying.database.writing() as writer:
        # Ten thousand at the same moment, with which a page of them ends, and ours an hour later.
        await writer.run(
            """
            INSERT INTO payment (
                shop_id, payment_id, order_id, gateway, method, state, amount_fen, prepared_at,
                finished_at, paid_at
            )
            SELECT shop_id, payment_id + n, order_id, gateway, method, 'surplus', amount_fen, prepared_at,
                   finished_at, %(noon)s
            FROM payment, generate_series(1, 10000) AS n
            """,
            **key,
        )
        await writer.run(
            "UPDATE payment SET paid_at = %(noon)s + interval '1 hour' WHERE payment_id = %(id)s", **key
        )
        others = await writer.records("SELECT shop_id, payment_id FROM payment WHERE state = 'surplus'")
        await writer.run(
            """
            INSERT INTO provider_bill (provider, day, state, ask_at, compared_at)
            VALUES ('wechat', %(day)s::date - 20, 'compared', %(noon)s, %(noon)s)
            """,
            **key,
        )
        await writer.run(
            """
            INSERT INTO provider_bill_line (provider, reference, day, provider_reference, amount_fen, booked_at)
            SELECT 'wechat', reference, %(day)s::date - 20, '', 1, %(noon)s
            FROM unnest(%(references)s::text[]) AS reference
            """,
            references=[reference_of(row["shop_id"], row["payment_id"]) for row in others],
            **key,
        )
    paying.wechat.put_bill(str(DAY), [])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == [("missing_there", "open")]


@pytest.mark.parametrize("refund_status", ["ABNORMAL", "SUCCESS"])
async def test_a_refund_by_hand_whose_acceptance_stands_on_the_bill_is_given_twice_only_if_the_provider_did_it(
    paying: PayingWorld, still_clock: clock.Clock, refund_status: str
) -> None:
    placed, _, reference = await paying.paid()
    paying.wechat.refund_status = "ABNORMAL"
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    still_clock.freeze(clock.now() + timedelta(minutes=6))
    person = (await sign_in_as(paying.database, Role.OPERATOR)).person
    await done_by_hand(paying.database, paying.gateways, person, placed.shop_id, refund_id, "BANK 1234")
    paying.wechat.refunds[refund.reference].status = refund_status
    rows = [paying.wechat.bill_row(reference, number, moment=NOON) for number in ("", refund.reference)]
    paying.wechat.put_bill(str(DAY), rows)
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == ([] if refund_status == "ABNORMAL" else [("state_differs", "open")])


async def test_the_acceptance_of_a_refund_that_came_to_nothing_stands_in_nobodys_way(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, reference = await paying.paid()
    paying.wechat.refund_status = "ABNORMAL"
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    rows = [paying.wechat.bill_row(reference, number, moment=NOON) for number in ("", refund.reference)]
    paying.wechat.put_bill(str(DAY), rows)
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == []
    person = (await sign_in_as(paying.database, Role.OPERATOR)).person
    await done_by_hand(paying.database, paying.gateways, person, placed.shop_id, refund_id, "BANK 1234")


async def test_a_refund_without_a_number_of_ours_is_no_payment(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    _, _, reference = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    alipay = paying.alipay
    alipay.put_bill(str(DAY), [alipay.bill_row(reference, amount="49.90", moment=NOON, is_refund=True)])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == [("unknown_refund", "open")]
    assert await bills(paying, "alipay") == [(DAY, "compared", 0, 4_990, 1)]


async def test_the_sandbox_has_a_bill_too(paying: PayingWorld, still_clock: clock.Clock) -> None:
    from yellowcart.payments.pay import open_cashier, settle_payment
    from yellowcart.payments.providers import open_gateways

    gateways = open_gateways(paying.database, None, sandbox=True)
    placed = await paying.order()
    key = (placed.shop_id, placed.order_id)
    cashier = await open_cashier(paying.database, gateways, paying.buyer, *key)
    await gateways.sandbox.pay(await gateways.sandbox.read(f"{placed.shop_id}-{cashier.payment_id}"))
    await settle_payment(paying.database, gateways, placed.shop_id, cashier.payment_id)
    await ask_back(paying, placed, 500)
    await carry_out_refunds(paying.database)
    still_clock.freeze(NEXT_MORNING)
    assert await reconcile_next_bill(paying.database, gateways) == 1
    assert await bills(paying, "sandbox") == [(DAY, "compared", 4_990, 500, 0)]
    assert await paying.findings() == []


async def test_an_operator_decides_a_finding_once_and_says_why(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    _, _, reference = await paying.paid()
    row = paying.wechat.bill_row("of-another-system", amount="12.00", moment=NOON)
    paying.wechat.put_bill(str(DAY), [row, paying.wechat.bill_row(reference, moment=NOON)])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    person = (await sign_in_as(paying.database, Role.OPERATOR)).person
    async with paying.database.reading() as reader:
        finding_id = await reader.value("SELECT finding_id FROM payment_finding")
    async with paying.database.writing() as writer:
        with pytest.raises(InvalidFields):
            await decide_finding(writer, person, finding_id, FindingState.IGNORED, " ")
        with pytest.raises(FindingUnknown):
            await decide_finding(writer, person, 1, FindingState.IGNORED, "ours")
        with pytest.raises(FindingMoved):
            await decide_finding(writer, person, finding_id, FindingState.OPEN, "ours")
        await decide_finding(writer, person, finding_id, FindingState.IGNORED, "the other shop system's")
        with pytest.raises(FindingMoved):
            await decide_finding(writer, person, finding_id, FindingState.RESOLVED, "again")
    async with paying.database.writing() as writer:
        await writer.run("UPDATE provider_bill SET state = 'awaited', compared_at = NULL")
    await reconcile(paying)
    assert await paying.findings() == [("unknown_payment", "ignored")], "what was ignored stays so"
