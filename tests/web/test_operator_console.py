"""The operator console: read by operators only, in both languages; what it changes is audited."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import psycopg
import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.stage_world import MARCH_2022, TAOBAO_TEXT, live_room, new_host, write_history
from yellowcart.accounts import audit
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.consoles.operator.audit_trail import changes
from yellowcart.consoles.operator.navigation import moment_of
from yellowcart.consoles.operator.timeline_picture import TICKS_MAX, ticks
from yellowcart.kernel.clock_table import set_clock
from yellowcart.kernel.database import Database
from yellowcart.stage import listings
from yellowcart.stage.enforce import enforce_rules
from yellowcart.stage.model import in_room

PAGES = (
    "/operator",
    "/operator/live?window=hour",
    "/operator?window=week",
    "/operator/rules",
    "/operator/rules?at=2021-11-15&surface=live_cart&span=all",
    "/operator/notices/2022-03",
    "/operator/taken-off",
    "/operator/clock",
    "/operator/clock?to=2022-03-01T00:00",
    "/operator/orders",
    "/operator/orders?state=paid",
    "/operator/people",
    "/operator/switches",
    "/operator/audit",
)


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR, name="林岚")


@pytest.fixture
async def console(application: Application, operator: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application, operator.token) as opened:
        yield opened


@pytest.fixture
async def history(database: Database) -> None:
    async with database.writing() as writer:
        await write_history(writer)
        await set_clock(writer, MORNING)


async def send(client: httpx.AsyncClient, path: str, data: dict[str, str]) -> httpx.Response:
    """A form, with the token of the page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', (await client.get("/operator/people")).text)
    assert found
    return await client.post(path, data=data | {"_csrf_token": found[1]})


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_opens_in_both_languages(console: httpx.AsyncClient, path: str) -> None:
    for language, word in (("zh_CN", "运营后台"), ("en", "Operator console")):
        console.cookies.set("language", language)
        answer = await console.get(path)
        assert answer.status_code == 200, answer.text
        if "/live" not in path:
            assert word in answer.text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_nobody_else_gets_in(application: Application, database: Database, role: Role) -> None:
    stranger = await sign_in_as(database, role)
    async with browser(application, stranger.token) as client:
        for path in PAGES:
            assert (await client.get(path)).status_code == 403
        answer = await client.get("/api/v1/metrics/gmv_paid", headers=stranger.bearer)
        assert answer.status_code == 403


@pytest.mark.usefixtures("history")
async def test_the_matrix_answers_for_the_day_that_is_asked(console: httpx.AsyncClient) -> None:
    console.cookies.set("language", "en")
    before = (await console.get("/operator/rules?at=2021-10-31")).text
    after = (await console.get("/operator/rules?at=2021-11-15")).text
    refused = "goods of Youzan may not be listed in live room carts"
    assert refused not in before.partition('class="reasons"')[2]
    assert refused in after.partition('class="reasons"')[2]


@pytest.mark.usefixtures("history")
async def test_moving_the_clock_enforces_what_began(
    console: httpx.AsyncClient, database: Database, operator: SignedIn
) -> None:
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    async with database.writing() as writer:
        listing = await listings.list_outside(
            writer, host.person, place, pasted_text=TAOBAO_TEXT.format(item=678901234567), title="铁锅"
        )
        await listings.put_on(writer, host.person, listing.listing_id)
    console.cookies.set("language", "en")
    foreseen = (await console.get("/operator/clock?to=2022-03-01T00:00")).text
    assert "will leave" in foreseen
    answer = await send(console, "/operator/clock", {"to": "2022-03-01T00:00"})
    assert answer.status_code == 303, answer.text
    assert "under way" in (await console.get(answer.headers["location"])).text
    while await enforce_rules(database):
        pass
    after = (await console.get(answer.headers["location"])).text
    assert "Done: 1 listing left its cart" in after
    assert "铁锅" in (await console.get("/operator/taken-off?notice=2022-03")).text
    async with database.reading() as reader:
        trail = await audit.read_trail(reader, action="kernel:clock")
    assert [entry.person_id for entry in trail.items] == [operator.person.person_id]


@pytest.mark.usefixtures("history")
async def test_the_clock_is_not_moved_back(console: httpx.AsyncClient, database: Database) -> None:
    console.cookies.set("language", "en")
    answer = await send(console, "/operator/clock", {"to": "2021-11-01T00:00"})
    assert answer.status_code == 409
    assert "only moves forward" in answer.text
    async with database.reading() as reader:
        assert (await audit.read_trail(reader, action="kernel:clock")).items == []


