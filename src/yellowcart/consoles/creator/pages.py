"""The creator console, put together."""

from litestar import Router

from yellowcart.consoles.creator import (
    carts,
    channel_task,
    conversions,
    desk,
    home,
    jump_loss,
    my_listings,
    profile,
    rooms,
    twins,
    videos,
)

ROUTES = Router(
    "/creator",
    route_handlers=[
        home.home,
        profile.profile_page,
        profile.save_profile,
        rooms.rooms_page,
        rooms.announce,
        rooms.take_step,
        desk.desk,
        desk.numbers_part,
        desk.speak,
        videos.videos_page,
        videos.publish,
        videos.video_page,
        videos.remove,
        my_listings.listings_page,
        twins.twins_page,
        twins.confirm_page,
        twins.replace,
        twins.undo,
        twins.dismiss,
        jump_loss.jump_loss_page,
        conversions.conversions_page,
        carts.cart_part,
        carts.recognise_part,
        carts.add_link,
        carts.picker_part,
        carts.add_product,
        carts.move,
        carts.take_step,
        channel_task.name_task,
    ],
    include_in_schema=False,
)
