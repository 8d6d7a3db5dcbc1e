"""Reported orders over HTTP: pages of operators and creators, and what programs send and read."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.conversion_world import (
    LINE,
    NEW_TAOBAO,
    ORDER,
    csv_bytes,
    jd_answer,
    jd_row,
    line_of,
    outside_listing,
    send,
    taobao_answer,
    taobao_order,
)
from tests.stage_world import new_host, write_history
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.conversions import queries
from yellowcart.conversions.model import ConversionState
from yellowcart.kernel.database import Database

API = "/api/v1/conversions"
FILES = Path(__file__).parent.parent / "conversions" / "files"


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR, name="林岚")


@pytest.fixture
async def console(application: Application, operator: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application, operator.token) as opened:
        yield opened


@pytest.fixture
async def program(application: Application, operator: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=application)
    headers = operator.bearer | {"accept": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://platform.test", headers=headers) as opened:
        yield opened


async def upload(
    client: httpx.AsyncClient, content: bytes, *, name: str = "订单.csv", network: str = ""
) -> httpx.Response:
    found = re.search(r'name="csrf-token" content="([^"]+)"', (await client.get("/operator/conversions")).text)
    assert found
    return await client.post(
        "/operator/conversions/reports",
        data={"network": network, "_csrf_token": found[1]},
        files={"file": (name, content)},
    )


async def test_every_page_opens_in_both_languages(
    console: httpx.AsyncClient, database: Database, operator: SignedIn
) -> None:
    empty = await console.get("/operator/conversions")
    assert "还没有联盟回传订单" in empty.text
    outcome = await send(database, operator.person, line_of(), line_of(state=ConversionState.SETTLED))
    pages = (
        "/operator/conversions",
        "/operator/conversions?network=taobao_union&state=settled&counted=no&since=2022-02-01&until=2022-02-28",
        f"/operator/conversions?text={ORDER}",
        "/operator/conversions/reports",
        f"/operator/conversions/reports/{outcome.report.report_id}",
        f"/operator/conversions/taobao_union/{LINE}",
    )
    for language, word in (("zh_CN", "联盟回传"), ("en", "Reported orders")):
        console.cookies.set("language", language)
        for path in pages:
            answer = await console.get(path)
            assert answer.status_code == 200, path
            assert word in answer.text
    assert "¥118.50" in (await console.get(pages[2])).text
    for hostile in (
        "/operator/conversions?text=%00",
        "/operator/conversions?cursor=zzz",
        "/operator/conversions/taobao_union/%00",
    ):
        assert (await console.get(hostile)).status_code < 500
    nothing = await console.get(
        "/operator/conversions?text=1&state=nonsense&network=nowhere&since=never&creator=99999999999999999999"
    )
    assert "No reported order fits" in nothing.text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_nobody_else_reads_or_sends_reports(
    application: Application, database: Database, role: Role
) -> None:
    other = await sign_in_as(database, role)
    async with browser(application, other.token) as client:
        assert (await client.get("/operator/conversions")).status_code == 403
    async with browser(application) as client:
        for path in (API, f"{API}/reports"):
            assert (await client.get(path, headers=other.bearer)).status_code == 403
        answer = await client.post(f"{API}/taobao_union", headers=other.bearer, json=[])
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("taobao_orders_older.csv", (7, 0)),
        ("taobao_orders_older.xls", (7, 0)),
        ("taobao_orders_newer.xlsx", (8, 0)),
        ("taobao_refunds.csv", (2, 0)),
        ("jd_order_rows.json", (5, 0)),
        ("pinduoduo_orders.json", (6, 0)),
    ],
)
async def test_the_reports_of_every_network_are_taken_in_by_page(
    console: httpx.AsyncClient, database: Database, name: str, counts: tuple[int, int]
) -> None:
    answer = await upload(console, (FILES / name).read_bytes(), name=name)
    assert answer.status_code == 303, answer.text
    async with database.reading() as reader:
        (row,) = await reader.records("SELECT created_count, wrong_count, finished_at FROM conversion_report")
    assert (row["created_count"], row["wrong_count"]) == counts
    assert row["finished_at"] is not None
    shown = await console.get(answer.headers["location"])
    assert "文件已导入" in shown.text


async def test_the_two_older_files_say_the_same(console: httpx.AsyncClient, database: Database) -> None:
    await upload(console, (FILES / "taobao_orders_older.csv").read_bytes())
    await upload(console, (FILES / "taobao_orders_older.xls").read_bytes())
    async with database.reading() as reader:
        counts = await reader.column("SELECT unchanged_count FROM conversion_report ORDER BY report_id")
    assert counts == [0, 7]


async def test_wrong_cells_are_listed_and_the_same_file_is_known(console: httpx.AsyncClient) -> None:
    content = csv_bytes(NEW_TAOBAO, NEW_TAOBAO | {"付款金额": "面议", "淘宝子订单号": "2"}, encoding="gbk")
    first = await upload(console, content)
    page = await console.get(first.headers["location"])
    assert "面议" in page.text
    assert "这不是有效的金额（元）。" in page.text
    second = await upload(console, content)
    assert second.headers["location"] == first.headers["location"]
    assert "此前已导入过" in (await console.get(second.headers["location"])).text


@pytest.mark.parametrize(
    ("content", "network", "word"),
    [
        (b"", "", "为空"),
        (b"\x89PNG\r\n\x1a\n", "", "PNG"),
        (b"a,b\n1,2\n", "", "不是已支持的联盟订单报表"),
        (csv_bytes(NEW_TAOBAO), "jd_union", "与所选联盟不符"),
        (b'{"error_response": {"msg": "Invalid session"}}', "", "Invalid session"),
    ],
)
async def test_what_is_no_report_comes_back_with_the_reason_at_the_file(
    console: httpx.AsyncClient, database: Database, content: bytes, network: str, word: str
) -> None:
    answer = await upload(console, content, network=network)
    assert answer.status_code == 422
    assert word in answer.text
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM conversion_report") == 0


async def test_a_report_that_was_broken_off_goes_on(console: httpx.AsyncClient, database: Database) -> None:
    content = csv_bytes(NEW_TAOBAO)
    first = await upload(console, content)
    async with database.writing() as writer:
        await writer.run("UPDATE conversion_report SET finished_at = NULL, created_count = 0")
    assert "重新上传" in (await console.get("/operator/conversions/reports")).text
    again = await upload(console, content)
    assert again.headers["location"] == first.headers["location"]
    async with database.reading() as reader:
        (row,) = await reader.records("SELECT unchanged_count, finished_at FROM conversion_report")
    assert row["unchanged_count"] == 1
    assert row["finished_at"] is not None


async def test_an_export_of_many_pages_has_every_line_once(
    console: httpx.AsyncClient, database: Database, operator: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "EXPORTED_AT_ONCE", 2)
    lines = [line_of(order_line_id=f"{number}", order_id=f"order-{number}") for number in range(5)]
    await send(database, operator.person, *lines)
    text = (await console.get("/operator/conversions.csv")).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 1 + len(lines), "the headings once, then every line"
    assert {row[1] for row in rows[1:]} == {line.order_id for line in lines}


async def test_an_export_never_lets_a_cell_start_a_formula(
    console: httpx.AsyncClient, database: Database, operator: SignedIn
) -> None:
    await send(database, operator.person, line_of(title="=HYPERLINK(1)"))
    for moment in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"):
        answer = await console.get(f"/operator/conversions.csv?until={moment}")
        assert answer.status_code == 200, "a moment out of reach bounds nothing"
    answer = await console.get("/operator/conversions.csv?network=taobao_union")
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "118.50" in text
    assert ORDER in text


async def test_a_creator_reads_their_own_orders_only(
    application: Application, database: Database, operator: SignedIn
) -> None:
    async with database.writing() as writer:
        await write_history(writer)
    mine, other = await new_host(database), await new_host(database, name="小明")
    await outside_listing(database, mine)
    await send(
        database, operator.person, line_of(title="我的铁锅"), line_of(order_line_id="2", promotion_id="mm_9_9_9")
    )
    async with browser(application, mine.signed_in.token) as client:
        page = await client.get("/creator/conversions")
        assert page.status_code == 200
        assert "我的铁锅" in page.text
        assert page.text.count(ORDER) == 1
    async with browser(application, other.signed_in.token) as client:
        assert "还没有回传到您的站外订单" in (await client.get("/creator/conversions")).text


async def test_a_program_sends_lines_once_and_reads_them_back(program: httpx.AsyncClient) -> None:
    body = msgspec.to_builtins([line_of(), line_of(order_line_id="2", order_id="2")])
    keyless = await program.post(f"{API}/taobao_union", json=body)
    assert (keyless.status_code, keyless.json()["code"]) == (422, "idempotency_key_missing")
    first = await program.post(f"{API}/taobao_union", json=body, headers={"idempotency-key": "a"})
    again = await program.post(f"{API}/taobao_union", json=body, headers={"idempotency-key": "a"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["report"]["created_count"] == 2
    other = await program.post(f"{API}/taobao_union", json=body, headers={"idempotency-key": "b"})
    assert other.json()["known_already"] is True
    page = await program.get(API, params={"size": 1})
    rest = await program.get(API, params={"size": 1, "cursor": page.json()["next_cursor"]})
    assert {page.json()["items"][0]["order_line_id"], rest.json()["items"][0]["order_line_id"]} == {LINE, "2"}
    one = await program.get(f"{API}/taobao_union/{LINE}")
    assert one.json()["line"]["paid_fen"] == 11_850
    assert len(one.json()["revisions"]) == 1


async def test_filters_of_the_api_hold(program: httpx.AsyncClient, database: Database, operator: SignedIn) -> None:
    await send(
        database,
        operator.person,
        line_of(),
        line_of(order_line_id="2", order_id="2", state=ConversionState.INVALID, placed_at=MORNING),
    )
    for params, keys in (
        ({"state": "invalid"}, ["2"]),
        ({"network": "jd_union"}, []),
        ({"attributed": "true"}, []),
        ({"order_id": ORDER}, [LINE]),
        ({"since": (MORNING - timedelta(hours=1)).isoformat()}, ["2"]),
        ({"until": MORNING.isoformat()}, [LINE]),
    ):
        answer = await program.get(API, params=params)
        assert [item["order_line_id"] for item in answer.json()["items"]] == keys, params
    zoneless = await program.get(API, params={"since": "2022-02-25T12:00:00"})
    assert (zoneless.status_code, list(zoneless.json()["fields"])) == (422, ["since"])


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("nowhere", [], 404, "not_found"),
        ("taobao_union", [], 422, "report_holds_nothing"),
        ("jd_union", [line_of()], 422, "line_of_other_network"),
        ("taobao_union", [line_of()] * 501, 422, "lines_too_many"),
    ],
)
async def test_a_wrong_call_is_refused_as_a_whole(
    program: httpx.AsyncClient, path: str, body: list[object], status: int, code: str
) -> None:
    answer = await program.post(f"{API}/{path}", json=msgspec.to_builtins(body), headers={"idempotency-key": "a"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "change",
    [
        {"paid_fen": -1},
        {"paid_fen": 10**13},
        {"paid_fen": 1.5},
        {"commission_rate_basis_points": 10_001},
        {"state": "shipped"},
        {"placed_at": "2022-02-25T12:00:00"},
        {"order_line_id": ""},
        {"order_line_id": "a b"},
        {"title": "a\x00b"},
        {"surprise": 1},
    ],
)
async def test_a_line_that_makes_no_sense_is_refused(
    program: httpx.AsyncClient, database: Database, change: dict[str, object]
) -> None:
    body = [msgspec.to_builtins(line_of()) | change]
    answer = await program.post(f"{API}/taobao_union", json=body, headers={"idempotency-key": "a"})
    assert answer.status_code in {400, 422}
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM conversion") == 0


async def test_raw_answers_of_networks_are_taken_as_they_are(program: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    first = await program.post(
        f"{API}/jd_union/raw",
        content=jd_answer(jd_row(), jd_row(orderId=2, validCode=99)),
        headers=headers | {"idempotency-key": "1"},
    )
    assert first.status_code == 201
    report = first.json()["report"]
    assert (report["created_count"], report["wrong_count"]) == (1, 1)
    assert (report["problems"][0]["row"], report["problems"][0]["column"]) == (2, "validCode")
    wrong = await program.post(
        f"{API}/pinduoduo/raw",
        content=taobao_answer(taobao_order()),
        headers=headers | {"idempotency-key": "2"},
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "report_of_other_network")
    broken = await program.post(f"{API}/pinduoduo/raw", content=b"{", headers=headers | {"idempotency-key": "3"})
    assert broken.json()["code"] == "report_unreadable"


async def test_a_program_sends_a_file(program: httpx.AsyncClient) -> None:
    content = (FILES / "taobao_orders_newer.xlsx").read_bytes()
    for known in (False, True):
        answer = await program.post(f"{API}/taobao_union/reports", files={"file": ("订单.xlsx", content)})
        assert answer.status_code == 200, answer.text
        assert answer.json()["known_already"] is known
    listed = await program.get(f"{API}/reports")
    (report,) = listed.json()["items"]
    assert (report["format"], report["row_count"], report["person_name"]) == ("xlsx", 8, "林岚")
    one = await program.get(f"{API}/reports/{report['report_id']}")
    assert one.json()["problems"] == []
