"""Phrases and frames."""

import string

import pytest

from agent_core.languages import find_phrase, frame, phrases
from runtime.agent_settings import Tone
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
    kinds |= {"own_order", "order_state", "has_parcel"}
    assert phrases(language).patterns.keys() == kinds
    assert frame(language).keys() == frame("en").keys()
    assert frame(language)["order_status"].keys() == frame("en")["order_status"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", [Tone.FORMAL, Tone.FRIENDLY])
def test_every_language_has_words_of_its_own_for_a_tone(language: str, tone: Tone) -> None:
    usual, spoken = frame(language), frame(language, tone)
    assert spoken.keys() == usual.keys()
    assert spoken["order_status"] == usual["order_status"]
    assert spoken["next"] != usual["next"]
    assert spoken["acknowledge_negative"] != usual["acknowledge_negative"]
    assert spoken["acknowledge"]["general"] != usual["acknowledge"]["general"]
    assert frame(language, Tone.FORMAL) != frame(language, Tone.FRIENDLY)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", Tone)
def test_frames_hold_known_placeholders_only(language: str, tone: Tone) -> None:
    known = {"name", "tier", "desk", "order_id", "carrier", "tracking_number", "eta"}
    words = frame(language, tone)
    texts = [text for text in words.values() if isinstance(text, str)]
    texts += [*words["order_status"].values(), *words["acknowledge"].values()]
    used = {
        name
        for text in texts
        for _literal, name, _format, _conversion in string.Formatter().parse(text)
        if name
    }
    assert used <= known
