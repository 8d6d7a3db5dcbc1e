"""A small internet for tests: real sockets and real TLS on this machine, for whatever hosts a test names.

Every host leads to it, under the ports 80 and 443 that addresses have, unless a test gives the host other
addresses. What it answers is bytes as they go over the wire, or a function that writes them.
"""

import asyncio
import ipaddress
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from yellowcart.kernel.outbound import IpAddress, Network

LOOPBACK = ipaddress.ip_address("127.0.0.1")
Writes = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """An answer with its headers; underscores in their names stand for dashes."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def redirect(to: str, status: int = 302) -> bytes:
    """A redirect."""
    return answer(status, location=to)


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    url: str
    headers: dict[str, str]


@dataclass
class OutsideInternet:
    """What is asked of it, and what it answers, by address without scheme: `m.tb.cn/h.abc`."""

    answers: dict[str, bytes | Writes] = field(default_factory=dict)
    addresses: dict[str, Sequence[str]] = field(default_factory=dict)
    """Hosts that lead elsewhere than here."""
    asked: list[Asked] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    network: Network = field(default_factory=Network)

    @property
    def urls(self) -> list[str]:
        """The addresses asked, in order."""
        return [each.url for each in self.asked]

    async def look_up(self, host: str) -> tuple[IpAddress, ...]:
        """The addresses of a host in this internet."""
        self.looked_up.append(host)
        if host not in self.addresses:
            return (LOOPBACK,)
        return tuple(ipaddress.ip_address(address) for address in self.addresses[host])

    async def serve(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection and close it."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            place = headers["host"] + head[0].split(" ")[1]
            self.asked.append(Asked(f"{scheme}://{place}", headers))
            said = self.answers.get(place, answer(404))
            if isinstance(said, bytes):
                writer.write(said)
                await writer.drain()
            else:
                await said(writer)
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()


@asynccontextmanager
async def open_internet(folder: Path, hosts: Sequence[str]) -> AsyncIterator[OutsideInternet]:
    """The internet, with a certificate for these hosts by an authority that only its own network trusts."""
    internet = OutsideInternet()
    certificate, key = make_certificate(folder, hosts)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    plain = await asyncio.start_server(lambda r, w: internet.serve("http", r, w), "127.0.0.1", 0)
    secure = await asyncio.start_server(lambda r, w: internet.serve("https", r, w), "127.0.0.1", 0, ssl=tls)
    internet.network = Network(
        look_up=internet.look_up,
        is_public=lambda address: address == LOOPBACK,
        http_port=plain.sockets[0].getsockname()[1],
        https_port=secure.sockets[0].getsockname()[1],
        trust=lambda: ssl.create_default_context(cafile=str(certificate)),
    )
    try:
        yield internet
    finally:
        for server in (plain, secure):
            server.close()


def make_certificate(folder: Path, hosts: Sequence[str]) -> tuple[Path, Path]:
    """A certificate of its own authority for the hosts, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-days", "2", "-subj", "/CN=outside", "-addext", f"subjectAltName={names}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
