"""A bucket for tests: a local server that speaks as much S3 as is asked of it, and refuses whoever signs wrongly.

Signatures are checked as AWS describes them (Signature Version 4): what passes here was signed with the key.
"""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KEY_ID, SECRET, REGION = "test-key", "test-secret", "cn-test-1"
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/]+)/(?P<day>\d+)/(?P<region>[^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]+)"
)


class Bucket:
    """What the server holds, and how it behaves."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.is_down = False
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name the bucket."""
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
        }


@contextmanager
def local_bucket() -> Iterator[Bucket]:
    """A bucket on a local port for the length of the block."""
    bucket = Bucket()

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a test tells what it sees."""

        def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = urlsplit(self.path).path
            bucket.asked.append(f"{self.command} {path}")
            if bucket.is_down:
                self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
            elif not _is_signed(self, content):
                self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            elif self.command == "PUT":
                bucket.objects[path] = content
                self._answer(200, etag=f'"{hashlib.md5(content).hexdigest()}"')
            elif self.command == "POST" and urlsplit(self.path).query == "delete":
                keys = re.findall(r"<Key>([^<]+)</Key>", content.decode())
                for key in keys:
                    bucket.objects.pop(f"{path}/{key}", None)
                deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
                self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
            else:
                self._read(path)

        def _read(self, path: str) -> None:
            if path not in bucket.objects:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
                return
            whole = bucket.objects[path]
            known = {"etag": '"e"', "last_modified": "Fri, 25 Feb 2022 04:00:00 GMT"}
            part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range") or "")
            if part is None:
                self._answer(200, whole, **known)
            else:
                start, end = int(part[1]), int(part[2])
                content_range = f"bytes {start}-{end}/{len(whole)}"
                self._answer(206, whole[start : end + 1], content_range=content_range, **known)

        do_GET = do_HEAD = do_PUT = do_POST = _serve  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bucket.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _is_signed(request: BaseHTTPRequestHandler, content: bytes) -> bool:
    found = _SIGNED.fullmatch(request.headers.get("authorization") or "")
    if found is None or found["id"] != KEY_ID or found["region"] != REGION:
        return False
    told = request.headers["x-amz-content-sha256"]
    if told not in {"UNSIGNED-PAYLOAD", hashlib.sha256(content).hexdigest()}:
        return False
    parts = urlsplit(request.path)
    names = found["headers"].split(";")
    canonical = "\n".join(
        [
            str(request.command),
            parts.path,
            "&".join(sorted(each if "=" in each else f"{each}=" for each in parts.query.split("&") if each)),
            *(f"{name}:{(request.headers[name] or '').strip()}" for name in names),
            "",
            found["headers"],
            told,
        ]
    )
    scope = f"{found['day']}/{REGION}/s3/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in (found["day"], REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hashed])
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), found["signature"])
