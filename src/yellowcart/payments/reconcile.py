"""Holding the providers' daily bills against our books, day by day.

A bill's lines are kept, and compared by our own references, not by the day: a payment at midnight may stand on
either day's bill, and both are right. What a lost notification left behind is asked for and written down, and a
finding says so; what cannot be set right so is left for an operator.

Sources: 微信支付 APIv3, 申请交易账单 (the bill of a day is there from ten o'clock on the next; only payments that
succeeded are on it; 交易账单文件格式说明: refunds stand on the day on which they were accepted);
支付宝开放平台, alipay.data.dataservice.bill.downloadurl.query.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec
import structlog

from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database, Writer
from yellowcart.payments.compare import compare_lines
from yellowcart.payments.errors import ProviderRefused, ProviderSilent
from yellowcart.payments.gateway import BillLine
from yellowcart.payments.missing import note_missing
from yellowcart.payments.providers import Gateways
from yellowcart.payments.refund_outcome import NO_ANSWER

READY_AT = time(10, 30)
"""From when on the next day a bill is asked for, Asia/Shanghai."""
DAYS_BACK = 7
"""Bills of so many days are asked for; older ones are beyond what a sweep makes up for."""
ASK_AGAIN = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=2)
"""A provider that has no bill so long after a day had nothing on it: some make no bill for an empty day."""
LINES_AT_ONCE = 1_000
NOT_COMPARED = "the bill could not be compared"
"""What operators see of an error of our own; the log has the rest."""

log = structlog.get_logger()


class _Due(msgspec.Struct, frozen=True):
    provider: str
    day: date
    attempts: int


async def reconcile_next_bill(database: Database, gateways: Gateways) -> int:
    """Fetch and compare the bill that waits longest; answers 1, or 0 when none is due."""
    async with database.writing() as writer:
        await _await_bills(writer, gateways.names)
        due = await writer.row(
            _Due,
            """
            SELECT provider, day, attempts FROM provider_bill
            WHERE state = 'awaited' AND ask_at <= %(now)s AND provider = ANY(%(providers)s)
            ORDER BY ask_at, day
            LIMIT 1
            """,
            now=clock.now(),
            providers=list(gateways.names),
        )
    if due is None:
        return 0
    try:
        lines = await gateways.of(due.provider).bill(due.day)
        if lines is None and clock.now() < _ready_at(due.day) + GIVEN_UP_AFTER:
            await _ask_again(database, due, "")
        else:
            await _compare(database, gateways, due, lines or [])
    except (ProviderSilent, ProviderRefused) as error:
        told = error.told() if isinstance(error, ProviderRefused) else NO_ANSWER
        await _ask_again(database, due, told)
    except Exception:
        # Whatever it was, it must not keep the other days and the other provider from their turn.
        log.exception("payments.bill_not_compared", provider=due.provider, day=str(due.day))
        await _ask_again(database, due, NOT_COMPARED)
    return 1


async def _compare(database: Database, gateways: Gateways, due: _Due, lines: Sequence[BillLine]) -> None:
    for begin in range(0, len(lines), LINES_AT_ONCE):
        async with database.writing() as writer:
            await _keep_lines(writer, due, lines[begin : begin + LINES_AT_ONCE])
    findings = 0
    for begin in range(0, len(lines), LINES_AT_ONCE):
        findings += await compare_lines(
            database, gateways, due.provider, due.day, lines[begin : begin + LINES_AT_ONCE]
        )
    findings += await note_missing(database, due.provider, due.day, *_day(due.day))
    async with database.writing() as writer:
        await _mark_compared(writer, due, lines, findings)
    log.info(
        "payments.bill_compared", provider=due.provider, day=str(due.day), lines=len(lines), findings=findings
    )


async def _await_bills(writer: Writer, providers: Sequence[str]) -> None:
    """Have a row for each provider and each of the last days on which it has opened payments at all."""
    today = clock.now().astimezone(SHANGHAI).date()
    days = [today - timedelta(days=back) for back in range(1, DAYS_BACK + 1)]
    await writer.run(
        """
        INSERT INTO provider_bill (provider, day, state, ask_at)
        SELECT wanted.provider, wanted.day, 'awaited', wanted.ask_at
        FROM (
            SELECT provider, day, ask_at
            FROM unnest(%(providers)s::text[]) AS asked (provider)
            CROSS JOIN unnest(%(days)s::date[], %(moments)s::timestamptz[]) AS past (day, ask_at)
        ) AS wanted
        WHERE EXISTS (SELECT FROM payment WHERE prepared_at < wanted.ask_at AND gateway = wanted.provider)
        ON CONFLICT DO NOTHING
        """,
        providers=list(providers),
        days=days,
        moments=[_ready_at(day) for day in days],
    )


async def _keep_lines(writer: Writer, due: _Due, lines: Sequence[BillLine]) -> None:
    await writer.run(
        """
        INSERT INTO provider_bill_line (
            provider, reference, refund_reference, day, provider_reference, amount_fen, booked_at
        )
        SELECT %(provider)s, reference, refund_reference, %(day)s, provider_reference, amount_fen, booked_at
        FROM unnest(%(references)s::text[], %(refund_references)s::text[], %(provider_references)s::text[],
                    %(amounts)s::bigint[], %(moments)s::timestamptz[])
            AS line (reference, refund_reference, provider_reference, amount_fen, booked_at)
        ON CONFLICT DO NOTHING
        """,
        provider=due.provider,
        day=due.day,
        references=[line.reference[:64] for line in lines],
        refund_references=[line.refund_reference[:64] for line in lines],
        provider_references=[line.provider_reference[:64] for line in lines],
        amounts=[line.amount_fen for line in lines],
        moments=[line.booked_at for line in lines],
    )


async def _mark_compared(writer: Writer, due: _Due, lines: Sequence[BillLine], findings: int) -> None:
    paid = [line.amount_fen for line in lines if not line.refund_reference]
    refunded = [line.amount_fen for line in lines if line.refund_reference]
    await writer.run(
        """
        UPDATE provider_bill
        SET state = 'compared', compared_at = %(now)s, attempts = attempts + 1, failure = '',
            payments = %(payments)s, refunds = %(refunds)s, paid_fen = %(paid_fen)s,
            refunded_fen = %(refunded_fen)s, findings = %(findings)s
        WHERE provider = %(provider)s AND day = %(day)s
        """,
        now=clock.now(),
        payments=len(paid),
        refunds=len(refunded),
        paid_fen=sum(paid),
        refunded_fen=sum(refunded),
        findings=findings,
        provider=due.provider,
        day=due.day,
    )


async def _ask_again(database: Database, due: _Due, failure: str) -> None:
    async with database.writing() as writer:
        await writer.run(
            """
            UPDATE provider_bill SET attempts = attempts + 1, failure = %(failure)s, ask_at = %(ask_at)s
            WHERE provider = %(provider)s AND day = %(day)s
            """,
            failure=failure[:300],
            ask_at=clock.now() + ASK_AGAIN,
            provider=due.provider,
            day=due.day,
        )


def _day(day: date) -> tuple[datetime, datetime]:
    """The moments between which a day of Asia/Shanghai lies."""
    begin = datetime.combine(day, time(), SHANGHAI)
    return begin, begin + timedelta(days=1)


def _ready_at(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), READY_AT, SHANGHAI)
