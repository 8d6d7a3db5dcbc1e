"""Asking for an after-sale, and changing what was asked: first what, then how much, why and with which evidence.
What it comes to is reckoned by the rules that decide, and explained before it is sent."""

from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.aftersales.detail import case_of_buyer
from yellowcart.aftersales.model import Action, Actor, AftersaleId, AutoRule, Case
from yellowcart.aftersales.open_case import NewCase, open_case
from yellowcart.aftersales.preview import LineToAsk, Preview, line_of_buyer, preview
from yellowcart.aftersales.reasons import LEAVES_AGAIN, CaseKind
from yellowcart.consoles.buyer.aftersale_acts import BUYER_ACTS
from yellowcart.consoles.buyer.aftersales import path_of
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.case_forms import (
    EVIDENCE_FIELD,
    CaseForm,
    amount_in,
    carry_out,
    kind_in,
    number_in,
    reason_in,
    received_in,
    said_in,
    whole_in,
)
from yellowcart.consoles.case_view import WORDS
from yellowcart.consoles.forms import fresh_request_key
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.uploads.received import MultipartForm, text_of
from yellowcart.uploads.rules import FORM_BYTES_MAX
from yellowcart.uploads.storage import UploadStorage

WHOLE_ONLY = frozenset({CaseKind.REFUND_UNSHIPPED, CaseKind.PRICE_PROTECTION, *LEAVES_AGAIN})
"""Kinds for which no amount is typed: it is the whole, or nothing."""


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is about: a line of an order, and the case that is changed, if one is."""

    shop_id: ShopId
    order_id: OrderId
    order_line_id: OrderLineId
    case: Case | None = None

    @property
    def reckoned_at(self) -> str:
        """Where it is reckoned what a request comes to."""
        return f"/aftersales/reckon/{self.shop_id}/{self.order_id}/{self.order_line_id}"

    @property
    def address(self) -> dict[str, object]:
        """What an address names it by."""
        named: dict[str, object] = {
            "shop": self.shop_id,
            "order": self.order_id,
            "line": self.order_line_id,
        }
        return named if self.case is None else named | {"case": self.case.aftersale_id}


@get("/aftersales/new", guards=[SIGNED_IN])
async def new_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    shop: FromQuery[int] = 0,
    order: FromQuery[int] = 0,
    line: FromQuery[int] = 0,
    kind: FromQuery[str] = "",
) -> Response[str] | Redirect:
    """What can be asked of a line of an order; with `kind`, the form that asks for it. Without a line, the orders
    from which one is chosen."""
    if not (shop and order and line):
        return Redirect("/orders", status_code=303)
    asking = Asking(shop_id=ShopId(shop), order_id=OrderId(order), order_line_id=OrderLineId(line))
    return await _request_page(request, database, person, asking, kind_in(kind), CaseForm())


@post("/aftersales/new", guards=[SIGNED_IN], status_code=200, request_max_body_size=FORM_BYTES_MAX)
async def ask(
    request: AnyRequest,
    data: MultipartForm,
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Ask; a rule may grant it at once."""
    numbers = [number_in(text_of(data, name)) or 0 for name in ("shop", "order", "line")]
    asking = Asking(
        shop_id=ShopId(numbers[0]), order_id=OrderId(numbers[1]), order_line_id=OrderLineId(numbers[2])
    )
    kind = kind_in(text_of(data, "kind"))
    if kind is None:
        raise NotFound

    async def open_it(writer: Writer, kept: tuple[int, ...]) -> Case:
        said = said_in(data, kept)
        reason = reason_in(text_of(data, "reason"))
        new = NewCase(
            order_line_id=asking.order_line_id,
            kind=kind,
            reason=reason,
            quantity=whole_in(data, "quantity"),
            amount_fen=amount_in(data),
            goods_received=received_in(text_of(data, "goods_received"), kind, reason),
            words=said.words,
            evidence=said.evidence,
        )
        content = [numbers, kind, new.reason, new.quantity, new.amount_fen, new.words]
        key = request_key(person.person_id, text_of(data, "request_key"), content)
        return await once(
            writer,
            "aftersales:page:open",
            key,
            Case,
            lambda: open_case(writer, person, asking.shop_id, asking.order_id, new),
        )

    done = await carry_out(database, upload_storage, person, data, open_it, locale_of(request))
    if isinstance(done, CaseForm):
        return await _request_page(request, database, person, asking, kind, done)
    granted = done.auto_rule is not None
    return go_to(path_of(done), flash=_granted(done.auto_rule) if granted else N_("Sent. The shop has to answer."))


def _granted(rule: AutoRule | None) -> str:
    if rule in {AutoRule.NO_REASON_IN_TIME, AutoRule.QUALITY_RETURN}:
        return N_("Granted at once. Now send the goods back.")
    return N_("Granted at once. Your money is on its way back.")


@get("/aftersales/{shop_id:int}/{aftersale_id:int}/change", guards=[SIGNED_IN])
async def change_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    kind: FromQuery[str] = "",
) -> Response[str] | Redirect:
    """The form that changes what was asked; `kind` asks for something else than before."""
    asking, may = await _asking_anew(database, person, ShopId(shop_id), AftersaleId(aftersale_id))
    assert asking.case is not None
    if not may:
        return Redirect(path_of(asking.case), status_code=303)
    return await _request_page(request, database, person, asking, kind_in(kind) or asking.case.kind, CaseForm())


