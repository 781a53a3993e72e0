"""The widget's one file: put together from its parts, in twelve languages, without a build step."""

import json
import re
from pathlib import Path

import pytest

from ingestion import chat_widget_script

FOLDER = Path(chat_widget_script.__file__).with_name("chat_widget")
LANGUAGES = ["en", "es", "fr", "de", "it", "pt", "nl", "pl", "tr", "ja", "zh", "ar"]


def words_of(language: str) -> dict[str, str]:
    words: dict[str, str] = json.loads(chat_widget_script.widget_words()[language])
    return words


def test_every_part_is_in_the_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.js")} == set(chat_widget_script._PARTS)


def test_no_name_is_given_twice_in_the_one_scope() -> None:
    names = [
        name
        for path in FOLDER.glob("*.js")
        for name in re.findall(
            r"^(?:async )?(?:function|const|let) (\w+)", path.read_text(encoding="utf-8"), re.M
        )
    ]
    assert sorted(names) == sorted(set(names))


def test_the_widget_writes_no_markup_and_runs_no_text() -> None:
    source = chat_widget_script.widget_script().content.decode()
    assert (
        re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.cookie", source
        )
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_everything_with_the_same_values(language: str) -> None:
    english, words = words_of("en"), words_of(language)
    assert words.keys() == english.keys()
    for key, text in words.items():
        assert text.strip() == text != ""
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key


def test_no_word_is_left_in_english_by_mistake() -> None:
    english = words_of("en")
    for language in set(LANGUAGES) - {"en"}:
        words = words_of(language)
        same = [key for key, text in words.items() if text == english[key] and len(text) > 12]
        assert same == [], language


def test_the_words_are_of_the_twelve_languages() -> None:
    assert list(chat_widget_script.widget_words()) == LANGUAGES


def test_the_file_stays_small_on_its_way_to_a_phone() -> None:
    assert len(chat_widget_script.widget_script().packed) < 16_384
