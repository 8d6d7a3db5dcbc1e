"""What is fetched from outside, and everything that is not: asked of a small internet with real sockets."""

import asyncio
import gzip
import ipaddress
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.outside_internet import OutsideInternet, answer, open_internet, redirect
from yellowcart.kernel import outbound
from yellowcart.kernel.outbound import Fetched, Network, fetch_hop, fetch_public, is_public
from yellowcart.kernel.outbound_errors import (
    AddressUnusable,
    HostNotAllowed,
    HostNotPublic,
    HostUnknown,
    NoAnswer,
    OutboundRefusal,
    TooManyHops,
    TooSlow,
)

HOSTS = ("a.example", "b.example", "c.example", "d.example")


@pytest.fixture
async def internet(tmp_path: Path) -> AsyncIterator[OutsideInternet]:
    async with open_internet(tmp_path, HOSTS) as opened:
        yield opened


async def fetch(internet: OutsideInternet, url: str, **bounds: Any) -> Fetched:
    """Ask with bounds that no well-behaved answer meets."""
    wanted: dict[str, Any] = {"is_allowed": HOSTS.__contains__, "bytes_max": 100_000, "seconds_max": 5.0} | bounds
    return await fetch_public(url, network=internet.network, **wanted)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_answer_comes_with_its_status_its_headers_and_its_body(
    internet: OutsideInternet, scheme: str
) -> None:
    internet.answers["a.example/p?q=1"] = answer(404, "nothing", content_type="text/plain", set_cookie="a=1")
    fetched = await fetch(internet, f"{scheme}://a.example/p?q=1#part")
    assert (fetched.status, fetched.content, fetched.is_cut) == (404, b"nothing", False)
    assert fetched.headers == {"content-type": "text/plain", "content-length": "7"}


async def test_redirects_are_followed_by_hand_and_told(internet: OutsideInternet) -> None:
    internet.answers |= {
        "a.example/1": redirect("/2?x=y#z", 301),
        "a.example/2?x=y": redirect("//b.example/3", 307),
        "b.example/3": redirect("http://c.example/4", 303),
        "c.example/4": answer(200, "here"),
    }
    fetched = await fetch(internet, "https://a.example/1")
    assert fetched.content == b"here"
    assert fetched.url == "http://c.example/4"
    assert fetched.hops == tuple(internet.urls)
    assert fetched.hops == (
        "https://a.example/1",
        "https://a.example/2?x=y",
        "https://b.example/3",
        "http://c.example/4",
    )


async def test_one_hop_follows_nothing_and_says_where_it_would_go(internet: OutsideInternet) -> None:
    internet.answers["a.example/1"] = redirect("https://10.0.0.1/")
    fetched = await fetch_hop(
        "https://a.example/1",
        is_allowed=HOSTS.__contains__,
        bytes_max=10,
        seconds_max=5,
        network=internet.network,
    )
    assert (fetched.status, fetched.next_url) == (302, "https://10.0.0.1/")


async def test_no_cookie_is_kept_and_no_proxy_of_the_environment_is_asked(
    internet: OutsideInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    internet.answers |= {
        "a.example/1": answer(302, location="/2", set_cookie="seen=1; Path=/"),
        "a.example/2": answer(200, "here"),
    }
    await fetch(internet, "http://a.example/1", headers={"User-Agent": "Phone", "Host": "evil.example"})
    assert [each.headers.get("cookie") for each in internet.asked] == [None, None]
    assert {each.headers["user-agent"] for each in internet.asked} == {"phone"}
    assert {each.headers["host"] for each in internet.asked} == {"a.example"}


async def test_a_circle_and_an_endless_way_end(internet: OutsideInternet) -> None:
    internet.answers |= {"a.example/1": redirect("/2"), "a.example/2": redirect("/1")}
    with pytest.raises(TooManyHops):
        await fetch(internet, "https://a.example/1")
    assert len(internet.asked) == 2
    internet.answers |= {f"b.example/{n}": redirect(f"/{n + 1}") for n in range(20)}
    with pytest.raises(TooManyHops):
        await fetch(internet, "https://b.example/0", hops_max=5)
    assert len(internet.asked) == 2 + 6


async def test_a_host_is_allowed_anew_at_every_hop(internet: OutsideInternet) -> None:
    internet.answers["a.example/1"] = redirect("https://other.example/")
    with pytest.raises(HostNotAllowed) as refused:
        await fetch(internet, "https://a.example/1")
    assert refused.value.values == {"host": "other.example"}
    assert internet.looked_up == ["a.example"]


@pytest.mark.parametrize("host", ["A.EXAMPLE", "a.example."])
async def test_the_host_is_judged_in_one_spelling(internet: OutsideInternet, host: str) -> None:
    seen: list[str] = []

    def refuse(name: str) -> bool:
        seen.append(name)
        return False

    with pytest.raises(HostNotAllowed):
        await fetch(internet, f"https://{host}/", is_allowed=refuse)
    assert seen == ["a.example"]


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["8.8.8.8"], ["127.0.0.1", "10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"]],
)
async def test_a_host_with_an_address_that_may_not_be_asked_is_not_asked_at_all(
    internet: OutsideInternet, addresses: list[str]
) -> None:
    internet.addresses["b.example"] = addresses
    internet.answers["a.example/1"] = redirect("https://b.example/")
    with pytest.raises(HostNotPublic):
        await fetch(internet, "https://a.example/1")
    assert len(internet.asked) == 1


