"""What the operator's payments page reads: payments of all shops, refunds that need a person, findings, bills, and
totals by provider and day. Every list is read by cursor along an index."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.payments.findings import COLUMNS as FINDING_COLUMNS
from yellowcart.payments.findings import Finding
from yellowcart.payments.gateway import NotificationAbout
from yellowcart.payments.model import (
    BillState,
    FindingState,
    NotificationOutcome,
    PaymentMethod,
    PaymentState,
    RefundCause,
    RefundState,
)

NEWEST = 2**53
LATEST_US = 2**53
"""Microseconds since 1970 beyond every moment that a payment can have."""
OF_PAYMENT_MAX = 100
BILLS_SHOWN = 60
TOTALS_DAYS = 30
TRIED_OFTEN = 4
"""A refund that was tried so often without success is shown to operators before it fails."""


class ListedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to pay, as the operator's list shows it. Amounts in fen."""

    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    payment_id: PaymentId
    order_id: OrderId
    gateway: str
    method: PaymentMethod
    state: PaymentState
    amount_fen: int
    refunded_fen: int
    gateway_reference: str | None
    prepared_at: datetime
    paid_at: datetime | None
    finished_at: datetime | None


class ListedRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back, or back, as operators see it. Amount in fen."""

    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    refund_id: int
    number: int
    order_id: OrderId
    payment_id: PaymentId
    gateway: str
    cause: RefundCause
    subject: str
    state: RefundState
    amount_fen: int
    failure: str
    attempts: int
    ask_at: datetime | None
    gateway_reference: str | None
    by_hand_reference: str
    by_hand_name: str | None
    requested_at: datetime
    succeeded_at: datetime | None


class ListedNotification(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider told of a payment."""

    notification_id: str
    about: NotificationAbout
    refund_reference: str
    amount_fen: int | None
    said: str
    outcome: NotificationOutcome
    times: int
    received_at: datetime
    last_at: datetime


