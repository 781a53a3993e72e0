"""An open chat: what the visitor sends, what is shown to them, and what becomes of wrong frames."""

import time
import uuid

import pytest
from sqlalchemy import func, select
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ingestion import chat_listeners
from runtime import database as database_module
from runtime.database import transaction
from runtime.settings import settings
from tests.ingestion.chat_client import Open, eventually, staff_says, stored, the_ticket
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tickets import lifecycle, wakeups
from tickets.contracts import Citation, Delivery, Kind, Reason, Status
from tickets.models import Customer, Ticket


def test_a_message_is_stored_and_an_answer_is_asked_for(open_page: Open, run_jobs: CollectedJobs) -> None:
    page = open_page()
    received = page.say("Where is my parcel?", name="Alice", email="alice@example.com")
    (message,) = stored()
    assert (message.id, message.text, message.author_name) == (
        received["message_id"],
        "Where is my parcel?",
        "Alice",
    )
    assert run_jobs.names() == [wakeups.ANSWER_NEXT]
    assert the_ticket().meta == {"unverified_email": "alice@example.com"}
    with transaction() as session:
        assert session.scalars(select(Customer.name)).all() == ["Alice"]


def test_received_is_said_only_when_the_message_is_durable(open_page: Open) -> None:
    page = open_page()
    page.next("status")
    lock = select(
        func.pg_advisory_xact_lock(func.hashtextextended(f"web_chat:{page.welcome['conversation']}", 0))
    )
    with transaction() as session:
        session.execute(lock)  # Whoever stores into this conversation has to wait for us.
        page.send(type="message", id=str(uuid.uuid4()), text="Hello")
        with pytest.raises(TimeoutError):
            page.socket.recv(timeout=0.3)
        assert stored() == []
    received = page.next("received")
    assert [message.id for message in stored()] == [received["message_id"]]


def test_the_same_message_twice_is_one_message(open_page: Open) -> None:
    page, frame_id = open_page(), str(uuid.uuid4())
    first = page.say("Hello", frame_id=frame_id)
    again = open_page(token=page.welcome["token"]).say("Hello", frame_id=frame_id)
    assert again == first
    assert len(stored()) == 1


def test_an_answer_of_the_agent_appears_with_its_sources(open_page: Open) -> None:
    page = open_page()
    page.say("Can I return a lamp?")
    page.next("status", status="answering")
    sources = tuple(Citation("returns", 1, "Returns", "/help/returns", chunk, "quote") for chunk in (1, 2))
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Within 30 days.", citations=sources))
    answer = page.next("message", author="agent")
    assert (answer["text"], answer["name"]) == ("Within 30 days.", settings().agent.desk_name)
    assert answer["citations"] == [{"title": "Returns", "url": "/help/returns"}]
    page.next("status", status="waiting")


def test_a_reply_of_staff_appears_in_the_open_socket(open_page: Open) -> None:
    page = open_page()
    page.say("Hello")
    page.next("status", status="answering")
    with transaction() as session:
        lifecycle.hand_to_staff(session, the_ticket().id, Reason.ASKS_FOR_PERSON)
    page.next("status", status="with_staff")
    started = time.monotonic()
    message_id = staff_says("I take care of it.")
    answer = page.next("message", author="staff")
    assert (answer["message_id"], answer["name"], answer["text"]) == (
        message_id,
        "Carol",
        "I take care of it.",
    )
    assert time.monotonic() - started < 2.0
    with transaction() as session:
        lifecycle.set_status(session, the_ticket().id, Status.RESOLVED, actor="AGENT-1")
    page.next("status", status="resolved")


def test_a_reply_whose_event_was_lost_appears_all_the_same(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_listeners, "LOOK_S", 0.2)
    page = open_page()
    page.say("Hello")
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        lifecycle.staff_reply(
            session, ticket.id, "Here I am.", staff="AGENT-1", name="Carol", seen_seq=ticket.last_seq
        )
        session.info.clear()  # As when the process dies right after its commit.
    assert page.next("message", author="staff")["text"] == "Here I am."