async def test_the_name_is_asked_once_and_the_connection_goes_to_the_answer(internet: OutsideInternet) -> None:
    class Rebinding:
        """Says a good address first and a private one afterwards."""

        asked = 0

        async def look_up(self, host: str) -> tuple[outbound.IpAddress, ...]:
            self.asked += 1
            return (ipaddress.ip_address("127.0.0.1" if self.asked == 1 else "10.0.0.1"),)

    name = Rebinding()
    internet.answers["a.example/"] = answer(200, "here")
    network = msgspec.structs.replace(internet.network, look_up=name.look_up)
    fetched = await fetch_public(
        "https://a.example/", is_allowed=HOSTS.__contains__, bytes_max=10, seconds_max=5, network=network
    )
    assert fetched.content == b"here"
    assert name.asked == 1


async def test_the_next_address_of_a_host_is_tried_when_one_is_silent(internet: OutsideInternet) -> None:
    internet.addresses["a.example"] = ["127.0.0.2", "127.0.0.1"]
    internet.answers["a.example/"] = answer(200, "here")
    network = msgspec.structs.replace(internet.network, is_public=lambda address: address.is_loopback)
    fetched = await fetch_public(
        "http://a.example/", is_allowed=HOSTS.__contains__, bytes_max=10, seconds_max=5, network=network
    )
    assert fetched.content == b"here"


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("ftp://a.example/", AddressUnusable),
        ("file:///etc/passwd", AddressUnusable),
        ("gopher://a.example/", AddressUnusable),
        ("javascript:alert(1)", AddressUnusable),
        ("//a.example/", AddressUnusable),
        ("a.example", AddressUnusable),
        ("", AddressUnusable),
        ("https://", AddressUnusable),
        ("https://a.example:22/", AddressUnusable),
        ("https://a.example:99999/", AddressUnusable),
        ("https://user:word@a.example/", AddressUnusable),
        ("https://user@a.example/", AddressUnusable),
        ("https://a.example\\@b.example/", AddressUnusable),
        ("https://a.example/\nHost: b.example", AddressUnusable),
        ("https://a.example/" + "x" * 10_000, AddressUnusable),
        ("https://127.0.0.1/", HostNotAllowed),
        ("https://[::1]/", HostNotAllowed),
        ("https://2130706433/", HostNotAllowed),
        ("https://A.example.evil.example/", HostNotAllowed),
        ("https://\u0430.example/", HostNotAllowed),
    ],
)
async def test_what_is_no_address_of_the_web_is_refused_before_anything_is_asked(
    internet: OutsideInternet, url: str, refusal: type[OutboundRefusal]
) -> None:
    with pytest.raises(refusal):
        await fetch(internet, url)
    assert internet.looked_up == []


@pytest.mark.parametrize(
    "to", ["ftp://b.example/", "https://b.example:22/", "https://u:p@b.example/", "https://b.example:x/"]
)
async def test_a_redirect_is_held_to_the_same(internet: OutsideInternet, to: str) -> None:
    internet.answers["a.example/"] = redirect(to)
    with pytest.raises(AddressUnusable):
        await fetch(internet, "https://a.example/")
    assert len(internet.asked) == 1


async def test_a_name_without_address_is_told_apart_from_silence(internet: OutsideInternet) -> None:
    internet.addresses["a.example"] = []
    with pytest.raises(HostUnknown):
        await fetch(internet, "https://a.example/")

    async def no_such_name(host: str) -> tuple[outbound.IpAddress, ...]:
        raise OSError(host)

    with pytest.raises(HostUnknown):
        await fetch_public(
            "https://a.example/",
            is_allowed=HOSTS.__contains__,
            bytes_max=10,
            seconds_max=5,
            network=Network(look_up=no_such_name),
        )


