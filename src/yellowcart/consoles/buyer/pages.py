"""The buyer's pages under their addresses."""

from litestar import Router

from yellowcart.consoles.buyer import cashier, feed, goods, me, orders, rooms

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
        cashier.sandbox_page,
        cashier.sandbox_decides,
        cashier.ROUTES,
        orders.ROUTES,
        me.ROUTES,
    ],
    include_in_schema=False,
)
