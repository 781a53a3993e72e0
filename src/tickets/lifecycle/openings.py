"""Staff open a ticket for a customer, with the first message of it."""

import re
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from runtime.errors import InvalidInput
from runtime.language import language_of
from runtime.settings import settings
from tickets import categories, customers, outbox, sla, timeline
from tickets.contracts import Author, Channel, Owner, Priority, Status
from tickets.lifecycle.states import moment_in
from tickets.models import Ticket
from tickets.public_ids import new_ticket_id

_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_LONGEST_SUBJECT = 400


# When its only message is taken back, it is as one taken from the agent: with whoever wrote, to write anew or resolve.
_UNSENT = {"owner": Owner.AGENT}


@dataclass(frozen=True)
class FirstMessage:
    """What staff write to a customer on their own account; it goes by mail."""

    to: str
    subject: str
    text: str
    name: str = ""
    priority: Priority = Priority.NORMAL
    category: str | None = None


def open_by_staff(
    session: Session, message: FirstMessage, *, staff: str, name: str, hold_s: float = 0.0
) -> tuple[str, int]:
    """The new ticket's public id and the message's id; it waits for the customer. Raises InvalidInput."""
    address, subject = _checked(message)
    public_id = new_ticket_id()
    customer_id = customers.create_customer(session, customers.MAIL, address, name=message.name.strip())
    ticket_id = session.execute(
        insert(Ticket)
        .values(
            public_id=public_id,
            customer_id=customer_id,
            channel=Channel.MAIL,
            subject=subject,
            status=Status.WAITING_CUSTOMER,
            owner=Owner.STAFF,
            assignee=staff if staff.startswith("AGENT-") else None,
            priority=message.priority,
            priority_rank=message.priority.rank,
            priority_stated=True,
            category=message.category,
            language=language_of(message.text),
            answer_due_at=moment_in(0),
            staff_due_at=sla.deadline(message.priority),
            desk_address=settings().ingestion.address,
            identity=address,
        )
        .returning(Ticket.id)
    ).scalar_one()
    timeline.record(session, ticket_id, "opened", actor=staff)
    text = message.text.strip()
    message_id = outbox.queue_reply(session, ticket_id, text, author=Author.STAFF, name=name, hold_s=hold_s)
    timeline.record(
        session, ticket_id, "replied", actor=staff, message_id=message_id, held_s=hold_s, before=_UNSENT
    )
    return public_id, message_id


def _checked(message: FirstMessage) -> tuple[str, str]:
    """Address and subject. Raises InvalidInput naming the field that is wrong."""
    address = customers.normalised(message.to)
    if not _ADDRESS.fullmatch(address) or len(address) > 254 or not address.isprintable():
        raise InvalidInput(f"{message.to[:80]!r} is not a mail address.", field="to")
    subject = " ".join(message.subject.split())
    if not subject or len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
        raise InvalidInput(f"A subject has 1 to {_LONGEST_SUBJECT} characters.", field="subject")
    if not message.text.strip():
        raise InvalidInput("The message is empty.", field="text")
    if message.category is not None:
        categories.checked(message.category)
    return address, subject
