"""What happened to reviews, as the outbox tells it."""

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ProductId, ShopId
from yellowcart.reviews.model import Part, PartId, ReviewId


class ReviewWritten(Event, frozen=True, tag="review.written"):
    """A buyer rated a line of an order, or appended to that. Stars are those of the review; `is_shown` is false
    for what waits for a moderator."""

    shop_id: ShopId
    review_id: ReviewId
    part_id: PartId
    part: Part
    product_id: ProductId
    order_id: OrderId
    order_line_id: OrderLineId
    buyer_id: PersonId
    goods_stars: int
    parcel_stars: int
    service_stars: int
    is_shown: bool
