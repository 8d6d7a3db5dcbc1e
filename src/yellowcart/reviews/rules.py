"""Decisions about reviews: who may write and until when, how states move, what counts in a sum."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from yellowcart.catalog.rules import is_clean
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import OrderState
from yellowcart.reviews.errors import (
    AppealedAlready,
    AppendTooLate,
    LineRefunded,
    ModerationMoved,
    NotToAnswer,
    OrderNotReceived,
    ReviewClosed,
    ReviewFinal,
)
from yellowcart.reviews.model import SHOW_MOVES, Finding, NewAppend, NewReview, ReviewSum, ShowState, Stars

EDITABLE_FOR: Final = timedelta(days=1)
"""An author may change a part, and a shop its answer, for so long after it was first written."""
APPEND_WITHIN: Final = timedelta(days=180)
"""After the review was written."""
BODY_LENGTH_MAX: Final = 500
ANSWER_LENGTH_MAX: Final = 500
NOTE_LENGTH_MAX: Final = 300
REPORTS_PER_DAY_MAX: Final = 20
"""Parts that one person may report in a day."""
LOW_STARS: Final = 2
"""So many stars and fewer are a bad review."""
OPEN: Final = frozenset({ShowState.SHOWN, ShowState.HELD})
"""States in which an author may change a part, and append to a review whose first part stands there."""
MAY_REVIEW: Final = frozenset({OrderState.RECEIVED, OrderState.COMPLETED})


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What of a review counts in the sums: nothing of one whose first part is not shown."""

    is_shown: bool
    stars: Stars
    has_pictures: bool
    has_append: bool


def require_reviewable(
    state: OrderState, *, payable_fen: int, refunded_fen: int, quantity: int, cancelled_quantity: int
) -> None:
    """Raises OrderNotReceived before the goods have come, LineRefunded where all of a line's price went back or no
    piece of it ever left: who gave the goods back or never had them has nothing to rate. `rows.LINE_REFUNDED`
    says the same in SQL."""
    if (payable_fen > 0 and refunded_fen >= payable_fen) or cancelled_quantity >= quantity:
        raise LineRefunded
    if state not in MAY_REVIEW:
        raise OrderNotReceived


def review_problems(review: NewReview) -> dict[str, str | tuple[str, dict[str, object]]]:
    """What is wrong with a review, by field."""
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    for name, value in (
        ("goods", review.stars.goods),
        ("parcel", review.stars.parcel),
        ("service", review.stars.service),
    ):
        if not 1 <= value <= 5:
            problems[name] = N_("Choose one to five stars.")
    if problem := text_problem(review.body, BODY_LENGTH_MAX):
        problems["body"] = problem
    return problems


def append_problems(append: NewAppend) -> dict[str, str | tuple[str, dict[str, object]]]:
    """What is wrong with an append, by field."""
    if not append.body.strip() and not append.upload_ids:
        return {"body": N_("Write something or add a picture.")}
    problem = text_problem(append.body, BODY_LENGTH_MAX)
    return {"body": problem} if problem else {}


def text_problem(text: str, most: int) -> str | tuple[str, dict[str, object]] | None:
    """What is wrong with a text that people read."""
    if len(text) > most:
        return (N_("At most %(most)s characters."), {"most": most})
    if not is_clean(text, lines=True):
        return N_("This text holds characters that cannot be shown.")
    return None


def require_words(text: str, field: str, most: int) -> str:
    """A text that must say something, without what surrounds it. Raises InvalidFields."""
    words = clean(text)
    if not words:
        raise InvalidFields({field: N_("Please write something here.")})
    if problem := text_problem(words, most):
        raise InvalidFields({field: problem})
    return words


def clean(text: str) -> str:
    """A text with one kind of line end and nothing around it."""
    return text.strip().replace("\r\n", "\n")


def require_editable(state: ShowState, written_at: datetime, now: datetime) -> None:
    """Raises ReviewFinal when the day is over, ReviewClosed for what a moderator has hidden."""
    if state not in OPEN:
        raise ReviewClosed
    if now >= written_at + EDITABLE_FOR:
        raise ReviewFinal


