"""Pictures of the demo world: product still lifes, avatars and room covers, as SVG text.

The same arguments give the same text on every machine. Nothing a person typed stands in the markup except the one
glyph of an avatar, which is escaped. Every picture is under 6 kB.
"""

from html import escape
from typing import NamedTuple

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, inks, mix, oval, shape
from yellowcart.demo.picture_subjects import colour_for, motif_for

WHITE = "#ffffff"


class Stage(NamedTuple):
    """The colours that a thing is shown on."""

    wall: str
    table: str
    halo: str
    deep: str


STAGES = (
    Stage("#f8e7d2", "#e9c9a4", "#fdf5e8", "#b8643a"),
    Stage("#e6eee4", "#c6d5bd", "#f6faf1", "#4f7a55"),
    Stage("#f7dfd8", "#e5b8ac", "#fdf0eb", "#b0546a"),
    Stage("#dfe8ef", "#b9cbd9", "#f2f7fa", "#3f6a94"),
    Stage("#f6eac2", "#e6cc85", "#fdf7e0", "#b8862a"),
    Stage("#e9e2ef", "#cbbcd8", "#f7f2fa", "#6b4f94"),
    Stage("#f0e9df", "#d6c6b2", "#fbf8f2", "#8a6a48"),
    Stage("#d9ebe6", "#aacfc4", "#effaf6", "#2f7f74"),
)

MAINS = (
    "#c8574a",
    "#3f7a78",
    "#d98f3c",
    "#5a78a8",
    "#8a5a7a",
    "#6f8f5a",
    "#b9705a",
    "#4a5a70",
    "#d8a24a",
    "#7f6a58",
)
FONTS = "PingFang SC,Noto Sans SC,Microsoft YaHei,system-ui,sans-serif"
ACCENTS = ("#f2c14e", "#e8765a", "#f4e3c3", "#7fb0a0", "#d9b26a", "#c85a6a")


def product_picture(title: str, category: str, seed: int) -> str:
    """A square still life (600 × 600) of the thing that a Chinese title names, else of its category."""
    dice = Dice(f"product/{title}/{category}/{seed}")
    stage = dice.pick(STAGES)
    thing = _thing(dice, title, category)
    mark = dice.mark()
    return _svg(600, 600, _gradients(mark, stage) + _backdrop(dice, mark, stage) + _standing(mark, thing))


def cover(title: str, category: str, seed: int) -> str:
    """A portrait cover (360 × 640, 9:16) for a live room: the thing in a lit studio, dark towards the foot."""
    dice = Dice(f"cover/{title}/{category}/{seed}")
    stage = dice.pick(STAGES)
    thing = _thing(dice, title, category)
    mark = dice.mark()
    dusk = stage.deep
    lights = "".join(
        circle(dice.between(10, 350), dice.between(20, 250), dice.between(10, 34), WHITE) for _ in range(7)
    )
    fade = (
        f'<linearGradient id="{mark}f" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{dusk}" stop-opacity=".6"/>'
        f'<stop offset=".45" stop-color="{dusk}" stop-opacity="0"/>'
        f'<stop offset=".74" stop-color="{dusk}" stop-opacity="0"/>'
        f'<stop offset="1" stop-color="{mix(dusk, "#140c14", 60)}" stop-opacity=".9"/></linearGradient>'
    )
    return _svg(
        360,
        640,
        _gradients(mark, stage, fade)
        + f'<rect width="360" height="640" fill="url(#{mark}w)"/>'
        + gloss(circle(180, 296, 168, stage.table), 55)
        + gloss(circle(180, 296, 138, stage.halo), 90)
        + gloss(shape("M150-20L-80 520h150zM210-20L440 520H290z", WHITE), 22)
        + gloss(lights, 34)
        + block(0, 452, 360, 188, stage.table)
        + oval(180, 458, 176, 34, mix(stage.table, WHITE, 45))
        + f'<g transform="translate(-16 132) scale(.65)">{_standing(mark, thing)}</g>'
        + f'<rect width="360" height="640" fill="url(#{mark}f)"/>',
    )


def avatar(name: str, seed: int) -> str:
    """A round avatar (120 × 120) with the first glyph of the name; a name without one gets a smile."""
    dice = Dice(f"avatar/{name}/{seed}")
    main = dice.pick(MAINS)
    mark = dice.mark()
    glyph = next((letter for letter in name if letter.isalnum()), "")
    face = (
        f'<text x="60" y="62" font-family="{FONTS}" font-size="54" font-weight="600" fill="#fffaf2" '
        f'text-anchor="middle" dominant-baseline="central">{escape(glyph.upper())}</text>'
        if glyph
        else circle(42, 52, 6, WHITE) + circle(78, 52, 6, WHITE) + shape("M36 72q24 26 48 0z", WHITE)
    )
    waves = gloss(
        circle(dice.between(10, 50), dice.between(90, 120), dice.between(34, 56), WHITE)
        + circle(dice.between(70, 116), dice.between(4, 40), dice.between(20, 40), dice.pick(ACCENTS)),
        22,
    )
    return _svg(
        120,
        120,
        f'<defs><linearGradient id="{mark}a" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{mix(main, WHITE, 22)}"/>'
        f'<stop offset="1" stop-color="{mix(main, "#2b1a12", 18)}"/></linearGradient>'
        f'<clipPath id="{mark}c"><circle cx="60" cy="60" r="60"/></clipPath></defs>'
        f'<g clip-path="url(#{mark}c)"><rect width="120" height="120" fill="url(#{mark}a)"/>{waves}</g>{face}',
    )


def _svg(wide: int, high: int, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
        f"{content}</svg>"
    )


def _thing(dice: Dice, title: str, category: str) -> str:
    return motif_for(title, category)(dice, _inks(dice, title, category))


def _inks(dice: Dice, title: str, category: str) -> Inks:
    main = dice.pick(MAINS)
    accent = dice.pick([colour for colour in ACCENTS if colour != main])
    return inks(colour_for(title, category) or main, accent)


def _gradients(mark: str, stage: Stage, more: str = "") -> str:
    return (
        f'<defs><linearGradient id="{mark}w" x1="0" y1="0" x2=".4" y2="1">'
        f'<stop offset="0" stop-color="{stage.halo}"/>'
        f'<stop offset="1" stop-color="{stage.wall}"/></linearGradient>'
        f'<radialGradient id="{mark}s"><stop offset="0" stop-color="#3b2416" stop-opacity=".42"/>'
        f'<stop offset="1" stop-color="#3b2416" stop-opacity="0"/></radialGradient>{more}</defs>'
    )


def _backdrop(dice: Dice, mark: str, stage: Stage) -> str:
    """A wall with an arch, a disc or window light on it, and a table before it."""
    wall = f'<rect width="600" height="600" fill="url(#{mark}w)"/>'
    motif = dice.pick(
        [
            circle(300, 290, 228, stage.halo),
            shape("M96 600V286a204 204 0 0 1 408 0v314z", stage.halo),
            gloss(shape("M60 40h150L370 420H190zM236 40h130L530 420H394z", WHITE), 55),
            gloss(circle(430, 170, 118, stage.table), 50) + gloss(circle(160, 330, 150, stage.halo), 90),
        ]
    )
    table = block(0, 436, 600, 164, stage.table) + gloss(block(0, 436, 600, 7, WHITE), 55)
    return wall + motif + table


def _standing(mark: str, thing: str) -> str:
    shadow = f'<ellipse cx="306" cy="478" rx="236" ry="40" fill="url(#{mark}s)"/>'
    return f'{shadow}<g transform="translate(0 16)">{thing}</g>'
