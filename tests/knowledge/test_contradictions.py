"""Learned answers that still say what an article no longer says."""

import pytest

from knowledge.articles import Kind, NewArticle, add_article
from knowledge.contradictions import contradictions

OLD = "# Returns\n\nYou have 30 days to send an item back.\n\n# Fees\n\nThe return label costs 4.90 EUR."


def learned(ticket: str, question: str, answer: str, *, language: str = "en") -> None:
    add_article(
        NewArticle(
            source=ticket,
            slug="answer",
            title=question,
            question=question,
            body=answer,
            language=language,
            kind=Kind.LEARNED,
        )
    )


@pytest.fixture(autouse=True)
def _learned(database: str) -> None:
    learned("TKT-1", "How long can I return the kettle?", "You can send it back within 30 days.")
    learned("TKT-2", "Until when may I return it?", "Yes, 30 days.")
    learned("TKT-3", "How long is the battery charged?", "It lasts for 30 days on standby.")
    learned("TKT-4", "What does sending back cost?", "We take 4.90 EUR for the return label.")
    learned("TKT-5", "How long can I return it?", "You have a whole month to return it.")


def found(new: str) -> list[tuple[str, str, str]]:
    return [(one.ticket, one.old, one.new) for one in contradictions(OLD, new, language="en")]


def test_those_near_in_meaning_that_hold_the_old_value_are_flagged() -> None:
    assert sorted(found(OLD.replace("30 days", "14 days"))) == [
        ("TKT-1", "30 days", "14 days"),
        ("TKT-2", "30 days", "14 days"),
    ]


def test_an_amount_that_is_gone_is_flagged_without_another_in_its_place() -> None:
    assert found(OLD.replace("The return label costs 4.90 EUR.", "The return label is free.")) == [
        ("TKT-4", "4.90 EUR", "")
    ]


def test_other_words_flag_nothing() -> None:
    assert found(OLD.replace("You have", "There are")) == []
    assert found(f"{OLD}\n\n# Shops\n\nOur 3 shops take items back too.") == []


def test_answers_in_other_languages_are_left_to_their_own_articles() -> None:
    learned("TKT-6", "Wie lange kann ich es zurückgeben?", "Sie haben 30 days.", language="de")
    assert "TKT-6" not in {one[0] for one in found(OLD.replace("30 days", "14 days"))}
