"""The application of a demo world: the platform's own, with pictures drawn on request and the accounts shown.

Served by granian: `granian --interface asgi --factory yellowcart.demo.site:create_application`.
"""

from yellowcart.app import Application, create_litestar, start_process
from yellowcart.demo import media
from yellowcart.demo.accounts import demo_accounts, demo_world
from yellowcart.kernel.settings import Settings


def create_demo(settings: Settings) -> Application:
    """The platform on these settings, as a demo."""
    litestar = create_litestar(settings, more_routes=[media.ROUTES])
    litestar.state.demo_accounts = demo_accounts(demo_world(settings.world))
    return Application(litestar)


def create_application() -> Application:
    """The demo as the environment configures it."""
    return start_process(create_demo)
