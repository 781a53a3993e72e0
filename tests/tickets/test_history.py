"""Past tickets are rows that nobody has to act on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from runtime.database import engine, transaction
from tests.jobs import CollectedJobs
from tests.tickets.test_past import AT, a_past_ticket
from tickets import history, queries, vault
from tickets.contracts import Author, Channel, Kind, MailHeaders, Status
from tickets.history import Fate
from tickets.models import Message, ReceivedMessage, Ticket
from tickets.past import PastMessage, PastTicket


def store(*past: PastTicket) -> history.Stored:
    with transaction() as session:
        return history.store(session, past)


def a_mail(name: str, *, author: Author = Author.CUSTOMER, hours: int = 0) -> PastTicket:
    said = PastMessage(
        author,
        f"Mail {name}",
        AT + timedelta(hours=hours),
        mail=MailHeaders(name),
        external_id=name,
        fingerprint="f",
    )
    return a_past_ticket(external_id=name, messages=(said,), status=Status.CLOSED, resolved_at=None)


def test_each_ticket_is_stored_once_and_known_by_its_source_and_id(run_jobs: CollectedJobs) -> None:
    first = a_past_ticket()
    stored = store(first, a_past_ticket(), a_past_ticket(subject="Other"), a_past_ticket(source="older"))
    assert stored.fates == (Fate.STORED, Fate.DUPLICATE, Fate.REFUSED, Fate.STORED)
    assert [bool(one) for one in stored.ticket_ids] == [True, False, False, True]
    assert store(first).fates == (Fate.DUPLICATE,)
    assert store().fates == ()
    with transaction() as session:
        marks = [
            tuple(one)
            for one in session.execute(select(ReceivedMessage.channel, ReceivedMessage.external_id))
        ]
        assert session.scalars(select(Ticket).where(queries.has_no_owner())).all() == []
    assert sorted(marks) == [("mail", "import:old:1"), ("mail", "import:older:1")]
    assert run_jobs.published == []


def test_notes_and_bots_keep_their_kinds(database: str) -> None:
    said = (
        PastMessage(Author.CUSTOMER, "Hello?", AT),
        PastMessage(Author.AGENT, "I am a bot.", AT),
        PastMessage(Author.STAFF, "A note.", AT, internal=True),
    )
    [ticket_id] = store(a_past_ticket(messages=said, channel=Channel.INTERCOM)).ticket_ids
    with transaction() as session:
        found = session.scalars(
            select(Message).where(Message.ticket_id == ticket_id).order_by(Message.seq)
        ).all()
        learned_at = session.scalar(select(Ticket.learned_at))
    assert [(one.kind, one.delivery) for one in found] == [
        (Kind.INBOUND, None),
        (Kind.OUTBOUND, "sent"),
        (Kind.NOTE, None),
    ]
    assert learned_at is not None


def test_what_continues_a_ticket_finds_its_place_by_date(database: str) -> None:
    [ticket_id] = store(a_mail("second", hours=2)).ticket_ids
    late = replace(a_mail("first", hours=1), continues=ticket_id)
    answer = replace(a_mail("third", author=Author.STAFF, hours=3), continues=ticket_id)
    assert store(answer, late).ticket_ids == (ticket_id, ticket_id)
    with transaction() as session:
        said = [
            tuple(one)
            for one in session.execute(select(Message.seq, Message.external_id).order_by(Message.seq))
        ]
        ticket = session.scalars(select(Ticket)).one()
    assert said == [(1, "first"), (2, "second"), (3, "third")]
    assert (ticket.last_seq, ticket.last_inbound_seq, ticket.handled_seq) == (3, 2, 2)
    assert (ticket.created_at, ticket.resolved_at) == (AT + timedelta(hours=1), AT + timedelta(hours=3))
    assert ticket.learned_at is None


def test_a_mail_that_came_meanwhile_makes_the_batch_fail_as_a_whole(database: str) -> None:
    store(a_mail("one"))
    with pytest.raises(IntegrityError):
        store(a_past_ticket(), a_mail("one"))
    with transaction() as session:
        assert session.scalar(text("select count(*) from tickets")) == 1
        assert history.known(session, [("mail", "one"), ("mail", "two")]) == {("mail", "one"): "f"}
        assert history.known(session, []) == {}


def test_a_batch_is_a_handful_of_statements(database: str) -> None:
    executed: list[str] = []

    def note(*arguments: Any) -> None:
        executed.append(arguments[2])

    event.listen(engine(), "before_cursor_execute", note)
    store(*(a_past_ticket(external_id=str(n), identity=f"c{n}@example.com") for n in range(500)))
    event.remove(engine(), "before_cursor_execute", note)
    assert len(executed) <= 12, executed


def test_the_customers_of_tickets_are_known_by_all_their_identities(database: str) -> None:
    first, second = store(
        a_past_ticket(), a_past_ticket(external_id="2", identity="b@example.com")
    ).ticket_ids
    with transaction() as session:
        found = history.customers_of(session, [first, second])
    assert found == {first: {("mail", "alice@example.com")}, second: {("mail", "b@example.com")}}


def test_dangerous_numbers_are_in_the_vault_and_in_no_other_row(database: str) -> None:
    card = "4111 1111 1111 1111"
    said = (
        PastMessage(Author.CUSTOMER, f"My card {card} was charged.", AT, quoted_text=f"> {card}"),
        PastMessage(Author.STAFF, f"We see {card}.", AT + timedelta(hours=1)),
    )
    past = a_past_ticket(subject=f"Card {card}", messages=said)
    [ticket_id] = store(past).ticket_ids
    with transaction() as session:
        found = session.scalars(
            select(Message).where(Message.ticket_id == ticket_id).order_by(Message.seq)
        ).all()
        whole = session.scalar(text("select string_agg(cast(messages.* as text), '') from messages"))
        subject = session.scalar(select(Ticket.subject))
        assert vault.reveal(session, found[0].id) == said[0].text
        assert vault.restore(session, found[0].id, subject or "") == past.subject
        assert vault.reveal(session, found[1].id) == said[1].text
    assert card not in f"{whole} {subject}"
    assert store(past).fates == (Fate.DUPLICATE,)
