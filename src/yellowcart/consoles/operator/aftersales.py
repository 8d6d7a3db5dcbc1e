"""The arbitration desk: cases in which the platform was called, who took which; and all cases of all shops."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.desk_queries import CaseFilter, claims_of, find_cases
from yellowcart.aftersales.freight_owed import freight_owed
from yellowcart.aftersales.model import CaseState
from yellowcart.aftersales.queries import CaseGroup, cases_in_arbitration, counts_of_desk
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.consoles.case_forms import kind_in
from yellowcart.consoles.case_view import WORDS
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.parcels.rules import urgency_of

OPERATOR = allow(Role.OPERATOR)
WAITING: dict[str, CaseState | None] = {
    "": CaseState.ARBITRATION,
    "seller": CaseState.EVIDENCE_OF_SELLER,
    "buyer": CaseState.EVIDENCE_OF_BUYER,
    "all": None,
}
"""The tabs of the desk: what waits for the platform, for the shop, for the buyer, and all of it."""


@get("/arbitration", guards=[OPERATOR])
async def desk_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The queue, those first whose time is over first."""
    show = show if show in WAITING else ""
    async with database.reading() as reader:
        found = await cases_in_arbitration(reader, only=WAITING[show], cursor=cursor)
        claims = await claims_of(reader, found.items)
        counts = await counts_of_desk(reader)
    now = clock.now()
    context = WORDS | {
        "cases": found.items,
        "next_cursor": found.next_cursor,
        "claims": claims,
        "counts": counts,
        "show": show,
        "me": person.person_id,
        "urgency_of": lambda moment: urgency_of(moment, now),
        "as_of": now,
    }
    return operator_page(request, "arbitration", "arbitration.html", context)


@get("/arbitration/badge", guards=[OPERATOR])
async def badge_part(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """How many cases wait for a decision, for the side bar."""
    async with database.reading() as reader:
        counts = await counts_of_desk(reader)
    return page(request, "parts/badge.html", {"number": counts.to_decide})


@get("/aftersales", guards=[OPERATOR])
async def cases_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    show: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    reason: FromQuery[str] = "",
    search: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Every after-sale of every shop, newest first."""
    search = search.strip()[:60]
    wanted = CaseFilter(
        group=CaseGroup(show) if show in set(CaseGroup) else CaseGroup.ALL,
        kind=kind_in(kind),
        reason=Reason(reason) if reason in set(Reason) else None,
        search=search,
        freight_owed=show == "freight_owed",
    )
    async with database.reading() as reader:
        found = await find_cases(reader, wanted, cursor=cursor)
        owed = await freight_owed(reader)
    context = WORDS | {
        "cases": found.items,
        "next_cursor": found.next_cursor,
        "kinds": list(CaseKind),
        "reasons": list(Reason),
        "search": search,
        "owed": owed,
        "filtered": bool(show or kind or reason or search),
    }
    return operator_page(request, "aftersales", "aftersales.html", context)


ROUTES = (desk_page, badge_part, cases_page)
