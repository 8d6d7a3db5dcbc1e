"""Files as people have them: encodings, delimiters, quotes, workbooks, and what only claims to be one of these."""

import codecs
import datetime
from pathlib import Path

import openpyxl
import pytest

from tests.file_fixtures import (
    cell_record,
    compound_file,
    locked_workbook,
    old_workbook,
    saved,
    sheet_stream,
    with_part,
    with_shared_strings,
    workbook,
    workbook_of_xml,
    zip_of_zeros,
)
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_errors import (
    FileEmpty,
    FileIsNoTable,
    FileTooLarge,
    FileUnreadable,
    RowsTooMany,
    RowUnreadable,
    WorkbookBroken,
    WorkbookLocked,
    WorkbookTooLarge,
)
from yellowcart.kernel.file_reading import FILE_LIMITS, FileKind, FileLimits, FileRow, OpenedFile, open_rows

TEXT = "Handle,Title,Variant Price\ntea,安溪铁观音,59.90\n"
MANY = "".join(f"{number},安溪铁观音\n" for number in range(3_000))
SMALL = FileLimits(rows_max=10, columns_max=5, cell_characters_max=50, row_characters_max=500)


class Read:
    """A file with all its rows."""

    def __init__(self, opened: OpenedFile) -> None:
        self.opened = opened
        self.rows = list(opened.rows)

    @property
    def cells(self) -> list[list[str]]:
        return [row.cells for row in self.rows]


def read(folder: Path, content: bytes, limits: FileLimits = FILE_LIMITS, name: str = "upload") -> Read:
    path = folder / name
    path.write_bytes(content)
    with open_rows(path, limits) as opened:
        return Read(opened)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "UTF-8"),
        (TEXT.encode("gbk"), "GB18030"),
        (TEXT.replace("铁", "𠮷").encode("gb18030"), "GB18030"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "UTF-16"),
        (TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-32"), "UTF-32"),
    ],
)
def test_a_table_is_read_in_the_encoding_that_it_has(tmp_path: Path, content: bytes, encoding: str) -> None:
    file = read(tmp_path, content)
    assert file.opened.encoding == encoding
    assert file.cells[0] == ["Handle", "Title", "Variant Price"]
    assert file.cells[1][1] in {"安溪铁观音", "安溪𠮷观音"}


def test_an_encoding_that_shows_only_late_is_found_all_the_same(tmp_path: Path) -> None:
    # Nothing but ASCII in the first megabytes, then Chinese.
    late = ("a,b\n" + "1,2\n" * 400_000 + "茶,酒\n").encode("gbk")
    file = read(tmp_path, late, FileLimits(rows_max=500_000))
    assert file.opened.encoding == "GB18030"
    assert file.cells[-1] == ["茶", "酒"]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_wrong_bytes_late_in_a_file_are_told_by_row_and_column_before_any_row_is_given(
    tmp_path: Path, encoding: str
) -> None:
    content = ("h,t\n" + MANY).encode(encoding) + b"x,\xe5\xff\n" + "y,茶\n".encode(encoding)
    with pytest.raises(RowUnreadable) as refused:
        read(tmp_path, content)
    assert (refused.value.values["row"], refused.value.values["column"]) == (3_002, 2)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_those_of_the_file(tmp_path: Path, delimiter: str, line: str) -> None:
    file = read(tmp_path, TEXT.replace(",", delimiter).replace("\n", line).encode())
    assert file.opened.delimiter == delimiter
    assert file.cells[1] == ["tea", "安溪铁观音", "59.90"]


def test_the_line_by_which_excel_declares_a_delimiter_is_obeyed_and_not_counted(tmp_path: Path) -> None:
    file = read(tmp_path, b"sep=;\na,x;b\n1;2\n")
    assert file.rows == [FileRow(1, ["a,x", "b"]), FileRow(2, ["1", "2"])]


def test_a_line_above_the_headings_does_not_hide_the_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, b"version 1.00\ntitle\tprice\n1\t2\n").opened.delimiter == "\t"


