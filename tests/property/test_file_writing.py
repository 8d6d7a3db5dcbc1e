"""What is written into a file comes back as it was, and no cell of it starts a formula."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.file_writing import Column, Kind, csv_text, guarded, workbook_bytes, written

SIGNS = "=+-@＝＋－＠\t\r\n"

# Any text at all, and often one that means harm.
texts = st.one_of(
    st.text(max_size=40),
    st.builds(
        lambda blank, sign, rest: blank + sign + rest,
        st.text(alphabet=" \"'\u3000\u00a0\ufeff“", max_size=3),
        st.sampled_from(SIGNS),
        st.text(max_size=20),
    ),
)
moments = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
COLUMNS: list[Column | str] = [
    "标题",
    Column("编号", Kind.ID),
    Column("金额", Kind.FEN),
    Column("占比", Kind.BASIS_POINTS),
    Column("数量", Kind.COUNT),
    Column("时间", Kind.MOMENT),
]
small = st.integers(min_value=-(10**12), max_value=10**12)
rows = st.lists(st.tuples(texts, texts, small | st.none(), small, small, moments | st.none()), max_size=5)
Row = tuple[str, str, int | None, int, int, datetime | None]


def read_csv(content: str) -> list[list[str]]:
    assert content.startswith("\ufeff"), "Excel takes a file without the mark for GBK"
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


@given(rows)
def test_a_csv_file_gives_its_texts_and_numbers_back(given_rows: list[Row]) -> None:
    read = read_csv("".join(csv_text(COLUMNS, given_rows)))
    assert read[0] == ["标题", "编号", "金额", "占比", "数量", "时间"]
    assert len(read) == len(given_rows) + 1
    for cells, (title, code, fen, rate, count, moment) in zip(read[1:], given_rows, strict=True):
        assert unguarded(cells[0]) == written(title) or cells[0] == written(title)
        assert unguarded(cells[1]) == written(code) or cells[1] == written(code)
        assert cells[2] == ("" if fen is None else str(Decimal(fen) / 100 + Decimal("0.00")))
        assert Decimal(cells[3].removesuffix("%")) * 100 == rate
        assert int(cells[4]) == count
        assert cells[5] == (
            "" if moment is None else moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S").lstrip()
        )


@given(st.lists(texts, min_size=1, max_size=5))
def test_no_text_of_a_csv_file_starts_a_formula(given_texts: list[str]) -> None:
    (heading, row) = read_csv("".join(csv_text(given_texts, [given_texts])))
    for cell in heading + row:
        assert not cell.strip(" \"'\u3000\u00a0\ufeff“").startswith(tuple(SIGNS)) or cell.startswith("'")
        assert cell[:1] not in SIGNS or not cell


@settings(max_examples=40)
@given(rows)
def test_a_workbook_gives_its_texts_and_numbers_back(given_rows: list[Row]) -> None:
    sheet = load_workbook(io.BytesIO(workbook_bytes("公告", COLUMNS, given_rows))).active
    assert sheet is not None
    read = list(sheet.iter_rows(min_row=2))
    assert len(read) == len(given_rows)
    for cells, (title, code, fen, rate, count, moment) in zip(read, given_rows, strict=True):
        assert (cells[0].value or "", cells[1].value or "") == (written(title), written(code))
        assert {cells[0].data_type, cells[1].data_type} <= {"s", "n" if "" in (title, code) else "s"}
        assert cells[2].value == (None if fen is None else pytest.approx(float(Decimal(fen) / 100), abs=0.001))
        assert cells[3].value == pytest.approx(rate / 10_000)
        assert cells[4].value == count
        local = None if moment is None else moment.astimezone(SHANGHAI).replace(tzinfo=None)
        assert cells[5].value == local
        assert "f" not in {cell.data_type for cell in cells}


@settings(max_examples=40)
@given(st.text(max_size=80))
def test_any_title_makes_a_sheet(title: str) -> None:
    sheet = load_workbook(io.BytesIO(workbook_bytes(title, ["a"], []))).active
    assert sheet is not None
    assert 1 <= len(sheet.title) <= 31


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-5 折起", "'-5 折起"),
        ("+86 138", "'+86 138"),
        ("＝HYPERLINK", "'＝HYPERLINK"),
        (' "=cmd', "' \"=cmd"),
        ("\t=1", "'\t=1"),
        ("铁锅 30cm", "铁锅 30cm"),
        ("a=b", "a=b"),
        ("", ""),
        ("  ", "  "),
        ("'", "'"),
    ],
)
def test_an_apostrophe_stands_where_a_formula_would_start(text: str, cell: str) -> None:
    assert guarded(text) == cell


def test_numbers_below_zero_are_numbers_and_no_texts() -> None:
    columns: list[Column | str] = [Column("a", Kind.FEN), Column("b", Kind.COUNT), "c"]
    assert read_csv("".join(csv_text(columns, [[-1250, -3, Decimal("-1.5")]])))[1] == ["-12.50", "-3", "-1.5"]


def test_an_identifier_of_nineteen_digits_keeps_them_all() -> None:
    columns = [Column("id", Kind.ID), Column("count", Kind.COUNT)]
    sheet = load_workbook(io.BytesIO(workbook_bytes("1", columns, [[1234567890123456789, 10**18 + 1]]))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == ["1234567890123456789", str(10**18 + 1)]


def test_a_long_file_is_written_while_its_rows_come() -> None:
    taken = 0

    def counted() -> Iterator[list[int]]:
        nonlocal taken
        for number in range(1_000):
            taken += 1
            yield [number]

    pieces = csv_text([Column("n", Kind.COUNT)], counted())
    next(pieces)
    assert 0 < taken < 1_000


def test_a_row_of_another_length_and_a_time_without_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        "".join(csv_text(["a", "b"], [["x"]]))
    with pytest.raises(ValueError, match="aware"):
        workbook_bytes("1", ["a"], [[datetime(2022, 3, 1)]])


def test_a_workbook_opens_with_its_heading_frozen_and_filtered() -> None:
    sheet = load_workbook(io.BytesIO(workbook_bytes("行动清单", ["a", "b"], [["1", "2"], ["3", "4"]]))).active
    assert sheet is not None
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("行动清单", "A2", "A1:B3")
