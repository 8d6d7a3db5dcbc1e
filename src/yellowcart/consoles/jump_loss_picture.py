"""The leak as pages show it: windows to choose, charts, and rows to download. No I/O."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from yellowcart.consoles.figures import money
from yellowcart.insight.definitions import DEFINITIONS
from yellowcart.insight.jump_loss_rules import OWN_CLICKS_MIN, JumpLoss, Leak, PriceBand
from yellowcart.insight.model import MetricName, Window
from yellowcart.insight.rules import days_to_today
from yellowcart.kernel.file_writing import Cell, Column, Kind
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.links.wording import source_word

DAYS = {"7": 7, "30": 30, "90": 90}
"""Windows that the page offers, by their name in the address: so many natural days with today as the last."""
DAYS_DEFAULT = "30"

_CLICKED = N_("Clicked")
_LANDED = N_("Landed")
_RETURNED = N_("Came back")
_ORDERED = N_("Orders reported")
_OWN = N_("Own goods")
_OUTSIDE = N_("Outside goods")


def window_of(days: str, now: datetime) -> Window:
    """The period that a choice of the page means."""
    return days_to_today(now, DAYS.get(days, DAYS[DAYS_DEFAULT]))


def band_text(band: PriceBand, locale: Locale) -> str:
    """A band of prices in words: `¥10.00 – ¥29.99`."""
    if band.below_fen is None:
        return translate(N_("%(least)s and more"), locale, least=money(band.least_fen))
    return f"{money(band.least_fen)} – {money(band.below_fen - 1)}"


def source_names(found: JumpLoss, locale: Locale) -> dict[str, str]:
    """The names of the sources that were left for."""
    return {each.key: source_word(each.key, locale) for each in found.by_source}


def funnel_option(found: JumpLoss, names: Mapping[str, str], locale: Locale) -> dict[str, object]:
    """How far jump-outs came, source by source: clicked, landed, came back, ordered."""
    shown = found.by_source[:8]
    stages = (
        (_CLICKED, [each.clicked for each in shown]),
        (_LANDED, [each.landed for each in shown]),
        (_RETURNED, [each.returned for each in shown]),
        (_ORDERED, [each.orders for each in shown]),
    )
    return {
        "animation": False,
        "xAxis": {"type": "category", "data": [names.get(each.key, each.key) for each in shown]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "bar", "name": translate(name, locale), "data": data} for name, data in stages],
    }


def band_option(found: JumpLoss, locale: Locale) -> dict[str, object]:
    """Orders in clicks by price band, own goods beside outside ones; nothing is drawn where it is not known."""
    return {
        "animation": False,
        "xAxis": {"type": "category", "data": [band_text(each.band, locale) for each in found.by_band]},
        "yAxis": {"type": "value"},
        "series": [
            {
                "type": "bar",
                "name": translate(_OWN, locale),
                "data": [each.own.rate_basis_points for each in found.by_band],
            },
            {
                "type": "bar",
                "name": translate(_OUTSIDE, locale),
                "data": [each.leak.ordered_basis_points for each in found.by_band],
            },
        ],
    }


def page_context(found: JumpLoss, days: str, locale: Locale) -> dict[str, object]:
    """What the page shows to operators and creators alike."""
    names = source_names(found, locale)
    return {
        "found": found,
        "days": days if days in DAYS else DAYS_DEFAULT,
        "choices": list(DAYS),
        "definition": DEFINITIONS[MetricName.JUMP_LOSS],
        "own_clicks_min": OWN_CLICKS_MIN,
        "source_names": names,
        "bands": [(each, band_text(each.band, locale)) for each in found.by_band],
        "funnel_option": funnel_option(found, names, locale),
        "band_option": band_option(found, locale),
    }


def download_columns(locale: Locale, first: str) -> list[Column]:
    """The headings of `download_rows`; `first` is what the rows are told apart by."""
    counted = (_CLICKED, _LANDED, _RETURNED, _ORDERED)
    return [
        Column(translate(first, locale)),
        *(Column(translate(each, locale), Kind.COUNT) for each in counted),
        Column(translate(N_("GMV reported"), locale), Kind.FEN),
        Column(translate(N_("Without order"), locale), Kind.BASIS_POINTS),
        Column(translate(N_("Jump loss"), locale), Kind.BASIS_POINTS),
    ]


def download_rows(leaks: list[Leak], names: Mapping[str, str]) -> Iterator[list[Cell]]:
    """One row for each group; what is unknown stays empty."""
    for leak in leaks:
        yield [
            names.get(leak.key, leak.key),
            leak.clicked,
            leak.landed,
            leak.returned,
            leak.orders,
            leak.paid_fen,
            leak.without_order_basis_points,
            leak.loss_basis_points,
        ]
