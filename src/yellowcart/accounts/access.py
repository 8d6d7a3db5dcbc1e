"""Who may call a route. Every route says so, or the application does not start (deny by default)."""

from collections.abc import Iterable
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute

from yellowcart.accounts.errors import RoleMissing
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.errors import NotSignedIn

Connection = ASGIConnection[Any, Any, Any, Any]


class Access:
    """A guard of the family that the application insists on."""

    def __init__(self, roles: frozenset[Role] | None, *, public: bool = False) -> None:
        self.roles = roles
        self.public = public

    async def __call__(self, connection: Connection, _: BaseRouteHandler) -> None:
        """Raises NotSignedIn, RoleMissing."""
        if self.public:
            return
        person: Person | None = connection.scope.get("user")
        if person is None:
            raise NotSignedIn
        if self.roles is not None and not self.roles & person.roles:
            raise RoleMissing(self.roles)


PUBLIC = Access(None, public=True)
"""Anybody, signed in or not."""

SIGNED_IN = Access(None)
"""Anybody who is signed in."""


def allow(*roles: Role) -> Access:
    """Whoever is signed in and holds one of the roles."""
    return Access(frozenset(roles))


async def ask_guards(connection: Connection, handler: BaseRouteHandler) -> None:
    """Ask every access guard of a route. Raises NotSignedIn, RoleMissing."""
    for guard in _guards(handler):
        if isinstance(guard, Access):
            await guard(connection, handler)


def require_guards(application: Litestar) -> None:
    """Raises RuntimeError naming every route that does not say who may call it."""
    bare = sorted(
        f"{'/'.join(sorted(route.methods))} {route.path}"
        for route in application.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.http_methods != {"OPTIONS"}  # the framework's own answer to preflights; it runs no code
        if not any(isinstance(guard, Access) for guard in _guards(handler))
    )
    if bare:
        raise RuntimeError(f"routes without an access guard: {', '.join(bare)}")


def _guards(handler: BaseRouteHandler) -> Iterable[object]:
    return handler.resolve_guards()
