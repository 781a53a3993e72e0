"""What solved a ticket is kept with it, and teaches the agent when the ticket is resolved."""

import pytest
from sqlalchemy import select

from ingestion import intake
from knowledge.articles import Kind, learn_now, list_articles
from runtime.database import transaction
from runtime.errors import InvalidInput
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import lifecycle, privacy, resolution_notes
from tickets.contracts import Status
from tickets.models import Ticket

NOTE = "Hold the power button for ten seconds: the lamp then forgets its old network."


def _received(text: str = "My lamp does not find the network.") -> int:
    with transaction() as session:
        return intake.receive(session, a_message(text=text, subject="")).ticket_id


def _keep(ticket_id: int, text: str) -> None:
    with transaction() as session:
        resolution_notes.keep(session, ticket_id, text, staff="AGENT-BOB00000")


def _resolve(ticket_id: int) -> None:
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor="AGENT-BOB00000")


def _bodies() -> list[str]:
    with transaction() as session:
        return [article.body for article in list_articles(session, kind=Kind.LEARNED)]


def test_a_note_teaches_even_where_nobody_wrote_to_the_customer(run_jobs: CollectedJobs) -> None:
    ticket = _received()
    _keep(ticket, f"  {NOTE} ")
    assert learn_now().seen == 0, "it is not resolved yet"
    _resolve(ticket)
    assert learn_now().learned == 1
    assert _bodies() == [NOTE]


def test_a_note_that_is_written_after_the_night_replaces_what_was_learned(run_jobs: CollectedJobs) -> None:
    ticket = _received()
    _keep(ticket, NOTE)
    _resolve(ticket)
    learn_now()
    _keep(ticket, NOTE)
    assert learn_now().seen == 0, "the same words teach nothing new"
    better = "Update the app first: older ones cannot see the new networks."
    _keep(ticket, better)
    learn_now()
    assert _bodies() == [better]
    _keep(ticket, "")
    learn_now()
    with transaction() as session:
        assert resolution_notes.note_of(session, ticket) is None


def test_a_short_note_is_not_taken_for_the_name_below_a_reply(run_jobs: CollectedJobs) -> None:
    ticket = _received()
    with transaction() as session:
        reply = "Please reset the lamp by its button.\n\nBest regards,\nBob"
        lifecycle.staff_reply(session, ticket, reply, staff="AGENT-BOB00000", name="Bob", seen_seq=1)
    _keep(ticket, "Reset the lamp.")
    _resolve(ticket)
    learn_now()
    assert _bodies() == ["Reset the lamp.\n\nPlease reset the lamp by its button."]


def test_a_note_that_is_too_long_is_refused_and_the_former_stays(run_jobs: CollectedJobs) -> None:
    ticket = _received()
    _keep(ticket, NOTE)
    with pytest.raises(InvalidInput, match="longer than 2000"):
        _keep(ticket, "x" * 2_001)
    with transaction() as session:
        kept = resolution_notes.note_of(session, ticket)
    assert kept is not None
    assert (kept.text, kept.staff) == (NOTE, "AGENT-BOB00000")


def test_a_note_is_exported_with_its_customer_and_goes_with_them(run_jobs: CollectedJobs) -> None:
    ticket = _received()
    _keep(ticket, NOTE)
    with transaction() as session:
        customer = session.scalars(select(Ticket.customer_id).where(Ticket.id == ticket)).one()
        [exported] = privacy.export_customer(session, customer)["resolution_notes"]
        assert exported["text"] == NOTE
        assert privacy.erase_customer(session, customer) == 1
        assert privacy.export_customer(session, customer)["resolution_notes"] == []
