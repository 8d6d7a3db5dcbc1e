"""What an import of products refuses, besides what is wrong with a file (`kernel.file_errors`)."""

from yellowcart.kernel.errors import Conflict, Invalid, NotFound
from yellowcart.kernel.translation import N_


class ImportFinished(Conflict):
    """An import is applied or discarded once."""

    code = "import_finished"
    message = N_("This import is already finished. Upload the file again to see what it would do now.")


class ImportStillRead(Conflict):
    """A file is applied when all of it has been read."""

    code = "import_still_read"
    message = N_("The file is still being read. Wait until the preview is complete.")


class ImportAtWork(Conflict):
    """An import that is being applied is stopped before anything else is done with it."""

    code = "import_at_work"
    message = N_("This import is being applied. Stop it first.")


class ImportNotAtWork(Conflict):
    """Only what is being applied can be stopped."""

    code = "import_not_at_work"
    message = N_("This import is not being applied, so there is nothing to stop.")


class ImportsTooMany(Conflict):
    """A shop has only so many files in work at the same time."""

    code = "imports_too_many"
    message = N_("%(most)s files of this shop are being read already. Wait until one is done.")


class ReadingInterrupted(Invalid):
    """Whoever read the file died before its end, and nobody else has the file."""

    code = "import_reading_interrupted"
    message = N_("Reading the file was interrupted. Send it again.")


class ReadingFailed(Invalid):
    """The file broke the program that reads it: a defect of ours, told in the journal."""

    code = "import_reading_failed"
    message = N_("This file could not be read because of a fault of the platform. Nothing was changed.")


class ProductOutdated(Conflict):
    """A product is no longer as the preview saw it."""

    code = "product_outdated"
    message = N_("The product has changed since the preview. Upload the file again to see what it would do now.")


class PictureUnusable(Invalid):
    """What stands at the address is no picture that is taken."""

    code = "picture_unusable"
    message = N_("What stands at this address is no JPEG, PNG, GIF or WebP picture.")


class PictureTooLarge(Invalid):
    """The picture is larger than is taken."""

    code = "picture_too_large"
    message = N_("The picture is larger than %(most)s MB.")


class PictureNotKept(Invalid):
    """Something broke on our side while a picture was fetched or kept."""

    code = "picture_not_kept"
    message = N_("The picture could not be fetched or kept. Try again later.")


class PictureMissing(Invalid):
    """The other server has no picture at the address."""

    code = "picture_missing"
    message = N_("The other server answered %(status)s instead of a picture.")


class ShopUnknown(NotFound):
    """No shop has this id or name."""

    code = "shop_unknown"
    message = N_("There is no shop with the number or the exact name %(named)s.")


class ShopAmbiguous(Conflict):
    """Several shops have the name."""

    code = "shop_ambiguous"
    message = N_("Several shops are called %(named)s. Name the shop by its number.")


class ShopWithoutMember(NotFound):
    """Nobody can act for the shop under this login name."""

    code = "shop_without_member"
    message = N_("Nobody who works for this shop can act for it with the login name %(login)s.")
