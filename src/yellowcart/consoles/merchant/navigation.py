"""What every page of the merchant console has around it."""

from yellowcart.catalog.model import Shop
from yellowcart.consoles.rendering import AnyRequest, Section, locale_of
from yellowcart.kernel.translation import N_, translate

_PLACES = (
    ("home", N_("Home"), "", "home"),
    ("orders", N_("Orders"), "/orders", "receipt"),
    ("shipping", N_("Shipping"), "/shipping", "truck"),
    ("needs", N_("Find a carrier"), "/shipping/needs", "search"),
    ("aftersales", N_("After-sales"), "/aftersales", "shield"),
    ("products", N_("Products"), "/products", "box"),
    ("imports", N_("Import"), "/imports", "upload"),
    ("freight", N_("Freight"), "/freight", "scale"),
    ("offers", N_("Offers"), "/offers", "tag"),
    ("coupons", N_("Coupons"), "/coupons", "ticket"),
    ("special-prices", N_("Special prices"), "/special-prices", "bolt"),
    ("reviews", N_("Reviews"), "/reviews", "star"),
    ("settings", N_("Shop settings"), "/settings", "settings"),
)


def shop_path(shop: Shop, rest: str = "") -> str:
    """The address of a page of a shop's console."""
    return f"/merchant/{shop.shop_id}{rest}"


def console_context(request: AnyRequest, shop: Shop | None, here: str) -> dict[str, object]:
    """Navigation, name and shop of the console, for a page at the place `here` (one of the names above). Without
    a shop there is nothing to navigate yet."""
    locale = locale_of(request)
    navigation: list[Section] = []
    if shop is not None:
        places = [
            (translate(label, locale), shop_path(shop, rest), icon, name == here)
            for name, label, rest, icon in _PLACES
        ]
        navigation = [("", places)]
    return {
        "navigation": navigation,
        "console_name": translate(N_("Merchant console"), locale),
        "badges": {} if shop is None else {shop_path(shop, "/aftersales"): shop_path(shop, "/aftersales/badge")},
        "shop": shop,
    }
