"""The ASGI application: the hot lanes in front, the framework with pages and API behind them.

Served by granian: `granian --interface asgi --factory yellowcart.app:create_application`.
"""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.config.csrf import CSRFConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.plugins.prometheus import PrometheusConfig

from yellowcart import health
from yellowcart.accounts import access, inbox_api
from yellowcart.accounts import api as accounts_api
from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.accounts.model import Person
from yellowcart.aftersales import api as aftersales_api
from yellowcart.aftersales import platform_api, shop_api
from yellowcart.catalog import api as catalog_api
from yellowcart.catalog import category_api
from yellowcart.catalog.imports import api as import_api
from yellowcart.catalog.imports import picture_files
from yellowcart.consoles.buyer import pages as buyer
from yellowcart.consoles.carrier import pages as carrier
from yellowcart.consoles.creator import pages as creator
from yellowcart.consoles.front import documentation, messages
from yellowcart.consoles.front import notices as public_notices
from yellowcart.consoles.front import pages as front
from yellowcart.consoles.merchant import orders as merchant_orders
from yellowcart.consoles.merchant import pages as merchant
from yellowcart.consoles.operator import pages as operator
from yellowcart.consoles.rendering import CSRF_COOKIE, AnyRequest
from yellowcart.conversions import api as conversions_api
from yellowcart.freight import api as freight_api
from yellowcart.insight import api as insight_api
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotSignedIn, Refusal
from yellowcart.kernel.journal import start_journal
from yellowcart.kernel.settings import Settings, read_settings
from yellowcart.links import api as links_api
from yellowcart.links import draft_api, notice_api
from yellowcart.links.resolve import LinkResolver
from yellowcart.links.rules import Timeline
from yellowcart.orders import address_api
from yellowcart.orders import api as orders_api
from yellowcart.orders import lane as order_lane
from yellowcart.orders.checkout import CheckoutDesk
from yellowcart.orders.lane import BuyersPlace
from yellowcart.parcels import api as parcels_api
from yellowcart.parcels.bulk import api as bulk_shipping_api
from yellowcart.parcels.needs import api as shipping_needs_api
from yellowcart.parcels.tracking import api as tracking_api
from yellowcart.payments import api as payments_api
from yellowcart.payments.providers import Gateways
from yellowcart.platform import Platform, open_platform
from yellowcart.promotions import api as promotions_api
from yellowcart.promotions import maker_api
from yellowcart.promotions.claim import ClaimLane
from yellowcart.reviews import api as reviews_api
from yellowcart.reviews import moderation_api
from yellowcart.stage import api as stage_api
from yellowcart.stage import lanes as stage_lanes
from yellowcart.stage import listings_api, twin_api
from yellowcart.sweeps import register_sweeps
from yellowcart.uploads import api as uploads_api
from yellowcart.uploads import files as upload_files
from yellowcart.uploads.storage import UploadStorage
from yellowcart.web import GuardsBeforeBody, WhoAsks, answer_defect, answer_framework_refusal, answer_refusal
from yellowcart.web_headers import add_security_headers

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_METRICS = PrometheusConfig(app_name="yellowcart", prefix="yellowcart", group_path=True)

BODY_BYTES_MAX = 8 * 1024 * 1024
"""The largest body of any route; routes that take less say so themselves."""

PAGES = (
    buyer.ROUTES,
    carrier.ROUTES,
    creator.ROUTES,
    documentation.ROUTES,
    front.ROUTES,
    messages.ROUTES,
    merchant.ROUTES,
    merchant_orders.ROUTES,
    operator.ROUTES,
    public_notices.ROUTES,
)
API: tuple[Router, ...] = (
    accounts_api.ROUTES,
    aftersales_api.ROUTES,
    shop_api.ROUTES,
    platform_api.ROUTES,
    catalog_api.ROUTES,
    category_api.ROUTES,
    conversions_api.ROUTES,
    address_api.ROUTES,
    draft_api.ROUTES,
    freight_api.ROUTES,
    import_api.ROUTES,
    inbox_api.ROUTES,
    insight_api.ROUTES,
    links_api.RULE_ROUTES,
    notice_api.ROUTES,
    orders_api.ROUTES,
    payments_api.ROUTES,
    promotions_api.ROUTES,
    maker_api.ROUTES,
    parcels_api.ROUTES,
    bulk_shipping_api.ROUTES,
    shipping_needs_api.ROUTES,
    tracking_api.ROUTES,
    stage_api.ROUTES,
    listings_api.ROUTES,
    twin_api.ROUTES,
    uploads_api.ROUTES,
    reviews_api.ROUTES,
    moderation_api.ROUTES,
)


