"""Tables that a browser saves as files: CSV while it is written, workbooks whole."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream

from yellowcart.kernel.file_writing import Cell, Column, csv_text, csv_text_of_pages, workbook_bytes

CSV_TYPE = "text/csv; charset=utf-8; header=present"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|%;\ud800-\udfff]')


def csv_download(name: str, columns: Sequence[Column | str], rows: Iterable[Sequence[Cell]]) -> Stream:
    """A CSV file called `name`.csv, sent as its rows come."""
    return csv_stream(name, csv_text(columns, rows))


def csv_download_in_pages(
    name: str, columns: Sequence[Column | str], pages: AsyncIterator[Iterable[Sequence[Cell]]]
) -> Stream:
    """A CSV file called `name`.csv, whose rows are read while it is sent."""
    return csv_stream(name, csv_text_of_pages(columns, pages))


def csv_stream(name: str, pieces: Iterator[str] | AsyncIterator[str]) -> Stream:
    """The text of a CSV file as a file called `name`.csv."""
    return Stream(pieces, headers=_headers(f"{name}.csv"), media_type=CSV_TYPE)


def workbook_download(
    name: str, title: str, columns: Sequence[Column | str], rows: Iterable[Sequence[Cell]]
) -> Response[bytes]:
    """An .xlsx file called `name`.xlsx with one sheet `title`. For bounded tables."""
    return Response(
        workbook_bytes(title, columns, rows), headers=_headers(f"{name}.xlsx"), media_type=WORKBOOK_TYPE
    )


def attachment(file_name: str) -> str:
    """The Content-Disposition of a file to save: its name in ASCII for old programs, and in UTF-8 (RFC 6266)."""
    clean = _NOT_IN_A_NAME.sub("_", file_name)
    plain = clean.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def _headers(file_name: str) -> dict[str, str]:
    return {"content-disposition": attachment(file_name), "cache-control": "no-store"}
