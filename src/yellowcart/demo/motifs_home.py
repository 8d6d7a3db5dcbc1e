"""Things for the house. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mirror, mix, moved, oval, shape, turned

LEAF = "#5f8f4e"
WHITE = "#ffffff"
WOOD = "#a9743f"
STEEL = "#b9c0c6"


def pot(dice: Dice, ink: Inks) -> str:
    """A cooking pot with its lid."""
    return (
        mirror(block(96, 330, 70, 30, ink.dark, 14))
        + shape("M140 300h320v120q0 50-50 50H190q-50 0-50-50z", ink.main)
        + shape("M404 300h56v120q0 50-50 50h-60q54-20 54-70z", ink.dark)
        + shape("M128 300q20-96 172-96t172 96z", ink.light)
        + block(122, 290, 356, 24, ink.dark, 12)
        + block(268, 170, 64, 38, ink.accent, 16)
        + gloss(block(168, 330, 18, 100, WHITE, 9), 35)
        + gloss(line("M250 150q-14-18 0-36M350 150q-14-18 0-36", WHITE, 8), 60)
    )


def pan(dice: Dice, ink: Inks) -> str:
    """A frying pan with an egg in it."""
    return (
        turned(block(400, 336, 160, 34, WOOD, 16) + circle(534, 353, 8, "#5c3d22"), -18, 400, 350)
        + oval(276, 392, 196, 84, "#26272a")
        + oval(276, 376, 196, 84, "#3b3d42")
        + oval(276, 380, 168, 66, "#2c2e32")
        + shape("M196 372c20-40 70-18 96-30 40-18 86 6 76 40-8 34-54 24-84 36-44 16-106-10-88-46z", WHITE)
        + oval(278, 376, 34, 22, "#f0a32f")
        + oval(268, 368, 12, 6, "#f9cf7c")
    )


def knife(dice: Dice, ink: Inks) -> str:
    """A kitchen knife on its board, with herbs."""
    return (
        block(90, 350, 420, 120, WOOD, 18)
        + block(90, 440, 420, 30, mix(WOOD, "#3b2412", 30), 14)
        + line("M120 384h300M150 412h330", mix(WOOD, "#3b2412", 14), 4)
        + shape("M96 262h262v110H140q-40-40-44-110z", STEEL)
        + shape("M108 320q10 30 32 52h218v-40q-150 20-250-12z", mix(STEEL, WHITE, 55))
        + block(352, 262, 160, 50, ink.dark, 18)
        + "".join(circle(390 + i * 44, 287, 7, "#e8d7b0") for i in range(3))
        + shape("M400 400q50-40 84 10-40 30-84-10z", LEAF)
        + circle(210, 400, 17, "#d8432f")
        + circle(250, 410, 13, "#d8432f")
    )


def scissors(dice: Dice, ink: Inks) -> str:
    """Kitchen scissors."""
    half = (
        shape("M288 330L352 96q30 40 12 110l-50 140z", STEEL)
        + f'<ellipse cx="222" cy="414" rx="46" ry="62" fill="none" stroke="{ink.main}" stroke-width="24" '
        + 'transform="rotate(24 222 414)"/>'
        + line("M300 326l-44 40", ink.main, 30)
    )
    return mirror(half) + circle(300, 322, 16, ink.dark) + circle(300, 322, 7, STEEL)


def dishes(dice: Dice, ink: Inks) -> str:
    """A stack of bowls and plates."""
    stack = "".join(
        oval(300, 446 - i * 16, 190 - i * 6, 26, mix(ink.dark, WHITE, 30))
        + oval(300, 440 - i * 16, 190 - i * 6, 26, WHITE)
        for i in range(4)
    )
    bowls = "".join(
        shape(f"M176 {290 - i * 50}h248q0 104-124 104t-124-104z", [ink.main, ink.light, ink.main][i])
        + line(f"M190 {318 - i * 50}q110 40 220 0", ink.accent, 6)
        for i in range(3)
    )
    return stack + bowls + oval(300, 190, 124, 26, ink.dark) + oval(300, 193, 108, 19, mix(ink.light, WHITE, 40))


def spice_jars(dice: Dice, ink: Inks) -> str:
    """Three small jars in a row."""
    fills = ["#c8452f", "#e0b24a", "#6f7d46"]
    return "".join(
        block(104 + i * 136, 270, 120, 200, mix(WHITE, ink.light, 24), 22)
        + block(112 + i * 136, 340, 104, 122, fills[i], 16)
        + block(98 + i * 136, 226, 132, 56, WOOD, 12)
        + block(98 + i * 136, 264, 132, 18, mix(WOOD, "#3b2412", 26), 8)
        + block(128 + i * 136, 372, 72, 50, "#fff6e4", 6)
        for i in range(3)
    )


def tub(dice: Dice, ink: Inks) -> str:
    """Storage boxes, one on another."""

    def one(top: int, tone: str) -> str:
        return (
            block(136, top, 328, 150, tone, 18)
            + block(136, top + 112, 328, 38, mix(tone, "#000000", 14), 16)
            + block(124, top - 12, 352, 34, mix(tone, WHITE, 35), 12)
            + block(250, top + 54, 100, 24, mix(tone, "#000000", 26), 12)
            + line(f"M180 {top + 40}v64M420 {top + 40}v64", mix(tone, WHITE, 25), 7)
        )

    return one(320, ink.main) + one(152, ink.light)


def cloths(dice: Dice, ink: Inks) -> str:
    """Rolled towels or cloths, stacked."""
    tones = [ink.main, ink.light, ink.accent]

    def roll(x: int, y: int, tone: str) -> str:
        deep = mix(tone, "#000000", 18)
        return circle(x, y, 72, tone) + line(
            f"M{x - 8} {y}a12 12 0 0 1 24 0a22 22 0 0 1-44 0a34 34 0 0 1 68 0a46 46 0 0 1-92 0a56 56 0 0 1 112 0",
            deep,
            7,
        )

    return (
        roll(190, 398, tones[0]) + roll(410, 398, tones[2]) + roll(300, 276, tones[1]) + roll(300, 402, tones[0])
    )


def umbrella(dice: Dice, ink: Inks) -> str:
    """An open umbrella."""
    return (
        line("M300 250v176q0 40 38 40t38-38", "#7a5a3c", 14)
        + shape(
            "M76 300c10-130 110-190 224-190s214 60 224 190q-38-34-74 0-38-36-76 0"
            "-36-36-74 0-36-36-74 0-38-36-76 0-36-34-74 0z",
            ink.main,
        )
        + shape("M300 110c-50 40-76 110-74 190q36-36 74 0z", ink.light)
        + shape("M300 110c50 40 76 110 74 190-36-36-74 0-74 0z", ink.dark)
        + line("M300 110v-24", "#7a5a3c", 12)
    )


def thermos(dice: Dice, ink: Inks) -> str:
    """A vacuum flask."""
    return (
        block(222, 196, 156, 274, ink.main, 26)
        + block(338, 196, 40, 274, ink.dark, 20)
        + block(236, 118, 128, 90, ink.light, 18)
        + block(228, 184, 144, 22, STEEL, 8)
        + line("M240 140q-60 10-46 70", ink.accent, 12)
        + circle(290, 330, 24, ink.accent)
        + gloss(block(244, 226, 14, 210, WHITE, 7), 40)
    )


def basket(dice: Dice, ink: Inks) -> str:
    """A woven basket."""
    weave = "".join(line(f"M{126 + i * 6} {330 + i * 30}h{348 - i * 12}", "#8f6330", 7) for i in range(5))
    ribs = "".join(line(f"M{150 + i * 43} 310l{(4 - i) * 6 - 3} 156", "#d9ad6a", 8) for i in range(8))
    return (
        line("M160 310q0-190 140-190t140 190", "#a9743f", 18)
        + shape("M112 300h376l-44 170H156z", "#c08f4e")
        + weave
        + ribs
        + block(104, 288, 392, 30, "#a9743f", 14)
        + shape("M180 290q40-60 110-40 60-50 130 40z", ink.light)
    )


def tissue(dice: Dice, ink: Inks) -> str:
    """A pack of tissues."""
    return (
        shape("M300 262q-60-40-44-120 40 30 60 4 30 36 50 6-6 70-30 110z", WHITE)
        + block(120, 254, 360, 216, ink.main, 26)
        + block(120, 400, 360, 70, ink.dark, 24)
        + oval(300, 262, 104, 18, ink.light)
        + circle(230, 350, 30, ink.accent)
        + line("M290 336h120M290 364h80", ink.light, 10)
    )


def hooks(dice: Dice, ink: Inks) -> str:
    """Wall hooks with a towel and a key."""

    def hook(x: int) -> str:
        return block(x - 36, 150, 72, 84, mix(WHITE, ink.light, 30), 18) + line(
            f"M{x} 206v50q0 26 26 26t24-24", STEEL, 13
        )

    return (
        hook(150)
        + hook(300)
        + hook(450)
        + shape("M142 276h78v160q-40 20-78 0z", ink.main)
        + line("M142 410h78", ink.light, 8)
        + f'<circle cx="350" cy="330" r="34" fill="none" stroke="{ink.accent}" stroke-width="14"/>'
        + line("M350 366v78h26M350 414h20", ink.accent, 14)
    )


def bedding(dice: Dice, ink: Inks) -> str:
    """A made bed: pillows and a folded quilt."""
    check = dice.pick([True, False])
    lines = (
        line("M130 350h340M120 392h360M210 326v130M300 322v140M390 326v130", mix(ink.main, WHITE, 22), 5)
        if check
        else ""
    )
    return (
        block(96, 150, 408, 150, mix(WOOD, WHITE, 20), 22)
        + block(130, 214, 158, 96, WHITE, 36)
        + block(312, 214, 158, 96, WHITE, 36)
        + block(176, 244, 248, 80, ink.accent, 34)
        + shape("M104 322q196-40 392 0l22 128H82z", ink.main)
        + lines
        + shape("M104 322q196-40 392 0l6 34q-202-38-404 0z", ink.light)
        + block(82, 440, 436, 30, ink.dark, 10)
    )


def quilt(dice: Dice, ink: Inks) -> str:
    """A folded quilt tied with a ribbon."""
    layers = "".join(
        block(
            120 + i * 4, 238 + i * 58, 360 - i * 8 + i * 8, 64, [ink.light, ink.main, ink.light, ink.main][i], 30
        )
        for i in range(4)
    )
    return (
        layers
        + "".join(line(f"M{170 + i * 86} 256q20 14 44 0", mix(ink.light, "#000000", 12), 4) for i in range(4))
        + block(276, 230, 48, 242, ink.accent)
        + shape("M300 236q-90-90-100-10 20 40 100 10zM300 236q90-90 100-10-20 40-100 10z", ink.accent)
        + circle(300, 232, 18, mix(ink.accent, "#000000", 18))
    )


def pillow(dice: Dice, ink: Inks) -> str:
    """Two pillows."""

    def one(tone: str) -> str:
        return (
            shape(
                "M120 300q-30-60 30-56 150 20 300 0 60-4 30 56-10 50 0 100"
                " 30 60-30 56-150-20-300 0-60 4-30-56 10-50 0-100z",
                tone,
            )
            + gloss(oval(230, 300, 90, 20, WHITE, -4), 40)
            + line("M150 262q150 20 300 0", mix(tone, "#000000", 12), 4)
        )

    return moved(one(ink.main), 0, -70) + moved(one(ink.light), 14, 14, 94)


def curtain(dice: Dice, ink: Inks) -> str:
    """Curtains at a window."""
    side = shape("M100 130h150q-20 120-90 200 10 80 20 140H100z", ink.main) + line(
        "M140 140q0 160-20 320M184 140q-10 120-40 200", ink.dark, 6
    )
    return (
        block(150, 140, 300, 300, "#d6ebf4", 6)
        + circle(380, 220, 34, "#fbe4a0")
        + line("M300 140v300M150 290h300", WHITE, 12)
        + mirror(side + block(116, 322, 66, 20, ink.accent, 8))
        + block(76, 112, 448, 22, WOOD, 11)
        + circle(76, 123, 18, WOOD)
        + circle(524, 123, 18, WOOD)
    )


def ticket(dice: Dice, ink: Inks) -> str:
    """A voucher, with a cup and steam for what it buys."""
    return turned(
        shape("M100 220h400v70a36 36 0 0 0 0 72v70H100v-70a36 36 0 0 0 0-72z", ink.main)
        + shape("M360 220h140v70a36 36 0 0 0 0 72v70H360z", ink.accent)
        + line("M360 236v180", WHITE, 4).replace("/>", ' stroke-dasharray="2 16"/>')
        + shape("M170 320h110q0 70-55 70t-55-70z", WHITE)
        + line("M280 336q34 0 30 24t-40 14M206 300q-12-14 0-28M244 300q-12-14 0-28", WHITE, 8)
        + circle(430, 326, 34, ink.light),
        dice.between(-8, 8),
        300,
        326,
    )


def potted(dice: Dice, ink: Inks) -> str:
    """A leafy plant in a pot."""
    green = dice.pick(["#4f8a4b", "#6b9b4a", "#3f7d5c"])
    leaves = "".join(
        turned(shape("M300 320q-52-70 0-170 52 100 0 170z", mix(green, WHITE, abs(i) * 7)), i * 26)
        for i in (-3, 3, -2, 2, -1, 1, 0)
    )
    return (
        leaves
        + shape("M190 320h220l-26 150H216z", ink.main)
        + shape("M354 320h56l-26 150h-60z", ink.dark)
        + block(178, 306, 244, 34, ink.light, 12)
    )


def succulents(dice: Dice, ink: Inks) -> str:
    """Rosettes in small pots."""

    def rosette(x: int, y: int, tone: str) -> str:
        outer = "".join(turned(oval(x, y - 40, 20, 40, tone), 51 * i, x, y) for i in range(7))
        inner = "".join(turned(oval(x, y - 22, 14, 24, mix(tone, WHITE, 32)), 60 * i + 20, x, y) for i in range(6))
        return outer + inner + circle(x, y, 11, mix(tone, "#d86a7a", 45))

    pots = "".join(
        block(x - 66, 370, 132, 100, tone, 14)
        for x, tone in ((156, ink.main), (300, ink.light), (444, ink.accent))
    )
    return pots + rosette(156, 330, "#7fa98a") + rosette(300, 322, "#9bb36a") + rosette(444, 330, "#86a6a0")


def flowers(dice: Dice, ink: Inks) -> str:
    """Tulips or roses in a vase."""
    stems = "".join(line(f"M300 360L{170 + i * 65} {216 - (i % 2) * 40}", LEAF, 8) for i in range(5))
    heads = "".join(
        shape(
            f"M{x - 34} {y - 44}l16 20 18-30 18 30 16-20q10 74-34 78-44-4-34-78z",
            ink.accent if i % 2 else mix(ink.accent, WHITE, 24),
        )
        for i, (x, y) in enumerate((170 + i * 65, 216 - (i % 2) * 40) for i in range(5))
    )
    leaves = mirror(shape("M286 350q-110-20-120-110 90 20 120 110z", LEAF))
    return (
        stems
        + leaves
        + heads
        + shape("M240 330h120q-10 40 16 80 14 60-32 60h-88q-46 0-32-60 26-40 16-80z", mix(ink.main, WHITE, 25))
        + gloss(block(252, 400, 12, 50, WHITE, 6), 60)
    )
