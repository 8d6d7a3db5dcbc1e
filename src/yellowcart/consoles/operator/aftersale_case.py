"""One case before an operator: both sides next to each other, and the decision, looked at again before it holds.

What a decision comes to is found by making it and taking it back: the page that asks "sure?" shows what the same
verb did, not what somebody reckoned beside it.
"""

from typing import NoReturn

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.arbitrate import Decision, Verdict, arbitrate, platform_close
from yellowcart.aftersales.claims import claim_case, claim_of, release_case
from yellowcart.aftersales.desk_queries import past_of_buyer, past_of_shop
from yellowcart.aftersales.detail import case_of_platform
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case
from yellowcart.aftersales.reasons import LEAVES_AGAIN
from yellowcart.aftersales.turns import Said
from yellowcart.consoles.case_forms import amount_in, placed_form, version_in
from yellowcart.consoles.case_view import WORDS, CaseView, view_case
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.parcels.carriers import carrier_name

OPERATOR = allow(Role.OPERATOR)
CASE = "/arbitration/{shop_id:int}/{aftersale_id:int}"
CLOSE = "close"
ACTIONS: dict[str, Action] = {
    Verdict.FOR_BUYER: Action.DECIDE_FOR_BUYER,
    Verdict.SPLIT: Action.DECIDE_SPLIT,
    Verdict.FOR_SELLER: Action.DECIDE_FOR_SELLER,
    Verdict.DEMAND_OF_BUYER: Action.DEMAND_OF_BUYER,
    Verdict.DEMAND_OF_SELLER: Action.DEMAND_OF_SELLER,
    CLOSE: Action.CLOSE,
}
"""What the form offers, and the action of the machine that it is."""

Key = tuple[ShopId, AftersaleId]


class _TakenBack(Exception):
    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case


@get(CASE, guards=[OPERATOR])
async def case_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The case."""
    return await _case_page(request, database, person, (ShopId(shop_id), AftersaleId(aftersale_id)))


@post(f"{CASE}/claim", guards=[OPERATOR], status_code=200)
async def claim(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Take it, so that nobody else decides it meanwhile; with `release`, give it back."""
    key = ShopId(shop_id), AftersaleId(aftersale_id)
    released = bool(data.get("release"))
    try:
        async with database.writing() as writer:
            if released:
                await release_case(writer, person, *key)
            else:
                await claim_case(writer, person, *key)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _case_page(request, database, person, key, (refusal, data))
    if released:
        return go_to("/operator/arbitration", flash=N_("Given back to the queue."))
    return go_to(_path(key), flash=N_("It is yours for two hours."))


@post(f"{CASE}/decide", guards=[OPERATOR], status_code=200)
async def decide(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Show what the decision would come to; with `sure`, decide."""
    key = ShopId(shop_id), AftersaleId(aftersale_id)
    sure = bool(data.get("sure"))
    try:
        if not sure:
            outcome = await _try_out(database, person, key, data)
            return await _sure_page(request, database, person, key, data, outcome)
        async with database.writing() as writer:
            await _decide(writer, person, key, data)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _case_page(request, database, person, key, (refusal, data))
    return go_to("/operator/arbitration", flash=N_("Decided. Both sides have been told."))


async def _decide(writer: Writer, person: Person, key: Key, data: dict[str, str]) -> Case:
    verdict, said = data.get("verdict", ""), Said(words=data.get("words", "").replace("\r\n", "\n"))
    if verdict not in ACTIONS:
        raise InvalidFields({"verdict": N_("Choose a decision.")})
    if verdict == CLOSE:
        return await platform_close(writer, person, *key, said, version=version_in(data))
    takes_amount = verdict in {Verdict.FOR_BUYER, Verdict.SPLIT}
    decision = Decision(verdict=Verdict(verdict), amount_fen=amount_in(data) if takes_amount else None)
    return await arbitrate(writer, person, *key, decision, said, version=version_in(data))


async def _try_out(database: Database, person: Person, key: Key, data: dict[str, str]) -> Case:
    """The case as a decision would leave it; nothing of it stays."""
    try:
        async with database.writing() as writer:
            _take_back(await _decide(writer, person, key, data))
    except _TakenBack as taken_back:
        return taken_back.case


def _take_back(case: Case) -> NoReturn:
    raise _TakenBack(case)


def _path(key: Key) -> str:
    return f"/operator/arbitration/{key[0]}/{key[1]}"


async def _read(request: AnyRequest, database: Database, person: Person, key: Key) -> CaseView:
    async with database.reading() as reader:
        detail = await case_of_platform(reader, person, *key)
        return await view_case(reader, detail, Actor.PLATFORM, locale_of(request))


async def _case_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    key: Key,
    refused: tuple[Refusal, dict[str, str]] | None = None,
) -> Response[str]:
    locale = locale_of(request)
    view = await _read(request, database, person, key)
    async with database.reading() as reader:
        held_by = await claim_of(reader, *key)
        of_buyer = await past_of_buyer(reader, view.case)
        of_shop = await past_of_shop(reader, view.case)
    mine = held_by is not None and held_by.operator_id == person.person_id
    context = WORDS | {
        "view": view,
        "case": view.case,
        "line": view.detail.line,
        "order": view.detail.order,
        "buyer_side": view.shown_by(Actor.BUYER),
        "shop_side": view.shown_by(Actor.SELLER),
        "claim": held_by,
        "mine": mine,
        "may": [name for name, action in ACTIONS.items() if action in view.may],
        "of_buyer": of_buyer,
        "of_shop": of_shop,
        "carrier_name": lambda code: carrier_name(code, locale),
        "takes_money": view.case.kind not in LEAVES_AGAIN,
        "form": placed_form(refused[0], refused[1], locale) if refused else None,
        "path_of_case": _path(key),
    }
    status = status_of(refused[0]) if refused else 200
    return operator_page(request, "arbitration", "aftersale.html", context, status=status)


async def _sure_page(
    request: AnyRequest, database: Database, person: Person, key: Key, data: dict[str, str], outcome: Case
) -> Response[str]:
    view = await _read(request, database, person, key)
    kept = {name: data.get(name, "") for name in ("verdict", "amount", "words", "version")}
    context = WORDS | {
        "view": view,
        "case": view.case,
        "order": view.detail.order,
        "outcome": outcome,
        "kept": kept,
        "path_of_case": _path(key),
    }
    return operator_page(request, "arbitration", "aftersale_sure.html", context)


ROUTES = (case_page, claim, decide)
