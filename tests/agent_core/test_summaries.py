"""A conversation is summarised once for what was said, without what must not leave, and offline in its own words."""

import pytest

from agent_core.summary_tasks import summarize_ticket
from deskfleet.workers import load_jobs
from runtime.database import transaction
from tests.console.desk import escalated, member
from tests.jobs import CollectedJobs
from tickets import lifecycle, queries, summaries
from tickets.contracts import Channel, Status
from tickets.desk_models import TicketSummary
from tickets.models import Ticket

CAROL = "AGENT-CAR0L000"


@pytest.fixture(autouse=True)
def _desk(run_jobs: CollectedJobs) -> None:
    """Every job is known, and those that are asked for are collected."""
    load_jobs()


def read(public_id: str) -> Ticket:
    with transaction() as session:
        return queries.find_ticket(session, public_id)


def summary_of(public_id: str) -> TicketSummary:
    with transaction() as session:
        found = summaries.of_ticket(session, read(public_id).id)
    assert found is not None
    return found


def ask(public_id: str) -> bool:
    with transaction() as session:
        return summaries.request(session, read(public_id).id)


def test_offline_it_is_in_their_own_words_and_names_its_model(run_jobs: CollectedJobs) -> None:
    public_id = escalated(channel=Channel.MAIL, text="My kettle smokes. What now?")
    with transaction() as session:
        lifecycle.staff_reply(
            session, read(public_id).id, "Unplug it. We send a new one.", staff=CAROL, name="C", seen_seq=1
        )
    assert ask(public_id)
    run_jobs()
    found = summary_of(public_id)
    assert found.summary == (
        "Customer: My kettle smokes. What now?\nLast answer: Unplug it. We send a new one."
    )
    assert found.resolution_note == "Unplug it. We send a new one."
    assert found.action_items == []
    assert "local" in found.model


def test_who_waits_for_an_answer_is_something_to_do(run_jobs: CollectedJobs) -> None:
    public_id = escalated(text="Where is it?")
    ask(public_id)
    run_jobs()
    found = summary_of(public_id)
    assert found.action_items == ["Staff: answer the customer's last message."]
    assert found.resolution_note == ""


def test_it_is_asked_for_once_and_again_when_something_was_said(run_jobs: CollectedJobs) -> None:
    public_id = escalated()
    assert ask(public_id)
    assert not ask(public_id), "it is under way"
    run_jobs()
    assert not ask(public_id), "nothing was said since"
    with transaction() as session:
        lifecycle.add_note(session, read(public_id).id, "Called her.", staff=CAROL, name="Carol")
    assert ask(public_id)
    run_jobs()
    assert summary_of(public_id).up_to_seq == 2


def test_what_must_not_leave_is_redacted_before_it_is_summarised(run_jobs: CollectedJobs) -> None:
    public_id = escalated(text="Call me at +49 30 1234567 or write to alice@example.com")
    ask(public_id)
    run_jobs()
    found = summary_of(public_id)
    assert "1234567" not in found.summary
    assert "alice@example.com" not in found.summary


def test_a_second_worker_finds_nothing_to_do(run_jobs: CollectedJobs) -> None:
    public_id = escalated()
    ask(public_id)
    with transaction() as session:
        assert summaries.claim(session, read(public_id).id) is not None
        assert summaries.claim(session, read(public_id).id) is None
    summarize_ticket(read(public_id).id)
    assert summary_of(public_id).at is None


def test_resolving_in_the_console_asks_for_it_and_the_page_shows_it(run_jobs: CollectedJobs) -> None:
    carol = member()
    public_id = escalated(text="Where is my parcel?")
    carol.post(f"/console/tickets/{public_id}/status", status=Status.RESOLVED, seen_seq=1)
    run_jobs()
    page = carol.client.get(f"/console/tickets/{public_id}").text
    assert "Customer: Where is my parcel?" in page
