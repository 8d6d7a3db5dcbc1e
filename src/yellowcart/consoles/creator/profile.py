"""The creator's own profile."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import shops_of
from yellowcart.consoles.creator.navigation import creator_page
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.stage.creators import create_profile, find_creator, update_profile
from yellowcart.stage.rules import NewProfile

FIELDS = ("name", "name_en", "bio", "bio_en", "region")


@get("/profile", guards=[allow(Role.CREATOR)])
async def profile_page(
    request: AnyRequest, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str]:
    """The profile, or the form that makes it."""
    return await _page(request, database, person)


@post("/profile", guards=[allow(Role.CREATOR)], status_code=200)
async def save_profile(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """Make or change the profile."""
    profile = NewProfile(**{name: data.get(name, "") for name in FIELDS})
    try:
        async with database.writing() as writer:
            if await find_creator(writer, person) is None:
                shop = data.get("shop_id", "")
                await create_profile(
                    writer, person, profile, shop_id=ShopId(int(shop)) if shop.isdecimal() else None
                )
            else:
                await update_profile(writer, person, profile)
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _page(request, database, person, form=form, status=status_of(refusal))
    return go_to("/creator/profile", flash=N_("Saved."))


async def _page(
    request: AnyRequest, database: Database, person: Person, *, form: Form | None = None, status: int = 200
) -> Response[str]:
    async with database.reading() as reader:
        creator = await find_creator(reader, person)
        shops = await shops_of(reader, person) if creator is None else []
    return creator_page(
        request, creator, "profile", "creator/profile.html", {"form": form, "shops": shops}, status=status
    )
