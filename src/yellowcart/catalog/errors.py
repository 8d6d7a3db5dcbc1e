"""What the catalogue refuses."""

from yellowcart.kernel.errors import Conflict, Invalid
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


class FileTooLarge(Invalid):
    """The file is larger than an import takes."""

    code = "import_file_too_large"
    message = N_("The file is larger than %(most)s MB. Split it and import the parts one after the other.")


class FileEmpty(Invalid):
    """There is nothing in the file."""

    code = "import_file_empty"
    message = N_("The file is empty, or holds only a line of headings.")


class FileIsNoTable(Invalid):
    """The file is something else than a CSV, whatever its name says."""

    code = "import_file_is_no_table"
    message = N_("This is not a CSV file but %(kind)s. Export the products as CSV and choose that file.")


class FileUnreadable(Invalid):
    """The text of the file cannot be decoded."""

    code = "import_file_unreadable"
    message = N_("The characters of this file cannot be read. Save it as UTF-8, UTF-16 or GB18030.")


class RowUnreadable(Invalid):
    """A row breaks the CSV form: an open quote, too many cells, a cell beyond all bounds."""

    code = "import_row_unreadable"
    message = N_("Row %(row)s, column %(column)s: %(reason)s")


class RowsTooMany(Invalid):
    """The file has more rows than an import takes."""

    code = "import_rows_too_many"
    message = N_("The file has more than %(most)s rows. Split it and import the parts one after the other.")


class ColumnsMissing(Invalid):
    """The headings of a Shopify product CSV are not there."""

    code = "import_columns_missing"
    message = N_("The first row lacks the headings: %(columns)s. Is this a Shopify product CSV?")


class ColumnTwice(Invalid):
    """A heading stands twice, so its cells have two meanings."""

    code = "import_column_twice"
    message = N_("The heading %(column)s stands twice in the first row.")


class ImportFinished(Conflict):
    """An import is applied or discarded once."""

    code = "import_finished"
    message = N_("This import is already finished. Upload the file again to see what it would do now.")


class ImportHasProblems(Conflict):
    """A file with a wrong row is not imported at all."""

    code = "import_has_problems"
    message = N_("Some rows are wrong, so nothing was imported. Correct the file and upload it again.")


class ImportOutdated(Conflict):
    """What the preview showed is no longer what would happen."""

    code = "import_outdated"
    message = N_(
        "Products of this file have changed since the preview, so nothing was imported. "
        "Upload the file again to see what it would do now."
    )
