"""Newly resolved tickets → questions with the answers that staff gave, searchable like articles.

One transaction per ticket, and the ticket is marked in the same one: stopping anywhere loses nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import confirmed_answers, indexing, learning_runs, naming, past_questions
from knowledge.embedding import embed_passages, embed_question
from knowledge.learning_runs import RunOutcome
from knowledge.models import Article, StoredChunk
from knowledge.past_questions import Answered
from knowledge.preparing import NewArticle, Prepared, prepare
from knowledge.staff_answers import essence, teaches
from knowledge.stores import store
from knowledge.vector_store import Audience, Filters, Kind
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.redaction import redact
from tickets.lifecycle import mark_learned
from tickets.models import Ticket
from tickets.queries import DONE, LearnableTicket, learnable_tickets

_BATCH = 200
_SLUG = "answer"
_TITLE_CHARACTERS = 120
_SAME_QUESTION = 0.95  # Cosine.
_SAME_ANSWER = 0.9  # Share of the characters that both have in the same order.
_NEIGHBOURS = 10


class _Outcome(StrEnum):
    LEARNED = "learned"
    DUPLICATE = "duplicates"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class LearnReport:
    """What became of the tickets seen. Skipped ones hold nothing that would help somebody else.

    `withdrawn` are answers of earlier rounds whose tickets were opened again; `confirmed` tickets were answered by the
    agent alone, and their customers were content.
    """

    seen: int = 0
    learned: int = 0
    duplicates: int = 0
    skipped: int = 0
    withdrawn: int = 0
    confirmed: int = 0


def learn(*, by: str, progress: Callable[[int, int], None] | None = None) -> LearnReport:
    """Learn every ticket that staff answered and that was resolved since it was learned last.

    `by` is what asked for it, for the record of the round. A round that is killed is gone on with by the next one.
    """
    run_id = learning_runs.begin(by)
    outcome = RunOutcome.FAILED
    try:
        report = _learn_all(run_id, progress)
        outcome = RunOutcome.DONE
    finally:
        learning_runs.end(run_id, outcome)
    return report


def _learn_all(run_id: int, progress: Callable[[int, int], None] | None) -> LearnReport:
    report = LearnReport(withdrawn=_withdraw_reopened(run_id))
    while batch := _next_batch():
        total = report.seen + len(batch)
        for ticket in batch:
            outcome = _learn_ticket(ticket, run_id)
            counted = {outcome.value: getattr(report, outcome.value) + 1}
            report = replace(report, seen=report.seen + 1, **counted)
            if progress is not None:
                progress(report.seen, total)
    naming.refresh()
    return replace(report, confirmed=_learn_confirmed(run_id))


def _learn_confirmed(run_id: int) -> int:
    with transaction() as session:
        confirmed_answers.forget_stale(session)
    confirmed = confirmed_answers.remember_new()
    with transaction() as session:
        learning_runs.count(session, run_id, confirmed=confirmed)
    return confirmed


def _withdraw_reopened(run_id: int) -> int:
    """An answer after which the customer had to come back is not given to others; the next resolution teaches anew."""
    with transaction() as session:
        reopened = session.scalars(
            select(Article)
            .join(Ticket, Ticket.public_id == Article.source)
            .where(Article.kind == Kind.LEARNED, Article.withdrawn_at.is_(None), Ticket.status.not_in(DONE))
        ).all()
        for article in reopened:
            indexing.withdraw(session, article)
        learning_runs.count(session, run_id, withdrawn=len(reopened))
        return len(reopened)


def _next_batch() -> list[LearnableTicket]:
    with transaction() as session:
        return learnable_tickets(session, limit=_BATCH)


def _learn_ticket(ticket: LearnableTicket, run_id: int) -> _Outcome:
    article = as_article(ticket)
    prepared = prepare(article) if article else None
    question = redact(ticket.question).strip()
    vector = embed_question(question) if question else None
    known = _known(prepared) if prepared is not None and prepared.chunks else None
    with transaction() as session:
        outcome = _Outcome.SKIPPED
        if _is_as_read(session, ticket):
            outcome = _record(session, ticket, prepared, known, vector)
        learning_runs.count(session, run_id, seen=1, **{outcome.value: 1})
    return outcome


def _record(
    session: Session,
    ticket: LearnableTicket,
    prepared: Prepared | None,
    known: int | None,
    vector: Vectors | None,
) -> _Outcome:
    _remember_links(session, ticket, vector)
    outcome = _Outcome.SKIPPED
    if prepared is not None and prepared.chunks:
        outcome = _Outcome.DUPLICATE if known else _Outcome.LEARNED
    if outcome is _Outcome.LEARNED and prepared is not None:
        indexing.write(session, prepared)
    else:
        _forget(session, ticket)
    if known is not None and vector is not None:
        _strengthen(session, ticket, known, vector)
    mark_learned(session, ticket.ticket_id)
    return outcome


def _strengthen(session: Session, ticket: LearnableTicket, known: int, vector: Vectors) -> None:
    """One more who asked the same and was answered so: questions like theirs find that answer more easily."""
    if session.get(Article, known) is not None:
        asked = Answered(ticket.public_id, known, redact(ticket.question).strip(), vector)
        past_questions.remember(session, [asked])


def _remember_links(session: Session, ticket: LearnableTicket, vector: Vectors | None) -> None:
    """Articles that staff sent the customer to have answered the question."""
    past_questions.forget(session, [ticket.public_id])
    if vector is None:
        return
    question = redact(ticket.question).strip()
    linked = past_questions.linked_articles(session, ticket.answer)
    past_questions.remember(
        session, [Answered(ticket.public_id, article, question, vector) for article in linked]
    )


def _is_as_read(session: Session, ticket: LearnableTicket) -> bool:
    """False when it was reopened or resolved anew meanwhile: then it is learned in another round."""
    query = select(Ticket.resolved_at).where(Ticket.id == ticket.ticket_id).with_for_update()
    return session.scalar(query) == ticket.resolved_at


def _forget(session: Session, ticket: LearnableTicket) -> None:
    """What an earlier resolution of the same ticket taught does not hold any more."""
    query = select(Article).where(
        Article.source == ticket.public_id, Article.kind == Kind.LEARNED, Article.withdrawn_at.is_(None)
    )
    for article in session.scalars(query):
        indexing.withdraw(session, article)


def as_article(ticket: LearnableTicket) -> NewArticle | None:
    """The redacted question and answer; None when the answer teaches nothing."""
    question = redact(ticket.question).strip()
    answer = essence(redact(ticket.answer))
    if not question or not teaches(answer):
        return None
    return NewArticle(
        source=ticket.public_id,
        slug=_SLUG,
        title=question.splitlines()[0][:_TITLE_CHARACTERS],
        body=answer,
        question=question,
        category=ticket.category or "",
        language=ticket.language,
        audience=Audience.PUBLIC,
        kind=Kind.LEARNED,
        valid_from=ticket.resolved_at,  # A replay of an earlier day must not know it.
    )


def _known(prepared: Prepared) -> int | None:
    """The article that another ticket taught with the same answer to the same question."""
    new = prepared.article
    vector = next(iter(prepared.vectors.values()), None)
    if vector is None:
        return None
    filters = Filters(audience=Audience.INTERNAL, kind=Kind.LEARNED)
    near = store.query(vector, filters, limit=_NEIGHBOURS)
    with transaction() as session:
        query = (
            select(Article.id, Article.question, Article.body)
            .join(StoredChunk, StoredChunk.article_id == Article.id)
            .where(StoredChunk.id.in_(near), Article.source != new.source)
            .distinct()
        )
        questions = {
            one: question for one, question, body in session.execute(query) if _alike(body, new.body)
        }
    if not questions:
        return None
    vectors = embed_passages([new.question, *questions.values()])
    cosines = vectors[1:] @ vectors[0]
    best = int(cosines.argmax())
    return list(questions)[best] if cosines[best] >= _SAME_QUESTION else None


def _alike(first: str, second: str) -> bool:
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.quick_ratio() >= _SAME_ANSWER and matcher.ratio() >= _SAME_ANSWER
