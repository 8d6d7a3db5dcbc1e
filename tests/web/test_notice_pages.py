"""The operator's pages of notices and the public ones: in both languages, with nothing typed lost, two people."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import msgspec
import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.notice_world import REASON, Desk, begun, content, open_desk, published, refuse, submitted
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.clock_table import set_clock
from yellowcart.kernel.database import Database
from yellowcart.links.drafts import Bilingual, NoticeDraft
from yellowcart.links.model import Action, DraftState, Grace, SourceScope, Surface
from yellowcart.links.queries import drafts_of
from yellowcart.links.withdraw import withdraw_notice


@pytest.fixture
async def desk(database: Database) -> Desk:
    opened = await open_desk(database)
    async with database.writing() as writer:
        await set_clock(writer, MORNING)
    return opened


class Browsers:
    """A browser for each of the two people, and one for a reader from the street."""

    def __init__(self, drafter: httpx.AsyncClient, second: httpx.AsyncClient, anybody: httpx.AsyncClient) -> None:
        self.drafter, self.second, self.anybody = drafter, second, anybody


@pytest.fixture
async def browsers(application: Application, desk: Desk) -> AsyncIterator[Browsers]:
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(browser(application, token))
            for token in (desk.drafter.token, desk.second.token, None)
        ]
        for each in opened:
            each.cookies.set("language", "en")
        yield Browsers(*opened)


async def send(client: httpx.AsyncClient, path: str, data: dict[str, str]) -> httpx.Response:
    found = re.search(r'name="csrf-token" content="([^"]+)"', (await client.get("/operator/notices")).text)
    assert found
    return await client.post(path, data=data | {"_csrf_token": found[1]})


TYPED = {
    "issuer_zh": "快手电商",
    "issuer_en": "Kuaishou",
    "title_zh": "拼多多调整",
    "title_en": "Pinduoduo <b>changes</b> 100%",
    "text_zh": "正文",
    "text_en": "",
    "reason_zh": "合同变更",
    "reason_en": "A change of contract",
    "code": "",
    "announced_at": "",
    "effective_at": "2022-03-10T00:00",
    "grace": "room_ends",
    "request_key": "one-form",
    "lines.0.scope": "named",
    "lines.0.source.pinduoduo": "yes",
    "lines.0.where": "named",
    "lines.0.surface.live_cart": "yes",
    "lines.0.action": "allow_with_fee",
    "lines.0.fee": "20",
    "lines.0.channel": "not asked for",
    "lines.0.effective_at": "",
    "lines.3.scope": "third_party",
    "lines.3.where": "every",
    "lines.3.action": "refuse",
    "lines.3.fee": "x",
    "lines.3.channel": "",
    "lines.3.effective_at": "2022-03-24",
}


async def only_draft(database: Database) -> NoticeDraft:
    async with database.reading() as reader:
        (found,) = (await drafts_of(reader, states=tuple(DraftState))).items
    return found


async def test_a_notice_is_drafted_submitted_and_published_in_the_console(
    browsers: Browsers, database: Database
) -> None:
    saved = await send(browsers.drafter, "/operator/drafts/new", TYPED | {"do": "submit"})
    assert saved.status_code == 303, saved.text
    again = await send(browsers.drafter, "/operator/drafts/new", TYPED | {"do": "save"})
    assert again.status_code == 303, "the same form sent twice begins one draft"
    found = await only_draft(database)
    assert (found.state, found.code, found.content.grace) == (
        DraftState.SUBMITTED,
        "kuaishou-2022-03-10",
        Grace.ROOM_ENDS,
    )
    fee, all_out = found.content.lines
    assert (fee.action, fee.fee_basis_points, fee.channel, fee.sources, fee.surfaces) == (
        Action.ALLOW_WITH_FEE,
        2_000,
        None,
        ("pinduoduo",),
        (Surface.LIVE_CART,),
    )
    assert (all_out.sources, all_out.surfaces) == (SourceScope.THIRD_PARTY, None)
    here = f"/operator/drafts/{found.draft_id}"
    mine = await browsers.drafter.get(here, follow_redirects=True)
    assert "another operator decides" in mine.text
    assert f'href="{here}/publish"' not in mine.text
    refused = await send(browsers.drafter, f"{here}/publish", {"version": str(found.version)})
    assert refused.status_code == 403
    assert "another operator has to decide" in refused.text
    review = await browsers.second.get(here, follow_redirects=True)
    assert "Pinduoduo &lt;b&gt;changes&lt;/b&gt; 100%" in review.text
    assert f'href="{here}/simulation"' in review.text
    assert "only repeat" in review.text, "Youzan is refused in live rooms already"
    assert "stand on the timeline" in (await browsers.second.get(f"{here}/publish")).text
    done = await send(browsers.second, f"{here}/publish", {"version": str(found.version)})
    assert done.headers["location"] == "/operator/notices/kuaishou-2022-03-10", done.text
    page = await browsers.second.get(done.headers["location"])
    assert "20 %" in page.text
    assert "Rooms on air keep them until they end" in page.text
    public = await browsers.anybody.get("/notices/kuaishou-2022-03-10")
    assert "Rooms that are on air at that moment keep" in public.text
    assert "小青" not in public.text, "who works for the platform is nobody else's business"


async def test_adding_and_removing_lines_loses_nothing_that_was_typed(browsers: Browsers) -> None:
    more = await send(browsers.drafter, "/operator/drafts/new", TYPED | {"do": "add_line", "code": "Not A Code"})
    assert more.status_code == 200
    assert more.text.count('class="draft-line"') == 3
    for kept in ('value="Not A Code"', 'value="20"', 'name="lines.0.source.pinduoduo" value="yes" checked'):
        assert kept in more.text
    fewer = await send(browsers.drafter, "/operator/drafts/new", TYPED | {"do": "remove_line:0"})
    assert fewer.text.count('class="draft-line"') == 1
    assert '<option value="third_party" selected>' in fewer.text
    assert 'name="lines.0.fee"' in fewer.text
    for odd in ("remove_line:x", "remove_line:99999999999", "remove_line:", "", "dance"):
        answer = await send(browsers.drafter, "/operator/drafts/new", TYPED | {"do": odd, "effective_at": "x"})
        assert answer.status_code in {200, 422}


async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_saved(
    browsers: Browsers, database: Database
) -> None:
    wrong = TYPED | {
        "do": "save",
        "lines.0.fee": "0",
        "lines.3.effective_at": "soon",
        "effective_at": "0001-01-01",
        "announced_at": "99999-01-01T00:00",
        "code": "Großes",
    }
    for language, words in (("en", "A fee is more than 0"), ("zh_CN", "服务费须大于 0")):
        browsers.drafter.cookies.set("language", language)
        answer = await send(browsers.drafter, "/operator/drafts/new", wrong)
        assert answer.status_code == 422
        assert words in answer.text
        for field in ("lines.0.fee", "lines.1.effective_at", "effective_at", "announced_at"):
            assert f'href="#field-{field}"' in answer.text
        assert 'value="拼多多调整"' in answer.text
    async with database.reading() as reader:
        assert (await drafts_of(reader, states=tuple(DraftState))).items == []


async def test_the_effect_is_shown_before_anything_is_saved(browsers: Browsers, database: Database) -> None:
    answer = await send(browsers.drafter, "/operator/drafts/new", TYPED | {"do": "preview"})
    assert answer.status_code == 200
    assert 'id="preview"' in answer.text
    assert "2022-03-24 00:00" in answer.text
    collides = TYPED | {"do": "preview", "effective_at": "2022-03-01T00:00", "lines.3.effective_at": ""}
    told = (await send(browsers.drafter, "/operator/drafts/new", collides)).text
    assert "live room carts, JD Union, 2022-03-01 00:00: notice 2022-03." in told
    async with database.reading() as reader:
        assert (await drafts_of(reader, states=tuple(DraftState))).items == []


async def test_a_draft_saved_in_another_window_is_shown_beside_what_was_typed(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    begun_ = await begun(database, desk.drafter.person, content(code="two-windows"))
    path = f"/operator/drafts/{begun_.draft_id}"
    first = await send(browsers.drafter, path, TYPED | {"version": "1", "title_zh": "第一个窗口", "do": "save"})
    assert first.status_code == 303
    second = await send(browsers.drafter, path, TYPED | {"version": "1", "title_zh": "第二个窗口", "do": "save"})
    assert second.status_code == 409
    assert "第一个窗口" in second.text
    assert 'value="第二个窗口"' in second.text
    found = re.search(r'name="version" value="(\d+)"', second.text)
    assert found
    third = await send(
        browsers.drafter, path, TYPED | {"version": found[1], "title_zh": "第二个窗口", "do": "save"}
    )
    assert third.status_code == 303
    assert (await only_draft(database)).content.title.zh == "第二个窗口"


async def test_another_operator_does_not_get_the_editor_and_is_told_whose_it_is(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    begun_ = await begun(database, desk.drafter.person, content())
    path = f"/operator/drafts/{begun_.draft_id}"
    assert "小青 is still writing" in (await browsers.second.get(path, follow_redirects=True)).text
    answer = await send(browsers.second, path, TYPED | {"version": "1", "do": "save"})
    assert answer.status_code == 403
    assert "This draft is 小青" in answer.text


async def test_a_draft_that_cannot_be_submitted_is_saved_and_says_why(
    browsers: Browsers, database: Database
) -> None:
    answer = await send(
        browsers.drafter, "/operator/drafts/new", TYPED | {"do": "submit", "reason_zh": "", "reason_en": ""}
    )
    assert answer.status_code == 422
    assert "at least one of the two languages" in answer.text
    found = await only_draft(database)
    assert found.state is DraftState.DRAFT
    assert f'action="/operator/drafts/{found.draft_id}"' in answer.text


async def test_a_draft_goes_back_with_a_remark_and_is_discarded(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    waiting = await submitted(database, desk, content())
    path = f"/operator/drafts/{waiting.draft_id}"
    silent = await send(browsers.second, f"{path}/return", {"version": str(waiting.version), "remark": " "})
    assert silent.status_code == 422
    assert 'href="#field-remark"' in silent.text
    hostile = "<i>100%</i> %(name)s {{ 7*7 }}"
    sent = await send(browsers.second, f"{path}/return", {"version": str(waiting.version), "remark": hostile})
    assert sent.status_code == 303
    editor = await browsers.drafter.get(path)
    assert "&lt;i&gt;100%&lt;/i&gt; %(name)s {{ 7*7 }}" in editor.text
    version = (await only_draft(database)).version
    gone = await send(browsers.drafter, f"{path}/discard", {"version": str(version)})
    assert gone.status_code == 303
    assert "Draft discarded" in (await browsers.drafter.get(path, follow_redirects=True)).text


async def test_withdrawing_asks_for_a_reason_and_amending_leads_to_a_draft(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    await published(database, desk, content(code="cut"))
    here = "/operator/notices/cut"
    page = (await browsers.second.get(here)).text
    assert f'href="{here}/withdraw"' in page
    assert f'action="{here}/amend"' in page
    amended = await send(browsers.second, f"{here}/amend", {})
    assert amended.status_code == 303
    twice = await send(browsers.drafter, f"{here}/amend", {})
    assert twice.headers["location"] == amended.headers["location"], "a second amendment leads to the first"
    mine = await send(browsers.drafter, f"{here}/withdraw", {"reason_zh": "不要了"})
    assert mine.status_code == 403
    silent = await send(browsers.second, f"{here}/withdraw", {"reason_zh": "", "reason_en": " "})
    assert silent.status_code == 422
    gone = await send(browsers.second, f"{here}/withdraw", {"reason_zh": "", "reason_en": "100% <agreed>"})
    assert gone.status_code == 303, gone.text
    for reader, path in ((browsers.second, here), (browsers.anybody, "/notices/cut")):
        text = (await reader.get(path)).text
        assert "Withdrawn before it took effect." in text
        assert "100% &lt;agreed&gt;" in text
    again = await send(browsers.second, f"{here}/withdraw", {"reason_zh": "再来"})
    assert again.status_code == 409


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_page_opens_in_both_languages(
    browsers: Browsers, database: Database, desk: Desk, language: str
) -> None:
    await published(database, desk, content(code="cut"))
    await published(database, desk, content(refuse(Surface.SHOP_PAGE), code="gone"))
    async with database.writing() as writer:
        await withdraw_notice(writer, desk.second.person, "gone", reason=REASON)
    waiting = await submitted(database, desk, content(refuse(Surface.VIDEO_CART), code="waiting"))
    own = await begun(database, desk.second.person, content(refuse(Surface.VIDEO_CART), code="own"))
    for client in (browsers.second, browsers.anybody):
        client.cookies.set("language", language)
    for path in (
        "/operator/rules",
        "/operator/notices",
        "/operator/notices?tab=in_force",
        "/operator/notices?tab=drafts",
        "/operator/notices?tab=withdrawn",
        "/operator/notices?tab=nonsense&text=%25",
        "/operator/notices/cut",
        "/operator/notices/gone",
        "/operator/notices/2022-03",
        "/operator/notices/cut/withdraw",
        "/operator/drafts/new",
        f"/operator/drafts/{own.draft_id}",
        f"/operator/drafts/{waiting.draft_id}/review",
        *(f"/operator/drafts/{waiting.draft_id}/{each}" for each in ("publish", "return", "discard", "take-back")),
    ):
        answer = await browsers.second.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert ("运营后台" if language == "zh_CN" else "Operator console") in answer.text
    for path in ("/notices", "/notices/cut", "/notices/gone", "/notices/2018"):
        answer = await browsers.anybody.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert ("订阅到日历" if language == "zh_CN" else "Subscribe in a calendar") in answer.text
    for path in (
        "/notices/nobody",
        "/operator/notices/nobody",
        "/operator/drafts/17",
        "/operator/drafts/17/review",
        "/operator/drafts/99999999999999999999999",
        "/notices/%00",
        "/api/v1/notices/%00",
        "/operator/notices/%00/withdraw",
    ):
        assert (await browsers.second.get(path)).status_code == 404


async def test_nobody_else_gets_in_and_drafts_are_not_public(
    application: Application, browsers: Browsers, database: Database, desk: Desk
) -> None:
    waiting = await submitted(database, desk, content(code="secret-plan"))
    for role in (role for role in Role if role is not Role.OPERATOR):
        stranger: SignedIn = await sign_in_as(database, role)
        async with browser(application, stranger.token) as client:
            for path in ("/operator/notices", f"/operator/drafts/{waiting.draft_id}", "/operator/drafts/new"):
                assert (await client.get(path)).status_code == 403
    assert "secret-plan" not in (await browsers.anybody.get("/notices")).text
    assert (await browsers.anybody.get("/notices/secret-plan")).status_code == 404


async def test_lists_are_searched_and_turned_page_by_page(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    for number in range(23):
        written = content(code=f"plan-{number:02d}")
        if number == 7:
            written = content(code="needle", effective_at=MORNING)
        await begun(database, desk.drafter.person, written)
    first = (await browsers.second.get("/operator/notices?tab=drafts")).text
    link = re.search(r'rel="next" href="([^"]+)"', first)
    assert link
    second = (await browsers.second.get(link[1].replace("&amp;", "&"))).text
    codes = re.findall(r"<small>(plan-\d\d|needle)", first + second)
    assert len(codes) == len(set(codes)) == 23
    found = (await browsers.second.get("/operator/notices?tab=drafts&text=NEEDLE")).text
    assert re.findall(r"<small>(plan-\d\d|needle)", found) == ["needle"]
    assert "Nothing found" in (await browsers.second.get("/operator/notices?tab=drafts&text=zzz")).text
    damaged = await browsers.second.get("/operator/notices?tab=drafts&cursor=%00broken")
    assert damaged.status_code == 422


async def test_the_clock_decides_which_list_a_notice_stands_in(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    told = await published(database, desk, content(code="cut"))
    assert "/operator/notices/cut" in (await browsers.second.get("/operator/notices")).text
    async with database.writing() as writer:
        await set_clock(writer, told.notice.effective_at)
    assert "/operator/notices/cut" not in (await browsers.second.get("/operator/notices")).text
    assert "/operator/notices/cut" in (await browsers.second.get("/operator/notices?tab=in_force")).text
    page = (await browsers.second.get("/operator/notices/cut")).text
    assert "/withdraw" not in page
    assert "/amend" not in page
    late = await send(browsers.second, "/operator/notices/cut/amend", {})
    assert late.status_code == 409
    assert "Only a later notice" in late.text


async def test_the_other_operators_find_a_message_in_their_inbox(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    await submitted(database, desk, content())
    for language, words in (("en", "A notice waits for a second operator"), ("zh_CN", "有公告等待审核")):
        browsers.second.cookies.set("language", language)
        browsers.drafter.cookies.set("language", language)
        assert words in (await browsers.second.get("/messages")).text
        assert words not in (await browsers.drafter.get("/messages")).text


async def test_a_notice_in_one_language_is_read_in_both(
    browsers: Browsers, database: Database, desk: Desk
) -> None:
    written = msgspec.structs.replace(
        content(code="only-chinese"),
        issuer=Bilingual("快手"),
        title=Bilingual("只有中文"),
        text=Bilingual("正文"),
        reason=Bilingual("原因"),
    )
    await published(database, desk, written)
    assert "只有中文" in (await browsers.anybody.get("/notices/only-chinese")).text
    assert "只有中文" in (await browsers.anybody.get("/notices")).text
