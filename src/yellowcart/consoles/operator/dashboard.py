"""The overview: what is sold, how fast, through which sources, and in which rooms."""

from datetime import datetime, timedelta

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Role
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.insight import metrics, queries
from yellowcart.insight.model import BySource, MetricName, Series, Window
from yellowcart.insight.rules import PLAIN_METRICS, days_to_today
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database
from yellowcart.kernel.translation import N_, Locale, in_language
from yellowcart.links.queries import Source, read_sources

WINDOWS = (
    ("hour", N_("Last hour")),
    ("today", N_("Today")),
    ("week", N_("7 days")),
    ("month", N_("30 days")),
)
MONEY = (MetricName.GMV_SUBMITTED, MetricName.GMV_PAID, MetricName.GMV_NET_COHORT, MetricName.GMV_NET_CASH)
PACE = (MetricName.ORDERS_SUBMITTED, MetricName.PAY_RATE, MetricName.GPM, MetricName.UV_VALUE)
LOOP = (MetricName.CLOSED_LOOP_SHARE, MetricName.OUTSIDE_GMV_REPORTED, MetricName.OWN_CLICK_SHARE)


def window_named(name: str, now: datetime) -> Window:
    """The period that a choice of the page means: whole minutes for the hour, natural days (Asia/Shanghai) with
    today as the last for the others. An unknown name means today."""
    if name == "hour":
        minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return Window(minute - timedelta(hours=1), minute)
    return days_to_today(now, {"week": 7, "month": 30}.get(name, 1))


@get("/", guards=[allow(Role.OPERATOR)])
async def dashboard(
    request: AnyRequest, database: NamedDependency[Database], window: FromQuery[str] = "today"
) -> Response[str]:
    """The overview."""
    return operator_page(
        request, "dashboard", "dashboard.html", await _context(database, window, locale_of(request))
    )


@get("/live", guards=[allow(Role.OPERATOR)])
async def live_part(
    request: AnyRequest, database: NamedDependency[Database], window: FromQuery[str] = "today"
) -> Response[str]:
    """The part of the overview that the page asks for again every few seconds."""
    return operator_page(
        request, "dashboard", "dashboard_live.html", await _context(database, window, locale_of(request))
    )


async def _context(database: Database, name: str, locale: Locale) -> dict[str, object]:
    now = clock.now()
    window = window_named(name, now)
    async with database.reading() as reader:
        found = await metrics.measure(reader, PLAIN_METRICS, window, as_of=now)
        series = await metrics.orders_per_minute(reader, window, as_of=now)
        share = await metrics.source_share(reader, as_of=now)
        left = await metrics.jump_outs(reader, window, as_of=now)
        sources = await read_sources(reader)
        rooms = await queries.rooms_on_air(reader, window)
    chosen = name if name in dict(WINDOWS) else "today"
    return {
        "window_name": chosen,
        "windows": WINDOWS,
        "window": window,
        "money": [found[each] for each in MONEY],
        "pace": [found[each] for each in PACE],
        "loop_figures": [found[each] for each in LOOP],
        "series": series,
        "series_option": series_option(series),
        "share": share,
        "share_option": share_option(share, sources, locale),
        "left": left,
        "source_names": {each.source: in_language(locale, each.name_zh, each.name_en) for each in sources},
        "rooms": rooms,
    }


def series_option(series: Series) -> dict[str, object]:
    """Orders over time as a chart: hours and minutes for a day, days for longer."""
    form = "%H:%M" if series.window.ends - series.window.begins <= timedelta(days=1) else "%m-%d %H:%M"
    return {
        "animation": False,
        "xAxis": {
            "type": "category",
            "boundaryGap": True,
            "data": [point.at.astimezone(SHANGHAI).strftime(form) for point in series.points],
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "bar", "data": [point.value for point in series.points]}],
    }


def share_option(share: BySource, sources: list[Source], locale: Locale) -> dict[str, object]:
    """Source share as lying bars, the largest on top; in basis points."""
    names = {each.source: in_language(locale, each.name_zh, each.name_en) for each in sources}
    rising = list(reversed(share.counts))
    return {
        "animation": False,
        "xAxis": {"type": "value", "max": 10_000},
        "yAxis": {"type": "category", "data": [names.get(each.source, each.source) for each in rising]},
        "series": [{"type": "bar", "data": [each.share_basis_points for each in rising]}],
    }
