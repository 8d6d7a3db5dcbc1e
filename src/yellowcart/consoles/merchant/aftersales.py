"""A shop's after-sales: the list by what waits for whom with its clocks, and one case with what can be done."""

from collections.abc import Mapping

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.desk_queries import CaseFilter, ShopFigures, figures_of_shop, find_cases
from yellowcart.aftersales.detail import case_of_shop
from yellowcart.aftersales.model import Actor, AftersaleId, Case, CaseState
from yellowcart.aftersales.queries import COUNTED_MAX, DUE_SOON, CaseGroup, counts_of_shop
from yellowcart.aftersales.reasons import COMES_BACK, CaseKind
from yellowcart.aftersales.rules import is_simple
from yellowcart.aftersales.shop_rules import shop_rules
from yellowcart.aftersales.wording import REASON_NAMES
from yellowcart.catalog.model import Shop
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.case_forms import EVIDENCE_FIELD, CaseForm, carry_out, kind_in, said_in
from yellowcart.consoles.case_view import WORDS, CaseView, view_case
from yellowcart.consoles.merchant.aftersale_acts import SHOP_ACTS, Key, ShopAct
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.pasted_address import written_address
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.parcels.carriers import carrier_name, carrier_options
from yellowcart.parcels.rules import urgency_of
from yellowcart.uploads.received import MultipartForm
from yellowcart.uploads.rules import FORM_BYTES_MAX
from yellowcart.uploads.storage import UploadStorage

MERCHANT = allow(Role.MERCHANT)
CASE = "/merchant/{shop_id:int}/aftersales/{aftersale_id:int}"

TABS: dict[str, CaseFilter] = {
    "": CaseFilter(group=CaseGroup.FOR_SELLER, urgent_first=True),
    "inspection": CaseFilter(group=CaseGroup.FOR_SELLER, only=CaseState.AWAITING_INSPECTION, urgent_first=True),
    "buyer": CaseFilter(group=CaseGroup.FOR_BUYER),
    "arbitration": CaseFilter(group=CaseGroup.IN_ARBITRATION),
    "refunding": CaseFilter(group=CaseGroup.REFUNDING),
    "ended": CaseFilter(group=CaseGroup.ENDED),
    "all": CaseFilter(group=CaseGroup.ALL),
}
"""What each tab of the list shows; the first is what waits for the shop, the most urgent first."""


