"""Under which name pictures belong to a part of a review, and who sees them: everybody, once the part is shown."""

from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ShopId
from yellowcart.reviews.model import PartId
from yellowcart.uploads.reading import allow_reading

KIND = "review"
MODERATORS = frozenset({Role.OPERATOR, Role.INSPECTOR})
"""Who decides what of reviews is shown."""


def subject_of(shop_id: ShopId, part_id: PartId) -> str:
    """The subject of a part's pictures."""
    return f"{KIND}:{shop_id}:{part_id}"


async def may_see_pictures(reader: Reader, person: Person | None, subject: str) -> bool:
    """Whether somebody sees the pictures of a part: it is shown as a part of a shown review, or they moderate.
    Their author sees them always (`uploads.reading`)."""
    if person is not None and person.roles & MODERATORS:
        return True
    _, shop_id, part_id = subject.split(":")
    return bool(
        await reader.value(
            """
            SELECT review.is_shown AND review_part.state = 'shown'
            FROM review_part JOIN review USING (shop_id, review_id)
            WHERE review_part.shop_id = %(shop_id)s AND review_part.part_id = %(part_id)s
            """,
            shop_id=int(shop_id),
            part_id=int(part_id),
        )
    )


allow_reading(KIND, may_see_pictures)
