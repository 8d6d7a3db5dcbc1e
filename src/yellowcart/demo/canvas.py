"""A small raster canvas: rows of bytes, filled span by span, for the frames of the sample stream.

Shapes are opaque and hard-edged; frames are drawn at twice their size and scaled down, which smooths the edges.
"""

from collections.abc import Sequence
from math import sqrt

Colour = tuple[int, int, int]
Point = tuple[float, float]


def blend(colour: Colour, other: Colour, part: float) -> Colour:
    """`part` (0 to 1) of the other colour mixed into the first."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(colour, other, strict=True))
    return red, green, blue


class Canvas:
    """An RGB picture of `wide` by `high` pixels."""

    def __init__(self, wide: int, high: int) -> None:
        self.wide = wide
        self.high = high
        self.pixels = bytearray(wide * high * 3)

    def copy(self) -> "Canvas":
        """A canvas of its own with the same pixels."""
        other = Canvas(self.wide, self.high)
        other.pixels[:] = self.pixels
        return other

    def span(self, row: int, left: float, right: float, colour: Colour) -> None:
        """Fill one row from left to right; what lies outside is ignored."""
        first, last = max(0, round(left)), min(self.wide, round(right))
        if 0 <= row < self.high and first < last:
            start = (row * self.wide + first) * 3
            self.pixels[start : start + (last - first) * 3] = bytes(colour) * (last - first)

    def block(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle."""
        for row in range(round(top), round(bottom)):
            self.span(row, left, right, colour)

    def oval(self, x: float, y: float, half_wide: float, half_high: float, colour: Colour) -> None:
        """Fill an ellipse by its centre and half axes."""
        for row in range(round(y - half_high), round(y + half_high) + 1):
            reach = 1 - ((row - y) / half_high) ** 2
            if reach > 0:
                half = half_wide * sqrt(reach)
                self.span(row, x - half, x + half, colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon, inside by the even-odd rule."""
        top = min(y for _, y in points)
        bottom = max(y for _, y in points)
        edges = list(zip(points, [*points[1:], points[0]], strict=True))
        for row in range(round(top), round(bottom) + 1):
            crossings = sorted(
                x1 + (row - y1) * (x2 - x1) / (y2 - y1)
                for (x1, y1), (x2, y2) in edges
                if min(y1, y2) <= row < max(y1, y2)
            )
            for left, right in zip(crossings[::2], crossings[1::2], strict=False):
                self.span(row, left, right, colour)

    def limb(self, start: Point, end: Point, thick: float, colour: Colour) -> None:
        """Fill a thick line with round ends."""
        (x1, y1), (x2, y2) = start, end
        length = sqrt((x2 - x1) ** 2 + (y2 - y1) ** 2) or 1.0
        across, down = (y2 - y1) / length * thick / 2, (x1 - x2) / length * thick / 2
        near = [(x1 + across, y1 + down), (x2 + across, y2 + down)]
        far = [(x2 - across, y2 - down), (x1 - across, y1 - down)]
        self.polygon([*near, *far], colour)
        self.oval(x1, y1, thick / 2, thick / 2, colour)
        self.oval(x2, y2, thick / 2, thick / 2, colour)
