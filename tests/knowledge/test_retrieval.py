"""Search as the agent uses it."""

import dataclasses
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from knowledge.retrieval import Audience, Filters, Kind, search
from runtime.database import transaction
from runtime.settings import settings
from tests.knowledge.conftest import Library

QUESTION = "How long does the delivery take?"


@pytest.fixture
def stocked(library: Library) -> Library:
    library.add("# Shipping\n\n## Times\n\nThe delivery takes three days.", url="/help/shipping")
    library.add("An opened bag of coffee cannot be returned.", slug="returns", title="Returns")
    library.add("Set a new password on the sign-in page.", slug="password", title="Password")
    return library


def test_a_passage_says_where_it_comes_from_and_why(stocked: Library) -> None:
    first = search(QUESTION)[0]
    assert (first.title, first.heading, first.text) == ("Shipping", "Times", "The delivery takes three days.")
    assert (first.url, first.version, first.language, first.kind) == ("/help/shipping", 1, "en", Kind.ARTICLE)
    assert 0.5 < first.relevance < 1
    assert 0.5 < first.dense < 1
    assert 0.4 < first.keyword <= 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.title = "x"  # type: ignore[misc]  # that it cannot be set is the point


def test_a_question_that_nothing_answers_finds_nothing(stocked: Library) -> None:
    assert search("Who won the football match yesterday?") == []
    assert search("") == []
    assert search("\0 \n") == []


def test_the_threshold_is_the_settings_unless_the_caller_says_otherwise(
    stocked: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(search(QUESTION, min_relevance=0)) == 3
    assert len(search(QUESTION, min_relevance=0, limit=2)) == 2
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_MIN_RELEVANCE", "1")
    settings.cache_clear()
    assert search(QUESTION) == []


def test_an_empty_memory_finds_nothing(database: str) -> None:
    assert search(QUESTION, min_relevance=0) == []


def test_the_same_words_in_two_articles_are_shown_once(stocked: Library) -> None:
    stocked.add("The delivery  takes THREE days.", slug="copy", title="Delivery")
    assert len([passage for passage in search(QUESTION) if "delivery" in passage.text.lower()]) == 1


def test_internal_articles_are_for_staff_alone(stocked: Library) -> None:
    stocked.add(
        "The delivery takes two days when staff ask the depot.",
        slug="depot",
        title="Depot",
        audience=Audience.INTERNAL,
    )
    assert all(passage.title != "Depot" for passage in search(QUESTION))
    assert any(passage.title == "Depot" for passage in search(QUESTION, audience=Audience.INTERNAL))


def test_filters_leave_out_other_products(stocked: Library) -> None:
    stocked.add("The delivery of a tent takes a week.", slug="tent", title="Tents", product="tent")
    found = search(QUESTION, filters=Filters(product="tent"), min_relevance=0)
    assert [passage.title for passage in found] == ["Tents"]


def test_words_that_the_vectors_do_not_know_are_found_by_keyword(stocked: Library) -> None:
    for number in range(60):
        stocked.add(f"The lamp number {number} shines.", slug=f"lamp{number}", title=f"Lamp {number}")
    stocked.add("The light blinks twice and E7041 is shown.", slug="error", title="Lamp")
    assert search("E7041")[0].text.endswith("E7041 is shown.")


def test_an_article_may_be_kept_from_filling_the_list(library: Library) -> None:
    library.add("## One\n\nThe delivery takes days.\n\n## Two\n\nThe delivery takes weeks.")
    library.add("The delivery of tents takes months.", slug="tents", title="Tents")
    found = search("delivery", min_relevance=0, per_article=1)
    assert sorted(passage.title for passage in found) == ["Shipping", "Tents"]


@pytest.mark.parametrize("question", ["?!... —", "\0", "()[]{}", "🙂🙂", " \n\t"])
def test_a_question_without_a_word_finds_nothing(stocked: Library, question: str) -> None:
    assert search(question, min_relevance=0) == []


def test_zero_bytes_are_no_part_of_the_words(stocked: Library) -> None:
    assert search("How long\0does the delivery\0take?")[0].title == "Shipping"


def test_of_an_endless_question_the_beginning_counts(stocked: Library) -> None:
    endless = f"{QUESTION} {'and so on ' * 10_000}"
    assert len(endless) > 100_000
    assert search(endless, min_relevance=0)[0].title == "Shipping"


def test_a_language_without_a_text_search_configuration_is_searched_by_whole_words(library: Library) -> None:
    library.add("Dostawa trwa trzy dni.", title="Dostawa", language="pl")
    assert search("Ile trwa dostawa?", language="pl")[0].title == "Dostawa"
    assert search("Ile kosztuje zwrot?", language="xx", min_relevance=0)[0].title == "Dostawa"


def _keyword_only() -> float:
    samples = [one for metric in REGISTRY.collect() for one in metric.samples]
    return sum(one.value for one in samples if one.name == "deskfleet_keyword_only_searches_total")


def test_without_the_embedder_the_words_alone_find_it_and_that_is_recorded(
    stocked: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = _keyword_only()
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_MODEL_FOLDER", str(tmp_path))
    settings.cache_clear()
    (passage,) = search("How long does the delivery of my parcels take?", min_relevance=0.3)
    assert (passage.title, passage.dense) == ("Shipping", 0)
    assert _keyword_only() == before + 1
    assert "search by keywords alone" in caplog.text
    assert "parcels" not in caplog.text


def test_without_the_store_of_vectors_the_words_alone_find_it(stocked: Library) -> None:
    before = _keyword_only()
    with transaction() as session:
        session.execute(text("alter table vectors rename to vectors_away"))
    try:
        assert search("How long does the delivery take?")[0].title == "Shipping"
    finally:
        with transaction() as session:
            session.execute(text("alter table vectors_away rename to vectors"))
    assert _keyword_only() == before + 1