@post(
    "/aftersales/{shop_id:int}/{aftersale_id:int}/change",
    guards=[SIGNED_IN],
    status_code=200,
    request_max_body_size=FORM_BYTES_MAX,
)
async def change(
    request: AnyRequest,
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: MultipartForm,
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Ask for something else."""
    act = BUYER_ACTS["change"]
    key = ShopId(shop_id), AftersaleId(aftersale_id)

    async def change_it(writer: Writer, kept: tuple[int, ...]) -> Case:
        return await act.verb(writer, person, key, data, said_in(data, kept))

    done = await carry_out(database, upload_storage, person, data, change_it, locale_of(request))
    if not isinstance(done, CaseForm):
        return go_to(path_of(done), flash=act.done)
    asking, _ = await _asking_anew(database, person, *key)
    return await _request_page(request, database, person, asking, kind_in(text_of(data, "kind")), done)


@get("/aftersales/reckon/{shop_id:int}/{order_id:int}/{order_line_id:int}", guards=[SIGNED_IN])
async def reckon_part(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    order_line_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    case: FromQuery[int | None] = None,
) -> Response[str]:
    """What a request comes to as it is being typed: the part of the form that explains it."""
    typed = dict(request.query_params)
    without = None if case is None else AftersaleId(case)
    kind = kind_in(str(typed.get("kind", "")))
    if kind is None:
        raise NotFound
    async with database.reading() as reader:
        key = ShopId(shop_id), OrderId(order_id), OrderLineId(order_line_id)
        of = await line_of_buyer(reader, person, *key, without=without)
        try:
            reckoned: Preview | None = await preview(
                reader,
                of,
                kind,
                reason_in(str(typed.get("reason", ""))),
                whole_in(typed, "quantity"),
                amount_in(typed),
            )
            refusal = None
        except Refusal as refused:
            reckoned, refusal = None, refused
    return buyer_page(request, "aftersales/reckoned.html", _reckoned(request, of, kind, reckoned, refusal))


async def _asking_anew(
    database: Database, person: Person, shop_id: ShopId, aftersale_id: AftersaleId
) -> tuple[Asking, bool]:
    """A case that is to be changed, and whether it may be."""
    async with database.reading() as reader:
        detail = await case_of_buyer(reader, person, shop_id, aftersale_id)
    case = detail.case
    asking = Asking(shop_id=shop_id, order_id=case.order_id, order_line_id=case.order_line_id, case=case)
    return asking, Action.CHANGE in detail.may[Actor.BUYER]


async def _request_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    asking: Asking,
    kind: CaseKind | None,
    form: CaseForm,
) -> Response[str]:
    case, values = asking.case, (form.form or {}).get("values", {})
    without = None if case is None else case.aftersale_id
    async with database.reading() as reader:
        of = await line_of_buyer(
            reader, person, asking.shop_id, asking.order_id, asking.order_line_id, without=without
        )
        chosen = None if kind is None else of.askable(kind)
        if kind is None or chosen is None or (chosen.refusal is not None and form.form is None):
            return _kinds_page(request, asking, of)
        reckoned, refusal = None, None
        reason = values.get("reason") or (case.reason if case else (chosen.reasons or ("",))[0])
        try:
            quantity = whole_in(values, "quantity") if "quantity" in values else chosen.most_quantity
            reckoned = await preview(reader, of, kind, reason_in(reason), quantity, amount_in(values))
        except Refusal as refused:
            refusal = refused
    context = _reckoned(request, of, kind, reckoned, refusal) | EVIDENCE_FIELD
    context |= {
        "asking": asking,
        "askable": chosen,
        "case": case,
        "reason": reason,
        "form": form.form,
        "uploads": form.uploads,
        "whole_only": kind in WHOLE_ONLY,
        "request_key": fresh_request_key(),
        "back": path_of(case) if case else f"/aftersales/new?{urlencode(asking.address)}",
    }
    return buyer_page(request, "aftersales/request.html", context, status=form.status)


def _kinds_page(request: AnyRequest, asking: Asking, of: LineToAsk) -> Response[str]:
    locale = locale_of(request)
    here = f"{path_of(asking.case)}/change" if asking.case else "/aftersales/new"
    context = WORDS | {
        "of": of,
        "line": of.line,
        "kinds": [(each, each.refusal.text(locale) if each.refusal else None) for each in of.kinds],
        "leads": lambda kind: f"{here}?{urlencode(asking.address | {'kind': kind.value})}",
        "back": path_of(asking.case) if asking.case else f"/orders/{asking.shop_id}/{asking.order_id}",
    }
    return buyer_page(request, "aftersales/kinds.html", context)


def _reckoned(
    request: AnyRequest, of: LineToAsk, kind: CaseKind, reckoned: Preview | None, refusal: Refusal | None
) -> dict[str, object]:
    return WORDS | {
        "of": of,
        "line": of.line,
        "kind": kind,
        "leaves_again": kind in LEAVES_AGAIN,
        "reckoned": reckoned,
        "problem": refusal.text(locale_of(request)) if refusal else None,
    }


ROUTES = (new_page, ask, change_page, change, reckon_part)
