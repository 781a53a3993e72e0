"""Similar resolved tickets, with what staff answered."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from ingestion import intake
from knowledge.articles import learn_now
from knowledge.similar import similar_tickets
from runtime.database import transaction
from runtime.errors import NotFound
from tests.jobs import CollectedJobs
from tests.knowledge.test_learning import ANSWER, QUESTION, resolved
from tests.samples import a_message
from tickets.models import Ticket


def public_id_of(ticket_id: int) -> str:
    with transaction() as session:
        return session.scalars(select(Ticket.public_id).where(Ticket.id == ticket_id)).one()


@pytest.fixture
def new(run_jobs: CollectedJobs) -> str:
    """A new ticket beside two that were resolved."""
    resolved()
    resolved("Where can I park near the shop?", "There are forty places behind the shop, free for two hours.")
    learn_now()
    with transaction() as session:
        message = a_message(text="My kettle needs descaling, what do I do?", subject="Kettle")
        ticket_id = intake.receive(session, message).ticket_id
    return public_id_of(ticket_id)


def test_the_ticket_that_asked_the_same_comes_first_with_its_answer(new: str) -> None:
    first = similar_tickets(new)[0]
    assert (first.question, first.resolution, first.language) == (QUESTION, ANSWER, "en")
    assert first.ticket_id != new
    assert first.resolved_at is not None
    assert 0.5 < first.relevance <= 1


def test_a_ticket_is_not_similar_to_itself(run_jobs: CollectedJobs) -> None:
    itself = public_id_of(resolved())
    learn_now()
    assert similar_tickets(itself) == []


def test_a_replay_of_the_past_does_not_know_what_was_resolved_later(new: str) -> None:
    assert similar_tickets(new, before=datetime.now(UTC) + timedelta(hours=1))
    assert similar_tickets(new, before=datetime.now(UTC) - timedelta(hours=1)) == []


def test_an_unknown_ticket_is_named(database: str) -> None:
    with pytest.raises(NotFound, match="TKT-20260101-NONE"):
        similar_tickets("TKT-20260101-NONE")
