"""What staff do with a ticket: reply, note, assign, set the status."""

import re

import pytest
from sqlalchemy import select

from accounts.permissions import Role
from runtime import events
from runtime.database import transaction
from tests.console.desk import Member, escalated, member
from tests.console.test_ticket import editor, receive_more
from tests.jobs import CollectedJobs
from tickets import queries
from tickets.contracts import Channel, Kind
from tickets.models import Message
from tickets.queries import Details


@pytest.fixture
def anna(run_jobs: CollectedJobs) -> Member:
    return member()


def read(public_id: str) -> Details:
    with transaction() as session:
        return queries.read_ticket(session, public_id)


def test_a_reply_is_queued_and_the_page_says_so(anna: Member, run_jobs: CollectedJobs) -> None:
    public_id = escalated(channel=Channel.MAIL)
    run_jobs.lose()
    response = anna.post(
        f"/console/tickets/{public_id}/reply", text="Dear Alice,\r\n\r\nit is here.", seen_seq=1
    )
    assert response.status_code == 303
    details = read(public_id)
    assert details.reply is None, "the customer has not got it yet"
    written = details.messages[-1]
    assert (written.text, written.author_name) == ("Dear Alice,\n\nit is here.", "Carol")
    assert (details.ticket.status, details.ticket.assignee) == ("waiting_customer", anna.public_id)
    assert run_jobs.names() == []  # It can be taken back for a while: then the sweep asks for its delivery.
    page = anna.client.get(response.headers["location"]).text
    assert "Your reply is on its way." in page
    assert "Waiting to be sent" in page


def test_send_and_resolve_does_both(anna: Member) -> None:
    public_id = escalated()
    response = anna.post(f"/console/tickets/{public_id}/reply", text="Done.", seen_seq=1, then="resolve")
    assert response.headers["location"].endswith("?done=resolved")
    assert read(public_id).ticket.status == "resolved"


def test_a_newer_message_stops_the_reply_and_the_text_is_kept(anna: Member) -> None:
    public_id = escalated(channel=Channel.WEB_CHAT, thread="t")
    receive_more(public_id, text="Wait, I found it!", thread="t")
    response = anna.post(
        f"/console/tickets/{public_id}/reply", text="Have you looked\nunder the mat?", seen_seq=1
    )
    assert response.status_code == 409
    assert "A newer message came in" in response.text
    assert re.search(r'message-new" id="message-2".*Wait, I found it!', response.text, re.DOTALL)
    assert editor(response.text) == "Have you looked\nunder the mat?"
    assert 'id="seen-seq" value="2"' in response.text
    assert read(public_id).reply is None
    again = anna.post(f"/console/tickets/{public_id}/reply", text="Glad to hear it.", seen_seq=2)
    assert again.status_code == 303


def test_two_colleagues_do_not_both_answer(anna: Member) -> None:
    ben = member("Bob")
    public_id = escalated()
    assert anna.post(f"/console/tickets/{public_id}/reply", text="First.", seen_seq=1).status_code == 303
    refused = ben.post(f"/console/tickets/{public_id}/reply", text="Second.", seen_seq=1)
    assert refused.status_code == 409
    assert editor(refused.text) == "Second."


def test_an_empty_reply_is_refused(anna: Member) -> None:
    public_id = escalated()
    response = anna.post(f"/console/tickets/{public_id}/reply", text="  \r\n", seen_seq=1)
    assert response.status_code == 422
    assert "The reply is empty." in response.text


def test_a_note_stays_inside(anna: Member, run_jobs: CollectedJobs) -> None:
    public_id = escalated(channel=Channel.MAIL)
    run_jobs.lose()
    assert anna.post(f"/console/tickets/{public_id}/note", text="She called.").status_code == 303
    [note] = [message for message in read(public_id).messages if message.kind == Kind.NOTE]
    assert (note.text, note.author_name, note.delivery) == ("She called.", "Carol", None)
    assert run_jobs.names() == []


