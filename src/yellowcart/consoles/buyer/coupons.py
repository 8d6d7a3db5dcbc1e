"""Coupons for buyers: what a room or video offers, claiming one, and all that are in their hands."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.forms import FormBody, fresh_request_key
from yellowcart.consoles.rendering import AnyRequest, go_to, local_path, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import CouponId, RoomId, VideoId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.platform import Platform
from yellowcart.promotions.buyer_queries import (
    CouponShelf,
    count_my_coupons,
    my_coupons,
    offered_coupon,
    offered_coupons,
)
from yellowcart.stage.model import VideoState
from yellowcart.stage.queries import room_view, video_view


@get("/rooms/{room_id:int}/coupons", guards=[PUBLIC])
async def room_coupons(
    request: AnyRequest, room_id: FromPath[int], database: NamedDependency[Database]
) -> Response[str]:
    """The coupons of a room, as a part of its page."""
    person: Person | None = request.scope.get("user")
    async with database.reading() as reader:
        view = await room_view(reader, RoomId(room_id))
        coupons = await offered_coupons(
            reader,
            view.room.creator_id,
            room_id=view.room.room_id,
            person_id=person.person_id if person else None,
        )
    context = {"coupons": coupons, "room_id": room_id, "back": f"/rooms/{room_id}", "new_key": fresh_request_key}
    return buyer_page(request, "coupons/offered.html", context)


@get("/videos/{video_id:int}/coupons", guards=[PUBLIC])
async def video_coupons(
    request: AnyRequest, video_id: FromPath[int], database: NamedDependency[Database]
) -> Response[str]:
    """The coupons of a video, as a part of its page."""
    person: Person | None = request.scope.get("user")
    async with database.reading() as reader:
        view = await video_view(reader, VideoId(video_id))
        if view.video.state is not VideoState.PUBLISHED:
            raise NotFound
        coupons = await offered_coupons(
            reader,
            view.video.creator_id,
            video_id=view.video.video_id,
            person_id=person.person_id if person else None,
        )
    context = {"coupons": coupons, "room_id": None, "back": f"/videos/{video_id}", "new_key": fresh_request_key}
    return buyer_page(request, "coupons/offered.html", context)


@post("/coupons/{coupon_id:int}/claim", guards=[SIGNED_IN], status_code=200)
async def claim(
    request: AnyRequest,
    coupon_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    platform: NamedDependency[Platform],
) -> Response[str] | Redirect:
    """Claim one. The page's script gets the coupon drawn anew, with the reason where it was refused."""
    typed = data.get("room_id", "")
    room_id = RoomId(int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) <= 16 else None
    refusal: Refusal | None = None
    try:
        await platform.claim_lane.claim(person, CouponId(coupon_id), data.get("request_key"), room_id=room_id)
    except NotFound:
        raise
    except Refusal as refused:
        refusal = refused
    if request.headers.get("x-part") != "coupon":
        back = local_path(data.get("back") or "/coupons")
        if refusal is not None:
            # The refusal's own sentence, in the reader's language: what is shown is not translated again.
            return go_to(back, flash=refusal.text(locale_of(request)), kind="error")
        return go_to(back, flash=N_("Claimed. You can use it when you order."))
    async with database.reading() as reader:
        coupon = await offered_coupon(reader, CouponId(coupon_id), room_id=room_id, person_id=person.person_id)
    context = {
        "coupon": coupon,
        "room_id": room_id,
        "back": local_path(data.get("back") or "/coupons"),
        "new_key": fresh_request_key,
        "said": refusal.text(locale_of(request)) if refusal is not None else "",
    }
    status = 200 if refusal is None else status_of(refusal)
    return buyer_page(request, "coupons/one.html", context, status=status)


@get("/coupons", guards=[SIGNED_IN])
async def my_coupons_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """My coupons: usable, used, expired."""
    shelf = CouponShelf(show) if show in set(CouponShelf) else CouponShelf.USABLE
    async with database.reading() as reader:
        coupons = await my_coupons(reader, person.person_id, shelf=shelf, cursor=cursor or None)
        counts = await count_my_coupons(reader, person.person_id)
    context = {"coupons": coupons, "counts": counts, "shelf": shelf, "back": "/me"}
    return buyer_page(request, "coupons/mine.html", context)


ROUTES = (room_coupons, video_coupons, claim, my_coupons_page)
