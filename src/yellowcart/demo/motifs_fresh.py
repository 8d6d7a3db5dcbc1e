"""Fruit, sea and field. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mirror, mix, moved, oval, shape, turned

LEAF = "#5f8f4e"
WHITE = "#ffffff"


def _leafed(x: int, y: int) -> str:
    return line(f"M{x} {y}q2-30 16-44", "#6b4429", 9) + shape(f"M{x + 12} {y - 30}q44-44 78-10-36 32-78 10z", LEAF)


def apple(dice: Dice, ink: Inks) -> str:
    """Two apples, or whatever round fruit the inks make of them."""
    red = dice.pick(["#c8372d", "#d4503a", "#b52f35"])

    def one(x: int, y: int, percent: int) -> str:
        fruit = (
            shape(
                "M300 250c40-40 132-22 132 76 0 84-56 144-96 144-16 0-24-8-36-8"
                "s-20 8-36 8c-40 0-96-60-96-144 0-98 92-116 132-76z",
                red,
            )
            + shape("M392 262c60 60 30 180-50 208 50 0 92-64 90-144 0-34-16-56-40-64z", mix(red, "#3b0d10", 30))
            + gloss(oval(222, 312, 18, 42, "#ffe1c4", 16), 60)
            + _leafed(300, 262)
        )
        return moved(fruit, x, y, percent)

    return one(92, -6, 72) + one(-46, 0, 86)


def citrus(dice: Dice, ink: Inks) -> str:
    """Oranges, one of them cut."""
    peel = dice.pick(["#ee8a2a", "#f09d33", "#e5702a"])
    flesh = dice.pick(["#f7b04a", "#e8663c", "#f4a13a"])
    wedges = "".join(turned(shape("M300 392l-20-56q20-14 40 0z", flesh), 45 * i, 300, 396) for i in range(8))
    return (
        circle(206, 358, 104, peel)
        + circle(238, 380, 78, mix(peel, "#7a2c08", 10))
        + gloss(oval(168, 318, 18, 34, WHITE, 30), 50)
        + circle(404, 378, 90, peel)
        + gloss(oval(440, 400, 38, 60, "#7a2c08", 20), 22)
        + _leafed(206, 262)
        + circle(300, 396, 76, peel)
        + circle(300, 396, 68, "#fdeccb")
        + wedges
    )


def kiwi(dice: Dice, ink: Inks) -> str:
    """A kiwi fruit and its green half."""
    seeds = "".join(turned(oval(310, 356, 4, 10, "#2b2a1c"), 30 * i, 310, 388) for i in range(12))
    return (
        oval(190, 384, 92, 74, "#8a6a3f", -14)
        + oval(420, 392, 84, 68, "#7d5f38", 16)
        + gloss(oval(170, 352, 40, 16, WHITE, -20), 25)
        + oval(310, 390, 92, 80, "#8a6a3f")
        + oval(310, 388, 82, 70, "#8fbf4b")
        + oval(310, 388, 54, 46, "#a9d362")
        + seeds
        + oval(310, 388, 24, 18, "#f0f2d0")
    )


def strawberry(dice: Dice, ink: Inks) -> str:
    """A heap of strawberries in a dish."""

    def berry(x: int, y: int, turn: int) -> str:
        dots = "".join(
            oval(x - 26 + i % 3 * 26, y - 12 + i // 3 * 26, 3, 5, "#ffd9a0") for i in range(6) if i != 5
        )
        fruit = shape(
            f"M{x} {y + 62}c-34-14-66-58-58-92 8-26 40-22 58-14 18-8 50-12 58 14 8 34-24 78-58 92z", "#d8342f"
        )
        crown = shape(f"M{x - 46} {y - 44}l26 4 20-20 20 20 26-4-26 26h-40z", LEAF)
        return turned(fruit + dots + crown, turn, x, y)

    return (
        berry(222, 318, -16)
        + berry(378, 318, 18)
        + berry(300, 282, 3)
        + berry(170, 376, -40)
        + berry(430, 376, 38)
        + berry(300, 366, dice.between(-10, 10))
        + shape("M132 392h336q-14 78-96 78H228q-82 0-96-78z", ink.light)
        + shape("M400 392h68q-14 78-96 78h-40q62-14 68-78z", ink.main)
    )


def roots(dice: Dice, ink: Inks) -> str:
    """Sweet potatoes, jujubes, mangoes or pears: long fruit, by the main ink."""
    skin = ink.main

    def one(x: int, y: int, turn: int) -> str:
        return (
            oval(x, y, 112, 52, skin, turn)
            + oval(x + 10, y + 14, 92, 34, mix(skin, "#301010", 14), turn)
            + gloss(oval(x - 34, y - 20, 42, 10, WHITE, turn), 35)
        )

    return (
        one(212, 350, -18)
        + one(400, 362, 14)
        + one(296, 424, -4)
        + oval(416, 430, 54, 42, mix(skin, "#301010", 20))
        + oval(416, 428, 46, 34, ink.accent)
        + shape("M150 300q-6-44 36-58 14 44-36 58z", LEAF)
    )


def fish(dice: Dice, ink: Inks) -> str:
    """A fish on an oval dish with lemon."""
    back = dice.pick(["#7f97a6", "#8c9aa0", "#6d8a92"])
    scales = "".join(
        line(f"M{256 + i * 36} {366 + i % 2 * 14}q14 14 0 28", mix(back, WHITE, 40), 4) for i in range(5)
    )
    return (
        oval(300, 420, 224, 54, mix(ink.light, "#000000", 10))
        + oval(300, 410, 224, 54, WHITE)
        + oval(300, 410, 190, 40, mix(ink.light, WHITE, 50))
        + shape("M128 388c70-76 210-84 286-18l76-44q-22 58 0 108l-76-34c-80 58-220 52-286-12z", back)
        + shape("M128 388c60 44 220 66 286 12l-12 8c-80 50-214 44-274-20z", mix(back, WHITE, 60))
        + circle(180, 378, 9, "#22282c")
        + line("M216 352q22 36 0 70", mix(back, "#000000", 25), 5)
        + scales
        + circle(420, 448, 30, "#f0c94a")
        + circle(420, 448, 22, "#f9e79a")
    )


def crab(dice: Dice, ink: Inks) -> str:
    """A cooked crab."""
    red = dice.pick(["#d4552c", "#c7472b", "#dc6a35"])
    deep = mix(red, "#4a0f08", 26)
    legs = "".join(line(f"M206 {372 + i * 22}q-54 {-18 + i * 20}-96 {18 + i * 22}", deep, 15) for i in range(3))
    claw = line("M214 342q-60-30-66-84", deep, 22) + shape(
        "M120 266c-22-54 8-104 56-106l-18 52 42-30c14 50-22 94-80 84z", red
    )
    return (
        mirror(legs + claw + line("M268 296v-26", deep, 8) + circle(268, 264, 10, "#2a1712"))
        + oval(300, 384, 118, 84, red)
        + oval(300, 408, 104, 56, deep)
        + oval(300, 380, 110, 70, red)
        + gloss(oval(256, 344, 42, 16, WHITE, -16), 35)
        + line("M262 400q38 26 76 0", deep, 7)
    )


def shrimps(dice: Dice, ink: Inks) -> str:
    """Peeled shrimps on a plate."""

    def one(x: int, y: int, turn: int) -> str:
        tail = line(f"M{x - 46} {y + 20}a50 50 0 1 1 82 24", "#f3a288", 34)
        bands = line(f"M{x - 30} {y - 30}l-10-18M{x + 4} {y - 44}v-20M{x + 34} {y - 24}l18-10", "#e37a5e", 5)
        return turned(tail + bands, turn, x, y)

    return (
        oval(300, 430, 210, 46, mix(ink.main, "#000000", 10))
        + oval(300, 420, 210, 46, WHITE)
        + one(200, 380, -20)
        + one(398, 384, 30)
        + one(300, 340, 4)
        + one(300, 412, dice.between(120, 200))
        + shape("M404 430q30-36 70-20-26 36-70 20z", LEAF)
    )


def mushrooms(dice: Dice, ink: Inks) -> str:
    """Dried mushrooms in a basket."""

    def cap(x: int, y: int, percent: int) -> str:
        one = (
            block(282, 410, 36, 56, "#e9d6b4", 14)
            + shape("M222 424c0-96 156-96 156 0q-78 26-156 0z", "#7a5235")
            + line("M262 388l14 14M300 376v18M338 388l-14 14", "#d3b084", 6)
        )
        return moved(one, x, y, percent)

    return (
        cap(-80, -70, 90)
        + cap(84, -74, 86)
        + cap(0, -100, 100)
        + shape("M130 384h340l-36 86H166z", "#b98a50")
        + line("M140 404h320M150 428h300M160 452h280", "#94693a", 7)
    )


def corn(dice: Dice, ink: Inks) -> str:
    """Two cobs of corn."""

    def cob(turn: int) -> str:
        kernels = "".join(circle(276 + i % 3 * 24, 220 + i // 3 * 24, 12, "#f6d365") for i in range(24))
        body = block(256, 170, 88, 270, "#e9b93c", 44) + kernels
        husk = shape(
            "M300 470c-90-20-84-140-60-190 10 70 40 110 60 130 20-20 50-60 60-130 24 50 30 170-60 190z", LEAF
        )
        return turned(body + husk, turn, 300, 470)

    return cob(-24) + cob(dice.between(16, 26))
