"""Arbitration and deadlines for operators' programs."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.arbitrate import arbitrate, platform_close
from yellowcart.aftersales.claims import Claim, claim_case, release_case
from yellowcart.aftersales.deadline_settings import DeadlineSetting, deadline_settings, set_deadline
from yellowcart.aftersales.deadlines import Deadline
from yellowcart.aftersales.detail import CaseDetail, case_of_platform
from yellowcart.aftersales.model import AftersaleId, Case, CaseState
from yellowcart.aftersales.queries import CaseSummary, cases_in_arbitration
from yellowcart.aftersales.turn_bodies import DeadlineBody, DecisionBody, TurnBody
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import Page

OPERATOR = allow(Role.OPERATOR)
CASE = "/arbitration/{shop_id:int}/{aftersale_id:int}"
StateFilter = Annotated[CaseState | None, QueryParameter(name="state")]


class Deadlines(msgspec.Struct, frozen=True):
    """Every deadline of after-sales."""

    deadlines: list[DeadlineSetting]


@get("/arbitration", guards=[OPERATOR])
async def desk(
    database: NamedDependency[Database],
    only: StateFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[CaseSummary]:
    """After-sales in which the platform was called, the most urgent first."""
    async with database.reading() as reader:
        return await cases_in_arbitration(reader, only=only, cursor=cursor, size=size)


@get(CASE, guards=[OPERATOR])
async def one(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> CaseDetail:
    """One after-sale, of any shop."""
    async with database.reading() as reader:
        return await case_of_platform(reader, person, ShopId(shop_id), AftersaleId(aftersale_id))


@post(f"{CASE}/claim", guards=[OPERATOR], status_code=200)
async def take(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Claim:
    """Take a case, so that no other operator decides it for two hours. Taking it again begins them anew."""
    async with database.writing() as writer:
        return await claim_case(writer, person, ShopId(shop_id), AftersaleId(aftersale_id))


@delete(f"{CASE}/claim", guards=[OPERATOR])
async def put_back(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Give a taken case back to the queue."""
    async with database.writing() as writer:
        await release_case(writer, person, ShopId(shop_id), AftersaleId(aftersale_id))


@post(f"{CASE}/decide", guards=[OPERATOR], status_code=200)
async def decide(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[DecisionBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """Decide for the buyer, for the shop, on an amount, or ask a side for more; say why. Never as a party."""
    async with database.writing() as writer:
        return await arbitrate(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.decision(),
            data.said(),
            version=data.version,
        )


@post(f"{CASE}/close", guards=[OPERATOR], status_code=200)
async def close(
    shop_id: FromPath[int],
    aftersale_id: FromPath[int],
    data: JSONBody[TurnBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Case:
    """End an after-sale without a decision; say why. Never as a party."""
    async with database.writing() as writer:
        return await platform_close(
            writer,
            person,
            ShopId(shop_id),
            AftersaleId(aftersale_id),
            data.said(),
            version=data.version,
        )


@get("/aftersale-deadlines", guards=[OPERATOR])
async def deadlines(database: NamedDependency[Database]) -> Deadlines:
    """How long each turn may take, with the defaults; seconds."""
    async with database.reading() as reader:
        return Deadlines(await deadline_settings(reader))


@put("/aftersale-deadlines/{deadline:str}", guards=[OPERATOR])
async def change_deadline(
    deadline: FromPath[Deadline],
    data: JSONBody[DeadlineBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Deadlines:
    """Give a deadline another length; what runs already keeps its end."""
    async with database.writing() as writer:
        await set_deadline(writer, person, deadline, data.seconds)
        return Deadlines(await deadline_settings(writer))


ROUTES = Router(
    "/api/v1",
    route_handlers=[desk, one, take, put_back, decide, close, deadlines, change_deadline],
    tags=["arbitration"],
)
