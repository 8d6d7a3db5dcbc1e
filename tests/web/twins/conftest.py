"""The stage that these tests stand on."""

import pytest

from tests.stage_world import (
    TAOBAO_TEXT,
    live_room,
    new_host,
    new_video,
    write_history,
    write_shop,
)
from tests.web.twins.stage_with_twin import (
    ITEM,
    OWN_TITLE,
    Stage,
    enforce_all,
    find_all,
    put_outside,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.stage.model import in_room, in_video


@pytest.fixture
async def stage(database: Database, still_clock: clock.Clock) -> Stage:
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, _ = await write_shop(writer)
        await writer.run("UPDATE product SET title = %(title)s, version = version + 1", title=OWN_TITLE)
        await writer.run("UPDATE sku SET name = '32 厘米'")
    await enforce_all(database)
    host = await new_host(database)
    live, video = in_room((await live_room(database, host)).room_id), in_video(await new_video(database, host))
    made = Stage(host, live, video, shop_id, product_id)
    for place in (live, video):
        made.outside.append(await put_outside(database, host, place, TAOBAO_TEXT.format(item=ITEM)))
    await find_all(database)
    return made
