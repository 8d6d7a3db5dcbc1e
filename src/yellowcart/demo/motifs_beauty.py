"""Cosmetics. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mirror, mix, oval, shape, turned

WHITE = "#ffffff"
NIGHT = "#23262c"


def lipstick(dice: Dice, ink: Inks) -> str:
    """Lipsticks, one open, with a stroke of colour."""
    red = dice.pick(["#b8434a", "#c85a3e", "#a8485e", "#d0604f"])

    def stick(x: int, tone: str) -> str:
        return (
            shape(f"M{x - 30} 250v-60q40-60 60-50v110z", tone)
            + block(x - 36, 246, 72, 60, "#d8b26a")
            + block(x - 46, 300, 92, 170, NIGHT, 8)
            + gloss(block(x - 34, 312, 10, 146, WHITE, 5), 28)
        )

    return (
        shape("M96 440q100-50 190-10t220-20q-40 60-200 56t-210-26z", mix(red, WHITE, 18))
        + stick(214, red)
        + stick(330, mix(red, "#5a1028", 24))
        + block(412, 330, 92, 140, NIGHT, 8)
        + block(412, 330, 92, 16, "#d8b26a")
    )


def palette(dice: Dice, ink: Inks) -> str:
    """An open eyeshadow palette."""
    shades = ["#e6c3a5", "#c98f70", "#9a5a48", "#d8a0a0", "#b87268", "#6d3f38", "#f0dcc0", "#d9b26a", "#4e3430"]
    pans = "".join(block(154 + i % 3 * 100, 292 + i // 3 * 56, 88, 46, shades[i], 8) for i in range(9))
    return (
        block(128, 110, 344, 160, ink.main, 18)
        + block(146, 126, 308, 130, "#dbe6ea", 10)
        + gloss(shape("M180 256l90-130h60l-90 130z", WHITE), 60)
        + block(128, 272, 344, 198, NIGHT, 18)
        + pans
    )


def compact(dice: Dice, ink: Inks) -> str:
    """A cushion compact with its puff."""
    return (
        circle(330, 236, 128, ink.main)
        + circle(330, 236, 108, "#dbe6ea")
        + gloss(shape("M270 310l80-160h44l-80 176z", WHITE), 60)
        + oval(280, 410, 168, 60, ink.dark)
        + oval(280, 396, 168, 60, ink.main)
        + oval(280, 392, 138, 45, "#edc9a4")
        + oval(284, 390, 96, 28, "#e2b78c")
        + oval(452, 430, 66, 34, "#f4e2d0")
        + line("M410 424q42-18 84 0", ink.accent, 10)
    )


def pencils(dice: Dice, ink: Inks) -> str:
    """Make-up pencils and brushes, standing in a cup."""
    brushes = "".join(
        turned(
            block(290, 190, 20, 200, "#3a2c28", 8)
            + block(286, 176, 28, 46, "#d8b26a", 3)
            + shape("M284 180q-16-50 16-80 32 30 16 80z", tone),
            turn,
            300,
            420,
        )
        for turn, tone in ((-22, "#8a5a48"), (-8, ink.accent), (8, "#c98f70"), (22, ink.main))
    )
    return (
        brushes
        + shape("M200 300h200l-18 170H218z", ink.light)
        + shape("M356 300h44l-18 170h-50z", ink.main)
        + block(208, 340, 184, 20, ink.accent)
    )


def tube(dice: Dice, ink: Inks) -> str:
    """Two squeeze tubes."""

    def one(x: int, tone: str) -> str:
        return (
            shape(f"M{x - 66} 120h132l-18 280h-96z", tone)
            + block(x - 70, 112, 140, 26, mix(tone, WHITE, 45), 4)
            + block(x - 46, 396, 92, 74, mix(tone, "#000000", 30), 10)
            + circle(x, 240, 26, ink.accent)
            + line(f"M{x - 28} 300h56M{x - 18} 322h36", WHITE, 6)
        )

    return one(214, ink.main) + one(386, ink.light)


def pump(dice: Dice, ink: Inks) -> str:
    """A pump bottle."""
    return (
        line("M300 180v-44h-74v20", ink.dark, 20)
        + block(266, 170, 68, 44, ink.dark, 8)
        + block(190, 206, 220, 264, ink.main, 40)
        + block(366, 206, 44, 264, ink.dark, 26)
        + block(222, 270, 140, 140, "#fffaf0", 10)
        + shape("M292 290q46 46 0 96-46-50 0-96z", ink.accent)
        + gloss(block(206, 240, 12, 196, WHITE, 6), 45)
    )


def dropper(dice: Dice, ink: Inks) -> str:
    """A dropper bottle, a cream jar and a leaf."""
    return (
        block(270, 96, 60, 86, NIGHT, 26)
        + block(256, 168, 88, 54, "#d8b26a", 8)
        + block(210, 214, 180, 256, ink.main, 44)
        + gloss(block(210, 300, 180, 170, ink.dark, 44), 55)
        + block(240, 290, 120, 110, "#fffaf0", 8)
        + circle(300, 330, 18, ink.accent)
        + line("M266 372h68", ink.light, 6)
        + block(404, 384, 124, 86, ink.light, 16)
        + block(398, 356, 136, 38, "#d8b26a", 10)
        + shape("M76 470q0-110 110-150 20 120-110 150z", "#7fa56d")
        + line("M90 460q40-60 84-124", "#e7f0dc", 4)
    )


def sachets(dice: Dice, ink: Inks) -> str:
    """Sheet masks in sachets."""

    def one(tone: str, turn: int) -> str:
        face = (
            oval(300, 320, 62, 82, "#fffaf0") + mirror(oval(276, 304, 13, 7, tone)) + oval(300, 358, 19, 8, tone)
        )
        return turned(
            block(204, 150, 192, 310, tone, 10) + block(204, 150, 192, 26, mix(tone, WHITE, 40), 6) + face,
            turn,
            300,
            460,
        )

    return one(ink.light, -18) + one(ink.accent, 16) + one(ink.main, -1)


def nails(dice: Dice, ink: Inks) -> str:
    """Press-on nails on a card."""
    tips = "".join(
        shape(
            f"M{160 + i % 5 * 60} {250 + i // 5 * 110}q-4-60 22-62 26 2 22 62-22 30-44 0z",
            ink.main if i % 2 else ink.light,
        )
        + gloss(oval(174 + i % 5 * 60, 216 + i // 5 * 110, 4, 14, WHITE), 70)
        for i in range(10)
    )
    return (
        block(124, 130, 352, 340, "#fffaf4", 20)
        + block(124, 130, 352, 36, ink.accent, 16)
        + tips
        + line("M220 420h160", ink.light, 8)
    )


def soap(dice: Dice, ink: Inks) -> str:
    """Bars of soap with bubbles."""
    bubbles = "".join(circle(x, y, size, WHITE) for x, y, size in ((150, 220, 26), (206, 170, 18), (440, 210, 30)))
    return (
        gloss(bubbles, 75)
        + block(96, 390, 196, 80, ink.main, 30)
        + block(308, 390, 196, 80, ink.light, 30)
        + block(176, 300, 250, 92, ink.accent, 34)
        + block(206, 322, 190, 48, mix(ink.accent, WHITE, 30), 22)
        + line("M270 346q30-22 60 0", ink.dark, 6)
    )
