"""What a content customer confirms: which article answered, and never the agent's words."""

import pytest
from sqlalchemy import select

from ingestion import intake
from knowledge.articles import Kind, LearnReport, latest_runs, learn_now, list_articles
from knowledge.models import PastQuestion
from knowledge.retrieval import search
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.conftest import Library
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, satisfaction
from tickets.contracts import Citation, Status
from tickets.models import Ticket

QUESTION = "When will my parcel come? Write to me at carol@example.com."
WORDS = "Your parcel comes within three days, trust me."


@pytest.fixture
def article(library: Library, run_jobs: CollectedJobs) -> str:
    return library.add("We deliver within three working days.").public_id


def ticket(article: str, *, rating: int | None = 5, status: Status | None = Status.RESOLVED) -> int:
    """Answered by the agent from the article."""
    with transaction() as session:
        ticket_id = intake.receive(session, a_message(text=QUESTION, subject="")).ticket_id
    citation = Citation(article, 1, "Shipping", "", 1, "three working days")
    with transaction() as session:
        assert lifecycle.reply(session, claimed_case(), a_decision(draft=WORDS, citations=(citation,)))
    with transaction() as session:
        if status:
            lifecycle.set_status(session, ticket_id, status, actor="AGENT-1")
        if rating:
            satisfaction.rate(session, ticket_id, rating)
    return ticket_id


def remembered() -> list[tuple[str, str, float]]:
    with transaction() as session:
        rows = session.scalars(select(PastQuestion).order_by(PastQuestion.id))
        return [(row.question, row.confirmed_by, row.weight) for row in rows]


def test_a_content_customer_confirms_the_article_that_answered(article: str) -> None:
    before = search("When does a parcel come?")[0].relevance
    ticket(article)
    assert learn_now() == LearnReport(confirmed=1)
    assert remembered() == [("When will my parcel come? Write to me at [EMAIL_ADDRESS].", "customer", 0.5)]
    assert search("When does a parcel come?")[0].relevance > before
    with transaction() as session:
        assert latest_runs(session)[0].confirmed == 1


def test_the_agents_words_are_never_found(article: str) -> None:
    ticket(article)
    learn_now()
    with transaction() as session:
        assert list_articles(session, kind=Kind.LEARNED) == []
    assert all("trust me" not in passage.text for passage in search("trust me", min_relevance=0.0))


def test_learning_again_does_nothing(article: str) -> None:
    ticket(article)
    learn_now()
    assert learn_now() == LearnReport()
    assert len(remembered()) == 1


@pytest.mark.parametrize(
    ("rating", "status"),
    [(None, Status.RESOLVED), (3, Status.RESOLVED), (5, None)],
    ids=["silent", "so so", "open"],
)
def test_nothing_else_confirms(article: str, rating: int | None, status: Status | None) -> None:
    ticket(article, rating=rating, status=status)
    assert learn_now() == LearnReport()
    assert remembered() == []


def test_what_is_rated_anew_or_reopened_is_forgotten_in_the_next_round(article: str) -> None:
    first, second, third = ticket(article), ticket(article), ticket(article)
    assert learn_now().confirmed == 3
    with transaction() as session:
        satisfaction.rate(session, first, 1)
        lifecycle.set_status(session, second, Status.OPEN, actor="AGENT-1")
    learn_now()
    with transaction() as session:
        left = session.scalars(select(Ticket.public_id).where(Ticket.id == third)).all()
        assert session.scalars(select(PastQuestion.source)).all() == left


def test_an_answer_that_cites_what_is_not_there_any_more_confirms_nothing(article: str) -> None:
    ticket("ART-GONE0000")
    assert learn_now() == LearnReport()
    assert remembered() == []


def test_what_staff_added_makes_it_theirs(article: str) -> None:
    ticket_id = ticket(article)
    assert learn_now().confirmed == 1
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.OPEN, actor="AGENT-1")
        seen = session.scalars(select(Ticket.last_seq).where(Ticket.id == ticket_id)).one()
        answer = "Parcels to islands take five working days, since they go by ship."
        lifecycle.staff_reply(session, ticket_id, answer, staff="AGENT-1", name="Bob", seen_seq=seen)
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor="AGENT-1")
    report = learn_now()
    assert (report.learned, report.confirmed) == (1, 0)
    assert all(confirmed_by == "staff" for _question, confirmed_by, _weight in remembered())
