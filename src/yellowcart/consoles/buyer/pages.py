"""The buyer's pages under their addresses."""

from litestar import Router

from yellowcart.consoles.buyer import (
    addresses,
    aftersale_request,
    aftersales,
    cashier,
    checkout,
    coupons,
    feed,
    goods,
    me,
    orders,
    review_writing,
    reviews,
    rooms,
    sandbox,
)

ROUTES = Router(
    "/",
    route_handlers=[
        feed.rooms,
        feed.videos,
        rooms.room_page,
        rooms.room_now,
        rooms.chat,
        rooms.video_page,
        goods.sheet,
        goods.product_page,
        goods.out_page,
        goods.jump_out,
        goods.jump_beacon,
        *checkout.ROUTES,
        *coupons.ROUTES,
        sandbox.sandbox_page,
        sandbox.sandbox_decides,
        cashier.ROUTES,
        orders.ROUTES,
        addresses.ROUTES,
        *aftersale_request.ROUTES,
        *aftersales.ROUTES,
        *reviews.ROUTES,
        *review_writing.ROUTES,
        me.ROUTES,
    ],
    include_in_schema=False,
)
