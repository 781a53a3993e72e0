"""What was learned from a customer's tickets can be exported and erased."""

from sqlalchemy import func, select, text

from knowledge import privacy
from knowledge.articles import learn_now
from knowledge.models import Article, StoredChunk, Vector
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import RACKS, asked, found, open_gaps
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


def test_a_gap_forgets_the_words_of_a_question_at_once_and_goes_with_the_last_one(
    run_jobs: CollectedJobs,
) -> None:
    questions = (*RACKS, "Will the bike rack fit my car if there is a spare wheel on its back door?")
    people = [
        _customer_of_ticket(asked(question, f"person{number}")) for number, question in enumerate(questions)
    ]
    found()
    [before] = open_gaps()
    first = questions.index(before.gap.title)
    with transaction() as session:
        privacy.erase_customer(session, people[first])
    [after] = open_gaps()
    assert after.gap.title in set(questions) - {questions[first]}
    assert questions[first] not in after.gap.body
    with transaction() as session:
        for person in people:
            privacy.erase_customer(session, person)
    assert open_gaps() == []


def test_words_that_nobody_else_used_leave_the_index(run_jobs: CollectedJobs) -> None:
    alice = _customer_of(resolved(answer=f"{ANSWER} It is called zyxquarrel."))
    learn_now()
    known = text("select count(*) from lexemes where lexeme = 'zyxquarrel'")
    with transaction() as session:
        assert session.scalar(known) == 1
        privacy.erase_customer(session, alice)
        assert session.scalar(known) == 0


def _customer_of_ticket(public_id: str) -> int:
    with transaction() as session:
        return session.scalars(select(Ticket.customer_id).where(Ticket.public_id == public_id)).one()