def require_appendable(state: ShowState, written_at: datetime, now: datetime) -> None:
    """Raises AppendTooLate, ReviewClosed for a review that a moderator has hidden."""
    if state not in OPEN:
        raise ReviewClosed
    if now >= written_at + APPEND_WITHIN:
        raise AppendTooLate


def is_editable(state: ShowState, written_at: datetime, now: datetime) -> bool:
    """Whether its author may still change a part, for a button."""
    return _lets(require_editable, state, written_at, now)


def is_appendable(state: ShowState, written_at: datetime, now: datetime) -> bool:
    """Whether its author may still append to a review without an append, for a button."""
    return _lets(require_appendable, state, written_at, now)


def require_answerable(state: ShowState, answered_at: datetime | None, now: datetime) -> None:
    """Raises NotToAnswer for what readers do not see, ReviewFinal when the day after the answer is over."""
    if state is not ShowState.SHOWN:
        raise NotToAnswer
    if answered_at is not None and now >= answered_at + EDITABLE_FOR:
        raise ReviewFinal


def is_answerable(state: ShowState, answered_at: datetime | None, now: datetime) -> bool:
    """Whether the shop may answer a part, or write its answer anew, for a button."""
    try:
        require_answerable(state, answered_at, now)
    except Refusal:
        return False
    return True


def _lets(
    rule: Callable[[ShowState, datetime, datetime], None], state: ShowState, written_at: datetime, now: datetime
) -> bool:
    try:
        rule(state, written_at, now)
    except Refusal:
        return False
    return True


def state_after_look(findings: Collection[Finding]) -> ShowState:
    """What the automatic look makes of a text that was just written."""
    return ShowState.HELD if findings else ShowState.SHOWN


def require_move(before: ShowState, after: ShowState) -> None:
    """Raises ModerationMoved when a part does not go from one state to the other."""
    if after not in SHOW_MOVES[before]:
        raise ModerationMoved


def require_appeal(state: ShowState, appealed_at: datetime | None) -> None:
    """Raises AppealedAlready for a second appeal, ModerationMoved for what is not hidden."""
    if appealed_at is not None:
        raise AppealedAlready
    require_move(state, ShowState.APPEALED)


def sum_of(counted: Counted) -> ReviewSum:
    """What one review adds to the sums."""
    if not counted.is_shown:
        return ReviewSum()
    stars = counted.stars
    one, two, three, four, five = (int(stars.goods == number) for number in range(1, 6))
    return ReviewSum(
        reviews=1,
        goods_sum=stars.goods,
        parcel_sum=stars.parcel,
        service_sum=stars.service,
        stars=(one, two, three, four, five),
        with_pictures=int(counted.has_pictures),
        appended=int(counted.has_append),
    )


def change_of_sums(before: Counted | None, after: Counted) -> ReviewSum:
    """What has to be added to the sums when a review changes; None for one that is new."""
    old, new = ReviewSum() if before is None else sum_of(before), sum_of(after)
    one, two, three, four, five = (added - taken for added, taken in zip(new.stars, old.stars, strict=True))
    return ReviewSum(
        reviews=new.reviews - old.reviews,
        goods_sum=new.goods_sum - old.goods_sum,
        parcel_sum=new.parcel_sum - old.parcel_sum,
        service_sum=new.service_sum - old.service_sum,
        stars=(one, two, three, four, five),
        with_pictures=new.with_pictures - old.with_pictures,
        appended=new.appended - old.appended,
    )


def average_tenths(total: int, number: int) -> int | None:
    """The average of stars in tenths of a star, rounded half up; None where nobody has rated: unknown is not
    zero."""
    return None if number <= 0 else (total * 20 + number) // (number * 2)


def shown_author(name: str, *, is_anonymous: bool) -> str | None:
    """How readers see an author: the first character of the name and no more; None for one who stays unnamed."""
    return None if is_anonymous or not name.strip() else f"{name.strip()[0]}**"