async def test_real_time_is_not_moved(console: httpx.AsyncClient) -> None:
    console.cookies.set("language", "en")
    assert "runs on real time" in (await console.get("/operator/clock")).text
    answer = await send(console, "/operator/clock", {"to": "2030-01-01T00:00"})
    assert answer.status_code == 503


async def test_recruiting_and_quality_control_never_meet_in_one_person(
    console: httpx.AsyncClient, database: Database
) -> None:
    console.cookies.set("language", "en")
    somebody = (await sign_in_as(database, Role.RECRUITER)).person
    path = f"/operator/people/{somebody.person_id}/roles"
    refused = await send(console, path, {"role": "inspector"})
    assert refused.status_code == 409
    assert "never holds both" in refused.text
    assert (await send(console, path, {"role": "recruiter", "taken": "yes"})).status_code == 303
    assert (await send(console, path, {"role": "inspector"})).status_code == 303
    async with database.reading() as reader:
        roles = await reader.column(
            "SELECT role FROM person_role WHERE person_id = %(id)s ORDER BY role", id=somebody.person_id
        )
    assert roles == ["buyer", "inspector"]


async def test_who_is_shut_out_is_signed_out_at_once(
    application: Application, console: httpx.AsyncClient, database: Database
) -> None:
    somebody = await sign_in_as(database)
    path = f"/operator/people/{somebody.person.person_id}/state"
    assert (await send(console, path, {"state": "disabled", "reason": " "})).status_code == 422
    assert (await send(console, path, {"state": "disabled", "reason": "刷单"})).status_code == 303
    async with browser(application) as client:
        answer = await client.get("/api/v1/me", headers=somebody.bearer)
    assert answer.status_code == 401
    assert (await send(console, path, {"state": "active", "reason": "误判"})).status_code == 303
    async with database.reading() as reader:
        trail = await audit.read_trail(
            reader, subject=f"person:{somebody.person.person_id}", action="accounts:person"
        )
    assert [entry.action for entry in trail.items][:2] == ["accounts:person:enable", "accounts:person:disable"]


async def test_operators_cannot_lock_themselves_out(console: httpx.AsyncClient, operator: SignedIn) -> None:
    path = f"/operator/people/{operator.person.person_id}"
    assert (await send(console, f"{path}/state", {"state": "disabled", "reason": "x"})).status_code == 409
    assert (await send(console, f"{path}/roles", {"role": "operator", "taken": "yes"})).status_code == 409
    assert (await console.get(path)).status_code == 200


