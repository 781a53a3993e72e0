"""Staff set right what the agent judged: the ticket changes, and a row says what it was."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tickets import categories, timeline
from tickets.contracts import Author, Mood, Priority, mood_of
from tickets.correction_models import JudgementCorrection
from tickets.models import AgentDecision, Message, Ticket

# A person names a mood, not a number: one that is clear and not extreme.
_SENTIMENTS = {Mood.POSITIVE: 0.5, Mood.NEUTRAL: 0.0, Mood.NEGATIVE: -0.5}


@dataclass(frozen=True)
class Corrections:
    """What is right in the eyes of staff; None: nothing is said of it."""

    category: str | None = None
    priority: Priority | None = None
    mood: Mood | None = None


def correct(session: Session, ticket_id: int, corrections: Corrections, *, staff: str) -> int:
    """How many fields changed; what was right already stays. Raises InvalidInput for an unknown category.

    A corrected category or priority stays when the agent judges a later message. Undone by correcting back.
    """
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id).with_for_update()).one()
    changed = [one for one in _wanted(ticket, corrections) if one[1] != one[2]]
    for field, before, after in changed:
        _set(ticket, field, after)
        session.execute(
            insert(JudgementCorrection).values(
                ticket_id=ticket_id,
                decision_id=_newest_decision(session, ticket_id),
                message_id=_newest_message(session, ticket_id),
                field=field,
                from_value=before,
                to_value=after,
                staff=staff,
            )
        )
    session.flush()
    if changed:
        fields = {field: [before, after] for field, before, after in changed}
        timeline.record(session, ticket_id, "corrected", actor=staff, **fields)
    return len(changed)


def _wanted(ticket: Ticket, corrections: Corrections) -> list[tuple[str, str, str]]:
    """Field, what it is and what it is to be, of the fields that are spoken of."""
    found = []
    if corrections.category is not None:
        found.append(("category", ticket.category or "", categories.checked(corrections.category)))
    if corrections.priority is not None:
        found.append(("priority", ticket.priority, corrections.priority.value))
    if corrections.mood is not None:
        present = "" if ticket.sentiment is None else mood_of(ticket.sentiment).value
        found.append(("mood", present, corrections.mood.value))
    return found


def _set(ticket: Ticket, field: str, value: str) -> None:
    if field == "category":
        ticket.category = value
    elif field == "priority":
        ticket.priority, ticket.priority_rank = value, Priority(value).rank
        ticket.priority_stated = True  # A person has said it: the agent does not change it any more.
    else:
        ticket.sentiment = _SENTIMENTS[Mood(value)]


def _newest_decision(session: Session, ticket_id: int) -> int | None:
    return session.scalar(select(func.max(AgentDecision.id)).where(AgentDecision.ticket_id == ticket_id))


def _newest_message(session: Session, ticket_id: int) -> int | None:
    """Of the customer: what the judgement is about."""
    query = select(Message.id).where(Message.ticket_id == ticket_id, Message.author == Author.CUSTOMER)
    return session.scalar(query.order_by(Message.seq.desc()).limit(1))
