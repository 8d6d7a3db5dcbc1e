"""Holding many room streams open and timing what they hear."""

import socket
import threading

import pytest

from bench.http_response import MalformedResponseError
from bench.streams import EventLines, StreamCrowd

PLAIN = b": hello\n\nid: 1\nevent: pin\ndata: {}\n\ndata: y\n\nid:2\r\ndata\r\n\r\nid: 3\ndata: unfinished\n"


def chunked(data: bytes, size: int) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_event_ids_are_found_in_any_pieces(step: int) -> None:
    lines = EventLines(chunked=False)
    found = [event for at in range(0, len(PLAIN), step) for event in lines.feed(PLAIN[at : at + step])]
    assert found == ["1", "2"]
    assert lines.feed(b"\n") == ["3"]


@pytest.mark.parametrize("size", [1, 3, 8, 1000])
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_chunk_borders_may_stand_anywhere(size: int, step: int) -> None:
    data = chunked(PLAIN, size)
    lines = EventLines(chunked=True)
    assert [e for at in range(0, len(data), step) for e in lines.feed(data[at : at + step])] == ["1", "2"]


def test_a_bad_chunk_size_is_refused() -> None:
    with pytest.raises(MalformedResponseError, match="chunk size"):
        EventLines(chunked=True).feed(b"zz\r\n")


def test_the_last_viewer_ends_the_measurement_and_a_lost_one_is_missing() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def accept() -> None:
        for _ in range(5):
            connection, _ = listener.accept()
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            accepted.append(connection)

    def pin(number: int) -> None:
        for connection in accepted:
            connection.sendall(b"id: %d\ndata: pinned\n\n" % number)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    with listener, StreamCrowd("127.0.0.1", listener.getsockname()[1], "/s", {}, 5) as crowd:
        crowd.open(10)
        thread.join(10)
        whole = crowd.measure(lambda: pin(1), "1", 10)
        accepted.pop().close()
        lossy = crowd.measure(lambda: pin(2), "2", 10)
    assert (whole.received, whole.missing) == (5, 0)
    assert whole.first_us is not None
    assert whole.last_us is not None
    assert whole.first_us <= whole.last_us
    assert (lossy.received, lossy.missing, lossy.last_us) == (4, 1, None)


def test_streams_go_to_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        StreamCrowd("10.0.0.1", 80, "/", {}, 1)
