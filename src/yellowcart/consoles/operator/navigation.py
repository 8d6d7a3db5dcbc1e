"""The side bar of the operator console, and the few things that all its pages share."""

from collections.abc import Mapping
from datetime import date, datetime

from litestar import Response

from yellowcart.consoles.rendering import AnyRequest, locale_of, page
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.moments import ValueOutOfReach, kept
from yellowcart.kernel.translation import N_, translate
from yellowcart.links.rules import shanghai_midnight

_SECTIONS = (
    (
        "",
        (
            ("dashboard", N_("Overview"), "/operator", "chart"),
            ("orders", N_("All orders"), "/operator/orders", "receipt"),
            ("payments", N_("Payments"), "/operator/payments", "wallet"),
            ("arbitration", N_("Arbitration"), "/operator/arbitration", "scale"),
            ("aftersales", N_("After-sales"), "/operator/aftersales", "shield"),
            ("reviews", N_("Reviews"), "/operator/reviews", "star"),
            ("coupons", N_("Coupons"), "/operator/coupons", "ticket"),
        ),
    ),
    (
        N_("Outside links"),
        (
            ("rules", N_("Link rules"), "/operator/rules", "link"),
            ("notices", N_("Notices"), "/operator/notices", "notice"),
            ("taken-off", N_("Taken off by rules"), "/operator/taken-off", "scissors"),
            ("twins", N_("Own-shop twins"), "/operator/twins", "refresh"),
            ("jump-loss", N_("Jump loss"), "/operator/jump-loss", "out"),
            ("conversions", N_("Reported orders"), "/operator/conversions", "money"),
        ),
    ),
    (
        N_("Platform"),
        (
            ("people", N_("People and roles"), "/operator/people", "users"),
            ("categories", N_("Categories"), "/operator/categories", "list"),
            ("tracking", N_("Parcel tracking"), "/operator/tracking", "truck"),
            ("switches", N_("Kill switches"), "/operator/switches", "lock"),
            ("clock", N_("Clock"), "/operator/clock", "clock"),
            ("events", N_("Parked events"), "/operator/events", "warning"),
            ("audit", N_("Audit trail"), "/operator/audit", "history"),
        ),
    ),
)


def console_context(request: AnyRequest, here: str) -> dict[str, object]:
    """Navigation and name of the console, for a page at the place `here` (one of the names above)."""
    locale = locale_of(request)
    return {
        "console_name": translate(N_("Operator console"), locale),
        "badges": {"/operator/arbitration": "/operator/arbitration/badge"},
        "navigation": [
            (
                translate(heading, locale),
                [(translate(label, locale), path, icon, name == here) for name, label, path, icon in places],
            )
            for heading, places in _SECTIONS
        ],
    }


def operator_page(
    request: AnyRequest, place: str, template: str, context: Mapping[str, object], *, status: int = 200
) -> Response[str]:
    """A page of the console, with its side bar; `place` says which entry is the present one."""
    everywhere = console_context(request, place)
    return page(request, f"operator/{template}", everywhere | dict(context), status=status)


def moment_of(text: str | None) -> datetime | None:
    """A moment from the URL or a form: a day is its midnight, a time without zone is Asia/Shanghai. None for what
    is no moment."""
    if not text:
        return None
    try:
        if len(text) == len("2021-11-15"):
            return shanghai_midnight(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
        return kept(moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI))
    except (ValueError, OverflowError, ValueOutOfReach):
        return None


def written_moment(moment: datetime) -> str:
    """A moment as the browser's own date and time field writes it, in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
