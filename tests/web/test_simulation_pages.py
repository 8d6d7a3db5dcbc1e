"""Simulations as operators meet them: the page, its assumptions, the files, the command line."""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.notice_world import content, refuse
from tests.stage_world import line, notice
from tests.web.insight.simulated_world import CUT_AND_FEE, IN_TEN_DAYS, LIVE, report_orders, simulated_world
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.cli import command
from yellowcart.insight.assumptions import read_assumptions
from yellowcart.kernel.database import Database
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.model import Action
from yellowcart.links.publish import publish_draft
from yellowcart.links.store import enact
from yellowcart.links.submit import discard_draft, submit_draft
from yellowcart.links.write_draft import draft_notice

TYPED = {
    "low_with_twin": "10",
    "low_without_twin": "0",
    "middle_with_twin": "30",
    "middle_without_twin": "5",
    "high_with_twin": "50",
    "high_without_twin": "12.5",
}


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR, name="林岚")


@pytest.fixture
async def draft(database: Database, operator: SignedIn) -> NoticeDraft:
    """The hand-made world with what Taobao reports, and a draft that cuts Taobao and asks JD for a fee."""
    async with database.writing() as writer:
        world = await simulated_world(database, writer)
        await report_orders(world)
        await writer.run(
            "UPDATE listing SET title = '=HYPERLINK(\"http://x\")' WHERE listing_id = %(listing_id)s",
            listing_id=world.listings["t3"],
        )
        return await draft_notice(writer, operator.person, content(*CUT_AND_FEE, code="cut-and-fee"))


@pytest.fixture
async def console(application: Application, operator: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application, operator.token) as opened:
        yield opened


def home(draft: NoticeDraft) -> str:
    return f"/operator/drafts/{draft.draft_id}/simulation"


def text_of(page: httpx.Response) -> str:
    """What a page says, without its tags."""
    without_scripts = re.sub(r"<script.*?</script>", "", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without_scripts))


