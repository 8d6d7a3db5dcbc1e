"""Every page of the house, opened by everybody in both languages: on an installation with nothing on it, and on a
small stage. Nobody meets an error of the server or a page that is not theirs, and no English stands on a Chinese
page.
"""

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
from litestar.routes import HTTPRoute

from tests.conftest import SignedIn, browser, sign_in_as
from tests.conversion_world import jump, line_of, outside_listing, send
from tests.notice_world import content, open_desk, submitted
from tests.stage_world import SOURCES, live_room, new_host, new_video, write_shop
from yellowcart.accounts.access import Access
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.links.sources import place_known_sources

NO_PAGES = re.compile(
    r"^/(api|assets|media|docs|language|buyer-token|healthz|readyz|metrics|sandbox|uploads)(/|$)"
)
PLACE = re.compile(r"\{(\w+):(\w+)\}")
NOWHERE = {"int": "999", "str": "nothing"}
"""What stands for an id where there is nothing to name."""

WORDS_OF_ADDRESSES = {"decision": "publish", "form": "actions.csv", "kind": "rooms"}
ASKED_WITH = {"/operator/clock/brought": "?after=2022-02-24&until=2022-02-25"}
"""What a page is asked with that is nothing without it."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_WORD = re.compile(r"(?<![\w.@/:=-])[A-Za-z]{3,}(?![\w.@/:=-])")
SAID_AS_IT_IS = {
    *("English", "GMV", "SKU", "GPM", "API", "CSV", "Excel", "JSON", "MCN", "HTTP"),
    *("Shopify", "WooCommerce", "xls", "xlsx", "Shanghai", "UTF"),
}
"""The switch to the other language, terms of the field and names of programs and files."""

NOT_OF_THIS_STAGE = {
    "/listings/{listing_id:int}/sheet",
    "/creator/twins/replace",
    "/operator/drafts/{draft_id:int}",
    "/merchant",
    "/me/addresses/{address_id:int}",
    "/merchant/{shop_id:int}/coupons/{coupon_id:int}",
    "/creator/coupons/{coupon_id:int}",
    "/operator/coupons/{coupon_id:int}",
    "/operator/categories/{category_id:int}",
    "/merchant/{shop_id:int}/freight/{freight_template_id:int}",
    "/merchant/{shop_id:int}/freight/{freight_template_id:int}/retire",
    "/cashier/{shop_id:int}/{order_id:int}",
    "/cashier/{shop_id:int}/{order_id:int}/return",
    "/cashier/{shop_id:int}/{order_id:int}/scan",
    "/cashier/{shop_id:int}/{order_id:int}/wechat",
    "/operator/payments/{shop_id:int}/{payment_id:int}",
    "/orders/{shop_id:int}/{order_id:int}",
    "/orders/{shop_id:int}/{order_id:int}/again",
    "/orders/{shop_id:int}/{order_id:int}/review",
    "/orders/{shop_id:int}/{order_id:int}/lines/{order_line_id:int}/review",
    "/reviews/{shop_id:int}/{review_id:int}",
    "/reviews/{shop_id:int}/{review_id:int}/edit",
    "/reviews/{shop_id:int}/{review_id:int}/append",
    "/operator/reviews/{shop_id:int}/{part_id:int}",
    "/aftersales/new",
    "/aftersales/reckon/{shop_id:int}/{order_id:int}/{order_line_id:int}",
    "/aftersales/{shop_id:int}/{aftersale_id:int}",
    "/aftersales/{shop_id:int}/{aftersale_id:int}/change",
    "/aftersales/{shop_id:int}/{aftersale_id:int}/{do:str}",
    "/merchant/{shop_id:int}/aftersales/give",
    "/merchant/{shop_id:int}/aftersales/{aftersale_id:int}",
    "/merchant/{shop_id:int}/aftersales/{aftersale_id:int}/{do:str}",
    "/operator/arbitration/{shop_id:int}/{aftersale_id:int}",
    "/operator/orders/{shop_id:int}/{order_id:int}",
    "/merchant/{shop_id:int}/orders/{order_id:int}",
    "/merchant/{shop_id:int}/shipping/files/{file_id:int}",
    "/merchant/{shop_id:int}/shipping/files/{file_id:int}/progress",
    "/merchant/{shop_id:int}/shipping/files/{file_id:int}/result.csv",
    "/merchant/{shop_id:int}/shipping/files/{file_id:int}/result.xlsx",
    "/merchant/{shop_id:int}/shipping/needs/{need_id:int}",
    "/carrier/needs/{shop_id:int}/{need_id:int}",
    "/merchant/{shop_id:int}/imports/{import_id:int}",
    "/merchant/{shop_id:int}/imports/{import_id:int}/progress",
    "/merchant/{shop_id:int}/imports/{import_id:int}/report.csv",
    "/merchant/{shop_id:int}/imports/{import_id:int}/report.xlsx",
}
"""Pages of orders, coupons, freight, imports and choices, which the small stage has none of, and those that lead
on at once: a draft that was submitted to its review, a merchant to their only shop. The tests of each open
them."""

AS_RECORDED = "/operator/audit"
"""Holds values as they were recorded, in the platform's own keys."""

