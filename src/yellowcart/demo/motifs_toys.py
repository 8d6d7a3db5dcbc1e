"""Things for the child. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mirror, mix, oval, shape

WHITE = "#ffffff"
WOOD = "#a9743f"


def bricks(dice: Dice, ink: Inks) -> str:
    """A gate tower of toy bricks."""

    def brick(x: int, y: int, wide: int, tone: str) -> str:
        studs = "".join(block(x + 8 + i * 40, y - 10, 24, 12, mix(tone, WHITE, 20), 4) for i in range(wide // 40))
        return studs + block(x, y, wide, 46, tone, 4) + block(x, y + 36, wide, 10, mix(tone, "#000000", 18), 4)

    rows = (
        brick(140, 424, 120, "#d8432f")
        + brick(340, 424, 120, "#d8432f")
        + brick(140, 376, 120, "#f0b83c")
        + brick(340, 376, 120, "#3f79b8")
        + brick(140, 328, 320, "#d8432f")
        + brick(180, 280, 240, "#f0b83c")
    )
    roof = shape("M120 282q60-10 90-76h180q30 66 90 76z", "#4d8c57") + shape(
        "M200 200q40-10 60-50h80q20 40 60 50z", "#3d7347"
    )
    return rows + roof + circle(300, 146, 12, "#f0b83c")


def vehicle(dice: Dice, ink: Inks) -> str:
    """A toy digger."""
    return (
        line("M350 320L452 190 520 330", "#e0a22e", 30)
        + shape("M470 330h90q-4 60-60 70-40-30-30-70z", "#6d5a3a")
        + block(120, 330, 250, 80, "#f0b83c", 18)
        + shape("M150 330V220h110l40 110z", "#f4c95a")
        + shape("M172 316v-74h74l26 74z", "#bfe0ec")
        + block(96, 404, 300, 66, "#3a3b40", 33)
        + "".join(
            circle(134 + i * 75, 437, 22, "#8b8d94") + circle(134 + i * 75, 437, 9, "#3a3b40") for i in range(4)
        )
    )


def train(dice: Dice, ink: Inks) -> str:
    """A wooden train on its rails."""
    wheels = "".join(circle(x, 430, 30, "#7a5230") + circle(x, 430, 11, "#e8c792") for x in (150, 236, 346, 440))
    return (
        line("M70 466h460", WOOD, 12)
        + block(110, 286, 180, 130, ink.main, 16)
        + block(122, 212, 90, 86, ink.accent, 10)
        + block(142, 232, 50, 44, "#fdf3dc", 6)
        + block(234, 226, 36, 66, ink.dark, 8)
        + block(312, 318, 176, 98, ink.light, 14)
        + circle(356, 310, 30, "#e08a3a")
        + circle(408, 304, 34, "#6ba36a")
        + circle(452, 312, 26, "#d8d05a")
        + wheels
    )


def clay(dice: Dice, ink: Inks) -> str:
    """Tubs of modelling clay and a little snail."""
    tones = ["#e2574c", "#f0b83c", "#5aa469", "#4b8bc4", "#9b6fb0", "#ec8fb0"]
    tubs = "".join(
        block(96 + i % 3 * 142, 210 + i // 3 * 132, 124, 120, mix(tones[i], WHITE, 10), 14)
        + block(90 + i % 3 * 142, 196 + i // 3 * 132, 136, 40, WHITE, 12)
        for i in range(6)
    )
    snail = (
        line("M250 460h120q30-4 30-44", "#f0b83c", 26)
        + circle(300, 410, 50, "#e2574c")
        + line("M300 410a14 14 0 1 1 14 14a30 30 0 1 1-4-44", "#b93d34", 8)
    )
    return tubs + snail + circle(404, 410, 5, "#2a2320")


def panda(dice: Dice, ink: Inks) -> str:
    """A plush panda, sitting."""
    black = "#2f2e33"
    return (
        mirror(circle(214, 162, 42, black) + oval(206, 376, 40, 74, black, 24) + oval(218, 446, 60, 34, black, -8))
        + oval(300, 396, 116, 84, "#fbf8f2")
        + oval(300, 242, 128, 110, "#fffdf8")
        + mirror(
            oval(250, 246, 28, 38, black, 26) + circle(256, 240, 10, WHITE) + oval(218, 288, 22, 12, "#f4b9b4")
        )
        + oval(300, 282, 15, 10, black)
        + line("M300 292q-12 18-26 10M300 292q12 18 26 10", black, 5)
        + shape("M278 352h44l-22 24z", ink.accent)
    )


def bubbles(dice: Dice, ink: Inks) -> str:
    """A bubble blower with its bubbles."""
    spheres = "".join(
        gloss(circle(x, y, size, mix(ink.light, WHITE, 40)), 70)
        + gloss(oval(x - size // 3, y - size // 3, size // 4, size // 6, WHITE, -30), 90)
        for x, y, size in (
            (176, 150, 40),
            (262, 110, 26),
            (344, 164, 46),
            (450, 140, 34),
            (130, 240, 24),
            (500, 226, 22),
        )
    )
    return (
        spheres
        + block(210, 220, 230, 90, ink.main, 34)
        + block(250, 300, 80, 170, ink.dark, 26)
        + circle(214, 265, 52, ink.accent)
        + circle(214, 265, 36, ink.light)
        + circle(340, 264, 18, WHITE)
    )


def playhouse(dice: Dice, ink: Inks) -> str:
    """A doll's house."""
    windows = "".join(
        block(x, y, 62, 62, "#fdf0c8", 8) + line(f"M{x + 31} {y}v62M{x} {y + 31}h62", ink.dark, 5)
        for x, y in ((180, 280), (358, 280), (180, 376))
    )
    return (
        block(150, 250, 300, 220, ink.light, 8)
        + shape("M110 262L300 110l190 152z", ink.main)
        + circle(300, 206, 28, "#fdf0c8")
        + windows
        + block(350, 370, 78, 100, ink.accent, 10)
        + circle(366, 424, 6, WHITE)
    )
