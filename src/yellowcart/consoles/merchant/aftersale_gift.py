"""Giving money back without being asked: for pieces that cannot be delivered, or as goodwill."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.model import Case
from yellowcart.aftersales.open_case import SellersRefund, give_money_back
from yellowcart.aftersales.preview import line_of_shop
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.case_forms import (
    amount_in,
    kind_in,
    number_in,
    placed_form,
    reason_in,
    whole_in,
)
from yellowcart.consoles.case_view import WORDS
from yellowcart.consoles.forms import FormBody, fresh_request_key
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

MERCHANT = allow(Role.MERCHANT)
GIVEN = (CaseKind.REFUND_UNSHIPPED, CaseKind.REFUND_ONLY)
REASONS = (Reason.OUT_OF_STOCK, Reason.AGREED, Reason.LATE, Reason.QUALITY, Reason.MISSING, Reason.OTHER)
"""Why a shop gives by itself, the most usual first; what fits which kind the rules say."""


@get("/merchant/{shop_id:int}/aftersales/give", guards=[MERCHANT])
async def give_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    order: FromQuery[int] = 0,
    line: FromQuery[int] = 0,
) -> Response[str]:
    """The form that gives money back for a line of an order."""
    return await _give_page(request, database, person, ShopId(shop_id), order, line)


@post("/merchant/{shop_id:int}/aftersales/give", guards=[MERCHANT], status_code=200)
async def give(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Give it back."""
    order, line = (number_in(data.get(name, "")) or 0 for name in ("order", "line"))
    try:
        kind = kind_in(data.get("kind", ""))
        if kind is None:
            raise InvalidFields({"kind": N_("Choose what you give back.")})
        refund = SellersRefund(
            order_line_id=line,
            kind=kind,
            reason=reason_in(data.get("reason", "")),
            quantity=whole_in(data, "quantity"),
            amount_fen=amount_in(data),
            words=data.get("words", ""),
        )
        key = request_key(person.person_id, data.get("request_key"), (shop_id, order, refund))
        async with database.writing() as writer:
            case = await once(
                writer,
                "aftersales:page:give",
                key,
                Case,
                lambda: give_money_back(writer, person, ShopId(shop_id), OrderId(order), refund),
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _give_page(request, database, person, ShopId(shop_id), order, line, (refusal, data))
    return go_to(
        f"/merchant/{shop_id}/aftersales/{case.aftersale_id}",
        flash=N_("Given back. The buyer has been told, and the money is on its way."),
    )


async def _give_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    order: int,
    line: int,
    refused: tuple[Refusal, dict[str, str]] | None = None,
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        of = await line_of_shop(reader, shop_id, OrderId(order), OrderLineId(line))
    kinds = [(of.askable(kind), kind) for kind in GIVEN]
    reasons = {reason for each, _ in kinds for reason in each.reasons}
    context = WORDS | {
        "of": of,
        "line": of.line,
        "order": of.order.order,
        "kinds": [(each, None if each.refusal is None else each.refusal.text(locale)) for each, _ in kinds],
        "reasons": [reason for reason in REASONS if reason in reasons],
        "form": placed_form(refused[0], refused[1], locale) if refused else None,
        "request_key": fresh_request_key(),
        "order_path": shop_path(shop, f"/orders/{order}"),
        "list_path": shop_path(shop, "/aftersales"),
    }
    return page(
        request,
        "merchant/aftersale_give.html",
        console_context(request, shop, "aftersales") | context,
        status=status_of(refused[0]) if refused else 200,
    )


ROUTES = (give_page, give)
