"""Payments of all shops: what came and went by provider and day, each attempt with its history, refunds that need
a person, what reconciliation found, and the providers' bills."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.freight_owed import freight_owed
from yellowcart.aftersales.model import case_of_subject
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.kernel.kill_switches import Switch, read_switches
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.payments import desk_queries
from yellowcart.payments.desk_queries import TOTALS_DAYS, DayTotal
from yellowcart.payments.errors import PaymentUnknown, ProviderRefused, ProviderSilent
from yellowcart.payments.findings import decide_finding
from yellowcart.payments.model import FindingState, PaymentState
from yellowcart.payments.pay import settle_payment
from yellowcart.payments.providers import Gateways
from yellowcart.payments.references import read_reference, reference_of
from yellowcart.payments.refund_desk import ask_provider, done_by_hand, try_again
from yellowcart.payments.wording import (
    BILL_WORDS,
    CAUSE_WORDS,
    FAILURE_WORDS,
    FAULT_WORDS,
    FINDING_WORDS,
    METHOD_NAMES,
    NOTE_WORDS,
    OUTCOME_WORDS,
    PROVIDER_WORDS,
)

OPERATOR = allow(Role.OPERATOR)
WORDS: dict[str, object] = {
    "bill_words": BILL_WORDS,
    "case_of_subject": case_of_subject,
    "cause_words": CAUSE_WORDS,
    "failure_words": FAILURE_WORDS,
    "fault_words": FAULT_WORDS,
    "finding_words": FINDING_WORDS,
    "method_names": METHOD_NAMES,
    "note_words": NOTE_WORDS,
    "outcome_words": OUTCOME_WORDS,
    "provider_words": PROVIDER_WORDS,
    "read_reference": read_reference,
    "reference_of": reference_of,
}


@get("/payments", guards=[OPERATOR])
async def payments_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    wanted: Annotated[str, QueryParameter(name="state")] = "",
    provider: FromQuery[str] = "",
    day: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What came and went, and the latest attempts to pay."""
    state = next((each for each in PaymentState if each.value == wanted), None)
    async with database.reading() as reader:
        found = await desk_queries.payments_of_all_shops(
            reader, state=state, gateway=provider or None, day=_day(day), cursor=cursor
        )
        totals = await desk_queries.totals_by_day(reader)
        counts = await desk_queries.desk_counts(reader)
        switch = (await read_switches(reader))[Switch.PAYMENT]
    locale = locale_of(request)
    context = WORDS | {
        "page": found,
        "counts": counts,
        "states": list(PaymentState),
        "providers": sorted({*gateways.real, *gateways.names, *(total.gateway for total in totals)}),
        "figures": _figures(totals),
        "option": totals_option(totals, locale) if totals else None,
        "switch": switch,
        "filtered": bool(state or provider or day),
    }
    return operator_page(request, "payments", "payments.html", context)


@get("/payments/{shop_id:int}/{payment_id:int}", guards=[OPERATOR])
async def payment_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    shop_id: FromPath[int],
    payment_id: FromPath[int],
) -> Response[str]:
    """One attempt to pay with all that belongs to it."""
    return await _payment_page(request, database, ShopId(shop_id), PaymentId(payment_id))


@post("/payments/{shop_id:int}/{payment_id:int}/ask", guards=[OPERATOR], status_code=303)
async def ask(
    shop_id: FromPath[int],
    payment_id: FromPath[int],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
) -> Redirect:
    """Ask the provider now how a payment stands."""
    path = f"/operator/payments/{shop_id}/{payment_id}"
    try:
        await settle_payment(database, gateways, ShopId(shop_id), PaymentId(payment_id))
    except ProviderSilent:
        return go_to(path, flash=N_("The provider does not answer."), kind="error")
    except ProviderRefused as refused:
        told = {"told": refused.told()}
        return go_to(path, flash=N_("The provider refuses: %(told)s"), kind="error", values=told)
    return go_to(path, flash=N_("The provider was asked; this is how it stands."))