async def test_a_switch_needs_a_reason_and_is_audited(console: httpx.AsyncClient, database: Database) -> None:
    path = "/operator/switches/checkout"
    assert (await send(console, path, {"closed": "yes", "reason_checkout": ""})).status_code == 422
    assert (await send(console, path, {"closed": "yes", "reason_checkout": "支付异常"})).status_code == 303
    async with database.reading() as reader:
        assert await reader.value("SELECT closed FROM kill_switch WHERE name = 'checkout'")
        trail = await audit.read_trail(reader, subject="switch:checkout")
    assert [entry.action for entry in trail.items] == ["kernel:switch:close"]
    assert "支付异常" in (await console.get("/operator/switches")).text
    assert (await send(console, "/operator/switches/everything", {"closed": "yes"})).status_code in (404, 422)


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET action = 'nothing'", "DELETE FROM audit_entry"])
@pytest.mark.usefixtures("operator")
async def test_the_database_refuses_to_change_the_trail(database: Database, change: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        async with database.writing() as writer:
            await writer.run(change)


async def test_the_trail_is_read_by_person_by_action_and_in_pages(database: Database, operator: SignedIn) -> None:
    async with database.writing() as writer:
        for number in range(3):
            await audit.record(writer, operator.person, "kernel:clock:move", f"clock:{number}")
        await audit.record(writer, None, "kernel:clockwork", "clock")
        first = await audit.read_trail(writer, action="kernel:clock:", person_id=operator.person.person_id, size=2)
        second = await audit.read_trail(writer, action="kernel:clock:", cursor=first.next_cursor, size=2)
    assert [entry.subject for entry in [*first.items, *second.items]] == ["clock:2", "clock:1", "clock:0"]
    assert second.next_cursor is None


def test_a_change_in_the_trail_shows_only_what_differs() -> None:
    assert changes({"a": 1, "b": "x"}, {"a": 1, "b": "y", "c": ["p", "q"]}) == [
        ("b", "x", "y"),
        ("c", None, "p, q"),
    ]
    assert changes(["buyer"], ["buyer", "creator"]) == [("", "buyer", "buyer, creator")]
    assert changes(None, None) == []


def test_a_day_in_the_address_is_its_midnight_in_shanghai() -> None:
    assert moment_of("2022-03-01") == MARCH_2022
    assert moment_of("2022-03-01T00:00") == MARCH_2022
    assert moment_of("2022-02-28T16:00:00Z") == MARCH_2022
    assert moment_of("yesterday") is None
    assert moment_of("2022-13-01") is None


@pytest.mark.parametrize("days", [40, 270, 1_600, 9_000])
def test_the_axis_of_the_timeline_is_never_crowded(days: int) -> None:
    found = ticks(MORNING - timedelta(days=days), MORNING)
    assert 0 < len(found) <= TICKS_MAX


@pytest.mark.usefixtures("history")
async def test_rules_and_notices_are_public_and_paged(client: httpx.AsyncClient) -> None:
    first = (await client.get("/api/v1/link-rules?size=20")).json()
    assert len(first["items"]) == 20
    seen, cursor = len(first["items"]), first["next_cursor"]
    while cursor:
        page = (await client.get("/api/v1/link-rules", params={"size": "20", "cursor": cursor})).json()
        seen, cursor = seen + len(page["items"]), page["next_cursor"]
    assert seen == 5 * 6 + 2 + 4  # every surface and source in 2018, two cuts in 2021, four in 2022
    taobao = {"surface": "video_cart", "source": "taobao_union"}
    assert [
        rule["action"] for rule in (await client.get("/api/v1/link-rules", params=taobao)).json()["items"]
    ] == [
        "allow",
        "refuse",
    ]
    notices = (await client.get("/api/v1/notices")).json()
    assert [notice["code"] for notice in notices["items"]] == ["2018", "2021-11", "2022-03"]
    answer = await client.get("/api/v1/link-rules/verdicts", params={"at": "2022-03-01T00:00:00+08:00"})
    verdicts = {(each["surface"], each["source"]): each["action"] for each in answer.json()["verdicts"]}
    assert verdicts["live_cart", "jd_union"] == "refuse"
    assert verdicts["video_cart", "jd_union"] == "allow"
    naive = await client.get("/api/v1/link-rules/verdicts", params={"at": "2022-03-01T00:00:00"})
    assert naive.status_code == 422


async def test_a_number_comes_with_its_basis_and_never_alone(
    client: httpx.AsyncClient, operator: SignedIn
) -> None:
    names = [each["name"] for each in (await client.get("/api/v1/metrics")).json()["items"]]
    for name in names:
        answer = await client.get(f"/api/v1/metrics/{name}", headers=operator.bearer)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["definition"]["basis"]["zh_CN"] != found["definition"]["basis"]["en"]
        assert {"from", "to", "as_of", "provisional"} <= set(found)
        assert {"value", "points", "by_source"} & set(found)
    closed_loop = await client.get("/api/v1/metrics/closed_loop_share", headers=operator.bearer)
    assert closed_loop.json()["value"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": "2022-02-25T00:00:00Z", "to": "2022-02-24T00:00:00Z"}, 422),
        ({"from": "2020-02-25T00:00:00Z", "to": "2022-02-24T00:00:00Z"}, 422),
        ({"from": "2022-02-24T00:00:00"}, 422),
        ({"from": "0001-01-01T00:00:00Z", "to": "0001-01-01T00:00:01Z"}, 422),
        ({"from": "0002-01-01T00:00:00Z", "to": "0002-01-01T00:00:01Z"}, 200),
        ({"from": "a while ago"}, 422),
    ],
)
async def test_a_window_that_cannot_be_is_refused(
    client: httpx.AsyncClient, operator: SignedIn, query: dict[str, str], status: int
) -> None:
    answer = await client.get("/api/v1/metrics/gmv_paid", params=query, headers=operator.bearer)
    assert answer.status_code == status, answer.text
    missing = await client.get("/api/v1/metrics/gmv", headers=operator.bearer)
    assert missing.json()["code"] == "metric_unknown"


@pytest.mark.parametrize("path", ["/docs/api", "/docs/errors", "/login", "/nowhere", "/api/v1/metrics"])
async def test_every_answer_says_what_a_page_may_load(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    for tag in re.findall(r"<script[^>]*>", answer.text):
        assert "src=" in tag or "application/json" in tag


async def test_static_files_name_what_they_are(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs/api")).text
    for address in re.findall(r'(?:href|src)="(/assets/[^"#]+)"', page):
        kind = (await client.get(address)).headers["content-type"]
        assert not kind.startswith("application/octet-stream"), address


async def test_the_errors_page_has_every_code_in_both_languages(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs/errors")).text
    assert 'id="sold_out"' in page
    assert "Recruiting" not in page
    assert "One person never holds both recruiting and quality control." in page
    assert "招商" in page
