"""A desk's own patterns, read from a file."""

from pathlib import Path

import pytest

from runtime.errors import SettingError
from runtime.settings import settings
from tickets.entity_patterns import entities_of, own_patterns


def use(monkeypatch: pytest.MonkeyPatch, path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("DESKFLEET_TICKETS_ENTITY_PATTERNS", str(path))
    settings.cache_clear()
    own_patterns.cache_clear()


def test_without_a_file_there_are_ours_alone() -> None:
    settings.cache_clear()
    assert [one.kind for one in entities_of("A-10423 SN-12")] == ["order_id"]


def test_the_patterns_of_the_file_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(
        monkeypatch,
        tmp_path / "own.toml",
        "[[entity]]\nkind = \"serial\"\npattern = 'sn-(?P<value>\\d+)'\nignore_case = true\n",
    )
    assert [(one.kind, one.value) for one in entities_of("SN-12")] == [("serial", "12")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[entity]", "is not TOML"),
        ("[[entity]]\nkind = 'a b'\npattern = 'xx'", "entity.0.kind"),
        ("[[entity]]\nkind = 'serial'", "entity.0.pattern"),
        ("[[entity]]\nkind = 'serial'\npattern = 'xx'\nodd = 1", "entity.0.odd"),
        ("[[entity]]\nkind = 'serial'\npattern = '(xx'", "pattern of serial is not valid"),
        ("[[entity]]\nkind = 'serial'\npattern = 'x*'", "matches nothing at all"),
        ("[[entity]]\nkind = 'serial'\npattern = '(x+)+y'", "repeats a repetition"),
    ],
)
def test_a_wrong_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, told: str
) -> None:
    use(monkeypatch, tmp_path / "own.toml", content)
    with pytest.raises(SettingError, match=told) as caught:
        entities_of("text")
    assert caught.value.detail.startswith("The setting DESKFLEET_TICKETS_ENTITY_PATTERNS is wrong")


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DESKFLEET_TICKETS_ENTITY_PATTERNS", str(tmp_path / "absent.toml"))
    settings.cache_clear()
    with pytest.raises(SettingError, match="cannot be read"):
        entities_of("text")
