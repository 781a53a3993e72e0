"""What was learned from a customer's tickets can be exported and erased."""

from sqlalchemy import func, select

from knowledge import privacy
from knowledge.articles import learn_now
from knowledge.models import Article, StoredChunk, Vector
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.test_learning import ANSWER, QUESTION, resolved
from tickets.models import Ticket


def _customer_of(ticket_id: int) -> int:
    with transaction() as session:
        return session.scalars(select(Ticket.customer_id).where(Ticket.id == ticket_id)).one()


def test_the_answers_of_one_customer_are_exported_and_erased_and_others_stay(run_jobs: CollectedJobs) -> None:
    alice = _customer_of(resolved(identity="alice@example.com"))
    bob = _customer_of(
        resolved(
            identity="bob@example.com",
            question="Is the tent waterproof?",
            answer="Yes: 3,000 mm of water column.",
        )
    )
    learn_now()
    with transaction() as session:
        exported = privacy.export_customer(session, alice)["learned_answers"]
        assert [(one["question"], one["answer"]) for one in exported] == [(QUESTION, ANSWER)]
        assert privacy.erase_customer(session, alice) == 1
    with transaction() as session:
        assert privacy.export_customer(session, alice) == {
            "learned_answers": [],
            "remembered_questions": [],
            "unanswered_questions": [],
        }
        assert len(privacy.export_customer(session, bob)["learned_answers"]) == 1
        counts = [
            session.scalar(select(func.count()).select_from(table))
            for table in (Article, StoredChunk, Vector)
        ]
        assert counts == [1, 1, 1]
        assert privacy.erase_customer(session, alice) == 0
