"""The carrier console, put together."""

from litestar import Router

from yellowcart.consoles.carrier import needs

ROUTES = Router(
    "/carrier",
    route_handlers=[
        needs.needs_page,
        needs.need_page,
        needs.quote,
        needs.withdraw,
        needs.name_waybill,
        needs.quotes_page,
    ],
    include_in_schema=False,
)