NOT_SPOKEN = {"script", "style", "code", "title"}


@dataclass(frozen=True)
class Visit:
    """One page as one person found it."""

    who: str
    path: str
    status: int
    text: str


@dataclass
class House:
    """The people of an installation, and what stands for the ids in the addresses of its pages."""

    people: dict[str, SignedIn | None]
    ids: dict[str, str] = field(default_factory=dict)


class Spoken(HTMLParser):
    """What a page says to a reader: its text, and what it says to those who do not see it."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # What is written in English on purpose says so in `lang`; so does the page itself, and that is not meant.
        if not self._silent and (tag in NOT_SPOKEN or (tag != "html" and ("lang", "en") in attrs)):
            self._silent = tag
        self.words += [
            value
            for name, value in attrs
            if value and name in ("aria-label", "title", "placeholder", "data-label")
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def pages_of(application: Application) -> Iterator[tuple[str, Access]]:
    """The address of every page, and who may see it."""
    for route in application.litestar.routes:
        if not isinstance(route, HTTPRoute) or NO_PAGES.match(route.path):
            continue
        for handler in route.route_handlers:
            if "GET" in handler.http_methods:
                (access,) = [guard for guard in handler.resolve_guards() if isinstance(guard, Access)]
                yield route.path, access


def spoken(page: str) -> str:
    """The words of a page."""
    reading = Spoken()
    reading.feed(page)
    return " ".join(" ".join(reading.words).split())


def address_of(path: str, ids: dict[str, str]) -> str:
    """A route's path with an id in every place."""
    known = WORDS_OF_ADDRESSES | ids
    return PLACE.sub(lambda found: known.get(found[1], NOWHERE[found[2]]), path) + ASKED_WITH.get(path, "")


def may_see(access: Access, who: SignedIn | None) -> bool:
    """Whether a page is there for somebody."""
    if who is None:
        return access.public
    return access.roles is None or bool(access.roles & who.person.roles)


def is_fitting(access: Access, who: SignedIn | None, path: str, status: int) -> bool:
    """Whether somebody was answered as they should be: shut out where it is not theirs, and let in where it is."""
    if not may_see(access, who):
        return status == (302 if who is None else 403)
    return status in ((200, 303, 404) if "{" in path else (200, 303))


async def look_around(
    application: Application, house: House, language: str, *, shut_doors: bool = False
) -> tuple[list[Visit], list[str]]:
    """Open every page as everybody who may see it, and with `shut_doors` as all the others too. What was found,
    and what was not as it should be."""
    visits: list[Visit] = []
    complaints: list[str] = []
    async with AsyncExitStack() as stack:
        for name, who in house.people.items():
            client: httpx.AsyncClient = await stack.enter_async_context(
                browser(application, who.token if who else None)
            )
            client.cookies.set("language", language)
            for path, access in pages_of(application):
                if not shut_doors and not may_see(access, who):
                    continue
                answer = await client.get(address_of(path, house.ids))
                if not is_fitting(access, who, path, answer.status_code):
                    complaints.append(f"{name} {answer.request.url.path}: {answer.status_code}")
                is_page = answer.headers.get("content-type", "").startswith("text/html")
                visits.append(Visit(name, path, answer.status_code, spoken(answer.text) if is_page else ""))
    return visits, complaints


