"""Reading files: whatever the bytes, the answer is rows or a refusal; and what is RFC 4180 is read as such."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.file_fixtures import old_workbook, with_part, workbook
from tests.product_files import MARCH, SHOPIFY_HEAD, taobao_file
from yellowcart.catalog.imports.amounts import read_price
from yellowcart.catalog.imports.dialects import open_products
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_reading import open_rows
from yellowcart.kernel.file_text import encoding_of

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",;\t\n\r'), max_size=12)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=8)
WORDS = ["茶", "=1+1", "面议", "id:1", "1627207:-1;", "1e3", "&#", "#N/A", "<p", "|", "'", ",", ";"]
QUIRKS = st.sampled_from([*WORDS, '"', '""', '="1"', "\\", "\t", "\n", "\r\n", "\0"])
ODDITIES = st.lists(QUIRKS | st.text(max_size=4), max_size=40).map("".join)


def _drain(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        try:
            with open_products(path, now=MARCH) as opened:
                for product in opened.products:
                    assert product.problems or product.skipped or product.skus
        except Refusal:
            return


def _rows(content: bytes) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        with open_rows(path) as opened:
            return [row.cells for row in opened.rows]


@given(st.binary(max_size=2_000))
@example(b"\xff\xfe\x00\x00")
@example(b"\x00" * 11)
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    _drain(content)


@given(ODDITIES, st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=300)
def test_no_text_under_known_headings_does_more_than_be_refused(text: str, encoding: str) -> None:
    kept = text.encode("utf-8", "ignore").decode()
    for head in (
        SHOPIFY_HEAD,
        "ID,Type,SKU,Name,Regular price,Parent,Images,Attribute 1 value(s)\n",
        "标题,价格,编号\n",
    ):
        _drain((head + kept).encode(encoding))
    _drain((taobao_file() + kept).encode(encoding))


@given(st.binary(max_size=400), st.integers(0, 5_000))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_damaged_workbook_is_rows_or_a_refusal(damage: bytes, place: int) -> None:
    whole = workbook([["标题", "价格"], ["茶叶礼盒", 5]])
    _drain(whole[:place] + damage + whole[place + len(damage) :])
    _drain(with_part(whole, "xl/worksheets/sheet1.xml", damage))


@given(st.binary(max_size=200), st.integers(500, 6_000))
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_damaged_old_workbook_is_rows_or_a_refusal(damage: bytes, place: int) -> None:
    whole = old_workbook([["标题", "价格"], ["茶叶礼盒", 5]])
    _drain(whole[:place] + damage + whole[place + len(damage) :])


@given(TABLES, st.sampled_from([",", "\t", ";"]), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200)
def test_a_file_of_rfc_4180_is_read_as_the_csv_module_reads_it(
    table: list[list[str]], delimiter: str, line: str
) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=line, quoting=csv.QUOTE_ALL)
    # The headings decide the delimiter, as they do in files of people.
    writer.writerow(["Handle", "Title"])
    writer.writerows(table)
    expected = [
        cells
        for cells in csv.reader(io.StringIO(buffer.getvalue(), newline=""), delimiter=delimiter)
        if any(cell.strip() for cell in cells)
    ]
    assert _rows(buffer.getvalue().encode()) == expected


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=20, max_size=200))
def test_chinese_in_gbk_and_utf_8_is_told_apart(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        for codec, name in (("utf-8", "UTF-8"), ("gb18030", "GB18030")):
            path.write_bytes(f"标题,价格\n{text},5\n".encode(codec))
            assert encoding_of(path).name == name


@given(st.integers(1, 100_000_000))
def test_every_price_is_read_back_exactly(fen: int) -> None:
    plain = f"{fen // 100}.{fen % 100:02d}"
    assert read_price(plain) == read_price(f"¥{plain}") == read_price(f"{plain}元") == fen
    assert read_price(f"{fen // 100:,}.{fen % 100:02d}00") == fen


@given(TABLES, st.data())
def test_blanks_between_a_closing_quote_and_what_follows_change_nothing(
    table: list[list[str]], data: st.DataObject
) -> None:
    blanks = st.text(" \t", max_size=3)
    lines = ["Handle,Title"]
    lines += [",".join(_quoted(cell) + data.draw(blanks) for cell in ["h", *row]) for row in table]
    assert _rows("\n".join(lines).encode())[1:] == [["h", *row] for row in table]


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
