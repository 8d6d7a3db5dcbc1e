"""Keeping, attaching, reading and removing files, through the verbs and over HTTP."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.uploads.things_people_bring import document, photo, picture, video
from tests.web.test_front import csrf_of
from yellowcart.accounts.model import Person
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.clock import Clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.idempotency import request_key
from yellowcart.kernel.setbacks import LONGEST_WAIT
from yellowcart.uploads.attach import attach_uploads, replace_uploads
from yellowcart.uploads.errors import (
    StorageAway,
    UploadDamaged,
    UploadMisnamed,
    UploadsTooMany,
    UploadsWaiting,
    UploadUnknown,
)
from yellowcart.uploads.keep import keep_upload
from yellowcart.uploads.model import Upload, UploadKind, UploadPurpose
from yellowcart.uploads.queries import read_upload, uploads_of, waiting_uploads
from yellowcart.uploads.reading import allow_reading
from yellowcart.uploads.remove import remove_unused, take_back_upload
from yellowcart.uploads.rules import NUMBER_MAX, UNUSED_AFTER, WAITING_MAX
from yellowcart.uploads.storage import UploadStorage

EVIDENCE, REVIEW = UploadPurpose.EVIDENCE, UploadPurpose.REVIEW
TOLD = "told-to-all"
READERS: set[int] = set()


async def _told(reader: Reader, person: Person | None, subject: str) -> bool:
    return person is not None and person.person_id in READERS


allow_reading(TOLD, _told)


class BrokenStorage(UploadStorage):
    """A storage that does not answer."""

    def __init__(self) -> None:
        """It holds nothing."""

    async def put(self, key: str, content: bytes) -> None:
        """Raises StorageAway."""
        raise StorageAway

    async def delete(self, keys: object) -> None:
        """Raises StorageAway."""
        raise StorageAway


@pytest.fixture
def storage(application: Application) -> UploadStorage:
    kept: UploadStorage = application.litestar.state.platform.upload_storage
    return kept


@pytest.fixture
async def buyer(database: Database) -> SignedIn:
    return await sign_in_as(database)


@pytest.fixture
async def program(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as opened:
        opened.headers["accept"] = "application/json"
        yield opened


async def keep(
    database: Database,
    storage: UploadStorage,
    person: Person,
    content: bytes | None = None,
    purpose: UploadPurpose = EVIDENCE,
) -> Upload:
    """One file of a person's."""
    return await keep_upload(database, storage, person, purpose, content or picture(), "a.jpg")


def objects(home: Path) -> list[str]:
    """What the folder of uploads holds."""
    return sorted(name for _, _, names in os.walk(home / "uploads") for name in names)


async def rows(database: Database) -> int:
    """How many uploads the table knows."""
    async with database.reading() as reader:
        return int(await reader.value("SELECT count(*) FROM upload"))


async def test_a_kept_file_is_there_for_its_owner_and_for_nobody_else(
    database: Database, storage: UploadStorage, buyer: SignedIn, tmp_path: Path
) -> None:
    upload = await keep(database, storage, buyer.person, photo())
    assert (upload.kind, upload.width, upload.height) == (UploadKind.JPEG, 120, 80)
    assert (upload.subject, upload.attached_at, upload.created_at) == (None, None, MORNING)
    assert len(objects(tmp_path)) == 2
    assert not any("a.jpg" in name or str(upload.upload_id) in name for name in objects(tmp_path))
    stranger = await sign_in_as(database)
    async with database.reading() as reader:
        assert (await read_upload(reader, buyer.person, upload.upload_id)).upload == upload
        for somebody in (stranger.person, None):
            with pytest.raises(UploadUnknown):
                await read_upload(reader, somebody, upload.upload_id)


async def test_a_file_that_lies_leaves_nothing_behind(
    database: Database, storage: UploadStorage, buyer: SignedIn, tmp_path: Path
) -> None:
    with pytest.raises(UploadMisnamed):
        await keep_upload(database, storage, buyer.person, EVIDENCE, document(), "photo.jpg")
    assert (objects(tmp_path), await rows(database)) == ([], 0)


async def test_what_the_storage_did_not_take_is_never_there_and_is_forgotten(
    database: Database, storage: UploadStorage, buyer: SignedIn, still_clock: Clock
) -> None:
    with pytest.raises(StorageAway):
        await keep(database, BrokenStorage(), buyer.person)
    assert await rows(database) == 1, "the promise is kept in mind"
    async with database.writing() as writer:
        upload_id = await writer.value("SELECT upload_id FROM upload")
        with pytest.raises(UploadUnknown):
            await read_upload(writer, buyer.person, upload_id)
        with pytest.raises(UploadUnknown):
            await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [upload_id], f"{TOLD}:1")
    still_clock.freeze(MORNING + UNUSED_AFTER)
    assert await remove_unused(database, storage) == 1
    assert await rows(database) == 0


