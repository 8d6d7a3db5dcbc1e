"""The load generator: what it sends, counts and waits for."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from bench.load import LoadSpec, build_requests, check_spec, loopback_address, run_load, run_load_apart

Answer = Callable[[int, bytes], bytes | Iterator[bytes]]


@contextmanager
def answering(answer: Answer) -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback giving `answer(number, request)` per request, also in pieces; b"" hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65_536):
                seen.append(request)
                reply = answer(len(seen), request)
                if not reply:
                    return
                for piece in [reply] if isinstance(reply, bytes) else reply:
                    connection.sendall(piece)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def response(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "::1", "localhost"])
def test_loopback_is_accepted(host: str) -> None:
    assert loopback_address(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "8.8.8.8", "example.org", "0.0.0.0", "::", ""])
def test_every_other_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        check_spec(LoadSpec(host=host, port=80))


@pytest.mark.parametrize("change", [{"connections": 0}, {"requests": 0}, {"seconds": 0}, {"seconds": 1e9}])
def test_an_unbounded_spec_is_refused_by_the_name_of_its_field(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        check_spec(msgspec.convert({"port": 1, **change}, LoadSpec, strict=False))


def test_requests_are_numbered_and_take_columns_in_turn() -> None:
    spec = LoadSpec(
        port=1,
        path="/r/{{number}}",
        headers={"authorization": "Bearer {{token}}"},
        body='{"key":"{{number}}","name":"{{名}}"}',
        columns={"token": ["a", "b"], "名": ["茶"]},
        first_number=9,
        requests=3,
    )
    built = build_requests(spec)
    assert [request.split(b" ")[1] for request in built] == [b"/r/9", b"/r/10", b"/r/11"]
    assert [request.partition(b"Bearer ")[2][:1] for request in built] == [b"a", b"b", b"a"]
    head, _, body = built[1].partition(b"\r\n\r\n")
    assert json.loads(body) == {"key": "10", "name": "茶"}
    assert f"content-length: {len(body)}".encode() in head


def test_every_request_is_sent_once_and_counted_by_status_and_code() -> None:
    def answer(number: int, request: bytes) -> bytes:
        return response(201, b"{}") if number <= 5 else response(409, b'{"code":"sold_out","title":"x"}')

    with answering(answer) as (port, seen):
        result = run_load(LoadSpec(port=port, path="/{{number}}", connections=3, requests=20, seconds=10))
    assert sorted(int(request.split(b" ")[1][1:]) for request in seen) == list(range(1, 21))
    assert result.statuses == {201: 5, 409: 15}
    assert result.refusals == {"sold_out": 15}
    assert (result.sent, result.answered, result.broken, result.unanswered) == (20, 20, 0, 0)
    assert result.latency is not None
    assert result.latency.count == 20


def test_a_connection_that_the_server_drops_is_counted_broken_and_replaced() -> None:
    with answering(lambda number, _: b"" if number in (2, 4) else response(200, b"ok")) as (port, _):
        result = run_load(LoadSpec(port=port, connections=2, requests=10, seconds=10))
    assert (result.answered, result.broken, result.unanswered) == (8, 2, 0)


def test_a_head_that_is_known_still_waits_for_its_body() -> None:
    """Request 3 gets its head alone until the other connection was answered twice, so it was surely read."""
    head_sent, body_may_go = threading.Event(), threading.Event()

    def in_pieces() -> Iterator[bytes]:
        whole = response(200, b"0123456789")
        yield whole[:-10]
        head_sent.set()
        assert body_may_go.wait(10)
        yield whole[-10:]

    def answer(_: int, request: bytes) -> bytes | Iterator[bytes]:
        number = int(request.split(b" ")[1][1:])
        if number == 3:
            return in_pieces()
        if number > 3:
            assert head_sent.wait(10)
        if number == 7:
            body_may_go.set()
        return response(200, b"0123456789")

    with answering(answer) as (port, _):
        result = run_load(LoadSpec(port=port, path="/{{number}}", connections=2, requests=9, seconds=10))
    assert (result.answered, result.broken, result.unanswered) == (9, 0, 0)


def test_an_answer_that_is_no_http_is_broken_and_never_counted_as_answered() -> None:
    with answering(lambda *_: b"nonsense\r\n\r\n") as (port, _):
        result = run_load(LoadSpec(port=port, connections=1, requests=3, seconds=10))
    assert (result.answered, result.broken, result.latency, result.statuses) == (0, 3, None, {})


def test_time_ends_a_run_before_its_count() -> None:
    with answering(lambda *_: response(200, b"")) as (port, _):
        result = run_load(LoadSpec(port=port, connections=1, requests=2_000_000, seconds=0.2))
    assert 0 < result.answered < 2_000_000
    assert result.sent == result.answered
    assert 0.2 <= result.wall_s < 5


def test_waiting_for_answers_that_never_come_does_not_thin_the_rate() -> None:
    def answer(number: int, _: bytes) -> bytes:
        return response(200, b"") if number <= 50 else b"HTTP/1.1 200 X\r\n"

    with answering(answer) as (port, _):
        result = run_load(LoadSpec(port=port, connections=2, requests=1000, seconds=0.5, grace_seconds=0.5))
    assert (result.answered, result.unanswered, result.broken) == (50, 2, 0)
    assert result.wall_s < 0.5


def test_a_run_in_a_process_of_its_own_gives_the_same_kind_of_result() -> None:
    with answering(lambda *_: response(200, b"")) as (port, seen):
        result = run_load_apart(LoadSpec(port=port, connections=2, requests=50, seconds=10))
    assert (result.answered, len(seen)) == (50, 50)
    assert result.cpu_user_s + result.cpu_system_s > 0


def test_a_failed_process_says_why() -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        run_load_apart(LoadSpec(host="10.0.0.1", port=1))
