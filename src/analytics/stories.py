"""What happened to each ticket of a span, read once from its timeline, messages and decisions; `metrics` judges it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import SequenceMatcher

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from tickets.contracts import Author, Kind, Status
from tickets.models import AgentDecision, Message, Ticket, TicketEvent
from tickets.satisfaction import RATED

_CLOSINGS = (Status.RESOLVED, Status.CLOSED)
_MOST_COMPARED = 6_000  # Characters of a draft: comparing texts takes a time that grows with their product.


@dataclass(frozen=True)
class Span:
    """Tickets that began in `since ≤ t < until`, of one channel or category if named."""

    since: datetime
    until: datetime
    channel: str = ""
    category: str = ""


@dataclass
class Story:
    """All times ascend. `rating` is the newest; `edits` the share of words that staff changed of each draft."""

    public_id: str
    began: datetime
    channel: str
    category: str
    questions: list[datetime] = field(default_factory=list)
    agent_replies: list[datetime] = field(default_factory=list)
    staff_replies: list[datetime] = field(default_factory=list)
    escalations: list[tuple[datetime, str]] = field(default_factory=list)
    closings: list[datetime] = field(default_factory=list)
    rating: int | None = None
    edits: list[float] = field(default_factory=list)
    cost_usd: float = 0.0
    # When it was resolved, by the moment that asks: each figure asks again.
    resolved: dict[datetime, datetime | None] = field(default_factory=dict, compare=False, repr=False)


class _Stories(dict[int, Story]):
    """A ticket that began while this reads has a story that nobody hears."""

    def __missing__(self, number: int) -> Story:
        del number
        return Story("", datetime.min.replace(tzinfo=UTC), "", "")


def stories(session: Session, span: Span) -> list[Story]:
    """Read anew from all that happened: seconds for many tickets. `rollups.read` has the same at once."""
    where = [Ticket.created_at >= span.since, Ticket.created_at < span.until]
    if span.channel:
        where.append(Ticket.channel == span.channel)
    if span.category:
        where.append(Ticket.category == span.category)
    return list(_told(session, where).values())


def stories_of(session: Session, tickets: Collection[int]) -> dict[int, Story]:
    """By ticket; without those that are gone or merged."""
    return _told(session, [Ticket.id.in_(tickets)])


def _told(session: Session, where: list[ColumnElement[bool]]) -> dict[int, Story]:
    """A merged ticket has no story of its own: its messages are in the one that it went into."""
    where = [*where, Ticket.status != Status.MERGED]
    columns = (
        Ticket.id,
        Ticket.public_id,
        Ticket.created_at,
        Ticket.channel,
        func.coalesce(Ticket.category, ""),
    )
    rows = session.execute(select(*columns).where(*where).order_by(Ticket.created_at, Ticket.id))
    found = _Stories()
    found |= {
        number: Story(public_id, began, channel, category)
        for number, public_id, began, channel, category in rows
    }
    ids = select(Ticket.id).where(*where).scalar_subquery()
    _tell_messages(session, found, ids)
    _tell_events(session, found, ids)
    _tell_decisions(session, found, ids)
    return found


def _tell_messages(session: Session, found: Mapping[int, Story], ids: ScalarSelect[int]) -> None:
    query = (
        select(Message.ticket_id, Message.kind, Message.author, Message.created_at)
        .where(
            Message.ticket_id.in_(ids),
            Message.kind.in_((Kind.INBOUND, Kind.OUTBOUND)),
            Message.automatic == "",
        )
        .order_by(Message.created_at, Message.id)
    )
    for number, kind, author, at in session.execute(query):
        story = found[number]
        if kind == Kind.INBOUND:
            story.questions.append(at)
        elif author == Author.AGENT:
            story.agent_replies.append(at)
        elif author == Author.STAFF:
            story.staff_replies.append(at)


def _tell_events(session: Session, found: Mapping[int, Story], ids: ScalarSelect[int]) -> None:
    query = (
        select(TicketEvent.ticket_id, TicketEvent.kind, TicketEvent.data, TicketEvent.at)
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.kind.in_(("escalated", "status", RATED)))
        .order_by(TicketEvent.at, TicketEvent.id)
    )
    for number, kind, data, at in session.execute(query):
        story = found[number]
        if kind == "escalated":
            story.escalations.append((at, str(data.get("reason") or "")))
        elif kind == RATED:
            story.rating = int(data["rating"])
        elif data.get("status") in _CLOSINGS:
            story.closings.append(at)


def _tell_decisions(session: Session, found: Mapping[int, Story], ids: ScalarSelect[int]) -> None:
    cost = select(AgentDecision.ticket_id, func.sum(AgentDecision.cost_usd)).group_by(AgentDecision.ticket_id)
    for number, usd in session.execute(cost.where(AgentDecision.ticket_id.in_(ids))):
        found[number].cost_usd = float(usd)
    drafts = (
        select(AgentDecision.ticket_id, AgentDecision.draft, sent_by_staff())
        .where(
            AgentDecision.ticket_id.in_(ids), AgentDecision.outcome == "escalation", AgentDecision.draft != ""
        )
        .order_by(AgentDecision.id)
    )
    for number, draft, sent in session.execute(drafts):
        if sent is not None:
            found[number].edits.append(changed_share(draft[:_MOST_COMPARED], sent[:_MOST_COMPARED]))


def sent_by_staff() -> ScalarSelect[str]:
    """Of a decision: what staff wrote to the customer first after it."""
    return (
        select(Message.text)
        .where(
            Message.ticket_id == AgentDecision.ticket_id,
            Message.kind == Kind.OUTBOUND,
            Message.author == Author.STAFF,
            Message.created_at >= AgentDecision.at,
        )
        .order_by(Message.id)
        .limit(1)
        .correlate(AgentDecision)
        .scalar_subquery()
    )


def changed_share(draft: str, sent: str) -> float:
    """1 − 2·M / T: M words that both have in the same order, T the words of both (Ratcliff and Obershelp)."""
    if draft == sent:
        return 0.0
    return 1.0 - SequenceMatcher(None, draft.split(), sent.split(), autojunk=False).ratio()
