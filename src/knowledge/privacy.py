"""What the memory keeps of a customer: answers learned from their tickets, and questions that articles answered."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from knowledge import indexing, past_questions
from knowledge.models import Article, PastQuestion
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
    }


def erase_customer(session: Session, customer_id: int) -> int:
    """Delete what was learned from the customer's tickets, index and all; returns how many answers."""
    past_questions.forget(session, ticket_public_ids_of_customer(session, customer_id))
    learned = _learned_from(session, customer_id)
    for article in learned:
        indexing.withdraw(session, article)
    session.execute(delete(Article).where(Article.id.in_([article.id for article in learned])))
    return len(learned)


def _learned_from(session: Session, customer_id: int) -> list[Article]:
    tickets = ticket_public_ids_of_customer(session, customer_id)
    query = select(Article).where(Article.kind == "learned", Article.source.in_(tickets)).order_by(Article.id)
    return list(session.scalars(query))


def _remembered_from(session: Session, customer_id: int) -> list[PastQuestion]:
    tickets = ticket_public_ids_of_customer(session, customer_id)
    query = select(PastQuestion).where(PastQuestion.source.in_(tickets)).order_by(PastQuestion.id)
    return list(session.scalars(query))
