"""What the catalogue refuses."""

from yellowcart.kernel.errors import Conflict
from yellowcart.kernel.translation import N_


class ProductStale(Conflict):
    """The product was changed by somebody else after the editor was opened."""

    code = "product_stale"
    message = N_(
        "This product was changed while you were editing it. Your entries are kept: "
        "compare them with what is saved now, then save again."
    )


class ProductRetired(Conflict):
    """A retired product is kept for its orders and never changes again."""

    code = "product_retired"
    message = N_("This product is retired. It is kept for its orders and can no longer be changed.")


class ProductBanned(Conflict):
    """The platform has banned the product."""

    code = "product_banned"
    message = N_("The platform has banned this product. It cannot be changed or sold.")


class ProductNotApproved(Conflict):
    """Only an approved product goes on sale."""

    code = "product_not_approved"
    message = N_("Only an approved product can be put on sale. Submit it for review first.")


class MoveRefused(Conflict):
    """A state does not lead to the one that was asked for."""

    code = "move_refused"
    message = N_("This is not possible in the product's present state. Reload the page to see it.")


class StockTooSmall(Conflict):
    """More pieces would be taken out than are available."""

    code = "stock_too_small"
    message = N_("Only %(available)s pieces are available; the rest is held by orders or sold.")


class ShopsTooMany(Conflict):
    """One person opens only so many shops."""

    code = "shops_too_many"
    message = N_("You already have %(most)s shops, which is the most one person can open.")


class LastMember(Conflict):
    """A shop always has somebody who works for it."""

    code = "last_member"
    message = N_("A shop needs at least one member. Add somebody else first.")


class MembersTooMany(Conflict):
    """A shop has only so many members."""

    code = "members_too_many"
    message = N_("A shop has at most %(most)s members.")


class ProductsTooMany(Conflict):
    """A shop has only so many products that are not retired."""

    code = "products_too_many"
    message = N_("A shop has at most %(most)s products. Retire some first.")


class HandleTaken(Conflict):
    """Two products of a shop would have the same import handle."""

    code = "handle_taken"
    message = N_("Another product of this shop already has this import handle.")
