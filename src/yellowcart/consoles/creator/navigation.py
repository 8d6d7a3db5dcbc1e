"""What every page of the creator console has around it."""

from litestar import Response

from yellowcart.consoles.rendering import AnyRequest, locale_of, page
from yellowcart.kernel.translation import N_, translate
from yellowcart.stage.model import Creator

_PROFILE = ("profile", N_("Profile"), "/creator/profile", "user")

_SECTIONS = (
    (
        "",
        (
            ("home", N_("Home"), "/creator", "home"),
            ("rooms", N_("Live rooms"), "/creator/rooms", "live"),
            ("videos", N_("Videos"), "/creator/videos", "video"),
            ("listings", N_("My listings"), "/creator/listings", "list"),
            ("coupons", N_("Coupons"), "/creator/coupons", "ticket"),
        ),
    ),
    (
        N_("Outside links"),
        (
            ("notices", N_("Notices"), "/notices", "notice"),
            ("twins", N_("Own-shop twins"), "/creator/twins", "refresh"),
            ("jump-loss", N_("Viewers who leave"), "/creator/jump-loss", "out"),
            ("conversions", N_("Reported orders"), "/creator/conversions", "money"),
        ),
    ),
    (N_("Account"), (_PROFILE,)),
)


def console_context(request: AnyRequest, creator: Creator | None, here: str) -> dict[str, object]:
    """Navigation and name of the console, for a page at the place `here` (one of the names above). Without a
    profile there is nothing to navigate yet."""
    locale = locale_of(request)
    sections = _SECTIONS if creator is not None else (("", (_PROFILE,)),)
    return {
        "navigation": [
            (
                translate(heading, locale),
                [(translate(label, locale), path, icon, name == here) for name, label, path, icon in places],
            )
            for heading, places in sections
        ],
        "console_name": translate(N_("Creator console"), locale),
        "creator": creator,
    }


def creator_page(
    request: AnyRequest,
    creator: Creator | None,
    here: str,
    template: str,
    context: dict[str, object],
    *,
    status: int = 200,
) -> Response[str]:
    """A page of the console."""
    return page(request, template, console_context(request, creator, here) | context, status=status)


def is_part(request: AnyRequest) -> bool:
    """Whether htmx asks for a part of a page rather than a browser for a page."""
    return request.headers.get("hx-request") == "true"
