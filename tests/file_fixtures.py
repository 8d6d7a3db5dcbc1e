"""Files as people send them, and as people should not: workbooks old and new, encodings, bombs, broken things.

No maintained library writes `.xls`, so a small writer of it stands here: a compound file with one stream of BIFF8
records (MS-CFB, MS-XLS), as little as readers need.
"""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence

import openpyxl

CellOfFile = str | int | float | bool | None
_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def workbook(
    rows: Iterable[Sequence[object]],
    *,
    sheet: str = "Sheet1",
    before: Mapping[str, Iterable[Sequence[object]]] | None = None,
    hidden: Sequence[str] = (),
) -> bytes:
    """An .xlsx with these rows; `before` are sheets in front of it."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, its_rows in {**(before or {}), sheet: rows}.items():
        made = book.create_sheet(name)
        for row in its_rows:
            made.append(list(row))
        if name in hidden:
            made.sheet_state = "hidden"
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """A ZIP archive with one part replaced or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, part)
    return buffer.getvalue()


def sheet_xml(rows: str) -> bytes:
    """The part of a worksheet with these `<row>` elements."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def workbook_of_xml(rows: str) -> bytes:
    """An .xlsx whose first sheet is written by hand."""
    return with_part(workbook([["a"]]), "xl/worksheets/sheet1.xml", sheet_xml(rows))


def with_shared_strings(strings: bytes, rows: str) -> bytes:
    """An .xlsx whose sheet refers to texts in a part of their own, as Excel writes them."""
    content = with_part(workbook_of_xml(rows), "xl/sharedStrings.xml", strings)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        types = archive.read("[Content_Types].xml").decode()
    return with_part(content, "[Content_Types].xml", types.replace("</Types>", override).encode())


def zip_of_zeros(size: int) -> bytes:
    """An .xlsx whose sheet is so many zero bytes, packed into next to nothing."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["a"]]))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            if each != "xl/worksheets/sheet1.xml":
                new.writestr(each, old.read(each))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            chunk = bytes(1 << 20)
            for _ in range(size // len(chunk)):
                part.write(chunk)
    return buffer.getvalue()


def old_workbook(
    rows: Iterable[Sequence[CellOfFile]], *, sheet: str = "Page1", before: Sequence[str] = (), hidden: bool = False
) -> bytes:
    """An .xls with these rows; `before` are empty sheets in front of it."""
    names = [*before, sheet]
    bodies = [_sheet_records([]) for _ in before] + [_sheet_records(rows)]
    globals_length = len(_globals([(name, 0, False) for name in names]))
    places: list[tuple[str, int, bool]] = []
    offset = globals_length
    for name, body in zip(names, bodies, strict=True):
        places.append((name, offset, hidden and name == sheet))
        offset += len(body)
    return compound_file({"Workbook": _globals(places) + b"".join(bodies)})


def sheet_stream(cells: bytes) -> bytes:
    """The stream of an .xls whose one sheet holds these records."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    start = len(_globals([("s", 0, False)]))
    return _globals([("s", start, False)]) + begin + cells + record(0x000A, b"")


def locked_workbook() -> bytes:
    """What Excel makes of a workbook with a password: a compound file with an encrypted package."""
    return compound_file({"EncryptionInfo": bytes(4096), "EncryptedPackage": bytes(4096)})


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file (MS-CFB, version 3) with these streams, each padded to 4,096 bytes at least, so that no
    small-stream table is needed."""
    padded = {name: _padded(content) for name, content in streams.items()}
    directory_sectors = (len(padded) + 1 + 3) // 4
    stream_sectors = sum(len(content) // _SECTOR for content in padded.values())
    fat_sectors = 1
    while fat_sectors * 128 < fat_sectors + directory_sectors + stream_sectors:
        fat_sectors += 1
    fat = [_FAT] * fat_sectors + _chain(fat_sectors, directory_sectors)
    entries = [_entry("Root Entry", 5, child=1)]
    start = fat_sectors + directory_sectors
    for position, (name, content) in enumerate(padded.items(), start=1):
        right = position + 1 if position < len(padded) else _FREE
        entries.append(_entry(name, 2, start=start, size=len(content), right=right))
        fat += _chain(start, len(content) // _SECTOR)
        start += len(content) // _SECTOR
    fat += [_FREE] * (fat_sectors * 128 - len(fat))
    entries += [bytes(128)] * (directory_sectors * 4 - len(entries))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack(
            "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors, fat_sectors, 0, 4096, _END, 0, _END, 0
        )
    )
    table = list(range(fat_sectors)) + [_FREE] * (109 - fat_sectors)
    assert fat_sectors <= 109, "too large for a file of a test"
    return (
        header
        + struct.pack("<109I", *table)
        + struct.pack(f"<{len(fat)}I", *fat)
        + b"".join(entries)
        + b"".join(padded.values())
    )


def _padded(content: bytes) -> bytes:
    length = max(len(content), 4096)
    return content.ljust(-(-length // _SECTOR) * _SECTOR, b"\0")


def _chain(start: int, length: int) -> list[int]:
    return [*range(start + 1, start + length), _END]


def _entry(
    name: str, kind: int, *, start: int = 0, size: int = 0, child: int = _FREE, right: int = _FREE
) -> bytes:
    encoded = name.encode("utf-16-le")
    where = _END if kind == 5 else start
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded) + 2, kind, 1, _FREE, right, child)
        + bytes(36)
        + struct.pack("<IQ", where, size)
    )


def record(kind: int, content: bytes) -> bytes:
    """One BIFF record."""
    return struct.pack("<HH", kind, len(content)) + content


def _text(text: str, length_format: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack(length_format, len(encoded) // 2) + b"\x01" + encoded


def _globals(sheets: Sequence[tuple[str, int, bool]]) -> bytes:
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    codepage = record(0x0042, struct.pack("<H", 1200))
    bound = b"".join(
        record(0x0085, struct.pack("<IBB", offset, hidden, 0) + _text(name, "<B"))
        for name, offset, hidden in sheets
    )
    return begin + codepage + bound + record(0x000A, b"")


def _sheet_records(rows: Iterable[Sequence[CellOfFile]]) -> bytes:
    kept = [list(row) for row in rows]
    width = max((len(row) for row in kept), default=0)
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    size = record(0x0200, struct.pack("<IIHHH", 0, len(kept), 0, width, 0))
    cells = b"".join(
        cell_record(number, place, value)
        for number, row in enumerate(kept)
        for place, value in enumerate(row)
        if value is not None
    )
    return begin + size + cells + record(0x000A, b"")


def cell_record(row: int, column: int, value: CellOfFile) -> bytes:
    """A LABEL or a NUMBER; rows and columns from 0."""
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return record(0x0204, place + _text(value, "<H"))
    return record(0x0203, place + struct.pack("<d", float(value or 0)))
