"""What the memory keeps of a customer: what was learned from their tickets, and the questions they asked."""

from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from knowledge import gap_describing, gap_questions, indexing, past_questions, search_cache
from knowledge.gap_models import GapQuestion
from knowledge.models import Article, PastQuestion
from runtime.database import after_commit
from tickets.models import Ticket
from tickets.queries import ticket_public_ids_of_customer


def export_customer(session: Session, customer_id: int) -> dict[str, list[dict[str, str]]]:
    """The learned questions and answers and the remembered questions, as they are stored."""
    return {
        "learned_answers": [
            {
                "article": article.public_id,
                "ticket": article.source,
                "question": article.question,
                "answer": article.body,
                "updated_at": article.updated_at.isoformat(),
            }
            for article in _learned_from(session, customer_id)
        ],
        "remembered_questions": [
            {"ticket": one.source, "question": one.question, "asked_at": one.asked_at.isoformat()}
            for one in _remembered_from(session, customer_id)
        ],
        "unanswered_questions": [
            {"ticket": ticket, "question": question, "asked_at": asked_at.isoformat()}
            for ticket, question, asked_at in _unanswered_from(session, customer_id)
        ],
    }


def erase_customer(session: Session, customer_id: int) -> int:
    """Delete what was learned from the customer's tickets, index and all; returns how many answers."""
    tickets = ticket_public_ids_of_customer(session, customer_id)
    after_commit(session, search_cache.forget)
    past_questions.forget(session, tickets)
    asked = gap_questions.gaps_of(session, tickets)
    gap_questions.forget(session, tickets)
    gap_describing.drop_answers(session, tickets)
    gap_describing.describe_without(session, asked)
    learned = _learned_from(session, customer_id)
    for article in learned:
        indexing.withdraw(session, article)
    session.execute(delete(Article).where(Article.id.in_([article.id for article in learned])))
    if learned:  # Words that stood in theirs alone are counted down to nothing, and would stay as words.
        session.execute(text("delete from lexemes where chunks <= 0 and lexeme <> ''"))
    return len(learned)


def _learned_from(session: Session, customer_id: int) -> list[Article]:
    tickets = ticket_public_ids_of_customer(session, customer_id)
    query = select(Article).where(Article.kind == "learned", Article.source.in_(tickets)).order_by(Article.id)
    return list(session.scalars(query))


def _remembered_from(session: Session, customer_id: int) -> list[PastQuestion]:
    tickets = ticket_public_ids_of_customer(session, customer_id)
    query = select(PastQuestion).where(PastQuestion.source.in_(tickets)).order_by(PastQuestion.id)
    return list(session.scalars(query))


def _unanswered_from(session: Session, customer_id: int) -> list[tuple[str, str, datetime]]:
    query = (
        select(Ticket.public_id, GapQuestion.question, GapQuestion.asked_at)
        .join(Ticket, Ticket.id == GapQuestion.ticket_id)
        .where(Ticket.customer_id == customer_id)
        .order_by(GapQuestion.ticket_id)
    )
    return [(ticket, question, asked_at) for ticket, question, asked_at in session.execute(query)]
