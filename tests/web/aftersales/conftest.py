"""Everybody of an after-sale before their own pages."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.aftersales.claims_desk import ClaimsDesk
from tests.aftersales.every_state import Seeding
from tests.conftest import SignedIn, browser, settings_for, sign_in_as
from tests.orders.shopping import open_till
from tests.parcels.packing import PackingTable
from tests.reviews.received import merchant_of
from tests.small_world import make_small_world
from tests.uploads.things_people_bring import photo
from tests.web.filled_form import fields_of
from tests.web.test_front import csrf_of
from yellowcart.accounts.model import Role
from yellowcart.aftersales.model import Case
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.sweeps import register_sweeps
from yellowcart.uploads.storage import open_storage


@dataclass
class Scene:
    """A desk with pages: the buyer's, the shop's, an operator's, and those of three who have nothing to do with
    it: another buyer, another shop, an operator who bought here."""

    desk: ClaimsDesk
    seeding: Seeding
    people: dict[str, SignedIn]
    pages: dict[str, httpx.AsyncClient]

    @property
    def buyer(self) -> httpx.AsyncClient:
        return self.pages["buyer"]

    @property
    def shop(self) -> httpx.AsyncClient:
        return self.pages["shop"]

    @property
    def operator(self) -> httpx.AsyncClient:
        return self.pages["operator"]

    def buyers(self, case: Case, rest: str = "") -> str:
        """The buyer's page of a case."""
        return f"/aftersales/{case.shop_id}/{case.aftersale_id}{rest}"

    def shops(self, case: Case, rest: str = "") -> str:
        """The shop's page of a case."""
        return f"/merchant/{case.shop_id}/aftersales/{case.aftersale_id}{rest}"

    def operators(self, case: Case, rest: str = "") -> str:
        """The operator's page of a case."""
        return f"/operator/arbitration/{case.shop_id}/{case.aftersale_id}{rest}"

    async def read(self, who: str, path: str) -> str:
        """A page that somebody may see."""
        answer = await self.pages[who].get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
        return answer.text

    async def fill(self, who: str, path: str, marked: str, to: str = "", /, **changed: str) -> httpx.Response:
        """Send the form of a page that carries an attribute, with what a person changes of it, as a browser
        without scripts sends a form with files."""
        fields = fields_of(await self.read(who, path), marked) | changed
        return await self.post(who, to or path, **fields)

    async def post(self, who: str, path: str, /, **fields: str) -> httpx.Response:
        """Send fields as a form with files."""
        if "_csrf_token" not in fields:
            fields["_csrf_token"] = csrf_of((await self.pages[who].get("/login")).text)
        empty = ("", b"", "application/octet-stream")
        return await self.pages[who].post(path, data=fields, files=[("evidence", empty)])

    async def press(self, who: str, path: str, /, **fields: str) -> httpx.Response:
        """Send fields as a plain form."""
        token = csrf_of((await self.pages[who].get("/login")).text)
        return await self.pages[who].post(path, data={"_csrf_token": token, **fields})


@pytest.fixture
async def scene(
    database: Database, application: Application, still_clock: clock.Clock, tmp_path: Path
) -> AsyncIterator[Scene]:
    register_sweeps()
    till = await open_till(database)
    world = await make_small_world(database, skus=2, pieces=1_000)
    other = await make_small_world(database)
    people = {
        "buyer": await sign_in_as(database),
        "shop": await merchant_of(database, world),
        "operator": await sign_in_as(database, Role.OPERATOR, name="Zhou"),
        "second": await sign_in_as(database, Role.OPERATOR, name="Wu"),
        "stranger": await sign_in_as(database),
        "other shop": await merchant_of(database, other),
    }
    table = PackingTable(till=till, world=world, buyer=people["buyer"].person)
    desk = ClaimsDesk(table=table, operator=people["operator"].person, still_clock=still_clock)
    storage = open_storage(settings_for("postgresql://nowhere/none", tmp_path))
    async with AsyncExitStack() as stack:
        pages = {
            who: await stack.enter_async_context(browser(application, each.token)) for who, each in people.items()
        }
        for page in pages.values():
            page.cookies.set("language", "en")
        yield Scene(desk, Seeding(desk, storage, photo()), people, pages)
    await till.lane.stop()
