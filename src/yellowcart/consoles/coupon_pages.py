"""The coupon pages that the consoles of merchants, creators and operators share: list, form, one coupon."""

from collections.abc import Mapping

from litestar import Response
from litestar.response import Redirect

from yellowcart.accounts.model import Person
from yellowcart.consoles.coupon_form import first_values, read_coupon_form, whole
from yellowcart.consoles.forms import Form, fresh_request_key, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.insight.coupon_use import CouponDay, coupon_days, coupon_use
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import CouponId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.promotions.make_coupon import make_coupon, raise_stock, stop_coupon
from yellowcart.promotions.maker_queries import (
    coupon_of,
    coupons_of,
    products_named,
    products_to_choose,
    rooms_to_choose,
)
from yellowcart.promotions.makers import CouponMaker
from yellowcart.promotions.model import Coupon, CouponStanding, Funder

Around = Mapping[str, object]
"""What a console puts around the page: navigation, name, and `here`, the address of its coupons."""


async def coupon_list(
    request: AnyRequest, reader: Reader, maker: CouponMaker, around: Around, show: str, cursor: str
) -> Response[str]:
    """A maker's coupons, by how they stand."""
    stands = CouponStanding(show) if show in set(CouponStanding) else None
    found = await coupons_of(reader, maker, stands=stands, cursor=cursor or None)
    context = {"coupons": found, "standings": _standings(maker), "funder": maker.funder}
    return page(request, "coupons/list.html", {**around, **context})


async def coupon_form(
    request: AnyRequest,
    reader: Reader,
    maker: CouponMaker,
    around: Around,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    """The form that makes a coupon."""
    context = {
        "form": form or {"values": first_values(), "errors": {}},
        "request_key": fresh_request_key(),
        "funder": maker.funder,
        "products": [] if maker.shop_id is None else await products_to_choose(reader, maker.shop_id),
        "rooms": await rooms_to_choose(reader, shop_id=maker.shop_id, creator_id=maker.creator_id),
    }
    return page(request, "coupons/new.html", {**around, **context}, status=status)


async def make_from_form(
    request: AnyRequest,
    database: Database,
    person: Person,
    maker: CouponMaker,
    around: Around,
    data: dict[str, str],
) -> Response[str] | Redirect:
    """Make the coupon that was typed, once; a refused form comes back with what was typed."""
    try:
        new = read_coupon_form(data)
        key = request_key(person.person_id, data.get("request_key"), new)
        async with database.writing() as writer:
            made = await once(
                writer, "promotions:coupon:make", key, Coupon, lambda: make_coupon(writer, person, maker, new)
            )
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        if "product_ids" in form["errors"]:
            form["errors"]["scope"] = form["errors"].pop("product_ids")
        async with database.reading() as reader:
            return await coupon_form(request, reader, maker, around, form=form, status=status_of(refusal))
    words = (
        N_("The coupon is made. It pops up when you drop it into your room.")
        if new.prepared
        else N_("The coupon is made.")
    )
    return go_to(f"{around['here']}/{made.coupon_id}", flash=words)


async def coupon_page(
    request: AnyRequest,
    reader: Reader,
    maker: CouponMaker,
    around: Around,
    coupon_id: CouponId,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    """One coupon with its use."""
    coupon = await coupon_of(reader, maker, coupon_id)
    days = await coupon_days(reader, coupon_id)
    context = {
        "coupon": coupon,
        "use": await coupon_use(reader, coupon_id),
        "days": days,
        "chart_option": _use_chart(days, locale_of(request)),
        "products": await products_named(reader, coupon.product_ids) if coupon.product_ids else [],
        "form": form,
    }
    return page(request, "coupons/coupon.html", {**around, **context}, status=status)


async def change_stock(
    request: AnyRequest,
    database: Database,
    person: Person,
    maker: CouponMaker,
    around: Around,
    coupon_id: CouponId,
    data: dict[str, str],
) -> Response[str] | Redirect:
    """Set how many there are in all."""
    try:
        try:
            stock = whole(data.get("stock", "").strip())
        except InvalidFields as refusal:
            raise InvalidFields({"stock": next(iter(refusal.problems.values()))}) from refusal
        async with database.writing() as writer:
            await raise_stock(writer, person, maker, coupon_id, stock)
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        async with database.reading() as reader:
            return await coupon_page(
                request, reader, maker, around, coupon_id, form=form, status=status_of(refusal)
            )
    return go_to(f"{around['here']}/{coupon_id}", flash=N_("The number of coupons is changed."))


async def stop(
    request: AnyRequest,
    database: Database,
    person: Person,
    maker: CouponMaker,
    around: Around,
    coupon_id: CouponId,
) -> Redirect:
    """Give no more of it out."""
    here = f"{around['here']}/{coupon_id}"
    try:
        async with database.writing() as writer:
            await stop_coupon(writer, person, maker, coupon_id)
    except NotFound:
        raise
    except Refusal as refusal:
        # The refusal's own sentence, in the reader's language: what is shown is not translated again.
        return go_to(here, flash=refusal.text(locale_of(request)), kind="error")
    return go_to(here, flash=N_("Stopped. What buyers have claimed stays good."))


def _standings(maker: CouponMaker) -> list[CouponStanding]:
    return [
        each for each in CouponStanding if each is not CouponStanding.PREPARED or maker.funder is Funder.CREATOR
    ]


def _use_chart(days: list[CouponDay], locale: Locale) -> dict[str, object]:
    return {
        "xAxis": {"type": "category", "data": [day.day.strftime("%m-%d") for day in days]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {
                "name": translate(N_("Paid orders with this coupon"), locale),
                "type": "bar",
                "data": [day.orders_paid for day in days],
            }
        ],
    }
