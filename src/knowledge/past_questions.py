"""Questions that staff answered with an article. What was asked before in other words points to the same article."""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pgvector import HalfVector
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from knowledge import embedder_in_use, revisions
from knowledge.embedding import model_id
from knowledge.models import PastQuestion
from knowledge.pgvector_store import conditions, filtered, literal, prepare_scan
from knowledge.vector_store import Filters
from llm.local_embedding import Vectors

_NEIGHBOURS = 50
# A neighbour's voice shrinks by e for each 1/15 of cosine; measured best of 8, 15 and 25.
_SHARPNESS = 15.0
# As loud as one neighbour at this cosine: where nothing similar was asked, nothing is said.
_SILENCE = 0.5
_ARTICLES = 10
_QUERY = """
select past_questions.article_id, past_questions.weight,
    1 - (past_questions.embedding <=> cast(:vector as halfvec))
from past_questions
join articles on articles.id = past_questions.article_id
where past_questions.model_id = :model_id and {conditions}
    and past_questions.asked_at < coalesce(cast(:valid_at as timestamptz), now())
order by past_questions.embedding <=> cast(:vector as halfvec)
limit :limit
"""
_LINKED = text("""
select id, url from articles
where kind = 'article' and withdrawn_at is null and url <> '' and position(url in :answer) > 0
order by id
""")
_REMEMBERED = text("""
select past.source, past.question, past.asked_at, articles.language, articles.public_id, past.weight
from past_questions as past join articles on articles.id = past.article_id
where articles.withdrawn_at is null and past.model_id = :model_id
order by past.asked_at, past.source, articles.public_id
""")
_CHUNKS = text("select id from chunks where article_id = any(cast(:articles as bigint[]))")


@dataclass(frozen=True)
class Answered:
    """`source` says where it was asked, and `weight` how well the article answered (usually 1)."""

    source: str
    article_id: int
    question: str
    vector: Vectors
    weight: float = 1.0


@dataclass(frozen=True)
class Remembered:
    """A question of a ticket with the articles, by public id, that answered it and how well."""

    source: str
    question: str
    asked_at: datetime
    language: str
    articles: dict[str, float]


def remembered(session: Session) -> list[Remembered]:
    """All questions that an article answered which is still there, the oldest first."""
    found: dict[str, Remembered] = {}
    for row in session.execute(_REMEMBERED, {"model_id": model_id()}):
        one = found.setdefault(
            row.source, Remembered(row.source, row.question, row.asked_at, row.language, {})
        )
        one.articles[row.public_id] = row.weight
    return list(found.values())


class ConfirmedBy(StrEnum):
    """Who says that the article answered: staff who sent it, or a customer who was content with it."""

    STAFF = "staff"
    CUSTOMER = "customer"


def remember(
    session: Session, answered: Iterable[Answered], *, confirmed_by: ConfirmedBy = ConfirmedBy.STAFF
) -> None:
    """Record them; the same source and article again replaces what was known."""
    rows = [
        {
            "source": one.source,
            "article_id": one.article_id,
            "question": one.question,
            "weight": one.weight,
            "model_id": model_id(),
            "embedding": HalfVector(one.vector),
            "confirmed_by": confirmed_by.value,
        }
        for one in answered
    ]
    if rows:
        embedder_in_use.note(session, model_id())
        revisions.advance(session)
        statement = insert(PastQuestion).values(rows)
        changed = {
            name: statement.excluded[name] for name in ("question", "weight", "embedding", "confirmed_by")
        }
        keys = [PastQuestion.source, PastQuestion.article_id, PastQuestion.model_id]
        session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def forget(session: Session, sources: Collection[str]) -> None:
    """Delete what these tickets taught."""
    revisions.advance(session)
    session.execute(delete(PastQuestion).where(PastQuestion.source.in_(sources)))


@dataclass(frozen=True)
class Recalled:
    """Articles that answered similar questions, with their share of the voices, and the chunks of these articles."""

    voices: Mapping[int, float] = field(default_factory=dict)
    chunks: Collection[int] = ()


def recall(session: Session, vector: Vectors, filters: Filters) -> Recalled:
    """What answered questions like this one."""
    voices = _votes(session, vector, filters)
    return Recalled(voices, _chunks_of(session, voices))


def _votes(session: Session, vector: Vectors, filters: Filters) -> dict[int, float]:
    """A kernel over cosines."""
    prepare_scan(session, _NEIGHBOURS)
    where, values = conditions(filters)
    given = {**values, "vector": literal(vector), "model_id": model_id(), "limit": _NEIGHBOURS}
    return voices_of((*row,) for row in session.execute(filtered(_QUERY, where), given).all())


def voices_of(neighbours: Iterable[tuple[int, float, float]]) -> dict[int, float]:
    """By article its share of the voices; a neighbour is an article, its weight and the cosine of its question."""
    voices: defaultdict[int, float] = defaultdict(float)
    total = math.exp(_SHARPNESS * _SILENCE)
    for article, weight, cosine in neighbours:
        voice = math.exp(_SHARPNESS * cosine)
        voices[article] += voice * weight
        total += voice
    loudest = sorted(voices.items(), key=lambda one: -one[1])[:_ARTICLES]
    return {article: voice / total for article, voice in loudest}


def linked_articles(session: Session, answer: str) -> list[int]:
    """The articles whose address stands in an answer, whatever host is before it."""
    rows = session.execute(_LINKED, {"answer": answer.replace("\0", " ")})
    return [article for article, url in rows if re.search(rf"{re.escape(url)}(?![\w/-])", answer)]


def _chunks_of(session: Session, articles: Collection[int]) -> list[int]:
    return list(session.scalars(_CHUNKS, {"articles": list(articles)})) if articles else []
