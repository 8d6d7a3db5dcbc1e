"""Follows a short link or a click link over the network to the one product that it leads to.

At every hop the recogniser reads the address; as soon as it is a product of the same source, that is the answer.
Redirects are followed and landing pages read (`landing_pages`), only among the hosts that the pattern files give
that source. Where a page names several products, or none, there is no answer: nothing is guessed.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urljoin

import msgspec

from yellowcart.kernel.outbound import INTERNET, Fetched, Network, fetch_hop
from yellowcart.kernel.outbound_errors import OutboundRefusal
from yellowcart.links.address import decoded, take_apart
from yellowcart.links.found_link import FoundLink, Kind
from yellowcart.links.landing_pages import Leads, read_landing_page
from yellowcart.links.pattern_files import PatternFile, WayForm
from yellowcart.links.recognise import Recogniser

HOPS_MAX: Final = 8
"""Addresses asked for one link."""
PAGE_BYTES_MAX: Final = 256 * 1024
FOLLOW_SECONDS_MAX: Final = 4.0
"""For the whole way: somebody is waiting before a page."""
USER_AGENT: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/15.3 Mobile/15E148 Safari/604.1"
)
"""A phone's: some platforms send a desktop nowhere (domain.md §4, gotcha 1)."""

_TEXT: Final = re.compile(r"text/|html|json|javascript|xml", re.IGNORECASE)
_LEAD_ON: Final = frozenset({Kind.SHORT, Kind.AFFILIATE})


def leads_on(link: FoundLink) -> bool:
    """Whether a link names no product and may lead to one."""
    wanting = link.kind in _LEAD_ON or link.kind is Kind.ITEM
    return wanting and link.item_id is None and link.canonical_url is not None


async def follow(link: FoundLink, recogniser: Recogniser, network: Network = INTERNET) -> FoundLink | None:
    """The product that a link leads to, with the promoter met on the way; None if it leads to no certain one.

    The answer stands where the link stood in its text. A click page that names the product but is none itself is
    an answer, too, if nothing better comes after it. Raises OutboundRefusal, or TimeoutError when the way was too
    long for `FOLLOW_SECONDS_MAX`.
    """
    way = _Way(link, recogniser, network)
    try:
        async with asyncio.timeout(FOLLOW_SECONDS_MAX):
            found = await way.walk() or way.named
    except (OutboundRefusal, TimeoutError):
        if way.named is None:
            raise
        found = way.named
    if found is None:
        return None
    promotion = found.promotion_id or way.promotion_id
    return msgspec.structs.replace(found, promotion_id=promotion, start=link.start, end=link.end)


