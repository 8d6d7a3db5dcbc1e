"""A lean HTTP/1.1 load generator: keep-alive connections on epoll, one request in flight on each.

It is closed loop: a connection sends its next request when the last one is answered, so a slow server is
asked less often. Requests are built before the clock starts. `python -m bench.load` reads a LoadSpec as JSON
from stdin and writes a LoadResult as JSON to stdout, so that the generator's CPU is its own and is named.
Only loopback addresses are accepted.
"""

import ipaddress
import resource
import select
import socket
import subprocess
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter_ns

import msgspec

from bench.http_response import HEAD_END, MalformedResponseError, ResponseReader, parse_head
from bench.latency import LatencySummary, summarise

CONNECTIONS_MAX = 4_096
REQUESTS_MAX = 2_000_000
SECONDS_MAX = 300
GRACE_SECONDS_MAX = 60
SOCKET_SECONDS = 10
RECEIVE_BYTES = 16_384
KNOWN_HEADS_MAX = 4_096
RECONNECTS_MAX = 10_000
FILES_BESIDE_CONNECTIONS = 64


class LoadSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send, from how many connections, and when to stop (at the count or the time, what comes first).

    `path`, header values and `body` may hold `{{number}}`, the request's serial number from `first_number`,
    and `{{name}}` for each name in `columns`, whose values are used in turn (one per request, starting again
    at the end): buyer tokens, idempotency keys.
    """

    host: str = "127.0.0.1"
    port: int
    method: str = "POST"
    path: str = "/"
    headers: dict[str, str] = {}
    body: str = ""
    columns: dict[str, list[str]] = {}
    first_number: int = 1
    connections: int = 64
    requests: int = 10_000
    seconds: float = 30.0
    grace_seconds: float = 10.0
    """How long after the end an answer is still waited for."""


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen. Rates and latencies count answers of any status; CPU is the generator's alone."""

    connections: int
    sent: int
    answered: int
    broken: int
    """Requests whose connection failed, or whose answer was no HTTP, before it was whole."""
    unanswered: int
    """Requests still in flight when the grace period after the end was over."""
    wall_s: float
    """From the first request to the last answer: waiting for what never came does not thin the rate."""
    requests_per_s: float
    latency: LatencySummary | None
    statuses: dict[int, int]
    refusals: dict[str, int]
    """Answers of status 400 and above, by the problem's stable code ("" where there was none)."""
    cpu_user_s: float
    cpu_system_s: float

    @property
    def cpu_cores_per_10k(self) -> float:
        """Cores that the generator itself used for each 10,000 requests a second."""
        return (self.cpu_user_s + self.cpu_system_s) / self.answered * 10_000 if self.answered else 0.0


class _Problem(msgspec.Struct):
    code: str = ""


_decode_problem = msgspec.json.Decoder(_Problem).decode


def loopback_address(host: str) -> str:
    """The literal address for `host`; raises ValueError unless it is on this machine's loopback."""
    literal = "127.0.0.1" if host == "localhost" else host
    try:
        is_loopback = ipaddress.ip_address(literal).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError(f"{host!r} is not a loopback address; load goes to this machine only")
    return literal


def check_spec(spec: LoadSpec) -> None:
    """Raise ValueError, naming the field, for a spec that is unbounded, empty or aimed elsewhere."""
    loopback_address(spec.host)
    bounds = (
        ("connections", spec.connections, CONNECTIONS_MAX),
        ("requests", spec.requests, REQUESTS_MAX),
        ("seconds", spec.seconds, SECONDS_MAX),
        ("grace_seconds", spec.grace_seconds, GRACE_SECONDS_MAX),
    )
    for name, value, limit in bounds:
        if not 0 < value <= limit:
            raise ValueError(f"{name} {value} is outside 1..{limit}")
    for name, values in spec.columns.items():
        if not values:
            raise ValueError(f"column {name!r} has no values")


def build_requests(spec: LoadSpec) -> list[bytes]:
    """All requests of the spec as the bytes that go over the wire, in the order of sending."""
    headers = {"host": f"{spec.host}:{spec.port}", **spec.headers}
    head = f"{spec.method} {spec.path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    names = [name for name in spec.columns if f"{{{{{name}}}}}" in head + spec.body]
    numbered = "{{number}}" in head + spec.body
    if not names and not numbered:
        return [_assemble(head, spec.body)] * spec.requests
    built: list[bytes] = []
    for index in range(spec.requests):
        head_now, body_now = head, spec.body
        if numbered:
            number = str(spec.first_number + index)
            head_now = head_now.replace("{{number}}", number)
            body_now = body_now.replace("{{number}}", number)
        for name in names:
            values = spec.columns[name]
            mark, value = f"{{{{{name}}}}}", values[index % len(values)]
            head_now, body_now = head_now.replace(mark, value), body_now.replace(mark, value)
        built.append(_assemble(head_now, body_now))
    return built


