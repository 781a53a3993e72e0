"""Asks for work on tickets: the wake-ups after a commit, and the sweep that repeats what was lost.

A wake-up names no ticket: whoever gets it claims the most urgent pending one.
"""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from runtime import jobs
from runtime.database import Committing
from runtime.settings import settings
from tickets.contracts import Channel, Owner
from tickets.models import Ticket

ANSWER_NEXT = "agent_core.tasks.answer_next"
DELIVER_REPLY = "ingestion.tasks.deliver_reply"
PUSH_STATUS = "ingestion.tasks.push_status"
_HELP_DESKS = (Channel.ZENDESK, Channel.INTERCOM)
_MOST_WAKE_UPS = 100


def request_answer(session: Committing, *, expires_s: float | None = None) -> None:
    """What a sweep asks for expires with the next sweep, so that an outage of workers piles nothing up."""
    jobs.request(session, ANSWER_NEXT, expires_s=expires_s)


def request_delivery(session: Session, message_id: int, *, expires_s: float | None = None) -> None:
    jobs.request(session, DELIVER_REPLY, message_id, expires_s=expires_s)


def request_status(session: Session, ticket: Ticket) -> None:
    """Let the help desk that the ticket came from know its status, if it came from one."""
    if ticket.channel in _HELP_DESKS:
        jobs.request(session, PUSH_STATUS, ticket.id)


def _pending() -> list[ColumnElement[bool]]:
    return [Ticket.owner == Owner.AGENT, Ticket.last_inbound_seq > Ticket.handled_seq]


def _free() -> ColumnElement[bool]:
    return (Ticket.claimed_until.is_(None)) | (Ticket.claimed_until < func.now())


def more_wait(session: Session) -> bool:
    """Whether a message waits that nobody works on."""
    return session.scalar(select(Ticket.id).where(*_pending(), _free()).limit(1)) is not None


def sweep_pending(session: Session) -> int:
    """Ask again for pending tickets that nobody holds; returns how many there are."""
    tried_out = Ticket.attempts >= settings().agent.max_attempts
    waiting = (
        session.scalar(select(func.count()).select_from(Ticket).where(*_pending(), _free(), ~tried_out)) or 0
    )
    for _ in range(min(waiting, _MOST_WAKE_UPS)):
        request_answer(session, expires_s=settings().runtime.sweep_s)
    return waiting
