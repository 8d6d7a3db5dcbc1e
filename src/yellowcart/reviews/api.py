"""Reviews for programs: readers, buyers and shops. Moderation has its own (`moderation_api`)."""

from typing import Annotated

import msgspec
from litestar import Router, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from yellowcart.accounts.access import PUBLIC, SIGNED_IN, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, OrderLineId, ProductId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.reviews.answer import answer_part
from yellowcart.reviews.desk_queries import DeskPart, parts_of_shop, read_part
from yellowcart.reviews.model import (
    AnswerFilter,
    HideReason,
    NewAppend,
    NewReview,
    Review,
    ReviewFilter,
    ReviewId,
    ReviewSum,
    ShownReview,
    Stars,
)
from yellowcart.reviews.moderate import appeal_part
from yellowcart.reviews.queries import (
    review_of_buyer,
    reviews_of_buyer,
    reviews_of_product,
    sum_of_product,
    sum_of_shop,
)
from yellowcart.reviews.report import report_part
from yellowcart.reviews.write import WrittenReview, edit_append, edit_review, write_append, write_review
from yellowcart.uploads.rules import NUMBER_MAX

MERCHANT = allow(Role.MERCHANT)
Words = Annotated[str, msgspec.Meta(max_length=500)]
Note = Annotated[str, msgspec.Meta(max_length=300)]
StarCount = Annotated[int, msgspec.Meta(ge=1, le=5)]
UploadIds = Annotated[tuple[int, ...], msgspec.Meta(max_length=max(NUMBER_MAX.values()))]


class StarsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One to five stars for each."""

    goods: StarCount
    parcel: StarCount
    service: StarCount


class ReviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A review. `upload_ids` are pictures that were brought for the purpose `review`, in the order in which they
    are shown."""

    stars: StarsBody
    body: Words = ""
    is_anonymous: bool = False
    upload_ids: UploadIds = ()

    def new(self) -> NewReview:
        """For the verb."""
        return NewReview(
            stars=Stars(**msgspec.structs.asdict(self.stars)),
            body=self.body,
            is_anonymous=self.is_anonymous,
            upload_ids=self.upload_ids,
        )


class AppendBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is appended: words, pictures, or both."""

    body: Words = ""
    upload_ids: UploadIds = ()

    def new(self) -> NewAppend:
        """For the verb."""
        return NewAppend(body=self.body, upload_ids=self.upload_ids)


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shop's answer."""

    answer: Words


class ReportBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a part should not be shown."""

    reason: HideReason
    note: Note = ""


class AppealBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a hidden part should be looked at again."""

    appeal: Note


