"""What parcels refuse."""

from yellowcart.kernel.errors import Conflict, Denied, Invalid, NotFound
from yellowcart.kernel.translation import N_


class WaybillUsed(Conflict):
    """The waybill names another parcel, of this shop or of another one."""

    code = "waybill_used"
    message = N_("This waybill number is already used for another parcel.")


class WaybillSettled(Conflict):
    """It is too late to correct the waybill: its day is over, or the carrier has told of the parcel."""

    code = "waybill_settled"
    message = N_(
        "This waybill number can no longer be corrected: the carrier already tells of it, or 24 hours have passed."
    )


class ParcelUnknown(NotFound):
    """No such parcel, or not yours."""

    code = "parcel_unknown"
    message = N_("There is no such parcel.")


class AddressChangeOpen(Conflict):
    """The buyer waits for an answer about another address; the parcel would go to the wrong one."""

    code = "address_change_open"
    message = N_("A change of the address is waiting for an answer. Answer it before you ship.")


class AddressChangeUnknown(NotFound):
    """No such wish, or not yours to answer."""

    code = "address_change_unknown"
    message = N_("There is no such change of the address.")


class AddressChangeDone(Conflict):
    """The wish was answered or taken back before."""

    code = "address_change_done"
    message = N_("This change of the address has been answered already.")


class AddressChangesTooMany(Conflict):
    """This side has asked for another address as often as it may: each wish stops shipping until its answer."""

    code = "address_changes_too_many"
    message = N_("Another address can be asked for at most %(most)s times for one order.")


class AddressSettled(Conflict):
    """The order is not paid yet, has left in part, or has ended: its address stays."""

    code = "address_settled"
    message = N_("The address can be changed between payment and the first parcel, and no longer.")


class AddressSame(Invalid):
    """The new address is the old one."""

    code = "address_same"
    message = N_("This is the address that the order already has.")


class FreightDiffers(Conflict):
    """Delivery to the new address costs something else, or is not offered."""

    code = "freight_differs"
    message = N_("Delivery there costs something else than was paid. Cancel the order and place it anew.")


class SignatureWrong(Denied):
    """A message of a tracking source is not signed by its secret, or is too old or from the future."""

    code = "signature_wrong"
    message = N_("The signature of this message is missing, wrong or too old.")


class TrackingSourceUnknown(NotFound):
    """No such tracking source, or it was switched off."""

    code = "tracking_source_unknown"
    message = N_("There is no such tracking source.")
