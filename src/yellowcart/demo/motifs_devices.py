"""Devices. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mix, oval, shape, turned

WHITE = "#ffffff"
STEEL = "#b9c0c6"
NIGHT = "#23262c"


def phone(dice: Dice, ink: Inks) -> str:
    """A phone, front and back."""
    back = block(296, 120, 176, 340, ink.main, 34) + block(316, 140, 70, 92, ink.dark, 22)
    return (
        turned(back + circle(350, 166, 18, NIGHT) + circle(350, 206, 18, NIGHT), 8, 384, 300)
        + block(146, 124, 180, 346, NIGHT, 36)
        + block(156, 134, 160, 326, mix(ink.accent, NIGHT, 25), 28)
        + shape("M156 330q80-70 160 0v102q0 28-28 28H184q-28 0-28-28z", mix(ink.accent, WHITE, 34))
        + circle(270, 220, 30, mix(ink.accent, WHITE, 60))
        + block(206, 146, 60, 14, NIGHT, 7)
    )


def phone_case(dice: Dice, ink: Inks) -> str:
    """Phone cases, fanned."""

    def one(tone: str, turn: int) -> str:
        return turned(
            block(212, 130, 176, 336, tone, 38)
            + block(230, 150, 76, 96, mix(tone, "#000000", 24), 26)
            + circle(336, 420, 14, mix(tone, WHITE, 30)),
            turn,
            300,
            470,
        )

    return one(ink.dark, -22) + one(ink.light, 20) + one(ink.main, -1)


def earbuds(dice: Dice, ink: Inks) -> str:
    """Earbuds above their open case."""

    def bud(x: int) -> str:
        return (
            circle(x, 196, 42, ink.main)
            + block(x - 17, 196, 34, 110, ink.main, 17)
            + circle(x + 12, 190, 20, ink.dark)
            + block(x - 8, 286, 16, 10, ink.accent, 4)
        )

    return (
        bud(236)
        + bud(364)
        + block(150, 330, 300, 140, ink.light, 54)
        + block(150, 330, 300, 50, ink.main, 25)
        + block(196, 344, 208, 22, NIGHT, 11)
        + circle(300, 414, 8, ink.accent)
        + gloss(block(176, 396, 40, 12, WHITE, 6), 60)
    )


def power_bank(dice: Dice, ink: Inks) -> str:
    """A power bank, its charge on a small display, with a cable."""
    return (
        line("M388 420q110 40 110-70t-90-90 40-120", ink.accent, 13)
        + block(184, 130, 204, 340, ink.main, 34)
        + block(340, 130, 48, 340, ink.dark, 26)
        + block(216, 166, 110, 62, NIGHT, 12)
        + block(232, 182, 62, 30, "#7fd88f", 5)
        + "".join(
            circle(232 + i * 24, 262, 6, "#7fd88f" if i < dice.between(2, 4) else ink.dark) for i in range(4)
        )
        + block(222, 440, 40, 14, NIGHT, 5)
        + block(284, 440, 40, 14, NIGHT, 5)
        + gloss(block(202, 250, 12, 190, WHITE, 6), 40)
    )


def cable(dice: Dice, ink: Inks) -> str:
    """A coiled charging cable with three heads."""
    rings = "".join(
        f'<ellipse cx="300" cy="{330 + i * 14}" rx="{136 - i * 10}" ry="{100 - i * 8}" fill="none" '
        f'stroke="{tone}" stroke-width="16"/>'
        for i, tone in enumerate((ink.dark, ink.main, ink.light))
    )
    heads = "".join(
        block(412, 150 + i * 62, 64, 30, NIGHT, 8) + block(470, 156 + i * 62, 34, 18, STEEL, 3) for i in range(3)
    )
    return (
        rings
        + line("M410 165q-90 0-110 80M410 228q-80 0-90 40M410 290q-50 0-70 10", ink.main, 13)
        + heads
        + block(150, 410, 70, 44, NIGHT, 10)
    )


def charger(dice: Dice, ink: Inks) -> str:
    """A small wall charger or charging stand."""
    return (
        block(184, 210, 220, 260, ink.main, 40)
        + block(352, 210, 52, 260, ink.dark, 30)
        + block(226, 150, 26, 70, STEEL, 6)
        + block(322, 150, 26, 70, STEEL, 6)
        + "".join(block(222, 290 + i * 50, 100, 24, NIGHT, 12) for i in range(3))
        + circle(290, 250, 9, ink.accent)
        + gloss(block(202, 244, 12, 190, WHITE, 6), 45)
    )


def ring_light(dice: Dice, ink: Inks) -> str:
    """A ring light on its stand, a phone in the middle."""
    return (
        line("M300 330v110M300 430l-90 40M300 430l90 40", "#4a4d54", 13)
        + gloss(circle(300, 226, 168, "#fff3c4"), 45)
        + '<circle cx="300" cy="226" r="124" fill="none" stroke="#fffaf0" stroke-width="40"/>'
        + '<circle cx="300" cy="226" r="144" fill="none" stroke="#4a4d54" stroke-width="6"/>'
        + block(266, 160, 68, 134, NIGHT, 12)
        + block(272, 168, 56, 118, ink.main, 8)
        + circle(300, 212, 16, ink.light)
        + shape("M276 280q24-50 48 0z", ink.light)
    )


def speaker(dice: Dice, ink: Inks) -> str:
    """A wooden radio-like speaker."""
    return (
        block(110, 220, 380, 230, "#8a5a36", 36)
        + block(126, 236, 348, 198, "#a8744a", 28)
        + circle(226, 336, 76, NIGHT)
        + circle(226, 336, 58, "#3d4047")
        + circle(226, 336, 24, "#6c7079")
        + block(326, 272, 122, 52, "#fdeec6", 8)
        + line("M340 306h94M376 282v32", "#c8452f", 4)
        + circle(352, 382, 24, ink.accent)
        + circle(424, 382, 24, ink.accent)
        + line("M220 220q80-100 160 0", "#5c3a20", 12)
        + block(150, 446, 50, 24, NIGHT, 6)
        + block(400, 446, 50, 24, NIGHT, 6)
    )


def keyboard(dice: Dice, ink: Inks) -> str:
    """A keyboard and a mouse."""
    keys = "".join(
        block(
            88 + i % 9 * 38,
            310 + i // 9 * 38,
            30,
            28,
            ink.accent if i in {0, 26} else mix(ink.light, WHITE, 40),
            6,
        )
        for i in range(27)
    )
    return (
        block(70, 288, 368, 180, ink.dark, 22)
        + keys
        + block(166, 424, 180, 26, mix(ink.light, WHITE, 40), 6)
        + oval(494, 386, 46, 76, ink.main)
        + block(488, 330, 12, 34, ink.accent, 6)
        + line("M450 372q44 16 88 0", ink.dark, 4)
    )


def router(dice: Dice, ink: Inks) -> str:
    """A router with antennas."""
    antennas = "".join(
        turned(block(x, 150, 18, 230, ink.dark, 9), turn, x, 380)
        for x, turn in ((150, -8), (240, -3), (342, 3), (432, 8))
    )
    waves = line("M240 120q60-50 120 0M266 150q34-26 68 0", ink.accent, 9)
    return (
        antennas
        + waves
        + block(96, 370, 408, 100, ink.main, 34)
        + block(96, 430, 408, 40, ink.dark, 20)
        + "".join(circle(230 + i * 36, 404, 6, "#8fe3a0") for i in range(4))
    )


def air_fryer(dice: Dice, ink: Inks) -> str:
    """An air fryer with a window."""
    return (
        block(150, 130, 300, 340, ink.main, 70)
        + shape("M380 130q70 0 70 70v200q0 70-70 70h-20q50-20 50-80V210q0-60-50-80z", ink.dark)
        + block(210, 164, 180, 46, NIGHT, 20)
        + "".join(circle(240 + i * 40, 187, 7, ink.accent) for i in range(4))
        + block(186, 250, 228, 190, mix(ink.main, "#000000", 10), 34)
        + block(206, 268, 188, 100, "#4b3020", 22)
        + oval(260, 330, 34, 22, "#e0a04a")
        + oval(320, 322, 38, 24, "#c97f34")
        + oval(360, 340, 24, 18, "#e0a04a")
        + block(250, 386, 100, 34, NIGHT, 17)
    )


def rice_cooker(dice: Dice, ink: Inks) -> str:
    """A rice cooker."""
    return (
        block(140, 230, 320, 240, ink.main, 80)
        + shape("M150 280q0-90 150-90t150 90z", ink.light)
        + block(132, 268, 336, 24, ink.dark, 12)
        + block(260, 180, 80, 22, ink.accent, 11)
        + circle(300, 376, 52, NIGHT)
        + circle(300, 376, 38, mix(NIGHT, WHITE, 14))
        + line("M300 376v-24", ink.accent, 7)
        + gloss(line("M250 160q-12-16 0-34M340 160q-12-16 0-34", WHITE, 8), 60)
    )


def hair_dryer(dice: Dice, ink: Inks) -> str:
    """A hair dryer or shaver-like tool, with air."""
    return (
        turned(block(270, 290, 76, 180, ink.dark, 30), 12, 300, 300)
        + block(160, 190, 270, 130, ink.main, 62)
        + block(410, 206, 60, 98, NIGHT, 18)
        + circle(222, 255, 50, ink.light)
        + circle(222, 255, 32, ink.dark)
        + line("M490 226q24 10 44 0M494 256q24 10 50 0M490 286q24 10 44 0", ink.accent, 8)
        + block(292, 350, 30, 50, ink.accent, 10)
        + gloss(block(270, 206, 110, 14, WHITE, 7), 45)
    )


def lamp(dice: Dice, ink: Inks) -> str:
    """A desk lamp."""
    return (
        gloss(shape("M300 244L170 470h340L452 236z", "#fff0b8"), 55)
        + block(110, 440, 150, 30, ink.dark, 14)
        + line("M184 444L150 260 330 150", ink.main, 18)
        + circle(150, 260, 16, ink.accent)
        + turned(block(286, 160, 190, 70, ink.main, 34) + block(306, 214, 150, 22, "#fff6d8", 11), 16, 380, 190)
    )


def kettle(dice: Dice, ink: Inks) -> str:
    """A glass kettle with tea in it."""
    return (
        line("M408 236q80 10 70 90t-80 80", ink.dark, 26)
        + shape("M190 200h220l34 220q6 30-30 30H186q-36 0-30-30z", mix(ink.light, WHITE, 45))
        + shape("M176 320h248l16 100q4 26-26 26H186q-30 0-26-26z", "#c97f34")
        + shape("M190 200l-50-30 14 80 24 20z", mix(ink.light, WHITE, 30))
        + block(182, 178, 236, 32, ink.main, 14)
        + block(276, 146, 48, 36, ink.dark, 14)
        + block(140, 442, 320, 30, NIGHT, 12)
        + circle(240, 380, 14, "#e9a94f")
        + circle(320, 400, 18, "#a83f2c")
        + gloss(block(208, 226, 14, 160, WHITE, 7), 60)
    )


def blender(dice: Dice, ink: Inks) -> str:
    """A portable blender cup full of juice."""
    juice = dice.pick(["#f2a05a", "#e7788e", "#9cc46a"])
    return (
        block(220, 150, 160, 230, mix(ink.light, WHITE, 50), 30)
        + shape("M226 232h148v130q0 18-18 18H244q-18 0-18-18z", juice)
        + "".join(circle(250 + i * 34, 270 + i * 37 % 70, 13, mix(juice, WHITE, 30)) for i in range(4))
        + block(206, 366, 188, 104, ink.main, 24)
        + block(348, 366, 46, 104, ink.dark, 20)
        + circle(288, 418, 18, ink.accent)
        + block(226, 118, 148, 42, ink.main, 16)
        + line("M374 120q40 0 40 50", ink.dark, 11)
    )


def cleaner(dice: Dice, ink: Inks) -> str:
    """A mop or vacuum with its long handle."""
    return (
        turned(
            block(288, 84, 24, 330, STEEL, 12)
            + block(276, 84, 48, 90, ink.dark, 20)
            + block(256, 300, 88, 120, ink.main, 26)
            + circle(300, 340, 16, ink.accent),
            14,
            300,
            440,
        )
        + shape("M120 470q0-56 60-56h240q60 0 60 56z", ink.main)
        + block(112, 450, 376, 22, ink.light, 8)
        + gloss(line("M120 430q-30-10-20-40M480 430q30-10 20-40", WHITE, 9), 70)
    )


def robot(dice: Dice, ink: Inks) -> str:
    """A robot vacuum."""
    return (
        oval(300, 420, 206, 50, ink.dark)
        + oval(300, 390, 206, 76, ink.main)
        + oval(300, 384, 170, 58, ink.light)
        + oval(300, 366, 54, 20, ink.dark)
        + block(250, 336, 100, 32, NIGHT, 14)
        + oval(300, 338, 50, 16, mix(NIGHT, WHITE, 20))
        + circle(410, 392, 7, "#7fd88f")
        + line("M120 452l-34 14M480 452l34 14", "#6d7076", 7)
    )


def purifier(dice: Dice, ink: Inks) -> str:
    """An air purifier."""
    holes = "".join(circle(226 + i % 5 * 37, 306 + i // 5 * 32, 7, ink.dark) for i in range(20))
    return (
        block(184, 120, 232, 350, mix(ink.main, WHITE, 45), 44)
        + oval(300, 156, 92, 22, ink.dark)
        + oval(300, 152, 70, 14, NIGHT)
        + circle(300, 232, 34, NIGHT)
        + line("M286 232l10 10 20-22", "#7fd88f", 7)
        + holes
        + line("M220 90q30-26 60 0t60 0 60 0", ink.accent, 8)
    )