@get("/products/{shop_id:int}/{product_id:int}/reviews", guards=[PUBLIC])
async def of_product(
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    only: FromQuery[ReviewFilter | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[ShownReview]:
    """What everybody may read about a product, newest first."""
    async with database.reading() as reader:
        return await reviews_of_product(
            reader, ShopId(shop_id), ProductId(product_id), only=only, cursor=cursor, size=size
        )


@get("/products/{shop_id:int}/{product_id:int}/review-sum", guards=[PUBLIC])
async def product_sum(
    shop_id: FromPath[int], product_id: FromPath[int], database: NamedDependency[Database]
) -> ReviewSum:
    """Sums and counts over a product's shown reviews. An average is a sum divided by `reviews`; of none there is
    none."""
    async with database.reading() as reader:
        return await sum_of_product(reader, ShopId(shop_id), ProductId(product_id))


@get("/shops/{shop_id:int}/review-sum", guards=[PUBLIC])
async def shop_sum(shop_id: FromPath[int], database: NamedDependency[Database]) -> ReviewSum:
    """Sums and counts over all shown reviews of a shop."""
    async with database.reading() as reader:
        return await sum_of_shop(reader, ShopId(shop_id))


@get("/reviews", guards=[SIGNED_IN])
async def mine(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[Review]:
    """What the signed-in buyer has written, newest first, with the state of each part."""
    async with database.reading() as reader:
        return await reviews_of_buyer(reader, person.person_id, cursor=cursor, size=size)


@get("/reviews/{shop_id:int}/{review_id:int}", guards=[SIGNED_IN])
async def my_review(
    shop_id: FromPath[int],
    review_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Review:
    """One review of the signed-in buyer."""
    async with database.reading() as reader:
        return await review_of_buyer(reader, person.person_id, ShopId(shop_id), ReviewId(review_id))


@post("/orders/{shop_id:int}/{order_id:int}/lines/{order_line_id:int}/review", guards=[SIGNED_IN])
async def write(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    order_line_id: FromPath[int],
    data: JSONBody[ReviewBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> WrittenReview:
    """Rate a line of a received order, once. `held` in the answer: a moderator looks at it first.

    Refusals: `order_unknown`, `order_not_received`, `line_refunded`, `review_exists`, `upload_unknown`.
    """
    key = request_key(person.person_id, idempotency_key, [shop_id, order_id, order_line_id, data])
    line = (ShopId(shop_id), OrderId(order_id), OrderLineId(order_line_id))
    async with database.writing() as writer:
        return await once(
            writer,
            "reviews:write",
            key,
            WrittenReview,
            lambda: write_review(writer, person, *line, data.new()),
        )


@patch("/reviews/{shop_id:int}/{review_id:int}", guards=[SIGNED_IN])
async def edit(
    shop_id: FromPath[int],
    review_id: FromPath[int],
    data: JSONBody[ReviewBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> WrittenReview:
    """Write the review anew, within a day: what is sent replaces it, pictures included."""
    async with database.writing() as writer:
        return await edit_review(writer, person, ShopId(shop_id), ReviewId(review_id), data.new())


@post("/reviews/{shop_id:int}/{review_id:int}/append", guards=[SIGNED_IN])
async def append(
    shop_id: FromPath[int],
    review_id: FromPath[int],
    data: JSONBody[AppendBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> WrittenReview:
    """Append to a review, once, within 180 days."""
    key = request_key(person.person_id, idempotency_key, [shop_id, review_id, data])
    async with database.writing() as writer:
        return await once(
            writer,
            "reviews:append",
            key,
            WrittenReview,
            lambda: write_append(writer, person, ShopId(shop_id), ReviewId(review_id), data.new()),
        )


@patch("/reviews/{shop_id:int}/{review_id:int}/append", guards=[SIGNED_IN])
async def change_append(
    shop_id: FromPath[int],
    review_id: FromPath[int],
    data: JSONBody[AppendBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> WrittenReview:
    """Write the append anew, within a day."""
    async with database.writing() as writer:
        return await edit_append(writer, person, ShopId(shop_id), ReviewId(review_id), data.new())


@post("/reviews/{shop_id:int}/{review_id:int}/parts/{part_id:int}/appeal", guards=[SIGNED_IN], status_code=200)
async def appeal(
    shop_id: FromPath[int],
    review_id: FromPath[int],
    part_id: FromPath[int],
    data: JSONBody[AppealBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Review:
    """Ask once for a second look at a part that was hidden."""
    async with database.writing() as writer:
        await appeal_part(writer, person, ShopId(shop_id), ReviewId(review_id), part_id, data.appeal)
        return await review_of_buyer(writer, person.person_id, ShopId(shop_id), ReviewId(review_id))


@put("/shops/{shop_id:int}/review-parts/{part_id:int}/reports/mine", guards=[SIGNED_IN], status_code=204)
async def report(
    shop_id: FromPath[int],
    part_id: FromPath[int],
    data: JSONBody[ReportBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Say why a shown part should not be. Once for each reader; the first report stands."""
    async with database.writing() as writer:
        await report_part(writer, person, ShopId(shop_id), part_id, data.reason, data.note)


@get("/shops/{shop_id:int}/review-parts", guards=[MERCHANT])
async def of_shop(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    only: FromQuery[AnswerFilter | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[DeskPart]:
    """What buyers wrote about a shop's goods, at first and later, newest first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await parts_of_shop(reader, ShopId(shop_id), only=only, cursor=cursor, size=size)


@put("/shops/{shop_id:int}/review-parts/{part_id:int}/answer", guards=[MERCHANT])
async def answer(
    shop_id: FromPath[int],
    part_id: FromPath[int],
    data: JSONBody[AnswerBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DeskPart:
    """Answer a part for the shop, or write the answer anew within a day."""
    async with database.writing() as writer:
        await answer_part(writer, person, ShopId(shop_id), part_id, data.answer)
        return await read_part(writer, ShopId(shop_id), part_id)


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        of_product, product_sum, shop_sum, mine, my_review, write, edit, append, change_append, appeal, report,
        of_shop, answer
    ],
    tags=["reviews"],
)  # fmt: skip
