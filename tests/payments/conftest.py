"""The servers of both providers, and an installation that is wired to them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.payments.alipay_server import AlipayServer
from tests.payments.paying import PayingWorld, open_world
from tests.payments.wechat_server import WechatServer
from yellowcart.kernel.database import Database


@pytest.fixture
def wechat() -> Iterator[WechatServer]:
    server = WechatServer()
    with server.running():
        yield server


@pytest.fixture
def alipay() -> Iterator[AlipayServer]:
    server = AlipayServer()
    with server.running():
        yield server


@pytest.fixture
async def paying(
    database: Database, tmp_path: Path, wechat: WechatServer, alipay: AlipayServer
) -> AsyncIterator[PayingWorld]:
    world = await open_world(database, tmp_path, wechat, alipay)
    yield world
    await world.till.lane.stop()
