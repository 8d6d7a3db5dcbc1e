"""Moving house in a browser without scripts: choosing a file, preview, progress, applying, stopping, reports."""

import csv
import io
from collections.abc import AsyncIterator

import httpx
import openpyxl
import pytest

from tests.catalog_world import Merchant, open_merchant
from tests.conftest import browser
from tests.imports.importing import HEAD, OOLONG, PUER, begin, bring_in, numbered, preview
from tests.web.test_front import csrf_of
from tests.web.test_merchant_pages import CSV, fill
from yellowcart.app import Application
from yellowcart.catalog.imports.apply_file import PRODUCTS_AT_ONCE
from yellowcart.catalog.imports.receive import SMALL_FILE_BYTES
from yellowcart.catalog.imports.timers import apply_imports, read_files
from yellowcart.catalog.model import ReviewStatus
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import PAGE_SIZE


@pytest.fixture
async def merchant(database: Database) -> Merchant:
    return await open_merchant(database)


@pytest.fixture
async def desk(application: Application, merchant: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    """The merchant's browser."""
    async with browser(application, merchant.signed_in.token) as opened:
        yield opened


async def upload(
    desk: httpx.AsyncClient, merchant: Merchant, content: bytes, name: str = "产品.csv", **fields: str
) -> httpx.Response:
    here = f"/merchant/{merchant.shop.shop_id}/imports"
    token = csrf_of((await desk.get(here)).text)
    return await desk.post(
        here,
        data={"_csrf_token": token, "category_code": "snacks"} | fields,
        files={"file": (name, content, "text/csv")},
    )


async def count_products(database: Database) -> int:
    async with database.reading() as reader:
        return int(await reader.value("SELECT count(*) FROM product"))


async def test_a_file_is_previewed_applied_and_its_repeat_changes_nothing(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    uploaded = await upload(desk, merchant, CSV.encode("gb18030"))
    assert uploaded.status_code == 303, uploaded.text
    path = uploaded.headers["location"]
    page = await desk.get(path)
    assert "清香铁观音礼盒" in page.text
    assert "GB18030" in page.text
    assert await count_products(database) == 0
    applied = await fill(desk, path, {"on_sale": "yes"}, to=f"{path}/apply")
    assert applied.status_code == 303
    assert await count_products(database) == 2
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product WHERE sale_status = 'on_sale'") == 2
        assert await reader.value("SELECT description FROM product WHERE import_handle = 'oolong'") == "茶香\n清雅"
        before = await reader.records("SELECT * FROM product ORDER BY product_id")
    again = (await upload(desk, merchant, CSV.encode())).headers["location"]
    desk.cookies.set("language", "en")
    assert "There is nothing to import" in (await desk.get(again)).text
    await fill(desk, again, {}, to=f"{again}/apply")
    async with database.reading() as reader:
        assert await reader.records("SELECT * FROM product ORDER BY product_id") == before


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("1 product is wrong", "Row 4", "Left out")), ("zh_CN", ("1 件商品有错误", "第 4 行", "未导入"))],
)
async def test_a_wrong_product_is_left_out_and_named_with_row_column_and_cell(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database, language: str, words: tuple[str, ...]
) -> None:
    path = (await upload(desk, merchant, CSV.replace("88.8", "=1+1").encode())).headers["location"]
    desk.cookies.set("language", language)
    page = (await desk.get(path)).text
    for each in (*words, "Variant Price", "=1+1"):
        assert each in page
    await fill(desk, path, {}, to=f"{path}/apply")
    async with database.reading() as reader:
        assert await reader.column("SELECT import_handle FROM product") == ["oolong"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "产品.csv"),
        (b"", "empty.csv"),
        (b"just a letter to somebody", "letter.csv"),
        (b"a" * (6 * 1024 * 1024), "large.csv"),
        (b'Handle,Title,Variant Price\na,"open,1\n', "quote.csv"),
    ],
)
async def test_a_file_that_is_no_product_file_is_refused_at_its_field(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database, content: bytes, name: str
) -> None:
    answer = await upload(desk, merchant, content, name, on_sale="yes", dialect="shopify")
    assert answer.status_code == 422
    assert 'id="field-file-error"' in answer.text
    assert 'name="on_sale" value="yes" checked' in answer.text
    assert '<option value="shopify" selected' in answer.text
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product_import") == 0


