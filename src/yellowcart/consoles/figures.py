"""How numbers and moments look on a page, in the reader's language. Templates use them as filters."""

from datetime import datetime
from decimal import Decimal

from markupsafe import Markup, escape

from yellowcart.kernel import clock
from yellowcart.kernel.translation import Locale, translate_plural


def money(fen: int | None) -> str:
    """Fen as yuan: `¥1,234.50`; a dash where there is no amount."""
    if fen is None:
        return "–"
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}¥{yuan:,}.{rest:02d}"


def percent(basis_points: int | None) -> str:
    """Basis points as percent, without needless zeros: 1250 is `12.5 %`."""
    if basis_points is None:
        return "–"
    return f"{(Decimal(basis_points) / 100).normalize():f} %"


def when(moment: datetime | None, form: str = "%Y-%m-%d %H:%M") -> Markup:
    """A moment in Asia/Shanghai, marked up as time, with its zone in the title."""
    if moment is None:
        return Markup("–")
    local = moment.astimezone(clock.SHANGHAI)
    return Markup('<time datetime="{}" title="{} (Asia/Shanghai)">{}</time>').format(
        local.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M:%S"), escape(local.strftime(form))
    )


def count(number: int | None, locale: Locale) -> str:
    """A count as people read it: `1.2 万` in Chinese, `12K` in English; small ones in full."""
    if number is None:
        return "–"
    if locale is Locale.CHINESE:
        for size, word in ((100_000_000, "亿"), (10_000, "万")):
            if number >= size:
                return f"{_short(number, size)} {word}"
        return f"{number:,}"
    for size, word in ((1_000_000_000, "B"), (1_000_000, "M"), (10_000, "K")):
        if number >= size:
            return f"{_short(number, 1_000 if word == 'K' else size)}{word}"
    return f"{number:,}"


def _short(number: int, size: int) -> str:
    tenths = number * 10 // size
    return f"{tenths // 10:,}" if tenths % 10 == 0 or tenths >= 1_000 else f"{tenths // 10:,}.{tenths % 10}"


def elapsed(moment: datetime | None, locale: Locale) -> str:
    """How long ago (or until) a moment is, in one unit."""
    if moment is None:
        return "–"
    seconds = int((clock.now() - moment).total_seconds())
    ahead, seconds = seconds < 0, abs(seconds)
    for size, singular, plural, chinese in (
        (86_400, "day", "days", "天"),
        (3_600, "hour", "hours", "小时"),
        (60, "minute", "minutes", "分钟"),
        (1, "second", "seconds", "秒"),
    ):
        if seconds >= size or size == 1:
            number = seconds // size
            if locale is Locale.CHINESE:
                return f"{number} {chinese}{'后' if ahead else '前'}"
            word = translate_plural(singular, plural, number, Locale.ENGLISH)
            return f"in {number} {word}" if ahead else f"{number} {word} ago"
    raise AssertionError("unreachable")
