"""The pages of reviews as a browser without scripts sees them, in both languages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.reviews.received import Received, merchant_of, moderator, rated, received_order, sums
from tests.small_world import make_small_world
from tests.uploads.things_people_bring import photo, picture
from tests.web.test_front import csrf_of
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.orders.model import OrderState
from yellowcart.reviews.model import HideReason, ReviewSum, ShowState
from yellowcart.reviews.moderate import Decision, decide_part
from yellowcart.uploads.model import UploadKind

HOSTILE = "<script>alert('x')</script>"
CHOSEN = {"goods": "4", "parcel": "5", "service": "3"}


@dataclass
class Scene:
    """An order that came, and the browsers of those who have to do with its review."""

    database: Database
    order: Received
    buyer: httpx.AsyncClient
    merchant: httpx.AsyncClient
    judge: httpx.AsyncClient
    judge_person: SignedIn

    @property
    def form(self) -> str:
        """Where the first line is rated."""
        return f"{self.order.path}/lines/{self.order.line_ids[0]}/review"


@pytest.fixture
async def scene(database: Database, application: Application) -> AsyncIterator[Scene]:
    world = await make_small_world(database)
    order = await received_order(database, world, lines=2)
    judge = await moderator(database)
    merchant = await merchant_of(database, world)
    async with (
        browser(application, order.buyer.token) as buyer,
        browser(application, merchant.token) as shop,
        browser(application, judge.token) as desk,
    ):
        for page in (buyer, shop, desk):
            page.cookies.set("language", "en")
        yield Scene(database, order, buyer, shop, desk, judge)


async def press(page: httpx.AsyncClient, read: str, path: str, /, **fields: str) -> httpx.Response:
    """Send a form of the page `read`."""
    token = csrf_of((await page.get(read)).text)
    return await page.post(path, data={"_csrf_token": token, **fields})


async def write(scene: Scene, files: list[tuple[str, bytes]] | None = None, **fields: str) -> httpx.Response:
    """Send the form that rates the first line, with its files as a browser without scripts does."""
    token = csrf_of((await scene.buyer.get(scene.form)).text)
    parts = [("pictures", (name, content, "image/jpeg")) for name, content in files or []]
    empty = [("pictures", ("", b"", "application/octet-stream"))]
    return await scene.buyer.post(
        scene.form, data={"_csrf_token": token, "request_key": "key", **CHOSEN, **fields}, files=parts or empty
    )


async def test_a_buyer_writes_with_pictures_and_everybody_reads_it(scene: Scene, application: Application) -> None:
    listed = (await scene.buyer.get(f"{scene.order.path}/review")).text
    assert listed.count("Write a review") == 2
    answer = await write(scene, [("a.jpg", photo()), ("b.png", picture(UploadKind.PNG))], body=f"很香 {HOSTILE}")
    assert answer.status_code == 303, answer.text[:500]
    mine = (await scene.buyer.get(str(answer.headers["location"]))).text
    assert mine.count("?size=small") == 2
    async with browser(application) as reader:
        page = (await reader.get(f"/products/{scene.order.shop_id}/{scene.order.world.product_id}/reviews")).text
        product = (await reader.get(f"/products/{scene.order.shop_id}/{scene.order.world.product_id}")).text
        path = page.split('class="review-pictures"')[1].split('href="')[1].split('"')[0]
        assert (await reader.get(path)).headers["content-type"] == "image/jpeg"
    for text in (page, product, mine):
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
    assert "林**" in page
    assert "林小满" not in page
    assert (await sums(scene.database, scene.order)).with_pictures == 1


async def test_a_form_sent_twice_writes_once(scene: Scene) -> None:
    form = {
        "_csrf_token": csrf_of((await scene.buyer.get(scene.form)).text),
        "request_key": "key",
        **CHOSEN,
        "body": "好",
    }
    first, second = [
        await scene.buyer.post(scene.form, data=form, files=[("pictures", ("a.jpg", photo(), "image/jpeg"))])
        for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert (await sums(scene.database, scene.order)).reviews == 1


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_a_refused_form_keeps_what_was_typed_and_the_pictures_that_came(scene: Scene, language: str) -> None:
    scene.buyer.cookies.set("language", language)
    answer = await write(scene, [("a.jpg", photo())], goods="", body="写了很多字")
    assert answer.status_code == 422
    words = {"en": "Choose one to five stars.", "zh_CN": "请选择 1 至 5 星。"}[language]
    assert words in answer.text
    assert "写了很多字" in answer.text
    assert answer.text.count('name="upload_ids"') == 1
    lie = await write(scene, [("a.jpg", b"<html>")], body="再来")
    assert lie.status_code == 422
    assert {"en": "This file cannot be taken", "zh_CN": "不支持该文件"}[language] in lie.text
    assert await sums(scene.database, scene.order) == ReviewSum()


async def test_what_cannot_be_rated_leads_back_and_says_why(scene: Scene, database: Database) -> None:
    shipped = await received_order(database, scene.order.world, buyer=scene.order.buyer, state=OrderState.SHIPPED)
    page = await scene.buyer.get(f"{shipped.path}/review")
    assert "once the goods have come" in page.text
    answer = await scene.buyer.get(f"{shipped.path}/lines/{shipped.line_ids[0]}/review")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{shipped.path}/review")
    await rated(database, scene.order)
    again = await scene.buyer.get(scene.form)
    assert again.headers["location"] == f"{scene.order.path}/review"


async def test_an_author_changes_appends_and_leaves_a_picture_out(scene: Scene) -> None:
    location = (await write(scene, [("a.jpg", photo())], body="好")).headers["location"]
    edit = await scene.buyer.get(f"{location}/edit")
    assert 'name="upload_ids"' in edit.text
    assert "checked" in edit.text
    token = csrf_of(edit.text)
    empty = [("pictures", ("", b"", "application/octet-stream"))]
    changed = await scene.buyer.post(
        f"{location}/edit", data={"_csrf_token": token, **CHOSEN, "goods": "2", "body": "改了"}, files=empty
    )
    assert changed.status_code == 303, changed.text[:300]
    appended = await scene.buyer.post(
        f"{location}/append", data={"_csrf_token": token, "body": "追评内容"}, files=empty
    )
    assert appended.status_code == 303
    page = (await scene.buyer.get(location)).text
    assert "改了" in page
    assert "追评内容" in page
    assert "?size=small" not in page
    found = await sums(scene.database, scene.order)
    assert (found.low, found.appended, found.with_pictures) == (1, 1, 0)


async def test_the_merchant_answers_on_the_page_and_a_refusal_keeps_the_words(scene: Scene) -> None:
    written = await rated(scene.database, scene.order, goods=2, body="淡了")
    path = f"/merchant/{scene.order.shop_id}/reviews"
    assert "淡了" in (await scene.merchant.get(f"{path}?only=waiting")).text
    long = await press(scene.merchant, path, f"{path}/{written.part_id}/answer", answer="长" * 501)
    assert long.status_code == 422
    assert "长" * 501 in long.text
    assert "At most 500 characters." in long.text
    done = await press(scene.merchant, path, f"{path}/{written.part_id}/answer", answer="已补发", only="waiting")
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?only=waiting")
    assert "Everything is answered" in (await scene.merchant.get(f"{path}?only=waiting")).text
    elsewhere = await press(scene.merchant, path, f"{path}/999/answer", answer="已补发")
    assert elsewhere.status_code == 404


async def test_a_reader_reports_a_moderator_hides_and_the_author_appeals(
    scene: Scene, application: Application
) -> None:
    written = await rated(scene.database, scene.order, body="不实的话")
    reader = await sign_in_as(scene.database)
    key = f"{scene.order.shop_id}/{written.part_id}"
    report = f"/reviews/{scene.order.shop_id}/parts/{written.part_id}/report"
    async with browser(application, reader.token) as page:
        page.cookies.set("language", "en")
        assert (await press(page, report, report, note="没有原因")).status_code == 422
        sent = await press(page, report, report, reason="abuse", note="骂人", next="https://elsewhere.test/")
        assert (sent.status_code, sent.headers["location"]) == (303, "/")
    queue = (await scene.judge.get("/operator/reviews?only=reported")).text
    assert f"/operator/reviews/{key}" in queue
    desk = f"/operator/reviews/{key}"
    assert "骂人" in (await scene.judge.get(desk)).text
    bare = await press(scene.judge, desk, desk, decision="hide", seen="shown")
    assert bare.status_code == 422
    assert "Choose a reason" in bare.text
    stale = await press(scene.judge, desk, desk, decision="hide", seen="held", reason="abuse")
    assert stale.status_code == 409
    hidden = await press(scene.judge, desk, desk, decision="hide", seen="shown", reason="abuse", note="请文明")
    assert hidden.status_code == 303
    mine = f"/reviews/{scene.order.shop_id}/{written.review_id}"
    page_of_author = (await scene.buyer.get(mine)).text
    assert "it insults or threatens" in page_of_author
    assert "请文明" in page_of_author
    assert "/edit" not in page_of_author
    appeal = f"{mine}/parts/{written.part_id}/appeal"
    assert (await press(scene.buyer, mine, appeal, appeal=" ")).status_code == 422
    assert (await press(scene.buyer, mine, appeal, appeal="我没有骂人")).status_code == 303
    assert (await press(scene.buyer, mine, appeal, appeal="再说一次")).status_code == 409
    assert "我没有骂人" in (await scene.judge.get(desk)).text
    shown = await press(scene.judge, desk, desk, decision="show", seen="appealed")
    assert shown.status_code == 303
    assert (await sums(scene.database, scene.order)).reviews == 1
    assert "Your review is shown" in (await scene.buyer.get("/messages")).text


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_every_page_opens_in_both_languages(scene: Scene, language: str) -> None:
    written = await rated(scene.database, scene.order)
    async with scene.database.writing() as writer:
        await decide_part(
            writer,
            scene.judge_person.person,
            written.shop_id,
            written.part_id,
            Decision.HIDE,
            seen=ShowState.SHOWN,
            reason=HideReason.PAID,
        )
    shop = f"/merchant/{scene.order.shop_id}/reviews"
    product = f"/products/{scene.order.shop_id}/{scene.order.world.product_id}/reviews"
    mine = f"/reviews/{scene.order.shop_id}/{written.review_id}"
    for page, paths in (
        (scene.buyer, ["/reviews", mine, f"{scene.order.path}/review", product, f"{product}?only=low", "/me"]),
        (scene.merchant, [shop, *(f"{shop}?only={only}" for only in ("waiting", "low", "answered", "nonsense"))]),
        (
            scene.judge,
            [
                "/operator/reviews",
                *(f"/operator/reviews?only={only}" for only in ("held", "reported", "appealed", "hidden", "?")),
                f"/operator/reviews/{written.shop_id}/{written.part_id}",
            ],
        ),
    ):
        page.cookies.set("language", language)
        for path in paths:
            answer = await page.get(path)
            assert answer.status_code == 200, (path, answer.text[:300])


async def test_pages_of_others_do_not_exist(scene: Scene, application: Application) -> None:
    written = await rated(scene.database, scene.order)
    stranger = await sign_in_as(scene.database)
    async with browser(application, stranger.token) as page:
        mine = f"/reviews/{scene.order.shop_id}/{written.review_id}"
        for path in (mine, f"{mine}/edit", f"{mine}/append", f"{scene.order.path}/review", scene.form):
            assert (await page.get(path)).status_code == 404, path
        for path in (f"/merchant/{scene.order.shop_id}/reviews", "/operator/reviews"):
            assert (await page.get(path)).status_code == 403, path
