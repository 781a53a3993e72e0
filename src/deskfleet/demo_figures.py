"""Measures a desk from its rows: what was answered, what went to staff, what was lost or said twice."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tickets import queries
from tickets.contracts import Author, Kind
from tickets.models import AgentDecision, Message, Ticket

# From the receipt of the oldest message of a burst to the outcome, in seconds.
_TIMES = text("""
select percentile_cont(0.5) within group (order by took), percentile_cont(0.95) within group (order by took)
from (
    select extract(epoch from d.at - (
        select min(m.created_at) from messages m
        where m.ticket_id = d.ticket_id and m.kind = 'inbound' and m.seq <= d.answers_seq
            and m.seq > coalesce((select max(e.answers_seq) from agent_decisions e
                                  where e.ticket_id = d.ticket_id and e.id < d.id), 0)
    )) as took
    from agent_decisions d
) as times
""")

# Neither answered or escalated by a decision, nor pending for the agent, nor with staff.
_LOST = text("""
select count(*) from messages m join tickets t on t.id = m.ticket_id
where m.kind = 'inbound' and t.owner = 'agent' and m.seq <= t.handled_seq and not exists (
    select 1 from agent_decisions d where d.ticket_id = m.ticket_id and d.answers_seq >= m.seq
)
""")


@dataclass(frozen=True)
class DemoFigures:
    tickets: int
    messages: int
    answered: int
    escalated: int
    reasons: dict[str, int]
    lost: int
    duplicates: int
    without_owner: int
    unhandled: int
    p50_s: float
    p95_s: float

    @property
    def handled(self) -> int:
        return self.messages - self.unhandled

    @property
    def sound(self) -> bool:
        return not (self.lost or self.duplicates or self.without_owner)

    def as_json(self) -> dict[str, Any]:
        names = (
            "tickets",
            "answered",
            "escalated",
            "reasons",
            "lost",
            "duplicates",
            "without_owner",
            "p50_s",
            "p95_s",
        )
        return {name: getattr(self, name) for name in names}


def measure(session: Session) -> DemoFigures:
    """Lost: an inbound message with no outcome, that neither the agent nor staff have before them."""

    def number(query: Any) -> int:  # noqa: ANN401  # any select of one number
        return int(session.scalar(query) or 0)

    outcomes = select(func.count(AgentDecision.ticket_id.distinct()))
    received = select(func.count()).select_from(Message).where(Message.kind == Kind.INBOUND)
    waiting = received.join(Ticket, Ticket.id == Message.ticket_id).where(Message.seq > Ticket.handled_seq)
    reasons = session.execute(
        select(AgentDecision.reason, func.count())
        .where(AgentDecision.reason.is_not(None))
        .group_by(AgentDecision.reason)
    ).all()
    twice = (
        select(Message.ticket_id)
        .where(Message.kind == Kind.OUTBOUND, Message.author == Author.AGENT)
        .group_by(Message.ticket_id, Message.answers_seq)
        .having(func.count() > 1)
        .subquery()
    )
    p50, p95 = session.execute(_TIMES).one()
    escalated = number(outcomes.where(AgentDecision.outcome == "escalation"))
    replied = number(outcomes.where(AgentDecision.outcome == "reply"))
    without_owner = number(select(func.count()).select_from(Ticket).where(queries.has_no_owner()))
    return DemoFigures(
        tickets=number(select(func.count()).select_from(Ticket)),
        messages=number(received),
        answered=replied,
        escalated=escalated,
        reasons={str(reason): count for reason, count in reasons},
        lost=number(_LOST),
        duplicates=number(select(func.count()).select_from(twice)),
        without_owner=without_owner,
        unhandled=number(waiting),
        p50_s=round(float(p50 or 0.0), 3),
        p95_s=round(float(p95 or 0.0), 3),
    )
