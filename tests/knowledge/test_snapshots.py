"""The knowledge of an earlier moment is searched as the present one would have been."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from knowledge.keyword_search import terms_of
from knowledge.retrieval import search, words_of
from knowledge.snapshot_reading import View, read
from runtime.database import transaction
from tests.knowledge.conftest import Library

QUESTIONS = (
    "How long does the delivery take?",
    "Can I send the coffee back?",
    "I forgot my password",
    "Where do I find my invoice for the tent?",
    "Who won the football match yesterday?",
)
NOW = datetime.now(UTC)


def stock(library: Library) -> None:
    library.add(
        "# Shipping\n\n## Times\n\nThe delivery takes three days.\n\n## Abroad\n\nIt takes ten days abroad."
    )
    library.add("An opened bag of coffee cannot be returned.", slug="returns", title="Returns")
    library.add("Set a new password on the sign-in page.", slug="password", title="Password")
    library.add(
        "Invoices are in your account.\n\nA tent comes with its invoice.", slug="invoice", title="Invoices"
    )


def told(question: str) -> list[tuple[int, str, float]]:
    return [(one.chunk_id, one.title, round(one.relevance, 2)) for one in search(question)]


def test_of_the_present_it_finds_what_the_search_finds(library: Library) -> None:
    stock(library)
    snapshot = read(View(since=NOW - timedelta(days=1)))
    assert any(map(told, QUESTIONS))
    for question in QUESTIONS:
        found = told(question)
        with snapshot.at(datetime.now(UTC)):
            assert told(question) == found, question


def test_what_was_written_later_is_not_known_before(library: Library) -> None:
    stock(library)
    with read(View(since=NOW - timedelta(days=9))).at(NOW - timedelta(days=8)):
        assert search(QUESTIONS[0]) == []


def test_an_edited_article_answers_with_its_words_of_then(library: Library) -> None:
    library.add("The delivery takes three days.", slug="shipping", title="Shipping")
    with transaction() as session:
        session.execute(text("update article_versions set created_at = now() - interval '9 days'"))
    library.add("The delivery takes seven days.", slug="shipping", title="Shipping")
    snapshot = read(View(since=NOW - timedelta(days=8)))
    with snapshot.at(NOW - timedelta(days=5)):
        assert [one.text for one in search(QUESTIONS[0])] == ["The delivery takes three days."]
    with snapshot.at(datetime.now(UTC)):
        assert [one.text for one in search(QUESTIONS[0])] == ["The delivery takes seven days."]


def test_articles_of_now_can_be_taken_and_single_ones_left_out(library: Library) -> None:
    stock(library)
    before = NOW - timedelta(days=30)
    with read(View(since=before, articles_of_now=True)).at(before):
        found = search(QUESTIONS[0])
        assert "three days" in found[0].text
    without = (found[0].article_public_id,)
    with read(View(since=before, articles_of_now=True, without=without)).at(before):
        assert all(one.article_public_id not in without for one in search(QUESTIONS[0]))


def test_what_a_ticket_taught_is_known_from_its_resolution_on_and_never_to_itself(library: Library) -> None:
    library.add("The delivery takes three days.", slug="shipping", title="Shipping")
    with transaction() as session:
        session.execute(
            text(
                "update articles set kind = 'learned', source = 'TKT-1', valid_from = now() - interval '3 days';"
                "update article_versions set valid_from = now() - interval '3 days'"
            )
        )
    snapshot = read(View(since=NOW - timedelta(days=9), articles_of_now=True))
    with snapshot.at(NOW - timedelta(days=4)):
        assert search(QUESTIONS[0]) == []
    with snapshot.at(NOW - timedelta(days=2)):
        assert len(search(QUESTIONS[0])) == 1
    with snapshot.at(NOW - timedelta(days=2), ticket="TKT-1"):
        assert search(QUESTIONS[0]) == []


def test_words_that_were_read_many_at_once_find_the_same(library: Library) -> None:
    stock(library)
    snapshot = read(View(since=NOW - timedelta(days=1)))
    with snapshot.at(datetime.now(UTC)):
        found = [told(question) for question in QUESTIONS]
        snapshot.prime([(words_of(question), "en") for question in QUESTIONS[:3]])
        assert [told(question) for question in QUESTIONS] == found
    assert len(snapshot._terms) == 3
    one = snapshot._terms[QUESTIONS[0], "en"]
    with transaction() as session:
        alone = terms_of(session, QUESTIONS[0], language="en")
    assert {word.query: word.chunks for word in one.words} == {
        word.query: word.chunks for word in alone.words
    }
    assert sum(word.weight for word in one.words) == pytest.approx(1)
    snapshot.prime([("...", "xx")])
    assert snapshot._terms["...", "xx"].words == ()