def test_a_cell_with_line_breaks_is_one_row_of_the_spreadsheet(tmp_path: Path) -> None:
    file = read(tmp_path, b'Handle,Body (HTML)\na,"one\n\ntwo, ""quoted"""\n\nb,plain\n')
    assert file.rows == [
        FileRow(1, ["Handle", "Body (HTML)"]),
        FileRow(2, ["a", 'one\n\ntwo, "quoted"']),
        FileRow(4, ["b", "plain"]),
    ]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileEmpty),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), FileIsNoTable),
        (b"%PDF-1.7 ...", FileIsNoTable),
        (b"Rar!\x1a\x07\x00", FileIsNoTable),
        (b"PK\x05\x06" + bytes(18), FileIsNoTable),
        (b"<html><body>Please sign in</body></html>", FileIsNoTable),
        (b'<?xml version="1.0"?><orders/>', FileIsNoTable),
        (b"Handle,Title\n" + bytes(40), FileIsNoTable),
        (compound_file({"WordDocument": b""}), FileIsNoTable),
        (with_part(workbook([["a"]]), "xl/workbook.bin", b""), FileIsNoTable),
        (bytes(range(1, 256)) * 20, FileUnreadable),
        (b"\xff\xfe" + b"odd", FileUnreadable),
        (b'Handle,Title\na,"never closed\n', RowUnreadable),
        (b'Handle,Title\na,"closed" and on\n', RowUnreadable),
        (b"PK\x03\x04 and nothing of a ZIP", WorkbookBroken),
        (with_part(workbook([["a"]]), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData>"), WorkbookBroken),
        (with_shared_strings(b"<sst><si>", '<row><c t="s"><v>0</v></c></row>'), WorkbookBroken),
        (with_shared_strings(b"<sst/>", '<row><c t="s"><v>7</v></c></row>'), WorkbookBroken),
        (workbook_of_xml('<row r="999999999999"><c r="A1"><v>1</v></c></row>'), WorkbookBroken),
        (compound_file({"Workbook": b"no records" * 1_000}), WorkbookBroken),
        (locked_workbook(), WorkbookLocked),
        (workbook([]), FileEmpty),
        (old_workbook([]), FileEmpty),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_for_its_own_reason(
    tmp_path: Path, content: bytes, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a,b\nc,x" + b"y" * 50, (2, 2)),
        (b'a,b\nc,"x' + b"y" * 50 + b'"', (2, 2)),
        (b'a,b\nc,"d"e\n', (2, 2)),
        (b'a,b\n"c,d\ne,f\n', (2, 1)),
        (b"a,b\nc,d\n1,2,3,4,5,6\n", (3, 6)),
        (b"a,b\nc,d\x00e\n" + b"f,g\n", (2, 2)),
        (b"<table><tr><td>a<tr><td>b<td colspan=2>c</table>", (2, 2)),
        (workbook_of_xml('<row r="1"><c r="XFD1"><v>1</v></c></row>'), (1, 6)),
    ],
)
def test_the_place_that_breaks_the_form_is_named(tmp_path: Path, content: bytes, place: tuple[int, int]) -> None:
    with pytest.raises(RowUnreadable) as refused:
        read(tmp_path, content, SMALL)
    assert (refused.value.values["row"], refused.value.values["column"]) == place


@pytest.mark.parametrize(
    "rows",
    [
        lambda count: b"a\n" * count,
        lambda count: workbook([["a"]] * count),
        lambda count: old_workbook([["a"]] * count),
        lambda count: b"<table>" + b"<tr><td>a</td></tr>" * count + b"</table>",
    ],
)
def test_exactly_as_many_rows_as_allowed_are_read(tmp_path: Path, rows: object) -> None:
    assert callable(rows)
    assert len(read(tmp_path, rows(10), SMALL).rows) == 10
    with pytest.raises(RowsTooMany):
        read(tmp_path, rows(11), SMALL)


def test_a_file_beyond_its_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge):
        read(tmp_path, b"a,b\n" * 100, FileLimits(bytes_max=399))


def test_a_line_without_end_is_refused_after_a_bounded_part_of_it(tmp_path: Path) -> None:
    with pytest.raises(RowUnreadable):
        read(tmp_path, b"a," * 1_500_000, FileLimits(columns_max=10**7))


