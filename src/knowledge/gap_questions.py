"""Which questions the memory could not answer: read from tickets, redacted, embedded, kept for the weekly job.

Embedded some at a time between short transactions, each question once: a run that was killed goes on where it was.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pgvector import HalfVector
from sqlalchemy import Row, cast, delete, func, select, text
from sqlalchemy.dialects.postgresql import REGCONFIG, insert
from sqlalchemy.orm import Session

from knowledge import keyword_search
from knowledge.embedding import embed_questions, model_id
from knowledge.gap_models import GapQuestion
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.redaction import PLACEHOLDER, redact
from tickets.contracts import Reason
from tickets.models import Ticket

WINDOW = timedelta(weeks=8)  # Who stopped asking two months ago has found another way.
_KEPT = timedelta(weeks=52)
_BATCH = 100
_MOST_CHARACTERS = 4_000  # More than the embedder reads.
_UNRESOLVED_AFTER = timedelta(hours=24)  # Before, staff may simply not have come to it.

# Why the agent hands over when it lacks knowledge.
WANTING = (
    Reason.LOW_CONFIDENCE,
    Reason.UNSUPPORTED_ANSWER,
    Reason.NO_ANSWER_FOUND,
    Reason.REPEATED_QUESTION,
)
# These wait for a person whatever the memory holds.
_OTHER_REASONS = (
    Reason.ASKS_FOR_PERSON,
    Reason.NEGATIVE_SENTIMENT,
    Reason.LEGAL,
    Reason.HIGH_STAKES_ACTION,
    Reason.SAFETY,
    Reason.VIP,
    Reason.SUSPICIOUS,
    Reason.OUTPUT_REFUSED,
    Reason.REPLY_CAP,
    Reason.PARTICIPANT_WROTE,
    Reason.DELIVERY_FAILED,
)

_UNREAD = text("""
select tickets.id, tickets.subject, asked.text as question, tickets.language,
    coalesce(tickets.category, '') as category, tickets.created_at
from tickets
cross join lateral (
    select messages.text from messages
    where messages.ticket_id = tickets.id and messages.kind = 'inbound' and messages.author = 'customer'
        and messages.automatic = ''
    order by messages.seq limit 1
) as asked
where tickets.id > :after and tickets.created_at > :since and tickets.created_at <= :until
    and not exists (
        select from gap_questions known where known.ticket_id = tickets.id and known.model_id = :model_id
    )
    and (
        exists (
            select from agent_decisions
            where agent_decisions.ticket_id = tickets.id and agent_decisions.outcome = 'escalation'
                and agent_decisions.reason = any(:wanting)
        )
        or (
            tickets.status in ('new', 'open', 'in_progress', 'escalated')
            and tickets.created_at < :stale and coalesce(tickets.reason, '') <> all(:other_reasons)
        )
    )
order by tickets.id
limit :limit
""")
# What was dismissed or published is recognised by its questions for longer.
_FORGET = text("""
delete from gap_questions using (
    select gap_questions.ticket_id from gap_questions
    left join knowledge_gaps on knowledge_gaps.id = gap_questions.gap_id
    where gap_questions.asked_at < :kept_since or gap_questions.asked_at < :since
        and knowledge_gaps.dismissed_at is null and knowledge_gaps.article_id is null
) as old
where gap_questions.ticket_id = old.ticket_id
""")


@dataclass(frozen=True)
class Asked:
    """A redacted question with where it came from."""

    ticket_id: int
    question: str
    language: str
    category: str
    asked_at: datetime


def collect(now: datetime, *, progress: Callable[[int], None] | None = None) -> int:
    """Store what was asked since the last time; forget what is too old. Returns how many are new."""
    with transaction() as session:
        session.execute(_FORGET, {"since": now - WINDOW, "kept_since": now - _KEPT})
    stored, after = 0, 0
    while batch := _unread(now, after):
        after = batch[-1].id
        asked = [one for one in map(_redacted, batch) if any(map(str.isalnum, one.question))]
        vectors = embed_questions([one.question for one in asked])
        with transaction() as session:
            _store(session, asked, vectors)
        stored += len(asked)
        if progress is not None:
            progress(stored)
    return stored


def _unread(now: datetime, after: int) -> Sequence[Row[tuple[object, ...]]]:
    given = {
        "after": after,
        "since": now - WINDOW,
        "until": now,
        "stale": now - _UNRESOLVED_AFTER,
        "model_id": model_id(),
        "wanting": list(WANTING),
        "other_reasons": list(_OTHER_REASONS),
        "limit": _BATCH,
    }
    with transaction() as session:
        return session.execute(_UNREAD, given).all()


def _redacted(row: Row[tuple[object, ...]]) -> Asked:
    whole = f"{row.subject}\n\n{row.question}".replace("\0", " ")[:_MOST_CHARACTERS]
    return Asked(row.id, redact(whole).strip(), row.language or "en", row.category, row.created_at)


def _store(session: Session, asked: Sequence[Asked], vectors: Vectors) -> None:
    """What a merge or an erasure removed meanwhile is left out."""
    present = set(session.scalars(select(Ticket.id).where(Ticket.id.in_([one.ticket_id for one in asked]))))
    rows = [
        {
            **vars(one),
            "lexemes": _lexemes(one),
            "model_id": model_id(),
            "embedding": HalfVector(vector),
        }
        for one, vector in zip(asked, vectors, strict=True)
        if one.ticket_id in present
    ]
    if rows:
        statement = insert(GapQuestion).values(rows)
        changed = {name: statement.excluded[name] for name in ("model_id", "embedding")}
        session.execute(statement.on_conflict_do_update(index_elements=[GapQuestion.ticket_id], set_=changed))


def _lexemes(asked: Asked) -> object:
    """The stems of its words, without the commonest; what was redacted is no word of the question."""
    words = keyword_search.searchable(PLACEHOLDER.sub(" ", asked.question))
    configuration = cast(keyword_search.configuration(asked.language), REGCONFIG)
    return func.tsvector_to_array(func.to_tsvector(configuration, words))


def forget(session: Session, tickets: Collection[str]) -> None:
    """Delete the questions of these tickets (public ids)."""
    theirs = select(Ticket.id).where(Ticket.public_id.in_(tickets))
    session.execute(delete(GapQuestion).where(GapQuestion.ticket_id.in_(theirs)))


def gaps_of(session: Session, tickets: Collection[str]) -> list[int]:
    """The gaps that hold questions of these tickets (public ids)."""
    theirs = select(Ticket.id).where(Ticket.public_id.in_(tickets))
    query = select(GapQuestion.gap_id).where(
        GapQuestion.ticket_id.in_(theirs), GapQuestion.gap_id.is_not(None)
    )
    return sorted({one for one in session.scalars(query) if one is not None})
