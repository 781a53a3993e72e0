"""What languages are called."""

import pytest

from runtime.language import LANGUAGES, identify
from tickets.language_names import language_name


def test_every_served_language_has_a_name_of_its_own() -> None:
    names = [language_name(code) for code in LANGUAGES]
    assert "an unknown language" not in names
    assert len(set(names)) == len(LANGUAGES)


def test_a_language_that_is_not_served_has_a_name_too() -> None:
    found = identify("Hej, var är mitt paket? Jag har väntat länge på det nu.")
    assert language_name(found.other) == "Swedish"


@pytest.mark.parametrize("code", ["", "und", "xx"])
def test_what_cannot_be_told_is_an_unknown_language(code: str) -> None:
    assert language_name(code) == "an unknown language"
