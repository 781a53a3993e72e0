"""A customer's message arrives: it opens a ticket, joins one, or was there before."""

from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from runtime import correlation, events, telemetry
from runtime.database import AtOnce, Committing
from runtime.errors import Conflict
from runtime.settings import settings
from tickets import customers, sla, statements, timeline, wakeups
from tickets.contracts import Author, Channel, IncomingMessage, Kind, Owner, Reason, Receipt, Status
from tickets.lifecycle.following import follow_merges
from tickets.lifecycle.states import DONE, RESTING, moment_in
from tickets.models import Message, ReceivedMessage, Ticket
from tickets.public_ids import new_ticket_id
from tickets.thanks import is_only_thanks


def answer_deadline_s(channel: Channel) -> float:
    agent = settings().agent
    return agent.chat_deadline_s if channel is Channel.WEB_CHAT else agent.mail_deadline_s


def open_at_once(at_once: AtOnce, message: IncomingMessage) -> Receipt | None:
    """The usual case in one statement. None, with nothing stored: a new customer, or a message that came before."""
    public_id = new_ticket_id()
    row = at_once.first(statements.OPEN_TICKET_AT_ONCE, _values(message, public_id))
    if row is None or row[0] is None:
        return None
    return _opened(at_once, message, row[0], row[1], public_id)


def open_ticket(session: Session, message: IncomingMessage, *, linked_to: int | None = None) -> Receipt:
    """A new ticket for a message that belongs to none, or the receipt of the first time it came."""
    public_id = new_ticket_id()
    values = _values(message, public_id) | {"linked_to": linked_to}
    row = session.execute(statements.OPEN_TICKET, values).first()
    if row is None:
        customers.create_customer(session, values["kind"], values["identity"], name=message.name)
        row = session.execute(statements.OPEN_TICKET, values).one()
    if row.ticket_id is None:
        return received_before(session, message)
    return _opened(session, message, row.ticket_id, row.message_id, public_id)


def _values(message: IncomingMessage, public_id: str) -> dict[str, Any]:
    return statements.opening_values(message, public_id, deadline_s=answer_deadline_s(message.channel))


def _opened(
    session: Committing, message: IncomingMessage, ticket_id: int, message_id: int, public_id: str
) -> Receipt:
    telemetry.record_received(message.channel, duplicate=False)
    events.publish(session, "ticket.received", ticket_id=ticket_id)
    wakeups.request_answer(session)
    return Receipt(ticket_id, public_id, message_id, duplicate=False)


def append_message(session: Session, message: IncomingMessage, ticket_id: int) -> Receipt:
    """A further message of a ticket. A resolved ticket opens again, but not for thanks; staff keep what was theirs."""
    goes_on = follow_merges(session, ticket_id)
    if goes_on != ticket_id and _is_closed(session, goes_on):
        return open_ticket(session, message, linked_to=goes_on)
    ticket_id = goes_on
    if not _is_fresh(session, message):
        return received_before(session, message)
    if _only_thanks(message) and (answered := _thanked(session, message, ticket_id)):
        return _add(session, message, answered, kind=Kind.INBOUND)
    ticket = _wake(session, message, ticket_id)
    receipt = _add(session, message, ticket, kind=Kind.INBOUND)
    wakeups.request_status(session, ticket)
    if ticket.owner == Owner.AGENT:
        wakeups.request_answer(session)
    return receipt


def append_notice(session: Session, message: IncomingMessage, ticket_id: int) -> Receipt:
    """A machine's mail, or one of somebody in copy: kept on the ticket, owed no answer, never shown to the agent."""
    if not _is_fresh(session, message):
        return received_before(session, message)
    ticket = session.scalars(
        update(Ticket)
        .where(Ticket.id == follow_merges(session, ticket_id))
        .values(last_seq=Ticket.last_seq + 1, updated_at=func.now())
        .returning(Ticket)
    ).one()
    return _add(session, message, ticket, kind=Kind.NOTICE)


def _is_closed(session: Session, ticket_id: int) -> bool:
    return session.scalar(select(Ticket.status).where(Ticket.id == ticket_id)) == Status.CLOSED


def _is_fresh(session: Session, message: IncomingMessage) -> bool:
    fresh = session.execute(
        upsert(ReceivedMessage)
        .values(channel=message.channel, external_id=message.external_id, fingerprint=message.fingerprint)
        .on_conflict_do_nothing()
        .returning(ReceivedMessage.channel)
    ).first()
    return fresh is not None


def _only_thanks(message: IncomingMessage) -> bool:
    return not message.attachments and is_only_thanks(message.text, name=message.name)


