"""Sealed values: opened in their place alone, by the present key or a retired one."""

import pytest

from runtime import sealing
from runtime.errors import SettingError, Unavailable
from runtime.sealing import is_current, seal, unseal
from runtime.settings import settings

FIRST, SECOND = "first-secret-key-" + "a" * 32, "second-secret-key-" + "b" * 32


def use_key(monkeypatch: pytest.MonkeyPatch, key: str, *, retired: str = "") -> None:
    monkeypatch.setenv("DESKFLEET_SECRET_KEY", key)
    monkeypatch.setenv("DESKFLEET_RETIRED_SECRET_KEYS", retired)
    settings.cache_clear()


@pytest.fixture(autouse=True)
def _first_key(monkeypatch: pytest.MonkeyPatch) -> None:
    use_key(monkeypatch, FIRST)


def test_what_is_sealed_opens_in_its_place_and_shows_nothing() -> None:
    sealed = seal("4111 1111 1111 1111 ü", place="a:1")
    assert unseal(sealed, place="a:1") == "4111 1111 1111 1111 ü"
    assert b"4111" not in sealed
    assert seal("same", place="a:1") != seal("same", place="a:1")


def test_it_opens_in_no_other_place() -> None:
    with pytest.raises(Unavailable, match="does not belong to its row"):
        unseal(seal("x", place="a:1"), place="a:2")


@pytest.mark.parametrize("place", range(0, 34, 3))
def test_an_altered_byte_anywhere_is_noticed(place: int) -> None:
    sealed = bytearray(seal("x", place="a:1"))
    sealed[place] ^= 1
    with pytest.raises(Unavailable):
        unseal(bytes(sealed), place="a:1")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01abc", b"\x02" + b"a" * 40])
def test_what_was_never_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(Unavailable):
        unseal(sealed, place="a:1")


def test_after_a_change_of_keys_the_retired_one_still_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal("old", place="a:1")
    assert is_current(sealed)
    use_key(monkeypatch, SECOND)
    assert not is_current(sealed)
    with pytest.raises(Unavailable, match="DESKFLEET_RETIRED_SECRET_KEYS"):
        unseal(sealed, place="a:1")
    use_key(monkeypatch, SECOND, retired=f"{'c' * 40}, {FIRST}")
    assert unseal(sealed, place="a:1") == "old"
    assert unseal(seal("new", place="a:1"), place="a:1") == "new"


def test_a_short_retired_key_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    use_key(monkeypatch, FIRST, retired="short")
    with pytest.raises(SettingError, match="DESKFLEET_RETIRED_SECRET_KEYS"):
        unseal(seal("x", place="a:1"), place="a:1")


def test_the_sealing_key_is_not_the_signing_key() -> None:
    assert sealing._derived(FIRST.encode()) != FIRST.encode()[:32]
    assert len(sealing._derived(FIRST.encode())) == 32
