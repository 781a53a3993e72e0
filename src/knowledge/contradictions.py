"""Learned answers that still state what an article does not state any more."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge.embedding import embed_passages
from knowledge.markdown_text import plain
from knowledge.stated_values import Changed, changes, statements_of, states
from knowledge.stores import store
from knowledge.vector_store import Audience, Filters, Kind
from runtime.database import transaction

_NEIGHBOURS = 50
_MOST_CHANGES = 50
# Cosine of the old statement to the one that holds its value; chosen on tests/knowledge/test_contradictions.py.
_NEAR = 0.5
_LEARNED = text("""
select distinct articles.public_id, articles.source, articles.question, articles.body
from chunks join articles on articles.id = chunks.article_id
where chunks.id = any(cast(:chunks as bigint[])) and articles.kind = 'learned'
    and articles.withdrawn_at is null and articles.language = :language
order by articles.public_id
""")


@dataclass(frozen=True)
class Contradiction:
    """A learned answer that states `old`; `new` is what the article states instead, empty when nothing is."""

    article: str
    ticket: str
    question: str
    statement: str
    old: str
    new: str


@dataclass(frozen=True)
class _Learned:
    public_id: str
    source: str
    question: str
    body: str


def contradictions(old: str, new: str, *, language: str) -> list[Contradiction]:
    """Two Markdown texts of an article → what was learned that the change makes doubtful.

    Opens short transactions of its own, none while it embeds.
    """
    changed = changes(plain(old), plain(new))[:_MOST_CHANGES]
    if not changed:
        return []
    vectors = embed_passages([one.statement for one in changed])
    found: dict[tuple[str, str], Contradiction] = {}
    for one, vector in zip(changed, vectors, strict=True):
        filters = Filters(audience=Audience.INTERNAL, kind=Kind.LEARNED)
        near = store.query(vector, filters, limit=_NEIGHBOURS)
        with transaction() as session:
            learned = _learned(session, list(near), language)
        for contradiction in _holding(one, learned):
            found.setdefault((contradiction.article, contradiction.old), contradiction)
    return list(found.values())


def _learned(session: Session, chunks: Sequence[int], language: str) -> list[_Learned]:
    rows = session.execute(_LEARNED, {"chunks": list(chunks), "language": language})
    return [_Learned(row.public_id, row.source, row.question, row.body) for row in rows]


def _holding(changed: Changed, learned: Sequence[_Learned]) -> list[Contradiction]:
    """Those with a statement that is near in meaning and states the old value."""
    stated = [
        (one, statement)
        for one in learned
        for statement in statements_of(plain(one.body))
        if states(statement, changed.old)
    ]
    if not stated:
        return []
    # A short statement says what it is about in its question.
    told = [f"{one.question}\n{statement}" for one, statement in stated]
    vectors = embed_passages([changed.statement, *told, *(statement for _one, statement in stated)])
    cosines = vectors[1:] @ vectors[0]
    nearest = [max(pair) for pair in zip(cosines[: len(told)], cosines[len(told) :], strict=True)]
    return [
        Contradiction(one.public_id, one.source, one.question, statement, changed.old.text, changed.new)
        for (one, statement), near in zip(stated, nearest, strict=True)
        if near >= _NEAR
    ]
