"""The data folder and the secret key in it."""

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.data_folder import data_folder, secret_key
from runtime.errors import SettingError
from runtime.settings import settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the setting points to; nothing is there yet."""
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path / "deep" / "data"))
    settings.cache_clear()
    yield tmp_path / "deep" / "data"
    settings.cache_clear()


def mode_of(path: Path) -> str:
    return stat.filemode(path.stat().st_mode)[1:]


def test_the_folder_is_made_for_its_owner_alone(folder: Path) -> None:
    assert data_folder() == folder
    assert mode_of(folder) == "rwx------"
    assert data_folder() == folder


def test_a_home_folder_may_be_named_by_its_sign(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("DESKFLEET_DATA", "~/desk")
    settings.cache_clear()
    assert data_folder() == folder.parent / "desk"


@pytest.mark.parametrize("below", ["", "data"], ids=["a file", "below a file"])
def test_a_file_in_the_way_is_named_with_the_setting(
    folder: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    file = folder.parent / "file"
    file.parent.mkdir()
    file.touch()
    monkeypatch.setenv("DESKFLEET_DATA", str(file / below))
    settings.cache_clear()
    with pytest.raises(SettingError, match=r"The setting DESKFLEET_DATA is wrong: .*/file") as caught:
        data_folder()
    assert "\n" not in caught.value.detail


def test_the_key_is_made_once_and_kept_for_its_owner_alone(folder: Path) -> None:
    key = secret_key()
    assert key == secret_key()
    assert len(key) == 64
    assert mode_of(folder / "secret_key") == "rw-------"
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_all_who_need_the_first_key_at_once_get_the_same(folder: Path) -> None:
    keys: list[bytes] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        keys.append(secret_key())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert set(keys) == {secret_key()}


def test_a_configured_key_needs_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_SECRET_KEY", "k" * 32)
    settings.cache_clear()
    assert secret_key() == b"k" * 32
    assert not folder.exists()


def test_a_short_key_is_refused_and_not_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_SECRET_KEY", "hunter2")
    settings.cache_clear()
    with pytest.raises(SettingError, match=r"DESKFLEET_SECRET_KEY is wrong: use at least 32 characters\."):
        secret_key()
