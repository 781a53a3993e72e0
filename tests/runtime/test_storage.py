"""Files by their content: the folder and the bucket keep the same promises."""

import contextlib
import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from runtime import storage
from runtime.errors import NotFound, SettingError, Unavailable
from runtime.settings import settings
from tests.stubs.s3_stub import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, S3Stub, Trouble

CONTENT = b"\x89PNG of a damaged box" * 1_000
DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    yield tmp_path / "files"
    settings.cache_clear()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Stub]:
    with S3Stub() as stub:
        monkeypatch.setenv("DESKFLEET_FILES_S3_URL", stub.url)
        monkeypatch.setenv("DESKFLEET_FILES_S3_ACCESS_KEY", ACCESS_KEY)
        monkeypatch.setenv("DESKFLEET_FILES_S3_SECRET_KEY", SECRET_KEY)
        monkeypatch.setenv("DESKFLEET_FILES_S3_REGION", REGION)
        settings.cache_clear()
        yield stub
    settings.cache_clear()


Age = Callable[[], None]


@pytest.fixture(params=["folder", "bucket"])
def age_all(request: pytest.FixtureRequest) -> Age:
    """The tests that take this run on both stores; calling it makes all that is kept a day older."""
    if request.param == "bucket":
        stub: S3Stub = request.getfixturevalue("bucket")
        return lambda: stub.age(DAY)
    files: Path = request.getfixturevalue("folder")

    def age() -> None:
        then = time.time() - DAY.total_seconds()
        for path in files.glob("??/*"):
            os.utime(path, (then, then))

    return age


@pytest.mark.parametrize("content", [CONTENT, b"x", b"", b"\x00\xff" * 1_500_000], ids=len)
def test_what_is_put_is_got_back(age_all: Age, content: bytes) -> None:
    key = storage.put(content)
    assert key == hashlib.sha256(content).hexdigest()
    assert storage.get(key) == content


def test_the_same_content_is_kept_once(age_all: Age) -> None:
    assert storage.put(CONTENT) == storage.put(CONTENT)
    assert list(storage.keys()) == [hashlib.sha256(CONTENT).hexdigest()]


def test_all_keys_are_listed(age_all: Age) -> None:
    put = {storage.put(str(number).encode()) for number in range(20)}
    assert set(storage.keys()) == put


def test_a_file_that_is_not_there_is_not_found(age_all: Age) -> None:
    with pytest.raises(NotFound):
        storage.get("0" * 64)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0" * 63, "0" * 64 + "\n", "A" * 64, "/" * 64])
def test_only_a_key_becomes_a_path(age_all: Age, key: str) -> None:
    with pytest.raises(NotFound):
        storage.get(key)
    with pytest.raises(NotFound):
        storage.delete(key)


def test_what_was_deleted_is_gone_and_deleting_again_is_fine(age_all: Age) -> None:
    key = storage.put(CONTENT)
    assert storage.delete(key)
    assert storage.delete(key)
    with pytest.raises(NotFound):
        storage.get(key)


def test_fresh_content_is_left_by_who_removes_what_is_old(age_all: Age) -> None:
    key = storage.put(CONTENT)
    assert not storage.delete(key, older_than_s=3600)
    assert storage.get(key) == CONTENT
    age_all()
    assert storage.delete(key, older_than_s=3600)
    assert list(storage.keys()) == []


def test_old_content_that_is_put_again_is_fresh(age_all: Age) -> None:
    key = storage.put(CONTENT)
    age_all()
    storage.put(CONTENT)
    assert not storage.delete(key, older_than_s=3600)
    assert storage.get(key) == CONTENT


def test_damage_is_noticed_in_the_folder_and_mended_by_the_next_put(folder: Path) -> None:
    key = storage.put(CONTENT)
    path = folder / key[:2] / key
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(Unavailable, match="damaged"):
        storage.get(key)
    storage.put(CONTENT)
    assert storage.get(key) == CONTENT


def test_damage_is_noticed_in_the_bucket(bucket: S3Stub) -> None:
    key = storage.put(CONTENT)
    bucket.objects = dict.fromkeys(bucket.objects, CONTENT[::-1])
    with pytest.raises(Unavailable, match="damaged"):
        storage.get(key)


