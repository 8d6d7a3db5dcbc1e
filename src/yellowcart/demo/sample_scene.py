"""The scene of the sample stream: a warm studio, a host who talks and gestures, a vase that turns on its plinth.

Every movement has a whole number of turns in the scene, so the stream loops without a jump. Coordinates are pixels
of a canvas of 720 × 1280.
"""

from functools import cache
from math import cos, pi, sin, sqrt

from yellowcart.demo.canvas import Canvas, Colour, blend

WIDE, HIGH = 720, 1280
TABLE_TOP = 1000
LIGHT_RINGS = 9

WALL_TOP: Colour = (250, 224, 188)
WALL_FOOT: Colour = (232, 170, 124)
GLOW: Colour = (255, 247, 226)
TABLE: Colour = (150, 88, 58)
TABLE_EDGE: Colour = (178, 110, 74)
SKIN: Colour = (240, 196, 160)
SKIN_SHADE: Colour = (219, 166, 128)
HAIR: Colour = (62, 44, 42)
SHIRT: Colour = (63, 122, 120)
SHIRT_SHADE: Colour = (48, 98, 98)
APRON: Colour = (250, 240, 222)
VASE: Colour = (201, 87, 74)
YELLOW: Colour = (242, 186, 60)
INK: Colour = (70, 46, 40)


def backdrop() -> Canvas:
    """The bare wall, which every frame begins with."""
    canvas = Canvas(WIDE, HIGH)
    for row in range(HIGH):
        canvas.span(row, 0, WIDE, _wall(row))
    return canvas


def draw(canvas: Canvas, part: float) -> None:
    """Draw the moment at `part` (0 to 1) of the scene over a backdrop."""
    _light(canvas, part)
    _furniture(canvas)
    _host(canvas, part)
    _table(canvas)
    _plinth(canvas)
    _vase(canvas, part)
    _front_arm(canvas, part)
    _hearts(canvas, part)
    canvas.block(0, HIGH - 12, WIDE, HIGH, blend(TABLE, INK, 0.5))
    canvas.block(0, HIGH - 12, WIDE * part, HIGH, YELLOW)


def _wave(part: float, turns: int, shift: float = 0.0) -> float:
    return sin(2 * pi * (part * turns + shift))


def _wall(row: int) -> Colour:
    return blend(WALL_TOP, WALL_FOOT, min(1.0, row / 1000))


@cache
def _lit_wall(row: int, ring: int) -> Colour:
    return blend(_wall(row), GLOW, (ring + 1) / LIGHT_RINGS * 0.7)


def _light(canvas: Canvas, part: float) -> None:
    """A soft spot that wanders over the wall, as rings of ever more light."""
    x, y = 360 + 150 * _wave(part, 1), 430 + 70 * _wave(part, 2, 0.25)
    for ring in range(LIGHT_RINGS):
        half = 330 - ring * 30
        for row in range(max(0, round(y - half)), min(TABLE_TOP, round(y + half))):
            reach = half**2 - (row - y) ** 2
            if reach > 0:
                canvas.span(row, x - sqrt(reach), x + sqrt(reach), _lit_wall(row, ring))


def _furniture(canvas: Canvas) -> None:
    """A lamp and a shelf on the wall."""
    for index, colour in enumerate(((111, 143, 90), (90, 120, 168), (217, 143, 60), (138, 90, 122))):
        left, top = 470 + index * 54, 236 + index % 2 * 26
        canvas.block(left, top, left + 38, 332, colour)
        canvas.block(left, top, left + 10, 332, blend(colour, (255, 255, 255), 0.25))
    canvas.block(440, 332, WIDE, 348, TABLE_EDGE)
    canvas.oval(120, 240, 78, 78, (244, 208, 166))
    canvas.oval(120, 240, 62, 62, (255, 240, 214))


def _host(canvas: Canvas, part: float) -> None:
    sway = 10 * _wave(part, 4)
    nod = 6 * _wave(part, 8, 0.2)
    x = 300 + sway
    canvas.oval(x, 468 + nod, 124, 150, HAIR)
    canvas.block(x - 122, 470 + nod, x + 122, 610 + nod, HAIR)
    canvas.oval(x, 610 + nod, 122, 40, HAIR)
    canvas.limb((x, 560), (x, 660), 76, SKIN_SHADE)
    right = [(x + 70, 640.0), (x + 178, 700.0), (x + 200, 1020.0)]
    left = [(x - 200, 1020.0), (x - 178, 700.0), (x - 70, 640.0)]
    canvas.polygon([*right, *left], SHIRT)
    canvas.oval(x, 642, 72, 36, SKIN)
    canvas.polygon([(x - 96, 740), (x + 96, 740), (x + 130, 1020), (x - 130, 1020)], APRON)
    canvas.limb((x - 84, 744), (x - 58, 650), 20, APRON)
    canvas.limb((x + 84, 744), (x + 58, 650), 20, APRON)
    canvas.oval(x, 860, 34, 34, YELLOW)
    back = _wave(part, 6, 0.1)
    elbow = (x - 236 - 10 * back, 850 - 12 * back)
    hand = (x - 210 + 66 * back, 690 - 70 * back)
    canvas.limb((x - 150, 730), elbow, 76, SHIRT_SHADE)
    canvas.limb(elbow, hand, 60, SHIRT_SHADE)
    canvas.oval(hand[0], hand[1] - 18, 36, 42, SKIN)
    _face(canvas, x, 480 + nod, part)


