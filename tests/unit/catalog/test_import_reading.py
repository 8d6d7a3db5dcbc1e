"""Files as merchants have them: encodings, delimiters, quotes, limits, and things that are no table at all."""

import codecs
import zipfile
from io import BytesIO

import pytest

from yellowcart.catalog.errors import (
    FileEmpty,
    FileIsNoTable,
    FileTooLarge,
    FileUnreadable,
    RowsTooMany,
    RowUnreadable,
)
from yellowcart.catalog.import_reading import ROWS_MAX, read_table

TEXT = "Handle,Title,Variant Price\ntea,安溪铁观音,59.90\n"


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
    ],
)
def test_a_table_is_read_in_the_encoding_that_it_has(content: bytes, encoding: str) -> None:
    table = read_table(content)
    assert table.encoding == encoding
    assert table.columns == ["Handle", "Title", "Variant Price"]
    assert table.rows[0].cells[1] in {"安溪铁观音", "安溪𠮷观音"}


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_those_of_the_file(delimiter: str, line: str) -> None:
    table = read_table(TEXT.replace(",", delimiter).replace("\n", line).encode())
    assert table.rows[0].cells == ["tea", "安溪铁观音", "59.90"]


def test_a_cell_with_line_breaks_is_one_row_of_the_spreadsheet() -> None:
    table = read_table(b'Handle,Body (HTML)\na,"one\n\ntwo, ""quoted"""\n\nb,plain\n')
    assert [row.cells for row in table.rows] == [["a", 'one\n\ntwo, "quoted"'], ["b", "plain"]]
    assert [row.number for row in table.rows] == [2, 4]


def workbook() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileEmpty),
        (b" \n\r\n", FileEmpty),
        (b"Handle,Title,Variant Price\n", FileEmpty),
        (b",,,\na,b,c\n", FileEmpty),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), FileIsNoTable),
        (workbook(), FileIsNoTable),
        (b"%PDF-1.7 ...", FileIsNoTable),
        (b"Handle,Title\n\0\0\0", FileIsNoTable),
        (bytes(range(1, 256)) * 20, FileUnreadable),
        (b"\xff\xfe" + b"odd", FileUnreadable),
        (b"a" * (6 * 1024 * 1024), FileTooLarge),
        (b"Handle\n" + b"a\n" * (ROWS_MAX + 1), RowsTooMany),
        (b'Handle,Title\na,"never closed\n', RowUnreadable),
        (b'Handle,Title\na,"closed" and on\n', RowUnreadable),
        (b"Handle,Title\na,b,c\n", RowUnreadable),
        (b"Handle\n" + b"x" * 200_000 + b"\n", RowUnreadable),
        (b",".join(b"c%d" % number for number in range(301)) + b"\na\n", RowUnreadable),
    ],
)
def test_a_file_that_cannot_be_a_table_is_refused_for_its_own_reason(
    content: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        read_table(content)


def test_the_row_that_breaks_the_form_is_named() -> None:
    with pytest.raises(RowUnreadable) as refused:
        read_table(b"Handle,Title\na,b\nc,d,e\n")
    assert (refused.value.values["row"], refused.value.values["column"]) == (3, 3)


def test_exactly_as_many_rows_as_allowed_are_read() -> None:
    assert len(read_table(b"Handle\n" + b"a\n" * ROWS_MAX).rows) == ROWS_MAX
