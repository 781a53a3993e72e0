"""What staff do with a ticket besides answering: pages for snooze, merge, split, hand back, undo, drafts, presence."""

import re

import pytest

from accounts.permissions import Role
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import Member, escalated, member
from tests.console.test_ticket import editor, page_of, receive_more
from tests.jobs import CollectedJobs
from tickets import notifications, queries, reply_drafts
from tickets.contracts import Channel, Reason
from tickets.models import Ticket


@pytest.fixture
def anna(run_jobs: CollectedJobs) -> Member:
    return member()


def read(public_id: str) -> Ticket:
    with transaction() as session:
        return queries.find_ticket(session, public_id)


def post(anna: Member, public_id: str, what: str, **fields: str | int) -> tuple[int, str]:
    response = anna.post(f"/console/tickets/{public_id}/{what}", **fields)
    return response.status_code, response.headers.get("location", response.text)


def test_a_ticket_is_put_aside_for_hours_or_until_a_moment(anna: Member) -> None:
    one, other = escalated(), escalated()
    assert post(anna, one, "snooze", hours=4, seen_seq=1) == (303, f"/console/tickets/{one}?done=snoozed")
    assert "Snoozed" in page_of(anna, one)
    year = read(one).created_at.year + 1
    status, _where = post(anna, other, "snooze", until=f"{year - 1}-12-31T23:59", offset=-60)
    until = read(other).snoozed_until
    assert status == 303
    assert until is not None
    assert (until.hour, until.minute) == (22, 59)


def test_a_moment_that_is_none_is_refused_with_a_sentence(anna: Member) -> None:
    public_id = escalated()
    status, page = post(anna, public_id, "snooze", until="soon")
    assert status == 422
    assert "Choose a day and a time." in page
    assert read(public_id).status == "escalated"


def test_a_merged_ticket_is_shown_in_the_other_and_leads_there(anna: Member) -> None:
    first = escalated(channel=Channel.MAIL, text="Where is it?")
    second = escalated(channel=Channel.MAIL, text="A second mail about it", subject="Again")
    assert post(anna, second, "merge", into=first.lower())[0] == 303
    assert "A second mail about it" in page_of(anna, first)
    page = page_of(anna, second)
    assert f'href="/console/tickets/{first}"' in page
    assert 'id="reply"' not in page


@pytest.mark.parametrize("into", ["", "TKT-20200101-NOTHERE0", "'; --"])
def test_merging_into_what_is_not_there_changes_nothing(anna: Member, into: str) -> None:
    public_id = escalated()
    assert post(anna, public_id, "merge", into=into)[0] == 404
    assert read(public_id).status == "escalated"


def test_a_split_leads_to_the_new_ticket(anna: Member) -> None:
    public_id = escalated(channel=Channel.MAIL, text="And the invoice?")
    status, where = post(anna, public_id, "split", seq=1, subject="The invoice")
    assert status == 303
    page = anna.client.get(where).text
    assert "This is the new ticket of that message." in page
    assert "And the invoice?" in page
    assert public_id in page


def test_a_ticket_is_handed_back_to_the_ai(anna: Member) -> None:
    public_id = escalated()
    assert post(anna, public_id, "hand-back", seen_seq=1)[0] == 303
    assert read(public_id).owner == "agent"
    assert "Take over" in page_of(anna, public_id)


def test_a_sent_reply_is_taken_back_and_its_text_is_in_the_editor_again(anna: Member) -> None:
    public_id = escalated(channel=Channel.MAIL)
    anna.post(f"/console/tickets/{public_id}/reply", text="Too early", seen_seq=1)
    found = re.search(r'name="message_id" value="(\d+)"', page_of(anna, public_id))
    assert found
    assert post(anna, public_id, "undo", message_id=int(found[1]))[0] == 303
    page = page_of(anna, public_id)
    assert editor(page) == "Too early"
    assert "Undo send" not in page
    assert read(public_id).status == "escalated"
    assert post(anna, public_id, "undo", message_id=int(found[1]))[0] == 409


def test_nobody_takes_back_what_a_colleague_sent(anna: Member) -> None:
    bob = member("Bob")
    public_id = escalated(channel=Channel.MAIL)
    anna.post(f"/console/tickets/{public_id}/reply", text="Mine", seen_seq=1)
    assert "Undo send" not in page_of(bob, public_id)


