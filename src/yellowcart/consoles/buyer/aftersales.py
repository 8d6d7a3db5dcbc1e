"""My after-sales: the list, one case with both sides' conversation, and what can be done with it now."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.aftersales.detail import case_of_buyer
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case, CaseState
from yellowcart.aftersales.queries import CaseGroup, cases_of_buyer, count_for_buyer
from yellowcart.consoles.buyer.aftersale_acts import BUYER_ACTS, BuyerAct, Key
from yellowcart.consoles.buyer.navigation import buyer_page, is_fragment
from yellowcart.consoles.case_forms import EVIDENCE_FIELD, CaseForm, carry_out, said_in
from yellowcart.consoles.case_view import WORDS, CaseView, seconds_until, view_case
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ShopId
from yellowcart.parcels.carriers import carrier_name, carrier_options
from yellowcart.uploads.received import MultipartForm
from yellowcart.uploads.rules import FORM_BYTES_MAX
from yellowcart.uploads.storage import UploadStorage

GROUPS = (CaseGroup.ALL, CaseGroup.OPEN, CaseGroup.FOR_BUYER, CaseGroup.ENDED)
_FIRST: dict[CaseState, str] = {
    CaseState.AWAITING_BUYER: "change",
    CaseState.AWAITING_RETURN: "send-back",
    CaseState.AWAITING_RECEIPT: "received",
    CaseState.EVIDENCE_OF_BUYER: "evidence",
}
"""What is usually done next where the buyer has to act."""


@get("/aftersales", guards=[SIGNED_IN])
async def my_cases(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """My after-sales, newest first."""
    group = CaseGroup(show) if show in set(GROUPS) else CaseGroup.ALL
    async with database.reading() as reader:
        found = await cases_of_buyer(reader, person.person_id, group=group, cursor=cursor)
    context = WORDS | {
        "cases": found.items,
        "next_cursor": found.next_cursor,
        "group": group,
        "seconds_until": seconds_until,
        "back": "/orders",
    }
    template = "aftersales/cards.html" if is_fragment(request) else "aftersales/list.html"
    return buyer_page(request, template, context, tab="/orders")


@get("/aftersales/badge", guards=[SIGNED_IN])
async def badge_part(
    request: AnyRequest, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str]:
    """How many of my after-sales wait for me, for the tab of orders."""
    async with database.reading() as reader:
        number = await count_for_buyer(reader, person.person_id)
    return page(request, "parts/badge.html", {"number": number})


@get("/aftersales/{shop_id:int}/{aftersale_id:int}", guards=[SIGNED_IN])
async def my_case(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One after-sale: where it stands, what was said, and what can be done now."""
    view = await _view(request, database, person, (ShopId(shop_id), AftersaleId(aftersale_id)))
    return _case_page(request, view)


@get("/aftersales/{shop_id:int}/{aftersale_id:int}/{do:str}", guards=[SIGNED_IN])
async def act_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    do: FromPath[str],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """The form by which something is done; the case's page where that is not possible (any more)."""
    act = _act(do)
    view = await _view(request, database, person, (ShopId(shop_id), AftersaleId(aftersale_id)))
    if not act.form or act.action not in view.may:
        return Redirect(path_of(view.case), status_code=303)
    return _act_page(request, view, do, CaseForm())


@post(
    "/aftersales/{shop_id:int}/{aftersale_id:int}/{do:str}",
    guards=[SIGNED_IN],
    status_code=200,
    request_max_body_size=FORM_BYTES_MAX,
)
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
    wanted = _act(do)
    key = ShopId(shop_id), AftersaleId(aftersale_id)

    async def do_it(writer: Writer, kept: tuple[int, ...]) -> Case:
        return await wanted.verb(writer, person, key, data, said_in(data, kept))

    done = await carry_out(database, upload_storage, person, data, do_it, locale_of(request))
    if not isinstance(done, CaseForm):
        return go_to(path_of(done), flash=wanted.done)
    view = await _view(request, database, person, key)
    if wanted.form and wanted.action in view.may:
        return _act_page(request, view, do, done)
    return _case_page(request, view, done)


def path_of(case: Case) -> str:
    """The page of a case."""
    return f"/aftersales/{case.shop_id}/{case.aftersale_id}"


def _act(do: str) -> BuyerAct:
    if do not in BUYER_ACTS:
        raise NotFound
    return BUYER_ACTS[do]


async def _view(request: AnyRequest, database: Database, person: Person, key: Key) -> CaseView:
    """The buyer's case. Raises AftersaleUnknown for anybody else's."""
    async with database.reading() as reader:
        detail = await case_of_buyer(reader, person, *key)
        return await view_case(reader, detail, Actor.BUYER, locale_of(request))


def _context(request: AnyRequest, view: CaseView) -> dict[str, object]:
    case, detail = view.case, view.detail
    return WORDS | {
        "view": view,
        "case": case,
        "line": detail.line,
        "path_of_case": path_of(case),
        "order_path": f"/orders/{case.shop_id}/{case.order_id}",
        "carrier_name": lambda code: carrier_name(code, locale_of(request)),
    }


def _case_page(request: AnyRequest, view: CaseView, refused: CaseForm | None = None) -> Response[str]:
    may = [do for do, each in BUYER_ACTS.items() if each.action in view.may]
    first = _FIRST.get(view.case.state)
    if Action.ACCEPT_OFFER in view.may:
        first = "accept"
    context = _context(request, view) | {
        "may": may,
        "first": first if first in may else None,
        "error": next(iter(refused.form["errors"].values()), None) if refused and refused.form else None,
        "back": "/aftersales",
    }
    return buyer_page(request, "aftersales/case.html", context, status=refused.status if refused else 200)


def _act_page(request: AnyRequest, view: CaseView, do: str, form: CaseForm) -> Response[str]:
    context = _context(request, view) | EVIDENCE_FIELD
    context |= {
        "do": do,
        "form": form.form,
        "uploads": form.uploads,
        "carriers": carrier_options(locale_of(request)),
        "back": path_of(view.case),
    }
    return buyer_page(request, "aftersales/act.html", context, status=form.status)


ROUTES = (my_cases, badge_part, my_case, act_page, act)
