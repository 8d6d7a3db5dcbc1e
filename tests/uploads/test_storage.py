"""One interface over a folder and a bucket: what holds for the one holds for the other."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.uploads.bucket import Bucket, local_bucket
from yellowcart.kernel.settings import Settings
from yellowcart.uploads.errors import StorageAway, UploadUnknown
from yellowcart.uploads.storage import UploadStorage, fresh_key, open_storage, small_key


def settings(home: Path, uploads_url: str | None = None) -> Settings:
    """Settings that name a storage."""
    return Settings(
        home=home,
        database_url=None,
        secret="a secret for tests",
        demo=False,
        secure_cookies=False,
        behind_proxy=False,
        pool_size=1,
        log_format="console",
        uploads_url=uploads_url,
    )


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with local_bucket() as opened:
        for name, value in opened.environment.items():
            monkeypatch.setenv(name, value)
        yield opened


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> UploadStorage:
    if request.param == "folder":
        return open_storage(settings(tmp_path))
    request.getfixturevalue("bucket")
    return open_storage(settings(tmp_path, "s3://goods/evidence/of"))


async def read(storage: UploadStorage, key: str, **part: int) -> bytes:
    """An object, put together."""
    return b"".join([piece async for piece in await storage.read(key, **part)])


async def test_what_is_put_is_read_whole_and_in_part(storage: UploadStorage) -> None:
    key, content = fresh_key(), bytes(range(256)) * 5_000
    await storage.put(key, content)
    await storage.put(small_key(key), b"small")
    assert await read(storage, key) == content
    assert await read(storage, key, start=10, length=20) == content[10:30]
    assert await read(storage, key, start=0, length=1) == content[:1]
    assert await read(storage, small_key(key)) == b"small"


async def test_the_same_key_again_replaces_the_object(storage: UploadStorage) -> None:
    key = fresh_key()
    await storage.put(key, b"first")
    await storage.put(key, b"second")
    assert await read(storage, key) == b"second"


async def test_what_is_deleted_is_gone_and_deleting_it_again_is_no_error(storage: UploadStorage) -> None:
    key = fresh_key()
    await storage.put(key, b"content")
    await storage.delete([key, small_key(key)])
    await storage.delete([key])
    with pytest.raises(UploadUnknown):
        await storage.read(key)


async def test_objects_stand_in_the_bucket_below_its_prefix(bucket: Bucket, tmp_path: Path) -> None:
    await open_storage(settings(tmp_path, "s3://goods/evidence/of")).put("ab/cd", b"content")
    assert bucket.objects == {"/goods/evidence/of/ab/cd": b"content"}
    assert os.listdir(tmp_path) == [], "nothing is left on this machine"


async def test_a_bucket_that_refuses_is_away_and_says_nothing_of_itself(bucket: Bucket, tmp_path: Path) -> None:
    storage = open_storage(settings(tmp_path, "s3://goods"))
    bucket.is_down = True
    for call in (storage.put("ab/cd", b"content"), storage.read("ab/cd"), storage.delete(["ab/cd"])):
        with pytest.raises(StorageAway) as caught:
            await call
        assert bucket.url not in str(caught.value)


async def test_a_wrong_key_gets_nothing_from_the_bucket(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")
    with pytest.raises(StorageAway):
        await open_storage(settings(tmp_path, "s3://goods")).put("ab/cd", b"content")
    assert bucket.objects == {}


async def test_a_folder_that_cannot_be_written_is_away(tmp_path: Path) -> None:
    storage = open_storage(settings(tmp_path))
    (tmp_path / "uploads" / "ab").write_text("a file where a folder should be")
    with pytest.raises(StorageAway):
        await storage.put("ab/cd", b"content")


def test_keys_are_drawn_and_say_nothing() -> None:
    keys = {fresh_key() for _ in range(1_000)}
    assert len(keys) == 1_000
    assert all(len(key) == 41 and key[2] == "/" for key in keys)
