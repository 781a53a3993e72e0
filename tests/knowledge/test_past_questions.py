"""What was asked before in other words finds the article that answered it then."""

from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from knowledge import past_questions, privacy
from knowledge.articles import Answer, Audience, learn_now, remember_answers, withdraw
from knowledge.embedding import embed_question
from knowledge.models import PastQuestion
from knowledge.retrieval import Filters, search
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.conftest import Library
from tests.knowledge.test_learning import resolved
from tickets.models import Ticket

ASKED = "The blue lamp on my machine never stops to flash."
AGAIN = "Why does the blue lamp of my machine flash and never stop?"


def votes(question: str, filters: Filters = Filters()) -> Mapping[int, float]:
    with transaction() as session:
        return past_questions.recall(session, embed_question(question), filters).voices


def test_a_question_like_an_earlier_one_finds_its_article(library: Library) -> None:
    library.add("Rinse the tank with citric acid.", slug="scale", title="Descaling", url="/help/scale")
    assert search(AGAIN) == []
    added = library.add("Empty the tray below the grid.", slug="tray", title="The tray")
    remember_answers([Answer("T-1", ASKED, added.article_id)])
    (passage,) = search(AGAIN)
    assert passage.title == "The tray"


def test_the_like_is_louder_and_what_is_far_says_little(library: Library) -> None:
    near, far = (library.add("Text.", slug=slug).article_id for slug in "ab")
    remember_answers([Answer("T-1", ASKED, near), Answer("T-2", "How do I pay by invoice?", far)])
    heard = votes(AGAIN)
    assert heard[near] > 0.9
    assert heard[far] < 0.01
    assert sum(votes("Who won the football match?").values()) < 0.1


def test_the_same_ticket_again_replaces_what_it_said(library: Library) -> None:
    article = library.add("Text.").article_id
    remember_answers([Answer("T-1", ASKED, article)])
    remember_answers([Answer("T-1", "How do I pay by invoice?", article)])
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(PastQuestion)) == 1
    assert votes(AGAIN)[article] < 0.1


def test_filters_hold_for_what_was_asked_before_too(library: Library) -> None:
    article = library.add("Text.", audience=Audience.INTERNAL).article_id
    remember_answers([Answer("T-1", ASKED, article)])
    assert votes(ASKED) == {}
    assert set(votes(ASKED, Filters(audience=Audience.INTERNAL))) == {article}


def test_a_withdrawn_article_is_not_found_by_earlier_questions(library: Library) -> None:
    added = library.add("Empty the tray below the grid.", title="The tray")
    remember_answers([Answer("T-1", ASKED, added.article_id)])
    with transaction() as session:
        withdraw(session, added.public_id)
    assert search(AGAIN) == []


@pytest.mark.parametrize(
    ("answer", "linked"),
    [
        ("Please read https://example.com/help/scale, it says how.", True),
        ("Please read https://example.com/help/scale-of-wages first.", False),
        ("Please rinse the tank with citric acid twice.", False),
    ],
)
def test_staff_who_send_a_customer_to_an_article_teach_what_it_answers(
    run_jobs: CollectedJobs, answer: str, linked: bool
) -> None:
    library = Library()
    article = library.add("Rinse the tank.", slug="scale", title="Descaling", url="/help/scale").article_id
    resolved(question=ASKED, answer=answer)
    learn_now()
    assert (article in votes(AGAIN)) is linked


def test_what_a_customer_asked_is_exported_and_erased(run_jobs: CollectedJobs) -> None:
    Library().add("Rinse the tank.", slug="scale", title="Descaling", url="/help/scale")
    ticket = resolved(question=ASKED, answer="Please read https://example.com/help/scale to the end.")
    learn_now()
    with transaction() as session:
        customer = session.scalars(select(Ticket.customer_id).where(Ticket.id == ticket)).one()
        exported = privacy.export_customer(session, customer)["remembered_questions"]
        assert [one["question"] for one in exported] == [ASKED]
        privacy.erase_customer(session, customer)
        assert privacy.export_customer(session, customer)["remembered_questions"] == []
    assert votes(AGAIN) == {}