def test_a_workbook_gives_texts_as_a_person_reads_them_there(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["1234567890123456789", 12.3, 42, 0.155, 19.989999999999998, True, None, "a_x000D_b"])
    for cell, number_format in (("B1", "0.00"), ("C1", "00000"), ("D1", "0.0%")):
        sheet[cell].number_format = number_format
    sheet.append(
        [datetime.datetime(2018, 2, 28, 9, 30), datetime.date(2018, 2, 28), "#N/A", 1.2345678901234568e18]
    )
    assert read(tmp_path, saved(book)).cells == [
        ["1234567890123456789", "12.30", "00042", "15.5%", "19.99", "TRUE", "", "a\nb"],
        ["2018-02-28 09:30:00", "2018-02-28", "#N/A", "1.23456789012346E+18"],
    ]


def test_texts_that_a_workbook_keeps_apart_are_read(tmp_path: Path) -> None:
    strings = "<si><t>茶</t></si><si><r><t>安溪</t></r><r><t>铁观音</t></r></si>"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    content = with_shared_strings(
        f'<sst xmlns="{space}">{strings}</sst>'.encode(), '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>'
    )
    assert read(tmp_path, content).cells == [["安溪铁观音", "茶"]]


def test_whole_numbers_of_a_workbook_keep_every_digit_that_is_written_there(tmp_path: Path) -> None:
    content = workbook_of_xml('<row r="1"><c r="A1"><v>1234567890123456789</v></c></row>')
    assert read(tmp_path, content).cells == [["1234567890123456789"]]


def test_a_formula_is_named_and_its_last_result_read_but_never_reckoned(tmp_path: Path) -> None:
    content = workbook_of_xml(
        '<row r="2"><c r="B2"><f>1+1</f><v>2</v></c><c r="C2"><f>HYPERLINK("x","y")</f></c>'
        '<c r="D2" t="inlineStr"><is><t>=1+1</t></is></c></row>'
    )
    assert read(tmp_path, content).rows == [FileRow(2, ["", "2", "", "=1+1"], formulas=(1, 2))]


def test_the_first_visible_sheet_with_anything_in_it_is_read_and_named(tmp_path: Path) -> None:
    empty_before = workbook([["x"]], sheet="货", before={"空": []})
    hidden_before = workbook([["x"]], sheet="货", before={"藏": [["y"]]}, hidden=["藏"])
    only_hidden = workbook([["x"]], sheet="货", before={"空": []}, hidden=["货"])
    for content in (empty_before, hidden_before, only_hidden, old_workbook([["x"]], sheet="货", before=["空"])):
        file = read(tmp_path, content)
        assert (file.opened.sheet, file.cells) == ("货", [["x"]])


def test_a_sheet_that_lies_about_its_size_is_read_whole(tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = (
        f'<worksheet xmlns="{space}"><dimension ref="A1"/><sheetData><row r="1"><c r="A1"><v>1</v></c>'
        '<c r="C1"><v>3</v></c></row><row r="9"><c r="A9"><v>9</v></c></row></sheetData></worksheet>'
    )
    content = with_part(workbook([["a"]]), "xl/worksheets/sheet1.xml", sheet.encode())
    assert read(tmp_path, content).rows == [FileRow(1, ["1", "", "3"]), FileRow(9, ["9"])]


def test_an_old_workbook_keeps_rows_and_columns_where_they_are(tmp_path: Path) -> None:
    file = read(tmp_path, old_workbook([[None], [None, "商品id", 12.3], [None, None, None, 7]]))
    assert file.opened.kind is FileKind.XLS
    assert file.rows == [FileRow(2, ["", "商品id", "12.3"]), FileRow(3, ["", "", "", "7"])]


def test_an_old_workbook_that_claims_to_be_vast_harms_nobody_but_itself(tmp_path: Path) -> None:
    far = cell_record(0, 0, "a") + cell_record(65_535, 65_535, "z")
    with pytest.raises(Refusal):
        read(tmp_path, compound_file({"Workbook": sheet_stream(far)}))


@pytest.mark.parametrize("name", ["a.csv", "a.xls", "a", "a.txt"])
def test_what_a_file_is_shows_in_its_content_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, workbook([["a"]]), name=name).opened.kind is FileKind.XLSX
    assert read(tmp_path, old_workbook([["a"]]), name=name).opened.kind is FileKind.XLS
    assert read(tmp_path, b"a,b\n", name=name).opened.kind is FileKind.CSV


