"""Things to wear and to treasure. Each function takes dice and inks, and returns SVG."""

from yellowcart.demo.drawing import Dice, Inks, block, circle, gloss, line, mirror, mix, oval, shape, turned

WHITE = "#ffffff"

HOOK = line("M300 112v-20q0-18 18-18t18 16", "#6f6a64", 7) + line("M210 158l90-46 90 46", "#8a8078", 9)


def _dots(dice: Dice, colour: str, box: tuple[int, int, int, int]) -> str:
    left, top, right, bottom = box
    return "".join(
        circle(dice.between(left, right), dice.between(top, bottom), dice.between(5, 9), colour) for _ in range(14)
    )


def dress(dice: Dice, ink: Inks) -> str:
    """A dress on a hanger, plain or with flowers."""
    flowers = dice.pick([True, True, False])
    return (
        HOOK
        + shape(
            "M228 148l34-12q38 40 76 0l34 12 44 78-52 26-14-26 2 62 60 196q-112 42-224 0l60-196 2-62-14 26-52-26z",
            ink.main,
        )
        + shape("M348 288l60 196q-30 10-62 14-4-120-28-210z", ink.dark)
        + block(246, 276, 108, 22, ink.accent, 6)
        + (_dots(dice, ink.light, (230, 320, 366, 462)) + circle(280, 226, 8, ink.light) if flowers else "")
        + line("M262 136q38 40 76 0", ink.light, 6)
        + line("M286 310l-26 170M316 310l10 180", ink.dark, 3)
    )


def coat(dice: Dice, ink: Inks) -> str:
    """A coat or jacket with lapels; the accent is its collar."""
    length = dice.between(440, 486)
    button = "".join(circle(282, 306 + i * 52, 9, ink.accent) for i in range(3))
    return (
        HOOK
        + shape(
            f"M222 150l50-20h56l50 20 66 40 30 230-56 14-20-150v{length - 270}H202V284l-20 150-56-14 30-230z",
            ink.main,
        )
        + shape(f"M306 190v{length - 176}h92V284l20 150 56-14-12-92-44 40-20-150z", ink.dark)
        + line(f"M302 240v{length - 232}", mix(ink.dark, "#000000", 20), 4)
        + shape("M272 130l28 110-60-36 4-66z", ink.light)
        + shape("M328 130l-28 110 60-36-4-66z", ink.light)
        + button
        + block(220, 356, 54, 10, ink.dark, 4)
        + block(330, 356, 54, 10, ink.main, 4)
    )


def fur(dice: Dice, ink: Inks) -> str:
    """A coat with a thick collar and cuffs of fur."""
    pile = "".join(
        circle(218 + i * 15, 168 + (i * 23) % 34 + abs(5 - i) * -6, 28, mix(ink.accent, WHITE, i * 5 % 24))
        for i in range(12)
    )
    cuff = "".join(circle(138 + i * 16, 424 + i * 5, 20, ink.accent) for i in range(4))
    return coat(dice, ink) + pile + mirror(cuff) + shape("M284 214l16 40 16-40z", ink.dark)


def knit(dice: Dice, ink: Inks) -> str:
    """A folded stack of knitwear."""
    colours = [ink.main, ink.light, ink.accent]
    stack = ""
    for i in range(3):
        top = 212 + i * 86
        tone = colours[i]
        ribs = "".join(
            line(f"M{160 + j * 40} {top + 24}l14 20-14 20", mix(tone, "#000000", 12), 4) for j in range(8)
        )
        stack += (
            block(134, top, 332, 84, tone, 36) + block(134, top + 60, 332, 24, mix(tone, "#000000", 16), 12) + ribs
        )
    return stack + shape("M250 212q50 46 100 0-10-26-50-26t-50 26z", mix(ink.main, "#000000", 22))


def tee(dice: Dice, ink: Inks) -> str:
    """A T-shirt, polo or shirt, laid flat."""
    collar = dice.pick(["round", "polo"])
    neck = (
        line("M252 154q48 54 96 0", ink.dark, 13)
        if collar == "round"
        else shape("M248 148l52 66-36 22-34-62zM352 148l-52 66 36 22 34-62z", ink.light)
        + line("M300 214v66", ink.dark, 5)
        + circle(300, 240, 5, WHITE)
        + circle(300, 266, 5, WHITE)
    )
    return (
        shape("M240 150q60 52 120 0l60 22 74 96-66 46-28-36v192H200V278l-28 36-66-46 74-96z", ink.main)
        + shape("M400 278v192h-50q30-80 22-180zM420 172l74 96-66 46-28-36z", ink.dark)
        + neck
        + block(206, 456, 188, 8, ink.dark)
        + block(224, 262, 50, 54, ink.accent, 4)
    )


