"""Notices over HTTP, for everybody: in pages, one by one, and all at once as a feed to subscribe to."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery

from yellowcart.accounts.access import PUBLIC
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.links.feeds import (
    NoticeAnswer,
    NoticeFeed,
    moment_key,
    notice_answer,
    rules_by_notice,
    validators_of,
)
from yellowcart.links.queries import notice
from yellowcart.links.store import PublishedNotice, read_notices, read_timeline

AnyRequest = Request[Person | None, str | None, Any]
VALIDATORS = [
    ResponseHeader(
        name="etag", description="Changes with the content; send it as `If-None-Match`.", documentation_only=True
    ),
    ResponseHeader(name="last-modified", description="When a notice changed last.", documentation_only=True),
]


@get("/notices", guards=[PUBLIC])
async def list_notices(
    database: NamedDependency[Database],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[NoticeAnswer]:
    """Every published notice with its rules, in order of effect; those withdrawn too, which have no rules."""
    async with database.reading() as reader:
        notices = await read_notices(reader)
        rules = rules_by_notice(await read_timeline(reader))
    after = decode_cursor(cursor, tuple[str, int], ("", 0))
    limit = bounded_size(size)
    rest = [each for each in notices if _key(each) > after]
    page = page_of(rest[: limit + 1], limit, _key)
    return Page(items=[notice_answer(each, rules) for each in page.items], next_cursor=page.next_cursor)


@get("/notices/{code:str}", guards=[PUBLIC])
async def one_notice(code: FromPath[str], database: NamedDependency[Database]) -> NoticeAnswer:
    """One published notice with its rules, by its code."""
    async with database.reading() as reader:
        found = await notice(reader, code)
        rules = rules_by_notice(await read_timeline(reader))
    return notice_answer(found, rules)


@get("/notices.json", guards=[PUBLIC], media_type=MediaType.JSON, response_headers=VALIDATORS)
async def notice_feed(
    request: AnyRequest, database: NamedDependency[Database]
) -> Response[NoticeFeed | bytes | None]:
    """Every published notice in one document, to be asked for again and again: with `If-None-Match` or
    `If-Modified-Since` the answer is 304 as long as nothing has changed."""
    async with database.reading() as reader:
        notices = await read_notices(reader)
        rules = rules_by_notice(await read_timeline(reader))
    content = msgspec.json.encode(NoticeFeed([notice_answer(each, rules) for each in notices]))
    validators = validators_of(content, notices, clock.now())
    if validators.are_known(
        if_none_match=request.headers.get("if-none-match"),
        if_modified_since=request.headers.get("if-modified-since"),
    ):
        return Response(None, status_code=304, headers=validators.headers)
    return Response(content, media_type=MediaType.JSON, headers=validators.headers)


def _key(published: PublishedNotice) -> tuple[str, int]:
    return (moment_key(published.notice.effective_at), published.notice.id)


ROUTES = Router("/api/v1", route_handlers=[list_notices, one_notice, notice_feed], tags=["link rules"])
