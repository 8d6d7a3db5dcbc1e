"""An installation for real: empty, begun once, and then worked on by people."""

import asyncio

import pytest

from yellowcart.accounts.errors import LoginFailed
from yellowcart.accounts.model import Role
from yellowcart.accounts.sessions import sign_in
from yellowcart.beginnings import BegunAlready, begin
from yellowcart.catalog.categories import category_tree
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields
from yellowcart.links.recognise import recognise
from yellowcart.links.store import read_sources


async def test_a_new_installation_gets_sources_categories_and_an_operator_who_can_sign_in(
    database: Database,
) -> None:
    person = await begin(database, login="Qing", name="小青", password="long enough")
    assert person.has(Role.OPERATOR)
    session = await sign_in(database, login="qing", password="long enough", address="", user_agent="")
    assert session.person.person_id == person.person_id
    async with database.reading() as reader:
        sources = {source.source: source.kind for source in await read_sources(reader)}
        categories = await category_tree(reader)
    assert (sources["own"], sources["taobao_union"], sources["youzan"]) == (
        "own",
        "affiliate_network",
        "store_system",
    )
    assert any(category.parent_id for category in categories)
    (link,) = recognise("https://item.jd.com/100012043978.html")
    assert link.source in sources


async def test_two_beginnings_at_once_make_one_operator(database: Database) -> None:
    outcomes = await asyncio.gather(
        begin(database, login="first", name="One", password="long enough"),
        begin(database, login="second", name="Two", password="long enough"),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BegunAlready", "Person"]
    with pytest.raises(BegunAlready):
        await begin(database, login="third", name="Three", password="long enough")


async def test_a_bad_password_begins_nothing(database: Database) -> None:
    with pytest.raises(InvalidFields):
        await begin(database, login="qing", name="小青", password="short")
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM category") == 0
    with pytest.raises(LoginFailed):
        await sign_in(database, login="qing", password="short", address="", user_agent="")
