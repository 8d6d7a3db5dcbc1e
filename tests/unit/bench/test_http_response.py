"""Reading HTTP answers off a socket, however they are cut."""

import pytest

from bench.http_response import MalformedResponseError, Response, ResponseReader, parse_head

PLAIN = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nDate: x\r\n\r\nhello"
IN_CHUNKS = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNKED = IN_CHUNKS + b"5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n"
TRAILERS = IN_CHUNKS + b"1\r\nx\r\n0\r\nsum: 1\r\nn: 2\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
CLOSING = b"HTTP/1.1 429 Too Many\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

WHOLE = [
    (PLAIN, Response(201, b"hello", False)),
    (CHUNKED, Response(200, b"hello0123456789", False)),
    (TRAILERS, Response(200, b"x", False)),
    (EMPTY, Response(204, b"", False)),
    (CLOSING, Response(429, b"", True)),
]


@pytest.mark.parametrize(("data", "expected"), WHOLE)
def test_a_response_is_the_same_wherever_its_bytes_are_split(data: bytes, expected: Response) -> None:
    for first in range(len(data)):
        for second in range(first, len(data)):
            reader = ResponseReader()
            pieces = [data[:first], data[first:second], data[second:]]
            answers = [reader.feed(piece) for piece in pieces]
            assert answers == [None, None, expected], (first, second)
            assert reader.is_empty


@pytest.mark.parametrize(("data", "expected"), WHOLE)
def test_a_reader_is_ready_for_the_next_response_byte_by_byte(data: bytes, expected: Response) -> None:
    reader = ResponseReader()
    answers = [reader.feed(bytes([byte])) for byte in data + data]
    assert [answer for answer in answers if answer is not None] == [expected, expected]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"SSH-2.0 hello\r\n\r\n", "status line"),
        (b"HTTP/1.1 abc\r\n\r\n", "status line"),
        (b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "colon"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "content-length"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", "content-length"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "neither"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "chunk size"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\n", "chunk size"),
        (PLAIN + b"x", "after the response"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000, "does not end"),
    ],
)
def test_bytes_that_are_no_response_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(MalformedResponseError, match=said):
        ResponseReader().feed(data)


def test_http_1_0_closes() -> None:
    assert parse_head(b"HTTP/1.0 200 OK\r\ncontent-length: 0").closes