def test_web_pages_and_xml_that_are_called_xls_are_read(tmp_path: Path) -> None:
    page = (
        "<html><head><style>td{}</style></head><table></table><table><tr><th>商品id<th>价<tr><td>1&amp;2<td>a<br>b"
    )
    file = read(tmp_path, page.encode("gbk"))
    assert (file.opened.kind, file.cells) == (FileKind.HTML, [["商品id", "价"], ["1&2", "a\nb"]])
    xml = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'
        "<Row><Cell><Data>id</Data></Cell></Row>"
        '<Row ss:Index="4"><Cell ss:Index="3" ss:Formula="=1+1"><Data>2</Data></Cell></Row></Table></Worksheet>'
        "</Workbook>"
    )
    file = read(tmp_path, xml.encode())
    assert file.rows == [FileRow(1, ["id"]), FileRow(4, ["", "", "2"], formulas=(2,))]


def test_a_gigabyte_of_zeros_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    content = zip_of_zeros(1 << 30)
    assert len(content) < 2_000_000
    with pytest.raises(WorkbookTooLarge):
        read(tmp_path, content)
    # Half a gigabyte that a smaller limit would let through is stopped by how densely it is packed.
    with pytest.raises(WorkbookTooLarge):
        read(tmp_path, content, FileLimits(unpacked_bytes_max=1 << 31))


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml"]
)
def test_entities_that_grow_are_refused_in_every_part(tmp_path: Path, part: str) -> None:
    with pytest.raises(WorkbookBroken):
        read(tmp_path, with_part(workbook([["a"]]), part, LAUGHS))


def test_entities_that_grow_are_refused_in_an_xml_spreadsheet(tmp_path: Path) -> None:
    xml = LAUGHS.replace(b"<worksheet>", b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">')
    with pytest.raises(WorkbookBroken):
        read(tmp_path, xml)


def test_a_workbook_of_two_cells_a_million_rows_apart_is_no_burden(tmp_path: Path) -> None:
    content = workbook_of_xml(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>2</v></c></row>'
    )
    assert [row.number for row in read(tmp_path, content).rows] == [1, 1_048_576]


def test_a_part_that_is_not_read_as_it_comes_may_not_be_large(tmp_path: Path) -> None:
    with pytest.raises(WorkbookTooLarge):
        read(tmp_path, with_part(workbook([["a"]]), "docProps/core.xml", b"<a>" + bytes(40 << 20)))


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_blanks_behind_a_closing_quote_are_no_fault(tmp_path: Path, delimiter: str) -> None:
    lines = ["a |b|c ", '"x|y" |"1 ""2"""|3', '|"z\n\n z"  |"" ', '"q"|"w" |"e"', 'r|s"t|u']
    content = "\r\n".join(lines).replace("|", delimiter) + "\r\n"
    read_cells = read(tmp_path, content.encode()).cells
    assert read_cells[1:] == [
        [f"x{delimiter}y", '1 "2"', "3"],
        ["", "z\n\n z", ""],
        ["q", "w", "e"],
        ["r", 's"t', "u"],
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [('"a" b,c', 1), ('x,"a" "b",c', 2), ('"a" ,"b', 2), ('"a" ,"b"c', 2), ('"a" ,"b\nc"d ,e\n', 2)],
)
def test_anything_but_blanks_behind_a_closing_quote_is_refused_with_its_place(
    tmp_path: Path, row: str, column: int
) -> None:
    with pytest.raises(RowUnreadable) as refusal:
        read(tmp_path, f"h1,h2,h3\n{row}".encode())
    assert (refusal.value.values["row"], refusal.value.values["column"]) == (2, column)


def test_a_quote_that_stays_open_behind_blanks_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(RowUnreadable) as refusal:
        read(tmp_path, b'h1,h2\n"a" ,"' + b"long line\n" * 2_000, SMALL)
    assert refusal.value.values["row"] == 2
