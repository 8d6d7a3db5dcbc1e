"""The servers of both providers, and an installation that is wired to them, with its pages."""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import SignedIn, running_application, settings_for
from tests.payments.alipay_server import AlipayServer
from tests.payments.paying import PayingWorld, open_world
from tests.payments.wechat_server import WechatServer
from yellowcart.accounts.sessions import open_session
from yellowcart.app import Application
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


@pytest.fixture
async def site(
    paying: PayingWorld, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Application]:
    """The whole application with accounts at both providers."""
    settings = settings_for(database_url, tmp_path)
    async with running_application(dataclasses.replace(settings, payments=tmp_path / "payments.toml")) as running:
        yield running


@pytest.fixture
async def buyer(paying: PayingWorld) -> SignedIn:
    """The buyer of the world, with a session."""
    async with paying.database.writing() as writer:
        session = await open_session(writer, paying.buyer.person_id, address="", user_agent="test")
    return SignedIn(session.person, session.token)