async def test_a_certificate_for_another_host_is_no_answer(internet: OutsideInternet) -> None:
    with pytest.raises(NoAnswer):
        await fetch(internet, "https://stranger.example/", is_allowed=lambda host: True)
    assert internet.asked == []


async def test_a_certificate_of_an_unknown_authority_is_no_answer(internet: OutsideInternet) -> None:
    network = msgspec.structs.replace(internet.network, trust=None)
    with pytest.raises(NoAnswer):
        await fetch_public(
            "https://a.example/", is_allowed=HOSTS.__contains__, bytes_max=10, seconds_max=5, network=network
        )


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort"]
)
async def test_what_is_no_whole_answer_is_none(internet: OutsideInternet, said: bytes) -> None:
    internet.answers["a.example/"] = said
    with pytest.raises(NoAnswer):
        await fetch(internet, "https://a.example/")


async def test_a_body_is_read_to_the_bound_and_no_further(internet: OutsideInternet) -> None:
    internet.answers["a.example/fits"] = answer(200, b"x" * 1_000)
    internet.answers["a.example/long"] = answer(200, b"x" * 1_001)
    fits = await fetch(internet, "https://a.example/fits", bytes_max=1_000)
    long = await fetch(internet, "https://a.example/long", bytes_max=1_000)
    assert (len(fits.content), fits.is_cut) == (1_000, False)
    assert (len(long.content), long.is_cut) == (1_000, True)


async def test_an_endless_body_is_left(internet: OutsideInternet) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 200_000_000:
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    internet.answers["a.example/"] = endless
    fetched = await fetch(internet, "http://a.example/", bytes_max=100_000)
    assert (len(fetched.content), fetched.is_cut) == (100_000, True)
    assert sent < 200_000_000


@pytest.mark.parametrize(("packed", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_packed_body_is_unpacked_within_the_same_bound(
    internet: OutsideInternet, packed: str, pack: Any
) -> None:
    internet.answers["a.example/"] = answer(200, pack(b"here" * 100), content_encoding=packed)
    internet.answers["a.example/bomb"] = answer(200, pack(bytes(50_000_000)), content_encoding=packed)
    assert (await fetch(internet, "https://a.example/")).content == b"here" * 100
    bomb = await fetch(internet, "https://a.example/bomb", bytes_max=100_000)
    assert (len(bomb.content), bomb.is_cut) == (100_000, True)


@pytest.mark.parametrize("packed", ["br", "zstd", "gzip, gzip"])
async def test_a_body_packed_in_another_way_is_no_answer(internet: OutsideInternet, packed: str) -> None:
    internet.answers["a.example/"] = answer(200, b"here", content_encoding=packed)
    with pytest.raises(NoAnswer):
        await fetch(internet, "https://a.example/")


async def test_a_body_that_only_says_it_is_packed_is_no_answer(internet: OutsideInternet) -> None:
    internet.answers["a.example/"] = answer(200, b"here", content_encoding="gzip")
    with pytest.raises(NoAnswer):
        await fetch(internet, "https://a.example/")


async def test_an_answer_that_drips_ends_with_the_time_of_the_whole(internet: OutsideInternet) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    internet.answers["a.example/"] = redirect("/slow")
    internet.answers["a.example/slow"] = drip
    with pytest.raises(TooSlow):
        await fetch(internet, "http://a.example/", seconds_max=0.3)


async def test_a_name_that_is_never_answered_ends_with_the_time_too(internet: OutsideInternet) -> None:
    async def silence(host: str) -> tuple[outbound.IpAddress, ...]:
        await asyncio.Event().wait()
        return ()

    with pytest.raises(TooSlow):
        await fetch_public(
            "http://a.example/",
            is_allowed=HOSTS.__contains__,
            bytes_max=10,
            seconds_max=0.05,
            network=Network(look_up=silence),
        )


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
        *("172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1"),
        *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1"),
        *("100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd12::1", "fe80::1"),
        *("fe80::1%1", "2606:4700::1%1", "fec0::1", "ff02::1", "ff0e::1", "4000::1"),
    ],
)
def test_what_is_near_or_special_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "106.11.0.1", "223.5.5.5", "2606:4700:4700::1111", "240e::1"])
def test_machines_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
