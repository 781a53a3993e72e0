"""Answers of the agent that a customer was content with: their articles have answered that question.

Nothing of the agent's words is kept, so none of them is ever evidence for another answer: only the question, marked as
confirmed by a customer, and which articles the answer cited.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, and_, delete, exists, select
from sqlalchemy.orm import Session

from knowledge import past_questions, revisions
from knowledge.embedding import embed_questions
from knowledge.models import Article, PastQuestion
from knowledge.past_questions import Answered, ConfirmedBy
from runtime.database import transaction
from runtime.redaction import redact
from tickets.contracts import Author, Kind
from tickets.models import Message, Ticket, TicketEvent
from tickets.queries import DONE, question_of
from tickets.satisfaction import RATED

_CONTENT = 4  # Of 5; who gives less was not really helped.
# Half as loud as an answer of staff: a customer is content with a wrong answer, too, while it sounds right.
_WEIGHT = 0.5
_BATCH = 200


@dataclass(frozen=True)
class _Confirmed:
    ticket_id: int
    source: str
    question: str
    articles: frozenset[str]


def forget_stale(session: Session) -> int:
    """Forget what is not confirmed any more: reopened, rated anew, answered by staff. Returns how many tickets."""
    confirmed = select(Ticket.public_id).where(_is_confirmed())
    stale = (PastQuestion.confirmed_by == ConfirmedBy.CUSTOMER, PastQuestion.source.not_in(confirmed))
    gone = set(session.scalars(select(PastQuestion.source).where(*stale)))
    if gone:
        revisions.advance(session)
        session.execute(delete(PastQuestion).where(*stale))
    return len(gone)


def remember_new() -> int:
    """Remember which articles answered; returns of how many tickets. Run twice, the second time does nothing."""
    remembered, last = 0, 0
    while batch := _next_batch(after=last):
        last = batch[-1].ticket_id
        asked = [one for one in batch if one.question]
        vectors = embed_questions([one.question for one in asked])
        with transaction() as session:
            for one, vector in zip(asked, vectors, strict=True):
                cited = session.scalars(
                    select(Article.id).where(
                        Article.public_id.in_(one.articles), Article.withdrawn_at.is_(None)
                    )
                ).all()
                answered = [Answered(one.source, article, one.question, vector, _WEIGHT) for article in cited]
                past_questions.remember(session, answered, confirmed_by=ConfirmedBy.CUSTOMER)
                remembered += bool(answered)
    return remembered


def _next_batch(*, after: int) -> list[_Confirmed]:
    known = exists().where(PastQuestion.source == Ticket.public_id)
    query = select(Ticket).where(Ticket.id > after, _is_confirmed(), ~known).order_by(Ticket.id).limit(_BATCH)
    with transaction() as session:
        return [
            _Confirmed(
                ticket.id,
                ticket.public_id,
                redact(question_of(session, ticket)).strip(),
                frozenset(
                    str(one["article"]) for citations in _cited(session, ticket.id) for one in citations
                ),
            )
            for ticket in session.scalars(query)
        ]


def _cited(session: Session, ticket_id: int) -> list[list[dict[str, object]]]:
    sent = (Message.ticket_id == ticket_id, Message.kind == Kind.OUTBOUND, Message.author == Author.AGENT)
    return list(session.scalars(select(Message.citations).where(*sent)))


def _is_confirmed() -> ColumnElement[bool]:
    """Answered by the agent alone, ended, and the customer's newest word on it was good."""
    newest = (
        select(TicketEvent.data["rating"].astext.cast(Integer))
        .where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == RATED)
        .order_by(TicketEvent.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    sent = exists().where(Message.ticket_id == Ticket.id, Message.kind == Kind.OUTBOUND)
    return and_(
        Ticket.status.in_(DONE),
        newest >= _CONTENT,
        sent.where(Message.author == Author.AGENT, Message.citations != []),
        ~sent.where(Message.author == Author.STAFF),
    )