def test_a_ticket_is_given_to_a_colleague_and_back_to_nobody(anna: Member) -> None:
    ben = member("Bob")
    public_id = escalated()
    anna.post(f"/console/tickets/{public_id}/assign", assignee=ben.public_id)
    assert read(public_id).ticket.assignee == ben.public_id
    anna.post(f"/console/tickets/{public_id}/assign", assignee="")
    assert read(public_id).ticket.assignee is None


def test_a_ticket_is_not_given_to_strangers_or_readers(anna: Member) -> None:
    rita = member("Dave", role=Role.READONLY)
    public_id = escalated()
    for assignee in ("AGENT-NOBODY00", rita.public_id):
        response = anna.post(f"/console/tickets/{public_id}/assign", assignee=assignee)
        assert response.status_code == 422
        assert "There is nobody with this id" in response.text


def test_a_ticket_is_resolved_and_opened_again(anna: Member) -> None:
    public_id = escalated()
    anna.post(f"/console/tickets/{public_id}/status", status="resolved")
    assert read(public_id).ticket.status == "resolved"
    assert "Reopen" in anna.client.get(f"/console/tickets/{public_id}").text
    anna.post(f"/console/tickets/{public_id}/status", status="open")
    assert read(public_id).ticket.status == "open"


@pytest.mark.parametrize(("status", "code"), [("new", 409), ("nonsense", 422), ("", 422)])
def test_a_status_that_cannot_be_says_why(anna: Member, status: str, code: int) -> None:
    response = anna.post(f"/console/tickets/{escalated()}/status", status=status)
    assert response.status_code == code
    assert 'role="alert"' in response.text


ACTIONS: dict[str, dict[str, str | int]] = {
    "reply": {"text": "Hello", "seen_seq": 1},
    "note": {"text": "Hello"},
    "assign": {"assignee": ""},
    "status": {"status": "resolved"},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_no_form_is_taken_without_its_token(anna: Member, action: str) -> None:
    public_id = escalated()
    for csrf in ("", "0" * 64):
        response = anna.client.post(
            f"/console/tickets/{public_id}/{action}", data={**ACTIONS[action], "csrf": csrf}
        )
        assert response.status_code == 403
        assert "reload the page" in response.text
    assert read(public_id).ticket.status == "escalated"


def test_the_token_may_come_as_a_header(anna: Member) -> None:
    public_id = escalated()
    response = anna.client.post(
        f"/console/tickets/{public_id}/note",
        data={"text": "x"},
        headers={"X-CSRF-Token": anna.csrf},
        follow_redirects=False,
    )
    assert response.status_code == 303


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_only_read_changes_nothing(run_jobs: CollectedJobs, action: str) -> None:
    rita = member("Dave", role=Role.READONLY)
    public_id = escalated()
    response = rita.post(f"/console/tickets/{public_id}/{action}", **ACTIONS[action])
    assert response.status_code == 403
    with transaction() as session:
        assert len(session.scalars(select(Message)).all()) == 1
    assert read(public_id).ticket.status == "escalated"


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_acts_without_a_session(anna: Member, action: str) -> None:
    public_id = escalated()
    anna.post("/console/logout")
    response = anna.post(f"/console/tickets/{public_id}/{action}", **ACTIONS[action])
    assert response.status_code == 303
    assert response.headers["location"] == f"/console/login?next=%2Fconsole%2Ftickets%2F{public_id}"


def test_typing_is_told_for_chats_alone(anna: Member) -> None:
    told: list[tuple[str, dict[str, str | int]]] = []
    stop = events.subscribe(lambda topic, payload: told.append((topic, payload)))
    try:
        for channel in (Channel.API, Channel.WEB_CHAT):
            answer = anna.post(f"/console/tickets/{escalated(channel=channel)}/typing")
            assert answer.status_code == 204
    finally:
        stop()
    assert [topic for topic, _payload in told if topic.startswith("typing")] == ["typing.staff"]
