"""Pictures that buyers and shops bring: what came, as somebody with a telephone would show it. Drawn, no
photographs, and the same for the same words."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from yellowcart.demo.drawing import Dice

WIDE, HIGH = 720, 540
TABLES = ("#d9c3a0", "#c9b8a4", "#e4ddd2", "#b9c4c9", "#cfc6b8")
GOODS = ("#b9482f", "#3f6f8f", "#5f7f4f", "#caa24a", "#7a5a86", "#d88a72", "#44615c")

Pen = ImageDraw.ImageDraw


def picture_of(subject: str, words: str) -> bytes:
    """A JPEG of a subject (`crack`, `crushed`, `scale`, `label`, `seam`, `whole`), varied by words."""
    dice = Dice(f"{subject}/{words}")
    picture = Image.new("RGB", (WIDE, HIGH), dice.pick(TABLES))
    pen = ImageDraw.Draw(picture)
    _table(pen, dice)
    SUBJECTS[subject](pen, dice, dice.pick(GOODS))
    out = io.BytesIO()
    picture.rotate(dice.between(-3, 3), fillcolor=picture.getpixel((5, 5))).save(out, "JPEG", quality=84)
    return out.getvalue()


def _table(pen: Pen, dice: Dice) -> None:
    for row in range(0, HIGH, 54):
        pen.line((0, row + dice.between(-6, 6), WIDE, row + dice.between(-6, 6)), fill="#00000018", width=2)
    pen.rectangle((0, 0, WIDE, 70 + dice.between(0, 40)), fill="#f4f1ea")


def _thing(pen: Pen, dice: Dice, colour: str) -> tuple[int, int, int, int]:
    """A package with a label; answers its box."""
    left, top = 170 + dice.between(-40, 40), 130 + dice.between(-20, 20)
    box = (left, top, left + 380, top + 300)
    pen.rounded_rectangle((box[0] + 12, box[1] + 16, box[2] + 14, box[3] + 18), 26, fill="#8c7f6f")
    pen.rounded_rectangle(box, 26, fill=colour)
    pen.rounded_rectangle((left + 70, top + 80, left + 310, top + 200), 10, fill="#fdf8ec")
    for row in range(4):
        wide = 200 - dice.between(0, 90)
        pen.rectangle((left + 90, top + 98 + row * 24, left + 90 + wide, top + 108 + row * 24), fill="#4a443c")
    return box


def _whole(pen: Pen, dice: Dice, colour: str) -> None:
    _thing(pen, dice, colour)


def _crack(pen: Pen, dice: Dice, colour: str) -> None:
    left, top, _, bottom = _thing(pen, dice, colour)
    x, y = left + dice.between(60, 300), top
    for _ in range(11):
        following = (x + dice.between(-34, 34), min(y + dice.between(16, 40), bottom))
        pen.line((x, y, *following), fill="#1d1712", width=6)
        pen.line((x + 3, y, following[0] + 3, following[1]), fill="#f6efe4", width=2)
        x, y = following
    pen.ellipse((x - 46, bottom - 40, x + 70, bottom + 26), fill="#6b4a2e")
    _ring(pen, x, bottom - 90)


def _crushed(pen: Pen, dice: Dice, _colour: str) -> None:
    left, top, right, bottom = 150, 140, 570, 450
    dent = dice.between(60, 120)
    corners = [(left, top), (left + 150, top + dent), (right - 90, top + dent // 3), (right, top), (right, bottom)]
    pen.polygon([*corners, (left, bottom)], fill="#b98b58")
    pen.polygon([(left, top), (left + 150, top + dent), (left + 90, bottom), (left, bottom)], fill="#a1764a")
    pen.rectangle((left + 180, top + 130, right - 60, top + 160), fill="#e7d3ad")
    for _ in range(7):
        x, y = dice.between(left, right), dice.between(top + dent, bottom)
        pen.line((x, y, x + dice.between(-50, 50), y + dice.between(-30, 30)), fill="#7d5a36", width=4)
    _ring(pen, left + 150, top + dent)


def _scale(pen: Pen, dice: Dice, colour: str) -> None:
    pen.rounded_rectangle((120, 330, 600, 480), 24, fill="#e9edf0")
    pen.rounded_rectangle((150, 300, 570, 345), 12, fill="#aeb7bd")
    pen.rounded_rectangle((270, 385, 450, 450), 8, fill="#26352b")
    grams = dice.between(1_780, 2_240)
    pen.text((298, 398), f"{grams / 1000:.2f} kg", fill="#8dff9b", font_size=36)
    for number in range(5):
        x = 190 + number * 72
        pen.ellipse((x, 210 - dice.between(0, 24), x + 92, 306), fill=colour)


def _label(pen: Pen, dice: Dice, _colour: str) -> None:
    pen.rounded_rectangle((130, 90, 590, 480), 12, fill="#fffdf7")
    pen.rectangle((130, 90, 590, 150), fill="#d7342a")
    x = 170
    while x < 550:
        wide = dice.between(2, 9)
        pen.rectangle((x, 190, x + wide, 290), fill="#111111")
        x += wide + dice.between(3, 9)
    for row in range(5):
        pen.rectangle((170, 320 + row * 30, 560 - dice.between(0, 190), 334 + row * 30), fill="#55504a")


def _seam(pen: Pen, dice: Dice, colour: str) -> None:
    pen.polygon([(90, 120), (640, 90 + dice.between(0, 50)), (610, 500), (120, 480)], fill=colour)
    x, y = 120, 300
    while x < 600:
        following = (x + 26, y + dice.between(-12, 12))
        open_here = 250 < x < 420
        if open_here:
            pen.polygon([(x, y), (x + 13, y - 26), following, (x + 13, y + 30)], fill="#1e1814")
        pen.line((x, y, *following), fill="#fff4e2" if not open_here else "#d8c8ae", width=4)
        x, y = following
    _ring(pen, 335, y)


def _ring(pen: Pen, x: int, y: int) -> None:
    """Where to look."""
    pen.ellipse((x - 80, y - 70, x + 80, y + 70), outline="#e02a1f", width=7)


SUBJECTS: dict[str, Callable[[Pen, Dice, str], None]] = {
    "whole": _whole,
    "crack": _crack,
    "crushed": _crushed,
    "scale": _scale,
    "label": _label,
    "seam": _seam,
}
