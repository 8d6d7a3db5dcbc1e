"""A shop's settings: name and kind, members, closing and reopening."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.model import MerchantKind
from yellowcart.catalog.shops import (
    add_member,
    change_shop,
    close_shop,
    members_of,
    remove_member,
    reopen_shop,
    require_member,
)
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.merchant.shop_form import read_shop_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Conflict, NotFound, Refusal
from yellowcart.kernel.ids import PersonId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

MERCHANT = allow(Role.MERCHANT)


@get("/merchant/{shop_id:int}/settings", guards=[MERCHANT])
async def settings_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """Settings and members."""
    return await _page(request, database, person, ShopId(shop_id))


@post("/merchant/{shop_id:int}/settings", guards=[MERCHANT], status_code=200)
async def save_settings(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Save the settings."""
    try:
        async with database.writing() as writer:
            shop = await change_shop(writer, person, ShopId(shop_id), read_shop_form(data))
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(request, database, person, ShopId(shop_id), form=form, status=status_of(refusal))
    return go_to(shop_path(shop, "/settings"), flash=N_("Saved."))


@post("/merchant/{shop_id:int}/members", guards=[MERCHANT], status_code=200)
async def add(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Let somebody work for the shop."""
    try:
        async with database.writing() as writer:
            await add_member(writer, person, ShopId(shop_id), data.get("login", ""))
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(request, database, person, ShopId(shop_id), member_form=form, status=status_of(refusal))
    return go_to(f"/merchant/{shop_id}/settings", flash=N_("Added."))


@post("/merchant/{shop_id:int}/members/{member_id:int}/remove", guards=[MERCHANT])
async def remove(
    shop_id: FromPath[int],
    member_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Take somebody out of the shop; whoever removes themselves is led out."""
    back = f"/merchant/{shop_id}/settings"
    try:
        async with database.writing() as writer:
            await remove_member(writer, person, ShopId(shop_id), PersonId(member_id))
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error", values=refusal.values)
    return go_to("/merchant" if member_id == person.person_id else back, flash=N_("Removed."))


@post("/merchant/{shop_id:int}/close", guards=[MERCHANT])
async def close(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Stop trading."""
    async with database.writing() as writer:
        shop = await close_shop(writer, person, ShopId(shop_id))
    return go_to(
        shop_path(shop, "/settings"),
        flash=N_("The shop is closed. Its goods leave every cart; open orders go on."),
        kind="warning",
    )


@post("/merchant/{shop_id:int}/reopen", guards=[MERCHANT])
async def reopen(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Trade again."""
    async with database.writing() as writer:
        shop = await reopen_shop(writer, person, ShopId(shop_id))
    return go_to(shop_path(shop, "/settings"), flash=N_("The shop is open again."))


async def _page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    form: Form | None = None,
    member_form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        members = await members_of(reader, shop_id)
    context: dict[str, object] = {
        "form": form or {"values": msgspec.to_builtins(shop), "errors": {}},
        "member_form": member_form,
        "members": members,
        "kinds": list(MerchantKind),
    }
    return page(
        request, "merchant/settings.html", console_context(request, shop, "settings") | context, status=status
    )


ROUTES = (settings_page, save_settings, add, remove, close, reopen)
