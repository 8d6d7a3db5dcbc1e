"""Forms with files: read part by part, text as UTF-8 whatever a part says of itself, and little of it.

The framework would decode a text field with the charset that its sender names, among them some that take time by
the square of the length or answer with what is no text; and it knows no bound for one field. Files go to temporary
files as they come, bounded by the route's own bound for the whole body.
"""

from collections import defaultdict
from typing import Any, TypeAlias

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.utils.scope.state import ScopeState
from multipart import MultipartSegment, ParserError, ParserLimitReached, PushMultipartParser

from yellowcart.kernel.raw_http import BodyTooLarge, BodyUnreadable

PARTS_MAX = 1_000
TEXT_BYTES_MAX = 1024 * 1024
"""All text of a form together."""

Field: TypeAlias = str | UploadFile


async def read_form_parts(request: Request[Any, Any, Any]) -> None:
    """Read the multipart body of a request and lay its fields where the framework looks for a form that was read
    before: a value by name, a list where a name came several times.

    Raises BodyTooLarge (too many parts, too much text), BodyUnreadable (no boundary, broken parts, text that is
    not UTF-8).
    """
    boundary = request.content_type[1].get("boundary", "")
    if not boundary:
        raise BodyUnreadable(reason="boundary")
    form = _Form()
    try:
        with PushMultipartParser(boundary.encode(), max_segment_count=PARTS_MAX) as parser:
            async for chunk in request.stream():
                for piece in parser.parse(chunk):
                    await form.take(piece)
                if parser.closed:
                    break
    except BaseException as error:
        await form.close()
        if isinstance(error, ParserLimitReached):
            raise BodyTooLarge from error
        if isinstance(error, ParserError):
            raise BodyUnreadable(reason="multipart/form-data") from error
        raise
    fields: dict[str, Any] = {name: sent if len(sent) > 1 else sent[0] for name, sent in form.fields.items()}
    ScopeState.from_scope(request.scope).form = fields


class _Form:
    """What has come of a form so far."""

    def __init__(self) -> None:
        self.fields: defaultdict[str, list[Field]] = defaultdict(list)
        self._name = ""
        self._file: UploadFile | None = None
        self._text = bytearray()
        self._text_bytes = 0

    async def take(self, piece: MultipartSegment | bytearray | bytes | None) -> None:
        """A part begins (its head), goes on (some of its content) or ends (None)."""
        if isinstance(piece, MultipartSegment):
            self._name, self._text = piece.name, bytearray()
            self._file = _file_of(piece) if piece.filename else None
        elif piece and self._file is not None:
            await self._file.write(bytes(piece))
        elif piece:
            self._text_bytes += len(piece)
            if self._text_bytes > TEXT_BYTES_MAX:
                raise BodyTooLarge
            self._text += piece
        elif piece is None:
            self.fields[self._name].append(await self._ended())

    async def _ended(self) -> Field:
        if self._file is not None:
            file, self._file = self._file, None
            await file.seek(0)
            return file
        try:
            return self._text.decode()
        except UnicodeDecodeError as error:
            raise BodyUnreadable(reason="UTF-8") from error

    async def close(self) -> None:
        """Let go of every file."""
        files = [value for values in self.fields.values() for value in values if isinstance(value, UploadFile)]
        for file in [*files, *([self._file] if self._file is not None else [])]:
            await file.close()


def _file_of(head: MultipartSegment) -> UploadFile:
    return UploadFile(
        content_type=head.content_type or "text/plain", filename=head.filename, headers=dict(head.headerlist)
    )