async def test_a_form_without_a_file_or_with_made_up_choices_is_refused(
    desk: httpx.AsyncClient, merchant: Merchant
) -> None:
    here = f"/merchant/{merchant.shop.shop_id}/imports"
    token = csrf_of((await desk.get(here)).text)
    without = await desk.post(here, data={"_csrf_token": token}, files={"other": ("a", b"b")})
    assert without.status_code == 422
    for fields in ({"category_code": "moon"}, {"category_code": "food"}, {"dialect": "ebay"}):
        assert (await upload(desk, merchant, CSV.encode(), **fields)).status_code == 422


async def test_a_preview_that_no_longer_holds_is_not_applied(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    first = (await upload(desk, merchant, CSV.encode())).headers["location"]
    await fill(desk, first, {}, to=f"{first}/apply")
    cheaper = (await upload(desk, merchant, CSV.replace("59.90", "49.90").encode())).headers["location"]
    async with database.writing() as writer:
        await writer.run("UPDATE product SET version = version + 1 WHERE import_handle = 'oolong'")
    await fill(desk, cheaper, {}, to=f"{cheaper}/apply")
    desk.cookies.set("language", "en")
    assert "1 product was changed by somebody after the preview" in (await desk.get(cheaper)).text
    async with database.reading() as reader:
        assert await reader.value("SELECT min(price_fen) FROM sku") == 5_990
        assert await reader.value("SELECT review_status FROM product LIMIT 1") == ReviewStatus.APPROVED


async def test_a_large_file_is_read_and_applied_behind_a_page_that_follows_it(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    content = numbered(PRODUCTS_AT_ONCE + 50) + "\n" * SMALL_FILE_BYTES
    path = (await upload(desk, merchant, content.encode())).headers["location"]
    desk.cookies.set("language", "en")
    page = (await desk.get(path)).text
    assert "The file is being read." in page
    assert f'hx-get="{path}/progress?seen=reading"' in page
    assert "HX-Refresh" not in (await desk.get(f"{path}/progress?seen=reading")).headers
    await read_files(database)
    assert (await desk.get(f"{path}/progress?seen=reading")).headers["HX-Refresh"] == "true"

    await fill(desk, path, {}, to=f"{path}/apply")
    page = (await desk.get(path)).text
    assert "The products are being imported." in page
    assert f"{path}/stop" in page
    assert f"{path}/apply" not in page
    await apply_imports(database)
    assert f"{PRODUCTS_AT_ONCE:,} / {PRODUCTS_AT_ONCE + 50:,}" in (await desk.get(f"{path}/progress")).text
    await fill(desk, path, {}, to=f"{path}/stop")
    page = (await desk.get(path)).text
    assert f"What was imported stays: {PRODUCTS_AT_ONCE} products. 50 are left." in page
    assert "Continue the import" in page
    await fill(desk, path, {}, to=f"{path}/apply")
    assert "The file is imported." in (await desk.get(path)).text
    assert await count_products(database) == PRODUCTS_AT_ONCE + 50


async def test_a_discarded_preview_changes_nothing_and_stays_in_the_list(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    path = (await upload(desk, merchant, CSV.encode())).headers["location"]
    gone = await fill(desk, path, {}, to=f"{path}/discard")
    desk.cookies.set("language", "en")
    listed = (await desk.get(gone.headers["location"])).text
    assert "Nothing was changed" in listed
    assert "Discarded" in listed
    assert "no longer kept" in (await desk.get(path)).text
    assert await count_products(database) == 0
    again = await fill(desk, path, {}, to=f"{path}/apply")
    assert "already finished" in (await desk.get(again.headers["location"])).text


async def test_rows_are_shown_by_page_by_fate_and_by_word(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    file = numbered(PAGE_SIZE + 3) + PUER.replace("88.8", "many") + OOLONG
    kept = await preview(database, merchant, file)
    path = f"/merchant/{merchant.shop.shop_id}/imports/{kept.import_id}"
    first = (await desk.get(path)).text
    assert "第0号" in first
    assert f"第{PAGE_SIZE}号" not in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert f"第{PAGE_SIZE}号" in (await desk.get(following)).text
    wrong = (await desk.get(f"{path}?show=wrong")).text
    assert "熟普洱茶饼" in wrong
    assert "第0号" not in wrong
    found = (await desk.get(f"{path}?text=OOLONG")).text
    assert "清香铁观音礼盒" in found
    assert "第0号" not in found
    assert (await desk.get(f"{path}?text=%00%27")).status_code == 200
    assert (await desk.get(f"{path}?show=nonsense")).status_code == 422
    assert (await desk.get(f"{path}?cursor=nonsense")).status_code == 422


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_the_report_names_every_product_and_lets_no_cell_start_a_formula(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database, language: str
) -> None:
    desk.cookies.set("language", language)
    kept = await bring_in(database, merchant, HEAD + OOLONG + PUER.replace("88.8", "=1+1"))
    path = f"/merchant/{merchant.shop.shop_id}/imports/{kept.import_id}"
    answer = await desk.get(f"{path}/report.csv")
    assert "attachment" in answer.headers["content-disposition"]
    heading, *lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert ("处理结果" in heading) == (language == "zh_CN")
    assert [line[2] for line in lines] == ["oolong", "puer"]
    assert lines[1][5:8] == ["4", "Variant Price", "'=1+1"]
    sheet = openpyxl.load_workbook(io.BytesIO((await desk.get(f"{path}/report.xlsx")).content)).active
    assert sheet is not None
    cells = [list(row) for row in sheet.iter_rows()]
    assert [cell.value for cell in cells[0]] == heading
    assert (cells[2][7].value, cells[2][7].data_type) == ("=1+1", "s")


async def test_a_report_of_more_than_one_page_has_one_heading(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    kept = await preview(database, merchant, numbered(230))
    path = f"/merchant/{merchant.shop.shop_id}/imports/{kept.import_id}"
    lines = list(csv.reader(io.StringIO((await desk.get(f"{path}/report.csv")).text.removeprefix("\ufeff"))))
    assert [line[2] for line in lines[1:]] == [f"tea-{number}" for number in range(230)]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_the_template_comes_back_as_a_file_of_products(
    desk: httpx.AsyncClient, merchant: Merchant, language: str, ending: str
) -> None:
    desk.cookies.set("language", language)
    template = await desk.get(f"/merchant/{merchant.shop.shop_id}/imports/template.{ending}")
    assert template.status_code == 200
    uploaded = await upload(desk, merchant, template.content, f"template.{ending}")
    assert uploaded.status_code == 303, uploaded.text
    page = (await desk.get(uploaded.headers["location"])).text
    assert ("平台模板" in page) == (language == "zh_CN")
    assert 'class="is-wrong"' not in page


async def test_a_title_that_is_markup_is_shown_as_it_stands(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    kept = await preview(database, merchant, HEAD + "x,<script>alert(1)</script>,,,,,大,<i>,1,10,,\n")
    page = (await desk.get(f"/merchant/{merchant.shop.shop_id}/imports/{kept.import_id}")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "&lt;i&gt;" in page


async def test_what_is_at_work_can_be_followed_while_another_file_is_previewed(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    busy = await preview(database, merchant, numbered(PRODUCTS_AT_ONCE + 1))
    await begin(database, merchant, busy)
    other = await upload(desk, merchant, CSV.encode())
    assert other.status_code == 303
    listed = (await desk.get(f"/merchant/{merchant.shop.shop_id}/imports")).text
    assert "导入中" in listed
    assert "预览" in listed
