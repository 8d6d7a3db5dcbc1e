"""My orders: by what is to be done about them, found by words or number. After-sales are a page of their own."""

from typing import Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.navigation import buyer_page, is_fragment
from yellowcart.consoles.buyer.order_view import seconds_left
from yellowcart.consoles.rendering import AnyRequest, go_to
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.translation import N_
from yellowcart.orders.buyer_orders import (
    STATES_OF,
    BuyerOrder,
    OrderGroup,
    find_orders_of_buyer,
    orders_of_keys,
)
from yellowcart.orders.model import OrderState
from yellowcart.reviews.to_review import orders_to_review

TO_REVIEW, AFTERSALES = "to_review", "aftersale"
TABS: tuple[tuple[str, str], ...] = (
    (OrderGroup.TO_PAY, N_("Awaiting payment")),
    (OrderGroup.TO_SHIP, N_("Awaiting shipment")),
    (OrderGroup.ON_ITS_WAY, N_("On its way")),
    (TO_REVIEW, N_("To review")),
    (AFTERSALES, N_("After-sale")),
    (OrderGroup.CLOSED, N_("Closed")),
)
ELSEWHERE = {AFTERSALES: "/aftersales"}
"""The tabs that are pages of their own, with their address."""
SEARCH_LENGTH_MAX = 60
TO_SAY = {
    OrderGroup.TO_PAY: N_("Nothing waits for your payment."),
    OrderGroup.TO_SHIP: N_("Nothing waits to be shipped to you."),
    OrderGroup.ON_ITS_WAY: N_("Nothing is on its way to you."),
    TO_REVIEW: N_("What you have received can be rated here."),
    OrderGroup.CLOSED: N_("None of your orders ended without a purchase."),
}


@get("/", guards=[SIGNED_IN])
async def my_orders(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    search: FromQuery[str] = "",
    chosen: Annotated[OrderState | None, QueryParameter(name="state")] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str] | Redirect:
    """My orders, newest first. `state` is how older links name a tab."""
    if show in ELSEWHERE:
        return go_to(ELSEWHERE[show])
    tab = show if show in dict(TABS) else _tab_of(chosen)
    search = search.strip()[:SEARCH_LENGTH_MAX]
    async with database.reading() as reader:
        found = await _find(reader, person.person_id, tab, search, cursor)
    asked = {name: text for name, text in (("show", tab), ("search", search)) if text}
    context = {
        "orders": found.items,
        "next_cursor": found.next_cursor,
        "tab": tab,
        "tabs": [(key, words, ELSEWHERE.get(key, f"/orders?show={key}")) for key, words in TABS],
        "search": search,
        "to_say": TO_SAY.get(tab, ""),
        "more": f"/orders?{urlencode({**asked, 'cursor': found.next_cursor or ''})}",
        "seconds_left": seconds_left,
    }
    template = "orders/cards.html" if is_fragment(request) else "orders/list.html"
    return buyer_page(request, template, context, tab="/orders")


async def _find(
    reader: Reader, person_id: PersonId, tab: str, search: str, cursor: str | None
) -> Page[BuyerOrder]:
    """The page of a tab. Raises CursorBroken."""
    if tab == TO_REVIEW:
        keys = await orders_to_review(reader, person_id, cursor=cursor)
        orders = await orders_of_keys(reader, person_id, [(key.shop_id, key.order_id) for key in keys.items])
        return Page(items=orders, next_cursor=keys.next_cursor)
    group = OrderGroup(tab) if tab else None
    return await find_orders_of_buyer(reader, person_id, group=group, search=search, cursor=cursor)


def _tab_of(state: OrderState | None) -> str:
    return next((group.value for group, states in STATES_OF.items() if state in states), "")
