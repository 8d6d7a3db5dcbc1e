"""Drafts of notices for operators' programs: the same verbs, with clear refusals for whatever is sent."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import browser, sign_in_as
from tests.notice_world import Desk, open_desk
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database

BODY = {
    "issuer": {"zh": "快手电商", "en": "Kuaishou"},
    "title": {"zh": "拼多多调整"},
    "text": {"zh": "正文"},
    "reason": {"zh": "合同变更"},
    "effective_at": "2022-03-10T00:00:00+08:00",
    "lines": [{"action": "refuse", "sources": ["pinduoduo"], "surfaces": ["live_cart"]}],
}
DRAFTS = "/api/v1/notice-drafts"


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await open_desk(database)


@pytest.fixture
async def program(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as opened:
        yield opened


async def begin(program: httpx.AsyncClient, desk: Desk, **changes: object) -> httpx.Response:
    return await program.post(DRAFTS, json=BODY | changes, headers=desk.drafter.bearer | {"idempotency-key": "k1"})


async def test_a_draft_goes_all_the_way_by_program(program: httpx.AsyncClient, desk: Desk) -> None:
    made = (await begin(program, desk)).json()
    assert (made["code"], made["state"], made["version"], made["drafted_by"]) == (
        "kuaishou-2022-03-10",
        "draft",
        1,
        "小青",
    )
    path = f"{DRAFTS}/{made['draft_id']}"
    changed = await program.put(
        path, json=BODY | {"version": 1, "code": "cut", "grace": "room_ends"}, headers=desk.drafter.bearer
    )
    assert (changed.status_code, changed.json()["version"], changed.json()["code"]) == (200, 2, "cut")
    foreseen = (await program.get(f"{path}/preview", headers=desk.second.bearer)).json()
    assert [(each["source"], each["after"]["action"]) for each in foreseen["changes"]] == [("pinduoduo", "refuse")]
    assert (foreseen["collisions"], foreseen["late"], foreseen["changes_nothing"]) == ([], [], False)

    async def step(verb: str, who: dict[str, str], version: int, remark: str = "") -> httpx.Response:
        return await program.post(f"{path}/{verb}", json={"version": version, "remark": remark}, headers=who)

    assert (await step("submit", desk.drafter.bearer, 2)).json()["state"] == "submitted"
    assert (await step("publish", desk.drafter.bearer, 3)).json()["code"] == "own_draft"
    assert (await step("return", desk.second.bearer, 3, "错字")).json()["remark"] == "错字"
    assert (await step("submit", desk.drafter.bearer, 4)).json()["state"] == "submitted"
    assert (await step("take-back", desk.drafter.bearer, 5)).json()["state"] == "draft"
    assert (await step("submit", desk.drafter.bearer, 6)).json()["state"] == "submitted"
    done = (await step("publish", desk.second.bearer, 7)).json()
    assert (done["state"], done["decided_by"]) == ("published", "小贺")
    assert (await step("publish", desk.second.bearer, 7)).json()["code"] == "draft_move_impossible"
    public = (await program.get("/api/v1/notices/cut")).json()
    assert (public["grace"], public["notice_id"]) == ("room_ends", done["notice_id"])
    amended = await program.post(
        "/api/v1/notices/cut/amend", headers=desk.second.bearer | {"idempotency-key": "a1"}
    )
    again = await program.post("/api/v1/notices/cut/amend", headers=desk.second.bearer | {"idempotency-key": "a1"})
    assert amended.status_code == 201
    assert amended.json() == again.json()
    assert amended.json()["replaces"] == "cut"
    gone = await program.post(
        f"{DRAFTS}/{amended.json()['draft_id']}/discard", json={"version": 1}, headers=desk.second.bearer
    )
    assert gone.json()["state"] == "discarded"
    refused = await program.post(
        "/api/v1/notices/cut/withdraw", json={"reason": {"zh": "撤"}}, headers=desk.drafter.bearer
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "withdrawal_of_own")
    taken = await program.post(
        "/api/v1/notices/cut/withdraw", json={"reason": {"zh": "撤"}}, headers=desk.second.bearer
    )
    assert (taken.status_code, taken.json()["rules"]) == (200, [])
    listed = (await program.get(f"{DRAFTS}?state=published", headers=desk.third.bearer)).json()
    assert [each["code"] for each in listed["items"]] == ["cut"]
    assert (await program.get(DRAFTS, headers=desk.third.bearer)).json()["items"] == []


async def test_a_repeat_begins_nothing_twice(program: httpx.AsyncClient, desk: Desk) -> None:
    first, again = await begin(program, desk), await begin(program, desk)
    assert first.json() == again.json()
    other = await begin(program, desk, code="other")
    assert other.json()["code"] == "idempotency_key_reused"
    assert (await program.post(DRAFTS, json=BODY, headers=desk.drafter.bearer)).json()["code"] == (
        "idempotency_key_missing"
    )


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"effective_at": "2022-03-10T00:00:00"}, 400, None),
        ({"effective_at": None}, 400, None),
        ({"lines": [{"action": "burn", "sources": ["own"]}]}, 400, None),
        ({"lines": [{"action": "refuse", "sources": "everybody"}]}, 400, None),
        ({"unknown": 1}, 400, None),
        ({"lines": [{"action": "refuse", "sources": ["nobody"]}]}, 422, "lines.0.sources"),
        ({"lines": [{"action": "refuse", "sources": []}]}, 422, "lines.0.sources"),
        ({"lines": [{"action": "refuse", "sources": ["own"], "surfaces": []}]}, 422, "lines.0.surfaces"),
        (
            {"lines": [{"action": "allow_with_fee", "sources": ["own"], "fee_basis_points": 10_001}]},
            422,
            "lines.0.fee_basis_points",
        ),
        ({"lines": [{"action": "require_channel", "sources": ["own"]}]}, 422, "lines.0.channel"),
        ({"announced_at": "2022-03-11T00:00:00+08:00"}, 422, "announced_at"),
        ({"effective_at": "1999-01-01T00:00:00+08:00"}, 422, "effective_at"),
        ({"code": "Not A Code"}, 422, "code"),
        ({"code": "2022-03"}, 422, "code"),
        ({"title": {"zh": "x" * 121}}, 422, "title_zh"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_begins(
    program: httpx.AsyncClient, desk: Desk, changes: dict[str, object], status: int, field: str | None
) -> None:
    answer = await begin(program, desk, **changes)
    assert answer.status_code in {status, 422}, answer.text
    problem = answer.json()
    assert set(problem["messages"]) == {"zh_CN", "en"}
    if field is not None:
        assert list(problem["fields"]) == [field]
    assert (await program.get(DRAFTS, headers=desk.drafter.bearer)).json()["items"] == []


async def test_a_collision_is_told_to_programs_by_pair_and_notice(program: httpx.AsyncClient, desk: Desk) -> None:
    lines = [{"action": "allow", "sources": ["jd_union"], "surfaces": ["live_cart"]}]
    made = (await begin(program, desk, effective_at="2022-03-01T00:00:00+08:00", lines=lines)).json()
    answer = await program.post(
        f"{DRAFTS}/{made['draft_id']}/submit", json={"version": 1}, headers=desk.drafter.bearer
    )
    assert answer.status_code == 409
    assert answer.json()["values"]["collisions"] == [
        {
            "surface": "live_cart",
            "source": "jd_union",
            "at": "2022-02-28T16:00:00+00:00",
            "notice": "2022-03",
        }
    ]


async def test_only_operators_may(program: httpx.AsyncClient, database: Database, desk: Desk) -> None:
    made = (await begin(program, desk)).json()
    path = f"{DRAFTS}/{made['draft_id']}"
    for role in (role for role in Role if role is not Role.OPERATOR):
        bearer = (await sign_in_as(database, role)).bearer
        for answer in (
            await program.get(DRAFTS, headers=bearer),
            await program.get(path, headers=bearer),
            await program.get(f"{path}/preview", headers=bearer),
            await program.post(DRAFTS, json=BODY, headers=bearer | {"idempotency-key": "x"}),
            await program.post(f"{path}/discard", json={"version": 1}, headers=bearer),
            await program.post("/api/v1/notices/2022-03/withdraw", json={"reason": {}}, headers=bearer),
        ):
            assert answer.status_code == 403
    assert (await program.get(path)).status_code == 401