async def test_what_nobody_attached_in_a_day_goes_and_what_was_attached_stays(
    database: Database, storage: UploadStorage, buyer: SignedIn, still_clock: Clock, tmp_path: Path
) -> None:
    unused, used = [await keep(database, storage, buyer.person) for _ in range(2)]
    async with database.writing() as writer:
        await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [used.upload_id], f"{TOLD}:1")
    still_clock.freeze(MORNING + UNUSED_AFTER - timedelta(seconds=1))
    assert await remove_unused(database, storage) == 0
    still_clock.freeze(MORNING + UNUSED_AFTER)
    assert await remove_unused(database, storage) == 1
    assert await remove_unused(database, storage) == 0
    assert len(objects(tmp_path)) == 2
    async with database.reading() as reader:
        await read_upload(reader, buyer.person, used.upload_id)
        with pytest.raises(UploadUnknown):
            await read_upload(reader, buyer.person, unused.upload_id)


async def test_a_removal_that_was_broken_off_is_done_again(
    database: Database, storage: UploadStorage, buyer: SignedIn, still_clock: Clock, tmp_path: Path
) -> None:
    upload = await keep(database, storage, buyer.person)
    still_clock.freeze(MORNING + UNUSED_AFTER)
    assert await remove_unused(database, BrokenStorage()) == 0
    async with database.writing() as writer:
        with pytest.raises(UploadUnknown):
            await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [upload.upload_id], f"{TOLD}:1")
    still_clock.freeze(clock.now() + LONGEST_WAIT)
    assert await remove_unused(database, storage) == 1
    assert (objects(tmp_path), await rows(database)) == ([], 0)


async def test_a_file_that_the_storage_does_not_remove_keeps_no_other(
    database: Database, storage: UploadStorage, buyer: SignedIn, still_clock: Clock, tmp_path: Path
) -> None:
    stuck, _ = [await keep(database, storage, buyer.person) for _ in range(2)]
    async with database.reading() as reader:
        key = await reader.value("SELECT storage_key FROM upload WHERE upload_id = %(id)s", id=stuck.upload_id)
    path = tmp_path / "uploads" / key
    path.unlink()
    (path / "what cannot be removed").mkdir(parents=True)
    still_clock.freeze(MORNING + UNUSED_AFTER)
    assert await remove_unused(database, storage) == 1
    assert await remove_unused(database, storage) == 0, "its turn has not come again"
    shutil.rmtree(path)
    still_clock.freeze(clock.now() + LONGEST_WAIT)
    assert await remove_unused(database, storage) == 1
    assert (objects(tmp_path), await rows(database)) == ([], 0)


async def test_only_who_brought_a_file_attaches_it_and_only_to_one_thing(
    database: Database, storage: UploadStorage, buyer: SignedIn
) -> None:
    mine = await keep(database, storage, buyer.person)
    for_review = await keep(database, storage, buyer.person, purpose=REVIEW)
    other = (await sign_in_as(database)).person
    async with database.writing() as writer:
        for person_id, upload_id in (
            (other.person_id, mine.upload_id),
            (buyer.person.person_id, for_review.upload_id),
            (buyer.person.person_id, 999),
            (buyer.person.person_id, -1),
        ):
            with pytest.raises(UploadUnknown):
                await attach_uploads(writer, person_id, EVIDENCE, [upload_id], f"{TOLD}:1")
        await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [mine.upload_id], f"{TOLD}:1")
        await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [mine.upload_id], f"{TOLD}:1")
        with pytest.raises(UploadUnknown):
            await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [mine.upload_id], f"{TOLD}:2")
        with pytest.raises(UploadUnknown):
            await take_back_upload(database, storage, buyer.person, for_review.upload_id + 10**12)


async def test_two_things_that_want_one_file_at_once_do_not_both_get_it(
    database: Database, storage: UploadStorage, buyer: SignedIn
) -> None:
    upload = await keep(database, storage, buyer.person)

    async def attach(subject: str) -> bool:
        try:
            async with database.writing() as writer:
                await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [upload.upload_id], subject)
        except UploadUnknown:
            return False
        return True

    got = await asyncio.gather(*(attach(f"{TOLD}:{number}") for number in range(4)))
    assert sorted(got) == [False, False, False, True]


