"""Fills the store of vectors that is to be used, then counts, and compares a sample with what PostgreSQL holds."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge import pgvector_store, pinecone_rows, pinecone_store, pinecone_sync
from knowledge.embedding import model_id
from knowledge.pinecone_sync import Synced
from knowledge.vector_store import Audience, Filters
from runtime.database import transaction
from runtime.knowledge_settings import Store
from runtime.settings import settings

_SAMPLE = 100
_TWINS = 10  # The same words in several places have the same vector.
_SAME = 1e-3
_COUNTS_AFTER_S = 30.0  # Pinecone counts with some delay.
_LOOK_EVERY_S = 0.5

_LACKING = text("""
select count(*) from chunks
left join vectors on vectors.chunk_id = chunks.id and vectors.model_id = :model_id
where vectors.chunk_id is null
""")
_COUNT = text("select count(*) from vectors where model_id = :model_id")
_IDS = text("select chunk_id from vectors where model_id = :model_id")
_DRAW = """
select vectors.chunk_id, cast(vectors.embedding as text) as embedding
from vectors
join chunks on chunks.id = vectors.chunk_id
join articles on articles.id = chunks.article_id
where vectors.model_id = :model_id and {conditions}
order by random()
limit :limit
"""
_UNKNOWN = text("""
update pushed_vectors set fingerprint = null
where host = :host and namespace = :namespace and chunk_id = any(cast(:chunks as bigint[]))
""")
_NAMESPACES = text("select distinct namespace from pushed_vectors where host = :host order by namespace")
_EMPTY = text("""
with emptied as (delete from pushed_vectors where host = :host returning chunk_id) select count(*) from emptied
""")

Progress = Callable[[int], None]  # How many more are done.


@dataclass(frozen=True)
class Reindexed:
    """`vectors` is what ought to be found, `counted` what the store says it holds."""

    to: Store
    vectors: int
    pushed: int
    deleted: int
    counted: int
    sampled: int
    differing: int

    @property
    def is_verified(self) -> bool:
        return self.counted == self.vectors and not self.differing


def lacking() -> int:
    """Chunks without a vector of the present embedder."""
    with transaction() as session:
        return int(session.scalars(_LACKING, {"model_id": model_id()}).one())


def waiting(to: Store) -> int:
    """Vectors that the store lacks."""
    return pinecone_rows.waiting() if to is Store.PINECONE else 0


def reindex(to: Store, *, progress: Progress | None = None) -> Reindexed:
    """Fill and verify a store, in use or not. Stopped, it goes on where it was.

    Raises Unavailable when Pinecone stops answering, SettingError when it is not set up.
    """
    return _to_pinecone(progress) if to is Store.PINECONE else _to_pgvector()


def _to_pinecone(progress: Progress | None) -> Reindexed:
    told = _fill(progress)
    counted = _settled_count()
    if counted != _count():
        told += _repair()
        told += _fill(progress)
        counted = _settled_count()
    drawn = _draw(Filters(audience=Audience.INTERNAL))
    differing = _differing(drawn)
    return Reindexed(Store.PINECONE, _count(), told.pushed, told.deleted, counted, len(drawn), len(differing))


def _fill(progress: Progress | None) -> Synced:
    """Until nothing waits, not even what another process has claimed: if it died, its claim lapses."""
    until = time.monotonic() + 2 * pinecone_rows.LEASE_S
    filled = Synced()
    while True:
        filled += pinecone_sync.sync(progress=progress)
        if not pinecone_rows.waiting() or time.monotonic() > until:
            return filled
        time.sleep(_LOOK_EVERY_S)


def _settled_count() -> int:
    """What Pinecone counts, once that is what it ought to be or does not change any more."""
    until = time.monotonic() + _COUNTS_AFTER_S
    while (counted := pinecone_store.count(pinecone_store.namespace())) != _count():
        if time.monotonic() > until:
            break
        time.sleep(_LOOK_EVERY_S)
    return counted


def _repair() -> Synced:
    """Somebody else wrote or deleted there: what is unknown to us is deleted, what is missing is pushed again."""
    namespace = pinecone_store.namespace()
    held = set(pinecone_store.chunk_ids(namespace))
    with transaction() as session:
        wanted = set(session.scalars(_IDS, {"model_id": model_id()}))
        _forget(session, wanted - held)
    strangers = sorted(held - wanted)
    pinecone_store.remove(namespace, strangers)
    return Synced(deleted=len(strangers))


def _forget(session: Session, chunks: set[int]) -> None:
    """They are pushed again."""
    place = {"host": pinecone_store.host(), "namespace": pinecone_store.namespace()}
    session.execute(_UNKNOWN, {**place, "chunks": list(chunks)})


def _differing(drawn: Mapping[int, list[float]]) -> set[int]:
    """Those whose numbers in Pinecone are others; they are pushed again by the next run."""
    stored = pinecone_store.fetch(pinecone_store.namespace(), list(drawn))
    differing = {
        chunk
        for chunk, values in drawn.items()
        if chunk not in stored or not np.allclose(values, stored[chunk].values, atol=_SAME)
    }
    with transaction() as session:
        _forget(session, differing)
    return differing


def _to_pgvector() -> Reindexed:
    """Every vector is there already: nothing is copied. Pinecone is emptied once it is not in use any more."""
    everybody = Filters(audience=Audience.INTERNAL)
    drawn = _draw(everybody)
    differing = 0
    for chunk, values in drawn.items():
        near = pgvector_store.query(np.array(values, np.float32), everybody, limit=_TWINS)
        differing += chunk not in near and max(near.values(), default=0.0) < 1 - _SAME
    with transaction() as session:
        chunks = session.scalars(text("select count(*) from chunks")).one()
    return Reindexed(Store.PGVECTOR, chunks, 0, _empty_pinecone(), _count(), len(drawn), differing)


def _empty_pinecone() -> int:
    if settings().knowledge.store is Store.PINECONE or not pinecone_store.is_set_up():
        return 0
    place: dict[str, Any] = {"host": pinecone_store.host()}
    with transaction() as session:
        namespaces = session.scalars(_NAMESPACES, place).all()
    for namespace in namespaces:
        pinecone_store.drop(namespace)
    with transaction() as session:
        return int(session.scalars(_EMPTY, place).one())


def _count() -> int:
    with transaction() as session:
        return int(session.scalars(_COUNT, {"model_id": model_id()}).one())


def _draw(filters: Filters) -> dict[int, list[float]]:
    """A sample of what can be found now, by chunk."""
    where, values = pgvector_store.conditions(filters)
    given = {**values, "model_id": model_id(), "limit": _SAMPLE}
    with transaction() as session:
        rows = session.execute(text(_DRAW.format(conditions=where)), given)
        return {row.chunk_id: json.loads(row.embedding) for row in rows}
