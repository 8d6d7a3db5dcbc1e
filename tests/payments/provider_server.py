"""What the servers of both providers have in common: a real HTTP server in a thread, and how it may fail."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass
class Answer:
    """What a server answers."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Trouble:
    """How a server fails from now on, until it is well again."""

    error_page: bool = False
    """A page of something between, with status 502."""
    odd: tuple[int, bytes] | None = None
    """Every call gets this status and these bytes, unsigned, as something between may answer."""
    silent_s: float = 0
    """Answers only after so many seconds."""
    wrong_signature: bool = False
    """Answers are signed by somebody else."""
    refusal: tuple[int, str] | None = None
    """Every business call is refused with this status (WeChat Pay) and code."""
    only: str = ""
    """Only calls whose path or method holds this word fail."""

    def concerns(self, call: str) -> bool:
        return not self.only or self.only in call


class ProviderServer:
    """A provider on a port of this machine. `calls` are the calls that came, by path or method."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.trouble = Trouble()
        self.calls: list[str] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @contextmanager
    def running(self) -> Iterator["ProviderServer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop answering; a second time does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    @contextmanager
    def troubled(self, **how: Any) -> Iterator[None]:
        """Fail for the length of the block."""
        self.trouble = Trouble(**how)
        try:
            yield
        finally:
            self.trouble = Trouble()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The provider's answer to a request; `headers` in lower case."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, provider: ProviderServer) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version: ClassVar[str] = "HTTP/1.1"  # type: ignore[misc]

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, *_: object) -> None:
        """Nothing: the test says what went wrong."""

    def _serve(self, method: str) -> None:
        provider: ProviderServer = self.server.provider  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        trouble = provider.trouble
        if trouble.concerns(self.path):
            if trouble.silent_s:
                time.sleep(trouble.silent_s)
            if trouble.error_page:
                return self._send(Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html"))
            if trouble.odd:
                return self._send(Answer(*trouble.odd, "text/plain"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with provider.lock:
            answer = provider.answer(method, self.path, headers, body)
        return self._send(answer)

    def _send(self, answer: Answer) -> None:
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.body:
                self.send_header("content-type", answer.content_type)
            if answer.status != 204:
                self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True
