"""The store of vectors in PostgreSQL: pgvector, an HNSW index over cosines. The default."""

from collections.abc import Collection, Mapping

from pgvector import HalfVector
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from knowledge.embedding import model_id
from knowledge.models import Vector
from knowledge.vector_store import Audience, Filters
from llm.local_embedding import Vectors
from runtime.settings import settings

# The index is walked until `limit` rows pass the filters, so a narrow filter does not empty the answer.
_SETTINGS = text(
    "select set_config('hnsw.ef_search', :ef_search, true), set_config('hnsw.iterative_scan', 'strict_order', true)"
)
_QUERY = """
select vectors.chunk_id, 1 - (vectors.embedding <=> cast(:vector as halfvec)) as cosine
from vectors
join chunks on chunks.id = vectors.chunk_id
join articles on articles.id = chunks.article_id
where vectors.model_id = :model_id and {conditions}
order by vectors.embedding <=> cast(:vector as halfvec)
limit :limit
"""
_COSINES = text("""
select chunk_id, 1 - (embedding <=> cast(:vector as halfvec)) from vectors
where model_id = :model_id and chunk_id = any(cast(:chunks as bigint[]))
""")


def conditions(filters: Filters) -> tuple[str, dict[str, object]]:
    """SQL over `articles` for the filters, and its parameters."""
    given: dict[str, tuple[str, object]] = {
        "product": ("articles.product = :product", filters.product),
        "category": ("articles.category = :category", filters.category),
        "kind": ("articles.kind = :kind", filters.kind),
        "updated_since": ("articles.updated_at >= :updated_since", filters.updated_since),
    }
    narrowing = {name: pair for name, pair in given.items() if pair[1] is not None}
    clauses = [clause for clause, _value in narrowing.values()]
    if filters.audience is Audience.PUBLIC:
        clauses.append("articles.audience = 'public'")
    return " and ".join(clauses) or "true", {name: value for name, (_clause, value) in narrowing.items()}


def query(session: Session, vector: Vectors, filters: Filters, *, limit: int) -> dict[int, float]:
    session.execute(_SETTINGS, {"ef_search": str(max(settings().knowledge.ef_search, limit))})
    where, values = conditions(filters)
    statement = text(_QUERY.format(conditions=where))
    rows = session.execute(
        statement, {**values, "vector": _literal(vector), "model_id": model_id(), "limit": limit}
    )
    return {chunk: cosine for chunk, cosine in rows}


def cosines(session: Session, vector: Vectors, chunks: Collection[int]) -> dict[int, float]:
    if not chunks:
        return {}
    rows = session.execute(
        _COSINES, {"vector": _literal(vector), "model_id": model_id(), "chunks": list(chunks)}
    )
    return {chunk: cosine for chunk, cosine in rows}


def upsert(session: Session, vectors: Mapping[int, Vectors]) -> None:
    if not vectors:
        return
    statement = insert(Vector).values(
        [
            {"chunk_id": chunk, "model_id": model_id(), "embedding": HalfVector(vector)}
            for chunk, vector in vectors.items()
        ]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Vector.chunk_id],
            set_={"model_id": statement.excluded.model_id, "embedding": statement.excluded.embedding},
        )
    )


def delete(session: Session, chunks: Collection[int]) -> None:
    """Nothing to do: the foreign key deletes the vector together with its chunk."""


def _literal(vector: Vectors) -> str:
    return str(HalfVector(vector).to_text())
