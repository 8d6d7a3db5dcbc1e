"""Agreeing to many simple after-sales at once: looked at together first, then each for itself."""

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.detail import read_cases
from yellowcart.aftersales.model import AftersaleId, Case
from yellowcart.aftersales.negotiate import agree
from yellowcart.aftersales.rules import is_simple
from yellowcart.aftersales.shop_rules import ShopSettings, shop_rules
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.case_forms import number_in
from yellowcart.consoles.case_view import WORDS
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_

CASES_AT_ONCE_MAX = 50
_CASE = "case."


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A case that was ticked, with the turn that was seen; `problem` says why it was not agreed to."""

    case: Case
    seen: int
    simple: bool
    problem: str | None = None


@post("/merchant/{shop_id:int}/aftersales/agree", guards=[allow(Role.MERCHANT)], status_code=200)
async def agree_to_many(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Show what was ticked; with `sure`, agree to each in a transaction of its own and tell which could not be."""
    here = f"/merchant/{shop_id}/aftersales"
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        settings = await shop_rules(reader, shop.shop_id)
        chosen = await _chosen(reader, shop.shop_id, settings, data)
    if not chosen:
        return go_to(here, flash=N_("Tick at least one after-sale first."), kind="info")
    left = chosen
    if data.get("sure"):
        left = await _agree(database, person, [each for each in chosen if each.simple], request)
        agreed = sum(each.simple for each in chosen) - len(left)
        if not left:
            return go_to(here, flash=N_("Agreed to %(agreed)s after-sales."), values={"agreed": agreed})
    context = WORDS | {
        "chosen": left,
        "simple": [each for each in left if each.simple and each.problem is None],
        "here": shop_path(shop, "/aftersales"),
        "tried": bool(data.get("sure")),
    }
    return page(
        request,
        "merchant/aftersale_bulk.html",
        console_context(request, shop, "aftersales") | context,
        status=409 if data.get("sure") else 200,
    )


async def _chosen(reader: Reader, shop_id: ShopId, settings: ShopSettings, data: dict[str, str]) -> list[Chosen]:
    """The ticked cases of the shop as they stand now; what is not the shop's is passed over."""
    seen = {
        number_in(name.removeprefix(_CASE)) or 0: number_in(typed) or 0
        for name, typed in data.items()
        if name.startswith(_CASE)
    }
    has_address = settings.return_address is not None
    wanted = [AftersaleId(number) for number in seen if number][:CASES_AT_ONCE_MAX]
    return [
        Chosen(
            case=case,
            seen=seen[case.aftersale_id],
            simple=is_simple(case.state, case.kind, has_address=has_address)
            and case.version == seen[case.aftersale_id],
        )
        for case in await read_cases(reader, shop_id, wanted)
    ]


async def _agree(database: Database, person: Person, chosen: list[Chosen], request: AnyRequest) -> list[Chosen]:
    """Those that could not be agreed to, with the reason."""
    left: list[Chosen] = []
    for each in chosen:
        try:
            async with database.writing() as writer:
                await agree(writer, person, each.case.shop_id, each.case.aftersale_id, version=each.seen)
        except Refusal as refusal:
            left.append(msgspec.structs.replace(each, problem=refusal.text(locale_of(request))))
    return left


ROUTES = (agree_to_many,)
