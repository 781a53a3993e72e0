"""Listed words of topics, moods and urgencies."""

import time

import numpy as np
import pytest

from agent_core.word_lists import MOODS, TOPICS, URGENCY, concepts, find, vector
from runtime.language import LANGUAGES


def _concepts(kind: str, text: str, language: str) -> set[str]:
    return {hit.concept for hit in find(kind, text, language)}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel?", "en"),
        ("Wo bleibt das Päckchen?", "de"),
        ("Mon colis n'est pas là", "fr"),
        ("¿Dónde está mi paquete?", "es"),
        ("Il corriere non è passato", "it"),
        ("A minha encomenda não chegou", "pt"),
        ("Mijn pakketje is zoek", "nl"),
        ("Gdzie jest moja paczka?", "pl"),
        ("Kargom gelmedi", "tr"),
        ("荷物が来ません", "ja"),
        ("我的包裹呢", "zh"),
        ("أين الطرد؟", "ar"),
    ],
)
def test_a_topic_is_found_in_every_language(text: str, language: str) -> None:
    assert "delivery" in _concepts(TOPICS, text, language)


def test_whole_words_are_not_found_inside_others() -> None:
    assert "payment" not in _concepts(TOPICS, "a discarded postcard", "en")
    assert "payment" in _concepts(TOPICS, "my card was refused", "en")


def test_arabic_words_are_found_behind_their_article_and_prepositions() -> None:
    assert "invoice" in _concepts(TOPICS, "وبالفاتورة خطأ", "ar")


def _number(concept: str, text: str, language: str) -> float:
    return vector(MOODS, text, language)[concepts(MOODS).index(concept)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This is not good", "en"),
        ("Das ist nicht gut", "de"),
        ("memnun değilim", "tr"),
        ("満足していません", "ja"),
    ],
)
def test_a_negation_turns_a_mood_around(text: str, language: str) -> None:
    assert _number("not positive", text, language) > 0
    assert _number("positive", text, language) == 0


@pytest.mark.parametrize("kind", [MOODS, URGENCY])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_counts_twice_for_the_same(kind: str, language: str) -> None:
    """Some are listed whole and again as the beginning of others."""
    text = "good gut bien bene bom goed dobry iyi, danger gefahr risque peligro pericolo perigo gevaar"
    hits = [(hit.concept, hit.start) for hit in find(kind, text, language)]
    assert len(hits) == len(set(hits))


@pytest.mark.parametrize(
    ("text", "language", "concept"),
    [
        ("The whole system is down since nine", "en", "standstill"),
        ("Wir verlieren Geld", "de", "money"),
        ("J'en ai besoin avant vendredi", "fr", "deadline"),
        ("Es la tercera vez que escribo", "es", "again"),
        ("Esce fumo dal caricatore", "it", "danger"),
        ("Os meus dados bancários foram roubados", "pt", "breach"),
        ("Al onze klanten hebben er last van", "nl", "many"),
        ("Tylko z ciekawości, bez pośpiechu", "pl", "calm"),
        ("Acelesi yok, sadece merak ettim", "tr", "calm"),
        ("خرج دخان من الشاحن", "ar", "danger"),
        ("明日までに必要です", "ja", "deadline"),
        ("系统瘫痪了", "zh", "standstill"),
    ],
)
def test_what_makes_it_urgent_or_not_is_found_in_every_language(
    text: str, language: str, concept: str
) -> None:
    assert concept in _concepts(URGENCY, text, language)


def test_an_address_of_a_page_is_no_mood() -> None:
    assert find(MOODS, "See https://example.com/help", "en") == []


def test_a_text_without_listed_words_speaks_for_nothing() -> None:
    assert vector(MOODS, "The table has four legs", "en")[-1] == 1.0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [TOPICS, MOODS, URGENCY])
def test_every_language_has_every_concept(kind: str, language: str) -> None:
    numbers = vector(kind, "x", language)
    assert len(numbers) == len(concepts(kind)) + 1
    assert np.linalg.norm(numbers) == pytest.approx(1)


def test_a_hostile_text_is_read_in_linear_time() -> None:
    started = time.perf_counter()
    for text, language in (("not good " * 220, "en"), ("不好" * 1000, "zh"), ("وبال" * 500, "ar")):
        vector(MOODS, text, language)
    assert time.perf_counter() - started < 5
