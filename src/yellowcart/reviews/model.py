"""Reviews as values: what is rated, of which parts a review is made, and whether readers see them."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ProductId, ShopId, SkuId
from yellowcart.uploads.model import Upload, UploadId

ReviewId = NewType("ReviewId", int)
PartId = NewType("PartId", int)


class Part(StrEnum):
    """A review is written in up to two parts."""

    FIRST = "first"
    """The rating and what was said with it."""
    APPEND = "append"
    """What the buyer adds after some time of use (追评); it carries no stars."""


class ShowState(StrEnum):
    """Whether readers see a part of a review."""

    SHOWN = "shown"
    """Everybody sees it."""
    HELD = "held"
    """The automatic look found something; until a moderator has looked, its author alone sees it."""
    HIDDEN = "hidden"
    """A moderator hid it, with a reason that the author was told."""
    APPEALED = "appealed"
    """Hidden, and the author asked once for a second look."""


SHOW_MOVES: dict[ShowState, frozenset[ShowState]] = {
    ShowState.SHOWN: frozenset({ShowState.HELD, ShowState.HIDDEN}),
    ShowState.HELD: frozenset({ShowState.SHOWN, ShowState.HIDDEN}),
    ShowState.HIDDEN: frozenset({ShowState.APPEALED, ShowState.SHOWN}),
    ShowState.APPEALED: frozenset({ShowState.SHOWN, ShowState.HIDDEN}),
}


class Finding(StrEnum):
    """What the automatic look finds in a text."""

    PHONE = "phone"
    """A telephone number: a reader could be led away, or somebody shown up."""
    LINK = "link"
    """A link or a code that leads to another place."""
    WORD = "word"
    """A word that the catalogue's review does not let pass either."""


class HideReason(StrEnum):
    """Why a moderator hides a part."""

    ABUSE = "abuse"
    """It insults or threatens."""
    ADVERT = "advert"
    """It advertises something else, or leads away."""
    PRIVACY = "privacy"
    """It shows somebody's number, address or face against their will."""
    ILLEGAL = "illegal"
    """The law forbids it."""
    UNRELATED = "unrelated"
    """It has nothing to do with the goods, the parcel or the service."""
    PAID = "paid"
    """It was written for money, or demands some for being changed."""


class ReviewFilter(StrEnum):
    """Which of a product's or shop's reviews are asked for."""

    PICTURES = "pictures"
    """With pictures."""
    LOW = "low"
    """Goods rated 1 or 2 stars (how shop scores count bad reviews; domain.md §5)."""
    APPENDED = "appended"
    """With an append."""


class AnswerFilter(StrEnum):
    """Which parts a merchant asks for."""

    WAITING = "waiting"
    """Shown and not answered."""
    LOW = "low"
    """Of reviews with 1 or 2 stars for the goods."""
    ANSWERED = "answered"
    """Answered already."""


class QueueFilter(StrEnum):
    """Which parts a moderator asks for."""

    HELD = "held"
    """Held by the automatic look."""
    REPORTED = "reported"
    """Shown, and reported by readers."""
    APPEALED = "appealed"
    """Hidden, and the author asked for a second look."""
    HIDDEN = "hidden"
    """Hidden: decided, to look up."""


class Stars(msgspec.Struct, frozen=True, kw_only=True):
    """1 to 5 stars for each of the three things that a buyer can judge."""

    goods: int
    parcel: int
    service: int


class NewReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review as its author writes it. The text may be empty: stars alone say something."""

    stars: Stars
    body: str = ""
    is_anonymous: bool = False
    upload_ids: tuple[int, ...] = ()


class NewAppend(msgspec.Struct, frozen=True, kw_only=True):
    """What an author adds later: words, pictures, or both."""

    body: str = ""
    upload_ids: tuple[int, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The shop's answer to one part."""

    body: str
    answered_at: datetime
    edited_at: datetime | None


class ReviewPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a review, with the shop's answer to it."""

    part_id: PartId
    part: Part
    state: ShowState
    body: str
    written_at: datetime
    edited_at: datetime | None
    answer: Answer | None
    pictures: list[Upload] = []


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A whole review, as its author and those who work with it see it."""

    shop_id: ShopId
    review_id: ReviewId
    order_id: OrderId
    order_line_id: OrderLineId
    product_id: ProductId
    sku_id: SkuId
    buyer_id: PersonId
    is_anonymous: bool
    stars: Stars
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    first: ReviewPart
    append: ReviewPart | None


class ShownPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as every reader sees it; who brought it, and under which name, is not told."""

    upload_id: UploadId
    width: int | None
    height: int | None

    @property
    def path(self) -> str:
        """Its address on this installation."""
        return f"/uploads/{self.upload_id}"

    @property
    def small_path(self) -> str:
        """The address of its small copy."""
        return f"{self.path}?size=small"


class ShownPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a review as every reader sees it."""

    part_id: PartId
    body: str
    written_at: datetime
    edited_at: datetime | None
    answer: Answer | None
    pictures: list[ShownPicture]


class ShownReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review as every reader sees it: no order, and no person but a name that says little (None for somebody who
    stays unnamed)."""

    shop_id: ShopId
    review_id: ReviewId
    product_id: ProductId
    author: str | None
    stars: Stars
    sku_name: str
    sku_name_en: str
    first: ShownPart
    append: ShownPart | None


class ReviewSum(msgspec.Struct, frozen=True, kw_only=True):
    """The sums over shown reviews, of a product or a whole shop. Averages are made of them; of nothing there is no
    average. `stars` counts goods ratings from one star to five."""

    reviews: int = 0
    goods_sum: int = 0
    parcel_sum: int = 0
    service_sum: int = 0
    stars: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    with_pictures: int = 0
    appended: int = 0

    @property
    def low(self) -> int:
        """Reviews with one or two stars for the goods."""
        return self.stars[0] + self.stars[1]
