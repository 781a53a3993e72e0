"""Resolved tickets like another one, with what staff answered. It is the search over what these tickets taught."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.models import Article
from knowledge.retrieval import search
from knowledge.vector_store import Audience, Filters, Kind
from runtime.database import transaction
from runtime.language import DEFAULT
from runtime.redaction import redact
from tickets.contracts import Author
from tickets.models import Message, Ticket
from tickets.queries import find_ticket

# Staff judge for themselves, so they are shown what would be too little to answer a customer.
_LEAST_RELEVANCE = 0.2
_MOST_CHARACTERS = 8_000


@dataclass(frozen=True)
class SimilarTicket:
    """`question` and `resolution` are redacted; `relevance` is 0–1, the calibrated one of the search."""

    ticket_id: str
    question: str
    resolution: str
    language: str
    relevance: float
    resolved_at: datetime | None


def similar_tickets(public_id: str, *, limit: int = 5, before: datetime | None = None) -> list[SimilarTicket]:
    """The most similar resolved tickets, the best first, never the ticket itself.

    `before` leaves out what was resolved later, as a replay of the past must. Raises NotFound.
    """
    with transaction() as session:
        ticket = find_ticket(session, public_id)
        question, language = _question(session, ticket), ticket.language or DEFAULT
    passages = search(
        question,
        language=language,
        limit=limit + 1,
        audience=Audience.INTERNAL,
        min_relevance=_LEAST_RELEVANCE,
        filters=Filters(kind=Kind.LEARNED, valid_at=before),
        per_article=1,
    )
    with transaction() as session:
        query = select(Article).where(Article.id.in_([one.article_id for one in passages]))
        taught = {article.id: article for article in session.scalars(query)}
    found = [
        SimilarTicket(
            ticket_id=article.source,
            question=article.question,
            resolution=article.body,
            language=article.language,
            relevance=passage.relevance,
            resolved_at=article.valid_from,
        )
        for passage in passages
        if (article := taught.get(passage.article_id)) and article.source != public_id
    ]
    return found[:limit]


def _question(session: Session, ticket: Ticket) -> str:
    """What the customer has written, redacted, the newest first: it is what the search reads most of."""
    query = (
        select(Message.text)
        .where(Message.ticket_id == ticket.id, Message.author == Author.CUSTOMER)
        .order_by(Message.seq.desc())
    )
    said = "\n".join([ticket.subject, *session.scalars(query.limit(20))])
    return redact(said[:_MOST_CHARACTERS]).strip()
