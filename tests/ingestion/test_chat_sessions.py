"""What a visitor may ask for in a chat: a person, a word on how it was, and so many messages a minute."""

import uuid

import pytest
from sqlalchemy import select, update

from runtime import limits
from runtime.database import transaction
from runtime.errors import RateLimited
from runtime.settings import settings
from tests.ingestion.chat_client import Open, staff_says, stored, the_ticket
from tickets import lifecycle
from tickets.contracts import Owner, Reason, Status
from tickets.models import Ticket, TicketEvent


def test_a_visitor_who_writes_too_often_has_to_wait_in_every_tab(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CHAT_MESSAGES_PER_MINUTE", "2")
    settings.cache_clear()
    page = open_page()
    page.say("One")
    page.say("Two")
    again = open_page(token=page.welcome["token"])
    frame_id = str(uuid.uuid4())
    again.send(type="message", id=frame_id, text="Three")
    error = again.next("error", id=frame_id)
    assert error["code"] == "rate_limited"
    assert 0 < error["retry_after_s"] <= 30
    assert [message.text for message in stored()] == ["One", "Two"]
    open_page().say("Another visitor")


def test_a_pause_is_never_told_shorter_than_it_is(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came back a moment too early was refused with a pause of 0, and the page took that for a final no."""

    def refuse(name: str, **limit: int) -> None:
        raise RateLimited("Wait.", retry_after_s=0.01)

    page = open_page()
    monkeypatch.setattr(limits, "take", refuse)
    frame_id = str(uuid.uuid4())
    page.send(type="message", id=frame_id, text="Three")
    assert page.next("error", id=frame_id)["retry_after_s"] == 0.1


def test_staff_get_the_conversation_when_a_person_is_asked_for(open_page: Open) -> None:
    page = open_page()
    page.say("Hello")
    page.next("status", status="answering")
    page.send(type="person")
    page.next("status", status="with_staff")
    ticket = the_ticket()
    assert (ticket.owner, ticket.status, ticket.reason) == (
        Owner.STAFF,
        Status.ESCALATED,
        Reason.ASKS_FOR_PERSON,
    )


def test_asking_for_a_person_again_does_not_push_the_deadline_away(open_page: Open) -> None:
    page = open_page()
    page.say("Hello")
    page.send(type="person")
    page.next("status", status="with_staff")
    due = the_ticket().staff_due_at
    page.send(type="person")
    page.say("Anybody there?")
    assert the_ticket().staff_due_at == due
    assert steps("escalated") == [{"reason": "asks_for_person"}]


def test_the_wish_for_a_person_comes_with_the_first_message(open_page: Open) -> None:
    page = open_page()
    page.send(type="person")
    assert page.next("error")["code"] == "conflict"
    frame_id = str(uuid.uuid4())
    page.say("Hello", frame_id=frame_id, person=True)
    page.next("status", status="with_staff")
    with transaction() as session:
        session.execute(update(Ticket).values(owner=Owner.AGENT))  # As when staff give it back.
    page.say("Hello", frame_id=frame_id, person=True)
    assert the_ticket().owner == Owner.AGENT


def test_a_closed_conversation_is_not_opened_by_the_wish_for_a_person(open_page: Open) -> None:
    page = open_page()
    page.say("Hello")
    with transaction() as session:
        lifecycle.set_status(session, the_ticket().id, Status.CLOSED, actor="AGENT-1")
    page.send(type="person")
    assert page.next("error")["code"] == "conflict"
    assert the_ticket().status == Status.CLOSED
    page.say("Then a new one", person=True)
    assert (the_ticket().owner, the_ticket().reason) == (Owner.STAFF, Reason.ASKS_FOR_PERSON)


def test_a_rating_is_stored_once_for_a_resolution_and_every_tab_shows_it(open_page: Open) -> None:
    page = open_page()
    page.say("Hello")
    last = staff_says("Solved.")
    resolve()
    page.next("status", status="resolved", rating=None)
    other = open_page(token=page.welcome["token"])
    other.next("status", status="resolved", rating=None)
    page.send(type="rate", rating=5, comment=" Quick and kind. ")
    page.next("status", rating=5)
    other.next("status", rating=5)
    other.send(type="rate", rating=1)
    other.say("Something else")  # Frames are answered in order: the second rating was read.
    page.next("status", status="with_staff", rating=None)
    assert steps("rated") == [{"rating": 5, "comment": "Quick and kind.", "message_id": last}]
    resolve()
    page.next("status", status="resolved", rating=None)
    page.send(type="rate", rating=2)
    page.next("status", rating=2)
    assert [step["rating"] for step in steps("rated")] == [5, 2]


def test_nothing_can_be_rated_before_there_is_a_conversation(open_page: Open) -> None:
    page = open_page()
    page.send(type="rate", rating=5)
    assert page.next("error")["code"] == "conflict"


def steps(kind: str) -> list[dict[str, object]]:
    with transaction() as session:
        return list(
            session.scalars(select(TicketEvent.data).where(TicketEvent.kind == kind).order_by(TicketEvent.id))
        )


def resolve() -> None:
    with transaction() as session:
        lifecycle.set_status(session, the_ticket().id, Status.RESOLVED, actor="AGENT-1")