class ListedBill(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's day. Amounts in fen."""

    provider: str
    day: date
    state: BillState
    attempts: int
    failure: str
    ask_at: datetime
    payments: int
    refunds: int
    paid_fen: int
    refunded_fen: int
    findings: int
    compared_at: datetime | None


class DayTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider took and gave back on a day of Asia/Shanghai, in fen."""

    day: date
    gateway: str
    payments: int
    paid_fen: int
    refunded_fen: int


class DeskCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for an operator."""

    failed_refunds: int
    open_findings: int


_PAYMENT = """
SELECT payment.shop_id, shop.name AS shop_name, shop.name_en AS shop_name_en, payment.payment_id, payment.order_id,
       payment.gateway, payment.method, payment.state, payment.amount_fen, payment.refunded_fen,
       payment.gateway_reference, payment.prepared_at, payment.paid_at, payment.finished_at
FROM payment
JOIN shop USING (shop_id)
"""
_REFUND = """
SELECT refund.shop_id, shop.name AS shop_name, shop.name_en AS shop_name_en, refund.refund_id,
       coalesce(refund.sent_as, refund.refund_id) AS number, refund.order_id, refund.payment_id, payment.gateway,
       refund.cause, refund.subject, refund.state, refund.amount_fen, refund.failure, refund.attempts,
       refund.ask_at, refund.gateway_reference, refund.by_hand_reference, person.name AS by_hand_name,
       refund.requested_at, refund.succeeded_at
FROM refund
JOIN payment USING (shop_id, payment_id)
JOIN shop ON shop.shop_id = refund.shop_id
LEFT JOIN person ON person.person_id = refund.by_hand_by
"""


async def payments_of_all_shops(
    reader: Reader,
    *,
    state: PaymentState | None = None,
    gateway: str | None = None,
    day: date | None = None,
    order_id: OrderId | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[ListedPayment]:
    """Attempts to pay, the latest first; by state, by provider, by the day of Asia/Shanghai on which they began,
    or those of one order. Raises CursorBroken."""
    before_us, before_id = decode_cursor(cursor, tuple[int, int], (LATEST_US, NEWEST))
    conditions = ["(payment.prepared_at, payment.payment_id) < (%(before_at)s, %(before_id)s)"]
    # Written out one by one, so that each combination gets the plan of its own index.
    if state is not None:
        conditions.append("payment.state = %(state)s")
    if gateway is not None:
        conditions.append("payment.gateway = %(gateway)s")
    if day is not None:
        conditions.append("payment.prepared_at >= %(begin)s AND payment.prepared_at < %(end)s")
    if order_id is not None:
        conditions.append("payment.order_id = %(order_id)s")
    begin = datetime.combine(day or date(2020, 1, 1), time(), SHANGHAI)
    limit = bounded_size(size)
    rows = await reader.rows(
        ListedPayment,
        f"{_PAYMENT} WHERE {' AND '.join(conditions)}"
        " ORDER BY payment.prepared_at DESC, payment.payment_id DESC LIMIT %(limit)s",
        before_at=_moment(before_us),
        before_id=before_id,
        state=state.value if state else None,
        gateway=gateway,
        begin=begin,
        end=begin + timedelta(days=1),
        order_id=order_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (_microseconds(row.prepared_at), row.payment_id))


async def listed_payment(reader: Reader, shop_id: ShopId, payment_id: PaymentId) -> ListedPayment | None:
    """One attempt to pay, of any shop."""
    return await reader.row(
        ListedPayment,
        f"{_PAYMENT} WHERE payment.shop_id = %(shop_id)s AND payment.payment_id = %(payment_id)s",
        shop_id=shop_id,
        payment_id=payment_id,
    )


async def attempts_of_order(reader: Reader, shop_id: ShopId, order_id: OrderId) -> list[ListedPayment]:
    """Every attempt to pay an order, the oldest first."""
    return await reader.rows(
        ListedPayment,
        f"{_PAYMENT} WHERE payment.shop_id = %(shop_id)s AND payment.order_id = %(order_id)s"
        " ORDER BY payment.payment_id LIMIT %(most)s",
        shop_id=shop_id,
        order_id=order_id,
        most=OF_PAYMENT_MAX,
    )


async def refunds_of_payment(reader: Reader, shop_id: ShopId, payment_id: PaymentId) -> list[ListedRefund]:
    """What goes back of a payment, the oldest first."""
    return await reader.rows(
        ListedRefund,
        f"{_REFUND} WHERE refund.shop_id = %(shop_id)s AND refund.payment_id = %(payment_id)s"
        " ORDER BY refund.refund_id LIMIT %(most)s",
        shop_id=shop_id,
        payment_id=payment_id,
        most=OF_PAYMENT_MAX,
    )


async def refunds_for_operators(
    reader: Reader, *, failed: bool, cursor: str | None = None, size: int | None = None
) -> Page[ListedRefund]:
    """Refunds that failed, or those that are being tried again and again, the longest waiting first. Raises
    CursorBroken."""
    after_us, after_id = decode_cursor(cursor, tuple[int, int], (0, 0))
    which = "refund.state = 'failed'" if failed else "refund.state = 'requested' AND refund.attempts >= %(often)s"
    limit = bounded_size(size)
    rows = await reader.rows(
        ListedRefund,
        f"{_REFUND} WHERE {which} AND (refund.requested_at, refund.refund_id) > (%(after_at)s, %(after_id)s)"
        " ORDER BY refund.requested_at, refund.refund_id LIMIT %(limit)s",
        often=TRIED_OFTEN,
        after_at=_moment(after_us),
        after_id=after_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (_microseconds(row.requested_at), row.refund_id))


async def notifications_of(reader: Reader, provider: str, reference: str) -> list[ListedNotification]:
    """What a provider told of a payment and its refunds, the oldest first."""
    return await reader.rows(
        ListedNotification,
        """
        SELECT notification_id, about, refund_reference, amount_fen, said, outcome, times, received_at, last_at
        FROM payment_notification
        WHERE provider = %(provider)s AND reference = %(reference)s
        ORDER BY received_at, notification_id
        LIMIT %(most)s
        """,
        provider=provider,
        reference=reference,
        most=OF_PAYMENT_MAX,
    )


async def findings_page(
    reader: Reader, *, state: FindingState | None, cursor: str | None = None, size: int | None = None
) -> Page[Finding]:
    """Findings, the latest first. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    condition = "" if state is None else "AND state = %(state)s"
    limit = bounded_size(size)
    rows = await reader.rows(
        Finding,
        f"SELECT {FINDING_COLUMNS} FROM payment_finding WHERE finding_id < %(before)s {condition}"  # noqa: S608
        " ORDER BY finding_id DESC LIMIT %(limit)s",
        before=before,
        state=state.value if state else None,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.finding_id,))


async def findings_of(reader: Reader, provider: str, reference: str) -> list[Finding]:
    """What was found about a payment and its refunds, the oldest first."""
    return await reader.rows(
        Finding,
        f"""
        SELECT {FINDING_COLUMNS} FROM payment_finding
        WHERE reference = %(reference)s AND reference <> '' AND provider = %(provider)s
        ORDER BY finding_id
        LIMIT %(most)s
        """,  # noqa: S608
        provider=provider,
        reference=reference,
        most=OF_PAYMENT_MAX,
    )


async def latest_bills(reader: Reader) -> list[ListedBill]:
    """The latest days of every provider, the latest first."""
    return await reader.rows(
        ListedBill,
        """
        SELECT provider, day, state, attempts, failure, ask_at, payments, refunds, paid_fen, refunded_fen,
               findings, compared_at
        FROM provider_bill
        ORDER BY day DESC, provider
        LIMIT %(most)s
        """,
        most=BILLS_SHOWN,
    )


async def totals_by_day(reader: Reader) -> list[DayTotal]:
    """What each provider took and gave back on each of the last days, the oldest first. Money counts on the day on
    which the provider says that it came; refunds on the day on which we know them to be done."""
    today = clock.now().astimezone(SHANGHAI).date()
    begin = datetime.combine(today - timedelta(days=TOTALS_DAYS - 1), time(), SHANGHAI)
    return await reader.rows(
        DayTotal,
        """
        SELECT day, gateway, sum(payments)::bigint AS payments, sum(paid_fen)::bigint AS paid_fen,
               sum(refunded_fen)::bigint AS refunded_fen
        FROM (
            SELECT (paid_at AT TIME ZONE 'Asia/Shanghai')::date AS day, gateway, count(*) AS payments,
                   sum(amount_fen) AS paid_fen, 0 AS refunded_fen
            FROM payment
            WHERE paid_at >= %(begin)s
            GROUP BY 1, 2
            UNION ALL
            SELECT (refund.succeeded_at AT TIME ZONE 'Asia/Shanghai')::date, payment.gateway, 0, 0,
                   sum(refund.amount_fen)
            FROM refund
            JOIN payment USING (shop_id, payment_id)
            WHERE refund.state = 'succeeded' AND refund.succeeded_at >= %(begin)s
            GROUP BY 1, 2
        ) AS moved
        GROUP BY day, gateway
        ORDER BY day, gateway
        LIMIT 1000
        """,
        begin=begin,
    )


async def desk_counts(reader: Reader) -> DeskCounts:
    """How much waits for an operator; counted up to a hundred."""
    found = await reader.row(
        DeskCounts,
        """
        SELECT (SELECT count(*) FROM (SELECT FROM refund WHERE state = 'failed' LIMIT 100) AS failed)
                   AS failed_refunds,
               (SELECT count(*) FROM (SELECT FROM payment_finding WHERE state = 'open' LIMIT 100) AS found)
                   AS open_findings
        """,
    )
    assert found is not None, "a row of counts is always there"
    return found


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=min(max(microseconds, 0), LATEST_US))
