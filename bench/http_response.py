"""The little of HTTP/1.1 that a load generator must read: status, length of the body, the body itself."""

from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
HEAD_BYTES_MAX = 65_536
BODY_BYTES_MAX = 16_777_216
_BODYLESS_STATUSES = frozenset({204, 304})


class MalformedResponseError(ValueError):
    """The server's bytes are not an HTTP/1.1 response that this reader accepts; the message says where."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a response says about the bytes after it."""

    status: int
    body_bytes: int
    """Length of the body; 0 and without meaning when `chunked`."""
    chunked: bool
    closes: bool
    """The server will close the connection after this response."""


@dataclass(frozen=True, slots=True)
class Response:
    """One whole response."""

    status: int
    body: bytes
    closes: bool


def parse_head(head: bytes) -> Head:
    """Read a response head (without its closing blank line) of a response that has an end.

    A body that ends only with the connection is refused: the generator keeps connections open.
    Raises MalformedResponseError.
    """
    parsed, has_length = _parse_fields(head)
    if not has_length and not parsed.chunked and parsed.status not in _BODYLESS_STATUSES:
        raise MalformedResponseError(f"response {parsed.status} has neither content-length nor chunks")
    return parsed


def parse_stream_head(head: bytes) -> Head:
    """Read the head of a response that goes on until somebody closes. Raises MalformedResponseError."""
    return _parse_fields(head)[0]


def _parse_fields(head: bytes) -> tuple[Head, bool]:
    """The head, and whether it names the length of the body."""
    lines = head.split(b"\r\n")
    parts = lines[0].split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        raise MalformedResponseError(f"no HTTP/1 status line: {lines[0][:80]!r}")
    body_bytes, chunked, closes = -1, False, parts[0] == b"HTTP/1.0"
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon:
            raise MalformedResponseError(f"header without a colon: {line[:80]!r}")
        name, value = name.strip().lower(), value.strip().lower()
        if name == b"content-length":
            if not value.isdigit() or int(value) > BODY_BYTES_MAX:
                raise MalformedResponseError(f"content-length {value[:40]!r}")
            body_bytes = int(value)
        elif name == b"transfer-encoding":
            chunked = value.endswith(b"chunked")
        elif name == b"connection":
            closes = value == b"close"
    parsed = Head(status=int(parts[1]), body_bytes=max(body_bytes, 0), chunked=chunked, closes=closes)
    return parsed, body_bytes >= 0


class ResponseReader:
    """Puts one response at a time together from bytes that arrive in any pieces."""

    __slots__ = ("_buffer", "_head", "_position")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: Head | None = None
        self._position = 0

    @property
    def is_empty(self) -> bool:
        """No byte of an unfinished response is waiting."""
        return not self._buffer

    def feed(self, data: bytes) -> Response | None:
        """Add bytes; give the response if it is now whole, else None.

        Raises MalformedResponseError, also for bytes after the end of a response (one request is in flight).
        """
        self._buffer += data
        if self._head is None:
            end = self._buffer.find(HEAD_END)
            if end < 0:
                if len(self._buffer) > HEAD_BYTES_MAX:
                    raise MalformedResponseError("the head does not end")
                return None
            self._head = parse_head(bytes(self._buffer[:end]))
            self._position = end + len(HEAD_END)
        body, end = self._chunked_body() if self._head.chunked else self._plain_body(self._head.body_bytes)
        if body is None:
            return None
        if end != len(self._buffer):
            raise MalformedResponseError(f"{len(self._buffer) - end} bytes after the response")
        response = Response(self._head.status, body, self._head.closes)
        self._buffer.clear()
        self._head = None
        return response

    def _plain_body(self, length: int) -> tuple[bytes | None, int]:
        end = self._position + length
        if len(self._buffer) < end:
            return None, end
        return bytes(self._buffer[self._position : end]), end

    def _chunked_body(self) -> tuple[bytes | None, int]:
        pieces: list[bytes] = []
        position, total = self._position, 0
        while True:
            line_end = self._buffer.find(b"\r\n", position)
            if line_end < 0:
                return None, 0
            size_text = bytes(self._buffer[position:line_end]).partition(b";")[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                raise MalformedResponseError(f"chunk size {size_text[:40]!r}") from None
            total += size
            if size < 0 or total > BODY_BYTES_MAX:
                raise MalformedResponseError(f"chunk size {size}, body {total} bytes")
            if size == 0:
                return self._after_last_chunk(line_end, pieces)
            position = line_end + 2 + size + 2
            if len(self._buffer) < position:
                return None, 0
            pieces.append(bytes(self._buffer[line_end + 2 : position - 2]))

    def _after_last_chunk(self, line_end: int, pieces: list[bytes]) -> tuple[bytes | None, int]:
        """The zero chunk may be followed by trailers; a blank line ends it all."""
        if self._buffer[line_end + 2 : line_end + 4] == b"\r\n":
            return b"".join(pieces), line_end + 4
        end = self._buffer.find(HEAD_END, line_end + 2)
        return (None, 0) if end < 0 else (b"".join(pieces), end + len(HEAD_END))