async def test_files_keep_their_order_and_a_subject_has_so_many(
    database: Database, storage: UploadStorage, buyer: SignedIn
) -> None:
    most = NUMBER_MAX[EVIDENCE]
    uploads = [await keep(database, storage, buyer.person) for _ in range(most + 1)]
    ids = [upload.upload_id for upload in uploads]
    order = [ids[2], ids[0], ids[1]]
    me = buyer.person.person_id
    async with database.writing() as writer:
        await attach_uploads(writer, me, EVIDENCE, [*order, order[0]], f"{TOLD}:1")
        found = await uploads_of(writer, [f"{TOLD}:1", f"{TOLD}:2"])
        assert {subject: [each.upload_id for each in them] for subject, them in found.items()} == {
            f"{TOLD}:1": order
        }
        with pytest.raises(UploadsTooMany):
            await attach_uploads(writer, me, EVIDENCE, ids, f"{TOLD}:1")
        with pytest.raises(UploadsTooMany):
            await attach_uploads(writer, me, EVIDENCE, ids[3:], f"{TOLD}:1")
        await attach_uploads(writer, me, EVIDENCE, ids[3:most], f"{TOLD}:1")
        await replace_uploads(writer, me, EVIDENCE, [ids[5], ids[most]], f"{TOLD}:1")
        left = (await uploads_of(writer, [f"{TOLD}:1"]))[f"{TOLD}:1"]
        assert [each.upload_id for each in left] == [ids[5], ids[most]]
        free = await waiting_uploads(writer, me, EVIDENCE, [ids[1], ids[0], 999])
        assert [(each.upload_id, each.subject) for each in free] == [(ids[1], None), (ids[0], None)]


async def test_a_person_brings_so_many_files_without_using_them(
    database: Database, storage: UploadStorage, buyer: SignedIn
) -> None:
    key = request_key(buyer.person.person_id, "first of all", b"")
    first = await keep_upload(database, storage, buyer.person, REVIEW, picture(), "a.jpg", key=key)
    async with database.writing() as writer:
        await writer.run_many(
            """
            INSERT INTO upload (upload_id, person_id, purpose, kind, declared_name, byte_size, width, height,
                                storage_key, content_hash, created_at)
            VALUES (%(n)s, %(person)s, 'review', 'jpeg', '', 1, 1, 1, %(key)s, '', %(now)s)
            """,
            [
                {"n": n, "person": buyer.person.person_id, "key": f"key{n}", "now": MORNING}
                for n in range(WAITING_MAX - 1)
            ],
        )
    broken = b"\xff\xd8\xff no picture"
    for content in (picture(), broken):
        with pytest.raises(UploadsWaiting):
            await keep(database, storage, buyer.person, content)
    repeated = await keep_upload(database, storage, buyer.person, REVIEW, picture(), "a.jpg", key=key)
    assert repeated.upload_id == first.upload_id
    await take_back_upload(database, storage, buyer.person, first.upload_id)
    with pytest.raises(UploadDamaged):
        await keep(database, storage, buyer.person, broken)


async def test_a_rule_of_the_kind_says_who_else_may_see(
    database: Database, storage: UploadStorage, buyer: SignedIn
) -> None:
    reader_of_it = (await sign_in_as(database)).person
    upload = await keep(database, storage, buyer.person)
    async with database.writing() as writer:
        await attach_uploads(writer, buyer.person.person_id, EVIDENCE, [upload.upload_id], f"{TOLD}:1")
    async with database.reading() as reader:
        with pytest.raises(UploadUnknown):
            await read_upload(reader, reader_of_it, upload.upload_id)
        READERS.add(reader_of_it.person_id)
        await read_upload(reader, reader_of_it, upload.upload_id)
        with pytest.raises(UploadUnknown):
            await read_upload(reader, None, upload.upload_id)


async def bring(
    program: httpx.AsyncClient,
    buyer: SignedIn,
    content: bytes,
    name: str,
    key: str = "k",
    purpose: str = "evidence",
) -> httpx.Response:
    """Send a file to the API."""
    return await program.post(
        "/api/v1/uploads",
        headers=buyer.bearer | {"idempotency-key": key},
        data={"purpose": purpose},
        files={"file": (name, content, "image/jpeg")},
    )