def test_notes_of_staff_are_not_shown(open_page: Open) -> None:
    page = open_page()
    page.say("Hello")
    with transaction() as session:
        lifecycle.add_note(session, the_ticket().id, "A difficult customer.", staff="AGENT-1", name="Carol")
    staff_says("Good morning.")
    assert page.texts(2) == ["Hello", "Good morning."]


def test_a_page_that_comes_back_gets_what_it_missed(open_page: Open) -> None:
    page = open_page()
    seen = page.say("First")["message_id"]
    page.socket.close()
    staff_says("Second")
    back = open_page(token=page.welcome["token"])
    assert back.welcome["resumed"] is True
    assert back.welcome["conversation"] == page.welcome["conversation"]
    back.send(type="resume", after=seen)
    assert back.texts(1) == ["Second"]
    back.send(type="resume", after=0)
    assert back.texts(2) == ["First", "Second"]


def test_a_long_history_comes_whole_and_in_order(open_page: Open) -> None:
    page = open_page()
    page.say("0")
    page.socket.close()
    for number in range(1, 251):
        staff_says(str(number))
    back = open_page(token=page.welcome["token"])
    back.send(type="resume", after=0)
    assert back.texts(251) == [str(number) for number in range(251)]
    back.next("status", status="with_staff")


def test_two_tabs_show_the_same_conversation(open_page: Open) -> None:
    one = open_page()
    other = open_page(token=one.welcome["token"])
    frame_id = str(uuid.uuid4())
    one.say("From one", frame_id=frame_id)
    assert other.next("message")["id"] == frame_id
    other.say("From the other")
    staff_says("To both")
    assert one.texts(3) == ["From one", "From the other", "To both"]
    assert other.texts(2) == ["From the other", "To both"]
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_a_conversation_goes_on_after_its_ticket_was_closed(open_page: Open) -> None:
    page = open_page()
    page.say("Old question")
    old = the_ticket()
    with transaction() as session:
        lifecycle.set_status(session, old.id, Status.CLOSED, actor="AGENT-1")
    page.say("New question")
    assert the_ticket().linked_to == old.id
    staff_says("New answer")
    assert page.texts(3) == ["Old question", "New question", "New answer"]


def test_a_reply_is_delivered_when_the_page_has_shown_it(open_page: Open, run_jobs: CollectedJobs) -> None:
    page = open_page()
    page.say("Hello")
    page.send(type="seen", up_to=2**62)  # Of what comes later it knows nothing.
    message_id = staff_says("Good morning.")
    page.next("message", message_id=message_id)
    assert wakeups.DELIVER_REPLY not in run_jobs.names()
    assert [m.delivery for m in stored() if m.kind == Kind.OUTBOUND] == [Delivery.QUEUED]
    page.send(type="seen", up_to=message_id)
    eventually(lambda: [m.delivery for m in stored() if m.kind == Kind.OUTBOUND] == [Delivery.SENT])


def test_a_held_reply_is_shown_when_its_moment_is_over_and_what_came_after_it_follows(
    open_page: Open,
) -> None:
    page = open_page()
    page.say("Hello")
    began = time.monotonic()
    staff_says("I look into it.", hold_s=1.5)
    with transaction() as session:
        lifecycle.set_status(session, the_ticket().id, Status.RESOLVED, actor="AGENT-1")
    page.say("Anybody?")
    assert page.next("status", status="with_staff"), "that it is resolved is not told before the reply"
    assert page.texts(3) == ["Hello", "I look into it.", "Anybody?"]
    assert 1.5 <= time.monotonic() - began < 4.0


def test_a_reply_that_was_taken_back_is_never_shown(open_page: Open) -> None:
    page = open_page()
    seen = page.say("Hello")["message_id"]
    message_id = staff_says("Sorry!", hold_s=30.0)
    back = open_page(token=page.welcome["token"])
    assert back.welcome["newest_id"] == seen, "who comes back now has not missed it"
    back.send(type="seen", up_to=message_id)
    with transaction() as session:
        assert lifecycle.undo_reply(session, the_ticket().id, message_id, staff="AGENT-1") == "Sorry!"
    staff_says("Good morning.")
    assert page.texts(2) == ["Hello", "Good morning."]
    assert back.texts(1) == ["Good morning."]