def _face(canvas: Canvas, x: float, y: float, part: float) -> None:
    canvas.oval(x, y, 96, 116, SKIN)
    crown = [(x - 102, y - 20), (x - 86, y - 108), (x + 10, y - 134), (x + 92, y - 100)]
    fringe = [(x + 102, y - 14), (x + 64, y - 70), (x - 30, y - 60)]
    canvas.polygon([*crown, *fringe], HAIR)
    blink = part * 12 % 1 > 0.93
    look = 6 * _wave(part, 2)
    for side in (-38, 38):
        canvas.oval(x + side, y + 42, 22, 13, blend(SKIN, (226, 110, 96), 0.35))
        if blink:
            canvas.block(x + side - 13, y + 4, x + side + 13, y + 9, INK)
        else:
            canvas.oval(x + side, y + 6, 13, 16, (255, 253, 248))
            canvas.oval(x + side + look, y + 7, 9, 11, INK)
        inner, outer = x + side * 0.62, x + side * 1.42
        canvas.limb((inner, y - 30), (x + side, y - 35), 7, HAIR)
        canvas.limb((x + side, y - 35), (outer, y - 28), 7, HAIR)
    talk = max(0.0, 0.5 + 0.5 * _wave(part, 36) * _wave(part, 10, 0.3) + 0.2 * _wave(part, 50))
    lips = y + 58
    canvas.oval(x, lips, 32, 12 + 18 * talk, (150, 54, 52))
    canvas.oval(x, lips + 9 + 9 * talk, 17, 4 + 6 * talk, (224, 120, 110))
    canvas.block(x - 34, lips - 32, x + 34, lips, SKIN)
    canvas.block(x - 24, lips, x + 24, lips + 6, (255, 250, 244))


def _table(canvas: Canvas) -> None:
    canvas.block(0, TABLE_TOP, WIDE, HIGH, TABLE)
    canvas.block(0, TABLE_TOP, WIDE, 1026, TABLE_EDGE)
    canvas.block(0, 1026, WIDE, 1034, blend(TABLE, INK, 0.35))


def _plinth(canvas: Canvas) -> None:
    canvas.oval(530, 1118, 172, 44, blend(TABLE, INK, 0.4))
    canvas.block(380, 1056, 680, 1104, (236, 218, 190))
    canvas.oval(530, 1104, 150, 32, (236, 218, 190))
    canvas.oval(530, 1056, 150, 32, (252, 240, 218))


def _radius(height: float) -> float:
    """The vase's half width, `height` running from 0 at the foot to 1 at the rim."""
    return 52 + 62 * sin(pi * min(1.0, height * 1.18)) * (1 - height * 0.25) - 14 * height


def _vase(canvas: Canvas, part: float) -> None:
    """A striped vase: the stripes wander with the turn, which makes the silhouette seem to rotate."""
    foot, tall, x = 1056, 300, 530
    for row in range(foot - tall, foot):
        height = (foot - row) / tall
        half = _radius(height)
        canvas.span(row, x - half, x + half, VASE)
        for stripe in range(8):
            angle = 2 * pi * (part * 4 + stripe / 8) + height * 1.4
            if cos(angle) > 0:
                middle, breadth = x + half * sin(angle), half * 0.2 * cos(angle)
                tone = YELLOW if stripe % 4 == 0 else blend(VASE, (255, 236, 214), 0.75)
                canvas.span(row, middle - breadth, middle + breadth, tone)
        canvas.span(row, x + half * 0.86, x + half, blend(VASE, INK, 0.45))
        canvas.span(row, x - half * 0.78, x - half * 0.66, (255, 240, 226))
    rim = _radius(1.0)
    canvas.oval(x, foot - tall, rim, 13, blend(VASE, INK, 0.35))
    canvas.oval(x, foot - tall, rim - 9, 8, INK)


def _front_arm(canvas: Canvas, part: float) -> None:
    """The arm that points at the vase."""
    sway = 300 + 10 * _wave(part, 4)
    reach = _wave(part, 3, 0.6)
    elbow = (sway + 190, 872 + 12 * reach)
    hand = (392 + 22 * reach, 962 - 44 * reach)
    canvas.limb((sway + 150, 730), elbow, 76, SHIRT_SHADE)
    canvas.limb(elbow, hand, 60, SHIRT)
    canvas.oval(hand[0] - 6, hand[1], 38, 34, SKIN)
    canvas.limb((hand[0] + 10, hand[1] - 8), (hand[0] + 58, hand[1] - 16), 18, SKIN)


def _hearts(canvas: Canvas, part: float) -> None:
    """Hearts that rise on the right, as viewers send them."""
    for index in range(5):
        way = (part * 6 + index / 5) % 1
        size = 15 * min(1.0, way * 6) * (1.0 if way < 0.8 else (1 - way) * 5)
        if size < 2:
            continue
        x, y = 650 + 26 * sin(2 * pi * (way * 1.5 + index / 3)), 960 - 520 * way
        tone = ((226, 92, 88), YELLOW, (240, 140, 150), (250, 240, 222), (226, 92, 88))[index]
        canvas.oval(x - size * 0.55, y, size * 0.7, size * 0.7, tone)
        canvas.oval(x + size * 0.55, y, size * 0.7, size * 0.7, tone)
        brim = y + size * 0.3
        canvas.polygon([(x - size * 1.16, brim), (x + size * 1.16, brim), (x, y + size * 1.7)], tone)