def _assemble(head: str, body: str) -> bytes:
    payload = body.encode()
    length = f"content-length: {len(payload)}\r\n" if payload or not head.startswith("GET ") else ""
    return f"{head}{length}\r\n".encode() + payload


class _Connection:
    """One socket and the request that is in flight on it."""

    __slots__ = ("in_flight", "reader", "receive", "send", "sent_at_ns", "socket")

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=SOCKET_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.receive: Callable[[int], bytes] = self.socket.recv
        self.send: Callable[[bytes], int] = self.socket.send
        self.reader = ResponseReader()
        self.sent_at_ns = 0
        self.in_flight = False


class _Run:
    """The state of one run: what is still to send, what came back."""

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes], connections: int) -> None:
        self.address = address
        self.requests = requests
        self.poll = select.epoll()
        self.connections: dict[int, _Connection] = {}
        self.latencies_ns = array("q")
        self.statuses: Counter[int] = Counter()
        self.refusals: Counter[str] = Counter()
        self.sent = 0
        self.broken = 0
        self.reconnects = 0
        self.stopping = False
        self.last_answer_ns = 0
        for _ in range(connections):
            self._connect()

    def _connect(self) -> _Connection:
        connection = _Connection(self.address)
        fileno = connection.socket.fileno()
        self.connections[fileno] = connection
        self.poll.register(fileno, select.EPOLLIN)
        return connection

    @property
    def in_flight(self) -> int:
        return self.sent - len(self.latencies_ns) - self.broken

    def send_next(self, connection: _Connection) -> None:
        """Put the next request on the wire, unless the run is over or the requests are used up."""
        if self.stopping or self.sent >= len(self.requests):
            connection.in_flight = False
            return
        request = self.requests[self.sent]
        self.sent += 1
        connection.in_flight = True
        connection.sent_at_ns = perf_counter_ns()
        try:
            gone = connection.send(request)
            if gone != len(request):
                _send_rest(connection.socket, request[gone:])
        except OSError:
            self.replace(connection, lost=True)

    def replace(self, connection: _Connection, *, lost: bool) -> None:
        """Close a connection that is of no more use and go on with a new one."""
        self.poll.unregister(connection.socket.fileno())
        del self.connections[connection.socket.fileno()]
        connection.socket.close()
        self.broken += lost
        if self.stopping or self.sent >= len(self.requests):
            return
        self.reconnects += 1
        if self.reconnects > RECONNECTS_MAX:
            raise ConnectionError(f"gave up after {RECONNECTS_MAX} connections that the server closed")
        self.send_next(self._connect())

    def drive(self, seconds: float, grace_seconds: float) -> None:
        """Send and receive until everything is answered, or the time and the grace period are over."""
        deadline_ns = perf_counter_ns() + int(seconds * 1e9)
        known_heads: dict[bytes, tuple[int, int]] = {}
        for connection in list(self.connections.values()):
            self.send_next(connection)
        while self.in_flight:
            now_ns = perf_counter_ns()
            if now_ns >= deadline_ns:
                if self.stopping:
                    return
                self.stopping = True
                deadline_ns = now_ns + int(grace_seconds * 1e9)
            ready = self.poll.poll((deadline_ns - now_ns) / 1e9, CONNECTIONS_MAX)
            answered = len(self.latencies_ns)
            self._answer(ready, known_heads)
            if len(self.latencies_ns) > answered:
                self.last_answer_ns = perf_counter_ns()

    def _answer(self, ready: list[tuple[int, int]], known_heads: dict[bytes, tuple[int, int]]) -> None:
        """Take every answer that has arrived and send the connection's next request.

        Heads repeat (the date changes once a second), so a head seen before is not parsed again.
        """
        connections, statuses, note = self.connections, self.statuses, self.latencies_ns.append
        requests, count = self.requests, len(self.requests)
        for fileno, _ in ready:
            connection = connections[fileno]
            try:
                data = connection.receive(RECEIVE_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            end = data.find(HEAD_END)
            known = known_heads.get(data[:end]) if end > 0 and connection.reader.is_empty else None
            if known is None or known[1] != len(data) - end - 4 or not connection.in_flight:
                self._answer_slowly(connection, data, known_heads)
                continue
            note(perf_counter_ns() - connection.sent_at_ns)
            status = known[0]
            statuses[status] += 1
            if status >= 400:
                self.refusals[_problem_code(data[end + 4 :])] += 1
            if self.stopping or self.sent >= count:
                connection.in_flight = False
                continue
            request = requests[self.sent]
            self.sent += 1
            connection.sent_at_ns = perf_counter_ns()
            try:
                gone = connection.send(request)
                if gone != len(request):
                    _send_rest(connection.socket, request[gone:])
            except OSError:
                self.replace(connection, lost=True)

    def _answer_slowly(
        self, connection: _Connection, data: bytes, known_heads: dict[bytes, tuple[int, int]]
    ) -> None:
        """The general way: answers in pieces, chunks, heads not seen before, connections that end."""
        if not data or not connection.in_flight:
            self.replace(connection, lost=connection.in_flight)
            return
        starts_here = connection.reader.is_empty
        try:
            response = connection.reader.feed(data)
        except MalformedResponseError:
            self.replace(connection, lost=True)
            return
        if response is None:
            return
        self.latencies_ns.append(perf_counter_ns() - connection.sent_at_ns)
        self.statuses[response.status] += 1
        if response.status >= 400:
            self.refusals[_problem_code(response.body)] += 1
        if response.closes:
            connection.in_flight = False
            self.replace(connection, lost=False)
            return
        if starts_here:
            head_bytes = data[: data.find(HEAD_END)]
            head = parse_head(head_bytes)
            if not head.chunked:
                if len(known_heads) >= KNOWN_HEADS_MAX:
                    known_heads.clear()
                known_heads[head_bytes] = (head.status, head.body_bytes)
        self.send_next(connection)

    def close(self) -> None:
        """Close every socket and the epoll descriptor."""
        for connection in self.connections.values():
            connection.socket.close()
        self.poll.close()


def _send_rest(target: socket.socket, rest: bytes) -> None:
    """Finish a request that the socket did not take at once; requests are small, so this is rare."""
    target.settimeout(SOCKET_SECONDS)
    target.sendall(rest)
    target.setblocking(False)


def _problem_code(body: bytes) -> str:
    try:
        return _decode_problem(body).code
    except msgspec.DecodeError:
        return ""


def allow_open_files(count: int) -> None:
    """Raise the soft limit of open files to `count`; raises OSError where the hard limit is lower."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            raise OSError(f"the limit of open files is {hard}, {count} are needed (ulimit -n)")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def run_load(spec: LoadSpec) -> LoadResult:
    """Run the spec in this process. Raises ValueError for a bad spec, OSError when nobody listens."""
    check_spec(spec)
    requests = build_requests(spec)
    allow_open_files(spec.connections + FILES_BESIDE_CONNECTIONS)
    run = _Run((loopback_address(spec.host), spec.port), requests, spec.connections)
    try:
        before, started_ns = resource.getrusage(resource.RUSAGE_SELF), perf_counter_ns()
        run.drive(spec.seconds, spec.grace_seconds)
        wall_s = ((run.last_answer_ns or perf_counter_ns()) - started_ns) / 1e9
        after = resource.getrusage(resource.RUSAGE_SELF)
    finally:
        run.close()
    answered = len(run.latencies_ns)
    return LoadResult(
        connections=spec.connections,
        sent=run.sent,
        answered=answered,
        broken=run.broken,
        unanswered=run.in_flight,
        wall_s=wall_s,
        requests_per_s=answered / wall_s,
        latency=summarise(run.latencies_ns),
        statuses=dict(sorted(run.statuses.items())),
        refusals=dict(sorted(run.refusals.items())),
        cpu_user_s=after.ru_utime - before.ru_utime,
        cpu_system_s=after.ru_stime - before.ru_stime,
    )


def run_load_apart(spec: LoadSpec) -> LoadResult:
    """Run the spec in a process of its own. Raises RuntimeError with what it said if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.json.encode(spec),
        capture_output=True,
        cwd=Path(__file__).resolve().parent.parent,
        timeout=spec.seconds + spec.grace_seconds + 120,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()[-2000:]
        raise RuntimeError(f"the load generator failed: {said}")
    return msgspec.json.decode(done.stdout, type=LoadResult)


def main() -> None:
    """Read a LoadSpec from stdin, write the LoadResult to stdout."""
    spec = msgspec.json.decode(sys.stdin.buffer.read(), type=LoadSpec)
    sys.stdout.buffer.write(msgspec.json.encode(run_load(spec)) + b"\n")


if __name__ == "__main__":
    main()