def trousers(dice: Dice, ink: Inks) -> str:
    """Trousers or jeans."""
    wide = dice.between(0, 24)
    return (
        shape(f"M206 122h188l{26 + wide} 350H{322} l-22-220-22 220H{180 - wide}z", ink.main)
        + shape(f"M340 122h54l{26 + wide} 350h-46q10-200-34-350z", ink.dark)
        + block(202, 112, 196, 36, ink.dark, 6)
        + "".join(block(222 + i * 46, 106, 10, 46, ink.light, 3) for i in range(4))
        + line("M300 150v90q-24 0-28-40", ink.light, 4)
        + line("M214 160q6 46 46 50M386 160q-6 46-46 50", ink.light, 4)
        + circle(300, 130, 8, ink.accent)
        + line("M246 260l-18 200M356 260l18 200", ink.light, 3)
    )


def skirt(dice: Dice, ink: Inks) -> str:
    """A pleated horse-face skirt with a woven band."""
    pleats = "".join(
        line(f"M{204 + i * 24} 190L{120 + i * 45} 440", ink.dark, 4) for i in range(9) if i not in {3, 4, 5}
    )
    band = "".join(circle(142 + i * 35, 430 + (3 - abs(i - 4)) * 3, 11, ink.accent) for i in range(10))
    return (
        shape("M196 180h208l92 270q-196 50-392 0z", ink.main)
        + pleats
        + shape("M250 180h100l36 286q-86 10-172 0z", mix(ink.main, "#000000", 10))
        + shape("M109 420q190 46 382 0l10 40q-200 46-402 0z", mix(ink.accent, ink.main, 55))
        + band
        + block(186, 150, 228, 40, ink.light, 4)
        + line("M404 170q60 20 70 150M404 172q30 40 26 130", ink.light, 8)
        + line("M300 216v170M266 300h68", mix(ink.accent, ink.main, 30), 5)
    )


def robe(dice: Dice, ink: Inks) -> str:
    """A hanfu robe spread on its stand."""
    roundels = "".join(
        circle(x, y, 22, ink.accent) + circle(x, y, 11, ink.main) for x, y in ((240, 300), (360, 300), (300, 400))
    )
    return (
        line("M76 176h448M300 110v66", "#7b5a3c", 12)
        + shape("M86 170h428v120q-70 6-104-26v206q-110 26-220 0V264q-34 32-104 26z", ink.main)
        + shape("M86 262q56 4 104-26v28q-34 32-104 26zM514 262q-56 4-104-26v28q34 32 104 26z", ink.accent)
        + shape("M190 440q110 26 220 0v30q-110 26-220 0z", ink.accent)
        + shape("M262 170l38 96-20 12-44-108zM338 170l-66 158 22 12 70-170z", ink.light)
        + roundels
        + block(196, 336, 208, 20, ink.dark)
    )


