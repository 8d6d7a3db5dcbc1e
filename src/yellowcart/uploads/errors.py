"""What uploads refuse."""

from yellowcart.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from yellowcart.kernel.translation import N_


class UploadUnsupported(Invalid):
    """By its content the file is none of the kinds that are taken for the purpose."""

    code = "upload_unsupported"
    message = N_("This file cannot be taken. These can: %(kinds)s.")


class UploadMisnamed(Invalid):
    """The name says that the file is one thing, its content that it is another."""

    code = "upload_misnamed"
    message = N_("The name of this file says %(named)s, but its content is %(found)s. It was not taken.")


class UploadEmpty(Invalid):
    """There is nothing in the file."""

    code = "upload_empty"
    message = N_("This file is empty. Please choose another one.")


class UploadTooLarge(Invalid):
    """More megabytes than this kind of file may have."""

    code = "upload_too_large"
    message = N_("This file is too large: at most %(megabytes)s MB.")


class UploadDamaged(Invalid):
    """The file begins like one of its kind, but cannot be read to its end."""

    code = "upload_damaged"
    message = N_("This file is damaged and cannot be opened. Please choose another one.")


class PictureTooBig(Invalid):
    """More pixels than a camera takes: such a picture would fill the memory when it is opened."""

    code = "picture_too_big"
    message = N_("This picture has too many pixels: at most %(megapixels)s million.")


class VideoTooLong(Invalid):
    """The video is longer than it may be."""

    code = "video_too_long"
    message = N_("This video is too long: at most %(seconds)s seconds.")


class VideoUnplayable(Invalid):
    """The video has no picture, or is coded in a way that browsers do not play."""

    code = "video_unplayable"
    message = N_("This video cannot be played by browsers. Record it as MP4 (H.264) and try again.")


class DocumentActive(Invalid):
    """The document holds a program, an attachment or a lock: nobody shall be shown such a thing."""

    code = "document_active"
    message = N_("This PDF holds scripts, attachments or a password. Print it to a plain PDF and try again.")


class UploadsWaiting(TooMany):
    """The person has brought many files that belong to nothing yet."""

    code = "uploads_waiting"
    message = N_("You have uploaded many files without using them. Use or remove some first.")
    retry_after_s = 60


class UploadsTooMany(Conflict):
    """More files than one subject may have."""

    code = "uploads_too_many"
    message = N_("At most %(most)s files can be attached here.")


class UploadUnknown(NotFound):
    """No such upload, or not yours, or it belongs to something else already."""

    code = "upload_unknown"
    message = N_("There is no such file, or it cannot be used here.")


class StorageAway(Unavailable):
    """Where files are kept does not answer."""

    code = "storage_away"
    message = N_("Files cannot be kept or shown at the moment. Please try again later.")
