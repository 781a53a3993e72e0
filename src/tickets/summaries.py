"""The rows of summaries: asked for at the doors, claimed and filled in by the agent's job. One for each ticket.

`due_at` is until when the answer to a request is waited for.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime import events, jobs
from runtime.redaction import redact
from tickets import timeline
from tickets.contracts import Author, Kind
from tickets.desk_models import TicketSummary
from tickets.models import Message, Ticket

SUMMARIZE_TICKET = "agent_core.summary_tasks.summarize_ticket"
WAIT_S = 90.0
_WAIT = timedelta(seconds=WAIT_S)


@dataclass(frozen=True)
class Said:
    """One message, redacted."""

    author: Author
    text: str


@dataclass(frozen=True)
class Source:
    """A claimed summary: the redacted conversation, and whose it is."""

    ticket_id: int
    customer_id: int
    subject: str
    said: tuple[Said, ...]
    up_to_seq: int
    claim_token: str

    def __repr__(self) -> str:
        return f"Source({self.ticket_id}, {self.up_to_seq})"


@dataclass(frozen=True)
class Summary:
    """`resolution_note` is empty for what is not solved."""

    summary: str
    action_items: tuple[str, ...]
    resolution_note: str
    model: str

    def __repr__(self) -> str:
        return f"Summary({self.model})"


def request(session: Session, ticket_id: int) -> bool:
    """Ask for one; False when the newest is there or under way."""
    last_seq = session.scalar(select(Ticket.last_seq).where(Ticket.id == ticket_id)) or 0
    values = {"due_at": func.now() + _WAIT, "failure": "", "claim_token": None}
    made = insert(TicketSummary).values(ticket_id=ticket_id, up_to_seq=0, **values)
    is_stale = TicketSummary.up_to_seq < last_seq
    is_free = or_(TicketSummary.due_at < func.now(), TicketSummary.at > TicketSummary.due_at - _WAIT)
    asked = session.scalar(
        made.on_conflict_do_update(
            index_elements=[TicketSummary.ticket_id], set_=values, where=is_stale & is_free
        ).returning(TicketSummary.ticket_id)
    )
    if asked is not None:
        jobs.request(session, SUMMARIZE_TICKET, ticket_id, expires_s=WAIT_S)
    return asked is not None


def claim(session: Session, ticket_id: int) -> Source | None:
    """What is to be summarised now; None when it was done, is being done, or its ticket is gone."""
    token = secrets.token_hex(16)
    taken = session.scalar(
        update(TicketSummary)
        .where(TicketSummary.ticket_id == ticket_id, TicketSummary.claim_token.is_(None))
        .values(claim_token=token)
        .returning(TicketSummary.up_to_seq)
    )
    ticket = session.get(Ticket, ticket_id) if taken is not None else None
    if ticket is None or taken is None or taken >= ticket.last_seq:
        return None
    said = select(Message.author, Message.text).where(
        Message.ticket_id == ticket_id, Message.kind.in_((Kind.INBOUND, Kind.OUTBOUND, Kind.NOTE))
    )
    found = tuple(
        Said(Author(row.author), redact(row.text)) for row in session.execute(said.order_by(Message.seq))
    )
    return Source(ticket.id, ticket.customer_id, redact(ticket.subject), found, ticket.last_seq, token)


def keep(session: Session, source: Source, summary: Summary) -> bool:
    """Keep it, if the claim still holds."""
    kept = session.scalar(
        update(TicketSummary)
        .where(TicketSummary.ticket_id == source.ticket_id, TicketSummary.claim_token == source.claim_token)
        .values(
            up_to_seq=source.up_to_seq,
            summary=summary.summary,
            action_items=list(summary.action_items),
            resolution_note=summary.resolution_note,
            model=summary.model,
            at=func.now(),
        )
        .returning(TicketSummary.ticket_id)
    )
    if kept is not None:
        timeline.record(session, source.ticket_id, "summarised", actor=Author.AGENT, model=summary.model)
    return kept is not None


def fail(session: Session, source: Source, why: str) -> None:
    """Note why there is none, if the claim still holds. It may be asked for again."""
    noted = session.scalar(
        update(TicketSummary)
        .where(TicketSummary.ticket_id == source.ticket_id, TicketSummary.claim_token == source.claim_token)
        .values(failure=why, due_at=func.now())
        .returning(TicketSummary.ticket_id)
    )
    if noted is not None:
        events.publish(session, "ticket.summary_failed", ticket_id=source.ticket_id)


def of_ticket(session: Session, ticket_id: int) -> TicketSummary | None:
    return session.get(TicketSummary, ticket_id)


def is_awaited(summary: TicketSummary) -> bool:
    """Whether somebody is to be at work on a newer one."""
    done = summary.at is not None and summary.at > summary.due_at - _WAIT
    return not done and not summary.failure and summary.due_at > datetime.now(UTC)
