"""Things to eat and drink, drawn for the demo pictures. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mirror, mix, moved, oval, shape, turned

CREAM = "#fff6e4"
LEAF = "#5f8f4e"
WHITE = "#ffffff"


def bowl(dice: Dice, ink: Inks) -> str:
    """A bowl seen from a little above, with something good in it and steam."""
    broth = dice.pick(["#b5502c", "#d98a3a", "#8f3b24", "#e3b25b"])
    bits = "".join(
        oval(200 + i * 33, 318 + (i % 3) * 12, 20, 11, mix(broth, CREAM, 22 + i * 8 % 40), i * 31 - 40)
        for i in range(7)
    )
    greens = "".join(circle(215 + i * 34, 312 + (i * 17) % 30, 5, LEAF) for i in range(6))
    return (
        gloss(line("M250 240q-16-24 0-48t0-46M310 232q-16-24 0-48t0-46", WHITE, 9), 55)
        + shape("M140 322h320c0 92-62 148-160 148s-160-56-160-148z", ink.main)
        + shape("M330 470c80-10 130-62 130-148h-40c0 70-30 128-90 148z", ink.dark)
        + oval(300, 322, 160, 44, ink.light)
        + oval(300, 324, 142, 34, broth)
        + bits
        + greens
        + line("M160 372q140 62 280 0", ink.accent, 7)
    )


def jar(dice: Dice, ink: Inks) -> str:
    """A glass jar with a cloth or metal lid."""
    lid = dice.pick([ink.accent, "#c9a25b", "#4b4038"])
    level = dice.between(238, 262)
    return (
        block(196, 196, 208, 274, mix(ink.main, WHITE, 72), 34)
        + shape(f"M204 {level}h192v184q0 40-40 40H244q-40 0-40-40z", ink.main)
        + "".join(circle(226 + i * 29, level + 40 + (i * 53) % 140, 7 + i % 3 * 3, ink.dark) for i in range(6))
        + block(190, 150, 220, 58, lid, 14)
        + block(190, 184, 220, 24, mix(lid, "#000000", 18), 10)
        + block(232, 300, 136, 104, CREAM, 10)
        + circle(300, 340, 20, ink.accent)
        + line("M258 380h84", mix(ink.main, WHITE, 30), 6)
        + gloss(block(214, 222, 16, 210, WHITE, 8), 45)
    )


def bottle(dice: Dice, ink: Inks) -> str:
    """A tall bottle with a paper label."""
    neck = dice.between(36, 46)
    body = f"M{300 - neck // 2} 130h{neck}v78c0 30 62 40 62 96v136q0 30-30 30H{268 - 14}q-30 0-30-30V304c0-56 62-66 62-96z"
    return (
        shape(body, ink.main)
        + shape("M338 300c14 10 24 16 24 40v100q0 30-30 30h-18q24-10 24-40z", ink.dark)
        + block(300 - neck // 2 - 6, 104, neck + 12, 42, ink.accent, 8)
        + block(226, 322, 134, 98, CREAM, 4)
        + circle(293, 356, 20, ink.accent)
        + line("M256 396h74", ink.light, 6)
        + gloss(block(244, 300, 10, 140, WHITE, 5), 40)
    )


def wine_jar(dice: Dice, ink: Inks) -> str:
    """A squat wine jar under a red cloth, with a cup."""
    cloth = dice.pick(["#c23b2e", "#b8562d", "#8f2f2a"])
    return (
        shape("M220 226c-90 44-96 204-26 244h212c70-40 64-200-26-244z", ink.main)
        + shape("M380 226c60 60 60 190-6 244h32c70-40 64-200-26-244z", ink.dark)
        + shape("M208 232c-6-60 30-96 92-96s98 36 92 96l-30-12-32 16-30-14-30 14-32-16z", cloth)
        + line("M214 216q86 26 172 0", "#e8c26a", 8)
        + f'<g transform="rotate(45 300 350)">{block(250, 300, 100, 100, CREAM, 6)}</g>'
        + circle(300, 350, 26, cloth)
        + shape("M428 410h72c0 40-12 60-36 60s-36-20-36-60z", ink.light)
        + oval(464, 410, 36, 9, "#d9a441")
    )


def pouch(dice: Dice, ink: Inks) -> str:
    """A snack bag with a window, and some of it in front."""
    inside = dice.pick(["#b98046", "#d9a05b", "#6d4a35", "#e4c07a"])
    window = dice.pick([oval(300, 352, 66, 54, inside), block(236, 306, 128, 96, inside, 30)])
    crumbs = "".join(
        circle(266 + i * 24, 330 + (i * 37) % 46, 13, mix(inside, WHITE, 14 * (i % 3))) for i in range(4)
    )
    loose = "".join(oval(150 + i * 44 + i // 3 * 180, 458, 19, 12, inside, i * 24 - 30) for i in range(5))
    return (
        shape("M190 132h220l-8 24q26 150 10 314H188q-16-164 10-314z", ink.main)
        + shape("M372 156h30q26 150 10 314h-44q26-150 4-314z", ink.dark)
        + block(190, 126, 220, 34, ink.light, 4)
        + line("M206 143h188", ink.main, 4)
        + circle(300, 224, 38, ink.accent)
        + shape("M282 226q18-34 36 0-18 26-36 0z", CREAM)
        + window
        + crumbs
        + loose
    )


def cakes(dice: Dice, ink: Inks) -> str:
    """Small round cakes stacked on a plate."""
    top = dice.pick(["#e9b45a", "#d89443", "#f0cd85"])

    def cake(x: int, y: int) -> str:
        return (
            shape(f"M{x - 62} {y}q0-62 62-62t62 62q0 24-62 24t-62-24z", top)
            + shape(f"M{x - 62} {y}q10 18 62 18t62-18q0 26-62 26t-62-26z", mix(top, "#8a4b1e", 40))
            + oval(x - 16, y - 40, 20, 8, mix(top, WHITE, 45), -20)
            + "".join(oval(x - 12 + i * 14, y - 46 + i % 2 * 9, 4, 2, "#3b2a20", i * 40) for i in range(3))
        )

    return (
        oval(300, 452, 190, 26, mix(ink.main, "#000000", 12))
        + oval(300, 444, 190, 24, ink.light)
        + cake(200, 424)
        + cake(400, 424)
        + cake(300, 430)
        + cake(252, 336)
        + cake(350, 336)
    )


def nuts(dice: Dice, ink: Inks) -> str:
    """A wooden bowl heaped with nuts."""
    kinds = ["#b8793f", "#d6a566", "#8c5a34", "#e7cda0", "#7a2f2a"]
    heap = "".join(
        oval(184 + (i * 47) % 236, 352 - (i * 29) % 62, 26, 17, kinds[i % 5], i * 37 % 180) for i in range(19)
    )
    return (
        oval(300, 362, 158, 40, "#6b4429")
        + heap
        + shape("M142 362q158 60 316 0c0 70-60 108-158 108s-158-38-158-108z", "#a06a3d")
        + shape("M400 384q40-10 58-22c0 60-44 98-116 106 40-20 58-50 58-84z", "#7f5230")
        + oval(120, 456, 24, 16, kinds[dice.between(0, 4)], 20)
        + oval(486, 458, 24, 16, kinds[dice.between(0, 4)], -24)
    )


def eggs(dice: Dice, ink: Inks) -> str:
    """Eggs in straw, one cut open."""
    shell = dice.pick(["#c9d8d2", "#e9c9a4", "#dfe5d8"])
    straw = "".join(line(f"M{130 + i * 38} {456 - i % 3 * 8}q40-22 74 6", "#d8b469", 6) for i in range(8))
    whole = "".join(
        oval(x, y, 58, 74, shell, turn) + oval(x - 16, y - 26, 14, 22, mix(shell, WHITE, 60), turn)
        for x, y, turn in ((206, 388, -12), (396, 386, 14), (300, 360, 0))
    )
    return (
        straw
        + whole
        + oval(302, 432, 62, 46, WHITE)
        + circle(302, 432, 29, "#ec8a2b")
        + circle(294, 423, 8, "#f7b45c")
        + line("M150 466h300", "#c79f55", 9)
    )


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
        body = (
            oval(x, y, 112, 52, skin, turn)
            + oval(x + 10, y + 14, 92, 34, mix(skin, "#301010", 14), turn)
            + gloss(oval(x - 34, y - 20, 42, 10, WHITE, turn), 35)
        )
        return body

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


def tea(dice: Dice, ink: Inks) -> str:
    """A tea caddy beside a covered bowl."""
    liquor = dice.pick(["#d9b84a", "#c98a33", "#e2cf7a", "#9d5a27"])
    leaves = "".join(oval(360 + i * 30, 462 - i % 2 * 8, 15, 5, "#4e5b34", i * 47 - 30) for i in range(5))
    return (
        block(148, 190, 170, 280, ink.main, 12)
        + block(280, 190, 38, 280, ink.dark, 12)
        + block(140, 150, 186, 62, ink.dark, 12)
        + block(160, 128, 146, 30, ink.light, 10)
        + block(178, 262, 92, 150, CREAM, 4)
        + shape("M224 290q40 40 0 92-40-52 0-92z", LEAF)
        + line("M224 300v76", CREAM, 3)
        + shape("M344 372h156c0 54-28 84-78 84s-78-30-78-84z", WHITE)
        + oval(422, 372, 78, 18, mix(ink.light, WHITE, 60))
        + oval(422, 373, 66, 13, liquor)
        + gloss(line("M404 336q-12-18 0-36M440 332q-12-18 0-36", WHITE, 7), 60)
        + leaves
    )


def gaiwan(dice: Dice, ink: Inks) -> str:
    """A white tea set: covered bowl with three cups."""
    blue = dice.pick(["#3f6ea8", "#6f9a8c", "#b46a4c"])
    cups = "".join(
        shape(f"M{x - 46} 420h92q-4 50-46 50t-46-50z", WHITE) + oval(x, 420, 46, 10, "#d9b25a") for x in (130, 470)
    )
    return (
        oval(300, 446, 150, 24, mix(WHITE, blue, 14))
        + shape("M196 320h208c0 84-40 128-104 128s-104-44-104-128z", WHITE)
        + gloss(shape("M360 320h44c0 84-40 128-104 128 50-20 60-70 60-128z", blue), 16)
        + shape("M206 314q94-120 188 0z", mix(WHITE, blue, 6))
        + circle(300, 246, 17, blue)
        + line("M210 336q90 24 180 0", blue, 6)
        + line("M262 392q38-36 76 0M300 376v34", blue, 6)
        + cups
    )


def sack(dice: Dice, ink: Inks) -> str:
    """A sack of rice with a scoop of grain."""
    grain = "".join(oval(140 + i * 29, 462 - (i * 13) % 18, 9, 4, "#fff9ea", i * 50) for i in range(12))
    return (
        shape("M196 204q-40 140-16 266h240q24-126-16-266z", mix(ink.main, "#f3e2c0", 40))
        + shape("M366 204h38q40 140 16 266h-60q34-130 6-266z", mix(ink.main, "#cdb182", 50))
        + shape("M196 204q20-50-6-86 110 24 220 0-26 36-6 86-104 24-208 0z", mix(ink.main, "#f3e2c0", 30))
        + line("M196 206q104 26 208 0", ink.accent, 12)
        + circle(300, 340, 62, CREAM)
        + line(
            "M300 392v-88M300 330q-26 0-30-28M300 330q26 0 30-28M300 362q-26 0-32-28M300 362q26 0 32-28",
            ink.accent,
            8,
        )
        + grain
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