async def test_the_api_keeps_a_file_once_for_one_key(
    program: httpx.AsyncClient, buyer: SignedIn, database: Database
) -> None:
    first = await bring(program, buyer, photo(), "a.jpg")
    again = await bring(program, buyer, photo(), "a.jpg")
    other = await bring(program, buyer, picture(UploadKind.PNG), "a.png")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409), first.text
    assert first.json() == again.json()
    assert "storage_key" not in first.json()
    assert other.json()["code"] == "idempotency_key_reused"
    assert await rows(database) == 1
    path = f"/api/v1/uploads/{first.json()['upload_id']}"
    assert (await program.get(path, headers=buyer.bearer)).json() == first.json()
    content = await program.get(f"{path}/content", headers=buyer.bearer)
    assert content.headers["content-type"] == "image/jpeg"
    assert b"taken at home" not in content.content
    assert (await program.get(path)).status_code == 401
    stranger = await sign_in_as(database)
    for tail in ("", "/content"):
        assert (await program.get(path + tail, headers=stranger.bearer)).json()["code"] == "upload_unknown"
    assert (await program.delete(path, headers=stranger.bearer)).status_code == 404
    assert (await program.delete(path, headers=buyer.bearer)).status_code == 204
    assert (await program.get(path, headers=buyer.bearer)).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "purpose", "status", "code"),
    [
        (b"<script>alert(1)</script>", "a.jpg", "evidence", 422, "upload_unsupported"),
        (document(), "a.jpg", "evidence", 422, "upload_misnamed"),
        (video(), "a.mp4", "review", 422, "upload_unsupported"),
        (picture()[:300], "a.jpg", "review", 422, "upload_damaged"),
        (b"", "a.jpg", "review", 422, "upload_empty"),
        (picture(), "a.jpg", "portrait", 422, "invalid_fields"),
    ],
)
async def test_the_api_says_why_it_refuses_a_file_in_both_languages(
    program: httpx.AsyncClient,
    buyer: SignedIn,
    database: Database,
    content: bytes,
    name: str,
    purpose: str,
    status: int,
    code: str,
) -> None:
    answer = await bring(program, buyer, content, name, purpose=purpose)
    assert (answer.json()["code"], answer.status_code) == (code, status)
    assert set(answer.json()["messages"]) == {"zh_CN", "en"}
    assert await rows(database) == 0


async def test_a_stranger_sends_nothing_and_a_key_is_needed(program: httpx.AsyncClient, buyer: SignedIn) -> None:
    file = {"file": ("a.jpg", picture(), "image/jpeg")}
    stranger = await program.post("/api/v1/uploads", data={"purpose": "review"}, files=file)
    assert stranger.status_code == 401
    keyless = await program.post("/api/v1/uploads", headers=buyer.bearer, data={"purpose": "review"}, files=file)
    assert keyless.json()["code"] == "idempotency_key_missing"


async def test_a_page_sends_a_file_ahead_of_its_form_and_shows_it(
    application: Application, buyer: SignedIn
) -> None:
    async with browser(application, buyer.token) as page:
        token = csrf_of((await page.get("/me")).text)
        page.headers["accept"] = "application/json"
        file = {"file": ("clip.mp4", video(), "video/mp4")}
        headers = {"x-csrf-token": token}
        forged = await page.post("/uploads", data={"purpose": "evidence"}, files=file)
        assert forged.json()["code"] == "form_expired"
        sent = await page.post("/uploads", headers=headers, data={"purpose": "evidence"}, files=file)
        assert sent.status_code == 201, sent.text
        path = f"/uploads/{sent.json()['upload_id']}"
        whole = await page.get(path)
        assert whole.headers["content-type"] == "video/mp4"
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in whole.headers["content-security-policy"]
        assert whole.headers["content-disposition"].startswith("inline; filename=")
        assert int(whole.headers["content-length"]) == len(whole.content) == sent.json()["byte_size"]
        part = await page.get(path, headers={"range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert part.headers["content-range"] == f"bytes 4-7/{len(whole.content)}"
        assert whole.headers["cache-control"] == "private, no-cache", "who signs out leaves no copy to look at"
        kept = await page.get(path, headers={"if-none-match": whole.headers["etag"]})
        assert (kept.status_code, kept.content) == (304, b"")
        small = await page.get(f"{path}?size=small")
        assert (small.headers["content-type"], small.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
        assert (await page.post(f"{path}/remove", headers=headers)).status_code == 204
        assert (await page.get(path)).status_code == 404


async def test_a_document_is_saved_and_not_shown_and_has_no_small_picture(
    application: Application, database: Database, storage: UploadStorage, buyer: SignedIn
) -> None:
    upload = await keep_upload(database, storage, buyer.person, EVIDENCE, document(), "我的 证据.pdf")
    async with browser(application, buyer.token) as page:
        answer = await page.get(upload.path)
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.content == document()
        assert (await page.get(upload.small_path)).status_code == 404
    async with browser(application) as stranger:
        assert (await stranger.get(upload.path)).status_code == 404