def _thanked(session: Session, message: IncomingMessage, ticket_id: int) -> Ticket | None:
    """The ticket with thanks that count as answered; None when somebody owes its customer an answer."""
    return session.scalars(
        update(Ticket)
        .where(
            Ticket.id == ticket_id,
            Ticket.status.in_((Status.WAITING_CUSTOMER, Status.RESOLVED)),
            Ticket.last_inbound_seq == Ticket.handled_seq,
        )
        .values(
            last_seq=Ticket.last_seq + 1,
            last_inbound_seq=Ticket.last_seq + 1,
            handled_seq=Ticket.last_seq + 1,
            customer_verified=Ticket.customer_verified & message.customer_verified,
            updated_at=func.now(),
        )
        .returning(Ticket)
        .execution_options(populate_existing=True)
    ).first()


def _wake(session: Session, message: IncomingMessage, ticket_id: int) -> Ticket:
    """The ticket waits for an answer again, and its deadline runs."""
    theirs = Ticket.owner == Owner.STAFF
    # A customer who asks again must not push a deadline away that is running already.
    agent_owes = Ticket.last_inbound_seq > Ticket.handled_seq
    staff_owe = theirs & Ticket.status.not_in((*DONE, *RESTING))
    return session.scalars(
        update(Ticket)
        .where(Ticket.id == ticket_id)
        .values(
            last_seq=Ticket.last_seq + 1,
            last_inbound_seq=Ticket.last_seq + 1,
            status=sql_case((theirs, Status.ESCALATED.value), else_=Status.OPEN.value),
            reason=sql_case((theirs & Ticket.status.in_(DONE), Reason.REOPENED.value), else_=Ticket.reason),
            staff_due_at=sql_case(
                (staff_owe, Ticket.staff_due_at),
                (theirs, sla.deadline_by_row()),
                else_=None,
            ),
            answer_due_at=sql_case(
                (agent_owes, Ticket.answer_due_at), else_=moment_in(answer_deadline_s(message.channel))
            ),
            resolved_at=None,
            snoozed_until=None,
            attempts=0,
            # One message that nobody vouches for is enough: the answer may go to whoever wrote it.
            customer_verified=Ticket.customer_verified & message.customer_verified,
            updated_at=func.now(),
        )
        .returning(Ticket)
        .execution_options(populate_existing=True)
    ).one()


def _add(session: Session, message: IncomingMessage, ticket: Ticket, *, kind: Kind) -> Receipt:
    inbound = kind is Kind.INBOUND
    message_id = session.execute(
        insert(Message)
        .values(
            ticket_id=ticket.id,
            seq=ticket.last_seq,
            kind=kind,
            author=Author.CUSTOMER if inbound else Author.SYSTEM,
            author_name=message.name or ("" if inbound else message.identity),
            text=message.text,
            quoted_text=message.quoted_text,
            automatic=message.automatic,
            external_id=message.external_id,
            correlation_id=correlation.current(),
            **statements.mail_values(message),
        )
        .returning(Message.id)
    ).scalar_one()
    session.execute(
        update(ReceivedMessage)
        .where(ReceivedMessage.channel == message.channel, ReceivedMessage.external_id == message.external_id)
        .values(ticket_id=ticket.id, message_id=message_id)
    )
    telemetry.record_received(message.channel, duplicate=False)
    happened = "received" if inbound else "noticed"
    about = {} if inbound else {"automatic": message.automatic}
    timeline.record(
        session, ticket.id, happened, actor=Author.CUSTOMER if inbound else Author.SYSTEM, seq=ticket.last_seq,
        channel=message.channel, **about,
    )  # fmt: skip
    return Receipt(ticket.id, ticket.public_id, message_id, duplicate=False)


def received_before(session: Session, message: IncomingMessage) -> Receipt:
    """The receipt of a message that was there already. Raises Conflict when its content was another."""
    row = session.execute(
        select(ReceivedMessage, Ticket.public_id)
        .join(Ticket, Ticket.id == ReceivedMessage.ticket_id)
        .where(ReceivedMessage.channel == message.channel, ReceivedMessage.external_id == message.external_id)
    ).one()
    if row.ReceivedMessage.fingerprint != message.fingerprint:
        raise Conflict("This Idempotency-Key was used before with a different body.", field="Idempotency-Key")
    telemetry.record_received(message.channel, duplicate=True)
    first = row.ReceivedMessage
    return Receipt(first.ticket_id, row.public_id, first.message_id, duplicate=True)