@get("/payments/refunds", guards=[OPERATOR])
async def refunds_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    show: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Refunds that the provider will not carry out by itself, and those that it has put off again and again."""
    return await _refunds_page(request, database, show=show, cursor=cursor)


@post("/payments/refunds/{shop_id:int}/{refund_id:int}/again", guards=[OPERATOR], status_code=303)
async def again(
    request: AnyRequest,
    shop_id: FromPath[int],
    refund_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Have a failed refund tried again."""
    try:
        async with database.writing() as writer:
            await try_again(writer, person, ShopId(shop_id), refund_id)
    except Refusal as refusal:
        return await _refunds_page(request, database, refusal=refusal)
    return go_to("/operator/payments/refunds", flash=N_("The provider is asked again within seconds."))


@post("/payments/refunds/{shop_id:int}/{refund_id:int}/ask", guards=[OPERATOR], status_code=303)
async def ask_refund(
    request: AnyRequest,
    shop_id: FromPath[int],
    refund_id: FromPath[int],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Ask the provider how a failed refund stands, before anybody pays it by hand."""
    try:
        await ask_provider(database, gateways, person, ShopId(shop_id), refund_id)
    except Refusal as refusal:
        return await _refunds_page(request, database, refusal=refusal)
    told = N_("The provider has not given this money back and will not: you may give it back by hand.")
    return go_to("/operator/payments/refunds", flash=told)


@post("/payments/refunds/{shop_id:int}/{refund_id:int}/by-hand", guards=[OPERATOR], status_code=303)
async def by_hand(
    request: AnyRequest,
    shop_id: FromPath[int],
    refund_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """The money went back by another way; the receipt says by which. The provider is asked first."""
    receipt = data.get("receipt", "")
    try:
        await done_by_hand(database, gateways, person, ShopId(shop_id), refund_id, receipt)
    except Refusal as refusal:
        return await _refunds_page(request, database, refusal=refusal, values=data, refund_id=refund_id)
    return go_to("/operator/payments/refunds", flash=N_("Noted. The buyer has been told that the money is back."))


@get("/payments/findings", guards=[OPERATOR])
async def findings_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    wanted: Annotated[str, QueryParameter(name="state")] = "open",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What does not fit between the providers' books and ours."""
    return await _findings_page(request, database, wanted=wanted, cursor=cursor)


@post("/payments/findings/{finding_id:int}", guards=[OPERATOR], status_code=303)
async def decide(
    request: AnyRequest,
    finding_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Decide a finding: it is set right, or there is nothing to do."""
    state = FindingState.IGNORED if data.get("decision") == "ignored" else FindingState.RESOLVED
    try:
        async with database.writing() as writer:
            await decide_finding(writer, person, finding_id, state, data.get("note", ""))
    except Refusal as refusal:
        return await _findings_page(request, database, refusal=refusal, values=data, finding_id=finding_id)
    return go_to("/operator/payments/findings", flash=N_("The finding is decided."))


@get("/payments/bills", guards=[OPERATOR])
async def bills_page(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """The providers' daily bills and what comparing them came to."""
    async with database.reading() as reader:
        bills = await desk_queries.latest_bills(reader)
        counts = await desk_queries.desk_counts(reader)
    return operator_page(request, "payments", "payment_bills.html", WORDS | {"bills": bills, "counts": counts})


async def _payment_page(
    request: AnyRequest, database: Database, shop_id: ShopId, payment_id: PaymentId
) -> Response[str]:
    async with database.reading() as reader:
        payment = await desk_queries.listed_payment(reader, shop_id, payment_id)
        if payment is None:
            raise PaymentUnknown
        reference = reference_of(shop_id, payment_id)
        context = WORDS | {
            "payment": payment,
            "reference": reference,
            "attempts": await desk_queries.attempts_of_order(reader, shop_id, payment.order_id),
            "refunds": await desk_queries.refunds_of_payment(reader, shop_id, payment_id),
            "notifications": await desk_queries.notifications_of(reader, payment.gateway, reference),
            "findings": await desk_queries.findings_of(reader, payment.gateway, reference),
        }
    return operator_page(request, "payments", "payment.html", context)


async def _refunds_page(
    request: AnyRequest,
    database: Database,
    *,
    show: str = "",
    cursor: str | None = None,
    refusal: Refusal | None = None,
    values: dict[str, str] | None = None,
    refund_id: int | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        found = await desk_queries.refunds_for_operators(reader, failed=show != "tried", cursor=cursor)
        counts = await desk_queries.desk_counts(reader)
        owed = await freight_owed(reader)
    context = WORDS | {
        "page": found,
        "counts": counts,
        "owed": owed,
        "tried": show == "tried",
        "form": refused_form(refusal, values or {}, locale_of(request)) if refusal else None,
        "refused_id": refund_id,
    }
    status = status_of(refusal) if refusal else 200
    return operator_page(request, "payments", "payment_refunds.html", context, status=status)


async def _findings_page(
    request: AnyRequest,
    database: Database,
    *,
    wanted: str = "open",
    cursor: str | None = None,
    refusal: Refusal | None = None,
    values: dict[str, str] | None = None,
    finding_id: int | None = None,
) -> Response[str]:
    state = next((each for each in FindingState if each.value == wanted), None)
    async with database.reading() as reader:
        found = await desk_queries.findings_page(reader, state=state, cursor=cursor)
        counts = await desk_queries.desk_counts(reader)
    context = WORDS | {
        "page": found,
        "counts": counts,
        "states": list(FindingState),
        "chosen": wanted,
        "form": refused_form(refusal, values or {}, locale_of(request)) if refusal else None,
        "refused_id": finding_id,
    }
    status = status_of(refusal) if refusal else 200
    return operator_page(request, "payments", "payment_findings.html", context, status=status)


def totals_option(totals: Sequence[DayTotal], locale: Locale) -> dict[str, object]:
    """Money that came, stacked by provider, and money that went back, below zero; by day, in fen."""
    today = clock.now().astimezone(SHANGHAI).date()
    days = [today - timedelta(days=back) for back in range(TOTALS_DAYS - 1, -1, -1)]
    of = {(total.gateway, total.day): total for total in totals}
    gateways = sorted({total.gateway for total in totals})
    series: list[dict[str, object]] = [
        {
            "type": "bar",
            "stack": "came",
            "name": translate(PROVIDER_WORDS.get(gateway, gateway), locale),
            "data": [of[gateway, day].paid_fen if (gateway, day) in of else 0 for day in days],
        }
        for gateway in gateways
    ]
    back = [-sum(of[gateway, day].refunded_fen for gateway in gateways if (gateway, day) in of) for day in days]
    series.append(
        {"type": "bar", "stack": "came", "name": translate(N_("Given back"), locale), "tone": "red", "data": back}
    )
    return {
        "animation": False,
        "legend": {"show": True},
        "xAxis": {"type": "category", "data": [day.strftime("%m-%d") for day in days]},
        "yAxis": {"type": "value"},
        "series": series,
    }


def _figures(totals: Sequence[DayTotal]) -> dict[str, object]:
    today = clock.now().astimezone(SHANGHAI).date()
    of_today = [total for total in totals if total.day == today]
    return {
        "today_fen": sum(total.paid_fen for total in of_today),
        "today_payments": sum(total.payments for total in of_today),
        "month_fen": sum(total.paid_fen for total in totals),
        "month_back_fen": sum(total.refunded_fen for total in totals),
        "as_of": clock.now(),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


ROUTES = [
    payments_page,
    payment_page,
    ask,
    refunds_page,
    again,
    ask_refund,
    by_hand,
    findings_page,
    decide,
    bills_page,
]
