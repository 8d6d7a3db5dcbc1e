"""A shop's room-only and flash prices: setting one in a creator's cart, its quota, ending it early."""

from collections.abc import Sequence

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.coupon_form import FieldReader, an_id, moment, whole
from yellowcart.consoles.forms import Form, FormBody, fresh_request_key, refused_form
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ListingId, ShopId, SkuId, SpecialPriceId
from yellowcart.kernel.money import parse_yuan
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.promotions.model import SpecialPrice, SpecialPriceKind, SpecialPriceStanding
from yellowcart.promotions.special_price_queries import ListedProduct, listings_to_price, special_prices_of_shop
from yellowcart.promotions.special_prices import (
    NewSpecialPrice,
    change_quota,
    end_special_price,
    set_special_price,
)

MERCHANT = allow(Role.MERCHANT)


@get("/merchant/{shop_id:int}/special-prices", guards=[MERCHANT])
async def special_prices_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """All special prices of the shop."""
    return await _list(request, database, person, ShopId(shop_id), show=show, cursor=cursor)


@get("/merchant/{shop_id:int}/special-prices/new", guards=[MERCHANT])
async def new_special_price_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    listing: FromQuery[int | None] = None,
) -> Response[str]:
    """Choose a listed product, then set the price of one of its SKUs."""
    return await _form(request, database, person, ShopId(shop_id), listing)


@post("/merchant/{shop_id:int}/special-prices/new", guards=[MERCHANT], status_code=200)
async def set_special_price_form(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Set it, once; a refused form comes back with what was typed."""
    try:
        new = _read(data)
        key = request_key(person.person_id, data.get("request_key"), [shop_id, new])
        async with database.writing() as writer:
            await once(
                writer,
                "promotions:special_price:set",
                key,
                SpecialPrice,
                lambda: set_special_price(writer, person, ShopId(shop_id), new),
            )
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        typed = data.get("listing_id", "")
        chosen = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 16 else None
        return await _form(
            request, database, person, ShopId(shop_id), chosen, form=form, status=status_of(refusal)
        )
    return go_to(f"/merchant/{shop_id}/special-prices", flash=N_("The special price is set."))


@post("/merchant/{shop_id:int}/special-prices/{special_price_id:int}/quota", guards=[MERCHANT], status_code=200)
async def change_quota_form(
    request: AnyRequest,
    shop_id: FromPath[int],
    special_price_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Set how many pieces are sold at the price in all."""
    try:
        form = FieldReader(data)
        quota = form.read("quota", whole, 0)
        form.require()
        async with database.writing() as writer:
            await change_quota(writer, person, ShopId(shop_id), SpecialPriceId(special_price_id), quota)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _list(
            request,
            database,
            person,
            ShopId(shop_id),
            form=refused_form(refusal, data, locale_of(request)),
            wrong_id=special_price_id,
            status=status_of(refusal),
        )
    return go_to(f"/merchant/{shop_id}/special-prices", flash=N_("The quota is changed."))


@post("/merchant/{shop_id:int}/special-prices/{special_price_id:int}/end", guards=[MERCHANT])
async def end_special_price_form(
    request: AnyRequest,
    shop_id: FromPath[int],
    special_price_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """End it early."""
    here = f"/merchant/{shop_id}/special-prices"
    try:
        async with database.writing() as writer:
            await end_special_price(writer, person, ShopId(shop_id), SpecialPriceId(special_price_id))
    except NotFound:
        raise
    except Refusal as refusal:
        # The refusal's own sentence, in the reader's language: what is shown is not translated again.
        return go_to(here, flash=refusal.text(locale_of(request)), kind="error")
    return go_to(here, flash=N_("Ended. Orders placed at the price keep it."))


def _read(data: dict[str, str]) -> NewSpecialPrice:
    """What was typed. Raises InvalidFields."""
    form = FieldReader(data)
    flash = data.get("kind") == SpecialPriceKind.FLASH.value
    new = NewSpecialPrice(
        listing_id=ListingId(form.read("listing_id", an_id, 0)),
        sku_id=SkuId(form.read("sku_id", an_id, 0)),
        kind=SpecialPriceKind.FLASH if flash else SpecialPriceKind.ROOM_ONLY,
        price_fen=form.read("price_fen", parse_yuan, 1),
        quota=form.read("quota", whole, 1),
        starts_at=form.read("starts_at", moment, None, optional=True),
        ends_at=form.read("ends_at", moment, None, optional=True) if flash else None,
    )
    form.require()
    return new


async def _list(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    show: str = "",
    cursor: str = "",
    form: Form | None = None,
    wrong_id: int | None = None,
    status: int = 200,
) -> Response[str]:
    stands = SpecialPriceStanding(show) if show in set(SpecialPriceStanding) else None
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        prices = await special_prices_of_shop(reader, shop_id, stands=stands, cursor=cursor or None)
    context: dict[str, object] = {
        "prices": prices,
        "standings": list(SpecialPriceStanding),
        "form": form,
        "wrong_id": wrong_id,
    }
    return page(
        request,
        "merchant/special_prices.html",
        console_context(request, shop, "special-prices") | context,
        status=status,
    )


async def _form(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    listing_id: int | None,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        listings = await listings_to_price(reader, shop_id)
    context: dict[str, object] = {
        "listings": listings,
        "chosen": _chosen(listings, listing_id),
        "form": form,
        "request_key": fresh_request_key(),
    }
    return page(
        request,
        "merchant/special_price.html",
        console_context(request, shop, "special-prices") | context,
        status=status,
    )


def _chosen(listings: Sequence[ListedProduct], listing_id: int | None) -> ListedProduct | None:
    return next((each for each in listings if each.listing_id == listing_id), None)


ROUTES = (
    special_prices_page,
    new_special_price_page,
    set_special_price_form,
    change_quota_form,
    end_special_price_form,
)
