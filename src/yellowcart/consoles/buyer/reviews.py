"""The buyer's reviews: what others say of a product, what an order still has to review, what I wrote, appealing
and reporting."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.catalog.queries import product_detail
from yellowcart.consoles.buyer.navigation import buyer_page, is_fragment
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.ratings import rating_of
from yellowcart.consoles.rendering import AnyRequest, go_to, local_path, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import OrderId, ProductId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.orders.errors import OrderUnknown
from yellowcart.reviews.desk_queries import decided_parts
from yellowcart.reviews.model import HideReason, Review, ReviewFilter, ReviewId
from yellowcart.reviews.moderate import appeal_part
from yellowcart.reviews.queries import (
    lines_to_review,
    review_of_buyer,
    reviews_of_buyer,
    reviews_of_product,
    sum_of_product,
)
from yellowcart.reviews.report import report_part
from yellowcart.reviews.rules import NOTE_LENGTH_MAX, is_appendable, is_editable
from yellowcart.reviews.wording import HIDE_REASONS

LATEST = 2
"""Reviews on the product's own page; the others stand on theirs."""


async def latest_reviews(reader: Reader, shop_id: ShopId, product_id: ProductId) -> dict[str, object]:
    """What the product's page shows of its reviews."""
    total = await sum_of_product(reader, shop_id, product_id)
    found = await reviews_of_product(reader, shop_id, product_id, size=LATEST) if total.reviews else None
    return {"rating": rating_of(total), "reviews": found.items if found else []}


@get("/products/{shop_id:int}/{product_id:int}/reviews", guards=[PUBLIC])
async def product_reviews(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    only: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What buyers say of a product, by filter."""
    chosen = ReviewFilter(only) if only in set(ReviewFilter) else None
    key = (ShopId(shop_id), ProductId(product_id))
    async with database.reading() as reader:
        detail = await product_detail(reader, *key)
        if not detail.is_listable:
            raise NotFound
        total = await sum_of_product(reader, *key)
        found = await reviews_of_product(reader, *key, only=chosen, cursor=cursor)
    here = f"/products/{shop_id}/{product_id}/reviews"
    context = {
        "detail": detail,
        "rating": rating_of(total),
        "reviews": found.items,
        "chosen": chosen,
        "more": f"{here}?only={chosen.value if chosen else ''}&cursor={found.next_cursor}",
        "next_cursor": found.next_cursor,
        "here": here,
        "back": f"/products/{shop_id}/{product_id}",
    }
    template = "reviews/cards.html" if is_fragment(request) else "reviews/product.html"
    return buyer_page(request, template, context)


@get("/reviews", guards=[SIGNED_IN])
async def my_reviews(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What I have written."""
    async with database.reading() as reader:
        found = await reviews_of_buyer(reader, person.person_id, cursor=cursor)
    context = {"reviews": found.items, "next_cursor": found.next_cursor, "back": "/me"}
    return buyer_page(request, "reviews/mine.html", context)


@get("/reviews/{shop_id:int}/{review_id:int}", guards=[SIGNED_IN])
async def my_review(
    request: AnyRequest,
    shop_id: FromPath[int],
    review_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One review of mine: what readers see of it, and what I can still do."""
    return await _review_page(request, database, person, (ShopId(shop_id), ReviewId(review_id)))


@get("/orders/{shop_id:int}/{order_id:int}/review", guards=[SIGNED_IN])
async def order_reviews(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """The goods of an order, each with its review or the way to write one; for one thing alone, the form."""
    async with database.reading() as reader:
        lines = await lines_to_review(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
    if not lines:
        raise OrderUnknown
    here = f"/orders/{shop_id}/{order_id}"
    if len(lines) == 1 and lines[0].review_id is not None:
        return Redirect(f"/reviews/{shop_id}/{lines[0].review_id}", status_code=303)
    if len(lines) == 1 and lines[0].may_review:
        return Redirect(f"{here}/lines/{lines[0].order_line_id}/review", status_code=303)
    return buyer_page(
        request, "reviews/order.html", {"lines": lines, "shop_id": shop_id, "here": here, "back": here}
    )


@post("/reviews/{shop_id:int}/{review_id:int}/parts/{part_id:int}/appeal", guards=[SIGNED_IN], status_code=200)
async def appeal(
    request: AnyRequest,
    shop_id: FromPath[int],
    review_id: FromPath[int],
    part_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Ask for a second look at a part that was hidden."""
    key = (ShopId(shop_id), ReviewId(review_id))
    try:
        async with database.writing() as writer:
            await appeal_part(writer, person, *key, part_id, data.get("appeal", ""))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _review_page(request, database, person, key, refusal=refusal, typed=data)
    return go_to(f"/reviews/{shop_id}/{review_id}", flash=N_("Somebody will look at it again and tell you."))


@get("/reviews/{shop_id:int}/parts/{part_id:int}/report", guards=[SIGNED_IN])
async def report_page(request: AnyRequest, shop_id: FromPath[int], part_id: FromPath[int]) -> Response[str]:
    """The form that reports a review."""
    return _report_page(request, {"values": {}, "errors": {}})


@post("/reviews/{shop_id:int}/parts/{part_id:int}/report", guards=[SIGNED_IN], status_code=200)
async def report(
    request: AnyRequest,
    shop_id: FromPath[int],
    part_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Report it."""
    reason = next((each for each in HideReason if each.value == data.get("reason")), None)
    if reason is None:
        form: Form = {"values": data, "errors": {"reason": translate(N_("Choose a reason."), locale_of(request))}}
        return _report_page(request, form, status=422)
    try:
        async with database.writing() as writer:
            await report_part(writer, person, ShopId(shop_id), part_id, reason, data.get("note", ""))
    except NotFound:
        raise
    except Refusal as refusal:
        return _report_page(request, refused_form(refusal, data, locale_of(request)), status=status_of(refusal))
    return go_to(data.get("next") or "/", flash=N_("Thank you. A moderator will look at it."))


async def _review_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    key: tuple[ShopId, ReviewId],
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        review = await review_of_buyer(reader, person.person_id, *key)
        decided = await decided_parts(reader, review)
    context = {
        "review": review,
        "decided": decided,
        "reasons": HIDE_REASONS,
        "form": None if refusal is None else refused_form(refusal, typed or {}, locale_of(request)),
        "note_most": NOTE_LENGTH_MAX,
        "back": "/reviews",
        **_still_possible(review),
    }
    return buyer_page(
        request, "reviews/review.html", context, status=200 if refusal is None else status_of(refusal)
    )


def _still_possible(review: Review) -> dict[str, bool]:
    """What the author can still do, as buttons; the verbs decide again."""
    now, first, append = clock.now(), review.first, review.append
    return {
        "may_edit": is_editable(first.state, first.written_at, now),
        "may_append": append is None and is_appendable(first.state, first.written_at, now),
        "may_edit_append": append is not None and is_editable(append.state, append.written_at, now),
    }


def _report_page(request: AnyRequest, form: Form, *, status: int = 200) -> Response[str]:
    locale = locale_of(request)
    back = local_path(form["values"].get("next") or request.query_params.get("next"))
    context = {
        "form": form,
        "reasons": [(reason.value, translate(words, locale)) for reason, words in HIDE_REASONS.items()],
        "note_most": NOTE_LENGTH_MAX,
        "back": back,
    }
    return buyer_page(request, "reviews/report.html", context, status=status)


ROUTES = (product_reviews, my_reviews, my_review, order_reviews, appeal, report_page, report)
