"""Writing reviews: the form that rates one thing of an order, that changes a review, that appends to one."""

from collections.abc import Awaitable, Callable

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.buyer.review_form import (
    WritingForm,
    empty_form,
    form_again,
    form_of_part,
    form_of_review,
    read_append_form,
    read_review_form,
)
from yellowcart.consoles.forms import fresh_request_key
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import OrderUnknown
from yellowcart.reviews.model import Review, ReviewId, ShowState
from yellowcart.reviews.queries import LineToReview, lines_to_review, review_of_buyer
from yellowcart.reviews.rules import BODY_LENGTH_MAX
from yellowcart.reviews.wording import STARS
from yellowcart.reviews.write import WrittenReview, edit_append, edit_review, write_append, write_review
from yellowcart.uploads.model import UploadKind, UploadPurpose
from yellowcart.uploads.received import MultipartForm, keep_sent, text_of
from yellowcart.uploads.rules import ACCEPTED, FORM_BYTES_MAX, MEGABYTES_MAX, NUMBER_MAX
from yellowcart.uploads.storage import UploadStorage

THANKS = N_("Thank you. Everybody can read your review now.")
HELD = N_(
    "Thank you. Your review holds a number, a link or a word that somebody looks at before others can read it."
)

Write = Callable[[Writer, tuple[int, ...]], Awaitable[WrittenReview]]
Place = tuple[LineToReview | Review, str, bool]
"""What a form is about, where its back arrow leads, and whether it asks for stars."""


@get("/orders/{shop_id:int}/{order_id:int}/lines/{order_line_id:int}/review", guards=[SIGNED_IN])
async def write_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    order_line_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """The form that rates one thing of an order."""
    line = await _line(database, person, shop_id, order_id, order_line_id)
    if not line.may_review:
        return Redirect(f"/orders/{shop_id}/{order_id}/review", status_code=303)
    return _form_page(request, line, empty_form(), f"/orders/{shop_id}/{order_id}/review", stars=True)


@post(
    "/orders/{shop_id:int}/{order_id:int}/lines/{order_line_id:int}/review",
    guards=[SIGNED_IN],
    status_code=200,
    request_max_body_size=FORM_BYTES_MAX,
)
async def write(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    order_line_id: FromPath[int],
    data: MultipartForm,
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Rate it."""
    line = await _line(database, person, shop_id, order_id, order_line_id)
    key = (ShopId(shop_id), OrderId(order_id), OrderLineId(order_line_id))

    async def act(writer: Writer, upload_ids: tuple[int, ...]) -> WrittenReview:
        new = read_review_form(data, upload_ids)
        asked = request_key(person.person_id, text_of(data, "request_key"), [*key, new.stars, new.body])
        return await once(
            writer, "reviews:write", asked, WrittenReview, lambda: write_review(writer, person, *key, new)
        )

    back = f"/orders/{shop_id}/{order_id}/review"
    return await _act(request, database, upload_storage, person, data, act, (line, back, True))


@get("/reviews/{shop_id:int}/{review_id:int}/edit", guards=[SIGNED_IN])
async def edit_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    review_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The form that changes a review."""
    review = await _mine(database, person, shop_id, review_id)
    return _form_page(request, review, form_of_review(review), _path(review), stars=True)


@post(
    "/reviews/{shop_id:int}/{review_id:int}/edit",
    guards=[SIGNED_IN],
    status_code=200,
    request_max_body_size=FORM_BYTES_MAX,
)
async def edit(
    request: AnyRequest,
    shop_id: FromPath[int],
    review_id: FromPath[int],
    data: MultipartForm,
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Change it."""
    review = await _mine(database, person, shop_id, review_id)

    async def act(writer: Writer, upload_ids: tuple[int, ...]) -> WrittenReview:
        new = read_review_form(data, upload_ids)
        return await edit_review(writer, person, review.shop_id, review.review_id, new)

    return await _act(request, database, upload_storage, person, data, act, (review, _path(review), True))


@get("/reviews/{shop_id:int}/{review_id:int}/append", guards=[SIGNED_IN])
async def append_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    review_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """The form that appends to a review, or changes what was appended."""
    review = await _mine(database, person, shop_id, review_id)
    form = form_of_part(review.append) if review.append else empty_form()
    return _form_page(request, review, form, _path(review), stars=False)


@post(
    "/reviews/{shop_id:int}/{review_id:int}/append",
    guards=[SIGNED_IN],
    status_code=200,
    request_max_body_size=FORM_BYTES_MAX,
)
async def append(
    request: AnyRequest,
    shop_id: FromPath[int],
    review_id: FromPath[int],
    data: MultipartForm,
    database: NamedDependency[Database],
    upload_storage: NamedDependency[UploadStorage],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Append, or change what was appended."""
    review = await _mine(database, person, shop_id, review_id)
    verb = write_append if review.append is None else edit_append

    async def act(writer: Writer, upload_ids: tuple[int, ...]) -> WrittenReview:
        return await verb(writer, person, review.shop_id, review.review_id, read_append_form(data, upload_ids))

    return await _act(request, database, upload_storage, person, data, act, (review, _path(review), False))


async def _act(
    request: AnyRequest,
    database: Database,
    storage: UploadStorage,
    person: Person,
    data: MultipartForm,
    act: Write,
    place: Place,
) -> Response[str] | Redirect:
    kept: tuple[int, ...] = ()
    try:
        kept = await keep_sent(database, storage, person, UploadPurpose.REVIEW, data, "pictures")
        async with database.writing() as writer:
            written = await act(writer, kept)
    except NotFound:
        raise
    except Refusal as refusal:
        async with database.reading() as reader:
            form = await form_again(reader, person, data, kept, refusal, locale_of(request))
        about, back, stars = place
        return _form_page(request, about, form, back, stars=stars, status=status_of(refusal))
    flash = HELD if written.state is ShowState.HELD else THANKS
    kind = "info" if written.state is ShowState.HELD else "success"
    return go_to(f"/reviews/{written.shop_id}/{written.review_id}", flash=flash, kind=kind)


def _form_page(
    request: AnyRequest,
    about: LineToReview | Review,
    form: WritingForm,
    back: str,
    *,
    stars: bool,
    status: int = 200,
) -> Response[str]:
    context = {
        "about": about,
        "form": form.form,
        "uploads": form.uploads,
        "asks_for_stars": stars,
        "is_new": isinstance(about, LineToReview) or (not stars and about.append is None),
        "star_words": STARS,
        "body_most": BODY_LENGTH_MAX,
        "accept": ACCEPTED[UploadPurpose.REVIEW],
        "pictures_most": NUMBER_MAX[UploadPurpose.REVIEW],
        "megabytes_most": MEGABYTES_MAX[UploadKind.JPEG],
        "request_key": fresh_request_key(),
        "back": back,
    }
    return buyer_page(request, "reviews/write.html", context, status=status)


async def _line(
    database: Database, person: Person, shop_id: int, order_id: int, order_line_id: int
) -> LineToReview:
    """A line of the person's own order. Raises OrderUnknown."""
    async with database.reading() as reader:
        lines = await lines_to_review(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
    for line in lines:
        if line.order_line_id == order_line_id:
            return line
    raise OrderUnknown


async def _mine(database: Database, person: Person, shop_id: int, review_id: int) -> Review:
    async with database.reading() as reader:
        return await review_of_buyer(reader, person.person_id, ShopId(shop_id), ReviewId(review_id))


def _path(review: Review) -> str:
    return f"/reviews/{review.shop_id}/{review.review_id}"


ROUTES = (write_page, write, edit_page, edit, append_page, append)
