"""Search as the agent uses it."""

import dataclasses

import pytest

from knowledge.retrieval import Audience, Filters, Kind, search
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
