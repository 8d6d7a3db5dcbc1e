"""What every page of the carrier console has around it."""

from litestar import Response

from yellowcart.consoles.rendering import AnyRequest, locale_of, page
from yellowcart.kernel.translation import N_, translate

_PLACES = (
    ("needs", N_("Open needs"), "/carrier", "list"),
    ("quotes", N_("My quotes"), "/carrier/quotes", "money"),
)


def carrier_page(
    request: AnyRequest, here: str, template: str, context: dict[str, object], *, status: int = 200
) -> Response[str]:
    """A page of the console, with its side bar; `here` says which entry is the present one."""
    locale = locale_of(request)
    places = [(translate(label, locale), path, icon, name == here) for name, label, path, icon in _PLACES]
    around: dict[str, object] = {
        "console_name": translate(N_("Logistics console"), locale),
        "navigation": [("", places)],
    }
    return page(request, f"carrier/{template}", around | context, status=status)
