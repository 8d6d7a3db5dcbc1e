"""What viewers do in rooms and videos, as the platform counts it."""

from enum import StrEnum


class AudienceKind(StrEnum):
    """One thing that a viewer did."""

    ENTER = "enter"
    """Opened a room or a video."""
    LEAVE = "leave"
    """Left it."""
    LIKE = "like"
    """Liked it."""
    CART_OPEN = "cart_open"
    """Opened the yellow cart."""
    TAP = "tap"
    """Tapped a listing."""
    JUMP_OUT = "jump_out"
    """Left through an outside listing."""
