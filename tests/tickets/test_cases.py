"""What the agent remembers of a ticket and of its customer, and what is noted as left out."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from ingestion import intake
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import customers, lifecycle
from tickets.cases import build_case
from tickets.contracts import Case, Channel, Status
from tickets.models import CustomerIdentity, Ticket


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


def remember(monkeypatch: pytest.MonkeyPatch, tokens: int) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_MEMORY_TOKENS", str(tokens))
    settings.cache_clear()


def a_conversation(run_jobs: CollectedJobs, *questions: str) -> int:
    """Each question but the last is answered with "A draft."; the ticket's id."""
    for question in questions[:-1]:
        said(question)
        run_jobs.lose()
        case = claimed_case()
        with transaction() as session:
            lifecycle.reply(session, case, a_decision())
    said(questions[-1])
    run_jobs.lose()
    with transaction() as session:
        return session.scalars(select(Ticket.id)).one()


def said(text: str, *, thread: str = "c1") -> None:
    with transaction() as session:
        intake.receive(session, a_message(text=text, channel=Channel.WEB_CHAT, thread=thread))


def case_of(ticket_id: int) -> Case:
    with transaction() as session:
        return build_case(session, ticket_id, "", newest_again=True)


def test_all_of_a_short_conversation_is_remembered(run_jobs: CollectedJobs) -> None:
    case = case_of(a_conversation(run_jobs, "First one.", "Second one.", "Third one."))
    assert [turn.text for turn in case.earlier] == ["First one.", "A draft.", "Second one.", "A draft."]
    assert case.left_out == 0


def test_of_a_long_one_the_newest_is_kept_and_the_rest_counted(
    run_jobs: CollectedJobs, memory: pytest.MonkeyPatch
) -> None:
    remember(memory, 10)  # Thirty bytes: two answers and the question between them.
    ticket_id = a_conversation(run_jobs, "First one.", "Second one.", "Third one.")
    case = case_of(ticket_id)
    assert [turn.text for turn in case.earlier] == ["A draft.", "Second one.", "A draft."]
    assert case.left_out == len("First one.")


def test_of_a_newest_turn_that_is_too_long_the_beginning_is_kept(
    run_jobs: CollectedJobs, memory: pytest.MonkeyPatch
) -> None:
    remember(memory, 1)
    case = case_of(a_conversation(run_jobs, "First one.", "Second one."))
    assert [turn.text for turn in case.earlier] == ["A d […]"]
    assert case.left_out == len("First one.") + len("A draft.") - 3


def test_a_character_is_not_cut_in_half(run_jobs: CollectedJobs, memory: pytest.MonkeyPatch) -> None:
    remember(memory, 1)
    said("まだ届きません。")
    run_jobs.lose()
    case = claimed_case()
    with transaction() as session:
        lifecycle.reply(session, case, a_decision(draft="確認します。"))
    said("どうですか。")
    assert case_of(case.ticket_id).earlier[0].text == "確 […]"


def _two_tickets(run_jobs: CollectedJobs, *, verified: bool) -> Case:
    said("My lamp broke.", thread="c1")
    said("Where is my parcel?", thread="c2")
    run_jobs.lose()
    with transaction() as session:
        session.execute(update(Ticket).values(customer_verified=verified))
        first, second = session.scalars(select(Ticket.id).order_by(Ticket.id)).all()
        session.execute(
            update(Ticket).where(Ticket.id == first).values(subject="Lamp", category="technical_support")
        )
    return case_of(second)


def test_other_recent_tickets_of_the_customer_are_part_of_the_case(run_jobs: CollectedJobs) -> None:
    recent = _two_tickets(run_jobs, verified=True).recent_tickets
    assert [(one.subject, one.category) for one in recent] == [("Lamp", "technical_support")]
    assert recent[0].status in Status


def test_nobody_learns_of_tickets_of_a_customer_whom_they_only_claim_to_be(run_jobs: CollectedJobs) -> None:
    assert _two_tickets(run_jobs, verified=False).recent_tickets == ()


@pytest.mark.parametrize("writer", ["bob@example.com", "carol@example.com"])
def test_of_a_customer_with_several_addresses_the_one_that_wrote_is_the_tickets(
    run_jobs: CollectedJobs, writer: str
) -> None:
    with transaction() as session:
        receipt = intake.receive(session, a_message(channel=Channel.MAIL, identity=writer))
        customer_id = session.scalars(select(Ticket.customer_id)).one()
        for other in ("alice@example.com", "bob@example.com", "carol@example.com"):
            if other != writer:
                session.add(CustomerIdentity(kind=customers.MAIL, value=other, customer_id=customer_id))
    run_jobs.lose()
    assert case_of(receipt.ticket_id).customer_mail == writer


def test_of_a_visitor_with_several_addresses_it_is_always_the_same(run_jobs: CollectedJobs) -> None:
    said("Where is my parcel?")
    run_jobs.lose()
    with transaction() as session:
        ticket_id, customer_id = session.execute(select(Ticket.id, Ticket.customer_id)).one()
        for address in ("carol@example.com", "bob@example.com"):
            session.add(CustomerIdentity(kind=customers.MAIL, value=address, customer_id=customer_id))
            session.flush()
    assert case_of(ticket_id).customer_mail == "bob@example.com"
