"""The pencil of the demo pictures: repeatable dice, mixed colours and SVG shapes as short strings.

Everything is drawn on a square of 600 units; a thing stands on the line y = 470 around x = 300.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class Dice:
    """Choices that depend on a text alone, the same on every machine and Python."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._throws = 0

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        self._throws += 1
        digest = hashlib.sha256(f"{self._text}#{self._throws}".encode()).digest()
        return low + int.from_bytes(digest[:6]) % (high - low + 1)

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.between(0, len(items) - 1)]

    def mark(self) -> str:
        """A short id that keeps the gradients of several pictures on one page apart."""
        return "g" + hashlib.sha256(self._text.encode()).hexdigest()[:7]


class Inks(NamedTuple):
    """The colours of one thing, as #rrggbb."""

    main: str
    dark: str
    light: str
    accent: str


def mix(colour: str, other: str, percent: int) -> str:
    """`percent` of the other colour mixed into the first."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{(a * (100 - percent) + b * percent) // 100:02x}" for a, b in pairs)


def inks(main: str, accent: str) -> Inks:
    """A main colour with its shade, its light and a companion."""
    return Inks(main, mix(main, "#2b1a12", 28), mix(main, "#ffffff", 42), accent)


def circle(x: int, y: int, radius: int, fill: str) -> str:
    """A disc."""
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"/>'


def oval(x: int, y: int, wide: int, high: int, fill: str, turn: int = 0) -> str:
    """An ellipse by its half axes, turned by whole degrees."""
    turned = f' transform="rotate({turn} {x} {y})"' if turn else ""
    return f'<ellipse cx="{x}" cy="{y}" rx="{wide}" ry="{high}" fill="{fill}"{turned}/>'


def block(x: int, y: int, wide: int, high: int, fill: str, round_by: int = 0) -> str:
    """A rectangle from its upper left corner, with rounded corners."""
    rounded = f' rx="{round_by}"' if round_by else ""
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}"{rounded} fill="{fill}"/>'


def shape(path: str, fill: str) -> str:
    """A filled path."""
    return f'<path d="{path}" fill="{fill}"/>'


def line(path: str, stroke: str, width: int) -> str:
    """A stroked path with round ends."""
    return (
        f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def gloss(markup: str, percent: int = 30) -> str:
    """The same markup, see-through: highlights and shades."""
    return f'<g opacity=".{percent:02d}">{markup}</g>'


def mirror(markup: str) -> str:
    """The markup and its mirror image about x = 300."""
    return f'{markup}<g transform="translate(600 0) scale(-1 1)">{markup}</g>'


def turned(markup: str, degrees: int, x: int = 300, y: int = 330) -> str:
    """The markup turned about a point."""
    return f'<g transform="rotate({degrees} {x} {y})">{markup}</g>'


def moved(markup: str, x: int, y: int, percent: int = 100) -> str:
    """The markup moved, and scaled about the foot of the picture (300, 470)."""
    scale = f" translate(300 470) scale({percent / 100:g}) translate(-300 -470)" if percent != 100 else ""
    return f'<g transform="translate({x} {y}){scale}">{markup}</g>'
