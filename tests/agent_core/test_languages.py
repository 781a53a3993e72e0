"""Phrases and frames."""

import string

import pytest

from agent_core.languages import find_phrase, frame, phrases
from runtime.language import LANGUAGES


@pytest.mark.parametrize(
    ("kind", "text", "language"),
    [
        ("person", "Please let me SPEAK  to a human!", "en"),
        ("legal", "My lawyer will write to you", "en"),
        ("person", "Ich möchte mit einem Menschen sprechen", "de"),
        ("person", "let me talk to a real person, bitte", "de"),
    ],
)
def test_a_phrase_is_found(kind: str, text: str, language: str) -> None:
    assert find_phrase(kind, text, language)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("person", "Can one person carry the tent?"),
        ("legal", "There is an issue with the tissue box"),
        ("safety", "I bought a fireplace set"),
        ("refund", "How long does a refund take?"),
        ("close_account", "How do I change my account's address?"),
    ],
)
def test_harmless_text_is_left_alone(kind: str, text: str) -> None:
    assert find_phrase(kind, text, "en") is None


def test_thanks_is_the_whole_message_or_not_at_all() -> None:
    assert find_phrase("thanks", "Thank you!", "en")
    assert find_phrase("thanks", "Thank you! But where is my parcel?", "en") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_phrases_and_frames(language: str) -> None:
    kinds = {"person", "legal", "safety", "urgent", "thanks", "refund", "close_account"}
    assert phrases(language).patterns.keys() == kinds
    assert frame(language).keys() == frame("en").keys()
    assert frame(language)["order_status"].keys() == frame("en")["order_status"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_frames_hold_known_placeholders_only(language: str) -> None:
    known = {"name", "desk", "order_id", "carrier", "tracking_number", "eta"}
    texts = [text for text in frame(language).values() if isinstance(text, str)]
    texts += [*frame(language)["order_status"].values(), *frame(language)["acknowledge"].values()]
    used = {
        name
        for text in texts
        for _literal, name, _format, _conversion in string.Formatter().parse(text)
        if name
    }
    assert used <= known