def test_without_a_pause_a_reply_leaves_at_once(
    anna: Member, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CONSOLE_UNDO_SEND_S", "0")
    settings.cache_clear()
    public_id = escalated(channel=Channel.MAIL)
    run_jobs.lose()
    anna.post(f"/console/tickets/{public_id}/reply", text="At once", seen_seq=1)
    assert run_jobs.names() == ["ingestion.tasks.deliver_reply"]
    assert "Undo send" not in page_of(anna, public_id)


def test_a_draft_is_kept_for_its_writer_alone_until_it_is_sent(anna: Member) -> None:
    bob = member("Bob")
    public_id = escalated(decision={"draft": "The draft of the AI."})
    assert post(anna, public_id, "draft", text="Dear Alice,\r\nI", seen_seq=1)[0] == 204
    assert editor(page_of(anna, public_id)) == "Dear Alice,\nI"
    assert editor(page_of(bob, public_id)) == "The draft of the AI."
    assert "Carol is writing a reply" in page_of(bob, public_id)
    anna.post(f"/console/tickets/{public_id}/reply", text="Dear Alice, it is here.", seen_seq=1)
    with transaction() as session:
        assert reply_drafts.draft_of(session, read(public_id).id, anna.public_id) is None


def test_colleagues_see_who_has_the_ticket_open(anna: Member) -> None:
    bob = member("Bob")
    public_id = escalated()
    with transaction() as session:
        reply_drafts.look(session, read(public_id).id, bob.public_id)
        reply_drafts.look(session, read(public_id).id, anna.public_id)
    page = page_of(anna, public_id)
    assert "Bob is here" in page
    assert "Carol is here" not in page


def test_a_reply_that_collides_with_a_colleagues_shows_both(anna: Member) -> None:
    bob = member("Bob")
    public_id = escalated(channel=Channel.MAIL)
    bob.post(f"/console/tickets/{public_id}/reply", text="It comes on Monday.\nBob", seen_seq=1)
    response = anna.post(f"/console/tickets/{public_id}/reply", text="It comes on Friday.\nBob", seen_seq=1)
    assert response.status_code == 409
    page = response.text
    assert re.search(r"<del>.*It comes on Monday\.", page)
    assert re.search(r"<ins>.*It comes on Friday\.", page)
    assert editor(page) == "It comes on Friday.\nBob"


def test_a_reply_that_collides_with_a_newer_message_shows_it(anna: Member) -> None:
    public_id = escalated(channel=Channel.WEB_CHAT, thread="t")
    receive_more(public_id, text="<b>I found it</b>", thread="t")
    page = anna.post(f"/console/tickets/{public_id}/reply", text="Look", seen_seq=1).text
    shown = page[page.index("What came while you wrote") :]
    assert "&lt;b&gt;I found it&lt;/b&gt;" in shown


def test_a_note_tells_whom_it_mentions_until_they_open_the_ticket(anna: Member) -> None:
    bob = member("Bob Miller")
    public_id = escalated()
    anna.post(f"/console/tickets/{public_id}/note", text="@bob can you look? carol@example.com asked")
    with transaction() as session:
        [(told, ticket)] = notifications.list_notifications(session, bob.public_id)
        assert (told.kind, told.text, ticket) == ("mention", "Carol mentioned you in a note.", public_id)
        assert notifications.count_unseen(session, anna.public_id) == 0
    page_of(bob, public_id)
    with transaction() as session:
        assert notifications.count_unseen(session, bob.public_id) == 0


def test_the_timeline_says_what_the_ai_cost(anna: Member) -> None:
    public_id = escalated(Reason.VIP, decision={"cost_usd": 0.0123, "processing_ms": 2140})
    page = page_of(anna, public_id)
    assert "The AI took 1 decision here for 0.0123 USD." in page
    assert re.search(r"AI handed it to staff.*?0\.0123 USD, 2140 ms", page, re.DOTALL)


@pytest.mark.parametrize("what", ["snooze", "merge", "split", "hand-back", "undo", "draft"])
def test_who_may_only_read_changes_nothing(anna: Member, what: str) -> None:
    dave = member("Dave", role=Role.READONLY)
    public_id = escalated()
    fields = {"into": public_id, "seq": "1", "message_id": "1", "text": "x"}
    assert dave.post(f"/console/tickets/{public_id}/{what}", **fields).status_code == 403
    assert read(public_id).status == "escalated"


def test_what_solved_it_is_kept_and_the_ticket_is_resolved_with_it(anna: Member) -> None:
    ticket = escalated()
    note = f"/console/tickets/{ticket}/solved-by"
    assert anna.post(note, text="Reset the lamp.").headers["location"].endswith("?done=solved_by")
    page = anna.client.get(f"/console/tickets/{ticket}").text
    assert "Reset the lamp.</textarea>" in page
    assert "Carol noted what solved it" in page
    refused = anna.post(note, text="Reset it twice.", then="resolve", seen_seq=0)
    assert refused.status_code == 409
    assert "Reset it twice.</textarea>" in refused.text, "nothing that was typed is lost"
    assert anna.post(note, text="Reset it twice.", then="resolve", seen_seq=1).status_code == 303
    page = anna.client.get(f"/console/tickets/{ticket}").text
    assert "Reset it twice.</textarea>" in page
    assert "Keep and resolve" not in page