def english_on(visits: list[Visit], tolerated: set[str]) -> list[str]:
    """The English words that stand on pages which should have none."""
    return sorted(
        {
            f"{visit.path}: {word}"
            for visit in visits
            if visit.path != AS_RECORDED
            for word in ENGLISH_WORD.findall(visit.text)
            if word not in tolerated
        }
    )


async def empty_house(database: Database) -> House:
    """Nothing but sources and one person of every kind, each new to the platform."""
    async with database.writing() as writer:
        await place_known_sources(writer)
    people: dict[str, SignedIn | None] = {"nobody": None}
    for role in Role:
        people[role.value] = await sign_in_as(database, role, name="小林")
    del people[Role.CREATOR.value]  # without a profile a creator has one page, and is told so on all others
    people["host"] = (await new_host(database, name="小林")).signed_in
    return House(people)


async def small_stage(database: Database) -> House:
    """A shop, a creator on air with a video, notices, a draft, and an outside listing whose order was reported."""
    desk = await open_desk(database)
    draft = await submitted(database, desk, content(code="pinduoduo"))
    merchant = await sign_in_as(database, Role.MERCHANT, name="掌柜")
    host = await new_host(database)
    room = await live_room(database, host)
    video_id = await new_video(database, host)
    listing_id = await outside_listing(database, host)
    async with database.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        await writer.run(
            "INSERT INTO shop_member VALUES (%(shop_id)s, %(person_id)s, %(now)s)",
            shop_id=shop_id,
            person_id=merchant.person.person_id,
            now=clock.now(),
        )
        await jump(writer, listing_id, clock.now())
    line = line_of(title="铸铁锅")
    report = await send(database, desk.drafter.person, line)
    return House(
        {
            "nobody": None,
            "buyer": await sign_in_as(database, name="买家"),
            "host": host.signed_in,
            "merchant": merchant,
            "drafter": desk.drafter,
            "second operator": desk.second,
            "carrier": await sign_in_as(database, Role.CARRIER, name="物流商"),
        },
        {
            "shop_id": str(shop_id),
            "product_id": str(product_id),
            "room_id": str(room.room_id),
            "place_id": str(room.room_id),
            "video_id": str(video_id),
            "listing_id": str(listing_id),
            "draft_id": str(draft.draft_id),
            "code": "2022-03",
            "person_id": str(host.person.person_id),
            "report_id": str(report.report.report_id),
            "network": line.network.value,
            "order_line_id": line.order_line_id,
        },
    )


async def test_an_installation_with_nothing_on_it_has_every_page_in_chinese(
    application: Application, database: Database
) -> None:
    visits, complaints = await look_around(application, await empty_house(database), "zh_CN", shut_doors=True)
    assert not complaints, "\n".join(complaints)
    assert not (found := english_on(visits, SAID_AS_IT_IS)), "\n".join(found)


async def test_an_installation_with_nothing_on_it_has_every_page_in_english(
    application: Application, database: Database
) -> None:
    house = await empty_house(database)
    people = {name: house.people[name] for name in ("nobody", "host", "merchant", "operator")}
    visits, complaints = await look_around(application, House(people), "en")
    assert not complaints, "\n".join(complaints)
    known = {"中文", "小林", "小"}
    found = sorted(
        {
            f"{visit.path}: {word}"
            for visit in visits
            for word in visit.text.split()
            if CHINESE.search(word) and word not in known
        }
    )
    assert not found, "\n".join(found)


async def test_every_page_of_a_small_stage_comes_up_for_somebody_and_speaks_chinese(
    application: Application, database: Database
) -> None:
    house = await small_stage(database)
    visits, complaints = await look_around(application, house, "zh_CN")
    assert not complaints, "\n".join(complaints)
    # The sources of this stage have their keys for names.
    assert not (found := english_on(visits, {*SAID_AS_IT_IS, *SOURCES})), "\n".join(found)
    came_up = {visit.path for visit in visits if visit.status == 200}
    assert {path for path, _ in pages_of(application)} - came_up == NOT_OF_THIS_STAGE


async def test_every_page_of_a_small_stage_comes_up_in_english(
    application: Application, database: Database
) -> None:
    _, complaints = await look_around(application, await small_stage(database), "en")
    assert not complaints, "\n".join(complaints)