def create_litestar(settings: Settings, more_routes: Sequence[Router] = ()) -> Litestar:
    """The framework's part: pages, API, health, and what a roof above adds (the demo's pictures).

    Raises RuntimeError when a route has no access guard.
    """

    @asynccontextmanager
    async def lifespan(application: Litestar) -> AsyncIterator[None]:
        async with open_platform(application.state.settings) as platform:
            application.state.platform = platform
            application.state.database = platform.database
            yield

    application = Litestar(
        route_handlers=[*PAGES, *API, health.ROUTES, picture_files.ROUTES, upload_files.ROUTES, *more_routes],
        lifespan=[lifespan],
        dependencies={
            "database": Provide(_database, sync_to_thread=False),
            "platform": Provide(_platform, sync_to_thread=False),
            "timeline": Provide(_timeline, sync_to_thread=False),
            "person": Provide(_person, sync_to_thread=False),
            "token": Provide(_token, sync_to_thread=False),
            "gateways": Provide(_gateways, sync_to_thread=False),
            "upload_storage": Provide(_upload_storage, sync_to_thread=False),
            "link_resolver": Provide(_link_resolver, sync_to_thread=False),
            "buyer_tokens": Provide(_buyer_tokens, sync_to_thread=False),
            "checkout_desk": Provide(_checkout_desk, sync_to_thread=False),
            "buyers_place": Provide(_buyers_place, sync_to_thread=False),
            "claim_lane": Provide(_claim_lane, sync_to_thread=False),
        },
        middleware=[_METRICS.middleware, DefineMiddleware(WhoAsks), DefineMiddleware(GuardsBeforeBody)],
        exception_handlers={
            Refusal: answer_refusal,
            HTTPException: answer_framework_refusal,
            Exception: answer_defect,
        },
        csrf_config=CSRFConfig(
            secret=settings.secret,
            cookie_name=CSRF_COOKIE,
            header_name="x-csrf-token",
            cookie_secure=settings.secure_cookies,
            cookie_httponly=True,
            exclude=["^/api/", "^/assets/", "^/media/"],
        ),
        openapi_config=documentation.openapi_config(),
        before_send=[add_security_headers],
        request_max_body_size=BODY_BYTES_MAX,
        debug=False,
    )
    application.state.settings = settings
    access.require_guards(application)
    return application


class Application:
    """The outermost ASGI callable: what the crowd hammers goes to a lane, the rest to the framework."""

    def __init__(self, litestar: Litestar) -> None:
        self.litestar = litestar

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        lane = self._lane(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if lane is not None:
            await lane(scope, receive, send)
        else:
            await self.litestar(scope, receive, send)  # type: ignore[arg-type]

    def _lane(self, method: str, path: str) -> Callable[[Scope, Receive, Send], Awaitable[None]] | None:
        platform: Platform = self.litestar.state.platform
        if method == "POST" and path == order_lane.PATH:
            return platform.order_http
        if method == "POST" and path == stage_lanes.AUDIENCE_PATH:
            return platform.audience_http
        if method == "GET" and stage_lanes.is_stream(path):
            return platform.room_stream_http
        return None


def create_application() -> Application:
    """The application as the environment configures it."""
    return start_process(lambda settings: Application(create_litestar(settings)))


def start_process(create: Callable[[Settings], Application]) -> Application:
    """Make this process a web process of the platform, or of a demo of it."""
    settings = read_settings()
    start_journal(settings.log_format, process="web")
    register_sweeps()  # moving the clock defers them; the worker runs them
    application = create(settings)
    collect_garbage_rarely()
    return application


def collect_garbage_rarely() -> None:
    """Keep the collector out of the lanes' way: what was imported lives for ever and is not looked at again,
    and requests leave hardly any cycles: its pauses would only fall into the middle of a sale."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _timeline(request: AnyRequest) -> Timeline:
    return _platform(request).rules.timeline


def _database(request: AnyRequest) -> Database:
    database: Database = request.app.state.database
    return database


def _person(request: AnyRequest) -> Person:
    person: Person | None = request.scope.get("user")
    if person is None:
        raise NotSignedIn
    return person


def _token(request: AnyRequest) -> str:
    return request.auth or ""


def _gateways(request: AnyRequest) -> Gateways:
    return _platform(request).gateways


def _upload_storage(request: AnyRequest) -> UploadStorage:
    return _platform(request).upload_storage


def _link_resolver(request: AnyRequest) -> LinkResolver:
    return _platform(request).link_resolver


def _buyer_tokens(request: AnyRequest) -> BuyerTokens:
    buyer_tokens: BuyerTokens = request.app.state.platform.buyer_tokens
    return buyer_tokens


def _checkout_desk(request: AnyRequest) -> CheckoutDesk:
    return _platform(request).checkout_desk


def _claim_lane(request: AnyRequest) -> ClaimLane:
    return _platform(request).claim_lane


def _buyers_place(request: AnyRequest) -> BuyersPlace:
    buyers_place: BuyersPlace = request.app.state.platform.buyers_place
    return buyers_place
