"""The chunks that Pinecone names, as PostgreSQL sees them."""

import numpy as np
import pytest
from sqlalchemy import text

from knowledge import embedding
from knowledge.pinecone_hits import confirmed
from knowledge.vector_store import Filters
from runtime.database import transaction
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import fill

PLACE = {"host": "https://index.example.com", "namespace": "desk"}
NOWHERE = np.ones(embedding.DIMENSIONS, np.float32)


@pytest.fixture
def chunks(library: Library) -> list[int]:
    """Ten chunks, of which Pinecone has the first five and may have the sixth."""
    ids = fill(library, 10)
    known = [(chunk, "f") for chunk in ids[:5]] + [(ids[5], None)]
    with transaction() as session:
        for chunk, fingerprint in known:
            session.execute(
                text(
                    "insert into pushed_vectors (host, namespace, chunk_id, article_id, model_id, fingerprint) "
                    "values (:host, :namespace, :chunk, 1, :model, :fingerprint)"
                ),
                {**PLACE, "chunk": chunk, "model": embedding.model_id(), "fingerprint": fingerprint},
            )
    return ids


def test_what_pinecone_cannot_know_is_added_in_its_place(chunks: list[int]) -> None:
    found = confirmed({chunks[0]: 0.9, chunks[1]: -0.9}, NOWHERE, Filters(), limit=50, place=PLACE)
    assert set(found) == {*chunks[:2], *chunks[5:]}
    assert next(iter(found)) == chunks[0]
    assert list(found)[-1] == chunks[1]
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_no_more_come_than_were_asked_for(chunks: list[int]) -> None:
    found = confirmed({chunks[0]: 0.9}, NOWHERE, Filters(), limit=3, place=PLACE)
    assert len(found) == 3


def test_what_does_not_exist_or_pass_is_dropped(chunks: list[int]) -> None:
    named = {chunks[0]: 0.9, 10**9: 0.99}
    assert 10**9 not in confirmed(named, NOWHERE, Filters(), limit=50, place=PLACE)
    assert confirmed(named, NOWHERE, Filters(product="chair"), limit=50, place=PLACE) == {}


def test_another_index_knows_nothing_of_it(chunks: list[int]) -> None:
    found = confirmed({}, NOWHERE, Filters(), limit=50, place={**PLACE, "namespace": "other"})
    assert set(found) == set(chunks)
