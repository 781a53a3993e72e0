"""What a chat shows of a reply that is still being written: the agent writes the row, the sockets read it.

A row counts while its claim holds, no newer message came, and its writer gives signs of life: a reply, an
escalation, a void draft or a crash ends it without anybody's help. It is no message, so nothing of it is delivered.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, extract, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime import events
from tickets.contracts import Case, Owner
from tickets.models import Ticket
from tickets.partial_reply_models import PartialReply

TOPIC = "reply.partial"
STALE_S = 10.0
HEARTBEAT_S = 3.0
"""How often the writer says that it is still there."""

_GONE = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, STALE_S)


@dataclass(frozen=True)
class Partial:
    """The text so far, what it answers, and how long it may be shown unless its row is renewed."""

    ticket_id: int
    up_to_seq: int
    text: str
    left_s: float

    def __repr__(self) -> str:
        return f"Partial({self.ticket_id}, {self.up_to_seq})"


def show(session: Session, case: Case, text: str) -> bool:
    """Write the text so far. False: the claim is void, as for `lifecycle.reply`, and nothing is written."""
    claimed = select(Ticket.id, Ticket.claim_token, Ticket.last_inbound_seq, literal(text), func.now()).where(
        Ticket.id == case.ticket_id, *_claim_of(case)
    )
    made = insert(PartialReply).from_select(
        ["ticket_id", "claim_token", "up_to_seq", "text", "updated_at"], claimed
    )
    changed = {name: made.excluded[name] for name in ("claim_token", "up_to_seq", "text", "updated_at")}
    written = made.on_conflict_do_update(index_elements=[PartialReply.ticket_id], set_=changed)
    if session.execute(written.returning(PartialReply.ticket_id)).first() is None:
        return False
    events.publish(session, TOPIC, ticket_id=case.ticket_id)
    return True


def keep(session: Session, case: Case) -> None:
    """The reply is still being written, although there is nothing new to show."""
    session.execute(update(PartialReply).where(*_row_of(case)).values(updated_at=func.now()))


def withdraw(session: Session, case: Case) -> None:
    """What was shown is not what the customer will get."""
    gone = session.execute(delete(PartialReply).where(*_row_of(case)).returning(PartialReply.ticket_id))
    if gone.first() is not None:
        events.publish(session, TOPIC, ticket_id=case.ticket_id)


def find(session: Session, ticket_id: int) -> Partial | None:
    """What may be shown of the ticket's next reply now."""
    left_s = STALE_S - extract("epoch", func.now() - PartialReply.updated_at)
    row = session.execute(
        select(PartialReply.up_to_seq, PartialReply.text, left_s)
        .join(Ticket, Ticket.id == PartialReply.ticket_id)
        .where(PartialReply.ticket_id == ticket_id, _counts())
    ).first()
    return None if row is None else Partial(ticket_id, row[0], row[1], float(row[2]))


def shown_text() -> ColumnElement[str | None]:
    """The text that may be shown, as a column of a query of tickets."""
    beside = PartialReply.ticket_id == Ticket.id
    return select(PartialReply.text).where(beside, _counts()).correlate(Ticket).scalar_subquery()


def _counts() -> ColumnElement[bool]:
    """Whether a row, beside its ticket, may be shown."""
    return and_(
        PartialReply.claim_token == Ticket.claim_token,
        PartialReply.up_to_seq == Ticket.last_inbound_seq,
        Ticket.owner == Owner.AGENT,
        PartialReply.updated_at > _GONE,
    )


def sweep(session: Session) -> int:
    """Drop the rows that are over; returns how many."""
    over = delete(PartialReply).where(PartialReply.updated_at < _GONE).returning(PartialReply.ticket_id)
    dropped = session.scalars(over).all()
    for ticket_id in dropped:
        events.publish(session, TOPIC, ticket_id=ticket_id)
    return len(dropped)


def _claim_of(case: Case) -> tuple[ColumnElement[bool], ...]:
    return (
        Ticket.claim_token == case.claim_token,
        Ticket.last_inbound_seq == case.up_to_seq,
        Ticket.owner == Owner.AGENT,
    )


def _row_of(case: Case) -> tuple[ColumnElement[bool], ...]:
    return PartialReply.ticket_id == case.ticket_id, PartialReply.claim_token == case.claim_token
