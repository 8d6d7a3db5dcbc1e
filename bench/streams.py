"""Many server-sent-event streams at once: how long from a trigger until the last viewer has the event.

One process, epoll, raw sockets. Only loopback addresses are accepted. `python -m bench.streams` reads a
StreamSpec as JSON from stdin; the trigger is then an HTTP request that the spec describes.
"""

import http.client
import resource
import select
import socket
import subprocess
import sys
from array import array
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns

import msgspec

from bench.http_response import HEAD_END, Head, MalformedResponseError, parse_stream_head
from bench.latency import LatencySummary, summarise
from bench.load import FILES_BESIDE_CONNECTIONS, allow_open_files, loopback_address

STREAMS_MAX = 20_000
ROUNDS_MAX = 1_000
WAIT_SECONDS_MAX = 120
RECEIVE_BYTES = 65_536
UNREAD_BYTES_MAX = 1_048_576
CONNECT_SECONDS = 30


class StreamSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stream to open how often, and which request makes the server send the event.

    `{{round}}` in `event_id`, `trigger_paths` and `trigger_body` becomes the round's number from 1; the paths are
    used in turn, one per round.
    """

    host: str = "127.0.0.1"
    port: int
    path: str
    headers: dict[str, str] = {}
    streams: int = 2_000
    event_id: str
    trigger_method: str = "POST"
    trigger_paths: list[str]
    trigger_headers: dict[str, str] = {}
    trigger_body: str = ""
    rounds: int = 10
    wait_seconds: float = 10.0


class RoundResult(msgspec.Struct, frozen=True, kw_only=True):
    """One trigger, seen from all streams. Times run from just before the trigger was called."""

    event_id: str
    received: int
    missing: int
    """Streams that did not have the event when the wait was over, or had been closed."""
    first_us: int | None
    last_us: int | None
    """When the last stream had the event; None unless all of them had it."""
    each: LatencySummary | None


class StreamResult(msgspec.Struct, frozen=True, kw_only=True):
    """All rounds. CPU is that of this process alone, from before the first connection to the end."""

    streams: int
    closed: int
    """Streams that the server ended while we were listening."""
    open_wall_s: float
    rounds: list[RoundResult]
    cpu_user_s: float
    cpu_system_s: float


class EventLines:
    """Finds event ids in the bytes of one text/event-stream, whatever pieces they come in.

    Only the `id` field is read, and an event counts when its blank line is there. With `chunked`, the chunks
    of HTTP/1.1 are undone first, so that a chunk border may stand anywhere.
    """

    __slots__ = ("_chunked", "_event_id", "_left_in_chunk", "_text", "_unread")

    def __init__(self, *, chunked: bool) -> None:
        self._chunked = chunked
        self._unread = bytearray()
        self._left_in_chunk = 0
        self._text = bytearray()
        self._event_id = ""

    def feed(self, data: bytes) -> list[str]:
        """Add bytes; give the ids of the events that they complete. Raises MalformedResponseError."""
        if self._chunked:
            self._unread += data
            self._take_chunks()
        else:
            self._text += data
        if len(self._text) > UNREAD_BYTES_MAX or len(self._unread) > UNREAD_BYTES_MAX:
            raise MalformedResponseError("an event does not end")
        return self._take_events()

    def _take_chunks(self) -> None:
        while self._unread:
            if self._left_in_chunk:
                piece = self._unread[: self._left_in_chunk]
                del self._unread[: len(piece)]
                self._left_in_chunk -= len(piece)
                self._text += piece
                continue
            line_end = self._unread.find(b"\r\n")
            if line_end < 0:
                return
            line = bytes(self._unread[:line_end]).partition(b";")[0].strip()
            del self._unread[: line_end + 2]
            if line:
                try:
                    self._left_in_chunk = int(line, 16)
                except ValueError:
                    raise MalformedResponseError(f"chunk size {line[:40]!r}") from None

    def _take_events(self) -> list[str]:
        ids: list[str] = []
        lines = self._text.split(b"\n")
        if len(lines) == 1:
            return ids
        self._text = lines.pop()
        for raw in lines:
            line = raw.rstrip(b"\r")
            if not line:
                if self._event_id:
                    ids.append(self._event_id)
                self._event_id = ""
            elif line.startswith(b"id:"):
                self._event_id = line[3:].removeprefix(b" ").decode(errors="replace")
        return ids


class _Stream:
    """One open connection; its head is read before its events."""

    __slots__ = ("_before_head", "lines", "socket")

    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(address, timeout=CONNECT_SECONDS)
        self.socket.sendall(request)
        self.socket.setblocking(False)
        self._before_head = b""
        self.lines: EventLines | None = None

    def feed(self, data: bytes) -> list[str]:
        """Ids of the events now complete. Raises MalformedResponseError, also for any status but 200."""
        if self.lines is not None:
            return self.lines.feed(data)
        self._before_head += data
        end = self._before_head.find(HEAD_END)
        if end < 0:
            return []
        head: Head = parse_stream_head(self._before_head[:end])
        if head.status != 200:
            raise MalformedResponseError(f"the stream answered {head.status}")
        self.lines = EventLines(chunked=head.chunked)
        return self.lines.feed(self._before_head[end + len(HEAD_END) :])


class StreamCrowd:
    """N open streams of one path. Use as a context manager."""

    def __init__(self, host: str, port: int, path: str, headers: dict[str, str], streams: int) -> None:
        if not 0 < streams <= STREAMS_MAX:
            raise ValueError(f"streams {streams} is outside 1..{STREAMS_MAX}")
        self._address = (loopback_address(host), port)
        fields = {"host": f"{host}:{port}", "accept": "text/event-stream", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._request = f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()
        self._wanted = streams
        self._poll = select.epoll()
        self._streams: dict[int, _Stream] = {}
        self.closed = 0

    def __enter__(self) -> "StreamCrowd":
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._streams.values():
            stream.socket.close()
        self._poll.close()

    def open(self, wait_seconds: float) -> None:
        """Connect all and wait for every head. Raises ConnectionError when some do not open in time."""
        allow_open_files(self._wanted + FILES_BESIDE_CONNECTIONS)
        for _ in range(self._wanted):
            stream = _Stream(self._address, self._request)
            self._streams[stream.socket.fileno()] = stream
            self._poll.register(stream.socket.fileno(), select.EPOLLIN)
        deadline_ns = perf_counter_ns() + int(wait_seconds * 1e9)
        waiting = set(self._streams)
        while waiting and perf_counter_ns() < deadline_ns:
            for fileno in self._ready(deadline_ns):
                self._receive(fileno)
                if fileno not in self._streams or self._streams[fileno].lines is not None:
                    waiting.discard(fileno)
        if waiting or self.closed:
            raise ConnectionError(
                f"of {self._wanted} streams {len(waiting)} had no answer after {wait_seconds} s,"
                f" {self.closed} were closed"
            )

    def measure(self, trigger: Callable[[], None], event_id: str, wait_seconds: float) -> RoundResult:
        """Call the trigger, then wait until every stream has received the event with this id."""
        waiting = set(self._streams)
        times_ns = array("q")
        started_ns = perf_counter_ns()
        deadline_ns = started_ns + int(wait_seconds * 1e9)
        trigger()
        while waiting and perf_counter_ns() < deadline_ns:
            for fileno in self._ready(deadline_ns):
                if event_id in self._receive(fileno) and fileno in waiting:
                    times_ns.append(perf_counter_ns() - started_ns)
                    waiting.discard(fileno)
            waiting &= self._streams.keys()
        missing = self._wanted - len(times_ns)
        return RoundResult(
            event_id=event_id,
            received=len(times_ns),
            missing=missing,
            first_us=times_ns[0] // 1000 if times_ns else None,
            last_us=times_ns[-1] // 1000 if times_ns and not missing else None,
            each=summarise(times_ns),
        )

    def _ready(self, deadline_ns: int) -> list[int]:
        left_s = max(deadline_ns - perf_counter_ns(), 0) / 1e9
        return [fileno for fileno, _ in self._poll.poll(left_s, max(self._wanted, 1))]

    def _receive(self, fileno: int) -> list[str]:
        stream = self._streams[fileno]
        try:
            data = stream.socket.recv(RECEIVE_BYTES)
            if data:
                return stream.feed(data)
        except BlockingIOError:
            return []
        except (OSError, MalformedResponseError):
            pass
        self._poll.unregister(fileno)
        stream.socket.close()
        del self._streams[fileno]
        self.closed += 1
        return []


class _Trigger:
    """The spec's request, on a connection that is open before, so that connecting takes none of the time."""

    def __init__(self, spec: StreamSpec, number: int) -> None:
        self._spec = spec
        path = spec.trigger_paths[(number - 1) % len(spec.trigger_paths)]
        self._path = path.replace("{{round}}", str(number))
        self._body = spec.trigger_body.replace("{{round}}", str(number)).encode()
        address = loopback_address(spec.host)
        self._connection = http.client.HTTPConnection(address, spec.port, timeout=spec.wait_seconds)
        self._connection.connect()

    def __call__(self) -> None:
        """Send the request. Its answer may come after the events, so `check` reads it later."""
        spec = self._spec
        self._connection.request(spec.trigger_method, self._path, self._body, spec.trigger_headers)

    def check(self) -> None:
        """Read the answer; raises RuntimeError when the server refused, for then the round means nothing."""
        answer = self._connection.getresponse()
        text = answer.read()
        self._connection.close()
        if answer.status >= 400:
            said = text[:500].decode(errors="replace")
            raise RuntimeError(f"the trigger was answered {answer.status}: {said}")


