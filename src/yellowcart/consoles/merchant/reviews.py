"""What buyers say of a shop's goods, and the shop's answers."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.ratings import rating_of
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.reviews.answer import answer_part
from yellowcart.reviews.desk_queries import count_to_answer, parts_of_shop
from yellowcart.reviews.model import AnswerFilter, ShowState
from yellowcart.reviews.queries import sum_of_shop
from yellowcart.reviews.rules import ANSWER_LENGTH_MAX, is_answerable
from yellowcart.reviews.wording import HIDE_REASONS, PARTS

MERCHANT = allow(Role.MERCHANT)


@get("/merchant/{shop_id:int}/reviews", guards=[MERCHANT])
async def reviews_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    only: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Reviews and appends, newest first; what waits for an answer by its tab."""
    return await _page(request, database, person, ShopId(shop_id), only=only, cursor=cursor)


@post("/merchant/{shop_id:int}/reviews/{part_id:int}/answer", guards=[MERCHANT], status_code=200)
async def answer(
    request: AnyRequest,
    shop_id: FromPath[int],
    part_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Answer one for the shop, or write the answer anew."""
    only, cursor = data.get("only", ""), data.get("cursor") or None
    try:
        async with database.writing() as writer:
            await answer_part(writer, person, ShopId(shop_id), part_id, data.get("answer", ""))
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(
            request,
            database,
            person,
            ShopId(shop_id),
            only=only,
            cursor=cursor,
            refused=(part_id, form, status_of(refusal)),
        )
    chosen = f"?only={only}" if only in set(AnswerFilter) else ""
    return go_to(f"/merchant/{shop_id}/reviews{chosen}", flash=N_("Answered. The buyer was told."))


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    only: str,
    cursor: str | None,
    refused: tuple[int, Form, int] | None = None,
) -> Response[str]:
    chosen = AnswerFilter(only) if only in set(AnswerFilter) else None
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        found = await parts_of_shop(reader, shop_id, only=chosen, cursor=cursor)
        waiting = await count_to_answer(reader, shop_id)
        total = await sum_of_shop(reader, shop_id)
    now = clock.now()
    refused_part, form, status = refused or (None, None, 200)
    context: dict[str, object] = {
        "parts": found.items,
        "next_cursor": found.next_cursor,
        "waiting": waiting,
        "chosen": chosen,
        "rating": rating_of(total),
        "answerable": {
            part.part_id
            for part in found.items
            if is_answerable(part.state, part.answer.answered_at if part.answer else None, now)
        },
        "shown": ShowState.SHOWN,
        "part_words": PARTS,
        "reasons": HIDE_REASONS,
        "answer_most": ANSWER_LENGTH_MAX,
        "refused_part": refused_part,
        "form": form,
        "as_of": now,
        "here": shop_path(shop, "/reviews"),
        "cursor": cursor or "",
    }
    return page(
        request, "merchant/reviews.html", console_context(request, shop, "reviews") | context, status=status
    )


ROUTES = (reviews_page, answer)