def hairpin(dice: Dice, ink: Inks) -> str:
    """Two hair sticks with silk flowers."""

    def flower(x: int, y: int, size: int) -> str:
        petals = "".join(
            turned(oval(x, y - size, size * 2 // 3, size, ink.main if i % 2 else ink.light), 60 * i, x, y)
            for i in range(6)
        )
        return petals + circle(x, y, size // 2, ink.accent)

    return (
        line("M180 230L420 470M420 220L190 466", "#b48a4a", 11)
        + flower(196, 226, 52)
        + flower(408, 232, 46)
        + flower(270, 190, 28)
        + oval(330, 200, 30, 12, "#6f9a5a", 30)
        + line("M150 270v50M170 284v56", ink.accent, 4)
        + circle(150, 326, 8, WHITE)
        + circle(170, 346, 8, WHITE)
    )


def sneaker(dice: Dice, ink: Inks) -> str:
    """A sports shoe from the side."""
    return (
        shape("M96 438V330q44 22 82-34l50-58q16-14 34 2 22 70 104 94 92 22 132 62 14 22 12 42z", ink.main)
        + shape("M96 438V330q44 22 82-34l10-12q10 110 120 154z", ink.dark)
        + shape("M420 358q60 14 78 36 14 22 12 44h-60q-4-50-30-80z", ink.light)
        + line("M262 300l40-24M290 330l38-30M324 354l34-34", WHITE, 9)
        + line("M204 380q70 0 116-60", ink.accent, 16)
        + shape("M92 428q214 20 420 0 18 42-22 42H116q-32 0-24-42z", "#fbf7ef")
        + shape("M92 452h424q-4 20-28 20H116q-22 0-24-20z", ink.accent)
    )


def shoe(dice: Dice, ink: Inks) -> str:
    """A pair of flat shoes, seen from above."""

    def one(x: int, turn: int) -> str:
        return turned(
            oval(x, 330, 72, 150, ink.dark)
            + oval(x, 318, 72, 146, ink.main)
            + oval(x, 374, 48, 82, mix(ink.dark, "#1a0f0a", 30))
            + oval(x, 396, 34, 54, ink.light)
            + block(x - 52, 268, 104, 30, ink.accent, 10)
            + gloss(oval(x - 26, 214, 14, 34, WHITE, 16), 35),
            turn,
            x,
            470,
        )

    return one(212, -5) + one(388, 5)


def boot(dice: Dice, ink: Inks) -> str:
    """An ankle boot with a warm lining."""
    lining = "".join(circle(196 + i * 26, 152 + i % 2 * 8, 20, ink.light) for i in range(7))
    return (
        shape("M184 150h172v150q10 44 84 58 62 14 60 80H184z", ink.main)
        + shape("M184 150h44q-10 190 20 288h-64z", ink.dark)
        + lining
        + line("M340 226l-52 12M346 264l-56 12M356 302l-58 14", ink.accent, 8)
        + shape("M176 426h328q8 44-20 44H200q-28 0-24-44z", mix(ink.dark, "#000000", 40))
        + line("M190 452h300", mix(ink.dark, WHITE, 20), 5)
    )


def bag(dice: Dice, ink: Inks) -> str:
    """A handbag."""
    form = dice.pick(["tote", "flap", "moon"])
    if form == "tote":
        return (
            line("M222 250q0-140 78-140t78 140", ink.dark, 16)
            + shape("M150 240h300l26 230H124z", ink.main)
            + shape("M410 240h40l26 230h-60z", ink.dark)
            + block(146, 232, 308, 26, ink.light, 6)
            + block(272, 318, 56, 38, ink.accent, 6)
        )
    if form == "flap":
        return (
            line("M176 280q124-260 248 0", ink.accent, 10)
            + block(136, 266, 328, 204, ink.main, 26)
            + shape("M136 290q0-24 24-24h280q24 0 24 24-20 96-164 106-144-10-164-106z", ink.dark)
            + block(276, 364, 48, 44, ink.accent, 8)
            + circle(300, 384, 8, ink.dark)
        )
    return (
        line("M140 330q40-240 160-240t160 240", ink.dark, 12)
        + shape("M116 322h368q-10 148-184 148T116 322z", ink.main)
        + shape("M116 322h368l-4 26H120z", ink.dark)
        + circle(140, 322, 15, ink.accent)
        + circle(460, 322, 15, ink.accent)
        + line("M190 412q110 54 220 0", ink.light, 4)
    )


def scarf(dice: Dice, ink: Inks) -> str:
    """A silk square, folded, its corner turned."""
    rings = "".join(circle(300, 318, 96 - i * 26, [ink.accent, ink.light, ink.main][i]) for i in range(3))
    return (
        turned(
            block(150, 166, 300, 300, ink.dark, 8)
            + block(166, 182, 268, 268, ink.light)
            + block(182, 198, 236, 236, ink.main)
            + rings
            + "".join(circle(x, y, 16, ink.accent) for x in (208, 392) for y in (224, 408)),
            dice.between(-12, 12),
            300,
            316,
        )
        + shape("M350 470l120-120q30 80-20 120z", ink.light)
        + shape("M350 470l120-120q-20 70-120 120z", ink.dark)
    )


def belt(dice: Dice, ink: Inks) -> str:
    """A coiled leather belt."""
    return (
        oval(300, 360, 176, 108, ink.dark)
        + oval(300, 344, 176, 108, ink.main)
        + oval(300, 344, 146, 82, ink.dark)
        + oval(300, 336, 132, 74, ink.main)
        + oval(300, 336, 104, 52, mix(ink.dark, "#000000", 35))
        + block(356, 380, 150, 74, ink.main, 10)
        + block(432, 370, 74, 94, ink.accent, 12)
        + block(448, 388, 42, 58, ink.dark, 6)
        + block(438, 410, 40, 12, ink.accent, 5)
    )


def pendant(dice: Dice, ink: Inks) -> str:
    """A round jade pendant on a cord."""
    return (
        line("M130 110q170 130 170 148M470 110q-170 130-170 148", "#7a2f2a", 7)
        + block(288, 234, 24, 44, "#d8ae55", 8)
        + circle(300, 370, 106, ink.dark)
        + circle(300, 366, 106, ink.main)
        + gloss(oval(262, 320, 44, 22, WHITE, -34), 60)
        + gloss(line("M228 396q60 40 130 20", WHITE, 10), 35)
        + circle(300, 366, 30, mix(ink.light, WHITE, 50))
        + circle(300, 366, 24, ink.dark)
        + circle(306, 290, 8, "#c8372d")
    )


def bangle(dice: Dice, ink: Inks) -> str:
    """A jade bangle on a small stand."""
    return (
        block(190, 430, 220, 40, "#6b4a35", 10)
        + f'<circle cx="300" cy="300" r="130" fill="none" stroke="{ink.dark}" stroke-width="46"/>'
        + f'<circle cx="298" cy="296" r="130" fill="none" stroke="{ink.main}" stroke-width="38"/>'
        + gloss(line("M190 240a126 126 0 0 1 90-72", WHITE, 14), 65)
        + gloss(line("M400 380a130 130 0 0 1-70 46", WHITE, 9), 40)
        + line("M420 260q10 30 2 64", ink.light, 12)
        + block(270, 404, 60, 34, "#7c573f", 8)
    )


def beads(dice: Dice, ink: Inks) -> str:
    """A string of beads or pearls in a dish."""
    ring = "".join(
        turned(
            circle(300, 214, 24, ink.light if i % 5 else ink.accent) + circle(293, 206, 7, WHITE), i * 20, 300, 342
        )
        for i in range(18)
    )
    return (
        oval(300, 400, 210, 70, mix(ink.dark, "#3a2a22", 40))
        + oval(300, 388, 210, 70, mix(ink.dark, WHITE, 20))
        + f'<g transform="translate(0 70) scale(1 .82)">{ring}</g>'
        + circle(300, 462, 15, "#d8ae55")
    )


def gold(dice: Dice, ink: Inks) -> str:
    """Gold beans spilling from a velvet pouch."""
    grains = "".join(
        oval(330 + (i * 41) % 170, 466 - (i * 23) % 70, 27, 20, "#dba62f", i * 31)
        + oval(322 + (i * 41) % 170, 459 - (i * 23) % 70, 9, 5, "#fbe39a")
        for i in range(8)
    )
    return (
        shape("M120 470q-30-170 90-240-50-40-34-84 60 24 120 0 20 44-30 84 130 80 100 240z", "#8f2b2e")
        + shape("M266 230q130 80 100 240h-70q40-140-30-240z", "#6c1d22")
        + line("M196 232q40 16 84 0", "#e8c26a", 10)
        + circle(238, 350, 44, "#e8c26a")
        + block(222, 334, 32, 32, "#8f2b2e", 4)
        + grains
    )


def watch_band(dice: Dice, ink: Inks) -> str:
    """A fitness band."""
    return (
        block(236, 90, 128, 380, ink.main, 44)
        + block(236, 90, 36, 380, ink.dark, 18)
        + block(214, 196, 172, 176, "#23262b", 40)
        + block(230, 212, 140, 144, "#11151a", 28)
        + line("M250 292h28l14-36 20 66 14-30h24", ink.accent, 8)
        + "".join(circle(300, 404 + i * 20, 5, ink.dark) for i in range(3))
        + gloss(block(244, 220, 40, 60, WHITE, 14), 16)
    )