@get("/merchant/{shop_id:int}/aftersales", guards=[MERCHANT])
async def case_list(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    soon: FromQuery[str] = "",
    search: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The shop's after-sales; a search looks through all of them."""
    search = search.strip()[:60]
    wanted = msgspec.structs.replace(
        TABS["all" if search else show if show in TABS else ""],
        shop_id=ShopId(shop_id),
        kind=kind_in(kind),
        within=DUE_SOON if soon else None,
        search=search,
    )
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        found = await find_cases(reader, wanted, cursor=cursor)
        counts = await counts_of_shop(reader, shop.shop_id)
        settings = await shop_rules(reader, shop.shop_id)
    now = clock.now()
    has_address = settings.return_address is not None
    simple = {
        case.aftersale_id for case in found.items if is_simple(case.state, case.kind, has_address=has_address)
    }
    context = WORDS | {
        "cases": found.items,
        "next_cursor": found.next_cursor,
        "counts": counts,
        "counted_max": COUNTED_MAX,
        "show": show,
        "search": search,
        "filtered": bool(kind or soon or search),
        "kinds": list(CaseKind),
        "urgency_of": lambda moment: urgency_of(moment, now),
        "simple": simple,
        "may_many": len(simple) > 1,
        "here": shop_path(shop, "/aftersales"),
        "has_address": has_address,
    }
    return _page(request, shop, "aftersales.html", context)


@get("/merchant/{shop_id:int}/aftersales/figures", guards=[MERCHANT])
async def figures_part(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """What is open and due, the refund rate, and why buyers ask; asked for by the list once it stands."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        counts = await counts_of_shop(reader, shop.shop_id)
        figures = await figures_of_shop(reader, shop.shop_id)
    option = reasons_option(figures, locale_of(request)) if figures.opened else None
    context = {"counts": counts, "figures": figures, "option": option, "counted_max": COUNTED_MAX}
    return _page(request, shop, "aftersale_figures.html", context)


@get("/merchant/{shop_id:int}/aftersales/badge", guards=[MERCHANT])
async def badge_part(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """How many cases wait for the shop, for the side bar."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        counts = await counts_of_shop(reader, ShopId(shop_id))
    return page(request, "parts/badge.html", {"number": counts.for_seller})


@get(CASE, guards=[MERCHANT])
async def case_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One after-sale."""
    return await _case_page(request, database, person, (ShopId(shop_id), AftersaleId(aftersale_id)))


@get(f"{CASE}/{{do:str}}", guards=[MERCHANT])
async def act_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    do: FromPath[str],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One after-sale with the form by which something is done, as far as it is possible (still)."""
    _act(do)
    return await _case_page(request, database, person, (ShopId(shop_id), AftersaleId(aftersale_id)), do)


@post(f"{CASE}/{{do:str}}", guards=[MERCHANT], status_code=200, request_max_body_size=FORM_BYTES_MAX)
async def act(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    do: FromPath[str],
    data: MultipartForm,
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Do it, or say at its field why not, with everything that was typed."""
    wanted, key = _act(do), (ShopId(shop_id), AftersaleId(aftersale_id))

    async def do_it(writer: Writer, kept: tuple[int, ...]) -> Case:
        return await wanted.verb(writer, person, key, data, said_in(data, kept))

    done = await carry_out(database, upload_storage, person, data, do_it, locale_of(request))
    if isinstance(done, CaseForm):
        return await _case_page(request, database, person, key, do, done)
    return go_to(f"/merchant/{shop_id}/aftersales/{aftersale_id}", flash=wanted.done)


def reasons_option(figures: ShopFigures, locale: Locale) -> dict[str, object]:
    """Cases by reason as lying bars, the most frequent on top."""
    reasons = list(figures.reasons.items())[::-1]
    return {
        "animation": False,
        "grid": {"containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {
            "type": "category",
            "data": [translate(REASON_NAMES[reason], locale) for reason, _ in reasons],
        },
        "series": [
            {
                "type": "bar",
                "name": translate(N_("After-sales"), locale),
                "data": [number for _, number in reasons],
            }
        ],
    }


def _act(do: str) -> ShopAct:
    if do not in SHOP_ACTS:
        raise NotFound
    return SHOP_ACTS[do]


def _page(
    request: AnyRequest, shop: Shop, template: str, context: Mapping[str, object], *, status: int = 200
) -> Response[str]:
    everywhere = console_context(request, shop, "aftersales")
    return page(request, f"merchant/{template}", everywhere | dict(context), status=status)


async def _case_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    key: Key,
    do: str = "",
    form: CaseForm | None = None,
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        shop = await require_member(reader, person, key[0])
        view = await view_case(reader, await case_of_shop(reader, *key), Actor.SELLER, locale)
        settings = await shop_rules(reader, shop.shop_id)
    may = [name for name, each in SHOP_ACTS.items() if each.action in view.may]
    form = form or CaseForm()
    context = WORDS | EVIDENCE_FIELD | _of_case(view, locale)
    context |= {
        "may": may,
        "do": do if do in may and SHOP_ACTS[do].form else _usual(view, may),
        "chosen": do if do in may else "",
        "form": form.form,
        "uploads": form.uploads,
        "asks_address": view.case.kind in COMES_BACK and not view.case.goods_back,
        "known_address": "" if settings.return_address is None else written_address(settings.return_address),
        "carriers": carrier_options(locale),
        "list_path": shop_path(shop, "/aftersales"),
        "path_of_case": shop_path(shop, f"/aftersales/{view.case.aftersale_id}"),
    }
    return _page(request, shop, "aftersale.html", context, status=form.status)


def _usual(view: CaseView, may: list[str]) -> str:
    """The form that stands open where nobody chose one: what the case waits for."""
    usual = {
        CaseState.AWAITING_SELLER: "agree",
        CaseState.AWAITING_INSPECTION: "take-back",
        CaseState.AWAITING_REPLACEMENT: "ship",
        CaseState.EVIDENCE_OF_SELLER: "evidence",
    }
    first = "address" if view.waits_for_address else usual.get(view.case.state, "")
    return first if first in may else ""


def _of_case(view: CaseView, locale: Locale) -> dict[str, object]:
    return {
        "view": view,
        "case": view.case,
        "line": view.detail.line,
        "order": view.detail.order,
        "carrier_name": lambda code: carrier_name(code, locale),
    }


ROUTES = (case_list, figures_part, badge_part, case_page, act_page, act)