def test_files_of_the_folder_are_for_their_owner_alone(folder: Path) -> None:
    key = storage.put(CONTENT)
    assert stat.S_IMODE((folder / key[:2] / key).stat().st_mode) == 0o600
    assert [path.name for path in folder.glob("*/*")] == [key]


def test_a_full_disk_is_a_store_that_is_away_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left on device") as raised:
        storage.put(CONTENT)
    assert str(folder) not in raised.value.detail
    assert list(folder.glob("*/*")) == []


def test_who_puts_and_who_removes_at_the_same_moment_lose_nothing(folder: Path) -> None:
    """After a put that came back, the content is there, whatever the removal of old content does meanwhile."""
    key = storage.put(CONTENT)
    stop = threading.Event()

    def remove() -> None:
        while not stop.is_set():
            storage.delete(key, older_than_s=3600)

    path = folder / key[:2] / key
    thread = threading.Thread(target=remove)
    thread.start()
    try:
        for _ in range(150):
            _make_old(path)
            storage.put(CONTENT)
            assert _is_back(path)
    finally:
        stop.set()
        thread.join()


def _make_old(path: Path) -> None:
    then = time.time() - DAY.total_seconds()
    with contextlib.suppress(FileNotFoundError):
        os.utime(path, (then, then))


def _is_back(path: Path) -> bool:
    """Put aside for its age to be looked at, it is back within a moment."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if path.exists():
            return True
        time.sleep(0.001)
    return False


def test_objects_lie_below_the_prefix_of_the_bucket(bucket: S3Stub) -> None:
    key = storage.put(CONTENT)
    assert list(bucket.objects) == [f"/{BUCKET}/files/{key[:2]}/{key}"]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(),
        Trouble(500, "InternalError"),
        Trouble(403, "AccessDenied"),
        Trouble(404, "NoSuchBucket"),
        Trouble(500, body=b""),
        Trouble(500, body=b"<html>proxy</html"),
        Trouble(502, body=b"\xff\xfe not xml"),
    ],
    ids=lambda trouble: f"{trouble.status} {trouble.code} {trouble.body!r}",
)
def test_whatever_the_bucket_says_instead_it_is_away(bucket: S3Stub, trouble: Trouble) -> None:
    key = storage.put(CONTENT)
    bucket.troubles.append(trouble)
    with pytest.raises(Unavailable, match="does not answer"):
        storage.put(b"other")
    bucket.troubles.append(trouble)
    with pytest.raises(Unavailable, match="does not answer"):
        storage.get(key)
    bucket.troubles.append(trouble)
    with pytest.raises(Unavailable, match="does not answer"):
        storage.delete(key)


def test_half_a_file_is_no_file(bucket: S3Stub) -> None:
    key = storage.put(CONTENT)
    bucket.troubles.extend([Trouble(half=True), Trouble(half=True)])
    with pytest.raises(Unavailable, match="does not answer"):
        storage.get(key)


def test_wrong_keys_are_refused_by_the_bucket(bucket: S3Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_S3_ACCESS_KEY", "another")
    settings.cache_clear()
    with pytest.raises(Unavailable, match="AccessDenied"):
        storage.put(CONTENT)
    assert bucket.objects == {}


def test_without_a_key_of_its_own_it_takes_the_one_of_the_machine(
    bucket: S3Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCESS_KEY", "SECRET_KEY"):
        monkeypatch.delenv(f"DESKFLEET_FILES_S3_{name}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    settings.cache_clear()
    assert storage.get(storage.put(CONTENT)) == CONTENT


def test_a_bucket_that_nobody_listens_for_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_S3_URL", "http://127.0.0.1:1/desk/files")
    monkeypatch.setenv("DESKFLEET_FILES_S3_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.setenv("DESKFLEET_FILES_S3_SECRET_KEY", SECRET_KEY)
    settings.cache_clear()
    started = time.monotonic()
    with pytest.raises(Unavailable):
        storage.put(CONTENT)
    assert time.monotonic() - started < 5
    settings.cache_clear()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1//", "http://alice@127.0.0.1:1/desk/files"])
def test_a_url_that_leads_nowhere_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DESKFLEET_FILES_S3_URL", url)
    settings.cache_clear()
    with pytest.raises(SettingError, match="DESKFLEET_FILES_S3_URL"):
        storage.put(CONTENT)
    settings.cache_clear()
