"""Fetches from the internet what somebody typed, so that nobody can make us ask our own network.

Four things hold at every hop: the scheme and the port are those of the web; the caller allows the host; every
address that the host's name has is public; and the connection goes to one of the addresses that were looked
at, because the name is not asked a second time. No proxy of the environment is used, no cookie kept, no more
read than the caller wants, and the whole ends in time.
"""

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

import httpx
import msgspec

from yellowcart.kernel.open_sessions import require_no_session
from yellowcart.kernel.outbound_errors import (
    AddressUnusable,
    HostNotAllowed,
    HostNotPublic,
    HostUnknown,
    NoAnswer,
    TooManyHops,
    TooSlow,
)

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

URL_LENGTH_MAX: Final = 8_192
ADDRESSES_TRIED_MAX: Final = 3
"""How many of a host's addresses are tried before it counts as silent."""
CONNECT_SECONDS_MAX: Final = 3.0
"""How long one of them may take to be reached."""
HEADERS_KEPT: Final = ("content-type", "content-length", "last-modified", "etag", "location")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
# Inside 2000::/3: protocol assignments with Teredo, 6to4 (both carry an IPv4 address), documentation.
_SPECIAL_IPV6: Final = tuple(
    ipaddress.IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# Protocol assignments, and the relays of 6to4.
_SPECIAL_IPV4: Final = tuple(ipaddress.IPv4Network(each) for each in ("192.0.0.0/24", "192.88.99.0/24"))


def is_public(address: IpAddress) -> bool:
    """Whether an address is that of some machine on the internet, and of nothing nearer.

    Of IPv6 only global unicast counts; what carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo) could
    lead to any private one and does not. `is_global` alone admits multicast and some of these.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None or address not in _GLOBAL_IPV6:
            return False
        return address.is_global and not any(address in network for network in _SPECIAL_IPV6)
    if address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return address.is_global and not any(address in network for network in _SPECIAL_IPV4)


async def look_up(host: str) -> tuple[IpAddress, ...]:
    """Every address of a host, in the order the system prefers. Raises OSError for one that has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """The internet as it is asked: how names become addresses, and which addresses and ports may be asked.

    Tests put servers of their own in its place; everything else uses `INTERNET`.
    """

    look_up: Callable[[str], Awaitable[tuple[IpAddress, ...]]] = look_up
    is_public: Callable[[IpAddress], bool] = is_public
    http_port: int = 80
    https_port: int = 443
    """The ports that are connected to. An address may name 80 and 443 and no others, wherever these are."""
    trust: Callable[[], ssl.SSLContext] | None = None
    """Makes what certificates are checked with; None checks with the usual authorities."""


INTERNET: Final = Network()


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, whatever its status; `content` is unpacked and holds at most the bytes that were wanted.

    `headers` has those of `HEADERS_KEPT` that came, in lower case. `hops` are the addresses asked, first to
    last; `url` is the last. `is_cut` says that there was more.
    """

    url: str
    status: int
    headers: dict[str, str]
    content: bytes
    is_cut: bool
    hops: tuple[str, ...]

    @property
    def next_url(self) -> str | None:
        """Where a redirect leads, None for any other answer. Raises AddressUnusable if that is no address."""
        location = self.headers.get("location")
        if self.status not in _REDIRECTS or not location:
            return None
        try:
            return str(httpx.URL(self.url).join(location).copy_with(fragment=None))
        except (httpx.InvalidURL, ValueError) as error:
            raise AddressUnusable from error


async def fetch_public(
    url: str,
    *,
    is_allowed: Callable[[str], bool],
    bytes_max: int,
    seconds_max: float,
    hops_max: int = 5,
    headers: Mapping[str, str] | None = None,
    network: Network = INTERNET,
) -> Fetched:
    """GET an address and follow its redirects, `hops_max` at most, all within `seconds_max` seconds.

    `is_allowed` is asked with the host of every hop, in lower case and without its last dot. The answer may
    have any status. Of its body `bytes_max` bytes are read, counted both as sent and unpacked.
    Raises the refusals of `outbound_errors`.
    """
    require_no_session("the internet")
    hops: list[str] = []
    try:
        async with asyncio.timeout(seconds_max):
            while True:
                if url in hops or len(hops) > hops_max:
                    raise TooManyHops(most=hops_max)
                hops.append(url)
                fetched = await _fetch(url, is_allowed, bytes_max, headers or {}, network)
                following = fetched.next_url
                if following is None:
                    return msgspec.structs.replace(fetched, hops=tuple(hops))
                url = following
    except TimeoutError as error:
        raise TooSlow(host=_host_shown(url)) from error


async def fetch_hop(
    url: str,
    *,
    is_allowed: Callable[[str], bool],
    bytes_max: int,
    seconds_max: float,
    headers: Mapping[str, str] | None = None,
    network: Network = INTERNET,
) -> Fetched:
    """GET one address and follow nothing: `next_url` of the answer says where a redirect would lead.

    For who decides at every hop whether to go on. Bounds and refusals are those of `fetch_public`.
    """
    try:
        async with asyncio.timeout(seconds_max):
            return await _fetch(url, is_allowed, bytes_max, headers or {}, network)
    except TimeoutError as error:
        raise TooSlow(host=_host_shown(url)) from error


async def _fetch(
    url: str, is_allowed: Callable[[str], bool], bytes_max: int, headers: Mapping[str, str], network: Network
) -> Fetched:
    parsed = _parsed(url)
    host = _plain_host(parsed)
    if not is_allowed(host):
        raise HostNotAllowed(host=host)
    addresses = await _public_addresses(host, network)
    async with _answer(parsed, addresses, headers, network) as answer:
        try:
            content, is_cut = await _read(answer, bytes_max)
        except (httpx.HTTPError, zlib.error) as error:
            raise NoAnswer(host=host) from error
        kept = {name: answer.headers[name] for name in HEADERS_KEPT if name in answer.headers}
    return Fetched(url=url, status=answer.status_code, headers=kept, content=content, is_cut=is_cut, hops=(url,))


def _parsed(url: str) -> httpx.URL:
    """The address taken apart. Raises AddressUnusable."""
    if len(url) > URL_LENGTH_MAX:
        raise AddressUnusable
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressUnusable from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise AddressUnusable
    # httpx leaves out the port that the scheme has anyway.
    if parsed.port is not None:
        raise AddressUnusable
    return parsed


def _plain_host(parsed: httpx.URL) -> str:
    return parsed.raw_host.decode("ascii").lower().removesuffix(".")


def _host_shown(url: str) -> str:
    return httpx.URL(url).host


async def _public_addresses(host: str, network: Network) -> tuple[IpAddress, ...]:
    """The addresses of a host. One that is not public spoils them all: which would be used is not ours to hope."""
    try:
        addresses = await network.look_up(host)
    except (OSError, ValueError) as error:
        raise HostUnknown(host=host) from error
    if not addresses:
        raise HostUnknown(host=host)
    if not all(network.is_public(address) for address in addresses):
        raise HostNotPublic(host=host)
    return addresses[:ADDRESSES_TRIED_MAX]


@asynccontextmanager
async def _answer(
    parsed: httpx.URL, addresses: tuple[IpAddress, ...], headers: Mapping[str, str], network: Network
) -> AsyncIterator[httpx.Response]:
    """The answer of the first address that can be reached, its body not yet read. Raises NoAnswer."""
    host = parsed.raw_host.decode("ascii")
    sent = {
        "accept": "*/*",
        **{name.lower(): value for name, value in headers.items()},
        "host": parsed.netloc.decode("ascii"),
        "accept-encoding": "gzip",
        "connection": "close",
    }
    port = network.https_port if parsed.scheme == "https" else network.http_port
    trust = network.trust() if network.trust is not None else _usual_trust()
    # The transport alone, without a client around it: it knows no proxies, cookies, redirects or passwords.
    async with httpx.AsyncHTTPTransport(verify=trust, trust_env=False, retries=0) as transport:
        for address in addresses:
            # The name is gone from the address that is connected to; it lives on in the Host header and in
            # TLS, where the certificate is still checked against it.
            request = httpx.Request(
                "GET",
                parsed.copy_with(host=str(address), port=port),
                headers=sent,
                extensions={"sni_hostname": host, "timeout": {"connect": CONNECT_SECONDS_MAX}},
            )
            try:
                answer = await transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if address == addresses[-1]:
                    raise NoAnswer(host=host) from error
                continue
            except (httpx.HTTPError, OSError, ValueError) as error:
                raise NoAnswer(host=host) from error
            try:
                yield answer
            finally:
                await answer.aclose()
            return


async def _read(answer: httpx.Response, bytes_max: int) -> tuple[bytes, bool]:
    """The body, at most `bytes_max` bytes of it, and whether there was more. Raises httpx.HTTPError, zlib.error.

    Unpacked here, with a bound: a library that unpacks as it reads would first hold all of a small packet's
    gigabyte.
    """
    packed = answer.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError(f"packed as {packed[:20]}")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packed in ("gzip", "x-gzip", "deflate") else None
    content = bytearray()
    received = 0
    async for piece in answer.stream:  # type: ignore[union-attr]
        received += len(piece)
        room = bytes_max - len(content)
        if unpacker is None:
            content += piece[: room + 1]
        elif not unpacker.eof:
            content += unpacker.decompress(piece, room + 1)
        if len(content) > bytes_max or received > bytes_max:
            return bytes(content[:bytes_max]), True
    return bytes(content), False


@cache
def _usual_trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
