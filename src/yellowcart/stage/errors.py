"""What the stage refuses."""

from yellowcart.kernel.errors import Conflict, Denied, Invalid, TooMany, Unavailable
from yellowcart.kernel.translation import N_


class NotACreator(Denied):
    """The person has no creator profile yet."""

    code = "not_a_creator"
    message = N_("You have no creator profile yet. Fill it in first.")


class ProfileExists(Conflict):
    """One person has one creator profile."""

    code = "profile_exists"
    message = N_("You already have a creator profile.")


class RoomMoveImpossible(Conflict):
    """The room's state does not allow this step."""

    code = "room_move_impossible"
    message = N_("The room is in the state “%(state)s”; this step is not possible from there.")


class AlreadyOnAir(Conflict):
    """A creator has at most one room on air."""

    code = "already_on_air"
    message = N_("Another room of yours is on air. End it first.")


class TooManyRoomsAhead(Conflict):
    """The number of announced rooms is limited."""

    code = "too_many_rooms_ahead"
    message = N_("You have announced as many rooms as are allowed. Go live or cancel one first.")


class PlaceUnclear(Invalid):
    """A listing goes into the cart of one room or of one video."""

    code = "place_unclear"
    message = N_("Name one room or one video.")


class PlaceClosed(Conflict):
    """The room has ended or the video was taken down: its cart is closed."""

    code = "place_closed"
    message = N_("This room has ended or this video was taken down; its cart is closed.")


class ListingMoveImpossible(Conflict):
    """The listing's state does not allow this step."""

    code = "listing_move_impossible"
    message = N_("The product is in the state “%(state)s”; this step is not possible from there.")


class NothingIsExplained(Invalid):
    """Only a live room explains products; a video's cart has no pinned one."""

    code = "nothing_is_explained"
    message = N_("A product is explained in a room that is on air, not in a video and not before the start.")


class CartFull(Conflict):
    """A cart holds a limited number of listings."""

    code = "cart_full"
    message = N_("The cart is full: %(most)s products at most. Take one off first.")


class ListedAlready(Conflict):
    """The same goods are in this cart already."""

    code = "listed_already"
    message = N_("This product is already in the cart.")


class NotForSale(Conflict):
    """The product is off sale, not approved, without a price, or its shop is closed."""

    code = "not_for_sale"
    message = N_("This product is not for sale at the moment.")


class OnlyOwnShop(Conflict):
    """A shop's own account sells the goods of its shop."""

    code = "only_own_shop"
    message = N_("A shop's own account lists the goods of its own shop only.")


class ChatClosed(Conflict):
    """Nobody is on air."""

    code = "chat_closed"
    message = N_("This room is not on air; the chat is closed.")


class ChatTooFast(TooMany):
    """More messages than one person may send in a while."""

    code = "chat_too_fast"
    message = N_("You are writing very fast. Please wait a few seconds.")
    retry_after_s = 5


class StreamsFull(Unavailable):
    """This process holds as many open streams as it may."""

    code = "streams_full"
    message = N_("Very many people are watching at this moment. The page will try again by itself.")


class NoTwin(Conflict):
    """The product is not known as the same thing as the outside one, or somebody has said that it is not."""

    code = "no_twin"
    message = N_("This product is not known as the same thing. Look at the twins again.")


class NotOutside(Conflict):
    """Only an outside listing is replaced by a twin."""

    code = "not_outside"
    message = N_("This product is the platform's own already; only an outside product is replaced.")