def _run_round(crowd: StreamCrowd, spec: StreamSpec, number: int) -> RoundResult:
    trigger = _Trigger(spec, number)
    result = crowd.measure(trigger, spec.event_id.replace("{{round}}", str(number)), spec.wait_seconds)
    trigger.check()
    return result


def run_streams(spec: StreamSpec) -> StreamResult:
    """Open the streams and run all rounds here. Raises ValueError, ConnectionError, RuntimeError."""
    if not spec.trigger_paths:
        raise ValueError("trigger_paths are empty")
    if not 0 < spec.rounds <= ROUNDS_MAX or not 0 < spec.wait_seconds <= WAIT_SECONDS_MAX:
        raise ValueError(f"rounds must be in 1..{ROUNDS_MAX}, wait_seconds in 1..{WAIT_SECONDS_MAX}")
    before, started_ns = resource.getrusage(resource.RUSAGE_SELF), perf_counter_ns()
    with StreamCrowd(spec.host, spec.port, spec.path, spec.headers, spec.streams) as crowd:
        crowd.open(spec.wait_seconds)
        open_wall_s = (perf_counter_ns() - started_ns) / 1e9
        rounds = [_run_round(crowd, spec, number) for number in range(1, spec.rounds + 1)]
        closed = crowd.closed
    after = resource.getrusage(resource.RUSAGE_SELF)
    return StreamResult(
        streams=spec.streams,
        closed=closed,
        open_wall_s=open_wall_s,
        rounds=rounds,
        cpu_user_s=after.ru_utime - before.ru_utime,
        cpu_system_s=after.ru_stime - before.ru_stime,
    )


def run_streams_apart(spec: StreamSpec) -> StreamResult:
    """Run the spec in a process of its own. Raises RuntimeError with what it said if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.streams"],
        input=msgspec.json.encode(spec),
        capture_output=True,
        cwd=Path(__file__).resolve().parent.parent,
        timeout=(spec.rounds + 1) * spec.wait_seconds + CONNECT_SECONDS + 60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the stream crowd failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=StreamResult)


def main() -> None:
    """Read a StreamSpec from stdin, write the StreamResult to stdout."""
    spec = msgspec.json.decode(sys.stdin.buffer.read(), type=StreamSpec)
    sys.stdout.buffer.write(msgspec.json.encode(run_streams(spec)) + b"\n")


if __name__ == "__main__":
    main()
