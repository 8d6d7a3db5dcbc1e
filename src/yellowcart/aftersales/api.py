"""After-sales for buyers' programs. Pages call the same verbs; shops' and operators' calls stand in `shop_api` and
`platform_api`."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.aftersales.arbitrate import add_evidence, call_platform
from yellowcart.aftersales.detail import CaseDetail, askable_of_buyer, case_of_buyer
from yellowcart.aftersales.goods_back import send_back
from yellowcart.aftersales.model import Actor, AftersaleId, Case
from yellowcart.aftersales.negotiate import accept_offer, change_case, withdraw_case
from yellowcart.aftersales.open_case import NewCase, cancel_paid_order, open_case
from yellowcart.aftersales.queries import CaseGroup, CaseSummary, cases_of_buyer
from yellowcart.aftersales.replace import confirm_replacement
from yellowcart.aftersales.turn_bodies import (
    AskableAnswer,
    CancelBody,
    ChangeBody,
    SendBackBody,
    TurnBody,
    askable_answer,
)
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey

GroupFilter = Annotated[CaseGroup, QueryParameter(name="group")]


class Cancelled(msgspec.Struct, frozen=True):
    """The cases of a cancelled order, one for each line."""

    cases: list[Case]


@get("/aftersales", guards=[SIGNED_IN])
async def my_cases(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    group: GroupFilter = CaseGroup.ALL,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[CaseSummary]:
    """The signed-in buyer's after-sales, newest first."""
    async with database.reading() as reader:
        return await cases_of_buyer(reader, person.person_id, group=group, cursor=cursor, size=size)


@get("/aftersales/{shop_id:int}/{aftersale_id:int}", guards=[SIGNED_IN])
async def my_case(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> CaseDetail:
    """One of the signed-in buyer's after-sales: its turns, what the amount is made of, who may do what now."""
    async with database.reading() as reader:
        return await case_of_buyer(reader, person, ShopId(shop_id), AftersaleId(aftersale_id))


@get("/orders/{shop_id:int}/{order_id:int}/askable", guards=[SIGNED_IN])
async def what_may_be_asked(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> AskableAnswer:
    """What may be asked of each line of the buyer's order, kind by kind: how much, until when, or why not."""
    async with database.reading() as reader:
        return askable_answer(await askable_of_buyer(reader, person, ShopId(shop_id), OrderId(order_id)))


@post("/orders/{shop_id:int}/{order_id:int}/aftersales", guards=[SIGNED_IN], status_code=201)
async def ask(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: JSONBody[NewCase],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Ask for an after-sale of one line. A rule may grant it at once; `auto_rule` names it then."""
    key = request_key(person.person_id, idempotency_key, (shop_id, order_id, data))
    async with database.writing() as writer:

        async def make() -> Case:
            return await open_case(writer, person, ShopId(shop_id), OrderId(order_id), data)

        return await once(writer, "aftersales:open", key, Case, make)


@post("/orders/{shop_id:int}/{order_id:int}/cancel-paid", guards=[SIGNED_IN], status_code=201)
async def cancel_paid(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: JSONBody[CancelBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Cancelled:
    """Cancel a paid order of which nothing has left: every line is refunded at once."""
    key = request_key(person.person_id, idempotency_key, (shop_id, order_id, data))
    async with database.writing() as writer:

        async def make() -> Cancelled:
            cases = await cancel_paid_order(
                writer, person, ShopId(shop_id), OrderId(order_id), reason=data.reason, words=data.words
            )
            return Cancelled(cases)

        return await once(writer, "aftersales:cancel", key, Cancelled, make)


@post("/aftersales/{shop_id:int}/{aftersale_id:int}/withdraw", guards=[SIGNED_IN], status_code=200)
async def withdraw(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Give it up; not once the goods are on their way back."""
    async with database.writing() as writer:
        return await withdraw_case(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            words=data.words,
            version=data.version,
        )


@post("/aftersales/{shop_id:int}/{aftersale_id:int}/change", guards=[SIGNED_IN], status_code=200)
async def change(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[ChangeBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Ask for something else after the shop said no."""
    async with database.writing() as writer:
        return await change_case(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.request(),
            data.said(),
            version=data.version,
        )


@post("/aftersales/{shop_id:int}/{aftersale_id:int}/accept-offer", guards=[SIGNED_IN], status_code=200)
async def accept(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Take what the shop offers."""
    async with database.writing() as writer:
        return await accept_offer(writer, person, ShopId(shop_id), AftersaleId(aftersale_id), version=data.version)


@post("/aftersales/{shop_id:int}/{aftersale_id:int}/send-back", guards=[SIGNED_IN], status_code=200)
async def sent(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[SendBackBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """The goods were given to a carrier. The waybill is the key: the same parcel again gets the same answer."""
    async with database.writing() as writer:
        return await send_back(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.sent(),
            data.said(),
            version=data.version,
        )


@post("/aftersales/{shop_id:int}/{aftersale_id:int}/confirm-replacement", guards=[SIGNED_IN], status_code=200)
async def replaced(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """The replacement has come."""
    async with database.writing() as writer:
        return await confirm_replacement(
            writer, person, ShopId(shop_id), AftersaleId(aftersale_id), version=data.version
        )


@post("/aftersales/{shop_id:int}/{aftersale_id:int}/call-platform", guards=[SIGNED_IN], status_code=200)
async def call(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Have the platform decide; say why."""
    async with database.writing() as writer:
        return await call_platform(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.said(),
            version=data.version,
        )


@post("/aftersales/{shop_id:int}/{aftersale_id:int}/evidence", guards=[SIGNED_IN], status_code=200)
async def show(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Show more, as the buyer."""
    async with database.writing() as writer:
        return await add_evidence(
            writer, person, ShopId(shop_id), AftersaleId(aftersale_id), data.said(), actor=Actor.BUYER
        )


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        my_cases, my_case, what_may_be_asked, ask, cancel_paid, withdraw, change, accept, sent, replaced, call,
        show,
    ],
    tags=["after-sales"],
)  # fmt: skip