async def token_of(console: httpx.AsyncClient, path: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', (await console.get(path)).text)
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_drafts_page_tells_its_numbers_in_both_languages(
    console: httpx.AsyncClient, draft: NoticeDraft, language: str
) -> None:
    console.cookies.set("language", language)
    page = await console.get(home(draft))
    assert page.status_code == 200
    said = text_of(page)
    for number in ("¥30.00", "¥80.00", "80 %", "50 %", "33.33 %", "2022-01-26", "2022-02-24"):
        assert number in said, number
    assert ("这是一份草稿" if language == "zh_CN" else "This is a draft") in said
    assert ("联盟回传" if language == "zh_CN" else "reported by the networks") in said
    assert len(re.findall(r"data-chart", page.text)) == 4


async def test_money_that_nobody_reported_is_a_dash_and_a_warning(
    console: httpx.AsyncClient, database: Database, draft: NoticeDraft
) -> None:
    async with database.writing() as writer:
        await writer.run("DELETE FROM conversion")
    console.cookies.set("language", "en")
    said = text_of(await console.get(home(draft)))
    assert "No network has reported orders of these days for jd_union, taobao_union" in said
    assert "Not known: no network has reported orders of these days." in said
    assert "¥0.00" not in said


async def test_only_operators_see_a_simulation(
    application: Application, database: Database, draft: NoticeDraft
) -> None:
    merchant = await sign_in_as(database, Role.MERCHANT)
    for path in (home(draft), f"{home(draft)}/actions.csv", f"{home(draft)}/actions.xlsx"):
        async with browser(application, merchant.token) as other:
            assert (await other.get(path)).status_code == 403
        async with browser(application) as nobody:
            assert (await nobody.get(path)).status_code in {302, 303, 401}
    async with browser(application, merchant.token) as other:
        token = await token_of(other, "/login")
        answer = await other.post(home(draft), data=TYPED | {"_csrf_token": token})
        assert answer.status_code == 403
    async with database.reading() as reader:
        assert all(each.set_by is None for each in await read_assumptions(reader))


async def test_what_is_not_there_is_not_found(console: httpx.AsyncClient, draft: NoticeDraft) -> None:
    for path in (
        "/operator/drafts/17/simulation",
        "/operator/notices/nothing/simulation",
        "/operator/drafts/17/simulation/actions.csv",
        f"{home(draft)}/actions.exe",
        "/operator/notices/cut-and-fee/simulation",  # a draft's code is no notice's
    ):
        assert (await console.get(path)).status_code == 404, path


async def test_a_discarded_draft_is_told_as_given_up(
    console: httpx.AsyncClient, database: Database, operator: SignedIn, draft: NoticeDraft
) -> None:
    async with database.writing() as writer:
        await discard_draft(writer, operator.person, draft.draft_id, version=draft.version)
    console.cookies.set("language", "en")
    page = await console.get(home(draft))
    assert page.status_code == 200
    assert "this is what it would have done" in text_of(page)


async def test_a_published_draft_goes_on_as_its_notice(
    console: httpx.AsyncClient, database: Database, operator: SignedIn, draft: NoticeDraft
) -> None:
    second = await sign_in_as(database, Role.OPERATOR, name="贺")
    before = text_of(await console.get(home(draft)))
    async with database.writing() as writer:
        handed = await submit_draft(writer, operator.person, draft.draft_id, version=draft.version)
        await publish_draft(writer, second.person, draft.draft_id, version=handed.version)
    answer = await console.get(home(draft))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/operator/notices/cut-and-fee/simulation"
    after = text_of(await console.get(answer.headers["location"]))
    for number in ("¥30.00", "¥80.00", "33.33 %"):
        assert number in before
        assert number in after
    files = await console.get("/operator/notices/cut-and-fee/simulation/actions.csv")
    assert files.status_code == 200


async def test_a_draft_that_collides_is_refused_in_words(
    console: httpx.AsyncClient, database: Database, draft: NoticeDraft
) -> None:
    async with database.writing() as writer:
        await enact(writer, notice("other", IN_TEN_DAYS, line(Action.REFUSE, ("jd_union",), LIVE)), by=None)
    assert (await console.get(home(draft))).status_code == 409


async def test_a_draft_that_changes_nothing_says_so(
    console: httpx.AsyncClient, database: Database, operator: SignedIn, draft: NoticeDraft
) -> None:
    async with database.writing() as writer:
        same = await draft_notice(
            writer, operator.person, content(line(Action.ALLOW, ("youzan",), LIVE), code="same")
        )
        hits_nobody = await draft_notice(
            writer, operator.person, content(refuse(LIVE, sources=("mockuai",)), code="nobody")
        )
    console.cookies.set("language", "en")
    assert "It changes nothing" in text_of(await console.get(home(same)))
    said = text_of(await console.get(home(hits_nobody)))
    assert "No creator is hit" in said
    assert "Nothing to do" in said


@pytest.mark.parametrize(
    "query",
    [
        "from=2022-02-25&until=2022-02-25",
        "from=2021-01-01&until=2022-02-01",
        "from=soon",
        "until=2022-13-01",
        "from=2022-02-01&until=2022-03-15",
        "from==1%2B1&until=x",
        "from=0001-01-01",
    ],
)
async def test_wrong_days_are_told_and_the_page_stays(
    console: httpx.AsyncClient, draft: NoticeDraft, query: str
) -> None:
    console.cookies.set("language", "en")
    page = await console.get(f"{home(draft)}?{query}")
    assert page.status_code == 422
    assert "Choose 1 to 92 days of the past" in text_of(page)
    assert "¥80.00" in text_of(page), "over the days that would have been proposed"
    assert (await console.get(f"{home(draft)}/actions.csv?{query}")).status_code == 422


async def test_days_in_the_address_choose_the_window(console: httpx.AsyncClient, draft: NoticeDraft) -> None:
    said = text_of(await console.get(f"{home(draft)}?from=2022-02-20&until=2022-02-21"))
    assert "¥80.00" not in said, "nobody left on that day"
    assert "2022-02-20" in said


async def test_assumptions_are_kept_with_who_set_them_and_change_the_outcome(
    console: httpx.AsyncClient, database: Database, operator: SignedIn, draft: NoticeDraft
) -> None:
    console.cookies.set("language", "en")
    token = await token_of(console, home(draft))
    assert "As delivered" in text_of(await console.get(home(draft)))
    days = {"from": "2022-01-26", "until": "2022-02-25"}
    answer = await console.post(home(draft), data=TYPED | days | {"_csrf_token": token})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{home(draft)}?from=2022-01-26&until=2022-02-25"
    said = text_of(await console.get(answer.headers["location"]))
    assert "Set by 林岚" in said
    # 10.00 with a twin, 20.00 without: 30 % and 5 %.
    assert "¥3.00 ¥1.00 ¥26.00" in said
    async with database.reading() as reader:
        low, _, high = await read_assumptions(reader)
        trail = await reader.value(
            "SELECT after FROM audit_entry WHERE action = 'insight:simulation_assumption:set'"
        )
    assert (low.set_by, low.with_twin_basis_points) == (operator.person.person_id, 1_000)
    assert (high.without_twin_basis_points, high.set_at) == (1_250, MORNING)
    assert trail[2] == {"scenario": "high", "with_twin_basis_points": 5_000, "without_twin_basis_points": 1_250}


async def test_assumptions_that_make_no_sense_come_back_with_their_input(
    console: httpx.AsyncClient, database: Database, draft: NoticeDraft
) -> None:
    console.cookies.set("language", "en")
    token = await token_of(console, home(draft))
    wrong = TYPED | {"low_with_twin": "<b>", "middle_without_twin": "90", "_csrf_token": token}
    page = await console.post(home(draft), data=wrong)
    assert page.status_code == 422
    assert "&lt;b&gt;" in page.text
    assert "Not less than in the scenario before it." in page.text
    async with database.reading() as reader:
        assert all(each.set_by is None for each in await read_assumptions(reader))


async def test_the_csv_has_every_line_and_starts_no_formula(
    console: httpx.AsyncClient, draft: NoticeDraft
) -> None:
    console.cookies.set("language", "en")
    file = await console.get(f"{home(draft)}/actions.csv?sort=-jumps")
    assert file.headers["content-type"].startswith("text/csv")
    assert file.headers["content-disposition"].startswith('attachment; filename="cut-and-fee-list-to-act-on.csv"')
    assert file.content.startswith(b"\xef\xbb\xbf")
    heading, *rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 6
    by_item = {(row[heading.index("Creator")], row[heading.index("Item")]): row for row in rows}
    t1 = by_item["小波", "t1"]
    assert t1[heading.index("Outside GMV reported (yuan)")] == "10.00"
    assert t1[heading.index("Likeness")] == "90.00%"
    assert t1[heading.index("Surfaces")] == "Live room cart, Short video cart"
    t3 = by_item["小波", "t3"]
    assert t3[heading.index("Title")] == '\'=HYPERLINK("http://x")'
    assert t3[heading.index("Price (yuan)")] == "", "unknown is empty"
    assert t3[heading.index("Outside GMV reported (yuan)")] == "0.00", "reported, and it became invalid"
    assert by_item["小波", "j1"][heading.index("Outside GMV reported (yuan)")] == ""
    assert [int(row[heading.index("Jump-outs")]) for row in rows] == [3, 2, 1, 0, 0, 0]


async def test_the_workbook_has_the_same_lines_in_chinese(console: httpx.AsyncClient, draft: NoticeDraft) -> None:
    console.cookies.set("language", "zh_CN")
    file = await console.get(f"{home(draft)}/actions.xlsx")
    assert (
        "filename*=UTF-8''cut-and-fee-%E8%A1%8C%E5%8A%A8%E6%B8%85%E5%8D%95.xlsx"
        in file.headers["content-disposition"]
    )
    sheet = load_workbook(io.BytesIO(file.content)).active
    assert sheet is not None
    assert sheet.title == "行动清单"
    assert sheet.max_row == 7
    heading = [str(cell.value) for cell in sheet[1]]
    cells = {str(row[heading.index("商品编号")].value): row for row in sheet.iter_rows(min_row=2)}
    assert cells["t3"][heading.index("标题")].value == '=HYPERLINK("http://x")'
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert cells["t1"][heading.index("站外 GMV（联盟回传，元）")].value == 10
    assert cells["t1"][heading.index("相似度")].value == 0.9


async def invoked(database_url: str, *arguments: str) -> tuple[int, str]:
    """What the command ends with and prints."""
    answer = await asyncio.to_thread(
        CliRunner().invoke,
        command,
        ["links", "simulate", *arguments],
        env={"DATABASE_URL": database_url, "YELLOWCART_SECRET": "a secret for tests, long enough to sign with"},
    )
    return answer.exit_code, answer.stdout


async def test_the_command_prints_tables_and_writes_the_files(
    database_url: str, tmp_path: Path, draft: NoticeDraft
) -> None:
    paths = {"--csv": tmp_path / "list.csv", "--xlsx": tmp_path / "list.xlsx"}
    files = [part for option, path in paths.items() for part in (option, str(path))]
    code, printed = await invoked(database_url, "cut-and-fee", *files)
    assert code == 0
    assert "2022-01-26 to 2022-02-24" in printed
    for said in ("¥30.00", "80 %", "4 of 5", "unknown, and not zero"):
        assert said in printed, said
    assert len(paths["--csv"].read_text(encoding="utf-8-sig").splitlines()) == 7
    sheet = load_workbook(paths["--xlsx"]).active
    assert sheet is not None
    assert sheet.max_row == 7
    assert not (tmp_path / "list.csv.part").exists()


async def test_the_command_prints_one_json_object(database_url: str, draft: NoticeDraft) -> None:
    days = ("--from", "2022-01-26", "--until", "2022-02-25")
    code, printed = await invoked(database_url, "cut-and-fee", "--json", *days)
    assert code == 0
    told = json.loads(printed)
    assert told["simulation"]["total"]["cut_reported_fen"] == 3_000
    assert told["simulation"]["unheard"] == ["jd_union"]
    assert len(told["actions"]) == 6


async def test_the_command_refuses_in_words_and_writes_nothing(
    database_url: str, tmp_path: Path, draft: NoticeDraft
) -> None:
    target = tmp_path / "list.csv"
    code, printed = await invoked(database_url, "nobody-wrote-this", "--json", "--csv", str(target))
    assert code == 1
    assert json.loads(printed)["error"]["code"] == "notice_unknown"
    assert not target.exists()
    days = ("--from", "2020-01-01", "--until", "2022-01-01")
    code, printed = await invoked(database_url, "cut-and-fee", "--json", *days)
    assert (code, json.loads(printed)["error"]["code"]) == (1, "simulation_window_wrong")
    code, _ = await invoked(database_url, "cut-and-fee", "--csv", str(tmp_path / "no" / "folder" / "list.csv"))
    assert code == 1
    code, _ = await invoked(database_url, "cut-and-fee", "--from", "yesterday")
    assert code == 2
