"""Moderation of reviews: what was held, reported or appealed, and the decision about each."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.reviews.desk_queries import count_queue, moderation_queue, read_part, reports_of_part
from yellowcart.reviews.model import HideReason, QueueFilter, ShowState
from yellowcart.reviews.moderate import Decision, decide_part
from yellowcart.reviews.queries import read_review
from yellowcart.reviews.rules import NOTE_LENGTH_MAX
from yellowcart.reviews.subjects import MODERATORS
from yellowcart.reviews.wording import FINDINGS, HIDE_REASONS, PARTS

MODERATOR = allow(*MODERATORS)
DECIDED = {
    Decision.SHOW: N_("Shown. Readers see it now."),
    Decision.HIDE: N_("Hidden. The author was told why."),
}


@get("/reviews", guards=[MODERATOR])
async def reviews_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    only: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What waits for a moderator, the longest first; by its tab what was hidden."""
    chosen = QueueFilter(only) if only in set(QueueFilter) else None
    async with database.reading() as reader:
        found = await moderation_queue(reader, only=chosen, cursor=cursor)
        counts = await count_queue(reader)
    context = {
        "parts": found.items,
        "next_cursor": found.next_cursor,
        "counts": counts,
        "chosen": chosen,
        "filters": QueueFilter,
        "part_words": PARTS,
        "finding_words": FINDINGS,
        "reasons": HIDE_REASONS,
    }
    return operator_page(request, "reviews", "reviews.html", context)


@get("/reviews/{shop_id:int}/{part_id:int}", guards=[MODERATOR])
async def review_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    part_id: FromPath[int],
    database: NamedDependency[Database],
) -> Response[str]:
    """One part with all that speaks for and against it."""
    return await _page(request, database, ShopId(shop_id), part_id)


@post("/reviews/{shop_id:int}/{part_id:int}", guards=[MODERATOR], status_code=200)
async def decide(
    request: AnyRequest,
    shop_id: FromPath[int],
    part_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Show it or hide it, as it was seen."""
    try:
        decision = next((each for each in Decision if each.value == data.get("decision")), None)
        seen = next((each for each in ShowState if each.value == data.get("seen")), None)
        if decision is None or seen is None:
            raise InvalidFields({"decision": N_("Choose what shall happen.")})
        async with database.writing() as writer:
            await decide_part(
                writer,
                person,
                ShopId(shop_id),
                part_id,
                decision,
                seen=seen,
                reason=next((each for each in HideReason if each.value == data.get("reason")), None),
                note=data.get("note", ""),
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, database, ShopId(shop_id), part_id, refusal=refusal, typed=data)
    return go_to("/operator/reviews", flash=DECIDED[decision])


async def _page(
    request: AnyRequest,
    database: Database,
    shop_id: ShopId,
    part_id: int,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        part = await read_part(reader, shop_id, part_id)
        review = await read_review(reader, shop_id, part.review_id)
        reports = await reports_of_part(reader, shop_id, part_id)
    context = {
        "part": part,
        "review": review,
        "reports": reports,
        "part_words": PARTS,
        "finding_words": FINDINGS,
        "reasons": HIDE_REASONS,
        "reason_options": [(reason.value, translate(words, locale)) for reason, words in HIDE_REASONS.items()],
        "note_most": NOTE_LENGTH_MAX,
        "may_show": part.state is not ShowState.SHOWN or part.open_reports > 0,
        "may_hide": part.state is not ShowState.HIDDEN,
        "form": None if refusal is None else refused_form(refusal, typed or {}, locale),
    }
    return operator_page(
        request, "reviews", "review.html", context, status=200 if refusal is None else status_of(refusal)
    )