class _Way:
    """One link's way: where it is, what it has seen."""

    def __init__(self, link: FoundLink, recogniser: Recogniser, network: Network) -> None:
        self._link = link
        self._recogniser = recogniser
        self._network = network
        files = [file for file in recogniser.files if file.source == link.source]
        self._is_allowed = _allowed_hosts(files)
        self._forms = [file.way for file in files]
        self._words = [re.compile(words) for form in self._forms for words in form.words]
        self._user_agent = next((form.user_agent for form in self._forms if form.user_agent), USER_AGENT)
        self._seen: set[str] = set()
        self.promotion_id = link.promotion_id
        self.named: FoundLink | None = None
        """A click page met on the way that names the product."""

    async def walk(self) -> FoundLink | None:
        """The product, or None where the way ends without one."""
        address = self._link.canonical_url or ""
        before = ""
        for _ in range(HOPS_MAX):
            here = self._recognised(address)
            if here is not None:
                self.promotion_id = here.promotion_id or self.promotion_id
                if _is_product(here):
                    return here
                if here.kind is Kind.AFFILIATE and here.item_id is not None:
                    self.named = here
                    if (product := self._product_of(here.item_id)) is not None:
                        return product
            ahead = _address_ahead(address, self._forms)
            if ahead is not None and self._may_go(ahead):
                before, address = address, ahead
                continue
            self._seen.add(address)
            fetched = await self._ask(address, before)
            found, following = self._read(fetched, here)
            if found is not None or following is None:
                return found
            before, address = address, following
        return None

    async def _ask(self, address: str, before: str) -> Fetched:
        for form in self._forms:
            for written, asked in form.instead:
                address = address.replace(written, asked, 1)
        headers = {"user-agent": self._user_agent, "accept": "text/html,*/*", "accept-language": "zh-CN,zh;q=0.9"}
        if before:  # the click pages of some networks go on only for who comes from the page before
            headers["referer"] = before
        return await fetch_hop(
            address,
            is_allowed=self._is_allowed,
            bytes_max=PAGE_BYTES_MAX,
            seconds_max=FOLLOW_SECONDS_MAX,
            headers=headers,
            network=self._network,
        )

    def _read(self, fetched: Fetched, here: FoundLink | None) -> tuple[FoundLink | None, str | None]:
        """The product that an answer leads to, or the address to ask next."""
        redirect = fetched.next_url
        if redirect is not None:
            leads = Leads(goes_to=(redirect,))
        elif fetched.status == 200 and _TEXT.search(fetched.headers.get("content-type", "text/html")):
            leads = read_landing_page(fetched.content.decode("utf-8", "replace"), self._words)
        else:
            return None, None
        following = None
        for certain, addresses in zip((True, True, False), leads.grades(), strict=True):
            # What a page merely has in its data speaks for it only where the page itself is a way station.
            if not certain and (here is None or here.kind not in _LEAD_ON):
                continue
            products, others = self._sorted(urljoin(fetched.url, address) for address in addresses)
            if len({(each.item_id, each.shop_id) for each in products}) > 1:
                return None, None
            if products:
                return products[0], None
            following = following or (next(iter(others), None) if certain else None)
        return None, following

    def _sorted(self, addresses: Iterable[str]) -> tuple[list[FoundLink], list[str]]:
        """Products of the source among the addresses, and what may be asked of the others."""
        products, others = [], []
        for address in addresses:
            link = self._recognised(address)
            if link is not None and _is_product(link):
                products.append(link)
            elif self._may_go(address):
                others.append(address)
        return products, others

    def _product_of(self, item_id: str) -> FoundLink | None:
        """The product that a click page names, where the platform has one address for it."""
        pattern = next((form.product for form in self._forms if form.product), "")
        return self._recognised(pattern.replace("{item}", item_id)) if pattern else None

    def _recognised(self, address: str) -> FoundLink | None:
        """What an address is, if it is of the link's own source."""
        link = self._recogniser.read_address(address)
        return link if link is not None and link.source == self._link.source else None

    def _may_go(self, address: str) -> bool:
        if address in self._seen or not address.startswith(("https://", "http://")):
            return False
        place = take_apart(address)
        return place is not None and self._is_allowed(place.host)


def _is_product(link: FoundLink) -> bool:
    return link.kind is Kind.ITEM and link.item_id is not None


def _address_ahead(address: str, forms: Iterable[WayForm]) -> str | None:
    """The next address, where a parameter of this one names it."""
    place = take_apart(address)
    names = {name for form in forms for name in form.ahead}
    if place is None or not names:
        return None
    for parameter in place.query.split("&"):
        name, _, value = parameter.partition("=")
        if name in names and value:
            return decoded(value)
    return None


def _allowed_hosts(files: Iterable[PatternFile]) -> Callable[[str], bool]:
    hosts: set[str] = set()
    domains: set[str] = set()
    for file in files:
        hosts.update(file.way.through)
        for page in file.page:
            hosts.update(page.hosts)
            domains.update(page.under)

    def is_allowed(host: str) -> bool:
        if host in hosts:
            return True
        while host:
            if host in domains:
                return True
            host = host.partition(".")[2]
        return False

    return is_allowed