def test_each_message_has_a_correlation_id_of_its_own(open_page: Open) -> None:
    page = open_page()
    page.say("One")
    page.say("Two")
    ids = {message.correlation_id for message in stored()}
    assert len(ids) == 2
    assert "" not in ids


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("hello", None),
        ('{"type": "shout"}', "type"),
        (b"\x00\x01", None),
        ('{"type": "seen", "up_to": "x"}', "up_to"),
    ],
)
def test_a_wrong_frame_is_named_and_the_socket_stays_open(
    open_page: Open, raw: str | bytes, field: str | None
) -> None:
    page = open_page()
    page.socket.send(raw)
    error = page.next("error")
    assert error["detail"]
    assert error["field"] == field
    page.say("Still here")


def test_a_message_that_is_too_long_is_refused_and_nothing_is_stored(open_page: Open) -> None:
    page = open_page()
    frame_id = str(uuid.uuid4())
    page.send(type="message", id=frame_id, text="x" * 4001)
    assert page.next("error", id=frame_id)["field"] == "text"
    page.send(type="message", id=str(uuid.uuid4()), text="x" * 20_000)
    assert "16384 bytes" in page.next("error")["detail"]
    assert stored() == []
    page.say("x" * 4000)


def test_a_thousand_frames_a_second_close_the_socket_and_hurt_nobody_else(open_page: Open) -> None:
    page, other = open_page(), open_page()

    def flood() -> None:
        for _ in range(1_000):
            page.send(type="message", id=str(uuid.uuid4()), text="flood")
        page.next("never")

    with pytest.raises(ConnectionClosed) as closed:
        flood()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "too many frames")
    assert len(stored()) <= settings().chat.frames_per_second
    other.say("I am in peace")


@pytest.mark.parametrize(
    "raw", ["no JSON", "x" * 20_000, '{"type": "shout"}', '{"type": "seen", "up_to": {}}', b"\0"]
)
def test_a_flood_of_wrong_frames_is_closed_as_well(open_page: Open, raw: str | bytes) -> None:
    page = open_page()

    def flood() -> None:
        for _ in range(1_000):
            page.socket.send(raw)
        page.next("never")

    with pytest.raises(ConnectionClosed) as closed:
        flood()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    open_page().say("The process goes on")


def test_a_frame_that_no_server_would_read_closes_its_socket_alone(open_page: Open) -> None:
    page, other = open_page(), open_page()
    page.socket.send("x" * 17_000_000)
    with pytest.raises(ConnectionClosed) as closed:
        page.next("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    other.say("The process goes on")


def test_a_flood_is_told_when_to_come_back(open_page: Open) -> None:
    page = open_page()
    for _ in range(settings().chat.frames_per_second + 1):
        page.send(type="seen", up_to=0)
    error = page.next("error")
    assert (error["code"], error["retry_after_s"]) == ("flood", 10.0)


def test_a_database_that_is_away_loses_nothing(
    open_page: Open, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, frame_id = open_page(), str(uuid.uuid4())
    page.next("status")
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    settings.cache_clear()
    database_module.dispose()
    page.send(type="message", id=frame_id, text="Hello")
    error = page.next("error")
    assert (error["id"], error["retry_after_s"]) == (frame_id, 2.0)
    page.send(type="resume", after=0)
    with pytest.raises(InvalidStatus) as refused:
        open_page(token=page.welcome["token"])
    assert refused.value.response.status_code == 503
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", database)
    settings.cache_clear()
    database_module.dispose()
    page.say("Hello", frame_id=frame_id)
    assert page.texts(1) == ["Hello"]


def test_a_closed_chat_leaves_nothing_behind(open_page: Open) -> None:
    page = open_page()
    page.say("Hello")
    page.socket.close()
    eventually(lambda: not chat_listeners._rooms and not chat_listeners._room_of_ticket)
    staff_says("Is anybody there?")
    back = open_page(token=page.welcome["token"])
    back.send(type="resume", after=0)
    assert back.texts(2) == ["Hello", "Is anybody there?"]
