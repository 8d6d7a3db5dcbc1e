"""An operator says, category by category, whether goods go back without a reason and when parcels count as
received: on the page and through the API, for operators alone, and each change is in the audit trail."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.web.test_front import csrf_of
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.catalog.categories import TermsOfCategory, place_category, terms_of_categories
from yellowcart.catalog.model import ReturnRule
from yellowcart.kernel.database import Database


@pytest.fixture
async def tree(database: Database) -> None:
    async with database.writing() as writer:
        await place_category(writer, code="food", name_zh="食品", name_en="Food", position=1)
        await place_category(
            writer,
            code="fresh",
            name_zh="生鲜",
            name_en="Fresh",
            position=1,
            parent_code="food",
            return_rule=ReturnRule.EXCLUDED,
            confirm_days=5,
        )
        await place_category(
            writer, code="fruit", name_zh="水果", name_en="Fruit", position=1, parent_code="fresh"
        )


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR)


@pytest.fixture
async def console(application: Application, operator: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application, operator.token) as opened:
        yield opened


async def terms(database: Database) -> dict[str, TermsOfCategory]:
    async with database.reading() as reader:
        return {each.category.code: each for each in await terms_of_categories(reader)}


async def page_of(database: Database, code: str) -> str:
    """The address of a category's form."""
    return f"/operator/categories/{(await terms(database))[code].category.category_id}"


async def send(console: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    token = csrf_of((await console.get("/operator/categories")).text)
    return await console.post(path, data={"_csrf_token": token} | fields)


async def test_a_node_takes_the_terms_of_the_one_above_until_it_has_its_own(
    database: Database, tree: None
) -> None:
    found = await terms(database)
    assert list(found) == ["food", "fresh", "fruit"]
    assert [each.height for each in found.values()] == [0, 1, 2]
    assert (found["food"].return_rule, found["food"].confirm_days) == (ReturnRule.NO_REASON, 10)
    assert (found["fruit"].return_rule, found["fruit"].confirm_days) == (ReturnRule.EXCLUDED, 5)
    assert (found["fruit"].own_return_rule, found["fruit"].own_confirm_days) == (None, None)


@pytest.mark.parametrize(
    ("language", "words"), [("zh_CN", ("水果", "不支持七天无理由")), ("en", ("Fruit", "as above"))]
)
async def test_the_page_shows_the_terms_in_force(
    console: httpx.AsyncClient, tree: None, language: str, words: tuple[str, str]
) -> None:
    console.cookies.set("language", language)
    shown = (await console.get("/operator/categories")).text
    for each in words:
        assert each in shown


async def test_an_operator_sets_terms_on_the_page_and_gives_them_up_again(
    console: httpx.AsyncClient, database: Database, operator: SignedIn, tree: None
) -> None:
    fruit = await page_of(database, "fruit")
    answer = await send(console, fruit, return_rule="not_after_use", confirm_days="7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator/categories")
    found = (await terms(database))["fruit"]
    assert (found.return_rule, found.confirm_days) == (ReturnRule.NOT_AFTER_USE, 7)
    assert 'value="7"' in (await console.get(fruit)).text
    await send(console, fruit, return_rule="above", confirm_days="")
    found = (await terms(database))["fruit"]
    assert (found.own_return_rule, found.own_confirm_days) == (None, None)
    assert (found.return_rule, found.confirm_days) == (ReturnRule.EXCLUDED, 5)
    await send(console, fruit, return_rule="above", confirm_days="")
    async with database.reading() as reader:
        trail = await reader.records(
            "SELECT person_id, subject FROM audit_entry WHERE action = 'catalog:category:terms'"
        )
    assert trail == [{"person_id": operator.person.person_id, "subject": "category:fruit"}] * 2, (
        "and none for nothing"
    )


@pytest.mark.parametrize("days", ["0", "-1", "91", "1.5", "ten", str(10**12), "9" * 5_000])
async def test_days_that_make_no_sense_are_refused_at_their_field(
    console: httpx.AsyncClient, database: Database, tree: None, days: str
) -> None:
    before = await terms(database)
    answer = await send(console, await page_of(database, "fruit"), return_rule="excluded", confirm_days=days)
    assert answer.status_code == 422
    assert 'id="field-confirm_days-error"' in answer.text
    assert await terms(database) == before


async def test_a_category_that_is_not_there_has_no_page(console: httpx.AsyncClient, tree: None) -> None:
    for path in ("/operator/categories/nothing", "/operator/categories/7", f"/operator/categories/{10**30}"):
        assert (await console.get(path)).status_code == 404
        assert (await send(console, path, return_rule="above", confirm_days="1")).status_code == 404


async def test_nobody_but_operators_reads_or_sets_terms(
    application: Application, database: Database, tree: None
) -> None:
    merchant = await sign_in_as(database, Role.MERCHANT)
    async with browser(application, merchant.token) as client:
        assert (await client.get("/operator/categories")).status_code == 403
    async with browser(application, None) as client:
        client.headers["authorization"] = f"Bearer {merchant.token}"
        assert (await client.get("/api/v1/category-terms")).json()["code"] == "role_missing"
        refused = await client.put("/api/v1/categories/fruit/terms", json={"return_rule": None, "confirm_days": 1})
        assert refused.json()["code"] == "role_missing"


async def test_programs_of_operators_read_and_set_terms(
    application: Application, database: Database, operator: SignedIn, tree: None
) -> None:
    async with browser(application, None) as client:
        client.headers["authorization"] = f"Bearer {operator.token}"
        path = "/api/v1/categories/fruit/terms"
        answer = await client.put(path, json={"return_rule": "any_time", "confirm_days": None})
        assert answer.json() == {"return_rule": "any_time", "confirm_days": 5}
        items = (await client.get("/api/v1/category-terms")).json()["items"]
        assert [(each["category"]["code"], each["return_rule"], each["own_return_rule"]) for each in items] == [
            ("food", "no_reason", None),
            ("fresh", "excluded", "excluded"),
            ("fruit", "any_time", "any_time"),
        ]
        for body in (
            {"return_rule": "gold", "confirm_days": None},
            {"return_rule": None, "confirm_days": 0},
            {"return_rule": None, "confirm_days": 10**30},
            {"return_rule": None},
        ):
            refused = await client.put(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
        missing = await client.put(
            "/api/v1/categories/nothing/terms", json={"return_rule": None, "confirm_days": 1}
        )
        assert missing.json()["code"] == "not_found"
    assert (await terms(database))["fruit"].return_rule is ReturnRule.ANY_TIME
