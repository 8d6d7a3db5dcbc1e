"""The forms in which buyers write: read from a browser, and drawn again with what was typed."""

from collections.abc import Mapping

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.consoles.forms import Form, refused_form
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.translation import Locale
from yellowcart.reviews.model import NewAppend, NewReview, Review, ReviewPart, Stars
from yellowcart.uploads.model import Upload, UploadPurpose
from yellowcart.uploads.queries import waiting_uploads
from yellowcart.uploads.received import text_of, texts_of, upload_ids_of

RATED = ("goods", "parcel", "service")


class WritingForm(msgspec.Struct, frozen=True):
    """A form to draw: what stands in its fields, what is wrong, and the pictures that are kept already."""

    form: Form
    uploads: list[Upload]


def read_review_form(data: Mapping[str, object], upload_ids: tuple[int, ...]) -> NewReview:
    """A review as it was typed; a star that was not chosen is 0, which is refused at its field."""
    goods, parcel, service = (_stars(text_of(data, name)) for name in RATED)
    return NewReview(
        stars=Stars(goods=goods, parcel=parcel, service=service),
        body=text_of(data, "body"),
        is_anonymous=bool(text_of(data, "is_anonymous")),
        upload_ids=upload_ids,
    )


def read_append_form(data: Mapping[str, object], upload_ids: tuple[int, ...]) -> NewAppend:
    """An append as it was typed."""
    return NewAppend(body=text_of(data, "body"), upload_ids=upload_ids)


def empty_form() -> WritingForm:
    """A form that nobody has written in."""
    return WritingForm(form={"values": {}, "errors": {}}, uploads=[])


def form_of_review(review: Review) -> WritingForm:
    """The form that changes a review, as the review stands."""
    values = {
        "goods": str(review.stars.goods),
        "parcel": str(review.stars.parcel),
        "service": str(review.stars.service),
        "body": review.first.body,
        "is_anonymous": "yes" if review.is_anonymous else "",
    }
    return WritingForm(form={"values": values, "errors": {}}, uploads=review.first.pictures)


def form_of_part(part: ReviewPart) -> WritingForm:
    """The form that changes an append."""
    return WritingForm(form={"values": {"body": part.body}, "errors": {}}, uploads=part.pictures)


async def form_again(
    reader: Reader,
    person: Person,
    data: Mapping[str, object],
    kept_ids: tuple[int, ...],
    refusal: Refusal,
    locale: Locale,
) -> WritingForm:
    """A refused form with what was typed and the pictures that were kept, also those that came with it."""
    ids = kept_ids or upload_ids_of(data)
    uploads = await waiting_uploads(reader, person.person_id, UploadPurpose.REVIEW, ids)
    return WritingForm(form=refused_form(refusal, texts_of(data), locale), uploads=uploads)


def _stars(typed: str) -> int:
    return int(typed) if typed in {"1", "2", "3", "4", "5"} else 0
