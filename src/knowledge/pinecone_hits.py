"""What PostgreSQL makes of the chunks that Pinecone names: it confirms them, and adds those just written."""

from collections.abc import Mapping

from knowledge import pgvector_store
from knowledge.embedding import model_id
from knowledge.vector_store import Filters
from llm.local_embedding import Vectors
from runtime.database import transaction

_ALLOWED = """
select chunks.id
from chunks
join vectors on vectors.chunk_id = chunks.id
join articles on articles.id = chunks.article_id
where chunks.id = any(cast(:chunks as bigint[])) and vectors.model_id = :model_id and {conditions}
"""
# Ids rise, and what changes is a new chunk: so these are the ones that Pinecone cannot know yet. They are few, and
# materialized so that the index, which would lose them among all others, is not used.
_FRESH = """
with fresh as materialized (
    select vectors.chunk_id, vectors.embedding
    from vectors
    join chunks on chunks.id = vectors.chunk_id
    join articles on articles.id = chunks.article_id
    where vectors.model_id = :model_id and {conditions} and vectors.chunk_id > coalesce((
        select max(chunk_id) from pushed_vectors
        where host = :host and namespace = :namespace and fingerprint is not null
    ), 0)
)
select chunk_id, 1 - (embedding <=> cast(:vector as halfvec)) as cosine
from fresh
order by embedding <=> cast(:vector as halfvec)
limit :limit
"""


def confirmed(
    found: Mapping[int, float], vector: Vectors, filters: Filters, *, limit: int, place: Mapping[str, str]
) -> dict[int, float]:
    """The nearest of both, the nearest first. Pinecone's may be gone or hidden since it heard of them.

    `place` is the host and the namespace that were asked.
    """
    where, values = pgvector_store.conditions(filters)
    given = {**values, **place, "model_id": model_id(), "chunks": list(found), "limit": limit}
    given["vector"] = pgvector_store.literal(vector)
    with transaction() as session:
        rows = session.execute(pgvector_store.filtered(_FRESH, where), given)
        fresh = {chunk: cosine for chunk, cosine in rows}
        allowed = set(session.scalars(pgvector_store.filtered(_ALLOWED, where), given)) if found else set()
    named = fresh | {chunk: cosine for chunk, cosine in found.items() if chunk in allowed}
    nearest = sorted(((cosine, chunk) for chunk, cosine in named.items()), reverse=True)
    return {chunk: cosine for cosine, chunk in nearest[:limit]}
