"""What every buyer page shares: the tabs at the foot, and the address to come back to."""

from collections.abc import Mapping

from litestar import Response

from yellowcart.consoles.rendering import AnyRequest, locale_of, page
from yellowcart.kernel.translation import N_, translate

TABS = (
    (N_("Live"), "/", "live"),
    (N_("Videos"), "/videos", "video"),
    (N_("Orders"), "/orders", "receipt"),
    (N_("Me"), "/me", "user"),
)


def buyer_page(
    request: AnyRequest, template: str, context: Mapping[str, object], *, tab: str = "", status: int = 200
) -> Response[str]:
    """A page of the buyer's; `tab` is the address of the tab it belongs to, and without one there are no tabs."""
    locale = locale_of(request)
    tabs = [(translate(label, locale), href, icon, href == tab) for label, href, icon in TABS] if tab else []
    return page(request, f"buyer/{template}", {"navigation": tabs, **context}, status=status)


def is_fragment(request: AnyRequest) -> bool:
    """Whether a page's script asks, who wants more cards and not a whole page."""
    return request.headers.get("hx-request") == "true"
