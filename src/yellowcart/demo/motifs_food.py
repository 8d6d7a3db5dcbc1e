"""Things to eat and drink. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mix, oval, shape

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
    half = neck // 2
    body = (
        f"M{300 - half} 130h{neck}v78c0 30 62 40 62 96v136q0 30-30 30H{268 - half}"
        f"q-30 0-30-30V304c0-56 62-66 62-96z"
    )
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
        oval(178 + i % 9 * 31, 356 - i // 9 * 24 + i % 2 * 8, 27, 18, kinds[i * 3 % 5], i * 37 % 180)
        for i in range(27)
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
        + shape("M196 316q104-130 208 0z", mix(WHITE, blue, 20))
        + line("M196 318q104-130 208 0", blue, 5)
        + circle(300, 244, 18, blue)
        + line("M206 338q94 24 188 0", blue, 6)
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


def sausages(dice: Dice, ink: Inks) -> str:
    """Sausages or smoked meat, cut on a board."""
    meat = dice.pick(["#9c3b2c", "#a8482f", "#8a3428"])
    slices = "".join(
        oval(150 + i * 62, 424, 34, 27, mix(meat, "#2a0f0a", 20))
        + oval(150 + i * 62, 420, 30, 23, meat)
        + oval(142 + i * 62, 414, 7, 5, "#f0c9a8")
        + oval(160 + i * 62, 426, 6, 4, "#f0c9a8")
        for i in range(5)
    )
    return (
        block(76, 352, 448, 118, "#a9743f", 22)
        + block(76, 440, 448, 30, "#7f5230", 15)
        + line("M140 318q150-54 320-8", meat, 54)
        + line("M150 366q150-34 310 0", mix(meat, "#2a0f0a", 16), 50)
        + gloss(line("M150 302q140-44 290-10", WHITE, 9), 35)
        + slices
    )


def carton(dice: Dice, ink: Inks) -> str:
    """A milk carton and a glass."""
    return (
        shape("M176 230l50-80h130l50 80v240H176z", WHITE)
        + shape("M346 230l10-80 50 80v240h-60z", mix(WHITE, ink.main, 26))
        + block(222, 128, 138, 28, ink.main, 4)
        + shape("M176 330q60-40 116 0t114-6v146H176z", ink.main)
        + circle(262, 286, 26, ink.accent)
        + shape("M412 330h96l-12 140h-72z", mix(WHITE, ink.light, 30))
        + shape("M416 366h88l-8 96h-72z", WHITE)
    )
