"""After-sales for shops' programs."""

from datetime import timedelta
from typing import Annotated

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.arbitrate import add_evidence
from yellowcart.aftersales.detail import CaseDetail, case_of_shop
from yellowcart.aftersales.goods_back import confirm_return, name_return_address, reject_return, waive_return
from yellowcart.aftersales.model import Actor, AftersaleId, Case
from yellowcart.aftersales.negotiate import agree, offer, refuse
from yellowcart.aftersales.open_case import SellersRefund, give_money_back
from yellowcart.aftersales.queries import CaseGroup, CaseSummary, cases_due_of_shop, cases_of_shop
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.aftersales.replace import refund_instead, ship_replacement
from yellowcart.aftersales.shop_rules import ShopSettings, change_shop_rules, shop_rules
from yellowcart.aftersales.turn_bodies import (
    AgreeBody,
    ConfirmReturnBody,
    OfferBody,
    ReplacementBody,
    SettingsBody,
    TurnBody,
)
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.orders.wanted import NewAddress

MERCHANT = allow(Role.MERCHANT)
CASE = "/shops/{shop_id:int}/aftersales/{aftersale_id:int}"
GroupFilter = Annotated[CaseGroup, QueryParameter(name="group")]
KindFilter = Annotated[CaseKind | None, QueryParameter(name="kind")]
WithinFilter = Annotated[int | None, QueryParameter(name="within_h", ge=1, le=1_000)]


@get("/shops/{shop_id:int}/aftersales", guards=[MERCHANT])
async def cases(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    group: GroupFilter = CaseGroup.ALL,
    kind: KindFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[CaseSummary]:
    """A shop's after-sales, newest first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await cases_of_shop(reader, ShopId(shop_id), group=group, kind=kind, cursor=cursor, size=size)


@get("/shops/{shop_id:int}/aftersales-due", guards=[MERCHANT])
async def due(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    kind: KindFilter = None,
    within_h: WithinFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[CaseSummary]:
    """After-sales that wait for the shop, the most urgent first; `within_h` keeps those due in so many hours."""
    within = None if within_h is None else timedelta(hours=within_h)
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await cases_due_of_shop(reader, ShopId(shop_id), kind=kind, within=within, cursor=cursor, size=size)


@get(CASE, guards=[MERCHANT])
async def one(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> CaseDetail:
    """One after-sale of a shop."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await case_of_shop(reader, ShopId(shop_id), AftersaleId(aftersale_id))


@post("/shops/{shop_id:int}/orders/{order_id:int}/refunds", guards=[MERCHANT], status_code=201)
async def give(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: JSONBody[SellersRefund],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Give money back without being asked."""
    key = request_key(person.person_id, idempotency_key, (shop_id, order_id, data))
    async with database.writing() as writer:

        async def make() -> Case:
            return await give_money_back(writer, person, ShopId(shop_id), OrderId(order_id), data)

        return await once(writer, "aftersales:give", key, Case, make)


@post(f"{CASE}/agree", guards=[MERCHANT], status_code=200)
async def grant(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[AgreeBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Grant what is asked."""
    async with database.writing() as writer:
        return await agree(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.said(),
            return_address=data.return_address,
            version=data.version,
        )


@post(f"{CASE}/refuse", guards=[MERCHANT], status_code=200)
async def say_no(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Refuse, and say why. A rightful return without a reason cannot be refused."""
    async with database.writing() as writer:
        return await refuse(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.said(),
            version=data.version,
        )


@post(f"{CASE}/offer", guards=[MERCHANT], status_code=200)
async def propose(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[OfferBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Offer another amount or another kind."""
    async with database.writing() as writer:
        return await offer(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.proposed(),
            data.said(),
            return_address=data.return_address,
            version=data.version,
        )


@post(f"{CASE}/waive-return", guards=[MERCHANT], status_code=200)
async def waive(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """The goods are not wanted back."""
    async with database.writing() as writer:
        return await waive_return(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.said(),
            version=data.version,
        )


@put(f"{CASE}/return-address", guards=[MERCHANT])
async def address(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[NewAddress],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Say where the goods are sent back to."""
    async with database.writing() as writer:
        return await name_return_address(writer, person, ShopId(shop_id), AftersaleId(aftersale_id), data)


@post(f"{CASE}/confirm-return", guards=[MERCHANT], status_code=200)
async def take_back(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[ConfirmReturnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """The goods are inspected and taken back; `restock` pieces go on the shelf again."""
    async with database.writing() as writer:
        return await confirm_return(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            restock=data.restock,
            said=data.said(),
            version=data.version,
        )


@post(f"{CASE}/reject-return", guards=[MERCHANT], status_code=200)
async def do_not_take_back(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """The goods are inspected and not taken back as they are; say why."""
    async with database.writing() as writer:
        return await reject_return(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.said(),
            version=data.version,
        )


@post(f"{CASE}/ship-replacement", guards=[MERCHANT], status_code=200)
async def ship(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[ReplacementBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """The replacement was given to a carrier. The waybill is the key: the same again gets the same answer."""
    async with database.writing() as writer:
        return await ship_replacement(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.parcel(),
            data.said(),
            version=data.version,
        )


@post(f"{CASE}/refund-instead", guards=[MERCHANT], status_code=200)
async def pay_instead(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """The goods cannot be replaced: the money goes back."""
    async with database.writing() as writer:
        return await refund_instead(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.said(),
            version=data.version,
        )


@post(f"{CASE}/evidence", guards=[MERCHANT], status_code=200)
async def show(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Show more, as the shop."""
    async with database.writing() as writer:
        return await add_evidence(
            writer, person, ShopId(shop_id), AftersaleId(aftersale_id), data.said(), actor=Actor.SELLER
        )


@get("/shops/{shop_id:int}/aftersale-settings", guards=[MERCHANT])
async def settings(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> ShopSettings:
    """What the shop lets rules decide, and where goods are sent back to."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await shop_rules(reader, ShopId(shop_id))


@put("/shops/{shop_id:int}/aftersale-settings", guards=[MERCHANT])
async def change_settings(
    shop_id: FromPath[int],
    data: JSONBody[SettingsBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> ShopSettings:
    """Choose the rules, whole, and the address for returns."""
    async with database.writing() as writer:
        return await change_shop_rules(writer, person, ShopId(shop_id), data.rules, data.return_address)


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        cases, due, one, give, grant, say_no, propose, waive, address, take_back, do_not_take_back, ship,
        pay_instead, show, settings, change_settings,
    ],
    tags=["after-sales of a shop"],
)  # fmt: skip
