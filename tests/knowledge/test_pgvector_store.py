"""What is pgvector's own; the contract of all stores is in test_vector_stores."""

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge import embedding, pgvector_store
from knowledge.vector_store import Filters
from runtime.database import transaction
from runtime.settings import settings
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import fill

_INDEX_ALONE = text(
    "select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)"
)


def test_a_narrow_filter_walks_the_index_until_it_finds_enough(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four hundred chunks are nearer than the one that passes, and a first look takes in no more than ten."""
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_EF_SEARCH", "10")
    settings.cache_clear()
    fill(library, 400)
    wanted = library.chunks(library.add("Chair.", slug="chair", product="chair"))[0].id
    away = -embedding.embed_passages(["Chair."])[0]
    prepare = pgvector_store.prepare_scan

    def prepare_for_the_index(session: Session, limit: int) -> None:
        prepare(session, limit)
        session.execute(_INDEX_ALONE)

    monkeypatch.setattr(pgvector_store, "prepare_scan", prepare_for_the_index)
    assert list(pgvector_store.query(away, Filters(product="chair"), limit=5)) == [wanted]
    with transaction() as session:
        session.execute(_INDEX_ALONE)
        session.execute(text("set local hnsw.ef_search = 10"))
        where, values = pgvector_store.conditions(Filters(product="chair"))
        given = {
            **values,
            "vector": pgvector_store.literal(away),
            "model_id": embedding.model_id(),
            "limit": 5,
        }
        assert session.execute(pgvector_store.filtered(pgvector_store._QUERY, where), given).all() == []


@pytest.mark.parametrize(
    ("vectors", "limit", "candidates"),
    [
        (-1, 10, 100),
        (10_000, 10, 100),
        (30_000, 10, 228),
        (100_000, 10, 562),
        (10_000_000, 10, 600),
        (1, 500, 500),
    ],
)
def test_more_vectors_are_searched_with_more_candidates(
    database: str, vectors: int, limit: int, candidates: int
) -> None:
    with transaction() as session:
        counted = text("update pg_class set reltuples = :vectors where oid = 'vectors'::regclass")
        session.execute(counted, {"vectors": vectors})
        pgvector_store.prepare_scan(session, limit)
        assert session.scalar(text("select current_setting('hnsw.ef_search')")) == str(candidates)
        session.rollback()


def test_a_vector_is_written_as_halves() -> None:
    assert pgvector_store.literal(np.array([1, 0.1, -2], np.float32)) == "[1.0,0.0999755859375,-2.0]"
